//! Summaries and pages of a fixed set of samples: golden files under `tests/golden/report`.

use std::collections::BTreeMap;

use parallax::measurement::environment::Init;
use parallax::measurement::outcome::{Answer, Cause, Check, FailedCheck, Outcome};
use parallax::measurement::phase::Phase;
use parallax::measurement::sample::{CurlRun, Sample};
use parallax::measurement::units::{Micros, UnixMillis};
use parallax::measurement::wire::Record;
use parallax::report::comparison::ComparisonReport;
use parallax::report::csv::csv;
use parallax::report::html;
use parallax::report::latency::{LatencyReport, Scope};
use parallax::report::terminal::{Canvas, text};
use parallax::report::waterfall;
use parallax::summary::collector::{Collector, WindowSummary, summarise};
use parallax::summary::comparison::{Comparison, compare};
use parallax::summary::source::SourceName;
use proptest::prelude::*;

use super::support::golden::assert_golden;
use super::support::samples::{Recipe, START, row};

const MADE: UnixMillis = UnixMillis(START + 86_400_000);

#[track_caller]
fn golden(name: &str, found: &str) {
    assert_golden(&format!("report/{name}"), found);
}

/// 60 samples in process: two cold, two failed, one with a broken check.
fn fresh() -> Vec<Record> {
    let mut records = row(&Recipe { hops: 2, ..Recipe::default() }, 60);
    for (at, record) in records.iter_mut().enumerate() {
        stretch(&mut record.sample, (at as u64 * 7_919) % 1_009 * 40);
    }
    for record in &mut records[..2] {
        record.sample.invocation.as_mut().unwrap().init = Init::Cold;
    }
    let down = Recipe { failed: Some((Phase::Connect, Cause::ConnectionRefused)), ..Recipe::default() };
    records[30] = down.clone().nth(30).record();
    records[31] = down.nth(31).record();
    records[32].sample.outcome = Outcome::Answered(Answer {
        status: Some(500),
        failed_checks: vec![FailedCheck { check: Check::Status, reason: "expected 200, found 500".to_owned() }],
        ..Answer::default()
    });
    records
}

/// As many by curl: a total and phases without network parts, and the process around them.
fn curl() -> Vec<Record> {
    let mut records = row(&Recipe { method: "curl", elapsed_us: 141_000, ..Recipe::default() }, 60);
    for (at, Record { sample, .. }) in records.iter_mut().enumerate() {
        stretch(sample, (at as u64 * 6_151) % 997 * 50);
        for phase in Phase::ALL {
            if let Some(time) = sample.hops[0].phases.slot(phase) {
                time.network_us = None;
            }
        }
        sample.local.largest_stall_us = None;
        sample.curl = Some(CurlRun {
            version: "8.5.0".to_owned(),
            time_total_us: sample.elapsed_us,
            process_us: sample.elapsed_us + Micros(11_000),
            processes: 1,
            ..CurlRun::default()
        });
    }
    records
}

/// Makes a sample's last wait, and so the whole of it, longer.
fn stretch(sample: &mut Sample, by: u64) {
    sample.elapsed_us += Micros(by);
    let wait = sample.hops.last_mut().unwrap().phases.slot(Phase::Wait).as_mut().unwrap();
    wait.elapsed_us += Micros(by);
}

pub(crate) fn window() -> Vec<Record> {
    let mut records = fresh();
    records.extend(curl());
    // An import: a total and nothing else.
    let imported = Recipe { method: "zabbix-web", vantage: "zabbix/tokyo", ..Recipe::default() };
    records.extend(row(&imported, 3).into_iter().map(|mut record| {
        record.sample.hops.clear();
        record.sample.local = parallax::measurement::local::Local::default();
        record.sample.invocation = None;
        record
    }));
    records
}

fn summary(records: &[Record]) -> WindowSummary {
    summarise(records.iter().map(|record| &record.sample))
}

