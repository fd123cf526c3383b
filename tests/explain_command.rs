//! `parallax explain` as a person meets it: an account on every kind of page, and what bad input gets.

use std::path::Path;

use parallax::adapters::archive::{Mode, open};
use parallax::archive::port::Append;
use parallax::measurement::identity::{Method, SampleId, Vantage};
use parallax::measurement::local::Local;
use parallax::measurement::outcome::{Cause, Failure, Outcome};
use parallax::measurement::phase::Phase;
use parallax::measurement::wire::Record;
use serde_json::Value;

use super::simulator::{Seen, Side, sample, shocks};
use crate::support::at_once::now;
use crate::support::command::{Run, run};
use crate::support::golden::assert_golden;
use crate::support::samples::{Recipe, row};

const A: &str = "vantage=simulated/near/0";
const B: &str = "vantage=simulated/far/0";
const ZABBIX: &str = "vantage=zabbix/near";

fn here() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn keep(directory: &Path, records: &[Record]) {
    let mut archive = open(&format!("sqlite:{}", directory.join("parallax.db").display()), Mode::Write).unwrap();
    now(archive.append(records)).unwrap();
}

fn side(side: &Side, own: u64, slots: u32) -> Vec<Record> {
    let seen = sample(side, own, slots, &shocks(5, slots), false);
    seen.into_iter().map(|Seen { sample, environment, .. }| Record::new(sample, environment)).collect()
}

fn near(slots: u32) -> Vec<Record> {
    side(&Side { name: "near", ..Side::default() }, 1, slots)
}

/// A small function far away whose processor is taken from it.
fn far(slots: u32) -> Vec<Record> {
    let far = Side {
        name: "far",
        trips: vec![25.0],
        life: 12,
        cpu: 8.0,
        stolen: 60.0,
        cold: [4.0, 5.0, 30.0],
        dns: 6.0,
        ..Side::default()
    };
    side(&far, 2, slots)
}

/// The same requests as a monitor would import them: 5 ms more, and nothing but that.
fn totals(records: Vec<Record>) -> Vec<Record> {
    let bare = |mut record: Record| {
        let sample = &mut record.sample;
        sample.id = SampleId::new(&format!("z-{}", sample.id)).unwrap();
        sample.vantage = Vantage::new("zabbix/near").unwrap();
        sample.method = "zabbix".parse::<Method>().unwrap();
        sample.stopwatch = "zabbix/web.test.time".parse().unwrap();
        sample.elapsed_us.0 += 5_000;
        sample.hops.clear();
        sample.local = Local::default();
        sample.invocation = None;
        record
    };
    records.into_iter().map(bare).collect()
}

fn failed(mut record: Record) -> Record {
    let detail = String::new();
    record.sample.outcome = Outcome::Failed(Failure { phase: Phase::Wait, cause: Cause::Timeout, detail });
    record
}

fn archive() -> tempfile::TempDir {
    let directory = here();
    let mut records = [near(120), far(120), totals(near(120))].concat();
    let down = records.split_off(358).into_iter().map(failed).collect::<Vec<_>>();
    keep(directory.path(), &[records, down].concat());
    directory
}

fn explain(directory: &Path, words: &[&str]) -> Run {
    run(directory, &[&["explain", "--seed", "7"], words].concat())
}

fn said(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap()
}

#[track_caller]
fn adds_up(account: &Value) {
    let rows = account["rows"].as_array().unwrap();
    let sum: f64 = rows.iter().map(|row| row["ms"].as_f64().unwrap()).sum();
    assert!((sum - account["gap_ms"].as_f64().unwrap()).abs() < 1e-9, "{sum} {}", account["gap_ms"]);
    assert_eq!(rows.last().unwrap()["cause"], "residual", "the rest is always shown");
}

