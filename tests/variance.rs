//! Where the spread lies: fleets of known make, split; pages; the command. Golden files are under
//! `tests/golden/variance`, and the test with UPDATE_GOLDEN=1 writes them anew.

use parallax::measurement::environment::Init;
use parallax::measurement::outcome::Cause;
use parallax::measurement::phase::Phase;
use parallax::measurement::units::{Micros, UnixMillis};
use parallax::measurement::wire::Record;
use parallax::report::html;
use parallax::report::latency::Scope;
use parallax::report::terminal::{Canvas, text};
use parallax::report::variance::VarianceReport;
use parallax::summary::variance::collector::{VarianceCollector, VarianceSummary, split};
use parallax::summary::variance::part::Kind;
use parallax::summary::variance::place::Factor;
use parallax::summary::variance::scale::Scale;
use parallax::summary::variance::split::{Invocations, Split};
use parallax::summary::variance::stratum::Stratum;
use proptest::prelude::*;
use serde_json::Value;

use super::support::fleet::Fleet;
use super::support::golden::assert_golden;
use super::support::samples::{Recipe, START, row};

const MADE: UnixMillis = UnixMillis(START + 86_400_000);

fn stratum(fleet: &Fleet, seed: u64) -> Stratum {
    only(split(&fleet.records(seed)))
}

fn only(mut summary: VarianceSummary) -> Stratum {
    assert_eq!(summary.strata.len(), 1);
    summary.strata.remove(0)
}

fn variance(split: &Split, kind: Kind) -> f64 {
    split.parts.iter().find(|part| part.part == kind).unwrap().variance.unwrap()
}

fn page(summary: VarianceSummary) -> VarianceReport {
    VarianceReport::new(&Scope::default(), summary, MADE)
}

fn printed(records: &[Record]) -> String {
    text(&page(split(records)).document(), Canvas::default())
}

#[track_caller]
fn shares_add_up(split: &Split) {
    let shares: f64 = split.parts.iter().filter_map(|part| part.share).sum();
    assert!((shares - 1.0).abs() < 1e-12, "{shares}");
}

/// Truth: regions 120, 160, 150; zones alike; CPU models 10 apart; sandboxes 8; second invocations +15; within 12.
#[test]
fn a_fleet_of_known_make_is_split_as_it_was_made() {
    let mut covered = [0; 4];
    for seed in 1..=40 {
        let found = stratum(&Fleet { sandboxes: 10, ..Fleet::default() }, seed);
        assert_eq!((found.shown, found.heavy_tails, found.cold), (Scale::Milliseconds, false, 60));
        let split = found.split().unwrap();
        shares_add_up(split);
        let near = |kind, truth: f64, room: f64| {
            let found = variance(split, kind);
            assert!((found - truth).abs() < room, "seed {seed}: {kind:?} {found} against {truth}");
        };
        near(Kind::Region, 2_600.0 / 9.0, 190.0);
        near(Kind::AvailabilityZone, 0.0, 12.0);
        near(Kind::CpuModel, 25.0, 32.0);
        near(Kind::Sandbox, 64.0, 45.0);
        near(Kind::Rest, 144.0, 25.0);
        let holds = |interval: parallax::statistics::interval::Interval, truth: f64| {
            usize::from(interval.lower.unwrap() <= truth && truth <= interval.upper.unwrap())
        };
        let contrast = |factor, name: &str, sign: f64, truth: f64| {
            let found = split.contrasts.iter().find(|c| c.factor == factor).unwrap();
            let truth = if found.name == name { truth } else { sign * truth };
            holds(found.interval.unwrap(), truth)
        };
        covered[0] += contrast(Factor::CpuModel, "Processor 2", -1.0, 10.0);
        let second = split.invocations.iter().find(|effect| effect.invocations == Invocations::Second).unwrap();
        covered[1] += holds(second.interval, 15.0);
        covered[2] += holds(found.cold_start_ms.unwrap().interval.unwrap(), 90.0 - 15.0 / 19.0);
        let icc = split.sandbox.unwrap();
        covered[3] += holds(icc.interval, 64.0 / 208.0);
    }
    // Of 40 intervals of 95 %, 34 or fewer hold in 0.5 % of cases.
    assert!(covered.iter().all(|count| *count >= 35), "{covered:?}");
}

