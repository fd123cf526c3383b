//! What goes out comes back the same, and what cannot be a sample is refused by its line.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use parallax::adapters::archive::{Mode, open};
use parallax::archive::port::{Append, Scan};
use parallax::archive::selection::{Selection, Source, Window};
use parallax::measurement::environment::Init;
use parallax::measurement::outcome::{Cause, Check, FailedCheck, Outcome};
use parallax::measurement::phase::Phase;
use parallax::measurement::wire::Record;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::at_once::now;
use crate::support::samples::{Recipe, START, row};

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        std::fs::write(self.path(name), content).unwrap();
        self
    }

    fn holding(records: &[Record]) -> Self {
        let place = Self::new();
        let mut archive = open(&format!("sqlite:{}", place.path("parallax.db").display()), Mode::Write).unwrap();
        now(archive.append(records)).unwrap();
        place
    }

    fn kept(&self, archive: &str) -> Vec<Record> {
        let Ok(mut archive) = open(&format!("sqlite:{}", self.path(archive).display()), Mode::Read) else {
            return Vec::new();
        };
        let mut records = Vec::new();
        let selection = Selection { source: Source::default(), window: Window::ALWAYS };
        now(archive.scan(&selection, &mut |record| records.push(record))).unwrap();
        records
    }

    fn run(&self, words: &[&str]) -> Ran {
        self.run_with(words, b"")
    }

    fn run_with(&self, words: &[&str], input: &[u8]) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_parallax"))
            .args(words)
            .current_dir(self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A command that refuses its flags may be gone before it reads.
        let _ = stdin.write_all(input);
        drop(stdin);
        Ran(child.wait_with_output().unwrap())
    }

    fn csv(&self, words: &[&str]) -> Ran {
        let origin = [
            "--target",
            "daily-news",
            "--vantage",
            "zabbix/tokyo",
            "--tool",
            "zabbix",
            "--stopwatch",
            "zabbix/web.test.time",
        ];
        self.run(&[&["import", "csv"], words, &origin].concat())
    }
}

struct Ran(Output);

impl Ran {
    fn code(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    fn err(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    #[track_caller]
    fn ended(self, code: i32) -> Self {
        assert_eq!(self.code(), code, "{}{}", self.out(), self.err());
        self
    }

    #[track_caller]
    fn refused(self, said: &[&str]) {
        let ran = self.ended(2);
        for said in said {
            assert!(ran.err().contains(said), "{said}: {}", ran.err());
        }
        assert_eq!(ran.out(), "");
    }
}

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/import").join(name);
    path.to_str().unwrap().to_owned()
}

fn varied() -> Vec<Record> {
    let mut records = row(&Recipe { hops: 2, ..Recipe::default() }, 6);
    records.extend(row(
        &Recipe { method: "curl", vantage: "lambda/us-east-1/1769", init: Init::Cold, ..Recipe::default() },
        3,
    ));
    records.push(
        Recipe { id: "f".into(), failed: Some((Phase::Tls, Cause::CertificateExpired)), ..Recipe::default() }.record(),
    );
    let mut checked = Recipe { id: "=c".replace('=', "c"), slot_ms: None, ..Recipe::default() }.record();
    if let Outcome::Answered(answer) = &mut checked.sample.outcome {
        answer
            .failed_checks
            .push(FailedCheck { check: Check::Status, reason: "=HYPERLINK(\"x\"),\n200 expected".into() });
    }
    records.push(checked);
    records.sort_by_key(|record| (record.sample.started_at_ms, record.sample.id.clone()));
    records
}

#[test]
fn what_is_exported_and_imported_is_the_same_set() {
    let records = varied();
    let place = Place::holding(&records);
    place.run(&["export", "jsonl", "--output", "all.jsonl"]).ended(0);
    let json = place.run(&["import", "jsonl", "all.jsonl", "--archive", "sqlite:b.db", "--json"]).ended(0).out();
    let said: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&said["new"], &said["repeated"]), (&records.len().into(), &0.into()));
    assert_eq!(place.kept("b.db"), records);

    let lines = place.run(&["export", "jsonl"]).ended(0).out();
    let again =
        place.run_with(&["import", "jsonl", "-", "--archive", "sqlite:b.db", "--json"], lines.as_bytes()).ended(0);
    assert!(again.out().contains(&format!("\"repeated\":{}", records.len())), "{}", again.out());
    assert_eq!(place.kept("b.db"), records);
}

#[test]
fn an_export_holds_what_was_selected() {
    let place = Place::holding(&varied());
    let count = |words: &[&str]| place.run(&[&["export", "jsonl"], words].concat()).out().lines().count();
    assert_eq!(count(&["--method", "curl"]), 3);
    assert_eq!(count(&["--vantage", "host/tokyo-office"]), 8);
    assert_eq!(count(&["--since", "2026-01-01T00:10:00Z", "--until", "2026-01-01T00:13:00Z"]), 1);
    let none = place.run(&["export", "csv", "--target", "elsewhere"]).ended(1);
    assert!(none.err().contains("no samples"), "{}", none.err());
    assert_eq!(none.out().lines().count(), 1, "the header stands alone");
}

