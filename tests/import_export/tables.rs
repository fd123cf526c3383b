//! Other monitors' tables: what is read of them, and what is refused by line and column.

use std::path::Path;

use parallax::measurement::outcome::Outcome;

use super::place::Place;
use crate::support::samples::START;

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/import").join(name);
    path.to_str().unwrap().to_owned()
}

#[test]
fn zabbix_history_is_read_with_its_clock_at_the_end_and_once() {
    let place = Place::new();
    let file = fixture("zabbix.csv");
    let words = [
        file.as_str(),
        "--time",
        "clock",
        "--time-format",
        "unix",
        "--time-at",
        "end",
        "--value",
        "value",
        "--unit",
        "s",
    ];
    place.csv(&words).ended(0);
    let kept = place.kept("parallax.db");
    assert_eq!(kept.len(), 4);
    let sample = &kept[0].sample;
    assert_eq!((sample.started_at_ms.0, sample.elapsed_us.0), (START - 104, 104_321));
    assert_eq!((sample.method.as_str(), sample.stopwatch.as_str()), ("zabbix", "zabbix/web.test.time"));
    let again = place.csv(&words).ended(0);
    assert!(again.out().contains("0 new"), "{}", again.out());
    assert_eq!(place.kept("parallax.db"), kept);
    place.run(&["export", "jsonl", "-o", "x"]).ended(0);
    place.run(&["import", "jsonl", "x", "--archive", "sqlite:b.db"]).ended(0);
    assert_eq!(place.kept("b.db"), kept);
}

#[test]
fn a_spreadsheet_is_read_with_its_mark_its_ends_and_its_commas() {
    let place = Place::new();
    let file = fixture("excel.csv");
    let words = [
        file.as_str(),
        "--time",
        "When",
        "--time-format",
        "%Y-%m-%d %H:%M:%S",
        "--utc-offset",
        "+09:00",
        "--value",
        "Answer (ms)",
        "--unit",
        "ms",
        "--decimal-comma",
        "--delimiter",
        ";",
        "--status",
        "Code",
    ];
    place.csv(&words).ended(0);
    let kept = place.kept("parallax.db");
    assert_eq!(kept[0].sample.started_at_ms.0, START);
    assert_eq!(kept.iter().map(|record| record.sample.elapsed_us.0).collect::<Vec<_>>(), [104_321, 99_500, 0]);
    assert!(matches!(&kept[2].sample.outcome, Outcome::Failed(_)));
}

const TIMES: [&str; 6] = ["--time", "t", "--value", "v", "--unit", "s"];