#[test]
fn two_sources_are_accounted_for_on_every_page() {
    let directory = archive();
    let text = explain(directory.path(), &["--a", A, "--b", B]);
    assert_eq!((text.code, text.err.as_str()), (0, ""));
    assert_golden("explain/median.txt", &text.out);
    let narrow = explain(directory.path(), &["--a", A, "--b", B, "--statistic", "mean", "--ascii", "--width", "70"]);
    assert!(narrow.out.is_ascii() && narrow.out.lines().all(|line| line.len() <= 70));
    assert_golden("explain/mean-narrow-ascii.txt", &narrow.out);
    let json = explain(directory.path(), &["--a", A, "--b", B, "--json"]);
    assert_golden("explain/median.json", &json.out);
    let json = said(&json);
    assert_eq!((&json["schema"], &json["account"]["statistic"]), (&1.into(), &"p50".into()));
    adds_up(&json["account"]);
    adds_up(&json["mean"]);
    let html = explain(directory.path(), &["--a", A, "--b", B, "--html", "page.html"]);
    assert_eq!((html.code, html.out.as_str()), (0, ""));
    let page = std::fs::read_to_string(directory.path().join("page.html")).unwrap();
    assert!(page.contains("run-queue delay") && page.contains("H4") && !page.contains("<script"));
    // Two medians stand on a page, and it says what each is for.
    for said in [&text.out, &page].map(|said| said.split_whitespace().collect::<Vec<_>>().join(" ")) {
        assert!(
            said.contains("p50 here is the plain one, the time that this share of responses does not exceed"),
            "{said}"
        );
        assert!(said.contains("smoothed over its neighbours (Harrell-Davis): steadier for one source"), "{said}");
    }
    assert!(!narrow.out.contains("Harrell"), "the mean is one figure");
    assert_golden("explain/median.html", &page);
}

#[test]
fn the_same_samples_and_seed_give_the_same_bytes() {
    let directory = archive();
    let page = || std::fs::read(directory.path().join("page.html")).unwrap();
    for words in [&["--a", A, "--b", B][..], &["--a", ZABBIX, "--b", B], &["--a", ZABBIX, "--b", B, "--bridge", A]] {
        let all = || {
            let text = explain(directory.path(), words);
            let json = explain(directory.path(), &[words, &["--json"]].concat());
            let html = explain(directory.path(), &[words, &["--html", "page.html"]].concat());
            assert_eq!([text.code, json.code, html.code], [0; 3], "{}{}{}", text.err, json.err, html.err);
            (text.out, json.out, page())
        };
        let first = all();
        // Any time of day on the page would be another one by now.
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        assert!(first == all(), "{words:?}");
    }
}

#[test]
fn every_figure_can_be_asked_for_and_the_other_way_round_turns_the_signs() {
    let directory = archive();
    for figure in ["mean", "p50", "p90", "p99"] {
        let there = said(&explain(directory.path(), &["--a", A, "--b", B, "--json", "--statistic", figure]));
        let back = said(&explain(directory.path(), &["--a", B, "--b", A, "--json", "--statistic", figure]));
        assert_eq!(there["account"]["statistic"], figure);
        assert_eq!(there["mean"].is_null(), figure == "mean");
        adds_up(&there["account"]);
        let gap = |said: &Value| said["account"]["gap_ms"].as_f64().unwrap();
        assert!(gap(&there) > 0.0 && (gap(&there) + gap(&back)).abs() < 1e-7);
    }
    let p99 = explain(directory.path(), &["--a", A, "--b", B, "--statistic", "p99"]);
    assert!(p99.out.contains("no interval: 280 more samples needed for this percentile"), "{}", p99.out);
}

#[test]
fn a_total_gets_bounds_and_a_bridge_makes_the_way_of_measuring_a_row() {
    let directory = archive();
    let total = explain(directory.path(), &["--a", ZABBIX, "--b", B]);
    assert_eq!(total.code, 0, "{}", total.err);
    assert_golden("explain/total.txt", &total.out);
    let bridged = explain(directory.path(), &["--a", ZABBIX, "--b", B, "--bridge", A]);
    assert_eq!(bridged.code, 0, "{}", bridged.err);
    assert_golden("explain/bridge.txt", &bridged.out);
    let json = said(&explain(directory.path(), &["--a", ZABBIX, "--b", B, "--bridge", A, "--json"]));
    assert_eq!(json["account"]["statistic"], "mean");
    adds_up(&json["account"]);
    let definition = json["account"]["rows"].as_array().unwrap().iter().find(|row| row["cause"] == "definition");
    assert!((definition.unwrap()["ms"].as_f64().unwrap() + 5.0).abs() < 1e-6);
    assert_eq!(json["failures"]["failed"], serde_json::json!([2, 0]), "the failures of A, not of the bridge");
}

