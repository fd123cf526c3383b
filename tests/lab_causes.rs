//! Causes of the lab that are not in one place: held vantages, skewed times, requests that nobody answers; and truth by
//! experiment.

use std::collections::BTreeSet;
use std::fs;

use parallax::explain::account::{Account, Case};
use parallax::explain::cause::Cause;
use parallax::explain::question::{Question, Statistic};
use parallax::lab::run::Run;
use parallax::lab::score::{Injected, measured, score, sources};
use parallax::measurement::wire::Record;
use serde_json::Value;

use crate::lab_run::{of_b, once};
use crate::support::command::run;
use crate::support::needs;

fn account(found: &Run) -> Account {
    let [a, b] = sources(&measured(found));
    Case::new(a, b).unwrap().account(&Question::new(Statistic::Mean, 1))
}

fn row(account: &Account, cause: Cause) -> f64 {
    account.rows.iter().find(|row| row.cause == cause).map_or(0.0, |row| row.ms)
}

#[test]
fn a_held_vantage_stands_still_with_its_packets_and_goes_on() {
    if !needs::root("a_held_vantage_stands_still_with_its_packets_and_goes_on") {
        return;
    }
    let (_, found, truth) = once("about = 'x'\n[both]\nperiod_ms = 40\n[b]\nheld_ms = 20\n", 20);
    let held = &found.accounts[1].held;
    assert!(found.accounts[0].held.is_empty() && held.len() >= 20, "{} spans", held.len());
    // It stood still for as long as it was to, or for what was left of its request.
    assert!(held.iter().any(|(from, to)| (*to - *from).as_secs_f64() >= 0.019));
    let met = of_b(&found, &truth);
    let mean = |of: fn(&parallax::lab::truth::facts::Facts) -> f64| {
        met.iter().map(|(_, met)| of(met)).sum::<f64>() / met.len() as f64
    };
    // Half of the time it is held: packets are, and so is work.
    assert!(mean(|met| met.queue_ms) > 5.0 && mean(|met| met.held_ms) > 0.0, "{met:?}");
    assert!(truth.gap_ms > 10.0, "{}", truth.gap_ms);
    assert!(found.asked.iter().all(|asked| asked.record.sample.outcome.is_good()));
}

#[test]
fn who_measures_when_the_site_is_busy_finds_that_in_the_row_of_times() {
    if !needs::root("who_measures_when_the_site_is_busy_finds_that_in_the_row_of_times") {
        return;
    }
    let (_, found, truth) = once("about = 'x'\n[both.site]\nload_ms = 40\n[b]\nat_peak = 0.25\n", 60);
    assert!((17.0..19.0).contains(&truth.rows["timing"]), "{:?}", truth.rows);
    assert!(truth.rows["server"].abs() < 2.0, "{:?}", truth.rows);
    let slots = found.asked.iter().map(|asked| asked.record.sample.slot_ms.unwrap().0);
    let (first, last) = (slots.clone().min().unwrap(), slots.max().unwrap());
    assert!((6_000_000..=7_200_000).contains(&(last - first)), "two hours of the schedule");
    let account = account(&found);
    assert!((row(&account, Cause::Timing) - truth.rows["timing"]).abs() < 4.0, "{:?}", account.rows);
    assert!(row(&account, Cause::Server).abs() < 4.0, "{:?}", account.rows);
}

