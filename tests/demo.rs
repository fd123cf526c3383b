//! The demo, run as a person runs it.

use serde_json::Value;

use parallax::adapters::archive::{Mode, open};
use parallax::archive::port::Directory;

use crate::support::command::{finished, parallax, run};

fn sources(directory: &std::path::Path, file: &str) -> Vec<(String, String, u64, u64)> {
    let place = format!("sqlite:{}", directory.join(file).display());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let lines = runtime.block_on(open(&place, Mode::Read).unwrap().sources()).unwrap();
    lines.into_iter().map(|l| (l.target.to_string(), l.method.to_string(), l.samples, l.failures)).collect()
}

/// Whether all is here that the founding case needs: root, a real Zabbix, the probe beside the program.
fn can_more() -> bool {
    #[cfg(target_os = "linux")]
    if let Ok(scenario) = parallax::lab::scenario::Scenario::named("founding-case") {
        let probe = std::path::Path::new(env!("CARGO_BIN_EXE_parallax")).with_file_name("probe");
        return parallax::lab::run::missing(&[scenario]).is_empty() && probe.is_file();
    }
    false
}

#[test]
fn a_demo_leaves_a_report_and_an_archive_and_says_where_the_time_went() {
    let directory = tempfile::tempdir().unwrap();
    let run = run(directory.path(), &["demo", "--seconds", "2", "--seed", "7", "--lab", "never"]);
    assert_eq!(run.code, 0, "{}", run.err);
    for said in [
        "From A to B: p50",
        "From A to B: mean",
        "The suspicions",
        "A, fresh, says",
        "B, ",
        "Where: the means are",
        "the median of",
        "loopback",
        "parallax compare https://",
    ] {
        assert!(run.out.contains(said), "{said} is missing:\n{}", run.out);
    }
    assert!(run.err.contains("seed 7") && run.err.contains("report.html"), "{}", run.err);
    assert_eq!(run.err.contains("next       parallax lab run founding-case"), can_more(), "{}", run.err);
    assert!(!run.err.contains('\u{1b}'), "no bar where there is no terminal: {}", run.err);

    let page = std::fs::read_to_string(directory.path().join("report.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") || page.starts_with("<!doctype html>"), "{:.80}", page);
    assert!(page.contains("fresh"), "the report names who was compared");
    assert!(page.contains("<table class=\"stairs\">") && page.contains("H5 the way to the server"), "it says why");

    let kept = sources(directory.path(), "parallax-demo.db");
    assert_eq!(kept.len(), 4, "two pages, two ways: {kept:?}");
    assert!(kept.iter().all(|(_, _, samples, failures)| *samples > 0 && *failures == 0), "{kept:?}");
}

#[test]
fn what_the_demo_prints_as_json_counts_what_it_kept() {
    let directory = tempfile::tempdir().unwrap();
    let run = run(directory.path(), &["demo", "--seconds", "2", "--json", "--archive", "sqlite:d.db", "-o", "r.html"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let said: Value = serde_json::from_str(&run.out).unwrap();
    for (key, target) in [("page", "demo/page"), ("slow", "demo/slow")] {
        for side in ["a", "b"] {
            let source = &said[key][side];
            let kept = sources(directory.path(), "d.db").into_iter();
            let line = kept.clone().find(|l| l.0 == target && source["method"] == l.1.as_str()).unwrap();
            assert_eq!(source["samples"], line.2, "{key} {side}");
        }
        for account in ["account", "mean"] {
            let account = &said[key]["explained"][account];
            let rows = account["rows"].as_array().unwrap();
            let sum: f64 = rows.iter().map(|row| row["ms"].as_f64().unwrap()).sum();
            assert!((sum - account["gap_ms"].as_f64().unwrap()).abs() < 1e-7, "{account}");
            let rest = rows.last().unwrap();
            let holds = rest["holds"].as_array().unwrap();
            assert_eq!(rest["cause"], "residual");
            assert!(holds.iter().enumerate().all(|(at, cause)| !holds[..at].contains(cause)), "{rest}");
        }
    }
    assert!(directory.path().join("r.html").exists() && !directory.path().join("report.html").exists());
}

#[test]
fn a_demo_is_done_also_where_the_founding_case_comes_to_nothing() {
    if !can_more() {
        return println!("skipped: the founding case cannot be made here");
    }
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("parallax-lab"), "in the way").unwrap();
    let run = run(directory.path(), &["demo", "--seconds", "1"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("the founding case came to nothing: parallax-lab/founding-case-"), "{}", run.err);
    assert!(directory.path().join("report.html").exists());
    std::fs::remove_file(directory.path().join("parallax-lab")).unwrap();
    std::fs::create_dir_all(directory.path().join("parallax-lab/founding-case-5")).unwrap();
    let again = crate::support::command::run(directory.path(), &["demo", "--seconds", "1", "--seed", "5"]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(again.err.contains("of this seed is in parallax-lab/founding-case-5 already"), "{}", again.err);
}

#[test]
fn without_curl_the_demo_says_so_and_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = parallax(directory.path(), &["demo", "--seconds", "2"]);
    let run = finished(command.env("PATH", directory.path()).output().unwrap());
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("curl cannot be used"), "{}", run.err);
    assert!(run.err.contains("not here   the founding case") && run.err.contains("it needs"), "{}", run.err);
    assert!(run.out.contains("B, pooled, says"), "{}", run.out);
    assert!(sources(directory.path(), "parallax-demo.db").iter().all(|line| line.1 != "curl" && line.3 == 0));
}

#[test]
fn a_report_that_could_not_be_written_is_refused_before_anything_is_measured() {
    let directory = tempfile::tempdir().unwrap();
    for place in ["no/such/directory/report.html", "."] {
        let run = run(directory.path(), &["demo", "--seconds", "3600", "--output", place]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.err);
        assert!(run.err.contains("--output"), "{}", run.err);
    }
    let run = run(directory.path(), &["demo", "--seconds", "3600", "--archive", "sqlite:no/such/directory/a.db"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.err);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "nothing is left behind");
}