#[test]
fn what_cannot_be_compared_is_refused_with_what_to_change() {
    let directory = archive();
    keep(directory.path(), &row(&Recipe { target: "shop", ..Recipe::default() }, 3));
    keep(directory.path(), &row(&Recipe { vantage: "host/both", target: "shop", ..Recipe::default() }, 3));
    keep(directory.path(), &row(&Recipe { vantage: "host/both", ..Recipe::default() }, 3));
    keep(directory.path(), &row(&Recipe { vantage: "host/two", target: "shop", ..Recipe::default() }, 3));
    keep(directory.path(), &row(&Recipe { vantage: "host/two", ..Recipe::default() }, 3));
    let before = std::fs::read(directory.path().join("parallax.db")).unwrap();
    for (words, needle) in [
        (
            &["--a", "vantage=simulated/nera/0", "--b", B][..],
            "nearest that exist: vantage=simulated/near/0,method=fresh",
        ),
        (&["--a", A, "--b", "method=pooled"], "--b method=pooled matches nothing"),
        (&["--a", A, "--b", B, "--target", "shop"], "matches nothing"),
        (&["--a", A, "--b", A], "same source"),
        (&["--a", A, "--b", "method=fresh,target=daily-news"], "both hold vantage=simulated/near/0,method=fresh"),
        (&["--a", A, "--b", "vantage=host/tokyo-office"], "--a is of daily-news and --b of shop"),
        (&["--a", "vantage=host/two", "--b", "vantage=host/both"], "--target: daily-news, shop"),
        (&["--a", "target=shop", "--b", B, "--target", "daily-news"], "--a says target=shop"),
        (&["--a", "nonsense", "--b", B], "--a: `nonsense` is not key=value"),
        (&["--a", A], "--b"),
        (&["--a", A, "--b", B, "--statistic", "p42"], "p42"),
        (&["--a", A, "--b", B, "--since", "yesterday"], "--since"),
        (&["--a", A, "--b", B, "--since", "1h", "--until", "2h"], "--since is not before --until"),
        (&["--a", ZABBIX, "--b", B, "--bridge", A, "--statistic", "p50"], "--statistic mean"),
        (&["--a", ZABBIX, "--b", B, "--bridge", B], "may be on two sides"),
        (&["--a", A, "--b", ZABBIX, "--bridge", B], "leave --bridge out"),
        (&["--a", A, "--b", ZABBIX, "--bridge", "vantage=host/both,target=daily-news"], "leave --bridge out"),
        (&["--a", A, "--b", B, "--bridge", "vantage=nowhere"], "--bridge vantage=nowhere"),
        (&["--a", A, "--b", B, "--html", "no/such/page.html"], "--html"),
        (&["--a", A, "--b", B, "--archive", "sqlite:none.db"], "none.db"),
        (&["--a", "vantage=\u{1b}[2J", "--b", B], "--a"),
    ] {
        let run = explain(directory.path(), words);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{words:?}: {}", run.err);
        assert!(run.err.contains(needle), "{words:?}: {}", run.err);
        assert!(!run.err.contains('\u{1b}'));
    }
    assert_eq!(before, std::fs::read(directory.path().join("parallax.db")).unwrap(), "the archive is as it was");
}

