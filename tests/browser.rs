//! Pages open in a real browser without a word on its console.

use std::fs;
use std::path::Path;

use crate::support::browser::{Page, open};
use crate::support::command::run;
use crate::support::needs;

const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Opens a page with this text, where there is a browser.
fn opened(test: &str, text: &str) -> Option<Page> {
    let program = needs::program(test, &BROWSERS)?;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    fs::write(&file, text).unwrap();
    Some(open(&program, Path::new(&file)))
}

#[test]
fn a_silent_page_has_no_complaints() {
    let text = "<!doctype html><meta charset=utf-8><title>Quiet</title><link rel=icon href=data:,>\
                <table><tr><th>a</th></tr><tr><td>1 ms</td></tr></table><script>console.log('fine')</script>";
    let Some(page) = opened("a_silent_page_has_no_complaints", text) else { return };
    assert_eq!(page.complaints, [""; 0]);
    assert_eq!(page.title, "Quiet");
    assert_eq!(page.tables, [[["a"], ["1 ms"]]]);
}

#[test]
fn every_kind_of_complaint_is_heard() {
    let text = "<!doctype html><title>Loud</title><link rel=icon href=data:,>\
                <meta http-equiv=Content-Security-Policy content=\"style-src 'none'\"><style>p { color: red }</style>\
                <img src=missing.png><script>console.error('one'); console.warn('two'); setTimeout(late)</script>\
                <script>syntax error here</script>";
    let Some(page) = opened("every_kind_of_complaint_is_heard", text) else { return };
    for wanted in ["\"one\"", "\"two\"", "late is not defined", "SyntaxError", "missing.png", "Content Security Policy"]
    {
        assert!(page.complaints.iter().any(|said| said.contains(wanted)), "{wanted}: {:#?}", page.complaints);
    }
    assert_eq!(page.complaints.len(), 6, "{:#?}", page.complaints);
}

/// Every cell of every table.
fn cells(page: &Page) -> Vec<&str> {
    page.tables.iter().flatten().flatten().map(String::as_str).collect()
}

#[test]
fn the_demos_report_opens_without_a_complaint_and_shows_both_monitors() {
    let Some(program) = needs::program("the_demos_report_opens_without_a_complaint", &BROWSERS) else { return };
    let folder = tempfile::tempdir().unwrap();
    let demo = run(folder.path(), &["demo", "--seconds", "2", "--seed", "7", "--lab", "never"]);
    assert_eq!(demo.code, 0, "{}", demo.err);
    let page = open(&program, &folder.path().join("report.html"));
    assert_eq!(page.complaints, [""; 0]);
    assert!(page.title.contains("fresh against"), "{}", page.title);
    for wanted in ["p50", "p99", "connect", "tls", "wait", "receive"] {
        assert!(cells(&page).contains(&wanted), "{wanted}: {:#?}", page.tables);
    }
}

#[test]
fn a_report_opens_without_a_complaint_whether_or_not_there_is_something_in_the_window() {
    let Some(program) = needs::program("a_report_opens_without_a_complaint", &BROWSERS) else { return };
    let folder = tempfile::tempdir().unwrap();
    let demo = run(folder.path(), &["demo", "--seconds", "2", "--lab", "never"]);
    assert_eq!(demo.code, 0, "{}", demo.err);
    let report = ["report", "--archive", "sqlite:parallax-demo.db", "--html"];
    let full = run(folder.path(), &[&report[..], &["full.html"]].concat());
    assert_eq!(full.code, 0, "{}", full.err);
    let page = open(&program, &folder.path().join("full.html"));
    assert_eq!(page.complaints, [""; 0]);
    assert_eq!(page.title, "Parallax: latency");
    for wanted in ["demo/page", "demo/slow", "fresh", "p50"] {
        assert!(cells(&page).iter().any(|cell| cell.contains(wanted)), "{wanted}: {:#?}", page.tables);
    }
    let nothing = ["empty.html", "--since", "2020-01-01T00:00:00Z", "--until", "2020-01-02T00:00:00Z"];
    assert_eq!(run(folder.path(), &[&report[..], &nothing].concat()).code, 1);
    let page = open(&program, &folder.path().join("empty.html"));
    assert_eq!((page.complaints.as_slice(), page.title.as_str()), (&[][..], "Parallax: latency"));
}
