//! `parallax explain` as a person meets it: an account on every kind of page, and what bad input gets.

mod doubts;
mod failures;
mod memory;
mod pages;
mod refused;
mod to_decide;
mod totals;

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