/// Every command that reads a source says which are nearest where it names none.
#[test]
fn a_source_that_matches_nothing_is_told_the_nearest() {
    let directory = archive();
    for command in [&["variance"][..], &["stopwatch", "replay"]] {
        let found = run(directory.path(), &[command, &["--vantage", "simulated/nearr/0"]].concat());
        assert_eq!(found.code, 1, "{command:?}: {}", found.err);
        let near = "vantage=simulated/nearr/0 matches nothing in the archive; the nearest that exist: vantage=simulated/near/0";
        assert!(found.err.contains(near), "{command:?}: {}", found.err);
        let early = run(
            directory.path(),
            &[command, &["--vantage", "simulated/near/0", "--until", "2020-01-01T00:00:00Z"]].concat(),
        );
        assert!(!early.err.contains("the nearest"), "it exists, in another window: {}", early.err);
    }
}

#[test]
fn what_cannot_be_said_is_said_so() {
    let directory = here();
    let empty = |words: &[&str]| explain(directory.path(), words);
    keep(directory.path(), &[]);
    let none = empty(&["--a", A, "--b", B]);
    assert_eq!((none.code, none.out.as_str()), (1, ""));
    assert!(none.err.contains("no samples yet"), "{}", none.err);
    let down: Vec<Record> = totals(near(30)).into_iter().map(failed).collect();
    let mut late = totals(near(30));
    for record in &mut late {
        record.sample.vantage = Vantage::new("zabbix/late").unwrap();
        record.sample.id = SampleId::new(&format!("late-{}", record.sample.id)).unwrap();
        record.sample.slot_ms = None;
        record.sample.started_at_ms.0 += 40 * 86_400_000;
    }
    keep(directory.path(), &[near(30), far(30), down, late].concat());
    for (words, needle) in [
        (&["--a", A, "--b", ZABBIX][..], "every one of its samples failed"),
        (&["--a", A, "--b", "vantage=zabbix/late"], "no time in common"),
        (
            &["--a", A, "--b", "vantage=zabbix/late", "--until", "2026-01-20T00:00:00Z"],
            "B has no sample in this window",
        ),
        (&["--a", ZABBIX, "--b", "vantage=zabbix/late", "--bridge", A], "A has no response time"),
        (
            &["--a", "vantage=zabbix/late", "--b", A, "--bridge", "vantage=simulated/far/0"],
            "no sample of the bridge is close in time",
        ),
    ] {
        let run = empty(words);
        assert_eq!(run.code, 1, "{words:?}: {}", run.err);
        assert!(run.err.contains(needle) && run.out.contains("Cannot say"), "{words:?}: {}{}", run.out, run.err);
        assert!(run.out.contains("Failures"));
        let json = said(&empty(&[words, &["--json"]].concat()));
        assert!(json["account"].is_null() && json["cannot_say"].is_string() && json["failures"]["samples"].is_array());
    }
}

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
fn what_one_side_cannot_show_is_held_by_the_rest_and_not_put_side_by_side() {
    let directory = here();
    let slow = Recipe { vantage: "host/slow", method: "curl", elapsed_us: 204_321, ..Recipe::default() };
    keep(directory.path(), &[row(&Recipe::default(), 60), row(&slow, 60)].concat());
    let page = explain(directory.path(), &["--a", "method=fresh", "--b", "method=curl"]);
    assert_eq!(page.code, 0, "{}", page.err);
    assert!(page.out.contains("residual: server or unexplained"), "{}", page.out);
    assert!(page.out.contains("holds ") && page.out.contains("server"), "{}", page.out);
    assert!(!page.out.contains("wait that nothing accounts for"), "{}", page.out);
    let json = said(&explain(directory.path(), &["--a", "method=fresh", "--b", "method=curl", "--json"]));
    for row in json["account"]["rows"].as_array().unwrap().iter().chain(json["mean"]["rows"].as_array().unwrap()) {
        let holds = row["holds"].as_array().unwrap();
        assert!(holds.iter().enumerate().all(|(at, cause)| !holds[..at].contains(cause)), "{row}");
    }
}

