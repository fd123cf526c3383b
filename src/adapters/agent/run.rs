//! The agent's own thread: what is due is begun, what ended is handed on, and the end is orderly.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::adapters::clock;
use crate::measurement::identity::{Method, TargetId};
use crate::measurement::units::UnixMillis;
use crate::measurement::wire::Record;
use crate::probe::schedule::order::{Line, Placed, place};
use crate::probe::schedule::turn::{Missed, Schedule, Turn};

use super::end::{AgentError, Ended};
use super::event::{Event, Journal};
use super::inbox::{Happened, Inbox};
use super::tally::Tally;
use super::tell::tell;
use super::work::{Task, Worker};
use super::write::{Order, Writer};
use super::{Agent, Keep};

/// The wall clock is looked at this often at least: it can be set, and the host can sleep.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Runs until it is asked to stop, or until its one slot is done.
///
/// # Errors
/// See [`AgentError`]; what could be kept is kept even then.
pub fn run(
    agent: Agent,
    mut keeper: Box<dyn Keep>,
    journal: Box<dyn Journal>,
    inbox: Inbox,
) -> Result<Ended, AgentError> {
    let now = clock::wall();
    let placed = place(agent.lines.clone());
    let lines: Vec<Line> = placed.iter().map(|placed| placed.line.clone()).collect();
    let mut schedule = if agent.once { Schedule::only_now(placed, now) } else { Schedule::begin(placed, now) };
    let kept: Result<Vec<_>, _> = lines.iter().map(|line| keeper.slots(line, line.grid.slot_of(now))).collect();
    let mut kept = kept?;
    schedule.resume(now, |line| std::mem::take(&mut kept[line]));

    let (events, told) = channel();
    let (orders, ordered) = channel();
    let teller = {
        let agent = inbox.sender.clone();
        thread::Builder::new().name("tell".to_owned()).spawn(move || tell(&told, journal, &agent))?
    };
    let writer = Writer { keeper, keep: agent.keep, agent: inbox.sender.clone(), events: events.clone() };
    let ended = inbox.sender.clone();
    thread::Builder::new().name("write".to_owned()).spawn(move || {
        let farewell = writer.write(&ordered);
        let _ = ended.send(Happened::Written { lost: farewell.lost, reason: farewell.reason });
    })?;
    let workers = (0..agent.in_flight.get())
        .map(|_| Worker::start(agent.identity.clone(), agent.probers.clone(), inbox.sender.clone()))
        .collect::<Result<Vec<_>, _>>()?;
    let homes = lines.iter().map(|line| line.target.clone()).collect::<std::collections::BTreeSet<TargetId>>();
    let homes = homes.into_iter().enumerate().map(|(i, target)| (target, i % workers.len().max(1))).collect();
    // A redirect chain may be cut at its own limit and still write its last words; twice the limit is generous.
    let patience = agent.targets.values().map(|target| target.timeouts.total * 2).max().unwrap_or_default();

    let mut course = Course {
        agent,
        schedule,
        lines,
        homes,
        workers,
        events,
        orders: Some(orders),
        tally: Tally::default(),
        patience,
    };
    let outcome = course.run(&inbox.receiver);
    drop(course);
    if !matches!(outcome, Ok(Ended::AtOnce)) {
        // Its channel is closed, so it ends as soon as it has told everything.
        let _ = teller.join();
    }
    outcome
}

struct Course {
    agent: Agent,
    schedule: Schedule,
    lines: Vec<Line>,
    /// Which worker keeps the connections of which page.
    homes: HashMap<TargetId, usize>,
    workers: Vec<Worker>,
    events: Sender<Event>,
    /// Gone once nothing more will be measured.
    orders: Option<Sender<Order>>,
    tally: Tally,
    patience: Duration,
}

/// How far the end has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Measuring,
    /// No exchange begins; the slots of the archive are being asked for.
    Asking,
    /// No exchange begins any more; those that run have until then.
    Stopping(Instant),
    /// The rest is being written.
    Writing,
}

