//! What a test needs of the machine: under CI a missing tool is a failure, elsewhere a test that says it was skipped.

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The first of `names` that is on the path.
///
/// `None` when there is none and `CI` is not set: the test says so and returns.
///
/// # Panics
/// When there is none and `CI` is set: a test that cannot run is a failure there.
#[must_use]
pub fn program(test: &str, names: &[&str]) -> Option<PathBuf> {
    let found = find(names, &env::var_os("PATH").unwrap_or_default());
    decide(test, &names.join(" or "), found, env::var_os("CI").is_some())
}

/// A program at a place of its own; see [`program`] for what follows if it is not there.
///
/// # Panics
/// When it is not there and `CI` is set.
#[must_use]
pub fn file(test: &str, file: &Path) -> Option<PathBuf> {
    decide(test, &file.display().to_string(), is_program(file).then(|| file.to_owned()), env::var_os("CI").is_some())
}

/// Whether this is root, who may make networks and shares of the processor; see [`program`] for what follows if not.
///
/// # Panics
/// When it is not and `CI` is set.
#[must_use]
pub fn root(test: &str) -> bool {
    let found = nix::unistd::geteuid().is_root().then_some(());
    decide(test, "root", found, env::var_os("CI").is_some()).is_some()
}

/// Whether nothing of this is missing; see [`program`] for what follows if something is.
///
/// # Panics
/// When something is and `CI` is set.
#[must_use]
pub fn nothing(test: &str, missing: &[String]) -> bool {
    let found = missing.is_empty().then_some(());
    decide(test, &missing.join(" and "), found, env::var_os("CI").is_some()).is_some()
}

fn find(names: &[&str], path: &std::ffi::OsStr) -> Option<PathBuf> {
    names.iter().find_map(|name| env::split_paths(path).map(|folder| folder.join(name)).find(|file| is_program(file)))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn decide<T>(test: &str, wanted: &str, found: Option<T>, ci: bool) -> Option<T> {
    if found.is_none() {
        assert!(!ci, "{test} needs {wanted}, which is not here; tests/set_up installs what can be installed");
        // Straight to standard error: what a passing test prints is otherwise not shown.
        let _ = writeln!(io::stderr(), "skipped: {test}: needs {wanted}, which is not here; see tests/set_up");
    }
    found
}

#[test]
fn a_tool_on_the_path_is_found() {
    let path = env::var_os("PATH").unwrap();
    assert!(find(&["no-such-program", "sh"], &path).is_some_and(|file| file.ends_with("sh")));
    assert_eq!(find(&["no-such-program"], &path), None);
}

#[test]
fn a_missing_tool_skips_where_a_person_looks() {
    assert_eq!(decide::<()>("needs.rs itself", "no-such-program", None, false), None);
}

#[test]
#[should_panic(expected = "needs no-such-program")]
fn a_missing_tool_fails_under_ci() {
    let _ = decide::<()>("needs.rs itself", "no-such-program", None, true);
}