#[test]
fn a_bad_table_is_refused_by_line_and_column() {
    let place = Place::new();
    let good = "t,v\n2026-01-01T00:00:00Z,0.1\n";
    let cases: &[(&[u8], &[&str])] = &[
        (b"", &["empty"]),
        (b"time,v\n", &["no column `t`", "`time`, `v`"]),
        (b"t;v\n1;2\n", &["no column `t`", "--delimiter"]),
        (b"t,v,v\n", &["2 columns are called `v`"]),
        (b"t,v\n2026-01-01T00:00:00Z,0.1\nyesterday,0.1\n", &["line 3", "column `t`", "--time-format"]),
        (b"t,v\n2026-01-01T00:00:00Z,-1\n", &["line 2", "column `v`", "not a length of time"]),
        (b"t,v\n2026-01-01T00:00:00Z,\n", &["line 2", "column `v`", "--empty"]),
        (b"t,v\n2026-01-01T00:00:00Z\n", &["line 2", "1 cell:", "first line has 2"]),
        (b"t,v\n2026-01-01T00:00:00Z,0.1\x00\n", &["line 2", "zero byte"]),
        (b"t,v\n2026-01-01T00:00:00Z,0.1\xe9\n", &["line 2", "0xe9 is not UTF-8"]),
        (b"t,v\n2026-01-01T00:00:00Z,\"0.1\n", &["line 2"]),
        (b"t,v\n2999-01-01T00:00:00Z,0.1\n", &["line 2", "in the future"]),
        (b"t,v\n2026-01-01T00:00:00Z,104\x1b[2J\n", &["line 2", "\\u{1b}"]),
        (b"\xff\xfet\0,\0v\0\n\0", &["UTF-16"]),
        (b"t,v\n2026-01-01T00:00:00Z,700\n2026-01-01T00:01:00Z,900\n", &["over 10 minutes", "--unit"]),
        (b"t,v\n2026-01-01T00:00:00Z,0\n", &["under 1", "--unit"]),
    ];
    for (content, said) in cases {
        place.write("a.csv", content).csv(&[&["a.csv"], &TIMES[..]].concat()).refused(said);
    }
    let endless = [b"t,v\n\"".to_vec(), vec![b'x'; 3_000_000]].concat();
    place.write("a.csv", endless).csv(&[&["a.csv"], &TIMES[..]].concat()).refused(&["line 2", "quote"]);
    place.write("a.csv", good);
    for (words, said) in [
        (["--tool-version", "1", "--failed", "x=1"], "no column `x`"),
        (["--status", "v", "--empty", "skip"], "not an HTTP status"),
        (["--delimiter", "ab", "--empty", "skip"], "--delimiter"),
        (["--utc-offset", "Z", "--empty", "skip"], "--utc-offset"),
    ] {
        place.csv(&[&["a.csv"], &TIMES[..], &words[..]].concat()).refused(&[said]);
    }
    place
        .run(
            &[
                &["import", "csv", "a.csv", "--target", "a b", "--vantage", "x", "--tool", "x", "--stopwatch", "x"],
                &TIMES[..],
            ]
            .concat(),
        )
        .refused(&["--target"]);
    place
        .run(
            &[
                &["import", "csv", "a.csv", "--target", "a", "--vantage", "x", "--tool", "fresh", "--stopwatch", "x"],
                &TIMES[..],
            ]
            .concat(),
        )
        .refused(&["--tool"]);
    assert!(!place.path("parallax.db").exists(), "a refused import made an archive");
    place.write("a.csv", "t,v\n").csv(&[&["a.csv"], &TIMES[..]].concat()).ended(1);
    place
        .write("a.csv", b"t,v\n2026-01-01T00:00:00Z,700\n")
        .csv(&[&["a.csv", "--any-value"], &TIMES[..]].concat())
        .ended(0);
}

#[test]
fn bad_rows_can_be_left_out_corrected_and_brought_in() {
    let place = Place::new();
    let rows = "t,v,w\n2026-01-01T00:00:00Z,0.1,a\n2026-01-01T00:03:00Z,oops,\"b,c\"\n2026-01-01T00:06:00Z,0.3,d\n";
    place.write("a.csv", rows);
    let ran = place.csv(&[&["a.csv", "--skip-bad"], &TIMES[..]].concat()).ended(1);
    assert!(ran.err().contains("line 3") && ran.out().contains("2 new"), "{}{}", ran.out(), ran.err());
    let rejected = std::fs::read_to_string(place.path("a.csv.rejected")).unwrap();
    assert_eq!(rejected, "t,v,w\n2026-01-01T00:03:00Z,oops,\"b,c\"\n");
    place.write("b.csv", rejected.replace("oops", "0.2")).csv(&[&["b.csv"], &TIMES[..]].concat()).ended(0);
    assert_eq!(place.kept("parallax.db").len(), 3);
}

