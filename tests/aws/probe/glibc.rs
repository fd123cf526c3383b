//! Whether a program runs on Amazon Linux 2023 is looked up in the program, not hoped for.

use std::path::Path;
use std::process::Command;

use crate::support::command::{Run, finished};
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
    if needs::program("a_program_that_needs_a_newer_glibc_is_refused_by_its_symbols", &["readelf"]).is_none() {
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

/// The check of what is put into a zip, as the scripts make it.
fn packed(program: &Path, architecture: &str) -> Run {
    let infra = concat!(env!("CARGO_MANIFEST_DIR"), "/infra");
    let script = format!(
        "set -euo pipefail; PROGRAM=deploy ROOT={} ARCH={architecture}; . {infra}/words.sh; . {infra}/artifacts.sh; \
         check_program {}",
        env!("CARGO_MANIFEST_DIR"),
        program.display()
    );
    finished(Command::new("bash").args(["-c", &script]).output().unwrap())
}

#[test]
fn no_function_is_packed_that_needs_a_newer_glibc_or_another_processor() {
    let test = "no_function_is_packed_that_needs_a_newer_glibc_or_another_processor";
    for tool in ["readelf", "bash", "cc"] {
        if needs::program(test, &[tool]).is_none() {
            return;
        }
    }
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    // A symbol of a glibc that nobody has yet: a library gives its symbols what version it likes.
    write("newer.map", "GLIBC_2.999 { global: newer; };");
    write("newer.c", "int newer(void) { return 0; }");
    write("old.c", "int main(void) { return 0; }");
    write("new.c", "int newer(void); int main(void) { return newer(); }");
    let compile = |words: &[&str]| {
        let run = finished(Command::new("cc").current_dir(folder.path()).args(words).output().unwrap());
        assert_eq!(run.code, 0, "{}", run.err);
    };
    compile(&["-shared", "-fPIC", "-Wl,--version-script=newer.map", "-o", "libnewer.so", "newer.c"]);
    compile(&["-o", "old", "old.c"]);
    compile(&["-o", "new", "new.c", "-L.", "-lnewer"]);

    let run = packed(&folder.path().join("old"), "x86_64");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let run = packed(&folder.path().join("new"), "x86_64");
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(run.err.contains("  newer of glibc 2.999\n"), "{}", run.err);
    assert!(run.err.ends_with("/new does not run on Amazon Linux 2023; see above\n"), "{}", run.err);
    let run = packed(&folder.path().join("old"), "arm64");
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(run.err.contains("/old is for Advanced Micro Devices X86-64, not for arm64"), "{}", run.err);
}
