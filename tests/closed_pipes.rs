//! A reader that goes away is no error, whichever stream it read, and no message is coloured against a person's wish.

use std::path::Path;
use std::process::{Output, Stdio};

use parallax::lab::site::{Options, Site};

use crate::support::command::{finished, parallax, run};

/// A stream that nobody reads.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// An archive with samples, a fleet, a log, and each command with words that make it say something.
fn commands(directory: &Path, site: &Site) -> Vec<Vec<String>> {
    let page = site.url("/").to_string();
    let trust = site.authority_path().display().to_string();
    let watch = ["--allow-private", "-L", "--cacert", &trust];
    let fleet = format!(
        "schema = 1\nevery = \"1d\"\n[vantage]\nid = \"host/test\"\n[[target]]\nid = \"p\"\nurl = \"{page}\"\n\
         follow_redirects = true\nallow_private = true\n"
    );
    std::fs::write(directory.join("fleet.toml"), fleet).unwrap();
    std::fs::write(directory.join("aws.toml"), include_str!("fixtures/cost/ten_regions.toml")).unwrap();
    std::fs::write(directory.join("log.csv"), "time,ms\n2026-01-01T00:00:00Z,100\nbad,row\n").unwrap();
    let compare = [&["compare", &page, "--rounds", "2", "--b", "method=pooled"], &watch[..]].concat();
    let kept = run(directory, &compare);
    assert_eq!(kept.code, 0, "{}", kept.err);
    let import = "import csv log.csv --time time --value ms --unit ms --skip-bad --target t --vantage v/x --tool curl \
                  --stopwatch curl/time_total --archive sqlite:imported.db";
    [
        compare,
        [&["probe", &page], &watch[..]].concat(),
        [&["probe", &page, "--json"], &watch[..]].concat(),
        vec!["demo", "--seconds", "1", "--lab", "never"],
        vec!["agent", "fleet.toml", "--once", "--json", "--archive", "sqlite:agent.db"],
        vec!["report"],
        vec!["report", "--json"],
        vec!["report", "--csv"],
        vec!["report", "--html", "page.html"],
        vec!["explain", "--a", "method=fresh", "--b", "method=pooled"],
        vec!["explain", "--a", "method=fresh", "--b", "method=pooled", "--json"],
        vec!["status"],
        vec!["status", "--json"],
        vec!["doctor"],
        vec!["cost", "aws.toml"],
        vec!["cost", "aws.toml", "--json"],
        vec!["cost", "--print-prices"],
        vec!["export", "jsonl"],
        vec!["export", "csv"],
        import.split_whitespace().collect(),
        vec!["--help"],
    ]
    .into_iter()
    .map(|words| words.into_iter().map(str::to_owned).collect())
    .collect()
}

#[test]
fn no_command_minds_a_reader_that_goes_away() {
    let directory = tempfile::tempdir().unwrap();
    let site = Site::start(Options::default()).unwrap();
    for words in commands(directory.path(), &site) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let command = || parallax(directory.path(), &words);
        let unheard = finished(command().stdout(unread()).output().unwrap());
        assert_eq!(unheard.code, 0, "{words:?} without a reader of its data: {}", unheard.err);
        assert!(!unheard.err.contains("panicked"), "{words:?}: {}", unheard.err);
        let Output { status, .. } = command().stderr(unread()).output().unwrap();
        let negative = words[0] == "import";
        assert_eq!(status.code(), Some(i32::from(negative)), "{words:?} without a reader of its messages");
    }
    for words in [&["status", "--archive", "sqlite:none.db"][..], &["probe"], &["nonsense"], &[]] {
        let Output { status, .. } = parallax(directory.path(), words).stderr(unread()).output().unwrap();
        assert_eq!(status.code(), Some(2), "{words:?}: bad input stays bad input");
    }
}

#[test]
fn no_color_is_heeded_and_data_are_never_coloured() {
    let directory = tempfile::tempdir().unwrap();
    let forced = |words: &[&str], wish: &str| {
        let output = parallax(directory.path(), words).env("CLICOLOR_FORCE", "1").env(wish, "1").output().unwrap();
        [output.stdout, output.stderr].concat().contains(&0x1b)
    };
    assert!(forced(&["nonsense"], "X"), "messages can be coloured, or this test shows nothing");
    for words in [&["nonsense"][..], &["--help"], &["probe"], &["doctor"], &["status"]] {
        assert!(!forced(words, "NO_COLOR"), "{words:?}");
    }
    assert!(!forced(&["doctor"], "X"));
}

#[test]
fn without_a_command_the_help_is_shown_as_bad_input() {
    let directory = tempfile::tempdir().unwrap();
    let run = run(directory.path(), &[]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("Usage: parallax <COMMAND>") && run.err.contains("  probe "), "{}", run.err);
}