fn report(records: &[Record]) -> LatencyReport {
    LatencyReport::new(&Scope::default(), summary(records), MADE)
}

fn comparison(a: &[Record], b: &[Record]) -> Comparison {
    let side = |records: &[Record]| SourceName::of(&records[0].sample);
    compare(
        (side(a), a.iter().map(|record| &record.sample)),
        (side(b), b.iter().map(|record| &record.sample)),
        20_260_101,
    )
}

#[test]
fn a_window_prints_as_its_golden_files() {
    let report = report(&window());
    golden("latency.txt", &text(&report.document(), Canvas { width: 140, ascii: false }));
    golden("latency-narrow-ascii.txt", &text(&report.document(), Canvas { width: 80, ascii: true }));
    golden("latency.json", &report.json());
    golden("latency.csv", &csv(&report.summary));
    golden("latency.html", &html::page(&report.document()));
}

#[test]
fn a_comparison_prints_as_its_golden_files() {
    let report = ComparisonReport::new("Two monitors of one page", comparison(&fresh(), &curl()), MADE);
    golden("comparison.txt", &text(&report.document(), Canvas { width: 120, ascii: false }));
    golden("comparison.json", &report.json());
    golden("comparison.html", &html::page(&report.document()));
}

#[test]
fn a_sample_prints_as_its_golden_waterfall() {
    let canvas = Canvas { width: 100, ascii: false };
    golden("waterfall-fresh.txt", &text(&waterfall::document(&fresh()[3]), canvas));
    golden("waterfall-failed.txt", &text(&waterfall::document(&fresh()[30]), canvas));
    golden("waterfall-curl.txt", &text(&waterfall::document(&curl()[3]), Canvas { width: 80, ascii: true }));
}

#[test]
fn an_empty_window_says_so_everywhere() {
    let report = report(&[]);
    assert!(report.is_empty());
    let page = report.document();
    for printed in [text(&page, Canvas::default()), html::page(&page)] {
        assert!(printed.contains("No sample lies in this window"), "{printed}");
    }
    let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
    assert_eq!((json["schema"].as_u64(), json["samples"].as_u64()), (Some(1), Some(0)));
    assert_eq!(csv(&report.summary).lines().count(), 1);
}

#[test]
fn what_a_method_cannot_tell_is_absent_and_not_zero() {
    let all = summary(&window());
    let curl = all.sources.iter().find(|source| source.name.method.as_str() == "curl").unwrap();
    assert!(curl.network_ms.is_none() && curl.local_ms.is_none() && !curl.phases.is_empty());
    assert!(curl.phases.iter().all(|phase| phase.network_ms.is_none()));
    let zabbix = all.sources.iter().find(|source| source.name.method.as_str() == "zabbix-web").unwrap();
    assert!(zabbix.latency_ms.is_some() && zabbix.phases.is_empty() && zabbix.cpu_ms.is_none());
    let page = ComparisonReport::new("x", comparison(&fresh(), &curl_only(&window())), MADE).document();
    assert!(text(&page, Canvas::default()).contains("B (curl) does not tell network time from local time"));
}

#[test]
fn a_tls_version_that_curl_does_not_tell_is_said_to_be_untold() {
    let mut record = curl().remove(3);
    record.sample.hops[0].connection.as_mut().unwrap().tls.as_mut().unwrap().version.clear();
    let printed = text(&waterfall::document(&record), Canvas::default());
    assert!(printed.contains("TLS version not told,"), "{printed}");
}

#[test]
fn where_no_source_has_phases_nothing_is_said_of_their_parts() {
    let mut totals = curl();
    for Record { sample, .. } in &mut totals {
        sample.hops.clear();
    }
    let [with, without] = [curl(), totals].map(|records| {
        text(&LatencyReport::new(&Scope::default(), summary(&records), MADE).document(), Canvas::default())
    });
    assert!(with.contains("Network: until") && !without.contains("Network: until"), "{without}");
}

