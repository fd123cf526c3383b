//! What an account says in the cases that a person meets: a starved function, a monitor that shows a total, a bridge.

use parallax::explain::account::{Account, Case};
use parallax::explain::cause::Cause;
use parallax::explain::claim::Claim;
use parallax::explain::contrast::Contrast;
use parallax::explain::interval::NoInterval;
use parallax::explain::question::{Question, Statistic};
use parallax::explain::source::Source;
use parallax::measurement::environment::Environment;
use parallax::measurement::hop::ServerTiming;
use parallax::measurement::outcome::{Cause as Failing, Failure, Outcome};
use parallax::measurement::phase::Phase;
use parallax::measurement::units::Micros;
use parallax::statistics::level::Level;

use super::simulator::{Seen, Side, sample, shocks};

pub(crate) fn far() -> Side {
    Side {
        name: "b",
        trips: vec![20.0, 30.0],
        life: 12,
        cpu: 8.0,
        stolen: 60.0,
        cold: [4.0, 5.0, 30.0],
        dns: 6.0,
        definition: 5.0,
        ..Side::default()
    }
}

pub(crate) fn seen(side: &Side, own: u64) -> Vec<Seen> {
    sample(side, own, 120, &shocks(5, 120), false)
}

pub(crate) fn source(seen: &[Seen]) -> Source {
    let mut source = Source::default();
    seen.iter().for_each(|one| source.add(&one.sample, &one.environment, Some(one.reported_ms)));
    source
}

/// As an import: the total and nothing else.
pub(crate) fn totals(seen: &[Seen], more_ms: f64) -> Source {
    let mut source = Source::default();
    for one in seen {
        let mut bare = one.sample.clone();
        bare.hops.clear();
        bare.local = parallax::measurement::local::Local::default();
        bare.id = parallax::measurement::identity::SampleId::new(&format!("z-{}", bare.id)).unwrap();
        source.add(&bare, &one.environment, Some(one.reported_ms + more_ms));
    }
    source
}

pub(crate) fn question(statistic: Statistic) -> Question {
    Question { replicates: 60, ..Question::new(statistic, 7) }
}

#[track_caller]
pub(crate) fn adds_up(account: &Account) {
    let sum: f64 = account.rows.iter().map(|row| row.ms).sum();
    assert!((sum - account.gap_ms).abs() < 1e-9, "{sum} {}", account.gap_ms);
    assert!((account.values_ms[1] - account.values_ms[0] - account.gap_ms).abs() < 1e-9);
    assert!(account.rows.iter().any(|row| row.cause == Cause::Residual), "the rest is always shown");
}

pub(crate) fn claims(account: &Account) -> Vec<(&'static str, Claim)> {
    account.verdicts.iter().map(|verdict| (verdict.code, verdict.claim)).collect()
}

#[test]
fn a_starved_function_far_away_is_told_apart() {
    let case = Case::new(source(&seen(&Side::default(), 1)), source(&seen(&far(), 2))).unwrap();
    let account = case.account(&question(Statistic::Mean));
    adds_up(&account);
    let verdicts = claims(&account);
    assert_eq!(verdicts[0], ("H1", Claim::Refuted), "both were sampled on one grid");
    assert_eq!(verdicts[1], ("H2", Claim::Supported));
    assert_eq!(verdicts[3], ("H4", Claim::Supported));
    assert_eq!(verdicts[4], ("H5", Claim::Supported));
    let delay = account.rows.iter().find(|row| row.cause == Cause::Scheduling).unwrap();
    assert!((delay.ms - 60.0).abs() < 9.0, "{}", delay.ms);
    assert!(delay.evidence.iter().any(|fact| fact.what == "TLS handshake" && fact.b > fact.a));
    assert!(account.rows.iter().all(|row| !row.or_stolen), "the kernel showed what was taken");
    for level in [Level::P50, Level::P90] {
        let account = case.account(&question(Statistic::Percentile(level)));
        adds_up(&account);
        assert!(account.composition.is_some());
        let distance = account.rows.iter().find(|row| row.cause == Cause::Distance).unwrap();
        assert_eq!(distance.claim, Claim::Supported);
        assert_eq!(claims(&account)[2].1, Claim::Undecided, "a percentile's rows do not tell cold from warm");
    }
    let p99 = case.account(&question(Statistic::Percentile(Level::P99)));
    assert_eq!(p99.no_interval, Some(NoInterval::Level { more: 280 }));
    adds_up(&p99);
}

