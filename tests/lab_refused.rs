//! What the lab does not run: it says why before anything is built, or ends and leaves nothing that is in the way.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use parallax::lab::scenario::Scenario;
use parallax::lab::schedule::schedule;
use serde_json::Value;

use crate::support::command::{Run, finished, run};
use crate::support::needs;

fn is_empty(directory: &Path) -> bool {
    fs::read_dir(directory).unwrap().count() == 0
}

#[test]
fn without_root_a_run_says_what_is_missing_and_leaves_nothing() {
    if !needs::root("without_root_a_run_says_what_is_missing_and_leaves_nothing") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
    // Where the program lies, others may not look.
    let program = directory.path().join("parallax");
    fs::copy(env!("CARGO_BIN_EXE_parallax"), &program).unwrap();
    for words in [&["lab", "run", "null"][..], &["lab", "score"]] {
        let mut nobody = Command::new(&program);
        let ended =
            finished(nobody.args(words).current_dir(directory.path()).uid(65_534).gid(65_534).output().unwrap());
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{}", ended.err);
        assert!(ended.err.contains("root") && ended.err.lines().count() == 1, "{}", ended.err);
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn too_few_rounds_for_a_period_of_the_load_are_refused_before_anything_is_built() {
    if !needs::root("too_few_rounds_for_a_period_of_the_load_are_refused_before_anything_is_built") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let few = run(directory.path(), &["lab", "run", "timing", "--rounds", "20"]);
    assert_eq!((few.code, few.out.as_str(), few.err.lines().count()), (2, "", 1), "{}", few.err);
    for word in ["--rounds 20", "timing", "60 or more"] {
        assert!(few.err.contains(word), "{word}: {}", few.err);
    }
    assert!(!few.err.contains("bridge") && is_empty(directory.path()), "{}", few.err);
}

#[test]
fn a_run_without_an_account_says_so_and_leaves_what_it_measured() {
    if !needs::root("a_run_without_an_account_says_so_and_leaves_what_it_measured") {
        return;
    }
    let sides = Scenario::named("timeouts").unwrap().sides;
    let silent = |seed: &u64| schedule(&sides, 2, *seed).iter().filter(|turn| turn.side == 1).all(|turn| turn.silent);
    let seed = (0..100_000).find(silent).unwrap().to_string();
    let directory = tempfile::tempdir().unwrap();
    let words = ["lab", "run", "timeouts", "--rounds", "2", "--seed", &seed, "--out", "kept"];
    let none = run(directory.path(), &words);
    assert_eq!((none.code, none.out.as_str()), (3, ""), "{}", none.err);
    let said = none.err.lines().last().unwrap();
    for word in ["none of B's requests was answered", "--rounds", "truth file", "kept"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    let truth: Value = serde_json::from_slice(&fs::read(directory.path().join("kept/truth.json")).unwrap()).unwrap();
    assert_eq!(truth["requests"].as_array().unwrap().len(), 4);
    let report = run(directory.path(), &["report", "--archive", "sqlite:kept/samples.db", "--json"]);
    assert_eq!(report.code, 0, "{}", report.err);
}

#[test]
fn a_run_that_fails_leaves_nothing_in_the_way_of_the_next() {
    if !needs::root("a_run_that_fails_leaves_nothing_in_the_way_of_the_next") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let out = ["--rounds", "2", "--out", "some/where"];
    let failed = run(directory.path(), &[&["lab", "run", "cold", "--probe", "/bin/true"], &out[..]].concat());
    assert_eq!((failed.code, failed.out.as_str()), (3, ""), "{}", failed.err);
    assert!(is_empty(directory.path()), "{}", failed.err);
    fs::create_dir(directory.path().join("some")).unwrap();
    let failed = run(directory.path(), &[&["lab", "run", "cold", "--probe", "/bin/true"], &out[..]].concat());
    assert_eq!(failed.code, 3, "{}", failed.err);
    assert!(is_empty(&directory.path().join("some")), "{}: the folder that was there stays", failed.err);
    let next = run(directory.path(), &[&["lab", "run", "null", "--json"], &out[..]].concat());
    assert_eq!(next.code, 0, "{}", next.err);
    let score: Value = serde_json::from_str(&next.out).unwrap();
    assert!(score["machine"]["processors"].as_u64().is_some() && score["rows"].is_array(), "{score}");
    let mut left: Vec<_> = fs::read_dir(directory.path().join("some/where")).unwrap().flatten().collect();
    left.sort_by_key(fs::DirEntry::file_name);
    assert!(left.iter().map(fs::DirEntry::file_name).eq(["report.html", "samples.db", "truth.json"]), "{left:?}");
}

/// As a root who is one within a user namespace only.
fn unshared(directory: &Path, words: &[&str]) -> Run {
    let mut command = Command::new("unshare");
    command.args(["-Ur", env!("CARGO_BIN_EXE_parallax")]).args(words).current_dir(directory);
    finished(command.output().unwrap())
}

#[test]
fn in_a_user_namespace_runs_what_can_and_the_rest_says_what_is_missing() {
    let test = "in_a_user_namespace_runs_what_can_and_the_rest_says_what_is_missing";
    let can = Command::new("unshare").args(["-Ur", "true"]).status().is_ok_and(|ended| ended.success());
    let lacking = if can { Vec::new() } else { vec!["`unshare -Ur`".to_owned()] };
    if !needs::root(test) || !needs::nothing(test, &lacking) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let nginx = unshared(directory.path(), &["lab", "run", "nginx"]);
    assert_eq!((nginx.code, nginx.err.lines().count()), (2, 1), "{}", nginx.err);
    assert!(nginx.err.contains("nobody") && is_empty(directory.path()), "{}", nginx.err);
    let null = unshared(directory.path(), &["lab", "run", "null", "--rounds", "2", "--out", "kept"]);
    assert_eq!(null.code, 0, "{}", null.err);
    assert!(null.err.contains("no real-time priority"), "{}", null.err);
}
