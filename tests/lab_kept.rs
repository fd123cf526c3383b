//! Suites of the lab whose runs are kept.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::support::command::{Run, finished, run};
use crate::support::needs;

const WORDS: [&str; 11] =
    ["lab", "score", "--scenario", "distance", "--scenario", "null", "--rounds", "24", "--keep", "kept", "--json"];

fn score(folder: &Path) -> Run {
    run(folder, &WORDS)
}

#[test]
fn a_suite_that_was_kept_is_scored_again_and_what_is_missing_of_it_is_made() {
    if !needs::root("a_suite_that_was_kept_is_scored_again_and_what_is_missing_of_it_is_made") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let kept = directory.path().join("kept");
    let truth = |name: &str| fs::read(kept.join(name).join("truth.json"));
    let first = score(directory.path());
    assert!(first.code < 2, "{}", first.err);
    let [distance, null] = ["distance@24-1", "null@24-1"].map(|name| truth(name).unwrap());
    // Without root: nothing is made.
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let program = directory.path().join("parallax");
    fs::copy(env!("CARGO_BIN_EXE_parallax"), &program).unwrap();
    let mut nobody = Command::new(&program);
    let again = finished(nobody.args(WORDS).current_dir(directory.path()).uid(65_534).gid(65_534).output().unwrap());
    assert_eq!((again.code, &again.out), (first.code, &first.out), "{}", again.err);
    assert_eq!(truth("distance@24-1").unwrap(), distance);
    // As a suite leaves it that was killed while it wrote the second.
    fs::remove_file(kept.join("null@24-1/machine.json")).unwrap();
    let rest = score(directory.path());
    assert!(rest.code < 2, "{}", rest.err);
    assert_eq!(truth("distance@24-1").unwrap(), distance, "the other is not made again");
    assert_ne!(truth("null@24-1").unwrap(), null);
    // A run of which a part is lost hides no other.
    fs::write(kept.join("null@24-1/truth.json"), &null[..null.len() / 2]).unwrap();
    let damaged = score(directory.path());
    assert_eq!(damaged.code, 3, "{}", damaged.err);
    assert!(damaged.err.contains("null@24-1: ") && damaged.err.contains("remove that folder"), "{}", damaged.err);
    assert!(damaged.out.contains(r#""scenario": "distance""#) && !damaged.out.contains(r#""scenario": "null""#));
    fs::write(kept.join("null@24-1/truth.json"), &distance).unwrap();
    let another = score(directory.path());
    assert_eq!(another.code, 3, "{}", another.err);
    assert!(another.err.contains("the scenario was another when it was made"), "{}", another.err);
    let null = String::from_utf8(null).unwrap().replacen("\"sample\": \"", "\"sample\": \"0", 1);
    fs::write(kept.join("null@24-1/truth.json"), null).unwrap();
    let unknown = score(directory.path());
    assert_eq!(unknown.code, 3, "{}", unknown.err);
    assert!(unknown.err.contains("is not in its archive"), "{}", unknown.err);
}
