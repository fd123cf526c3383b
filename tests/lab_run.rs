//! A run of the lab: what it injects is what its truth says, and whatever ends it, nothing of it stays.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use parallax::explain::account::Case;
use parallax::explain::cause::Cause;
use parallax::explain::question::{Question, Statistic};
use parallax::lab::run::{Asked, Doing, Run, run as made};
use parallax::lab::scenario::Scenario;
use parallax::lab::score::{measured, sources};
use parallax::lab::truth::Truth;
use parallax::lab::truth::facts::Facts;
use parallax::lab::vantage::Command;
use parallax::measurement::environment::Init;
use serde_json::Value;

use crate::support::command::run;
use crate::support::needs;

/// A run of a scenario of the test's own.
pub fn once(text: &str, rounds: u32) -> (Scenario, Run, Truth) {
    let scenario = Scenario::parse("test", text).unwrap();
    let (vantage, probe) = (vantage(), probe());
    let probe = probe.as_deref();
    let mut doing = Doing { rounds, seed: 5, vantage: &vantage, probe, hear: &mut |_| Ok(()), stop: &|| false };
    let found = made(&scenario, &mut doing).unwrap();
    let truth = Truth::of(&scenario, 5, &found);
    (scenario, found, truth)
}

/// What starts a vantage.
pub fn vantage() -> Command {
    Command {
        program: env!("CARGO_BIN_EXE_parallax").into(),
        arguments: ["lab", "vantage"].map(str::to_owned).to_vec(),
    }
}

/// The probe as a function, in builds that have it.
#[cfg(feature = "lambda")]
pub fn probe() -> Option<PathBuf> {
    Some(env!("CARGO_BIN_EXE_probe").into())
}

#[cfg(not(feature = "lambda"))]
pub fn probe() -> Option<PathBuf> {
    None
}

/// The requests of B with what they met.
pub fn of_b<'a>(run: &'a Run, truth: &'a Truth) -> Vec<(&'a Asked, Facts)> {
    let pairs = run.asked.iter().zip(&truth.requests).filter(|(asked, _)| asked.turn.side == 1);
    pairs.map(|(asked, known)| (asked, known.injected.expect("every request is answered and found"))).collect()
}

/// A request of B, 12 ms away, whose name server takes 9 ms, and which was sent on or not.
pub fn meets_its_turn(asked: &Asked, met: &Facts) {
    let redirected = asked.turn.redirected;
    assert_eq!(met.redirects, f64::from(u8::from(redirected)), "{met:?}");
    // The hop that sends on: a lookup, three round trips to connect, one to ask.
    assert_eq!(met.redirect_ms >= 9.0 + 4.0 * 24.0, redirected, "{met:?}");
    assert!(met.dns_ms >= 9.0, "{met:?}");
    // What is injected was waited for; while waiting, a thread may also be kept from running, at no cost.
    assert!(met.rest_ms() + met.stolen_ms > -20.0, "{} of {met:?}", met.rest_ms());
}

#[test]
fn what_was_injected_is_in_the_truth_of_each_request() {
    if !needs::root("what_was_injected_is_in_the_truth_of_each_request") {
        return;
    }
    let text = "about = 'much'\n[both.site]\nbody_kb = 40\n[b.path]\ndelay_ms = 12\n\
                [b.resolver]\ndelay_ms = 9\ndead_ipv6 = 0.3\n\
                [b.site]\nredirect = 0.5\nmiss = 0.5\nhidden_ms = 4\nthink_ms = 10\ntls = '1.2'\n";
    let (_, found, truth) = once(text, 16);
    let b = of_b(&found, &truth);
    assert_eq!(b.len(), 16);
    for (asked, met) in &b {
        let turn = asked.turn;
        meets_its_turn(asked, met);
        assert!(met.think_ms >= turn.think_ms && met.hidden_ms >= 4.0, "{met:?}");
        assert_eq!(met.origin_ms >= 40.0, turn.missed, "{met:?}");
        assert_eq!(met.fallback_ms >= 150.0, turn.dead_ipv6, "{met:?}");
        assert_eq!((met.setup_trips, met.fresh), (3.0, true), "{met:?}");
        // 40 KB do not fit into the first ten segments.
        assert!((2.0..=4.0).contains(&met.base_trips), "{met:?}");
    }
    assert!(b.iter().any(|(asked, _)| asked.turn.redirected) && b.iter().any(|(asked, _)| !asked.turn.redirected));
    assert!((24.0..25.0).contains(&truth.sides[1].floor_ms), "{:?}", truth.sides[1]);
    assert!((10.0..11.0).contains(&truth.sides[0].floor_ms), "{:?}", truth.sides[0]);
    let sum: f64 = truth.rows.values().sum();
    assert!((sum + truth.unaccounted_ms - truth.gap_ms).abs() < 1e-9);
}

