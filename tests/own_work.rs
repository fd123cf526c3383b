//! What an account says of work that only one side shows: a process that starts and ends outside of its own number.

use std::fs;

use parallax::explain::account::{Account, Case};
use parallax::explain::cause::Cause;
use parallax::explain::own_work::OwnWork;
use parallax::explain::question::{Question, Statistic};
use parallax::explain::source::{FailureGap, Source};
use parallax::lab::site::TlsOffer;
use parallax::measurement::environment::Environment;
use parallax::measurement::identity::{Method, Vantage};
use parallax::measurement::phase::Phase;
use parallax::measurement::sample::{CurlRun, Sample};
use parallax::measurement::units::Micros;
use parallax::report::account::Explained;
use parallax::report::document::Document;
use parallax::report::html;
use parallax::report::terminal::{Canvas, text};
use parallax::statistics::level::Level;

use super::replay::{pairs, pairs_trusting};
use super::simulator::{Seen, Side, sample, shocks};
use super::support::golden::assert_golden;

fn source(samples: &[Sample]) -> Source {
    let mut source = Source::default();
    samples.iter().for_each(|sample| source.add(sample, &Environment::default(), None));
    source
}

/// As a probe of ours sees it, `work` milliseconds of processor time in each.
fn thread(own: u64, work: f64) -> Vec<Sample> {
    let side = Side { name: "a", cpu: work, definition: 0.0, ..Side::default() };
    let seen = sample(&side, own, 120, &shocks(5, 120), false);
    seen.into_iter().map(|Seen { sample, .. }| sample).collect()
}

/// The same page by a process that works `more` longer within its number, and `outside` before and after it; it is kept
/// waiting for `held` there.
fn process(own: u64, more: u64, outside: u64, held: u64) -> Vec<Sample> {
    let mut samples = thread(own, 2.0);
    for sample in &mut samples {
        let within = sample.local.cpu_us.unwrap() + Micros(more);
        sample.method = Method::Curl;
        sample.elapsed_us += Micros(more);
        sample.curl = Some(CurlRun {
            time_total_us: sample.elapsed_us,
            process_us: sample.elapsed_us + Micros(outside + held),
            processes: 1,
            user_cpu_us: Some(within),
            system_cpu_us: Some(Micros(outside)),
            ..CurlRun::default()
        });
        sample.local.cpu_us = Some(within + Micros(outside));
        sample.local.run_delay_us = None;
        let hop = &mut sample.hops[0];
        for phase in Phase::ALL {
            if let Some(time) = hop.phases.slot(phase) {
                (time.network_us, time.cpu_us, time.run_delay_us) = (None, None, None);
            }
        }
        hop.phases.slot(Phase::Tls).as_mut().unwrap().elapsed_us += Micros(more);
        if let Some(connection) = &mut hop.connection {
            connection.tcp = None;
        }
    }
    samples
}

fn account(a: &[Sample], b: &[Sample], statistic: Statistic) -> Account {
    let question = Question { replicates: 60, ..Question::new(statistic, 7) };
    Case::new(source(a), source(b)).unwrap().account(&question)
}

fn work(a: &[Sample], b: &[Sample]) -> OwnWork {
    account(a, b, Statistic::Mean).own_work.unwrap()
}

fn page(a: &[Sample], b: &[Sample]) -> Document {
    let median = account(a, b, Statistic::Percentile(Level::P50));
    let mean = account(a, b, Statistic::Mean);
    let failures = FailureGap::of(&source(a), &source(b));
    let mut page = Document::new("Two programs".to_owned());
    Explained::new(failures, Ok((median, Some(mean))), Vec::new(), Vec::new()).onto(&mut page, false);
    page
}