#[test]
fn the_rest_is_shown_as_it_is_where_few_answers_speak() {
    let near = seen(&Side { said: 0.3, ..Side::default() }, 1);
    let busy = seen(&Side { name: "b", server: 60.0, said: 0.3, ..Side::default() }, 2);
    let account = Case::new(source(&near), source(&busy)).unwrap().account(&question(Statistic::Mean));
    let row = account.rows.iter().find(|row| row.cause == Cause::Residual).unwrap();
    let [fact] = row.evidence[..] else { panic!("{:?}", row.evidence) };
    let (a, b) = fact.a.zip(fact.b).unwrap();
    assert!(row.ms.abs() < 2.0 && (b - a - row.ms).abs() < 2.0, "{} stands over {a} to {b}", row.ms);
}

/// Every answer names the whole time of the server, and the origin's part of it beside.
fn with_origin(side: &Side, own: u64) -> Vec<Seen> {
    let mut seen = seen(side, own);
    for one in &mut seen {
        let Some(response) = one.sample.hops.last_mut().and_then(|hop| hop.response.as_mut()) else { continue };
        let app = response.server_timing.first().and_then(|entry| entry.duration_us).unwrap();
        let missed = response.cdn.cache.as_deref() == Some("MISS");
        let origin = if missed { 45_000 } else { 0 };
        let entry =
            |name: &str, us: u64| ServerTiming { name: name.into(), duration_us: Some(Micros(us)), description: None };
        response.server_timing = vec![entry("total", app.0 + origin), entry("origin", origin)];
    }
    seen
}

#[test]
fn an_origin_within_what_the_server_says_is_counted_once() {
    let near = with_origin(&Side { miss: 0.05, ..Side::default() }, 1);
    let b = with_origin(&Side { name: "b", miss: 0.9, ..Side::default() }, 2);
    let account = Case::new(source(&near), source(&b)).unwrap().account(&question(Statistic::Mean));
    adds_up(&account);
    let ms = |cause| account.rows.iter().find(|row| row.cause == cause).map_or(0.0, |row| row.ms);
    assert!(ms(Cause::Cdn) > 30.0, "{}", ms(Cause::Cdn));
    assert!(ms(Cause::Server).abs() < 5.0 && ms(Cause::Residual).abs() < 5.0, "{:?}", account.rows);
}

#[test]
fn what_a_guest_cannot_see_is_network_or_stolen() {
    let blind = Side { shown: false, hidden: 20.0, ..far() };
    let case = Case::new(source(&seen(&Side::default(), 1)), source(&seen(&blind, 2))).unwrap();
    let account = case.account(&question(Statistic::Mean));
    adds_up(&account);
    let residual = account.rows.iter().find(|row| row.cause == Cause::Residual).unwrap();
    assert!(residual.or_stolen && residual.ms > 40.0, "{residual:?}");
    let cpu = account.verdicts.iter().find(|verdict| verdict.code == "H4").unwrap();
    assert_ne!(cpu.claim, Claim::Refuted, "what is hidden elsewhere is not refuted");
}

#[test]
fn a_little_steal_that_is_told_of_is_not_all_that_was_taken() {
    let blind = Side { shown: false, hidden: 20.0, ..far() };
    let account = |ticks_every: usize, steal_us: u64| {
        let mut b = seen(&blind, 2);
        let told = b.iter_mut().step_by(ticks_every);
        told.for_each(|one| one.sample.local.steal_us = Some(Micros(steal_us)));
        Case::new(source(&seen(&Side::default(), 1)), source(&b)).unwrap().account(&question(Statistic::Mean))
    };
    let open = |account: Account| account.rows.iter().any(|row| row.or_stolen);
    assert!(open(account(20, 10_000)), "a tick of the machine's own host now and then");
    assert!(!open(account(1, 60_000)), "as much as the share must have cost");
}