#[test]
fn a_lost_packet_is_waited_for_and_counted_and_a_slow_path_holds_the_body() {
    if !needs::root("a_lost_packet_is_waited_for_and_counted_and_a_slow_path_holds_the_body") {
        return;
    }
    let text = "about = 'x'\n[both.site]\nbody_kb = 100\n[a.path]\nrate_mbit = 8\n[b.path]\nloss_out = 0.15\n";
    let (_, _, truth) = once(text, 16);
    assert!(truth.sides[1].lost > 0 && truth.sides[0].lost == 0, "{:?}", truth.sides);
    // One that loses its SYN over and over may fail; most do not.
    let known = |side| truth.requests.iter().filter(move |one| one.side == side).filter_map(|one| one.injected);
    let waited: Vec<f64> = known(1).map(|met| met.loss_ms).collect();
    assert!(waited.len() > 8, "{waited:?}");
    // No kernel sends again within a round trip.
    assert!(waited.iter().any(|waited| *waited >= 10.0), "{waited:?}");
    assert!(waited.iter().all(|waited| *waited == 0.0 || *waited >= 9.0), "{waited:?}");
    // 100 KB at a million bytes a second.
    for met in known(0) {
        assert!(met.transfer_ms + (met.base_trips - 1.0) * met.floor_ms > 70.0, "{met:?}");
    }
}

#[test]
fn a_kernel_that_tells_no_delay_has_it_in_the_rest() {
    if !needs::root("a_kernel_that_tells_no_delay_has_it_in_the_rest") {
        return;
    }
    let (scenario, run, _) = once("about = 'x'\n[b]\ntells_delay = false\n", 24);
    for asked in &run.asked {
        let sample = &asked.record.sample;
        let told: Vec<bool> = sample
            .hops
            .iter()
            .flat_map(|hop| hop.phases.present())
            .map(|(_, time)| time.run_delay_us.is_some())
            .collect();
        let tells = asked.turn.side == 0;
        assert!(!told.is_empty() && told.iter().all(|told| *told == tells), "{sample:?}");
        assert_eq!(sample.local.run_delay_us.is_some(), tells);
        assert!(sample.local.cpu_us.is_some());
    }
    let [a, b] = sources(&measured(&run));
    let account = Case::new(a, b).unwrap().account(&Question::new(Statistic::Mean, 1));
    let rest = account.rows.iter().find(|row| row.cause == Cause::Residual).unwrap();
    assert!(rest.holds.contains(&Cause::Scheduling), "{:?}", rest.holds);
    assert!(account.rows.iter().all(|row| row.cause != Cause::Scheduling || row.ms == 0.0), "{scenario:?}");
}