#[test]
fn equal_places_and_sandboxes_get_next_to_nothing() {
    let alike = Fleet {
        regions: vec![("eu-west-1", "lambda/eu-west-1/1769", 100.0), ("us-east-1", "lambda/us-east-1/1769", 100.0)],
        sandboxes: 10,
        between: 0.0,
        processor: 0.0,
        second: 0.0,
        ..Fleet::default()
    };
    for seed in 1..=10 {
        let found = stratum(&alike, seed);
        let split = found.split().unwrap();
        shares_add_up(split);
        let rest = split.parts.iter().find(|part| part.part == Kind::Rest).unwrap().share.unwrap();
        assert!(rest > 0.93, "seed {seed}: {split:?}");
        assert_eq!(split.sandbox.unwrap().interval.lower, Some(0.0));
    }
}

#[test]
fn the_page_and_its_json_are_as_promised() {
    let mut records = Fleet::default().records(7);
    records[5] = Recipe { failed: Some((Phase::Connect, Cause::Timeout)), ..Recipe::default() }.record();
    records[5].sample.vantage = records[6].sample.vantage.clone();
    let host = Recipe { method: "curl", invocation: 1, ..Recipe::default() };
    records.extend(row(&host, 30));
    records.extend(row(&Recipe { vantage: "host/osaka", elapsed_us: 90_000, ..host }, 30));
    let report = page(split(&records));
    assert!(report.says_something());
    assert_golden("variance/fleet.txt", &text(&report.document(), Canvas::default()));
    assert_golden("variance/narrow-ascii.txt", &text(&report.document(), Canvas { width: 72, ascii: true }));
    assert_golden("variance/fleet.html", &html::page(&report.document()));
    assert_golden("variance/fleet.json", &(report.json() + "\n"));
}

#[test]
fn the_order_of_samples_changes_not_one_digit() {
    let mut records = Fleet::default().records(3);
    let there = page(split(&records)).json();
    records.reverse();
    assert_eq!(page(split(&records)).json(), there);
    let half = records.len() / 2;
    records.rotate_left(half / 3);
    assert_eq!(page(split(&records)).json(), there);
}

#[test]
fn failures_and_cold_starts_are_counted_and_stay_out() {
    let mut records = Fleet::default().records(4);
    let before = only(split(&records));
    let mut more: Vec<Record> = records.iter().take(50).cloned().collect();
    for (at, record) in more.iter_mut().enumerate() {
        let down = Recipe { failed: Some((Phase::Tls, Cause::Timeout)), elapsed_us: 9_000_000, ..Recipe::default() };
        let environment = record.environment.clone();
        let vantage = record.sample.vantage.clone();
        *record = down.nth(at as u32).record();
        (record.environment, record.sample.vantage) = (environment, vantage);
    }
    records.extend(more);
    let after = only(split(&records));
    assert_eq!((after.failures, after.samples), (before.failures + 50, before.samples + 50));
    assert_eq!((&after.milliseconds, &after.logarithms), (&before.milliseconds, &before.logarithms));
    for record in records.iter_mut().filter(|record| record.sample.invocation.is_some_and(|i| i.init == Init::Cold)) {
        record.sample.elapsed_us = Micros(60_000_000);
    }
    let colder = only(split(&records));
    assert_eq!(colder.milliseconds, before.milliseconds);
    assert!(colder.cold_start_ms.unwrap().difference > 50_000.0);
}

#[test]
fn few_and_very_slow_samples_turn_the_page_to_logarithms() {
    let stuck = Fleet { stuck_every: Some(101), between: 25.0, within: 4.0, ..Fleet::default() };
    let found = stratum(&stuck, 5);
    assert!(found.heavy_tails, "{found:?}");
    assert_eq!(found.shown, Scale::Logarithms);
    shares_add_up(found.split().unwrap());
    let printed = printed(&stuck.records(5));
    assert!(printed.contains("Heavy tails") && printed.contains("deviation, factor"), "{printed}");
}

