//! The catalogue, and those who count on it.

use std::collections::BTreeSet;

use parallax::cost::bill::{Terms, bill};
use parallax::cost::deployment::{Arm, Deployment};
use parallax::cost::prices::{Architecture, BUILT_IN, Prices};
use parallax::metrics::alarm::ALARMS;
use parallax::metrics::catalogue::{Metric, NAMESPACE, Per, Publisher, derived_series, lines};
use parallax::metrics::observed::observed;
use parallax::metrics::wanted::{CHOICES, Wanted};
use parallax::probe::fleet::aws;
use parallax::report::json::pretty;
use serde_json::json;

use super::from_region;
use crate::support::golden::assert_golden;
use crate::support::samples::{Recipe, START};

#[test]
fn the_catalogue_is_as_published() {
    let catalogue = json!({ "namespace": NAMESPACE, "metrics": lines(), "alarms": ALARMS });
    assert_golden("metrics/catalogue.json", &pretty(&catalogue));
}

/// A fleet of so many regions with one arm each; `targets` pages, all of them watched by each.
fn deployment(regions: usize, targets: usize, wanted: Wanted) -> Deployment {
    let arm = |region| Arm {
        region: format!("eu-west-{region}"),
        memory_mb: 1_769,
        method: "fresh".to_owned(),
        every: vec![1; targets],
    };
    let chosen = [("latency", wanted.latency), ("availability", wanted.availability)];
    Deployment {
        home: "eu-west-1".to_owned(),
        arms: (0..regions).map(arm).collect(),
        targets: targets as u32,
        slow_targets: 0,
        metrics: chosen.into_iter().filter(|(_, chosen)| *chosen).map(|(word, _)| word.to_owned()).collect(),
        keep_days: 90.0,
        tick_minutes: 1,
    }
}

fn billed(item: &str, deployment: &Deployment) -> f64 {
    let terms = Terms { architecture: Architecture::X86, free_allowances: false };
    let bill = bill(&Prices::parse(BUILT_IN).unwrap(), deployment, terms).unwrap();
    bill.lines.iter().find(|line| line.service == "CloudWatch" && line.item == item).unwrap().quantity
}

#[test]
fn the_bill_counts_the_series_and_alarms_that_there_are() {
    for (regions, targets) in [(1, 1), (3, 2), (10, 20)] {
        let deployment = deployment(regions, targets, Wanted::ALL);
        assert_eq!(billed("derived series", &deployment), derived_series(regions, targets) as f64);
        assert_eq!(billed("alarms", &deployment), ALARMS.len() as f64);
    }
}

#[test]
fn the_bill_counts_the_series_that_a_batch_makes() {
    for wanted in ["latency", "availability", "latency,availability"].map(|words| words.parse::<Wanted>().unwrap()) {
        let pages = ["front", "search"];
        let records: Vec<_> = (0..3)
            .flat_map(|region| pages.map(|target| (format!("eu-west-{region}"), target)))
            .map(|(region, target)| from_region(&region, Recipe { target, ..Recipe::default() }))
            .collect();
        let observed = observed(&records, wanted, records[0].sample.started_at_ms);
        let of_sources: BTreeSet<_> = observed
            .datums
            .iter()
            .map(|datum| datum.series())
            .filter(|series| series.metric().entry().per == Per::Source)
            .collect();
        let deployment = deployment(3, pages.len(), wanted);
        assert_eq!(of_sources.len() as f64, billed("series of targets", &deployment), "{wanted:?}");
    }
}

#[test]
fn a_fleet_file_can_choose_what_the_catalogue_says_and_nothing_else() {
    let words = [aws::Metric::Latency, aws::Metric::Availability].map(aws::Metric::as_str);
    assert_eq!(words, CHOICES.map(|(word, _)| word));
    assert_eq!(words.join(",").parse(), Ok(Wanted::ALL));
    let of_choice = |metric: &Metric| metric.entry().by == Publisher::ChosenSamples;
    let chosen: Vec<Metric> = Metric::ALL.into_iter().filter(of_choice).collect();
    assert_eq!(chosen, CHOICES.map(|(_, metric)| metric));
}

#[test]
fn what_is_not_chosen_is_not_published() {
    let record = from_region("eu-west-1", Recipe::default());
    let published = |wanted| {
        let observed = observed([&record], wanted, parallax::measurement::units::UnixMillis(START));
        observed.datums.iter().map(|datum| datum.series().metric()).collect::<Vec<_>>()
    };
    let always = [Metric::ColdStarts, Metric::SamplesArchivedOnly];
    assert_eq!(published(Wanted::default()), always);
    assert_eq!(published("latency".parse().unwrap()), [Metric::Latency, always[0], always[1]]);
    assert_eq!(published("availability".parse().unwrap()), [Metric::Availability, always[0], always[1]]);
}
