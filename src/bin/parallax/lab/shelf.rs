//! Runs of a suite that are kept: each a folder as `lab run` leaves it, from which it is scored again without being made again.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use parallax::adapters::archive::Mode;
use parallax::archive::port::Scan;
use parallax::archive::selection::{Selection, Source, Window};
use parallax::lab::run::Run;
use parallax::lab::scenario::Scenario;
use parallax::lab::schedule::{Turn, schedule};
use parallax::lab::score::suite::Cell;
use parallax::lab::score::{Injected, Score, measured, score};
use parallax::lab::truth::Truth;
use parallax::measurement::wire::Record;
use parallax::report::json;
use serde::Deserialize;

use super::machine::Machine;
use super::outputs::{Outputs, SAMPLES, TRUTH};
use crate::archive;
use crate::exit::Problem;

/// What a run was made on.
const MACHINE: &str = "machine.json";

/// A folder of runs.
pub(super) struct Shelf<'a>(pub(super) &'a Path);

/// The part of a truth file that says what both sides were like, and which sample was which request.
#[derive(Deserialize)]
struct Made {
    scenario: Like,
    requests: Vec<Request>,
}

#[derive(Deserialize)]
struct Like {
    sides: serde_json::Value,
}

#[derive(Deserialize)]
struct Request {
    sample: String,
    side: usize,
}

impl Shelf<'_> {
    fn folder(&self, cell: &Cell) -> PathBuf {
        self.0.join(format!("{}@{}-{}", cell.scenario, cell.rounds, cell.seed))
    }

    /// It is there, whole.
    pub(super) fn has(&self, cell: &Cell) -> bool {
        // Written last.
        self.folder(cell).join(MACHINE).exists()
    }

    /// A run that is there, scored, and the machine that it was made on.
    pub(super) fn find(&self, cell: &Cell) -> Result<(Score, Machine), String> {
        let folder = self.folder(cell);
        let failed =
            |why: String| format!("the run kept in {}: {why}; remove that folder to make it anew", folder.display());
        let read =
            |path: &Path| fs::read_to_string(path).map_err(|error| failed(format!("{}: {error}", path.display())));
        let machine: Machine =
            serde_json::from_str(&read(&folder.join(MACHINE))?).map_err(|error| failed(error.to_string()))?;
        let truth = read(&folder.join(TRUTH))?;
        let injected: Injected = serde_json::from_str(&truth).map_err(|error| failed(error.to_string()))?;
        let made: Made = serde_json::from_str(&truth).map_err(|error| failed(error.to_string()))?;
        let scenario = Scenario::named(&cell.scenario).map_err(|error| error.to_string())?;
        if serde_json::to_value(&scenario.sides).is_ok_and(|today| today != made.scenario.sides) {
            return Err(failed("the scenario was another when it was made".to_owned()));
        }
        let mut samples = samples(&folder.join(SAMPLES)).map_err(failed)?;
        let turns = schedule(&scenario.sides, cell.rounds, cell.seed);
        if made.requests.len() != turns.len() {
            return Err(failed(format!("{} requests, not {}", made.requests.len(), turns.len())));
        }
        let mut asked: Vec<(Turn, Record)> = Vec::with_capacity(turns.len());
        for (turn, request) in turns.into_iter().zip(made.requests) {
            let record = samples.remove(&request.sample);
            let record = record.ok_or_else(|| failed(format!("sample {} is not in its archive", request.sample)))?;
            if turn.side != request.side {
                return Err(failed("its schedule is not that of this version".to_owned()));
            }
            asked.push((turn, record));
        }
        let measured: Vec<(Turn, &Record)> = asked.iter().map(|(turn, record)| (*turn, record)).collect();
        let score =
            score(&scenario, &injected, &measured, None, cell.rounds).map_err(|error| failed(error.to_string()))?;
        Ok((score, machine))
    }

    /// Keeps a run that was made.
    pub(super) fn keep(&self, cell: &Cell, run: &Run, truth: &Truth, machine: &Machine) -> Result<(), String> {
        let folder = self.folder(cell);
        // What a killed suite left of it, or a run that was disturbed.
        for name in [MACHINE, SAMPLES, TRUTH] {
            match fs::remove_file(folder.join(name)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(format!("cannot remove {}: {error}", folder.join(name).display()));
                }
                _ => (),
            }
        }
        let mut outputs = Outputs::prepare(&folder).map_err(Problem::words)?;
        let records: Vec<Record> = measured(run).into_iter().map(|(_, record)| record.clone()).collect();
        outputs.keep(&records).map_err(Problem::words)?;
        let texts = [(TRUTH, json::pretty(truth)), (MACHINE, json::pretty(machine))];
        outputs.write(&texts.each_ref().map(|(name, text)| (*name, text.as_str()))).map_err(Problem::words)?;
        Ok(())
    }
}

/// All samples of an archive by their ids.
fn samples(path: &Path) -> Result<HashMap<String, Record>, String> {
    let mut samples = HashMap::new();
    let all = Selection { source: Source::default(), window: Window::ALWAYS };
    let read = archive::with(&format!("sqlite:{}", path.display()), Mode::Read, async |archive| {
        let mut visit = |record: Record| drop(samples.insert(record.sample.id.to_string(), record));
        Ok(archive.scan(&all, &mut visit).await?)
    });
    read.map_err(Problem::words)?;
    Ok(samples)
}