#[test]
fn what_nobody_answers_is_a_failure_in_every_count_and_in_no_mean() {
    if !needs::root("what_nobody_answers_is_a_failure_in_every_count_and_in_no_mean") {
        return;
    }
    let text = "about = 'x'\n[both]\ntimeout_ms = 700\n[b.site]\nsilent = 0.2\n";
    let (scenario, found, truth) = once(text, 30);
    let silent = found.asked.iter().filter(|asked| asked.turn.silent).count();
    assert!(silent > 0);
    for asked in &found.asked {
        let sample = &asked.record.sample;
        assert_eq!(sample.latency().is_none(), asked.turn.silent, "{sample:?}");
        assert!(!asked.turn.silent || sample.elapsed_us.as_millis() >= 700.0, "{sample:?}");
    }
    assert_eq!((truth.sides[0].left_out, truth.sides[1].left_out), (0, silent));
    let account = account(&found);
    assert_eq!((account.failures.samples, account.failures.failed), ([30, 30], [0, silent as u64]));
    assert_eq!(account.samples, [30, 30 - silent]);
    assert!(account.gap_ms.abs() < 60.0, "no timeout is in the mean: {}", account.gap_ms);
    let scored = score(&scenario, &Injected::from(&truth), &measured(&found), None, 30).unwrap();
    // A silence counts as the limit where it is asked for, and there alone.
    let counted = scored.gaps_ms.iter().flatten().filter(|gap| **gap > 600.0).count();
    assert_eq!((scored.vanished, scored.gaps_ms.iter().flatten().count(), counted), (0, 30, silent));
    assert!(scored.gap_ms.abs() < 60.0 && scored.rows.iter().all(|row| row.cause != Cause::Failure), "{scored:?}");
    let failure = scored.failure.expect("a row of failures");
    let (share, row) = (silent as f64 / 30.0, &failure.row);
    assert_eq!((failure.counts_as_ms, row.covered), (700.0, Some(true)));
    assert!((share * 600.0..share * 700.0).contains(&row.injected_ms), "{row:?}");
    assert!((row.found_ms - row.injected_ms).abs() < 1e-6, "{row:?}");
}

#[test]
fn domains_that_are_searched_first_are_lookups_of_the_row_of_names() {
    if !needs::root("domains_that_are_searched_first_are_lookups_of_the_row_of_names") {
        return;
    }
    let text = "about = 'x'\n[both.resolver]\ndelay_ms = 6\n[b.resolver]\nsearch = 3\n";
    let (scenario, found, truth) = once(text, 30);
    let names =
        |side: usize| found.accounts[side].lookups.iter().map(|one| one.name).collect::<BTreeSet<usize>>().len();
    assert_eq!([names(0), names(1)], [1, 4], "three domains come first");
    assert!(of_b(&found, &truth).iter().all(|(_, met)| met.dns_ms >= 24.0), "{:?}", truth.rows);
    let injected = Injected::from(&truth);
    let score = score(&scenario, &injected, &measured(&found), None, 30).unwrap();
    let dns = score.rows.iter().find(|row| row.cause == Cause::Dns).unwrap();
    assert!((18.0..24.0).contains(&dns.injected_ms), "{dns:?}");
    assert!((dns.found_ms - dns.injected_ms).abs() < 4.0, "{dns:?}");
}

#[test]
fn a_farther_point_of_presence_that_the_resolver_tells_some_is_distance_and_nothing_else() {
    if !needs::root("a_farther_point_of_presence_that_the_resolver_tells_some_is_distance_and_nothing_else") {
        return;
    }
    let text = "about = 'x'\n[both.path]\nelsewhere_ms = 20\n[b.resolver]\nelsewhere = 0.5\n[b.site]\nredirect = 0.3\n";
    let (scenario, found, truth) = once(text, 40);
    let peer = |record: &Record| record.sample.hops.last().unwrap().connection.as_ref().unwrap().peer.to_string();
    let b = of_b(&found, &truth);
    for (asked, met) in &b {
        let (there, least) = if asked.turn.elsewhere { ("10.77.0.3:443", 40.0) } else { ("10.77.0.2:443", 10.0) };
        assert_eq!(peer(&asked.record), there);
        assert!((least..least + 1.0).contains(&met.floor_ms), "{met:?}");
    }
    let farther = b.iter().filter(|(asked, _)| asked.turn.elsewhere).count();
    assert!((8..=32).contains(&farther), "{farther}");
    assert!(found.asked.iter().all(|one| one.turn.side == 1 || peer(&one.record) == "10.77.0.2:443"));
    assert!(truth.sides[0].elsewhere_floor_ms.is_none());
    assert!(truth.sides[1].elsewhere_floor_ms.is_some_and(|floor| (40.0..41.0).contains(&floor)), "{:?}", truth.sides);
    // Three round trips; where some walk the way twice, A has no redirect, and all of it is that row's.
    let longer = 3.0 * 30.0 * farther as f64 / b.len() as f64;
    assert!((truth.rows["distance"] - longer).abs() < 1.0, "{longer}: {:?}", truth.rows);
    let score = score(&scenario, &Injected::from(&truth), &measured(&found), None, 40).unwrap();
    for row in score.rows.iter().filter(|row| [Cause::Distance, Cause::Queueing, Cause::Dns].contains(&row.cause)) {
        assert!((row.found_ms - row.injected_ms).abs() < 2.0, "{row:?}");
    }
}