#[test]
fn too_few_sandboxes_give_no_split_and_say_how_many_more() {
    // Two zones of 3 in each of three regions: 18 of 20, and 6 of 5 in each region.
    let few = Fleet { sandboxes: 3, ..Fleet::default() };
    let found = stratum(&few, 6);
    assert_eq!((found.needs.sandboxes, found.needs.more_sandboxes), (18, 2));
    let parts = found.split().unwrap();
    shares_add_up(parts);
    assert!(parts.sandbox.is_none() && parts.invocations.is_empty());
    assert!(parts.parts.iter().any(|part| part.part == Kind::SandboxAndRest && part.share.is_some()));
    assert!(parts.contrasts.iter().all(|contrast| contrast.interval.is_none() && contrast.difference.is_some()));
    let page = printed(&few.records(6));
    assert!(page.contains("Cannot say") && page.contains("At least 2 more sandboxes"), "{page}");
    // The parts of the plain split are the variance itself.
    let total: f64 = parts.parts.iter().filter_map(|part| part.variance).sum();
    let n = found.warm as f64;
    assert!((total - parts.deviation.unwrap().powi(2) * (n - 1.0) / n).abs() < 1e-9 * total);
    // Enough in all, one region short.
    let mut records = Fleet { sandboxes: 12, ..Fleet::default() }.records(6);
    records.retain(|record| {
        let sandbox = record.environment.sandbox.as_deref().unwrap();
        !sandbox.starts_with("us-east-1") || sandbox.starts_with("us-east-1/0/") && sandbox.len() == 13
    });
    let short = only(split(&records));
    assert_eq!(short.needs.regions.len(), 0, "{:?}", short.needs);
    records.retain(|record| {
        let sandbox = record.environment.sandbox.as_deref().unwrap();
        !sandbox.starts_with("us-east-1") || ["us-east-1/0/0", "us-east-1/0/1"].contains(&sandbox)
    });
    let short = only(split(&records));
    assert_eq!((short.needs.more_sandboxes, short.needs.regions[0].region.as_str()), (3, "us-east-1"));
    assert!(short.split().unwrap().sandbox.is_none());
    // Two invocations each are too few.
    let brief = stratum(&Fleet { invocations: 3, ..Fleet::default() }, 6);
    assert_eq!((brief.needs.sandboxes, brief.needs.sandboxes_with_too_few), (0, 36));
}

#[test]
fn a_host_beside_functions_does_not_hide_what_lies_between_their_sandboxes() {
    let fleet = Fleet { sandboxes: 10, ..Fleet::default() };
    let dealt = only(split(&fleet.records(7)));
    let mut records = fleet.records(7);
    records.extend(row(&Recipe { vantage: "host/tokyo", ..Recipe::default() }, 200));
    let beside = only(split(&records));
    let correlation = |stratum: &Stratum| stratum.milliseconds.as_ref().unwrap().sandbox;
    assert_eq!(correlation(&beside), correlation(&dealt));
    assert!(correlation(&dealt).is_some());
    assert_eq!((&beside.needs, beside.hosts_left_out.as_slice()), (&dealt.needs, &["host/tokyo".to_owned()][..]));
    shares_add_up(beside.split().unwrap());
    let said = printed(&records);
    for wanted in ["sandboxes hold", "Left out of the question of sandboxes: host/tokyo.", "`--vantage NAME`"] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    assert!(!said.contains("more sandbox") && !said.contains("Too few in"), "{said}");
    // What is missing is asked of functions only.
    let mut few = Fleet { sandboxes: 1, ..Fleet::default() }.records(7);
    let alone = only(split(&few)).needs;
    few.extend(row(&Recipe { vantage: "host/tokyo", ..Recipe::default() }, 200));
    assert_eq!(only(split(&few)).needs, alone);
    assert!(alone.more_sandboxes > 0 && !printed(&few).contains("host/tokyo has"), "{}", printed(&few));
}

#[test]
fn a_host_and_its_boot_cannot_be_told_apart() {
    let mut records = row(&Recipe::default(), 40);
    let alone = page(split(&records));
    assert!(!alone.says_something());
    let told = text(&alone.document(), Canvas::default());
    for said in ["Nothing here can be split", "cannot be told apart", "its boot", "19 more", "lacks 4"] {
        assert!(told.contains(said), "{said} is missing:\n{told}");
    }
    records.extend(row(&Recipe { vantage: "host/osaka", elapsed_us: 90_000, ..Recipe::default() }, 40));
    let two = page(split(&records));
    assert!(two.says_something(), "the share between two vantages is a fact");
    let split = two.summary.strata[0].split().unwrap();
    shares_add_up(split);
    assert_eq!(split.contrasts.len(), 1);
    assert!(split.contrasts[0].interval.is_none());
}