#[test]
fn rows_are_set_aside_byte_for_byte_and_never_over_those_of_an_earlier_import() {
    let place = Place::new();
    let kept = b"t;\"v\"; note\r\n2026-01-01T00:00:00Z;0.1;\r\n";
    let bad: [&[u8]; 2] =
        [b"\"2026-01-01T00:03:00Z\";oops;\"a\nb\"\r\n", b" 2026-01-01T00:06:00Z ; \"0,2\" ;caf\xe9\n"];
    let header = &b"t;\"v\"; note\r\n"[..];
    let words = [&["a.csv", "--skip-bad", "--delimiter", ";"], &TIMES[..]].concat();
    let import = |rows: &[&[u8]], archive: &str, said: &str| {
        place.write("a.csv", [&[&kept[..]], rows].concat().concat());
        let ran = place.csv(&[&words[..], &["--archive", archive]].concat()).ended(1);
        assert!(ran.err().contains(&format!("see {said}\n")), "{said}: {}", ran.err());
    };
    let holds = |name: &str, rows: &[&[u8]]| {
        assert_eq!(std::fs::read(place.path(name)).unwrap(), [&[header], rows].concat().concat(), "{name}");
    };
    import(&bad, "sqlite:one.db", "a.csv.rejected");
    holds("a.csv.rejected", &bad);
    import(&bad[1..], "sqlite:two.db", "a.csv.rejected.2");
    import(&bad, "sqlite:three.db", "a.csv.rejected");
    holds("a.csv.rejected", &bad);
    holds("a.csv.rejected.2", &bad[1..]);
    assert!(!place.path("a.csv.rejected.3").exists(), "the same rows are kept once");
    // An import that is refused as a whole sets nothing aside.
    place.write("b.csv", b"t,v\n2026-01-01T00:00:00Z,700\n2026-01-01T00:03:00Z,oops\n");
    place.csv(&[&["b.csv", "--skip-bad"], &TIMES[..]].concat()).refused(&["over 10 minutes"]);
    assert!(!place.path("b.csv.rejected").exists());
}

#[test]
fn rows_that_stand_twice_in_a_file_are_said_to_and_those_kept_before_are_counted() {
    let place = Place::new();
    let row = "2026-01-01T00:00:00Z,0.1\n";
    place.write("a.csv", format!("t,v\n{row}2026-01-01T00:03:00Z,0.2\n"));
    place.write("twice.csv", format!("t,v\n{row}{row}2026-01-01T00:03:00Z,0.2\n{row}"));
    let import = |file: &str| place.csv(&[&[file], &TIMES[..]].concat()).ended(0);
    let first = import("a.csv");
    assert!(first.out().contains("2 rows: 2 new in sqlite:parallax.db, 0 there before"), "{}", first.out());
    assert_eq!(first.err(), "");
    let again = import("a.csv");
    assert!(again.out().contains("2 rows: 0 new in sqlite:parallax.db, 2 there before"), "{}", again.out());
    let twice = import("twice.csv");
    assert!(twice.out().contains("4 rows: 2 new in sqlite:parallax.db, 2 there before"), "{}", twice.out());
    assert!(twice.err().contains("2 rows have the time and value of an earlier row of this file"), "{}", twice.err());
}

#[test]
fn a_stopwatch_that_nobody_knows_is_told_the_nearest_and_is_taken() {
    let place = Place::new();
    place.write("a.csv", "t,v\n2026-01-01T00:00:00Z,0.1\n");
    let import = |stopwatch: &str| {
        let origin = ["--target", "a", "--vantage", "x", "--tool", "zabbix", "--stopwatch", stopwatch];
        place.run(&[&["import", "csv", "a.csv"], &TIMES[..], &origin].concat()).ended(0)
    };
    let misspelt = import("zabbix/web.test.tiem").err();
    assert!(misspelt.contains("zabbix/web.test.time,") && misspelt.contains("`parallax stopwatch list`"), "{misspelt}");
    assert_eq!(import("zabbix/web.test.time").err(), "");
    assert_eq!(import("curl").err(), "", "one of its name is enough");
}

#[test]
fn equal_rows_are_two_samples_and_failures_are_what_was_said() {
    let place = Place::new();
    let rows = "2026-01-01T00:00:00Z,0.1,ok\n2026-01-01T00:00:00Z,0.1,ok\n2026-01-01T00:03:00Z,down,ok\n\
                2026-01-01T00:06:00Z,0.9,no\n2026-01-01T00:09:00Z,,ok\n";
    place.write("a.csv", rows);
    let words = [
        "a.csv",
        "--no-header",
        "--time",
        "1",
        "--value",
        "#2",
        "--unit",
        "s",
        "--failed",
        "down",
        "--failed",
        "3=no",
        "--empty",
        "failed",
    ];
    place.csv(&words).ended(0);
    let kept = place.kept("parallax.db");
    let ends: Vec<(bool, u64)> = kept.iter().map(|r| (r.sample.outcome.is_good(), r.sample.elapsed_us.0)).collect();
    assert_eq!(ends, [(true, 100_000), (true, 100_000), (false, 0), (false, 900_000), (false, 0)]);
    assert!(place.csv(&words).ended(0).out().contains("0 new"));
}
