//! The AWS command line from PyPI without the second that it takes to load: see `loaded_aws.py`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::ministack::python;

/// It loads in seconds on an idle machine.
const PATIENCE: Duration = Duration::from_secs(120);
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/loaded_aws.py");

/// A folder with an `aws` in it; `None` where that is not installed and `CI` is not set.
///
/// # Panics
/// When it does not start, or is missing under CI.
#[must_use]
pub fn folder(test: &str) -> Option<&'static Path> {
    // With the child, whose input ends when the tests do; then it ends.
    static RUNNING: OnceLock<(PathBuf, Child)> = OnceLock::new();
    python(test, "aws")?;
    let python = python(test, "python")?;
    Some(&RUNNING.get_or_init(|| start(&python)).0)
}

fn start(python: &Path) -> (PathBuf, Child) {
    let folder = tempfile::tempdir().expect("a folder for it").keep();
    let (socket, log) = (folder.join("socket"), folder.join("log"));
    let output = fs::File::create(&log).expect("a log");
    let mut command = Command::new(python);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs([("AWS_CONFIG_FILE", "/dev/null"), ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")])
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("HOME", &folder)
        .args([PROGRAM, "serve"])
        .arg(&socket)
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(output.try_clone().expect("a log"))
        .stderr(output);
    let child = command.spawn().expect("it starts");
    let begun = Instant::now();
    while !socket.exists() {
        let said = || fs::read_to_string(&log).unwrap_or_default();
        assert!(begun.elapsed() < PATIENCE, "the AWS command line does not load; it said:\n{}", said());
        std::thread::sleep(Duration::from_millis(50));
    }
    let program = folder.join("aws");
    // Isolated, and without what site-packages would load.
    let text = format!(
        "#!{} -IS\nimport sys\nsys.argv.insert(1, {socket:?})\nexec(compile(open({PROGRAM:?}).read(), 'loaded_aws', 'exec'))\n",
        python.display()
    );
    fs::write(&program, text).expect("a script");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("to make it a program");
    (folder, child)
}