#[test]
fn a_row_of_csv_is_flat_exact_and_no_formula() {
    let place = Place::holding(&varied());
    let text = place.run(&["export", "csv"]).ended(0).out();
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let header = table.headers().unwrap().clone();
    let rows: Vec<_> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 11);
    let cell = |id: &str, column: &str| {
        let row = rows.iter().find(|row| &row[0] == id).unwrap();
        row[header.iter().position(|name| name == column).unwrap()].to_owned()
    };
    let first = "daily-news-host/tokyo-office-fresh-0";
    assert_eq!(cell(first, "elapsed_ms"), "104.321");
    assert_eq!(
        (cell(first, "started_at"), cell(first, "slot")),
        ("2026-01-01T00:00:00.012Z".into(), "2026-01-01T00:00:00Z".into())
    );
    let sum: f64 = ["resolve_ms", "connect_ms", "tls_ms", "send_ms", "wait_ms", "receive_ms", "overhead_ms"]
        .iter()
        .map(|column| cell(first, column).parse::<f64>().unwrap())
        .sum();
    assert!((sum - 104.321).abs() < 1e-9, "{sum}");
    assert_eq!(
        (cell("f", "failed_phase"), cell("f", "cause"), cell("f", "wait_ms")),
        ("tls".into(), "certificate_expired".into(), String::new())
    );
    assert!(cell("cc", "detail").starts_with("'=HYPERLINK"));
    assert_eq!(
        (cell("cc", "slot"), cell("cc", "late_ms"), cell("cc", "failed_checks")),
        (String::new(), String::new(), "status".into())
    );
}

#[test]
fn an_export_never_takes_the_place_of_the_archive_or_of_half_a_file() {
    let place = Place::holding(&varied());
    place.run(&["export", "jsonl", "--output", "parallax.db"]).refused(&["archive itself"]);
    place.run(&["export", "jsonl", "--output", "."]).refused(&["directory"]);
    place.run(&["export", "jsonl", "--output", "no/where"]).refused(&["cannot be written"]);
    place.run(&["export", "jsonl", "--archive", "parallax.db"]).refused(&["write `sqlite:parallax.db`"]);
    place.run(&["export", "jsonl", "--output", "/dev/null"]).ended(0);
    assert!(!Path::new("/dev/null").is_file());
    place
        .write("old", "old")
        .run(&["export", "jsonl", "--archive", "sqlite:none.db", "-o", "old"])
        .refused(&["no archive"]);
    assert_eq!(std::fs::read(place.path("old")).unwrap(), b"old");
    assert!(
        std::fs::read_dir(place.0.path()).unwrap().all(|e| !e.unwrap().file_name().to_str().unwrap().starts_with('.'))
    );
}

#[test]
fn a_bad_line_of_jsonl_refuses_the_whole_or_is_set_aside() {
    let lines: Vec<String> = row(&Recipe::default(), 3).iter().map(|r| serde_json::to_string(r).unwrap()).collect();
    let place = Place::new();
    let newer = lines[1].replacen("\"schema\":1", "\"schema\":2", 1);
    place.write("newer", format!("{}\n{newer}\n", lines[0]));
    place.run(&["import", "jsonl", "newer"]).refused(&["line 2", "schema 2 is newer", "nothing was imported"]);
    let wrong = lines[1].replacen("\"elapsed_us\":104322", "\"elapsed_us\":104323", 1);
    place.write("sum", format!("\u{feff}{}\r\n\r\n{wrong}\r\n", lines[0]));
    place.run(&["import", "jsonl", "sum"]).refused(&["line 3", "add up to 104322"]);
    place.write("cut", &lines.join("\n")[..lines[0].len() + 900]);
    place.run(&["import", "jsonl", "cut"]).refused(&["line 2", "cut off"]);
    place.write("noise", b"\xff\xfe\0\0\n[[[\nnull\n{}\n");
    place.run(&["import", "jsonl", "noise"]).refused(&["line 1", "line 4", "no `schema`"]);
    place.write("long", vec![b'['; 3_000_000]);
    place.run(&["import", "jsonl", "long"]).refused(&["line 1", "longer than"]);
    place.run(&["import", "jsonl", "absent"]).refused(&["cannot read absent"]);
    place.run(&["import", "jsonl", "."]).refused(&["directory"]);
    assert!(!place.path("parallax.db").exists(), "a refused import made an archive");

    let ran = place.run(&["import", "jsonl", "newer", "--skip-bad"]).ended(1);
    assert!(ran.err().contains("newer.rejected"), "{}", ran.err());
    assert_eq!(std::fs::read_to_string(place.path("newer.rejected")).unwrap(), format!("{newer}\n"));
    assert_eq!(place.kept("parallax.db").len(), 1);
    place.write("empty", "").run(&["import", "jsonl", "empty"]).ended(1);
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
        (b"t,v\n2026-01-01T00:00:00Z\n", &["line 2", "1 cells", "first line has 2"]),
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

#[test]
fn status_says_what_there_is_and_is_negative_about_nothing() {
    let place = Place::holding(&varied());
    let page = place.run(&["status"]).ended(0).out();
    assert!(page.contains("daily-news") && page.contains("host/tokyo-office") && page.contains("schema 1"), "{page}");
    let said: Value = serde_json::from_str(&place.run(&["status", "--json"]).ended(0).out()).unwrap();
    assert_eq!((&said["sources"][0]["method"], &said["sources"][0]["samples"]), (&"fresh".into(), &8.into()));
    assert_eq!(said["sources"][0]["failures"], 2);
    let empty = Place::holding(&[]);
    assert!(empty.run(&["status"]).ended(1).out().contains("no samples"));
    Place::new().run(&["status"]).refused(&["no archive at sqlite:parallax.db"]);
    Place::new().write("parallax.db", "text").run(&["status"]).refused(&["not a Parallax archive"]);
}
