//! Executions of a web scenario: which of its ends belongs to which value of a step.
//!
//! A step keeps a time when its transfer ended, whatever was in the answer; the scenario keeps, a moment later, which of
//! its steps failed, and why. A transfer that failed keeps no time at all: only the scenario's end tells of it.

use crate::adapters::import::total::failed;
use crate::measurement::outcome::{Answer, Check, FailedCheck, Outcome};
use crate::measurement::units::UnixMillis;

/// A moment as Zabbix writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Seconds since 1970.
    pub clock: i64,
    /// Nanoseconds into the second.
    pub ns: u32,
}

impl Moment {
    /// In whole milliseconds, the rest cut off.
    #[must_use]
    pub fn millis(self) -> UnixMillis {
        UnixMillis(self.clock.saturating_mul(1_000).saturating_add(i64::from(self.ns / 1_000_000)))
    }

    /// This long before, in whole milliseconds.
    #[must_use]
    pub fn before(self, micros: u64) -> UnixMillis {
        let end = self.clock.saturating_mul(1_000_000).saturating_add(i64::from(self.ns / 1_000));
        UnixMillis(end.saturating_sub(i64::try_from(micros).unwrap_or(i64::MAX)).div_euclid(1_000))
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The step's transfer ended.
    Value {
        /// Its time, as it is kept.
        value: String,
        /// The HTTP status, where it is kept.
        status: Option<u16>,
    },
    /// The scenario ended.
    End {
        /// The step that failed; 0 is none.
        failed: u32,
        /// Why.
        error: Option<String>,
    },
}

/// How one check of the page ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// When.
    pub at: Moment,
    /// The time, as it is kept; absent where the transfer failed.
    pub value: Option<String>,
    /// The outcome.
    pub outcome: Outcome,
}

/// Puts values and ends together, in the order of time.
#[derive(Clone, Debug, Default)]
pub struct Executions {
    /// The step's place in its scenario.
    step: Option<u32>,
    /// A scenario's end was seen: what comes next belongs to the next execution.
    begun: bool,
    open: Vec<(Moment, String, Option<u16>)>,
}

impl Executions {
    /// Of the step in this place; where it is not known, ends tell nothing.
    #[must_use]
    pub fn new(step: Option<u32>) -> Self {
        Self { step, ..Self::default() }
    }

    /// The next event, and the checks that are decided by it.
    pub fn next(&mut self, at: Moment, event: Event) -> Vec<Ending> {
        let (failed_step, error) = match event {
            Event::Value { value, status } => {
                self.open.push((at, value, status));
                return if self.step.is_none() { self.finish() } else { Vec::new() };
            }
            Event::End { failed, error } => (failed, error),
        };
        let is_ours = failed_step != 0 && Some(failed_step) == self.step;
        let known = std::mem::replace(&mut self.begun, true);
        let last = if is_ours { self.open.pop() } else { None };
        let mut endings = self.good();
        match last {
            Some((at, value, status)) => endings.push(Ending { at, value: Some(value), outcome: unmet(status, error) }),
            // Of the first end nothing is known before it: the time may have been kept, and have been deleted.
            None if is_ours && known => endings.push(Ending { at, value: None, outcome: failed(said(error)) }),
            None => {}
        }
        endings
    }

    /// What is left at the end: nothing where scenarios have ends, since that of the last one is still to come.
    pub fn finish(&mut self) -> Vec<Ending> {
        if self.begun { Vec::new() } else { self.good() }
    }

    fn good(&mut self) -> Vec<Ending> {
        let open = std::mem::take(&mut self.open);
        open.into_iter()
            .map(|(at, value, status)| {
                let outcome = Outcome::Answered(Answer { status, ..Answer::default() });
                Ending { at, value: Some(value), outcome }
            })
            .collect()
    }
}

/// An answer that was not as required.
fn unmet(status: Option<u16>, error: Option<String>) -> Outcome {
    let reason = said(error);
    let check = if reason.starts_with("response code") { Check::Status } else { Check::BodyMatches };
    Outcome::Answered(Answer { status, failed_checks: vec![FailedCheck { check, reason }], ..Answer::default() })
}

/// A message of Zabbix may hold the whole address that was asked.
const SAID_MAX: usize = 500;

fn said(error: Option<String>) -> String {
    match error.filter(|error| !error.is_empty()) {
        Some(error) => error.chars().take(SAID_MAX).collect(),
        None => "Zabbix says that the step failed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(clock: i64) -> Moment {
        Moment { clock, ns: 0 }
    }

    fn value(text: &str) -> Event {
        Event::Value { value: text.to_owned(), status: Some(200) }
    }

    fn end(failed: u32, error: &str) -> Event {
        Event::End { failed, error: Some(error.to_owned()) }
    }

    fn play(step: Option<u32>, events: Vec<(i64, Event)>) -> Vec<(i64, Option<String>, bool)> {
        let mut executions = Executions::new(step);
        let mut endings: Vec<Ending> =
            events.into_iter().flat_map(|(clock, event)| executions.next(at(clock), event)).collect();
        endings.extend(executions.finish());
        endings.into_iter().map(|end| (end.at.clock, end.value, end.outcome.is_good())).collect()
    }

    #[test]
    fn a_transfer_that_failed_is_known_by_the_end_alone() {
        let some = |text: &str| Some(text.to_owned());
        let played = play(
            Some(2),
            vec![
                (1, value("0.1")),
                (2, end(0, "")),
                (3, end(2, "Timeout was reached")),
                (4, value("0.2")),
                (5, end(2, "response code \"500\" did not match")),
                (6, end(1, "Could not connect")),
                (7, value("0.3")),
                (8, end(3, "Could not connect")),
            ],
        );
        assert_eq!(played, [(1, some("0.1"), true), (3, None, false), (4, some("0.2"), false), (7, some("0.3"), true)]);
    }

    #[test]
    fn of_the_first_end_nothing_before_it_is_known() {
        assert_eq!(play(Some(1), vec![(1, end(1, "x")), (2, end(1, "y"))]), [(2, None, false)]);
    }

    #[test]
    fn what_has_not_ended_yet_is_left_for_later() {
        let good = (1, Some("0.1".to_owned()), true);
        for (step, events) in [
            (Some(1), vec![(1, value("0.1")), (2, end(0, "")), (3, value("0.2"))]),
            // No end was ever kept: none will come.
            (Some(1), vec![(1, value("0.1"))]),
            (None, vec![(1, value("0.1")), (2, end(1, "x"))]),
        ] {
            assert_eq!(play(step, events), std::slice::from_ref(&good));
        }
    }

    #[test]
    fn the_check_that_failed_is_called_by_its_name() {
        let check = |error: &str| match unmet(Some(500), Some(error.to_owned())) {
            Outcome::Answered(answer) => (answer.status, answer.failed_checks[0].check),
            Outcome::Failed(_) => panic!("it was answered"),
        };
        assert_eq!(check("response code \"500\" did not match any"), (Some(500), Check::Status));
        assert_eq!(check("required pattern \"x\" was not found"), (Some(500), Check::BodyMatches));
    }

    #[test]
    fn a_start_is_the_end_less_the_value() {
        let end = Moment { clock: 1_700_000_000, ns: 104_999_999 };
        assert_eq!(end.before(104_321), UnixMillis(1_700_000_000_000));
        assert_eq!(end.before(105_000), UnixMillis(1_699_999_999_999));
        assert_eq!(end.millis(), UnixMillis(1_700_000_000_104));
    }
}
