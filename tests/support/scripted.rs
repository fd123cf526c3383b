//! Scripted stand-ins for the agent's neighbours: a prober that does as told, and an archive that can refuse.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use parallax::adapters::agent::event::{Event, Journal};
use parallax::adapters::agent::{Keep, Kept};
use parallax::adapters::clock;
use parallax::archive::error::ArchiveError;
use parallax::measurement::identity::{SampleId, TargetId};
use parallax::measurement::local::Local;
use parallax::measurement::miss::Reason;
use parallax::measurement::outcome::{Answer, Cause, Failure, Outcome};
use parallax::measurement::phase::Phase;
use parallax::measurement::sample::Observation;
use parallax::measurement::units::{Micros, UnixMillis};
use parallax::measurement::wire::Record;
use parallax::probe::port::Measure;
use parallax::probe::schedule::order::Line;
use parallax::probe::target::Target;

/// What a scripted exchange does.
pub enum Act {
    Answer,
    Fail,
    /// Does not end before the other side of the channel is gone.
    Hang(Receiver<()>),
    Panic,
}

/// Acts in turn, and answers once they are used up.
pub struct ScriptedProber {
    pub acts: Arc<Mutex<Vec<Act>>>,
}

impl Measure for ScriptedProber {
    fn measure(&mut self, target: &Target) -> Observation {
        let act = self.acts.lock().unwrap().pop();
        let answered = Outcome::Answered(Answer { status: Some(200), ..Answer::default() });
        let outcome = match act {
            None | Some(Act::Answer) => answered,
            Some(Act::Hang(gone)) => {
                let _ = gone.recv();
                answered
            }
            Some(Act::Fail) => {
                Outcome::Failed(Failure { phase: Phase::Wait, cause: Cause::Timeout, detail: String::new() })
            }
            Some(Act::Panic) => panic!("as the script says"),
        };
        Observation {
            started_at: clock::wall(),
            elapsed: Micros(1),
            asked: target.asked(),
            outcome,
            hops: Vec::new(),
            local: Local::default(),
            curl: None,
            clock_suspect: false,
        }
    }
}

/// An archive in memory that takes nothing while it is `full`.
#[derive(Clone, Default)]
pub struct ScriptedKeeper {
    pub full: Arc<Mutex<bool>>,
    pub records: Arc<Mutex<HashMap<SampleId, Record>>>,
    pub missed: Arc<Mutex<Vec<(TargetId, UnixMillis, Reason)>>>,
}

fn full() -> ArchiveError {
    ArchiveError::Unusable { verb: "write", place: "memory".to_owned(), reason: "the disk is full".to_owned() }
}

impl Keep for ScriptedKeeper {
    fn keep(&mut self, records: &[Record]) -> Result<Kept, ArchiveError> {
        if *self.full.lock().unwrap() {
            return Err(full());
        }
        let mut kept = self.records.lock().unwrap();
        kept.extend(records.iter().map(|record| (record.sample.id.clone(), record.clone())));
        Ok(Kept { ids: records.iter().map(|record| record.sample.id.clone()).collect(), refused: Vec::new() })
    }

    fn slots(&mut self, line: &Line, from: UnixMillis) -> Result<Vec<UnixMillis>, ArchiveError> {
        let kept = self.records.lock().unwrap();
        let same = |record: &&Record| record.sample.target == line.target && record.sample.method == line.method;
        let slots = kept.values().filter(same).filter_map(|record| record.sample.slot_ms);
        Ok(slots.filter(|slot| *slot >= from).collect())
    }

    fn miss(&mut self, line: &Line, slots: &[UnixMillis], reason: Reason) -> Result<(), ArchiveError> {
        if *self.full.lock().unwrap() {
            return Err(full());
        }
        self.missed.lock().unwrap().extend(slots.iter().map(|slot| (line.target.clone(), *slot, reason)));
        Ok(())
    }

    fn forget_before(&mut self, moment: UnixMillis) -> Result<u64, ArchiveError> {
        let mut kept = self.records.lock().unwrap();
        let before = kept.len();
        kept.retain(|_, record| record.sample.started_at_ms >= moment);
        Ok((before - kept.len()).try_into().unwrap())
    }
}

/// Hands every event to the test.
pub struct ScriptedJournal(Sender<Event>);

pub struct Told(Receiver<Event>);

pub fn journal() -> (ScriptedJournal, Told) {
    let (sender, receiver) = channel();
    (ScriptedJournal(sender), Told(receiver))
}

impl Journal for ScriptedJournal {
    fn take(&mut self, event: &Event) -> std::io::Result<()> {
        self.0.send(event.clone()).map_err(|_| std::io::ErrorKind::BrokenPipe.into())
    }
}

impl Told {
    /// The next event that something can be made of; a minute without one fails the test.
    pub fn wait<T>(&self, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
        loop {
            let event = self.0.recv_timeout(Duration::from_secs(60)).expect("the agent has not told it");
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    }
}
