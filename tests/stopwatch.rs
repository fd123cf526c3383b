//! `parallax stopwatch` as a person meets it: what a number means, and what a tool would have shown.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use parallax::adapters::archive::{Mode, open};
use parallax::archive::port::Append;
use parallax::measurement::outcome::Cause;
use parallax::measurement::phase::Phase;
use parallax::measurement::wire::Record;
use parallax::stopwatch::catalogue;
use serde_json::Value;

use crate::support::at_once::now;
use crate::support::command::{Run, finished, parallax, run};
use crate::support::golden::{assert_golden, shape};
use crate::support::samples::{Recipe, row};

fn here() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn keep(directory: &Path, records: &[Record]) {
    let mut archive = open(&format!("sqlite:{}", directory.join("parallax.db").display()), Mode::Write).unwrap();
    now(archive.append(records)).unwrap();
}

/// 30 samples in process, two of them failures, and 3 imported totals.
fn archive() -> tempfile::TempDir {
    let directory = here();
    let mut records = row(&Recipe { hops: 2, ..Recipe::default() }, 28);
    let down = Recipe { failed: Some((Phase::Connect, Cause::ConnectionRefused)), ..Recipe::default() };
    records.extend([down.clone().nth(28).record(), down.nth(29).record()]);
    let zabbix = Recipe { method: "zabbix", vantage: "zabbix/tokyo", ..Recipe::default() };
    records.extend(row(&zabbix, 3).into_iter().map(|mut record| {
        record.sample.hops.clear();
        record.sample.stopwatch = "zabbix/web.test.time".parse().unwrap();
        record
    }));
    keep(directory.path(), &records);
    directory
}

