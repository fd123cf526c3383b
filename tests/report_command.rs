//! `parallax report` on an archive.

use std::path::PathBuf;
use std::process::{Command, Output};

use parallax::adapters::archive::{Mode, open};
use parallax::archive::port::Append;
use parallax::measurement::wire::Record;

use super::report::window;

/// An archive of its own, gone with the test.
struct Kept {
    folder: tempfile::TempDir,
}

impl Kept {
    fn of(records: &[Record]) -> Self {
        let kept = Self { folder: tempfile::tempdir().unwrap() };
        let mut archive = open(&kept.place(), Mode::Write).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(archive.append(records)).unwrap();
        kept
    }

    fn place(&self) -> String {
        format!("sqlite:{}", self.file("kept.db").display())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn report(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parallax"));
        command.args(["report", "--archive", &self.place()]).args(words).output().unwrap()
    }
}

#[test]
fn the_command_reports_what_the_archive_keeps() {
    let kept = Kept::of(&window());
    let table = kept.report(&[]);
    assert_eq!(table.status.code(), Some(0), "{}", String::from_utf8_lossy(&table.stderr));
    assert!(String::from_utf8(table.stdout).unwrap().contains("host/tokyo-office curl"));
    let json = kept.report(&["--json", "--method", "curl"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((json["samples"].as_u64(), json["source"].as_str()), (Some(60), Some("method=curl")));
    let lines = kept.report(&["--csv", "--source", "cold=true"]);
    assert_eq!(String::from_utf8(lines.stdout).unwrap().lines().count(), 2);
}

#[test]
fn the_command_writes_a_whole_page_and_says_where() {
    let kept = Kept::of(&window());
    let page = kept.file("page.html");
    std::fs::write(&page, "an older page").unwrap();
    let written = kept.report(&["--html", page.to_str().unwrap()]);
    assert_eq!(written.status.code(), Some(0));
    assert!(written.stdout.is_empty() && String::from_utf8(written.stderr).unwrap().contains("page.html"));
    assert!(std::fs::read_to_string(&page).unwrap().ends_with("</html>"));
    let nowhere = kept.report(&["--html", kept.file("no/such/folder.html").to_str().unwrap()]);
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(String::from_utf8(nowhere.stderr).unwrap().contains("--html"));
}

#[test]
fn the_command_says_no_to_an_empty_window_and_names_a_bad_flag() {
    let kept = Kept::of(&window());
    let page = kept.file("empty.html");
    let empty = kept.report(&["--until", "2020-01-01T00:00:00Z", "--html", page.to_str().unwrap()]);
    assert_eq!(empty.status.code(), Some(1));
    assert!(std::fs::read_to_string(&page).unwrap().contains("No sample lies in this window"));
    for (words, said) in [
        (vec!["--since", "yesterday"], "--since"),
        (vec!["--until", "soon"], "--until"),
        (vec!["--method", "a b"], "--method"),
        (vec!["--source", "region=x"], "--source"),
        (vec!["--archive", "sqlite:/no/such/archive.db"], "--archive"),
        (vec!["--width", "3"], "--width"),
        (vec!["--json", "--csv"], "--csv"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parallax"));
        let refused = command.arg("report").args(&words).output().unwrap();
        let message = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{words:?}: {message}");
        assert!(message.contains(said) && refused.stdout.is_empty(), "{words:?}: {message}");
    }
}