#[test]
fn one_sample_and_all_alike_are_answered_without_a_claim() {
    let directory = here();
    let slow = Recipe { vantage: "host/slow", elapsed_us: 204_321, ..Recipe::default() };
    keep(directory.path(), &[row(&Recipe::default(), 1), row(&slow, 1)].concat());
    let words = ["--a", "vantage=host/tokyo-office", "--b", "vantage=host/slow"];
    let one = explain(directory.path(), &words);
    assert_eq!(one.code, 0, "{}", one.err);
    assert!(one.out.contains("no interval: 19 more samples needed"), "{}", one.out);
    assert!(!one.out.contains("supported") && !one.out.contains("refuted"), "{}", one.out);
    adds_up(&said(&explain(directory.path(), &[&words[..], &["--json"]].concat()))["account"]);
    let directory = here();
    let alike = |vantage: &'static str| {
        let mut records = row(&Recipe { vantage, ..Recipe::default() }, 60);
        let first = records[0].sample.clone();
        for record in &mut records {
            record.sample.elapsed_us = first.elapsed_us;
            record.sample.hops.clone_from(&first.hops);
        }
        records
    };
    keep(directory.path(), &[alike("host/tokyo-office"), alike("host/slow")].concat());
    let same = explain(directory.path(), &words);
    assert_eq!(same.code, 0, "{}", same.err);
    assert!(same.out.contains("a gap of 0 ") && !same.out.contains("supported"), "{}", same.out);
    adds_up(&said(&explain(directory.path(), &[&words[..], &["--json"]].concat()))["mean"]);
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

#[test]
fn samples_without_phases_leave_bounds_and_no_row_from_nowhere() {
    let directory = here();
    let blind = |mut record: Record| {
        record.sample.hops.clear();
        record
    };
    let part: Vec<Record> =
        far(120).into_iter().enumerate().map(|(n, one)| if n % 5 == 0 { blind(one) } else { one }).collect();
    keep(directory.path(), &[near(120), part].concat());
    let json = said(&explain(directory.path(), &["--a", A, "--b", B, "--statistic", "mean", "--json"]));
    adds_up(&json["account"]);
    let bounds = json["account"]["bounds"].as_array().unwrap();
    let of = |name: &str| {
        let bound = bounds.iter().find(|bound| bound["cause"] == name).unwrap();
        [bound["lower_ms"].as_f64().unwrap(), bound["upper_ms"].as_f64().unwrap()]
    };
    // Four round trips of 25 ms there and of 8 ms here; a fifth of the samples may have none of it.
    let [lower, upper] = of("distance");
    assert!((lower - (80.0 - 32.0)).abs() < 1.0 && (upper - 68.0).abs() < 1.0, "{lower} {upper}");
    assert!(of("residual")[0] < of("residual")[1]);
    let rows = json["account"]["rows"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["cause"] != "distance"), "not both sides show it");
    let page = explain(directory.path(), &["--a", A, "--b", B]);
    assert!(page.out.contains("What samples without phases leave open"), "{}", page.out);
    let few: Vec<Record> =
        far(240).into_iter().enumerate().map(|(n, one)| if n % 25 == 0 { blind(one) } else { one }).collect();
    let directory = here();
    keep(directory.path(), &[near(240), few].concat());
    let json = said(&explain(directory.path(), &["--a", A, "--b", B, "--statistic", "mean", "--json"]));
    assert!(json["account"]["bounds"].as_array().unwrap().is_empty(), "4 % are few");
    assert!(json["account"]["rows"].as_array().unwrap().iter().any(|row| row["cause"] == "distance"));
}

#[test]
fn what_looks_wrong_with_the_data_is_said_before_anything_else() {
    let directory = here();
    let mut wrong = totals(near(60));
    wrong.iter_mut().for_each(|record| record.sample.elapsed_us.0 *= 1_000);
    keep(directory.path(), &[near(60), wrong].concat());
    let page = explain(directory.path(), &["--a", A, "--b", ZABBIX]);
    assert_eq!(page.code, 0, "{}", page.err);
    let (flag, gap) = (page.out.find("Look at the unit").unwrap(), page.out.find("From A to B").unwrap());
    assert!(flag < gap, "{}", page.out);
    let right = archive();
    let page = explain(right.path(), &["--a", A, "--b", ZABBIX]);
    assert!(!page.out.contains("Look at the unit"), "{}", page.out);
}

