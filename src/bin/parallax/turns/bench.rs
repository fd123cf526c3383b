//! A thread that measures, so that another one is free to hear Ctrl-C.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use parallax::measurement::identity::Method;
use parallax::measurement::wire::Record;
use parallax::probe::port::{Breaker, Measure};
use parallax::probe::target::Target;

use crate::exit::Problem;
use crate::interrupt;
use crate::measuring::Measuring;

/// How often Ctrl-C is asked about; it keeps nobody from the processor.
const STEP: Duration = Duration::from_millis(100);
/// A measurement that has not ended by then, after Ctrl-C, is left behind.
const PATIENCE: Duration = Duration::from_secs(1);

/// One page asked for in one way, as its thread has it.
pub(super) struct Place {
    pub(super) target: Target,
    pub(super) method: Method,
    pub(super) prober: Box<dyn Measure + Send>,
}

/// The thread, and what ends its measurements.
pub(super) struct Bench {
    asked: Sender<usize>,
    told: Receiver<Record>,
    breakers: Vec<Breaker>,
}

impl Bench {
    /// Starts the thread.
    pub(super) fn start(mut places: Vec<Place>, mut measuring: Measuring) -> Result<Self, Problem> {
        let breakers = places.iter().filter_map(|place| place.prober.breaker()).collect();
        let (asked, questions) = channel::<usize>();
        let (answers, told) = channel();
        let work = move || {
            for at in questions {
                let Some(Place { target, method, prober }) = places.get_mut(at) else { return };
                if answers.send(measuring.once(prober.as_mut(), target, method)).is_err() {
                    return;
                }
            }
        };
        thread::Builder::new()
            .name("measuring".to_owned())
            .spawn(work)
            .map_err(|error| Problem::unfinished(format!("cannot start a thread to measure in: {error}")))?;
        Ok(Self { asked, told, breakers })
    }

    /// Measures once; `None` where Ctrl-C came meanwhile, or before.
    ///
    /// A measurement during which it came is dropped: it may have been broken off.
    pub(super) fn once(&self, at: usize) -> Result<Option<Record>, Problem> {
        let gone = || Problem::unfinished("the measuring thread broke down; its message stands above");
        if interrupt::came() {
            return Ok(None);
        }
        self.asked.send(at).map_err(|_| gone())?;
        let mut leaving: Option<Instant> = None;
        loop {
            match self.told.recv_timeout(STEP) {
                Ok(record) => return Ok((!interrupt::came()).then_some(record)),
                Err(RecvTimeoutError::Disconnected) => return Err(gone()),
                Err(RecvTimeoutError::Timeout) if !interrupt::came() => {}
                Err(RecvTimeoutError::Timeout) => {
                    let since = *leaving.get_or_insert_with(|| {
                        self.breakers.iter().for_each(|end| end());
                        Instant::now()
                    });
                    if since.elapsed() >= PATIENCE {
                        return Ok(None);
                    }
                }
            }
        }
    }
}