fn curl_only(records: &[Record]) -> Vec<Record> {
    records.iter().filter(|record| record.sample.method.as_str() == "curl").cloned().collect()
}

#[test]
fn the_parts_of_the_gap_add_up_to_it_and_change_sign_with_the_sides() {
    let (there, back) = (comparison(&fresh(), &curl()), comparison(&curl(), &fresh()));
    for (one, sign) in [(&there, 1.0), (&back, -1.0)] {
        let parts: f64 = one.where_the_time_went.iter().map(|share| share.gap_ms).sum();
        let gap = one.difference_of_means_ms.unwrap().estimate;
        assert!((parts - gap).abs() < 1e-6, "{parts} {gap}");
        assert!(gap * sign > 0.0);
        assert!(one.where_the_time_went.iter().all(|share| share.phase != "not visible"), "both sides show all phases");
    }
    for share in &there.where_the_time_went {
        let other = back.where_the_time_went.iter().find(|other| other.phase == share.phase).unwrap();
        assert!((share.gap_ms + other.gap_ms).abs() < 1e-9, "{}", share.phase);
    }
}

#[test]
fn a_side_that_counts_sending_as_waiting_is_not_said_to_send_in_no_time() {
    let mut old_curl = curl();
    for Record { sample, .. } in &mut old_curl {
        let phases = &mut sample.hops[0].phases;
        let send = phases.slot(Phase::Send).take().unwrap();
        phases.slot(Phase::Wait).as_mut().unwrap().elapsed_us += send.elapsed_us;
    }
    let [told, untold] = [comparison(&fresh(), &curl()), comparison(&fresh(), &old_curl)].map(|one| {
        assert!(one.where_the_time_went.iter().all(|share| share.network_ms.is_none()));
        one.where_the_time_went.into_iter().map(|share| (share.phase, share.gap_ms)).collect::<BTreeMap<_, _>>()
    });
    assert!(!untold.contains_key("send") && !untold.contains_key("wait"));
    assert!((untold["send and wait"] - told["send"] - told["wait"]).abs() < 1e-9, "{told:?} {untold:?}");
}

#[test]
fn a_comparison_with_a_silent_side_has_no_difference_and_says_why() {
    let down = row(&Recipe { failed: Some((Phase::Resolve, Cause::NameNotFound)), ..Recipe::default() }, 5);
    let found = comparison(&down, &curl());
    assert!(found.difference_of_means_ms.is_none() && found.where_the_time_went.is_empty());
    assert!(found.not_visible.iter().any(|line| line.contains("no sample was answered")));
    let printed = html::page(&ComparisonReport::new("x", found, MADE).document());
    assert!(printed.contains("no sample was answered"));
}

#[test]
fn failed_samples_are_counted_and_stay_out_of_the_times() {
    let all = summary(&fresh());
    let source = &all.sources[0];
    assert_eq!((source.samples, source.failures.samples), (60, 3));
    assert_eq!(source.latency_ms.as_ref().unwrap().n, 57);
    assert_eq!(source.failures.causes.get("connection_refused"), Some(&2));
    assert_eq!(source.failures.checks.get("status"), Some(&1));
    assert_eq!((source.cold_ms.as_ref().unwrap().n, source.warm_ms.as_ref().unwrap().n), (2, 55));
}

const HOSTILE: &str = "x\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}\r\n</style><script>alert(1)</script>\"'&";

