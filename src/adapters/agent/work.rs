//! The threads that measure: one exchange at a time each, with probers of their own.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::measurement::identity::Method;
use crate::measurement::sample::Identity as SampleIdentity;
use crate::measurement::units::UnixMillis;
use crate::measurement::wire::Record;
use crate::probe::port::Measure;
use crate::probe::target::Target;

use super::inbox::Happened;
use super::{Identity, Probers};

/// One exchange to make.
pub(super) struct Task {
    pub(super) line: usize,
    pub(super) target: Arc<Target>,
    pub(super) method: Method,
    pub(super) slot: UnixMillis,
}

/// A measuring thread as the agent sees it.
pub(super) struct Worker {
    tasks: Sender<Task>,
    /// The line it is busy with.
    pub(super) busy: Option<usize>,
}

impl Worker {
    pub(super) fn start(
        identity: Arc<Identity>,
        probers: Arc<Probers>,
        agent: Sender<Happened>,
    ) -> std::io::Result<Self> {
        let (tasks, mine) = channel();
        thread::Builder::new().name("measure".to_owned()).spawn(move || {
            let _fallen = Fallen(agent.clone());
            if let Err(reason) = work(&mine, &identity, &*probers, &agent) {
                // An agent that has ended needs to know nothing.
                let _ = agent.send(Happened::NoProber(reason));
            }
        })?;
        Ok(Self { tasks, busy: None })
    }

    /// Hands over a task; false where the thread is gone.
    pub(super) fn give(&mut self, task: Task) -> bool {
        self.busy = Some(task.line);
        self.tasks.send(task).is_ok()
    }
}

/// Tells the agent when a panic ends the thread.
struct Fallen(Sender<Happened>);

impl Drop for Fallen {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = self.0.send(Happened::NoProber("a measuring thread broke down".to_owned()));
        }
    }
}

fn work(
    tasks: &Receiver<Task>,
    identity: &Identity,
    probers: &Probers,
    agent: &Sender<Happened>,
) -> Result<(), String> {
    let mut mine: HashMap<Method, Box<dyn Measure>> = HashMap::new();
    for task in tasks {
        let prober = match mine.entry(task.method.clone()) {
            Entry::Occupied(made) => made.into_mut(),
            Entry::Vacant(place) => place.insert(probers(&task.method)?),
        };
        let invocation = (identity.invocation)();
        let observation = prober.measure(&task.target);
        let sample = observation.named(SampleIdentity {
            id: (identity.name)(),
            target: task.target.id.clone(),
            vantage: identity.vantage.clone(),
            method: task.method,
            slot: Some(task.slot),
            slot_guessed: false,
            invocation: Some(invocation),
        });
        let record = Box::new(Record::new(sample, identity.environment.clone()));
        if agent.send(Happened::Measured { line: task.line, record }).is_err() {
            break;
        }
    }
    Ok(())
}
