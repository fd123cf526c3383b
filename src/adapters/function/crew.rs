//! The two threads that measure.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use crate::adapters::clock;
use crate::adapters::probers::{ProberError, prober};
use crate::measurement::identity::{Method, TargetId};
use crate::measurement::sample::Observation;
use crate::probe::invocation::budget::{Allowance, Budget};
use crate::probe::port::{Breaker, Measure};
use crate::probe::target::Target;

/// Exchanges in flight at most: each makes the others slower, on a processor or less.
const HANDS: usize = 2;
/// An exchange that was told to end may take so long to say its last words.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Gives each hand a prober, in its own thread.
type Make = Arc<dyn Fn() -> Result<Box<dyn Measure + Send>, ProberError> + Send + Sync>;

/// Two threads, each with a prober of its own.
pub struct Crew {
    method: Method,
    make: Make,
    hands: Vec<Hand>,
    hired: u64,
    /// Which hand keeps the connections to which page; only where connections are kept.
    homes: HashMap<TargetId, usize>,
    tell: UnboundedSender<Told>,
    told: UnboundedReceiver<Told>,
}

/// What became of a page.
pub enum Done {
    /// It was measured.
    Observed(Box<Observation>),
    /// It was not, in the time there was: why.
    OutOfTime(&'static str),
}

/// A thread, as the crew sees it.
struct Hand {
    number: u64,
    tasks: Sender<(usize, Arc<Target>)>,
    ready: Receiver<Result<Option<Breaker>, String>>,
    breaker: Option<Breaker>,
    busy: Option<(usize, Allowance)>,
}

struct Told {
    hand: u64,
    observation: Box<Observation>,
}

impl Crew {
    /// Starts the threads; [`Crew::ready`] says whether they can measure.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(method: Method) -> std::io::Result<Self> {
        let way = method.clone();
        Self::with(method, Arc::new(move || prober(&way)))
    }

    fn with(method: Method, make: Make) -> std::io::Result<Self> {
        let (tell, told) = unbounded_channel();
        let mut crew = Self { method, make, hands: Vec::new(), hired: 0, homes: HashMap::new(), tell, told };
        for _ in 0..HANDS {
            let hand = crew.hire()?;
            crew.hands.push(hand);
        }
        Ok(crew)
    }

    fn hire(&mut self) -> std::io::Result<Hand> {
        self.hired += 1;
        let (number, make, tell) = (self.hired, self.make.clone(), self.tell.clone());
        let (tasks, mine) = channel::<(usize, Arc<Target>)>();
        let (say, ready) = channel();
        thread::Builder::new().name("measure".to_owned()).spawn(move || {
            let mut prober = match make() {
                Ok(prober) => prober,
                Err(error) => {
                    // A crew that is gone needs to know nothing.
                    let _ = say.send(Err(error.to_string()));
                    return;
                }
            };
            let _ = say.send(Ok(prober.breaker()));
            for (_, target) in mine {
                let observation = Box::new(prober.measure(&target));
                if tell.send(Told { hand: number, observation }).is_err() {
                    return;
                }
            }
        })?;
        Ok(Hand { number, tasks, ready, breaker: None, busy: None })
    }

    /// Waits until every thread can measure.
    ///
    /// # Errors
    /// One cannot: there is no curl, for instance.
    pub fn ready(&mut self) -> Result<(), String> {
        self.hands.iter_mut().try_for_each(Hand::wait)
    }

    /// Measures pages, two at a time, in their order; each has its place in the answer.
    pub async fn measure(&mut self, pages: Vec<Target>, budget: Budget) -> Vec<Done> {
        let mut done: Vec<Option<Done>> = pages.iter().map(|_| None).collect();
        let mut waiting: VecDeque<(usize, Target)> = pages.into_iter().enumerate().collect();
        loop {
            self.give(&mut waiting, &mut done, budget);
            if self.hands.iter().all(|hand| hand.busy.is_none()) {
                break;
            }
            let patience = budget.measure_until.since(clock::wall()) + LAST_WORDS;
            match timeout(patience, self.told.recv()).await {
                Ok(Some(told)) => self.take(told, &mut done),
                // This side holds a sender, so there is no end to what can be told.
                Ok(None) => break,
                Err(_) => {
                    self.give_up(&mut done);
                    break;
                }
            }
        }
        let left = || Done::OutOfTime("there was no time left to begin it");
        done.into_iter().map(|done| done.unwrap_or_else(left)).collect()
    }

    /// Gives every idle hand a page that it may take; pages that there is no time for stay without an answer.
    fn give(&mut self, waiting: &mut VecDeque<(usize, Target)>, done: &mut [Option<Done>], budget: Budget) {
        for index in 0..self.hands.len() {
            while self.hands.get(index).is_some_and(|hand| hand.busy.is_none()) {
                let Some(next) = (0..waiting.len()).find(|next| self.may_take(index, &waiting[*next].1)) else { break };
                let Some((place, mut target)) = waiting.remove(next) else { break };
                let Some(allowance) = budget.allow(target.timeouts, clock::wall()) else { continue };
                target.timeouts = allowance.timeouts;
                let Some(hand) = self.hands.get_mut(index) else { break };
                if hand.wait().is_err() || hand.tasks.send((place, Arc::new(target))).is_err() {
                    if let Some(done) = done.get_mut(place) {
                        *done = Some(Done::OutOfTime("the thread that measures could not be started"));
                    }
                    break;
                }
                hand.busy = Some((place, allowance));
            }
        }
    }

    /// A page whose connections are kept goes to the hand that has them.
    fn may_take(&mut self, index: usize, target: &Target) -> bool {
        if self.method != Method::Pooled {
            return true;
        }
        let next = self.homes.len() % HANDS;
        *self.homes.entry(target.id.clone()).or_insert(next) == index
    }

    fn take(&mut self, told: Told, done: &mut [Option<Done>]) {
        // What an abandoned hand still has to say is of a slot that was counted as missed.
        let Some(hand) = self.hands.iter_mut().find(|hand| hand.number == told.hand) else { return };
        let Some((place, allowance)) = hand.busy.take() else { return };
        let stopped = allowance.stopped(&told.observation.outcome);
        let result = if stopped {
            Done::OutOfTime("the invocation's time ended before its own limit")
        } else {
            Done::Observed(told.observation)
        };
        if let Some(done) = done.get_mut(place) {
            *done = Some(result);
        }
    }

    /// Leaves hands alone that do not come to an end; others take their places.
    fn give_up(&mut self, done: &mut [Option<Done>]) {
        for index in 0..self.hands.len() {
            let Some((place, _)) = self.hands.get_mut(index).and_then(|hand| hand.busy.take()) else { continue };
            if let Some(done) = done.get_mut(place) {
                *done = Some(Done::OutOfTime("it did not end in time"));
            }
            if let Some(end) = self.hands.get(index).and_then(|hand| hand.breaker.clone()) {
                end();
            }
            if let Ok(fresh) = self.hire()
                && let Some(hand) = self.hands.get_mut(index)
            {
                *hand = fresh;
            }
        }
    }
}

impl Hand {
    /// Until its prober is made; at once from then on.
    fn wait(&mut self) -> Result<(), String> {
        if let Ok(said) = self.ready.recv() {
            self.breaker = said?;
            let (say, ready) = channel();
            drop(say);
            self.ready = ready;
        }
        Ok(())
    }
}
