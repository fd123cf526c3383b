//! Whether a program runs on Amazon Linux 2023 is looked up in the program, not hoped for.

use std::path::Path;
use std::process::Command;

use crate::support::needs;

/// Exit status and all that is said.
fn check(file: &str, newest: &str) -> (Option<i32>, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("infra/check-glibc");
    let output = Command::new(script).args([file, newest]).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn a_program_that_needs_a_newer_glibc_is_refused_by_its_symbols() {
    if needs::program("a_program_that_needs_a_newer_glibc_is_refused_by_its_symbols", &["objdump"]).is_none() {
        return;
    }
    let probe = env!("CARGO_BIN_EXE_probe");
    let (status, said) = check(probe, "2.999");
    assert_eq!(status, Some(0), "{said}");
    // As written, 2.4 is the larger number; as a version it is the older one.
    let (status, said) = check(probe, "2.4");
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("needs a newer glibc than 2.4") && said.contains(" of glibc 2."), "{said}");
    let (status, said) = check(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), "2.34");
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("no program that can be read"), "{said}");
}
