//! The embedded road from a sample to the archive: the same arrival and decision as behind a queue.

use std::sync::Arc;

use parallax::adapters::agent::{Identity, Keep, Kept};
use parallax::adapters::archive::Archive;
use parallax::adapters::clock;
use parallax::archive::error::ArchiveError;
use parallax::archive::port::{Append, Forget, Known, Miss as _, Slots};
use parallax::archive::selection::Window;
use parallax::intake::arrival::decode;
use parallax::intake::plan::decide;
use parallax::measurement::environment::Environment;
use parallax::measurement::identity::Vantage;
use parallax::measurement::miss::{Miss, Reason};
use parallax::measurement::units::UnixMillis;
use parallax::measurement::wire::{Message, Record};
use parallax::probe::schedule::order::Line;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

use crate::exit::Problem;

/// An archive and who writes to it.
pub(super) struct Keeper {
    archive: Archive,
    vantage: Vantage,
    environment: Environment,
    runtime: Runtime,
    /// Rung when samples were kept, where they are sent on.
    bell: Option<Arc<Notify>>,
}

impl Keeper {
    pub(super) fn new(archive: Archive, identity: &Identity, bell: Option<Arc<Notify>>) -> Result<Self, Problem> {
        let archive = if bell.is_some() { archive.to_be_shipped() } else { archive };
        let runtime = Builder::new_current_thread().build().map_err(Problem::unfinished)?;
        let (vantage, environment) = (identity.vantage.clone(), identity.environment.clone());
        Ok(Self { archive, vantage, environment, runtime, bell })
    }
}

impl Keep for Keeper {
    fn keep(&mut self, records: &[Record]) -> Result<Kept, ArchiveError> {
        let samples = records.iter().map(|record| record.sample.clone()).collect();
        let message = Message::new(self.environment.clone(), samples);
        let bytes = match serde_json::to_vec(&message) {
            Ok(bytes) => bytes,
            Err(error) => return Ok(Kept { ids: Vec::new(), refused: vec![error.to_string()] }),
        };
        let arrivals = decode(&bytes, clock::wall());
        let known = self.runtime.block_on(self.archive.known(&arrivals.sound))?;
        let plan = decide(arrivals, &known);
        self.runtime.block_on(self.archive.append(&plan.fresh))?;
        if let Some(bell) = &self.bell {
            bell.notify_one();
        }
        let fresh = plan.fresh.into_iter().map(|record| record.sample.id);
        Ok(Kept {
            ids: fresh.chain(plan.repeated).collect(),
            refused: plan.poison.iter().map(|poison| poison.reason.to_string()).collect(),
        })
    }

    fn slots(&mut self, line: &Line, from: UnixMillis) -> Result<Vec<UnixMillis>, ArchiveError> {
        let window = Window { from, to: Window::ALWAYS.to };
        self.runtime.block_on(self.archive.slots(&line.target, &self.vantage, &line.method, window))
    }

    fn miss(&mut self, line: &Line, slots: &[UnixMillis], reason: Reason) -> Result<(), ArchiveError> {
        let miss = |slot: &UnixMillis| Miss {
            target: line.target.clone(),
            vantage: self.vantage.clone(),
            method: line.method.clone(),
            slot_ms: *slot,
            reason,
        };
        let missed: Vec<Miss> = slots.iter().map(miss).collect();
        self.runtime.block_on(self.archive.miss(&missed))
    }

    fn forget_before(&mut self, moment: UnixMillis) -> Result<u64, ArchiveError> {
        self.runtime.block_on(self.archive.forget_before(moment))
    }
}
