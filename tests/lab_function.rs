//! The probe as a Lambda function is a vantage of the lab: the very program, as Lambda runs it.

use std::collections::BTreeMap;
use std::fs;

use parallax::explain::account::Case;
use parallax::explain::cause::Cause;
use parallax::explain::claim::Claim;
use parallax::explain::question::{Question, Statistic};
use parallax::explain::verdict::Hypothesis;
use parallax::lab::run::{Doing, run as made};
use parallax::lab::scenario::Scenario;
use parallax::lab::score::{Injected, measured, score, sources};
use parallax::measurement::environment::Init;
use parallax::measurement::wire::Record;

use crate::lab_run::{of_b, once, vantage};
use crate::support::command::run;
use crate::support::needs;

#[test]
fn a_function_is_new_where_it_is_to_be_cold_and_else_the_same_which_was_frozen() {
    if !needs::root("a_function_is_new_where_it_is_to_be_cold_and_else_the_same_which_was_frozen") {
        return;
    }
    let text = "about = 'x'\n[b]\nmethod = 'lambda'\ncold = 0.3\nmemory_mb = 256\n[b.path]\ndelay_ms = 10\n\
                [b.site]\nredirect = 0.5\n";
    let (_, found, truth) = once(text, 16);
    let mut sandboxes: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (asked, met) in of_b(&found, &truth) {
        let (sample, environment) = (&asked.record.sample, &asked.record.environment);
        assert_eq!((sample.vantage.as_str(), environment.platform.as_str()), ("lab/b", "lambda"));
        assert_eq!((environment.memory_mb, environment.cpu_quota_milli), (Some(256), None), "init had no quota");
        assert_eq!(sample.invocation.unwrap().init == Init::Cold, asked.turn.cold, "{sample:?}");
        assert_eq!((sample.slot_ms, sample.slot_guessed), (None, false));
        // The way, the name server and the site are those of every vantage.
        assert_eq!((met.redirects, met.setup_trips), (f64::from(u8::from(asked.turn.redirected)), 2.0), "{met:?}");
        assert!((20.0..21.0).contains(&met.floor_ms) && met.dns_ms >= 2.0, "{met:?}");
        assert!(asked.cpu_ms > 0.0, "its measuring thread was seen at work");
        let name = environment.sandbox.clone().unwrap();
        sandboxes.entry(name).or_default().push(sample.invocation.unwrap().number);
    }
    let cold = found.asked.iter().filter(|asked| asked.turn.cold).count();
    assert!(cold > 0 && (cold..=cold + 1).contains(&sandboxes.len()), "{sandboxes:?}");
    // Invocation after invocation of one process; the first sandbox's first was nobody's.
    for numbers in sandboxes.values() {
        let first = numbers[0];
        assert!(first <= 2 && numbers.iter().zip(first..).all(|(number, expected)| *number == expected), "{numbers:?}");
    }
    assert!(found.accounts[1].throttled.is_some_and(|(periods, _)| periods > 0), "{:?}", found.accounts[1].throttled);
}

#[test]
fn between_its_invocations_a_function_stands_still() {
    if !needs::root("between_its_invocations_a_function_stands_still") {
        return;
    }
    // A name that no other test's function has.
    let directory = tempfile::tempdir().unwrap();
    let probe = directory.path().join("stands-still");
    fs::copy(env!("CARGO_BIN_EXE_probe"), &probe).unwrap();
    let scenario = Scenario::parse("test", "about = 'x'\n[b]\nmethod = 'lambda'\n").unwrap();
    let mut seen = Vec::new();
    let mut hear = |_: &Record| {
        let all = fs::read_dir("/proc").unwrap().flatten();
        let stats = all.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
        let own = stats.filter_map(|stat| stat.split_once("(stands-still) ").map(|(_, rest)| rest[..1].to_owned()));
        seen.extend(own);
        Ok(())
    };
    let vantage = vantage();
    let mut doing =
        Doing { rounds: 6, seed: 1, vantage: &vantage, probe: Some(&probe), hear: &mut hear, stop: &|| false };
    made(&scenario, &mut doing).unwrap();
    assert_eq!(seen, vec!["T"; 12], "one process, stopped whenever it is not measuring");
}