fn with_input(directory: &Path, words: &[&str], input: &[u8]) -> Run {
    let mut child =
        parallax(directory, words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The program may refuse before it has read everything.
    drop(child.stdin.take().unwrap().write_all(input));
    finished(child.wait_with_output().unwrap())
}

#[test]
fn the_list_names_every_stopwatch_on_every_page() {
    let directory = here();
    let list = run(directory.path(), &["stopwatch", "list"]);
    assert_eq!((list.code, list.err.as_str()), (0, ""));
    assert_golden("stopwatch/list.txt", &list.out);
    let json = run(directory.path(), &["stopwatch", "list", "--json"]);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_golden("stopwatch/list-shape.txt", &shape(&json));
    let named: Vec<&str> =
        json["stopwatches"].as_array().unwrap().iter().map(|found| found["name"].as_str().unwrap()).collect();
    let known: Vec<&str> = catalogue::all().iter().map(|definition| definition.name).collect();
    assert_eq!(named, known);
    let import = run(directory.path(), &["import", "csv", "--help"]);
    for name in known {
        assert!(list.out.contains(name) && import.out.contains(name), "{name}");
    }
    for width in ["60", "70", "80", "90", "100", "120"] {
        let narrow = run(directory.path(), &["stopwatch", "list", "--ascii", "--width", width]);
        assert!(narrow.out.is_ascii());
        assert!(narrow.out.lines().all(|line| line.len() <= width.parse().unwrap()), "{width}:\n{}", narrow.out);
        for word in ["starts", "redirects", "connections", "encoding"] {
            let whole = |line: &str| line.split([' ', ',']).any(|found| found == word);
            assert!(narrow.out.lines().any(whole), "{width}, {word}:\n{}", narrow.out);
        }
    }
}

#[test]
fn the_document_is_what_the_command_prints() {
    let directory = here();
    let page = run(directory.path(), &["stopwatch", "list", "--markdown"]).out;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/stopwatches.md");
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(kept == page, "docs/stopwatches.md: write it anew with `parallax stopwatch list --markdown`");
}

#[test]
fn one_stopwatch_is_shown_whole() {
    let directory = here();
    let words = run(directory.path(), &["stopwatch", "show", "curl"]);
    assert_eq!((words.code, words.err.as_str()), (0, ""));
    assert_golden("stopwatch/show-curl.txt", &words.out);
    let json = run(directory.path(), &["stopwatch", "show", "blackbox_exporter", "--json"]);
    assert_golden("stopwatch/show-blackbox.json", &json.out);
}

#[test]
fn a_stopwatch_that_does_not_exist_is_refused_with_the_nearest() {
    let directory = here();
    for words in [&["stopwatch", "show", "gatsu/duration"][..], &["stopwatch", "replay", "--tool", "gatsu/duration"]] {
        let refused = run(directory.path(), words);
        assert_eq!((refused.code, refused.out.as_str()), (2, ""));
        assert!(refused.err.contains("gatus/duration"), "{}", refused.err);
    }
    let several = run(directory.path(), &["stopwatch", "show", "zabbix"]);
    assert_eq!(several.code, 2);
    assert!(several.err.contains("zabbix/web.test.time"), "{}", several.err);
    let hostile = run(directory.path(), &["stopwatch", "show", "\u{1b}[2J"]);
    assert!(hostile.code == 2 && !hostile.err.contains('\u{1b}'));
}

#[test]
fn an_archive_is_replayed_source_by_source() {
    let directory = archive();
    let help = run(directory.path(), &["stopwatch", "replay", "--help"]);
    assert_golden("help/stopwatch-replay.txt", &help.out);
    let text = run(directory.path(), &["stopwatch", "replay"]);
    assert_eq!((text.code, text.err.as_str()), (0, ""));
    assert_golden("stopwatch/replay.txt", &text.out);
    let json = run(
        directory.path(),
        &["stopwatch", "replay", "--json", "--method", "fresh", "--tool", "curl", "--tool", "k6"],
    );
    assert_golden("stopwatch/replay.json", &json.out);
}

#[test]
fn a_replay_is_beside_ours_of_the_same_samples_and_failures_are_counted_apart() {
    let directory = archive();
    let words = ["stopwatch", "replay", "--json", "--tool", "blackbox_exporter", "--tool", "cloudprober"];
    let said: Value = serde_json::from_str(&run(directory.path(), &words).out).unwrap();
    let sources = said["sources"].as_array().unwrap();
    assert_eq!(sources.len(), 2);
    let (fresh, zabbix) = (&sources[0], &sources[1]);
    assert_eq!((&fresh["samples"], &fresh["timed"]), (&30.into(), &28.into()));
    let [blackbox, cloudprober] = [&fresh["tools"][0], &fresh["tools"][1]];
    assert_eq!((&blackbox["shown"], &blackbox["failures_shown"]), (&28.into(), &2.into()));
    assert_eq!(blackbox["percentiles"][0]["difference_ms"], 0.0);
    assert_eq!((&cloudprober["shown"], &cloudprober["without_value"]), (&28.into(), &2.into()));
    assert!(cloudprober["percentiles"][0]["difference_ms"].as_f64().unwrap() < 0.0);
    assert_eq!((&zabbix["tools"][0]["shown"], &zabbix["tools"][0]["cannot_say"]), (&0.into(), &3.into()));
    assert_eq!(zabbix["tools"][0]["obstacles"][0]["code"], "total_only");
}

#[test]
fn failures_alone_are_nothing_to_replay() {
    let directory = here();
    let down = Recipe { failed: Some((Phase::Connect, Cause::ConnectionRefused)), ..Recipe::default() };
    keep(directory.path(), &row(&down, 3));
    for more in [&[][..], &["--json"]] {
        let none = run(directory.path(), &[&["stopwatch", "replay", "--tool", "curl"][..], more].concat());
        assert_eq!(none.code, 1, "{}", none.err);
        assert!(none.err.contains("no samples to replay: 3 samples have no response time"), "{}", none.err);
        assert!(none.out.contains("curl/time_total"), "what is known of failures is shown: {}", none.out);
    }
}

#[test]
fn nothing_in_the_window_is_a_negative_answer_and_a_name_that_is_not_there_a_mistake() {
    let directory = archive();
    for more in [&[][..], &["--json"]] {
        let none = run(directory.path(), &[&["stopwatch", "replay", "--target", "no-such-page"][..], more].concat());
        assert_eq!((none.code, none.out.as_str()), (2, ""), "{}", none.err);
        assert!(none.err.contains("the nearest that exist"), "{}", none.err);
        let early = ["stopwatch", "replay", "--until", "2020-01-01"];
        let none = run(directory.path(), &[&early[..], more].concat());
        assert_eq!(none.code, 1, "{}", none.err);
        assert!(none.err.contains("parallax status"), "{}", none.err);
    }
    let missing = run(directory.path(), &["stopwatch", "replay", "--archive", "sqlite:none.db"]);
    assert_eq!((missing.code, missing.out.as_str()), (2, ""));
}

#[test]
fn one_record_is_replayed_from_a_file_or_a_pipe() {
    let directory = here();
    let record = serde_json::to_vec(&Recipe { hops: 2, ..Recipe::default() }.record()).unwrap();
    std::fs::write(directory.path().join("one.json"), &record).unwrap();
    let text = run(directory.path(), &["stopwatch", "replay", "--sample", "one.json"]);
    assert_eq!((text.code, text.err.as_str()), (0, ""));
    assert_golden("stopwatch/sample.txt", &text.out);
    let words =
        ["stopwatch", "replay", "--sample", "-", "--json", "--tool", "blackbox_exporter", "--tool", "globalping"];
    let piped = with_input(directory.path(), &words, &record);
    assert_eq!((piped.code, piped.err.as_str()), (0, ""));
    assert_golden("stopwatch/sample.json", &piped.out);
}

#[test]
fn what_is_no_record_is_refused_and_nothing_is_printed() {
    let directory = here();
    let good = serde_json::to_string(&Recipe::default().record()).unwrap();
    let newer = good.replacen("\"schema\":1", "\"schema\":99", 1);
    let huge = format!("{good}{}", " ".repeat(2_000_000));
    let hostile = good.replacen("daily-news", "\\u001b[2J", 1);
    for (input, said) in [
        ("", "EOF"),
        ("{}", "schema"),
        (&good[..good.len() / 2], "EOF"),
        (newer.as_str(), "newer"),
        (huge.as_str(), "longer"),
        (hostile.as_str(), "sample"),
        ("[1,2,3]", "trailing"),
    ] {
        let refused = with_input(directory.path(), &["stopwatch", "replay", "--sample", "-"], input.as_bytes());
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{said}: {}", refused.err);
        assert!(refused.err.contains(said) && refused.err.contains("--sample"), "{said}: {}", refused.err);
        assert!(!refused.err.contains('\u{1b}'));
    }
    let missing = run(directory.path(), &["stopwatch", "replay", "--sample", "no-such.json"]);
    assert_eq!(missing.code, 2);
    let both = run(directory.path(), &["stopwatch", "replay", "--sample", "x", "--target", "y"]);
    assert_eq!(both.code, 2);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "nothing is made");
}
