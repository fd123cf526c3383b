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

#[test]
fn a_file_of_ones_own_is_a_scenario_and_a_bad_one_is_refused_with_line_and_key() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write("far-away.toml", "about = 'B is far.'\n[b.path]\ndelay_ms = 80\n");
    let shown = run(directory.path(), &["lab", "show", "far-away.toml", "--json"]);
    let shown: Value = serde_json::from_str(&shown.out).unwrap();
    let far = |shown: &Value| shown["sides"][1]["path"]["delay_ms"].clone();
    assert_eq!((&shown["name"], far(&shown)), (&"far-away.toml".into(), 80.0.into()));
    std::fs::create_dir(directory.path().join("mine")).unwrap();
    write("mine/sized.toml", "about = 'B is far.'\n[b.path]\ndelay_ms = 80\n[large.b.path]\ndelay_ms = 200\n");
    let shown = run(directory.path(), &["lab", "show", "mine/sized.toml:large+dns", "--json"]);
    let shown: Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!((&shown["name"], far(&shown)), (&"sized.toml:large+dns".into(), 200.0.into()));
    assert_eq!(shown["toggled"], serde_json::json!(["path.delay_ms", "resolver.delay_ms", "resolver.spread_ms"]));
    write("bad.toml", "about = 'B is far.'\n[b.path]\ndelay = 80\n");
    write("empty.toml", "");
    std::fs::write(directory.path().join("binary.toml"), [0xff, 0xfe, 0, 1]).unwrap();
    for (file, parts) in [
        ("bad.toml", &["line 3", "`delay", "unknown field"][..]),
        ("empty.toml", &["missing field `about`"]),
        ("binary.toml", &["cannot read binary.toml"]),
        ("none.toml", &["cannot read none.toml"]),
    ] {
        for command in ["show", "run"] {
            let refused = run(directory.path(), &["lab", command, file]);
            assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{file}: {}", refused.err);
            assert!(parts.iter().all(|part| refused.err.contains(part)), "{file}: {}", refused.err);
        }
    }
    let scored = run(directory.path(), &["lab", "score", "--scenario", "far-away.toml"]);
    assert!(scored.code == 2 && scored.err.contains("`lab run` and `lab show` take"), "{}", scored.err);
    let together = run(directory.path(), &["lab", "show", "on-premises+reuse"]);
    assert_eq!(together.code, 2);
    assert!(together.err.contains("different things of `a.method`"), "{}", together.err);
}
