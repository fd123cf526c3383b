//! The programs that are compared, built as they are deployed.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where they are.
pub struct Built {
    /// The probe.
    pub probe: PathBuf,
    /// The least that a function can be.
    pub minimal: PathBuf,
    /// The steps of init, one by one.
    pub steps: PathBuf,
}

impl Built {
    /// The probe's size.
    pub fn megabytes(&self) -> f64 {
        std::fs::metadata(&self.probe).expect("the probe").len() as f64 / 1e6
    }
}

/// Builds them with the profile `lambda`.
pub fn build() -> Built {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(&cargo);
    command.args(["build", "--profile", "lambda", "--no-default-features", "--features", "lambda"]);
    command.args(["probe", "coldstart-minimal", "coldstart-steps"].iter().flat_map(|name| ["--bin", name]));
    assert!(command.current_dir(root).status().expect("cargo runs").success(), "they are not built");
    // This program is target/PROFILE/deps/coldstart-…
    let own = std::env::current_exe().expect("a path");
    let folder = own.ancestors().nth(3).expect("a target directory").join("lambda");
    let program = |name| folder.join(name);
    Built { probe: program("probe"), minimal: program("coldstart-minimal"), steps: program("coldstart-steps") }
}