impl Course {
    fn run(&mut self, happenings: &Receiver<Happened>) -> Result<Ended, AgentError> {
        let mut stage = Stage::Measuring;
        let mut broken = None;
        loop {
            let mut pause = LOOK_EVERY;
            if stage == Stage::Measuring {
                pause = match self.begin_due(clock::wall()) {
                    Begun::Wait(pause) => pause.min(LOOK_EVERY),
                    Begun::ClockWentBack => {
                        stage = Stage::Asking;
                        LOOK_EVERY
                    }
                    Begun::NoWorker => {
                        broken.get_or_insert_with(|| "a measuring thread broke down".to_owned());
                        Duration::ZERO
                    }
                };
                if self.schedule.is_over() {
                    stage = Stage::Stopping(Instant::now());
                }
            }
            if broken.is_some() && matches!(stage, Stage::Measuring | Stage::Asking) {
                stage = self.stopping();
            }
            if let Stage::Stopping(until) = stage {
                let running = self.running();
                if running == 0 || Instant::now() >= until {
                    if running > 0 {
                        self.tell(Event::Cut { running });
                    }
                    self.orders = None;
                    stage = Stage::Writing;
                } else {
                    pause = pause.min(until.saturating_duration_since(Instant::now()));
                }
            }
            match happenings.recv_timeout(pause) {
                Err(RecvTimeoutError::Timeout) => {}
                // This side holds a sender through the inbox, so it cannot happen; an end is the only answer.
                Err(RecvTimeoutError::Disconnected) => return Ok(Ended::InOrder),
                Ok(Happened::Measured { line, record }) => self.ended(line, record),
                Ok(Happened::Slots(mut slots)) if stage == Stage::Asking => {
                    self.schedule
                        .resume(clock::wall(), |line| slots.get_mut(line).map(std::mem::take).unwrap_or_default());
                    stage = Stage::Measuring;
                }
                Ok(Happened::Slots(_)) => {}
                Ok(Happened::Stop) if matches!(stage, Stage::Measuring | Stage::Asking) => stage = self.stopping(),
                Ok(Happened::Stop) => return Ok(Ended::AtOnce),
                Ok(Happened::Unheard) if matches!(stage, Stage::Measuring | Stage::Asking) => stage = self.stopping(),
                Ok(Happened::Unheard) => {}
                Ok(Happened::NoProber(reason)) => broken = Some(reason),
                Ok(Happened::Written { lost: 0, reason }) if reason.is_empty() => {
                    return broken.map_or(Ok(Ended::InOrder), |reason| Err(AgentError::NoProber(reason)));
                }
                Ok(Happened::Written { lost, reason }) => return Err(AgentError::Lost { lost, reason }),
            }
        }
    }

    /// Begins all that is due and can begin.
    fn begin_due(&mut self, now: UnixMillis) -> Begun {
        loop {
            let (workers, homes) = (&self.workers, &self.homes);
            let turn = self.schedule.turn(now, |placed| worker_for(placed, workers, homes).is_some());
            for event in self.tally.settled(self.schedule.settled_before()) {
                self.tell(event);
            }
            match turn {
                Turn::Wait(until) => return Begun::Wait(until.since(clock::wall())),
                Turn::Missed(missed) => self.missed(&missed),
                Turn::Start { line, slot } => {
                    if !self.give(line, slot) {
                        return Begun::NoWorker;
                    }
                }
                Turn::ClockWentBack => {
                    self.tell(Event::ClockWentBack);
                    let from = self.lines.iter().map(|line| line.grid.slot_of(now)).min().unwrap_or(now);
                    self.order(Order::Slots(self.lines.clone(), from));
                    return Begun::ClockWentBack;
                }
            }
        }
    }

    fn give(&mut self, line: usize, slot: UnixMillis) -> bool {
        let Some(placed) = self.schedule.lines().nth(line) else { return false };
        let Line { target, method, .. } = placed.line.clone();
        let worker = worker_for(placed, &self.workers, &self.homes).and_then(|i| self.workers.get_mut(i));
        match (worker, self.agent.targets.get(&target)) {
            (Some(worker), Some(target)) => worker.give(Task { line, target: target.clone(), method, slot }),
            _ => false,
        }
    }

    fn ended(&mut self, line: usize, record: Box<Record>) {
        self.schedule.ended(line);
        if let Some(worker) = self.workers.iter_mut().find(|worker| worker.busy == Some(line)) {
            worker.busy = None;
        }
        if let Some(news) = self.tally.count(line, &record) {
            self.tell(news);
        }
        for event in self.tally.settled(self.schedule.settled_before()) {
            self.tell(event);
        }
        self.order(Order::Keep(record));
    }

    fn missed(&self, missed: &Missed) {
        if let Some(line) = self.lines.get(missed.line) {
            let (target, method) = (line.target.clone(), line.method.clone());
            let Missed { first, count, reason, .. } = *missed;
            self.tell(Event::Missed { target, method, first, count, reason });
            self.order(Order::Miss(line.clone(), missed.clone()));
        }
    }

    fn stopping(&self) -> Stage {
        self.tell(Event::Stopping { running: self.running() });
        Stage::Stopping(Instant::now() + self.patience)
    }

    fn running(&self) -> usize {
        self.workers.iter().filter(|worker| worker.busy.is_some()).count()
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // A writer that has given up says so in its own last message.
            let _ = orders.send(order);
        }
    }

    fn tell(&self, event: Event) {
        let _ = self.events.send(event);
    }
}

enum Begun {
    Wait(Duration),
    ClockWentBack,
    NoWorker,
}

/// The page's own worker, which keeps its connections; another one will do where no connection is kept.
fn worker_for(placed: &Placed, workers: &[Worker], homes: &HashMap<TargetId, usize>) -> Option<usize> {
    let idle = |i: usize| workers.get(i).is_some_and(|worker| worker.busy.is_none());
    let home = homes.get(&placed.line.target).copied().filter(|home| idle(*home));
    match placed.line.method {
        Method::Pooled => home,
        _ => home.or_else(|| (0..workers.len()).find(|i| idle(*i))),
    }
}
