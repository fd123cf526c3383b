//! Every figure on every page, and what stands there besides.

use serde_json::Value;

use super::{A, B, ZABBIX, adds_up, archive, explain, far, here, keep, near, said};
use crate::support::golden::assert_golden;
use crate::support::samples::{Recipe, row};

#[test]
fn two_sources_are_accounted_for_on_every_page() {
    let directory = archive();
    let text = explain(directory.path(), &["--a", A, "--b", B]);
    assert_eq!((text.code, text.err.as_str()), (0, ""));
    assert_golden("explain/median.txt", &text.out);
    let narrow = explain(directory.path(), &["--a", A, "--b", B, "--statistic", "mean", "--ascii", "--width", "70"]);
    let command = |line: &str| line.starts_with("    parallax ");
    assert!(narrow.out.is_ascii() && narrow.out.lines().all(|line| line.len() <= 70 || command(line)));
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