/// The same function with a whole processor: what the small one needs beyond it was stolen; network time is the same.
#[test]
fn two_memory_sizes_decide_between_network_and_stolen() {
    let far = Side { trips: vec![25.0], stolen: 0.0, dns: 0.5, server: 3.0, shown: false, ..far() };
    let whole = source(&with_memory(&seen(&Side { name: "whole", cpu: 2.0, ..far.clone() }, 3), 1_769));
    for (stolen, claim) in [(40.0, Claim::Supported), (0.0, Claim::Refuted)] {
        let small = source(&with_memory(&seen(&Side { stolen, queue: 0.02, ..far.clone() }, 2), 128));
        let contrast = Contrast::of(1, &small.rows, &whole.rows, "vantage=whole".into(), 7).unwrap();
        assert!((contrast.stolen_ms - stolen).abs() < 1.0 + 0.3 * stolen, "{}", contrast.stolen_ms);
        let case = Case::new(source(&seen(&Side::default(), 1)), small).unwrap();
        for statistic in [Statistic::Mean, Statistic::Percentile(Level::P50)] {
            let mut account = case.account(&question(statistic));
            let hidden = |account: &Account| account.rows.iter().filter(|row| row.or_stolen).count();
            assert!(hidden(&account) > 0 && account.verdicts[3].claim != Claim::Refuted);
            contrast.clone().decide(&mut account);
            adds_up(&account);
            assert_eq!(account.contrasts[0].claim, claim, "{stolen} {statistic:?}");
            assert_eq!(hidden(&account) > 0, claim == Claim::Supported);
            let (verdict, mean) = (&account.verdicts[3], statistic == Statistic::Mean);
            if claim == Claim::Supported {
                assert_eq!(verdict.claim, Claim::Supported, "{statistic:?}");
                // What is taken on average is no figure of a percentile.
                assert!(verdict.ms.map_or(!mean, |ms| mean && (ms - 47.0).abs() < 14.0), "{:?}", verdict.ms);
            }
        }
    }
    let same = source(&with_memory(&seen(&Side { name: "whole", ..far.clone() }, 3), 128));
    assert!(Contrast::of(1, &whole.rows, &same.rows, String::new(), 7).is_none(), "less memory decides nothing");
    assert!(Contrast::of(1, &same.rows, &same.rows, String::new(), 7).is_none(), "nor does the same");
}

fn with_memory(seen: &[Seen], mb: u32) -> Vec<Seen> {
    let of = |one: &Seen| {
        let environment = Environment { memory_mb: Some(mb), ..one.environment.clone() };
        Seen { sample: one.sample.clone(), environment, ..*one }
    };
    seen.iter().map(of).collect()
}

#[test]
fn failures_are_counted_and_never_averaged() {
    let (near, mut b) = (seen(&Side::default(), 1), seen(&far(), 2));
    let whole = Case::new(source(&near), source(&b)).unwrap().account(&question(Statistic::Mean));
    for one in b.iter_mut().take(36) {
        one.sample.outcome =
            Outcome::Failed(Failure { phase: Phase::Wait, cause: Failing::Timeout, detail: String::new() });
        one.sample.elapsed_us = Micros(10_000_000);
    }
    let case = Case::new(source(&near), source(&b)).unwrap();
    let account = case.account(&question(Statistic::Mean));
    adds_up(&account);
    assert_eq!((account.failures.samples, account.failures.failed), ([120, 240], [0, 36]));
    assert!(account.failures.interval.unwrap().lower.unwrap() > 0.05);
    assert!((account.gap_ms - whole.gap_ms).abs() < 20.0);
    assert!(case.account(&question(Statistic::Percentile(Level::P90))).beyond_failures, "15 % lie above p90");
    assert!(!case.account(&question(Statistic::Percentile(Level::P50))).beyond_failures);
}