#[test]
fn a_cold_start_is_in_the_row_of_cold_starts_and_is_what_its_suspicion_stands_on() {
    if !needs::root("a_cold_start_is_in_the_row_of_cold_starts_and_is_what_its_suspicion_stands_on") {
        return;
    }
    // As in the scenario `cold`, with more of it: there are few rounds.
    let text = "about = 'x'\n[both]\nmethod = 'lambda'\nmemory_mb = 128\ncold = 0.3\n[b]\ncold = 0.8\n";
    let (_, found, truth) = once(text, 40);
    let [a, b] = sources(&measured(&found));
    let account = Case::new(a, b).unwrap().account(&Question::new(Statistic::Mean, 1));
    let cold = account.rows.iter().find(|row| row.cause == Cause::Cold).unwrap();
    let known = truth.rows["cold"];
    assert!(known > 1.0, "the first use of a sandbox costs something: {:?}", truth.rows);
    // How much it is, a neighbour decides as well; that it is the same in truth and account, nobody else.
    assert!((cold.ms - known).abs() <= (0.3 * known).max(2.0), "{cold:?}, {:?}", truth.rows);
    let (lower, upper) = cold.interval_ms.and_then(|ends| ends.lower.zip(ends.upper)).unwrap();
    assert!(lower <= known && known <= upper && !cold.one_sided, "{cold:?}, {known}");
    let h3 = account.verdicts.iter().find(|verdict| verdict.hypothesis == Hypothesis::ColdStart).unwrap();
    assert_eq!((h3.ms, h3.claim), (Some(cold.ms), cold.claim), "{h3:?}");
    assert_ne!(h3.claim, Claim::Refuted, "{h3:?}");
}

#[test]
fn a_throttle_that_its_guest_cannot_see_is_told_as_network_or_stolen() {
    if !needs::root("a_throttle_that_its_guest_cannot_see_is_told_as_network_or_stolen") {
        return;
    }
    let text = "about = 'x'\ntogether = ['dns', 'queueing', 'transfer', 'residual']\n\
                [both]\nmethod = 'lambda'\nmemory_mb = 128\nperiod_ms = 50\nheld_ms = 0\n[b]\nheld_ms = 20\n";
    let (scenario, found, truth) = once(text, 30);
    // No quota: the kernel of the vantage has nothing to tell of.
    assert!(found.accounts.iter().all(|accounts| accounts.throttled.is_none()));
    let [a, b] = sources(&measured(&found));
    let account = Case::new(a, b).unwrap().account(&Question::new(Statistic::Mean, 1));
    let hiding = [Cause::Dns, Cause::Queueing, Cause::Transfer, Cause::Residual];
    let rows = || account.rows.iter().filter(|row| hiding.contains(&row.cause));
    assert!(account.gap_ms > 5.0 && rows().map(|row| row.ms).sum::<f64>() > 0.7 * account.gap_ms, "{account:?}");
    // Also on a machine whose own host takes a little from it, and says so: that is not all of it.
    assert!(rows().all(|row| row.or_stolen), "{account:?}");
    let h4 = account.verdicts.iter().find(|verdict| verdict.hypothesis == Hypothesis::CpuShare).unwrap();
    assert_ne!(h4.claim, Claim::Refuted, "{h4:?}");
    assert_eq!(score(&scenario, &Injected::from(&truth), &measured(&found), None, 30).unwrap().honest, Some(true));
}

#[test]
fn without_the_program_of_the_probe_nothing_begins_and_the_command_that_makes_it_is_named() {
    if !needs::root("without_the_program_of_the_probe_nothing_begins_and_the_command_that_makes_it_is_named") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    for words in [&["lab", "run", "cold"][..], &["lab", "score", "--scenario", "null", "--scenario", "cold"]] {
        let ended = run(directory.path(), &[words, &["--probe", "nowhere/probe"]].concat());
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{}", ended.err);
        assert!(ended.err.contains("cargo build --features lambda --bin probe"), "{}", ended.err);
        assert!(ended.err.contains("nowhere/probe") && ended.err.lines().count() == 1, "{}", ended.err);
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    // What is there, and is no function, is told by what it said.
    let other = run(directory.path(), &["lab", "run", "cold", "--rounds", "2", "--probe", "/bin/false"]);
    assert_eq!(other.code, 3, "{}", other.err);
    assert!(other.err.contains("the function ended before it asked for an invocation"), "{}", other.err);
}