#[test]
fn what_a_process_worked_more_is_a_bound_of_the_gap() {
    let (a, b) = (thread(1, 2.0), process(2, 4_000, 15_000, 0));
    let found = work(&a, &b);
    assert_eq!(found.bound_at, 1);
    let [ours, theirs] = found.within_ms;
    // Nothing kept the process waiting, so that the bound is all that there is to know.
    let truth = b.iter().map(|one| one.local.cpu_us.unwrap().as_millis() - 15.0).sum::<f64>() / b.len() as f64;
    assert!((theirs - truth).abs() < 1e-9, "{theirs} {truth}");
    assert!((found.more_ms.unwrap() - (theirs - ours)).abs() < 1e-12 && theirs > ours + 3.0, "{found:?}");
    assert!((found.process_ms - theirs - 15.0).abs() < 1e-9);
    // No row is made of a bound, and the rest is what it was.
    let told = account(&a, &b, Statistic::Mean);
    assert_eq!(found.of_gap_ms, Some(told.gap_ms));
    assert!(told.rows.iter().all(|row| row.cause != Cause::Cpu));
    // Kept waiting outside, it may have worked less within: the bound gives way by as much, and down to nothing.
    let held = work(&a, &process(2, 4_000, 15_000, 3_000));
    assert!((theirs - held.within_ms[1] - 3.0).abs() < 1e-9, "{held:?}");
    let lost = work(&a, &process(2, 4_000, 15_000, 60_000));
    assert_eq!((lost.within_ms[1], lost.more_ms), (0.0, None));
    // Turned round, the same bound is A's.
    let back = work(&b, &a);
    assert_eq!((back.bound_at, back.within_ms, back.more_ms), (0, [theirs, ours], found.more_ms));
    assert_eq!(back.of_gap_ms, Some(-told.gap_ms));
}

#[test]
fn where_both_show_it_or_neither_there_is_a_row_or_nothing() {
    let (ours, curl) = (thread(1, 2.0), process(2, 4_000, 15_000, 0));
    assert_eq!(account(&ours, &thread(2, 6.0), Statistic::Mean).own_work, None);
    assert_eq!(account(&curl, &curl, Statistic::Mean).own_work, None);
    let mut untold = curl.clone();
    untold
        .iter_mut()
        .for_each(|sample| sample.curl = Some(CurlRun { user_cpu_us: None, ..sample.curl.clone().unwrap() }));
    assert_eq!(account(&ours, &untold, Statistic::Mean).own_work, None);
    // One that does not tell counts as none: the bound holds for all of them.
    let mut once = curl.clone();
    once[0].curl.as_mut().unwrap().user_cpu_us = None;
    assert!(work(&ours, &once).within_ms[1] < work(&ours, &curl).within_ms[1]);
}

/// One place, one time, and a way of measuring each: the whole gap is H2's though no row of H2 shows it, and a page that
/// says *supported* says why.
#[test]
fn what_is_judged_by_design_says_why() {
    let (ours, curl) = (thread(1, 2.0), process(2, 9_000, 15_000, 0));
    let told = account(&ours, &curl, Statistic::Mean);
    assert!(told.verdicts[1].by_design, "{:?}", told.verdicts[1]);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let page = page(&ours, &curl);
    for printed in [text(&page, Canvas::default()), html::page(&page)] {
        let said = words(&printed);
        assert!(said.contains("H2 is judged by design: both sides measured from one place that stays"), "{said}");
    }
    let mut elsewhere = thread(3, 9.0);
    elsewhere.iter_mut().for_each(|sample| sample.vantage = Vantage::new("host/elsewhere").unwrap());
    let apart = words(&text(&self::page(&ours, &elsewhere), Canvas::default()));
    assert!(!apart.contains("by design"), "{apart}");
}

