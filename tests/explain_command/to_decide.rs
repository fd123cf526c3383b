//! Commands that would decide what is open.

use super::{A, B, ZABBIX, archive, explain, keep, said, side};
use crate::simulator::Side;
use crate::support::command::run;

#[test]
fn an_open_suspicion_names_a_command_that_parses() {
    let directory = archive();
    let mut met = 0;
    for words in [&["--a", A, "--b", B][..], &["--a", ZABBIX, "--b", B], &["--a", A, "--b", B, "--statistic", "p99"]] {
        let json = said(&explain(directory.path(), &[words, &["--json"]].concat()));
        let narrow = explain(directory.path(), &[words, &["--width", "60"]].concat()).out;
        for open in json["to_decide"].as_array().unwrap() {
            let command = open["command"].as_str().unwrap();
            let whole = |line: &str| line.trim_start() == command;
            assert!(narrow.lines().any(whole), "to be copied as one line: {command}\n{narrow}");
            let typed: Vec<&str> = command.split_whitespace().collect();
            assert_eq!(typed[0], "parallax", "{command}");
            let run = run(directory.path(), &typed[1..]);
            // Whatever comes of it here: it is not refused for how it is written.
            assert!(!run.err.starts_with("error:"), "{command}: {}", run.err);
            met += 1;
        }
    }
    assert!(met > 3, "{met}");
}

#[test]
fn a_command_names_the_archive_and_the_window_that_were_given() {
    let directory = archive();
    std::fs::rename(directory.path().join("parallax.db"), directory.path().join("it is.db")).unwrap();
    let window = ["--since", "2020-01-01T00:00:00Z", "--until", "2100-01-01T00:00:00Z"];
    let words = [&["--a", ZABBIX, "--b", B, "--archive", "sqlite:it is.db", "--json"][..], &window].concat();
    let json = said(&explain(directory.path(), &words));
    let commands: Vec<&str> =
        json["to_decide"].as_array().unwrap().iter().map(|open| open["command"].as_str().unwrap()).collect();
    let again: Vec<&&str> = commands.iter().filter(|command| command.starts_with("parallax explain")).collect();
    assert!(again.len() > 1, "{commands:?}");
    for command in again {
        let given = " --archive 'sqlite:it is.db' --since 2020-01-01T00:00:00Z --until 2100-01-01T00:00:00Z";
        assert!(command.ends_with(given), "{command}");
    }
}

#[test]
fn every_open_suspicion_is_told_what_decides_it() {
    let directory = archive();
    let drawn = |name: &'static str, life: u32, own: u64| {
        side(&Side { name, life, cold: [0.1, 0.1, 0.1], ..Side::default() }, own, 240)
    };
    keep(directory.path(), &[drawn("often", 8, 3), drawn("rare", 7, 4)].concat());
    let mut of_the_mean = 0;
    for (a, b) in [(A, B), (ZABBIX, B), ("vantage=simulated/often/0", "vantage=simulated/rare/0")] {
        for figure in ["p50", "mean", "p90", "p99"] {
            let json = said(&explain(directory.path(), &["--a", a, "--b", b, "--statistic", figure, "--json"]));
            let open = json["to_decide"].as_array().unwrap();
            for verdict in json["account"]["verdicts"].as_array().unwrap() {
                let code = &verdict["code"];
                let line = open.iter().find(|one| one["codes"].as_array().unwrap().contains(code));
                assert!(verdict["claim"] != "undecided" || line.is_some(), "{a} {b} {figure}: {verdict}");
                let command = line.map_or("", |line| line["command"].as_str().unwrap());
                let how = line.map_or("", |line| line["how"].as_str().unwrap());
                of_the_mean += usize::from(command.contains("--statistic mean") && how.starts_with("by the mean"));
            }
        }
    }
    assert!(of_the_mean > 0, "a percentile leaves open what the mean decides");
}