#[test]
fn hostile_words_reach_neither_terminal_nor_page() {
    let mut record = fresh().remove(3);
    let hop = &mut record.sample.hops[0];
    hop.url = HOSTILE.to_owned();
    hop.connection.as_mut().unwrap().peer = HOSTILE.to_owned();
    hop.connection.as_mut().unwrap().tls.as_mut().unwrap().version = HOSTILE.to_owned();
    hop.response.as_mut().unwrap().content_encoding = Some(HOSTILE.to_owned());
    hop.response.as_mut().unwrap().cdn.pop = Some(HOSTILE.to_owned());
    record.sample.outcome = Outcome::Answered(Answer {
        failed_checks: vec![FailedCheck { check: Check::Header, reason: HOSTILE.to_owned() }],
        ..Answer::default()
    });
    let waterfall = waterfall::document(&record);
    let comparison = ComparisonReport::new(HOSTILE, comparison(&fresh(), &curl()), MADE).document();
    for page in [waterfall, comparison] {
        for ascii in [false, true] {
            let printed = text(&page, Canvas { width: 60, ascii });
            assert!(printed.contains("owned"), "it is shown, harmless: {printed}");
            assert!(!printed.chars().any(|c| c.is_control() && c != '\n' || c == '\u{202e}'), "{printed:?}");
            assert!(!ascii || printed.is_ascii(), "{printed:?}");
        }
        let printed = html::page(&page);
        assert!(!printed.contains("<script") && printed.matches("</style>").count() == 1, "{printed}");
        assert!(!printed.contains('\u{1b}') && !printed.contains('\u{202e}'));
    }
}

#[test]
fn a_page_fetches_nothing_and_runs_nothing() {
    let page = html::page(&report(&window()).document());
    for word in ["<script", "src=", "@import", "url(", "http://", "https://", "javascript:", "onload"] {
        assert!(!page.contains(word), "{word}");
    }
    for word in ["<!DOCTYPE html>", "lang=\"en\"", "<title>", "<caption>", "Content-Security-Policy", "tabular-nums"] {
        assert!(page.contains(word), "{word}");
    }
}

#[test]
fn a_terminal_line_is_never_wider_than_it_was_told() {
    for width in [60, 80, 133] {
        let pages = [
            waterfall::document(&fresh()[3]),
            ComparisonReport::new("Two", comparison(&fresh(), &curl()), MADE).document(),
        ];
        for page in pages {
            for line in text(&page, Canvas { width, ascii: false }).lines() {
                assert!(
                    line.chars().count() <= width,
                    "{width}: {line}\n{}",
                    text(&page, Canvas { width, ascii: false })
                );
            }
        }
    }
}

/// Peak memory is the rows: 100,000 samples of 2 kB each would be 200 MB if they were kept.
#[test]
fn a_collector_does_not_keep_what_it_is_shown() {
    let mut collector = Collector::default();
    let mut record = fresh().remove(3);
    for n in 0..100_000_u64 {
        record.sample.elapsed_us = Micros(50_000 + n % 10_007);
        collector.add(&record.sample);
    }
    let found = collector.finish();
    let latency = found.sources[0].latency_ms.as_ref().unwrap();
    assert_eq!((latency.n, latency.min, latency.max), (100_000, 50.0, 60.006));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_sample_breaks_a_page(
        elapsed in any::<u64>(), pieces in prop::collection::vec((any::<u64>(), prop::option::of(any::<u64>())), 6),
        words in "\\PC{0,40}", started in any::<i64>(), width in 0_usize..300, ascii in any::<bool>(),
    ) {
        let mut record = fresh().remove(3);
        record.sample.elapsed_us = Micros(elapsed);
        record.sample.started_at_ms = UnixMillis(started);
        record.sample.hops[1].url = words;
        for (phase, (elapsed, network)) in Phase::ALL.into_iter().zip(pieces) {
            let time = record.sample.hops[1].phases.slot(phase).as_mut().unwrap();
            time.elapsed_us = Micros(elapsed);
            time.network_us = network.map(Micros);
        }
        let records = [record];
        let canvas = Canvas { width, ascii };
        prop_assert!(text(&waterfall::document(&records[0]), canvas).ends_with('\n'));
        let page = report(&records);
        prop_assert!(html::page(&page.document()).contains("</html>"));
        prop_assert!(serde_json::from_str::<serde_json::Value>(&page.json()).is_ok());
        prop_assert_eq!(csv(&page.summary).lines().count(), 2);
    }
}
