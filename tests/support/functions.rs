//! The functions as `infra/deploy` builds them, once for all tests of a run.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::command::finished;
use super::needs;

/// The probe; built where it is not yet. `None` where something is missing and `CI` is not set.
#[must_use]
pub fn probe(test: &str) -> Option<PathBuf> {
    for tool in ["bash", "jq", "zip", "readelf", "cargo"] {
        needs::program(test, &[tool])?;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut build = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/infra/build"));
    let run = finished(build.arg(folder.path()).output().unwrap());
    assert_eq!(run.code, 0, "{}", run.err);
    // Beside the folder of this very build.
    let target = Path::new(env!("CARGO_BIN_EXE_parallax")).ancestors().nth(2).unwrap();
    Some(target.join("lambda/probe"))
}
