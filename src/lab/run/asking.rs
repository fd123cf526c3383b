//! Requests of one side: met by its site and its name server as their turn says, told of or seen.

use std::net::Ipv6Addr;
use std::time::{Duration, Instant};

use super::ground::{Ground, started};
use super::watched::Seen;
use super::{Asked, RunError, duration, io};
use crate::adapters::clock;
use crate::lab::delaybox::ELSEWHERE;
use crate::lab::resolver::Manner;
use crate::lab::scenario::side::Way;
use crate::lab::schedule::Turn;
use crate::lab::vantage::{Command, Orders, Told, VantageError, forget};
use crate::measurement::phase::Phase;
use crate::measurement::units::UnixMillis;
use crate::measurement::wire::Record;

/// Beside the vantage's own address over IPv6, and nothing answers there.
const DEAD_IPV6: Ipv6Addr = Ipv6Addr::new(0xfd77, 0x7061, 0x7261, 0, 0, 0, 0, 2);
/// A monitor that checks every second has checked long before.
const CHECKED: Duration = Duration::from_secs(90);
/// Between two checks of one Zabbix the site is quiet for less: there it reads its authorities.
const QUIET: Duration = Duration::from_millis(150);
/// How often it is looked whether it has.
const STEP: Duration = Duration::from_millis(2);
/// Beyond the packets still under way when the site has answered: reading and decrypting them.
const READ: Duration = Duration::from_millis(60);

/// One request: told of, or seen only; and what the probe beside it measured.
pub(super) struct Answered {
    pub(super) request: Result<Asked, Seen>,
    pub(super) beside: Option<Record>,
}

impl Ground {
    /// One request.
    pub(super) fn ask(&mut self, turn: Turn, stop: &dyn Fn() -> bool) -> Result<Answered, RunError> {
        if stop() {
            return Err(VantageError::Stopped.into());
        }
        let watches = self.side.method == Way::Zabbix;
        let request = if watches { Err(self.watch(turn, stop)?) } else { Ok(self.tell(turn, stop)?) };
        if self.beside.is_none() {
            return Ok(Answered { request, beside: None });
        }
        if self.side.switches {
            let what = "the monitor's checks leave no time between them for the probe beside it";
            Self::until(what, stop, || self.served.is_quiet(QUIET).then_some(()))?;
        }
        // What the one before used of their share of a processor is back.
        std::thread::sleep(duration(2.0 * self.side.period_ms.0));
        self.meet(&turn)?;
        let (near, share) = (&self.near, self.share.as_ref());
        let start = |command: &Command, orders: &Orders| started(orders.way, command, near, share, orders, stop);
        let beside = self.beside.as_mut().map(|beside| beside.measure(&start, stop)).transpose()?;
        self.free = Instant::now();
        Ok(Answered { request, beside })
    }

    /// Waits for a check that a monitor makes by itself.
    fn watch(&self, turn: Turn, stop: &dyn Fn() -> bool) -> Result<Seen, RunError> {
        self.meet(&turn)?;
        let (from, from_wall) = (Instant::now(), clock::wall());
        let what = "no check of the monitor reached the site in a minute and a half";
        let heard = Self::until(what, stop, || self.served.answered_since(from, turn.redirected))?;
        std::thread::sleep(duration(4.0 * self.side.path.delay_ms.0) + READ);
        let waited = i64::try_from(heard.saturating_duration_since(from).as_millis()).unwrap_or(i64::MAX);
        let aside = self.served.aside_until(heard);
        Ok(Seen { turn, free: self.free, aside, heard, heard_wall: UnixMillis(from_wall.0.saturating_add(waited)) })
    }

    /// Waits until there is something, for a minute and a half.
    fn until<T>(
        what: &'static str,
        stop: &dyn Fn() -> bool,
        mut look: impl FnMut() -> Option<T>,
    ) -> Result<T, RunError> {
        let from = Instant::now();
        loop {
            if let Some(found) = look() {
                return Ok(found);
            }
            if stop() {
                return Err(VantageError::Stopped.into());
            }
            if from.elapsed() > CHECKED {
                return Err(RunError::Unseen { what });
            }
            std::thread::sleep(STEP);
        }
    }

    /// All that a monitor of that kind has kept; nothing of others.
    pub(super) fn kept(&mut self) -> Result<Vec<Record>, RunError> {
        Ok(self.vantage.kept(&|| false)?)
    }

    fn tell(&mut self, turn: Turn, stop: &dyn Fn() -> bool) -> Result<Asked, RunError> {
        if turn.cold {
            self.renew(stop)?;
        }
        self.meet(&turn)?;
        let (told, [from, to]) = self.measure(stop)?;
        let ms = |nanos: u64| nanos as f64 / 1e6;
        let record = if self.side.tells_delay { told.record } else { untold(told.record) };
        Ok(Asked { turn, record, from, to, cpu_ms: ms(told.cpu_ns), stolen_ms: ms(told.delay_ns) })
    }

    /// What is told, and from when to when it took.
    fn measure(&mut self, stop: &dyn Fn() -> bool) -> Result<(Told, [Instant; 2]), VantageError> {
        if let Some(holder) = &self.holder {
            holder.engage(self.vantage.process());
        }
        let from = Instant::now();
        let told = self.vantage.measure(stop);
        let to = Instant::now();
        if let Some(holder) = &self.holder {
            holder.release();
        }
        let told = told?;
        self.vantage.rest(stop)?;
        Ok((told, [from, to]))
    }

    /// Another process, whose program has to be read anew.
    fn renew(&mut self, stop: &dyn Fn() -> bool) -> Result<(), RunError> {
        let orders = self.orders_anew();
        self.vantage.end();
        forget(&self.command.program).map_err(io("drop the program of a vantage from the page cache"))?;
        self.vantage = started(self.side.method, &self.command, &self.near, self.share.as_ref(), &orders, stop)?;
        Ok(())
    }

    fn meet(&self, turn: &Turn) -> Result<(), RunError> {
        self.resolver.meet(Manner {
            delay: duration(turn.dns_ms),
            instead: turn.elsewhere.then_some(ELSEWHERE),
            ipv6: turn.dead_ipv6.then_some(DEAD_IPV6),
            deaf: turn.deaf,
        });
        self.served.meet(turn)
    }
}

/// As from a kernel that does not tell how long a thread was ready and did not run.
fn untold(mut record: Record) -> Record {
    record.sample.local.run_delay_us = None;
    for hop in &mut record.sample.hops {
        for phase in Phase::ALL {
            hop.phases.slot(phase).iter_mut().for_each(|time| time.run_delay_us = None);
        }
    }
    record
}