/// Two monitors that show totals only, one of them in the wrong unit: our own samples of the page tell which.
#[test]
fn a_unit_is_doubted_by_our_own_samples_where_both_sides_are_imports() {
    let directory = here();
    let other = |record: &mut Record| {
        record.sample.id = SampleId::new(&format!("o-{}", record.sample.id)).unwrap();
        record.sample.vantage = Vantage::new("zabbix/far").unwrap();
        record.sample.elapsed_us.0 *= 1_000;
    };
    let mut wrong = totals(near(40));
    wrong.iter_mut().for_each(other);
    keep(directory.path(), &[totals(near(40)), wrong.clone()].concat());
    let both = ["--a", ZABBIX, "--b", "vantage=zabbix/far"];
    let page = explain(directory.path(), &both);
    assert!(page.out.contains("Look at the units: the median of A is"), "nothing of ours: {}", page.out);
    keep(directory.path(), &near(40));
    let page = explain(directory.path(), &both);
    assert!(
        page.out.contains("the median of B is") && page.out.contains("our own samples of this page"),
        "{}",
        page.out
    );
    assert!(!page.out.contains("the median of A is"), "{}", page.out);
    assert!(!page.out.contains("Look at the units:"), "{}", page.out);
}

/// As measured by a function of this size, named as such.
fn function(mut records: Vec<Record>, mb: u32) -> Vec<Record> {
    for record in &mut records {
        record.sample.id = SampleId::new(&format!("{mb}-{}", record.sample.id)).unwrap();
        record.sample.vantage = Vantage::new(&format!("lambda/eu-west-1/{mb}")).unwrap();
        record.environment.memory_mb = Some(mb);
    }
    records
}

/// A kernel that says nothing of what was taken: the same function with a whole processor says it.
#[test]
fn two_memory_sizes_in_the_archive_decide_between_network_and_stolen() {
    let directory = here();
    let blind = |stolen: f64, own: u64| {
        let far = Side { name: "f", trips: vec![25.0], life: 12, stolen, shown: false, ..Side::default() };
        side(&far, own, 120)
    };
    const SMALL: &str = "vantage=lambda/eu-west-1/128";
    keep(directory.path(), &[near(120), function(blind(60.0, 2), 128)].concat());
    let alone = said(&explain(directory.path(), &["--a", A, "--b", SMALL, "--json"]));
    assert!(alone["mean"]["contrasts"].is_null());
    let row = |json: &Value| {
        let rows = json["mean"]["rows"].as_array().unwrap().clone();
        rows.into_iter().find(|row| row["cause"] == "residual").unwrap()
    };
    assert_eq!(row(&alone)["or_stolen"], true);
    let asks = |json: &Value| json["to_decide"].to_string().contains("lambda/eu-west-1/1769");
    assert!(asks(&alone), "{}", alone["to_decide"]);
    keep(directory.path(), &function(blind(0.0, 3), 1_769));
    let page = explain(directory.path(), &["--a", A, "--b", SMALL]);
    assert_eq!(page.code, 0, "{}", page.err);
    let text = page.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("more than vantage=lambda/eu-west-1/1769 with 1769 MB"), "{text}");
    assert!(text.contains("So much is stolen, and not network time."), "{text}");
    let json = said(&explain(directory.path(), &["--a", A, "--b", SMALL, "--json"]));
    adds_up(&json["mean"]);
    let contrast = &json["mean"]["contrasts"][0];
    assert_eq!((contrast["claim"].as_str(), contrast["side"].as_u64()), (Some("supported"), Some(1)));
    assert!((contrast["stolen_ms"].as_f64().unwrap() - 60.0).abs() < 25.0, "{contrast}");
    assert_eq!(json["mean"]["verdicts"][3]["claim"], "supported");
    assert!(!asks(&json), "both sizes were measured: {}", json["to_decide"]);
}

