//! Failed requests: apart, in the mean, and as the slowest of all.

use serde_json::Value;

use super::{A, B, adds_up, explain, failed, far, here, keep, near, said};

#[test]
fn a_percentile_among_the_failures_is_said_to_be_one() {
    let directory = here();
    let down = near(120).into_iter().map(failed).take(70);
    keep(directory.path(), &[far(120), down.collect(), near(120).split_off(70)].concat());
    let median = explain(directory.path(), &["--a", A, "--b", B]);
    assert_eq!(median.code, 0, "{}", median.err);
    assert!(
        median.out.contains("The p50: A ≥ timeout (") && median.out.contains(" ms between answers ("),
        "{}",
        median.out
    );
    assert!(median.out.contains("its p50 is a failure") && median.out.contains("A: 70 of 120."), "{}", median.out);
    let mean = explain(directory.path(), &["--a", A, "--b", B, "--statistic", "mean"]);
    assert!(!mean.out.contains("is a failure"), "{}", mean.out);
}

#[test]
fn failures_count_in_the_mean_where_one_says_as_how_much() {
    let directory = here();
    let down = near(120).into_iter().map(failed).take(30);
    keep(directory.path(), &[far(120), down.collect(), near(120).split_off(30)].concat());
    let words = ["--a", A, "--b", B, "--statistic", "mean", "--json"];
    let plain = said(&explain(directory.path(), &words))["account"].clone();
    let whole = said(&explain(directory.path(), &[&words[..], &["--failures-as", "10"]].concat()))["account"].clone();
    adds_up(&whole);
    // A fails in a quarter of its requests: (1 − ¼) of what it took, and ¼ of ten seconds.
    let at = |account: &Value, side: usize| account["values_ms"][side].as_f64().unwrap();
    assert!((at(&whole, 0) - 0.75 * at(&plain, 0) - 2_500.0).abs() < 1e-6 && at(&whole, 1) == at(&plain, 1));
    let row = |name: &str| whole["rows"].as_array().unwrap().iter().find(|row| row["cause"] == name).cloned();
    let failure = row("failure").unwrap();
    let middle = f64::midpoint(at(&plain, 0), at(&plain, 1));
    assert!((failure["ms"].as_f64().unwrap() + 0.25 * (10_000.0 - middle)).abs() < 1e-6, "{failure}");
    // What explains the answered requests counts by the mean share of answers, and nothing is left to the residual.
    let plainly = |name: &str| {
        let row = plain["rows"].as_array().unwrap().iter().find(|row| row["cause"] == name).cloned();
        row.unwrap()["ms"].as_f64().unwrap()
    };
    for name in ["distance", "residual"] {
        assert!((row(name).unwrap()["ms"].as_f64().unwrap() - 0.875 * plainly(name)).abs() < 1e-6, "{name}");
    }
    assert_eq!((&failure["claim"], &failure["evidence"][1]["what"]), (&"supported".into(), &"timeout".into()));
    let (ends, ms) = (&failure["interval_ms"], failure["ms"].as_f64().unwrap());
    assert!(ends["lower"].as_f64().unwrap() < ms && ms < ends["upper"].as_f64().unwrap());
    assert!(whole["gap_interval_ms"]["upper"].as_f64().unwrap() < 0.0);
    let back =
        said(&explain(directory.path(), &["--a", B, "--b", A, "--statistic", "mean", "--json", "--failures-as", "10"]));
    assert!((back["account"]["gap_ms"].as_f64().unwrap() + whole["gap_ms"].as_f64().unwrap()).abs() < 1e-7);
    let page = explain(directory.path(), &["--a", A, "--b", B, "--failures-as", "10s"]);
    assert!(page.out.contains("In the mean above each counts as 10000 ms."), "{}", page.out);
    for (more, needle) in
        [("100ms", "an answer took"), ("0", "at least 1ms"), ("x", "--failures-as"), ("-1", "above 0")]
    {
        let run = explain(directory.path(), &["--a", A, "--b", B, "--failures-as", more]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{more}: {}", run.err);
        assert!(run.err.contains(needle), "{more}: {}", run.err);
    }
}

#[test]
fn a_percentile_counts_failures_as_slower_than_any_answer() {
    let directory = here();
    let down = near(120).into_iter().map(failed).take(30);
    keep(directory.path(), &[far(120), down.collect(), near(120).split_off(30)].concat());
    let json = said(&explain(directory.path(), &["--a", A, "--b", B, "--json"]));
    let (account, with) = (&json["account"], &json["account"]["with_failures_ms"]);
    assert!(with[0].as_f64().unwrap() > account["values_ms"][0].as_f64().unwrap(), "{with}");
    assert_eq!(with[1], account["values_ms"][1], "B never failed");
    assert!(json["mean"]["with_failures_ms"].is_null());
    let tail = explain(directory.path(), &["--a", A, "--b", B, "--statistic", "p90"]);
    assert!(tail.out.contains("a failure being slower than any answer: A ≥ timeout, B "), "{}", tail.out);
}