/// What a program that does not tell its work calls receiving holds that work: beside one that tells, it is no transfer.
#[test]
fn work_within_a_large_body_is_no_transfer() {
    let receiving = |samples: &mut [Sample], us: u64| {
        for sample in samples {
            let hop = &mut sample.hops[0];
            let time = hop.phases.slot(Phase::Receive).as_mut().unwrap();
            time.elapsed_us += Micros(us);
            if let Some(network) = &mut time.network_us {
                *network += Micros(us);
            }
            sample.elapsed_us += Micros(us);
            if let Some(run) = &mut sample.curl {
                run.time_total_us = sample.elapsed_us;
                run.process_us += Micros(us);
            }
        }
    };
    let ms = |told: &Account, cause: Cause| told.rows.iter().find(|row| row.cause == cause).map(|row| row.ms);
    let (ours, mut curl) = (thread(1, 2.0), process(2, 0, 0, 0));
    receiving(&mut curl, 20_000);
    let told = account(&ours, &curl, Statistic::Mean);
    assert_eq!(ms(&told, Cause::Transfer), None, "{:?}", told.rows);
    assert!(told.gap_ms > 18.0 && ms(&told, Cause::Residual).unwrap() > 15.0, "{:?}", told.rows);
    // Where both tell, the very same difference is transfer.
    let mut slower = thread(2, 2.0);
    receiving(&mut slower, 20_000);
    let told = account(&ours, &slower, Statistic::Mean);
    assert!(ms(&told, Cause::Transfer).unwrap() > 15.0, "{:?}", told.rows);
}

#[test]
fn the_page_says_how_much_of_the_gap_is_work() {
    let (a, b) = (thread(1, 2.0), process(2, 4_000, 15_000, 0));
    let page = page(&a, &b);
    let printed = text(&page, Canvas::default());
    assert_golden("explain/own-work.txt", &printed);
    assert!(html::page(&page).contains("a bound, not an interval"));
    // What waiting hides is not claimed, in no sentence.
    let silent = text(&self::page(&a, &process(2, 4_000, 15_000, 60_000)), Canvas::default());
    assert!(
        silent.contains("at least 0")
            && !silent.contains("of the gap's")
            && !silent.contains("works more")
            && !silent.contains("beyond what")
    );
    // A bound that is more than the gap says so, and not that it is a part of it.
    let mut faster = b;
    faster.iter_mut().for_each(|sample| {
        sample.elapsed_us = Micros(sample.elapsed_us.0 - 3_500);
        sample.hops[0].phases.slot(Phase::Wait).as_mut().unwrap().elapsed_us.0 -= 3_500;
        let run = sample.curl.as_mut().unwrap();
        run.time_total_us = sample.elapsed_us;
        run.process_us = run.process_us.saturating_sub(Micros(3_500));
    });
    assert!(text(&self::page(&a, &faster), Canvas::default()).contains("more than the gap of"));
}

/// Samples of each side.
fn sides(pairs: &[[Sample; 2]]) -> [Vec<Sample>; 2] {
    [0, 1].map(|side: usize| pairs.iter().map(|pair| pair[side].clone()).collect())
}

fn reading_many_authorities() -> OwnWork {
    let [fresh, curl] = sides(&pairs_trusting(TlsOffer::Both, |authority| {
        let one = fs::read(authority).unwrap();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        (0..1_500).for_each(|_| std::io::Write::write_all(&mut file, &one).unwrap());
        Some(file)
    }));
    work(&fresh, &curl)
}

/// curl reads its authorities within its number, `fresh` before it: over HTTPS that is work that only curl has to do.
#[test]
fn the_real_curl_reading_many_authorities_is_seen_to_work() {
    // A busy machine takes away from the bound, and never adds to it: any run in which it shows is enough.
    let found = (0..6)
        .map(|_| reading_many_authorities())
        .inspect(|found| {
            assert!(found.bound_at == 1 && found.within_ms[1] <= found.process_ms, "{found:?}");
            assert!(found.more_ms.is_none_or(|more| more <= found.of_gap_ms.unwrap() + 50.0), "{found:?}");
        })
        .find(|found| found.more_ms.is_some_and(|more| more > 5.0))
        .expect("curl works for longer than it is kept waiting");
    // Over plain HTTP there is nothing to compute, whatever starting a process takes.
    let [fresh, curl] = sides(&pairs(TlsOffer::Plain));
    let plain = work(&fresh, &curl);
    assert!(plain.within_ms[1] < found.within_ms[1] / 2.0, "{plain:?} {found:?}");
}