/// What a user knows of a monitor that shows its total only: icmppingsec beside it, and how long the server needs.
#[test]
fn what_is_known_of_a_total_brings_its_bounds_closer() {
    let directory = archive();
    let asked = |more: &[&str]| explain(directory.path(), &[&["--a", ZABBIX, "--b", B], more].concat());
    let width = |more: &[&str], cause: &str| {
        let json = said(&asked(&[more, &["--statistic", "mean", "--json"]].concat()));
        let bounds = json["account"]["bounds"].as_array().unwrap().clone();
        let bound = bounds.iter().find(|bound| bound["cause"] == cause).unwrap();
        bound["upper_ms"].as_f64().unwrap() - bound["lower_ms"].as_f64().unwrap()
    };
    let trip = ["--known-round-trip", "8ms", "--known-connections", "new"];
    assert!(width(&[], "distance") > 60.0);
    let kept = ["--known-round-trip", "8ms", "--known-connections", "kept"];
    assert!(width(&["--known-round-trip", "0.008"], "distance") < 41.0);
    // What a redirect, the version of TLS and the rounds of the body make of it at the other side is not known.
    assert!((8.0..33.0).contains(&width(&trip, "distance")), "{}", width(&trip, "distance"));
    assert!(width(&kept, "distance") < 17.0, "{}", width(&kept, "distance"));
    assert!(width(&["--known-server-within", "0.005"], "residual") < 10.1);
    assert!(width(&["--known-dns", "2ms"], "dns") < 1e-9);
    let words = |run: Run| run.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let page = words(asked(&trip));
    assert!(page.contains("taken as known of it: a round trip of 8.00 ms, new connections"), "{page}");
    let wrong = words(asked(&["--known-round-trip", "8"]));
    assert!(wrong.contains("both cannot be"), "{wrong}");
    let none = said(&asked(&["--known-round-trip", "8", "--json"]));
    assert_eq!(none["account"]["bounds"].as_array().map_or(0, Vec::len), 0, "no bounds of what cannot be");
    for (words, why) in [
        (vec!["--a", A, "--b", B, "--known-dns", "2ms"], "both sides show phases"),
        (vec!["--a", ZABBIX, "--b", B, "--bridge", A, "--known-dns", "2ms"], "cannot be used with"),
        (vec!["--a", ZABBIX, "--b", B, "--known-dns", "-1"], "at most a day"),
        (vec!["--a", ZABBIX, "--b", B, "--known-connections", "new"], "--known-round-trip"),
    ] {
        let refused = explain(directory.path(), &words);
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{words:?}");
        assert!(refused.err.contains(why), "{words:?}: {}", refused.err);
    }
}

#[test]
fn clocks_that_run_backwards_and_too_little_common_time_cannot_be_compared() {
    let directory = here();
    let mut jumped = totals(near(30));
    jumped.iter_mut().for_each(|record| record.sample.clock_suspect = true);
    let mut long = far(400);
    // Only the first of them lie where A was measured.
    for (n, record) in long.iter_mut().enumerate().skip(10) {
        record.sample.slot_ms =
            record.sample.slot_ms.map(|slot| slot.plus(std::time::Duration::from_secs(864_000 + 3_600 * n as u64)));
    }
    keep(directory.path(), &[near(60), jumped, long].concat());
    let before = std::fs::read(directory.path().join("parallax.db")).unwrap();
    for (b, needle) in [(ZABBIX, "the clocks ran apart or backwards"), (B, "% of their time in common")] {
        let run = explain(directory.path(), &["--a", A, "--b", b]);
        assert_eq!(run.code, 1, "{}", run.err);
        assert!(run.err.contains(needle) && run.out.contains("Cannot say"), "{b}: {}{}", run.out, run.err);
    }
    assert_eq!(before, std::fs::read(directory.path().join("parallax.db")).unwrap(), "reading changes nothing");
}