#[test]
fn a_connection_that_is_closed_instead_of_an_answer_is_a_failure_and_in_no_mean() {
    if !needs::root("a_connection_that_is_closed_instead_of_an_answer_is_a_failure_and_in_no_mean") {
        return;
    }
    let text = "about = 'x'\n[b.site]\ndropped = 0.3\nsilent = 0.2\n[both]\ntimeout_ms = 300\n";
    let (scenario, found, truth) = once(text, 30);
    let of_b = || found.asked.iter().filter(|one| one.turn.side == 1);
    let [dropped, silent] = [0, 1].map(|at| of_b().filter(|one| [one.turn.dropped, one.turn.silent][at]).count());
    assert!(dropped > 0 && silent > 0 && of_b().all(|one| !(one.turn.dropped && one.turn.silent)));
    for one in of_b() {
        assert_eq!(one.record.sample.outcome.is_good(), !(one.turn.dropped || one.turn.silent), "{one:?}");
    }
    let account = account(&found);
    assert_eq!(account.failures.failed, [0, (dropped + silent) as u64]);
    let score = score(&scenario, &Injected::from(&truth), &measured(&found), None, 30).unwrap();
    assert_eq!(score.vanished, 0);
}

#[test]
fn signatures_that_a_vantage_checks_are_its_own_work_and_no_way_to_the_site() {
    if !needs::root("signatures_that_a_vantage_checks_are_its_own_work_and_no_way_to_the_site") {
        return;
    }
    let (_, found, truth) = once("about = 'x'\n[b.site]\nintermediates = 6\n", 40);
    let injected = truth.rows["cpu"];
    assert!(injected > 2.0, "six signatures by a curve of 384 bits: {:?}", truth.rows);
    assert!(["distance", "transfer", "server"].iter().all(|row| truth.rows[*row].abs() < injected / 2.0), "{truth:?}");
    let account = account(&found);
    assert!((row(&account, Cause::Cpu) - injected).abs() < 0.2 * injected, "{injected}: {:?}", account.rows);
}

#[test]
fn failures_are_kept_in_the_archive_that_a_run_leaves() {
    if !needs::root("failures_are_kept_in_the_archive_that_a_run_leaves") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let ended = run(directory.path(), &["lab", "run", "timeouts", "--rounds", "24", "--seed", "7", "--out", "kept"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let truth: Value = serde_json::from_slice(&fs::read(directory.path().join("kept/truth.json")).unwrap()).unwrap();
    let left_out = truth["sides"][1]["left_out"].as_u64().unwrap();
    assert!(left_out > 0, "another seed would do");
    let words = ["--archive", "sqlite:kept/samples.db", "--a", "vantage=lab/a", "--b", "vantage=lab/b", "--json"];
    let explained = run(directory.path(), &[&["explain"], &words[..]].concat());
    let explained: Value = serde_json::from_str(&explained.out).unwrap();
    let failures = &explained["failures"];
    assert_eq!(failures["samples"], serde_json::json!([24, 24]), "{failures}");
    assert_eq!(failures["failed"], serde_json::json!([0, left_out]), "{failures}");
}

#[test]
fn a_full_score_has_truth_by_experiment_beside_what_was_injected() {
    if !needs::root("a_full_score_has_truth_by_experiment_beside_what_was_injected") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let words = ["lab", "score", "--suite", "full", "--scenario", "distance:small", "--rounds", "20"];
    let scored = run(directory.path(), &[&words[..], &["--json"]].concat());
    assert!(scored.code < 2, "{}", scored.err);
    let found: Value = serde_json::from_str(&scored.out).unwrap();
    let finding = &found["experiments"]["findings"][0];
    assert_eq!(finding["scenario"], "distance:small", "{found}");
    assert_eq!((&finding["rows"], &finding["rounds"]), (&serde_json::json!(["distance"]), &serde_json::json!(20)));
    // Three round trips that are two milliseconds longer, by the box and by experiment.
    let number = |name: &str| finding[name].as_f64().unwrap();
    assert!((5.5..8.0).contains(&number("truth_ms")), "{finding}");
    assert!((number("effect_ms") - number("truth_ms")).abs() <= 3.0 * number("half_ms") + 1.0, "{finding}");
    assert_eq!(found["experiments"]["of"], 1, "{found}");
}
