//! `parallax variance` on an archive. Golden files are under `tests/golden/variance`, and the test with UPDATE_GOLDEN=1 writes
//! them anew.

use parallax::adapters::archive::{Mode, open};
use parallax::archive::port::Append;
use parallax::measurement::wire::Record;
use serde_json::Value;

use super::support::command::{Run, run};
use super::support::fleet::Fleet;
use super::support::golden::{assert_golden, shape};
use super::support::samples::{Recipe, row};

/// An archive of its own, gone with the test.
struct Kept(tempfile::TempDir);

impl Kept {
    fn of(records: &[Record]) -> Self {
        let kept = Self(tempfile::tempdir().unwrap());
        let place = format!("sqlite:{}", kept.0.path().join("parallax.db").display());
        let mut archive = open(&place, Mode::Write).unwrap();
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(archive.append(records)).unwrap();
        kept
    }

    fn run(&self, words: &[&str]) -> Run {
        run(self.0.path(), &[&["variance"], words].concat())
    }
}

#[test]
fn the_command_splits_what_the_archive_keeps() {
    let kept = Kept::of(&Fleet::default().records(7));
    let page = kept.run(&[]);
    assert_eq!((page.code, page.err.as_str()), (0, ""), "{}", page.out);
    for said in ["sandboxes of a place", "Within a place, sandboxes hold", "Cold starts"] {
        assert!(page.out.contains(said), "{said} is missing:\n{}", page.out);
    }
    let json = kept.run(&["--json", "--vantage", "lambda/eu-west-1/1769"]);
    let found: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json.code, found["source"].as_str()), (0, Some("vantage=lambda/eu-west-1/1769")));
    assert_eq!(found["strata"][0]["needs"]["more_sandboxes"], 8, "one region has 12 of 20");
    assert_golden("variance/shape.txt", &shape(&serde_json::from_str(&kept.run(&["--json"]).out).unwrap()));
    assert!(kept.run(&["--ascii", "--width", "60"]).out.is_ascii());
    let written = kept.run(&["--html", "page.html"]);
    assert_eq!((written.code, written.out.as_str()), (0, ""), "{}", written.err);
    let html = std::fs::read_to_string(kept.0.path().join("page.html")).unwrap();
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("deviation, factor"), "{html}");
    assert_eq!(kept.run(&["--html", "no/such/page.html"]).code, 2);
    assert_eq!(kept.run(&["--html", "page.html", "--json"]).code, 2);
}

#[test]
fn the_command_says_no_with_a_page_and_names_a_bad_flag() {
    let kept = Kept::of(&row(&Recipe::default(), 25));
    let nothing = kept.run(&[]);
    assert_eq!((nothing.code, nothing.err.as_str()), (1, ""));
    assert!(nothing.out.contains("Nothing here can be split"), "{}", nothing.out);
    let empty = kept.run(&["--until", "2020-01-01T00:00:00Z"]);
    assert_eq!(empty.code, 1);
    assert!(empty.out.contains("No sample lies in this window"), "{}", empty.out);
    let empty = kept.run(&["--until", "2020-01-01T00:00:00Z", "--json"]);
    let found: Value = serde_json::from_str(&empty.out).unwrap();
    assert_eq!((empty.code, found["strata"].as_array().map(Vec::len)), (1, Some(0)));
    let misnamed = kept.run(&["--target", "nope"]);
    assert_eq!((misnamed.code, misnamed.out.as_str()), (2, ""));
    assert!(misnamed.err.contains("target=nope matches nothing in the archive; the nearest"), "{}", misnamed.err);
    for (words, said) in [
        (["--since", "yesterday"], "--since"),
        (["--vantage", "a b"], "--vantage"),
        (["--archive", "sqlite:no/such.db"], "no/such.db"),
        (["--width", "3"], "--width"),
    ] {
        let refused = kept.run(&words);
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{words:?}");
        assert!(refused.err.contains(said), "{words:?}: {}", refused.err);
    }
}
