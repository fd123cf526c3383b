//! What the scripts need of a machine is said at once, whatever shell reads them.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::support::command::{Run, finished};
use crate::support::needs::program;

fn script(name: &str) -> String {
    format!("{}/infra/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Every program of the path but these, in a folder.
fn without(gone: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::env::split_paths(&std::env::var_os("PATH").unwrap()).filter_map(|path| path.read_dir().ok()) {
        for entry in entry.map(Result::unwrap) {
            if !gone.iter().any(|name| entry.file_name() == *name) {
                // Of two of a name the first one counts, as on the path.
                let _ = symlink(entry.path(), folder.path().join(entry.file_name()));
            }
        }
    }
    folder
}

fn with_path(path: &Path, name: &str, words: &[&str]) -> Run {
    finished(Command::new(script(name)).args(words).env("PATH", path).env_remove("PARALLAX").output().unwrap())
}

#[test]
fn all_that_is_missing_is_said_in_one_message() {
    for tool in ["bash", "cargo"] {
        if program("all_that_is_missing_is_said_in_one_message", &[tool]).is_none() {
            return;
        }
    }
    let place = without(&["aws", "zip", "readelf", "sha256sum"]);
    let aws = "`aws`, from https://docs.aws.amazon.com/cli/";
    let rest =
        "`zip`, from the package zip; `readelf`, from the package binutils; `sha256sum`, from the package coreutils";
    for (name, words, missing) in [
        ("deploy", &["fleet.toml"][..], format!("{aws}; {rest}")),
        ("build", &["zips"], rest.to_owned()),
        ("destroy", &["fleet.toml"], aws.to_owned()),
    ] {
        let run = with_path(place.path(), name, words);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.err);
        assert_eq!(run.err, format!("{name}: programs are missing; install {missing}\n"));
    }
}

#[test]
fn an_older_bash_says_that_it_is_too_old_and_reads_no_further() {
    // A shell without any of bash's own forms reads the check as bash 3.2 does; what it takes for bash's version is its
    // environment's.
    let Some(shell) = program("an_older_bash_says_that_it_is_too_old_and_reads_no_further", &["dash"]) else { return };
    for name in ["deploy", "destroy", "build"] {
        for (version, said) in [
            ("3.2.57(1)-release", "and this is bash 3.2.57(1)-release"),
            ("4.3.48(1)-release", "and this is bash 4.3.48(1)-release"),
            ("", "and this is another shell"),
        ] {
            let output = Command::new(&shell).arg(script(name)).arg("fleet.toml").env("BASH_VERSION", version).output();
            let run = finished(output.unwrap());
            assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.err);
            assert!(run.err.starts_with(&format!("{name}: needs bash 4.4 or newer, {said}; ")), "{}", run.err);
            assert_eq!(run.err.lines().count(), 1, "{}", run.err);
        }
    }
}
