//! From a row to a record.

use std::io::Read;
use std::time::Duration;

use crate::measurement::outcome::{Answer, Outcome};
use crate::measurement::units::{Micros, UnixMillis};
use crate::measurement::wire::Record;

use super::fault::{Fault, TableFault, shown};
use super::identity::Names;
use super::mapping::{Empty, Mapping, TimeAt};
use super::table::{Place, Row, Table};
use super::total::{Total, failed};

/// How long before its slot a check may begin: the two may be rounded differently.
const EARLY_MAX: Duration = Duration::from_secs(60);
/// How long after its slot a check may begin.
const LATE_MAX: Duration = Duration::from_secs(86_400);

/// Reads rows as a mapping says.
#[derive(Debug)]
pub struct Rows<'m> {
    mapping: &'m Mapping,
    now: UnixMillis,
    names: Names,
    time: Place,
    value: Place,
    status: Option<Place>,
    slot: Option<Place>,
    failed: Vec<(Place, &'m str)>,
}

/// How a check ended, as far as the row tells.
struct Ending {
    elapsed: Option<Micros>,
    outcome: Outcome,
}

impl<'m> Rows<'m> {
    /// Finds the columns.
    ///
    /// # Errors
    /// One of them is not there.
    pub fn new<R: Read>(mapping: &'m Mapping, table: &Table<R>, now: UnixMillis) -> Result<Self, TableFault> {
        let (time, value) = (table.find(&mapping.time)?, table.find(&mapping.value)?);
        let failed = mapping
            .failed
            .iter()
            .map(|cell| {
                let place = cell.column.as_ref().map_or(Ok(value.clone()), |column| table.find(column))?;
                Ok((place, cell.text.as_str()))
            })
            .collect::<Result<_, TableFault>>()?;
        Ok(Self {
            mapping,
            now,
            names: Names::new(&mapping.origin),
            time,
            status: mapping.status.as_ref().map(|column| table.find(column)).transpose()?,
            slot: mapping.slot.as_ref().map(|column| table.find(column)).transpose()?,
            value,
            failed,
        })
    }

    /// The row's record; nothing where the row is to be left out.
    ///
    /// # Errors
    /// The first cell that does not fit.
    pub fn record(&mut self, row: &Row) -> Result<Option<Record>, Fault> {
        row.whole()?;
        let Some(ending) = self.ending(row)? else { return Ok(None) };
        let time = self.moment(row, &self.time)?;
        let slot = match &self.slot {
            Some(place) if !row.text(place)?.is_empty() => Some(self.moment(row, place)?),
            _ => None,
        };
        let id = self.names.next(time, ending.elapsed).map_err(|error| row.fault(&self.time, error.to_string()))?;
        let elapsed = ending.elapsed.unwrap_or_default();
        let started = match self.mapping.time_at {
            TimeAt::Start => time,
            TimeAt::End => time.minus(elapsed.into()),
        };
        self.near(row, slot, started)?;
        let total = Total { id, slot, started, elapsed, outcome: ending.outcome };
        Ok(Some(total.record(&self.mapping.origin)))
    }

    /// Records so far with the time and the value of an earlier one of the same table.
    #[must_use]
    pub fn again(&self) -> u64 {
        self.names.again()
    }

    fn near(&self, row: &Row, slot: Option<UnixMillis>, started: UnixMillis) -> Result<(), Fault> {
        match (&self.slot, slot) {
            (Some(place), Some(slot)) if slot.since(started) > EARLY_MAX || started.since(slot) > LATE_MAX => Err(row
                .fault(
                    place,
                    "it lies over a minute after the time or over a day before it; is it the slot?".to_owned(),
                )),
            _ => Ok(()),
        }
    }

    fn moment(&self, row: &Row, place: &Place) -> Result<UnixMillis, Fault> {
        self.mapping.clock.read(row.text(place)?, self.now).map_err(|reason| row.fault(place, reason))
    }

    fn ending(&self, row: &Row) -> Result<Option<Ending>, Fault> {
        let value = row.text(&self.value)?;
        let elapsed = || self.mapping.decimal.read(value).map_err(|reason| row.fault(&self.value, reason));
        for (place, text) in &self.failed {
            if row.text(place)? == *text {
                // The failing cell may be the value itself; another monitor keeps the time until it gave up.
                let detail = format!("the import says {} in {}", shown(text), place.name());
                return Ok(Some(Ending { elapsed: elapsed().ok(), outcome: failed(detail) }));
            }
        }
        let status = self.status(row)?;
        if status == Some(0) {
            let outcome = failed("the import says status 0".to_owned());
            return Ok(Some(Ending { elapsed: elapsed().ok(), outcome }));
        }
        if value.is_empty() {
            return match self.mapping.empty {
                Empty::Skip => Ok(None),
                Empty::Failed => {
                    Ok(Some(Ending { elapsed: None, outcome: failed("the import has no value".to_owned()) }))
                }
                Empty::Refuse => {
                    Err(row.fault(&self.value, "it is empty; say what that means: --empty failed or skip".to_owned()))
                }
            };
        }
        let outcome = Outcome::Answered(Answer { status, ..Answer::default() });
        Ok(Some(Ending { elapsed: Some(elapsed()?), outcome }))
    }

    fn status(&self, row: &Row) -> Result<Option<u16>, Fault> {
        let Some(place) = &self.status else { return Ok(None) };
        match row.text(place)? {
            "" => Ok(None),
            text => match text.parse::<u16>() {
                Ok(status @ (0 | 100..=999)) => Ok(Some(status)),
                _ => Err(row.fault(
                    place,
                    format!("{} is not an HTTP status; for another word see --failed COLUMN=TEXT", shown(text)),
                )),
            },
        }
    }
}