#[test]
fn one_sample_all_alike_and_absurd_ones_are_answered_without_a_claim() {
    let (near, b) = (seen(&Side::default(), 1), seen(&far(), 2));
    let one = Case::new(source(&near[..1]), source(&b[..1])).unwrap().account(&question(Statistic::Mean));
    adds_up(&one);
    assert!(matches!(one.no_interval, Some(NoInterval::Samples { more: 19 })), "{:?}", one.no_interval);
    assert!(one.rows.iter().all(|row| row.claim == Claim::Undecided && row.interval_ms.is_none()));
    let mut alike = source(&near);
    let first = alike.rows[0];
    alike.rows.iter_mut().for_each(|row| row.total = first.total);
    for statistic in [Statistic::Mean, Statistic::Percentile(Level::P90)] {
        adds_up(&Case::new(alike.clone(), source(&b)).unwrap().account(&question(statistic)));
    }
    let mut absurd = near;
    for (n, one) in absurd.iter_mut().enumerate() {
        one.sample.elapsed_us = Micros(if n % 2 == 0 { 0 } else { u64::MAX });
        one.sample.started_at_ms.0 = i64::MAX - n as i64;
        one.sample.slot_ms = (n % 3 == 0).then_some(parallax::measurement::units::UnixMillis(i64::MIN));
        one.reported_ms = f64::NAN;
    }
    if let Ok(case) = Case::new(source(&absurd), source(&b)) {
        for statistic in [Statistic::Mean, Statistic::Percentile(Level::P50)] {
            let account = case.account(&question(statistic));
            assert!(serde_json::to_string(&account).unwrap().contains("gap_ms"));
        }
    }
}

pub(crate) fn account_of(a: &[Seen], b: &[Seen]) -> Account {
    Case::new(source(a), source(b)).unwrap().account(&question(Statistic::Mean))
}

#[test]
fn a_sample_that_does_not_name_its_sandbox_leaves_the_others_in_theirs() {
    let (a, mut b) = (seen(&Side::default(), 1), seen(&far(), 2));
    let named = account_of(&a, &b).basis.unwrap();
    b[7].environment.sandbox = None;
    let one_unnamed = account_of(&a, &b).basis.unwrap();
    assert!(named.sandboxes > 2 && one_unnamed.sandboxes >= named.sandboxes, "{one_unnamed:?}");
    assert!((named.degrees - one_unnamed.degrees).abs() <= 2.0, "{named:?} {one_unnamed:?}");
}

#[test]
fn a_place_with_one_sandbox_has_no_interval_however_many_the_others_have() {
    let (a, mut b) = (seen(&Side::default(), 1), seen(&far(), 2));
    let region = b[0].environment.region.clone();
    for one in b.iter_mut().filter(|one| one.environment.region == region) {
        one.environment.sandbox = Some("the only one".to_owned());
    }
    assert_eq!(account_of(&a, &b).no_interval, Some(NoInterval::Sandboxes { more: 1 }));
}

#[test]
fn one_after_the_other_within_a_window_is_not_at_the_same_time() {
    let (mut a, mut b) = (seen(&Side::default(), 1), seen(&Side { name: "b", ..Side::default() }, 2));
    let h1 = |a: &[Seen], b: &[Seen]| account_of(a, b).verdicts[0].clone();
    let slots = |seen: &mut [Seen], from_ms: i64| {
        for (index, one) in (0_i64..).zip(seen) {
            one.sample.slot_ms =
                Some(parallax::measurement::units::UnixMillis(1_767_225_600_000 + from_ms + index * 2_000));
        }
    };
    slots(&mut a, 0);
    slots(&mut b, 1_000);
    assert_eq!((h1(&a, &b).code, h1(&a, &b).claim), ("H1", Claim::Refuted), "in turns");
    slots(&mut b, 2_000 * a.len() as i64);
    let apart = h1(&a, &b);
    assert_eq!((apart.claim, apart.ms), (Claim::Undecided, None));
}

#[test]
fn all_cold_against_all_warm_does_not_refute_the_cold_start() {
    let b = seen(&far(), 2);
    let is_cold = |one: &&Seen| {
        let first = one.sample.invocation.as_ref().map(|invocation| invocation.init);
        first == Some(parallax::measurement::environment::Init::Cold)
    };
    let (mut cold, mut warm) = (Source::default(), Source::default());
    b.iter().filter(is_cold).for_each(|one| cold.add(&one.sample, &one.environment, Some(one.reported_ms)));
    b.iter().filter(|one| !is_cold(one)).for_each(|one| warm.add(&one.sample, &one.environment, Some(one.reported_ms)));
    let account = Case::new(warm, cold).unwrap().account(&question(Statistic::Mean));
    let h3 = account.verdicts.iter().find(|verdict| verdict.code == "H3").unwrap();
    assert_ne!(h3.claim, Claim::Refuted, "{h3:?}");
}