#[test]
fn imports_name_no_sandbox_and_still_have_their_places() {
    let mut records = row(&Recipe { method: "zabbix-web", vantage: "zabbix/tokyo", ..Recipe::default() }, 30);
    records.extend(row(
        &Recipe { method: "zabbix-web", vantage: "zabbix/osaka", elapsed_us: 50_000, ..Recipe::default() },
        30,
    ));
    for record in &mut records {
        record.environment = parallax::measurement::environment::Environment::default();
        record.sample.invocation = None;
    }
    let found = only(split(&records));
    assert_eq!((found.without_sandbox, found.warm, found.needs.sandboxes), (60, 60, 0));
    assert!(found.is_split());
    assert!(printed(&records).contains("imports carry none"));
    // Beside a fleet that names its sandboxes they stay out, and are counted.
    let mut mixed = Fleet::default().records(2);
    let fleet = only(split(&mixed));
    records.iter_mut().for_each(|record| record.sample.method = "fresh".parse().unwrap());
    mixed.extend(records);
    let mixed = only(split(&mixed));
    assert_eq!((mixed.without_sandbox, &mixed.milliseconds), (60, &fleet.milliseconds));
}

#[test]
fn one_sample_equal_samples_and_none_are_answered_honestly() {
    let none = page(split(&[]));
    assert!(!none.says_something());
    assert!(text(&none.document(), Canvas::default()).contains("No sample lies in this window"));
    let one = printed(&row(&Recipe::default(), 1));
    assert!(one.contains("Nothing here can be split"), "{one}");
    let mut equal = Fleet::default().records(1);
    equal.iter_mut().for_each(|record| record.sample.elapsed_us = Micros(70_000));
    let equal = printed(&equal);
    assert!(equal.contains("All response times are equal"), "{equal}");
    let down = row(&Recipe { failed: Some((Phase::Resolve, Cause::NameNotFound)), ..Recipe::default() }, 5);
    let down = printed(&down);
    assert!(down.contains("no warm response time") && down.contains("5 without a response time"), "{down}");
}

/// Peak memory is the rows: 200,000 records of 2 kB each would be 400 MB if they were kept.
#[test]
fn a_collector_keeps_a_row_of_each_sample() {
    let mut collector = VarianceCollector::default();
    let mut record = Recipe::default().record();
    for n in 0..200_000_u64 {
        record.sample.elapsed_us = Micros(50_000 + n % 10_007);
        record.environment.sandbox = Some(format!("sandbox-{}", n % 500));
        collector.add(&record);
    }
    let found = only(collector.finish());
    assert_eq!((found.warm, found.needs.sandboxes), (200_000, 500));
    assert!(found.split().unwrap().sandbox.unwrap().estimate < 0.01);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_record_breaks_the_page(
        rows in prop::collection::vec((any::<u64>(), 0_u8..6, 0_u8..3, prop::option::of("\\PC{0,12}"), any::<u64>()), 0..80),
        width in 0_usize..200, ascii in any::<bool>(),
    ) {
        let records: Vec<Record> = rows.into_iter().map(|(elapsed, sandbox, region, words, number)| {
            let mut record = Recipe { invocation: number, ..Recipe::default() }.record();
            record.sample.elapsed_us = Micros(elapsed);
            record.environment.sandbox = (sandbox > 0).then(|| sandbox.to_string());
            record.environment.region = (region > 0).then(|| region.to_string());
            record.environment.az_id = words.clone();
            record.environment.cpu_model = words;
            record
        }).collect();
        let report = page(split(&records));
        let page = text(&report.document(), Canvas { width, ascii });
        prop_assert!(!page.contains("NaN") && !page.contains("inf"), "{}", page);
        prop_assert!(serde_json::from_str::<Value>(&report.json()).is_ok());
        for stratum in &report.summary.strata {
            for split in [&stratum.milliseconds, &stratum.logarithms].into_iter().flatten() {
                let shares: f64 = split.parts.iter().filter_map(|part| part.share).sum();
                prop_assert!(shares == 0.0 || (shares - 1.0).abs() < 1e-9);
            }
        }
    }
}

#[test]
fn words_from_outside_do_no_harm() {
    let mut records = Fleet::default().records(8);
    for record in &mut records {
        record.environment.cpu_model =
            record.environment.cpu_model.as_ref().map(|model| format!("{model}\u{1b}[2J\u{202e}\n"));
    }
    let page = printed(&records);
    assert!(page.contains("Processor 2"), "{page}");
    assert!(!page.chars().any(|c| c.is_control() && c != '\n' || c == '\u{202e}'), "{page:?}");
}
