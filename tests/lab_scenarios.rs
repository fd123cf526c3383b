//! Scenarios from the command line: what is listed and shown, and what is refused.

use serde_json::Value;

use crate::support::command::run;

#[test]
fn every_listed_scenario_can_be_shown_as_its_file_and_whole() {
    let directory = tempfile::tempdir().unwrap();
    let listed = run(directory.path(), &["lab", "list"]);
    assert_eq!((listed.code, listed.err.as_str()), (0, ""));
    let names: Vec<&str> = listed.out.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    for cause in
        ["cdn", "cold", "distance", "dns", "fallback", "null", "redirect", "scheduling", "server", "tls-version"]
    {
        assert!(names.contains(&cause), "{cause} is not listed");
    }
    let all = run(directory.path(), &["lab", "list", "--json"]);
    let all: Value = serde_json::from_str(&all.out).unwrap();
    assert_eq!(all["schema"], 1);
    assert_eq!(
        all["scenarios"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect::<Vec<_>>(),
        names
    );
    let file = run(directory.path(), &["lab", "show", "distance"]);
    assert_eq!(file.code, 0);
    assert!(file.out.contains("[b.path]") && file.out.contains("delay_ms"), "{}", file.out);
    let whole = run(directory.path(), &["lab", "show", "distance", "--json"]);
    let whole: Value = serde_json::from_str(&whole.out).unwrap();
    assert_eq!(whole["toggled"], serde_json::json!(["path.delay_ms"]));
    assert_ne!(whole["sides"][0]["path"]["delay_ms"], whole["sides"][1]["path"]["delay_ms"]);
    assert_eq!(whole["sides"][0]["site"], whole["sides"][1]["site"]);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn a_scenario_that_is_none_is_bad_input_and_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    for words in [
        &["lab", "show", "nonsense"][..],
        &["lab", "run", "nonsense"],
        &["lab", "score", "--scenario", "nonsense"],
        &["lab", "run", "null", "--rounds", "1"],
        &["lab", "run", "null", "--seed", "-1"],
        &["lab"],
    ] {
        let run = run(directory.path(), words);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{words:?}: {}", run.err);
        if words.contains(&"nonsense") {
            assert!(run.err.contains("`nonsense`") && run.err.contains("lab list"), "{words:?}: {}", run.err);
        }
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}
