//! The functions as `infra/deploy` builds them, but for what makes that long; once for all tests of a run.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::command::finished;
use super::needs;

/// With these in its environment, `infra/build` and `infra/deploy` leave out link-time optimization. What the profile `lambda` is
/// for, a program that starts quickly, is then there in part only: bounds of time that are held here are held without it. All of a
/// run have the same ones, so that it builds once.
pub const CHEAPER: [(&str, &str); 3] = [
    ("CARGO_PROFILE_LAMBDA_LTO", "off"),
    ("CARGO_PROFILE_LAMBDA_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_LAMBDA_OPT_LEVEL", "1"),
];

/// The probe; built where it is not yet. `None` where something is missing and `CI` is not set.
#[must_use]
pub fn probe(test: &str) -> Option<PathBuf> {
    for tool in ["bash", "jq", "zip", "readelf", "cargo"] {
        needs::program(test, &[tool])?;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut build = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/infra/build"));
    let run = finished(build.arg(folder.path()).envs(CHEAPER).output().unwrap());
    assert_eq!(run.code, 0, "{}", run.err);
    // Beside the folder of this very build.
    let target = Path::new(env!("CARGO_BIN_EXE_parallax")).ancestors().nth(2).unwrap();
    Some(target.join("lambda/probe"))
}
