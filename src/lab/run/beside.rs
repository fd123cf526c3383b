//! Our probe beside a monitor: in its place, after it.

use crate::lab::scenario::side::Way;
use crate::lab::vantage::{Command, Measures, Orders, VantageError};
use crate::measurement::wire::Record;

/// A function's sandbox measures so often, and is followed by another: with one alone, what is the sandbox's and what is the
/// place's could not be told apart.
const LIFE: u32 = 5;

/// It starts with its first measurement.
pub(super) struct Beside {
    way: Way,
    orders: Orders,
    command: Command,
    number: u32,
    measured: u32,
    at_work: Option<Box<dyn Measures>>,
}

/// Starts what measures, where it is to stand.
pub(super) type Start<'a> = dyn Fn(&Command, &Orders) -> Result<Box<dyn Measures>, VantageError> + 'a;

impl Beside {
    pub(super) fn new(way: Way, orders: Orders, command: Command) -> Self {
        Self { way, orders, command, number: 0, measured: 0, at_work: None }
    }

    /// Measures once.
    pub(super) fn measure(&mut self, start: &Start<'_>, stop: &dyn Fn() -> bool) -> Result<Record, VantageError> {
        let at_work = match &mut self.at_work {
            Some(at_work) => at_work,
            none => none.insert(new(&self.command, &self.orders, &mut self.number, start, stop)?),
        };
        let told = at_work.measure(stop)?;
        at_work.rest(stop)?;
        self.measured += 1;
        if self.way == Way::Lambda && self.measured.is_multiple_of(LIFE) {
            // Now and not before the next one, which is to be close to the monitor's.
            self.at_work = None;
            self.at_work = Some(new(&self.command, &self.orders, &mut self.number, start, stop)?);
        }
        Ok(told.record)
    }
}

/// Another one, ready to measure: the first use of a process is nobody's sample.
fn new(
    command: &Command,
    orders: &Orders,
    number: &mut u32,
    start: &Start<'_>,
    stop: &dyn Fn() -> bool,
) -> Result<Box<dyn Measures>, VantageError> {
    *number += 1;
    let sandbox = format!("{}-beside-{number}", orders.vantage.replace('/', "-"));
    let mut new = start(command, &Orders { sandbox, ..orders.clone() })?;
    new.measure(stop)?;
    new.rest(stop)?;
    Ok(new)
}