#[test]
fn a_share_a_new_process_and_a_kept_connection_are_what_they_are_called() {
    if !needs::root("a_share_a_new_process_and_a_kept_connection_are_what_they_are_called") {
        return;
    }
    let text = "about = 'x'\n[a]\nmethod = 'pooled'\n[b]\ncold = 0.4\nmemory_mb = 256\n";
    let (_, found, truth) = once(text, 12);
    let kept: Vec<bool> =
        truth.requests.iter().filter(|one| one.side == 0).map(|one| one.injected.unwrap().fresh).collect();
    assert!(kept.iter().all(|fresh| !fresh), "{kept:?}");
    for (asked, met) in of_b(&found, &truth) {
        let first = asked.record.sample.invocation.is_some_and(|run| run.init == Init::Cold);
        assert_eq!((first, met.cold, met.fresh), (asked.turn.cold, asked.turn.cold, true));
    }
    let sandboxes: BTreeSet<_> = found.asked.iter().map(|asked| asked.record.environment.sandbox.clone()).collect();
    let cold = found.asked.iter().filter(|asked| asked.turn.cold).count();
    assert_eq!(sandboxes.len(), 2 + cold - usize::from(of_b(&found, &truth)[0].0.turn.cold));
    assert!(found.accounts[1].throttled.is_some_and(|(periods, _)| periods > 0), "{:?}", found.accounts[1].throttled);
    assert!(found.accounts[0].throttled.is_none());
}

#[test]
fn a_run_leaves_an_archive_a_truth_file_and_a_report_and_never_writes_over_them() {
    if !needs::root("a_run_leaves_an_archive_a_truth_file_and_a_report_and_never_writes_over_them") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let words = ["lab", "run", "distance", "--rounds", "24", "--seed", "3", "--out", "kept"];
    let first = run(directory.path(), &words);
    assert_eq!(first.code, 0, "{}", first.err);
    assert!(first.out.contains("distance") && first.out.contains("claimed"), "{}", first.out);
    let machine = first.out.lines().last().unwrap();
    assert!(machine.starts_with("Linux ") && machine.contains("processor") && machine.contains("load "), "{machine}");
    let kept = directory.path().join("kept");
    let truth: Value = serde_json::from_slice(&fs::read(kept.join("truth.json")).unwrap()).unwrap();
    let distance = truth["rows"]["distance"].as_f64().unwrap();
    // Three round trips that are 20 ms longer.
    assert!((59.5..66.0).contains(&distance), "{distance}");
    assert_eq!(truth["requests"].as_array().unwrap().len(), 48);
    assert!(fs::read_to_string(kept.join("report.html")).unwrap().contains("distance"));
    let explained = run(
        directory.path(),
        &["explain", "--archive", "sqlite:kept/samples.db", "--a", "vantage=lab/a", "--b", "vantage=lab/b", "--json"],
    );
    assert_eq!(explained.code, 0, "{}", explained.err);
    let before = fs::read(kept.join("truth.json")).unwrap();
    let again = run(directory.path(), &words);
    assert_eq!((again.code, again.out.as_str()), (2, ""), "{}", again.err);
    assert!(again.err.contains("samples.db") && again.err.contains("--out"), "{}", again.err);
    assert_eq!(before, fs::read(kept.join("truth.json")).unwrap());
}

#[test]
fn a_score_says_for_every_row_what_was_so_and_ends_as_its_gates_do() {
    if !needs::root("a_score_says_for_every_row_what_was_so_and_ends_as_its_gates_do") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let words = ["lab", "score", "--scenario", "distance", "--scenario", "null", "--rounds", "24", "--json"];
    let scored = run(directory.path(), &words);
    assert!(scored.code < 2, "{}", scored.err);
    let found: Value = serde_json::from_str(&scored.out).unwrap();
    let scores = found["scores"].as_array().unwrap();
    assert_eq!(
        scores.iter().map(|score| score["scenario"].as_str().unwrap()).collect::<Vec<_>>(),
        ["distance", "null"]
    );
    let rows = scores[0]["rows"].as_array().unwrap();
    let distance = rows.iter().find(|row| row["cause"] == "distance").unwrap();
    assert!(distance["claimed"].as_bool().unwrap(), "{distance}");
    let off = distance["found_ms"].as_f64().unwrap() - distance["truth_ms"].as_f64().unwrap();
    assert!(off.abs() < 6.0, "{distance}");
    let failing = |target: &Value| target["gated"].as_bool().unwrap() && !target["holds"].as_bool().unwrap();
    let fails = found["targets"].as_array().unwrap().iter().any(failing);
    assert_eq!(scored.code, i32::from(fails), "{}", found["targets"]);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "a score leaves no file");
}
