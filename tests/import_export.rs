//! What goes out comes back the same, and what cannot be a sample is refused by its line.

pub mod place;
mod tables;

use std::path::Path;

use parallax::measurement::environment::Init;
use parallax::measurement::outcome::{Cause, Check, FailedCheck, Outcome};
use parallax::measurement::phase::Phase;
use parallax::measurement::wire::Record;
use serde_json::Value;

use self::place::Place;
use crate::support::samples::{Recipe, row};

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
    place
        .write("old.csv", "old")
        .run(&["export", "csv", "--target", "elsewhere", "-o", "old.csv"])
        .refused(&["target=elsewhere matches nothing in the archive; the nearest"]);
    assert_eq!(std::fs::read(place.path("old.csv")).unwrap(), b"old");
    let none = place.run(&["export", "csv", "--until", "2020-01-01T00:00:00Z"]).ended(1);
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
fn a_damaged_sample_stops_every_reader_with_advice_that_saves_the_others() {
    let records = varied();
    let place = Place::holding(&records);
    let damage = rusqlite::Connection::open(place.path("parallax.db")).unwrap();
    damage.execute("UPDATE sample SET content = substr(content, 1, 90) WHERE id IN ('f', 'cc')", []).unwrap();
    // Closed, so that what it wrote is in the file and not beside it.
    drop(damage);
    std::fs::rename(place.path("parallax.db"), place.path("it is.db")).unwrap();
    let there = ["--archive", "sqlite:it is.db"];
    for words in [
        &["report"][..],
        &["explain", "--a", "method=fresh", "--b", "method=curl"],
        &["variance"],
        &["stopwatch", "replay"],
        &["export", "csv"],
    ] {
        let said = place.run(&[words, &there].concat()).ended(3).err();
        let advice = "`parallax export jsonl --archive 'sqlite:it is.db' --skip-damaged --output FILE`";
        assert!(said.contains("sample f is damaged") || said.contains("sample cc is damaged"), "{words:?}: {said}");
        assert!(said.contains("target=daily-news") && said.contains(advice), "{words:?}: {said}");
    }
    let saved = place.run(&[&["export", "jsonl", "--skip-damaged", "-o", "rest"], &there[..]].concat()).ended(1);
    assert!(saved.err().contains("2 samples are damaged and were left out:\n"), "{}", saved.err());
    assert!(saved.err().contains("sample f is") && saved.err().contains("sample cc is"), "{}", saved.err());
    place.run(&["import", "jsonl", "rest", "--archive", "sqlite:new.db"]).ended(0);
    let whole: Vec<Record> =
        records.into_iter().filter(|record| !["f", "cc"].contains(&record.sample.id.as_str())).collect();
    assert_eq!(place.kept("new.db"), whole);
    place.run(&["export", "jsonl", "--skip-damaged", "-o", "all", "--archive", "sqlite:new.db"]).ended(0);
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
    let steep = lines[2].replacen("\"cpu_us\":", "\"cpu_us\":9000000", 1);
    place.write("steep", format!("{}\n{steep}\n", lines[0]));
    place.run(&["import", "jsonl", "steep"]).refused(&["line 2", "`cpu_us` is 9000000", "nothing was imported"]);
    let bare = lines[1].replacen("\"platform\":\"host\"", "\"platform\":\"lambda\",\"memory_mb\":0", 1);
    place.write("bare", format!("{}\n{bare}\n", lines[0]));
    place.run(&["import", "jsonl", "bare"]).refused(&["line 2", "`memory_mb` is 0", "nothing was imported"]);
    place.write("long", vec![b'['; 3_000_000]);
    place.run(&["import", "jsonl", "long"]).refused(&["line 1", "longer than"]);
    place.run(&["import", "jsonl", "absent"]).refused(&["cannot read absent"]);
    place.run(&["import", "jsonl", "."]).refused(&["directory"]);
    assert!(!place.path("parallax.db").exists(), "a refused import made an archive");

    let ran = place.run(&["import", "jsonl", "newer", "--skip-bad"]).ended(1);
    assert!(ran.err().contains("newer.rejected"), "{}", ran.err());
    assert_eq!(std::fs::read_to_string(place.path("newer.rejected")).unwrap(), format!("{newer}\n"));
    assert_eq!(place.kept("parallax.db").len(), 1);
    let long = [vec![b'['; 3_000_000], b"\r\n".to_vec()].concat();
    place.write("newer", [format!("{}\n", lines[0]).as_bytes(), &long, newer.as_bytes()].concat());
    let ran = place.run(&["import", "jsonl", "newer", "--skip-bad"]).ended(1);
    assert!(ran.err().contains("line 2: it is longer") && ran.err().contains("line 3"), "{}", ran.err());
    assert!(std::fs::read(place.path("newer.rejected.2")).unwrap() == [&long, newer.as_bytes()].concat());
    assert_eq!(std::fs::read_to_string(place.path("newer.rejected")).unwrap(), format!("{newer}\n"), "still there");
    place.write("empty", "").run(&["import", "jsonl", "empty"]).ended(1);
}

#[test]
fn status_says_what_there_is_and_is_negative_about_nothing() {
    let place = Place::holding(&varied());
    let page = place.run(&["status"]).ended(0).out();
    assert!(page.contains("daily-news") && page.contains("host/tokyo-office") && page.contains("schema 2"), "{page}");
    assert!(!page.contains("wait to be sent"), "{page}");
    let said: Value = serde_json::from_str(&place.run(&["status", "--json"]).ended(0).out()).unwrap();
    assert_eq!((&said["sources"][0]["method"], &said["sources"][0]["samples"]), (&"fresh".into(), &8.into()));
    assert_eq!(said["unshipped"], serde_json::json!({ "samples": 0 }));
    assert_eq!((&said["sources"][0]["failures"], &said["sources"][0]["missed"]), (&2.into(), &0.into()));
    let empty = Place::holding(&[]);
    assert!(empty.run(&["status"]).ended(1).out().contains("no samples"));
    Place::new().run(&["status"]).refused(&["no archive at sqlite:parallax.db"]);
    Place::new().write("parallax.db", "text").run(&["status"]).refused(&["not a Parallax archive"]);
}