#[test]
fn what_is_no_time_and_differs_is_listed() {
    let directory = here();
    let mut other = far(60);
    for record in &mut other {
        let hop = record.sample.hops.last_mut().unwrap();
        let tls = hop.connection.as_mut().unwrap().tls.as_mut().unwrap();
        tls.certificate_issuer = Some("Office Proxy \u{1b}[2J".to_owned());
    }
    let mut own = near(60);
    for record in &mut own {
        let tls = record.sample.hops.last_mut().unwrap().connection.as_mut().unwrap().tls.as_mut().unwrap();
        tls.certificate_issuer = Some("Example Authority".to_owned());
    }
    keep(directory.path(), &[own, other].concat());
    let page = explain(directory.path(), &["--a", A, "--b", B]);
    assert!(page.out.contains("certificate issuer: A Example Authority 100 %; B Office Proxy"), "{}", page.out);
    assert!(!page.out.contains('\u{1b}') && !page.out.contains("HTTP version:"), "{}", page.out);
}

#[test]
fn an_open_suspicion_names_a_command_that_parses() {
    let directory = archive();
    let mut met = 0;
    for words in [&["--a", A, "--b", B][..], &["--a", ZABBIX, "--b", B], &["--a", A, "--b", B, "--statistic", "p99"]] {
        let json = said(&explain(directory.path(), &[words, &["--json"]].concat()));
        for open in json["to_decide"].as_array().unwrap() {
            let command = open["command"].as_str().unwrap();
            let typed: Vec<&str> = command.split_whitespace().collect();
            assert_eq!(typed[0], "parallax", "{command}");
            let run = run(directory.path(), &typed[1..]);
            // Whatever comes of it here: it is not refused for how it is written.
            assert!(!run.err.starts_with("error:"), "{command}: {}", run.err);
            met += 1;
        }
    }
    assert!(met > 3, "{met}");
}

#[test]
fn a_command_names_the_archive_and_the_window_that_were_given() {
    let directory = archive();
    std::fs::rename(directory.path().join("parallax.db"), directory.path().join("it is.db")).unwrap();
    let window = ["--since", "2020-01-01T00:00:00Z", "--until", "2100-01-01T00:00:00Z"];
    let words = [&["--a", ZABBIX, "--b", B, "--archive", "sqlite:it is.db", "--json"][..], &window].concat();
    let json = said(&explain(directory.path(), &words));
    let commands: Vec<&str> =
        json["to_decide"].as_array().unwrap().iter().map(|open| open["command"].as_str().unwrap()).collect();
    let again: Vec<&&str> = commands.iter().filter(|command| command.starts_with("parallax explain")).collect();
    assert!(again.len() > 1, "{commands:?}");
    for command in again {
        let given = " --archive 'sqlite:it is.db' --since 2020-01-01T00:00:00Z --until 2100-01-01T00:00:00Z";
        assert!(command.ends_with(given), "{command}");
    }
}

#[test]
fn every_open_suspicion_is_told_what_decides_it() {
    let directory = archive();
    let drawn = |name: &'static str, life: u32, own: u64| {
        side(&Side { name, life, cold: [0.1, 0.1, 0.1], ..Side::default() }, own, 240)
    };
    keep(directory.path(), &[drawn("often", 8, 3), drawn("rare", 7, 4)].concat());
    let mut of_the_mean = 0;
    for (a, b) in [(A, B), (ZABBIX, B), ("vantage=simulated/often/0", "vantage=simulated/rare/0")] {
        for figure in ["p50", "mean", "p90", "p99"] {
            let json = said(&explain(directory.path(), &["--a", a, "--b", b, "--statistic", figure, "--json"]));
            let open = json["to_decide"].as_array().unwrap();
            for verdict in json["account"]["verdicts"].as_array().unwrap() {
                let code = &verdict["code"];
                let line = open.iter().find(|one| one["codes"].as_array().unwrap().contains(code));
                assert!(verdict["claim"] != "undecided" || line.is_some(), "{a} {b} {figure}: {verdict}");
                let command = line.map_or("", |line| line["command"].as_str().unwrap());
                let how = line.map_or("", |line| line["how"].as_str().unwrap());
                of_the_mean += usize::from(command.contains("--statistic mean") && how.starts_with("by the mean"));
            }
        }
    }
    assert!(of_the_mean > 0, "a percentile leaves open what the mean decides");
}
