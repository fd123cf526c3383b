//! What a function watches: the pages of its region's table, and the values of their headers.

use std::time::Duration;

use tokio::task::{JoinError, JoinHandle};
use tokio::time::timeout;

use crate::adapters::aws::parameters::{Parameters, Values};
use crate::adapters::aws::targets::{Listing, Targets};
use crate::measurement::units::UnixMillis;
use crate::probe::fleet::Page;
use crate::probe::invocation::kept::is_old;
use crate::probe::target::{Secret, Target};

/// For the table, and again for the parameters: both are in the function's own region.
const PATIENCE: Duration = Duration::from_millis(2_500);

/// The table, and what was last read of it.
pub struct Watched {
    targets: Targets,
    parameters: Parameters,
    kept: Option<Kept>,
    reading: Option<JoinHandle<Result<Read, String>>>,
}

/// What was read.
pub struct Kept {
    /// The pages, and the rows that are none.
    pub listing: Listing,
    values: Values,
    read_at: UnixMillis,
}

/// What was read, and what could not be.
type Read = (Kept, Option<String>);

impl Watched {
    /// With nothing read.
    #[must_use]
    pub fn new(targets: Targets, parameters: Parameters) -> Self {
        Self { targets, parameters, kept: None, reading: None }
    }

    /// Begins to read, and waits for it for so long; [`Watched::refresh`] waits for the rest.
    pub async fn begin(&mut self, now: UnixMillis, patience: Duration) {
        let (targets, parameters) = (self.targets.clone(), self.parameters.clone());
        let mut reading = tokio::spawn(async move { read(&targets, &parameters, &Values::new(), now).await });
        match timeout(patience, &mut reading).await {
            Ok(read) => drop(self.take(read)),
            Err(_) => self.reading = Some(reading),
        }
    }

    /// Reads the table and the parameters where what is kept is too old.
    ///
    /// # Errors
    /// They cannot be read; what was kept before still is.
    pub async fn refresh(&mut self, now: UnixMillis) -> Result<(), String> {
        if let Some(reading) = self.reading.take() {
            // What is wrong with it is told by the reading that then follows.
            let _ = self.take(reading.await);
        }
        if self.kept.as_ref().is_some_and(|kept| !is_old(kept.read_at, now)) {
            return Ok(());
        }
        let nothing = Values::new();
        let before = self.kept.as_ref().map_or(&nothing, |kept| &kept.values);
        let read = read(&self.targets, &self.parameters, before, now).await;
        self.take(Ok(read))
    }

    fn take(&mut self, read: Result<Result<Read, String>, JoinError>) -> Result<(), String> {
        let (kept, unread) = read.map_err(|error| error.to_string())??;
        self.kept = Some(kept);
        unread.map_or(Ok(()), Err)
    }

    /// What was last read.
    #[must_use]
    pub fn kept(&self) -> Option<&Kept> {
        self.kept.as_ref()
    }
}

async fn read(targets: &Targets, parameters: &Parameters, before: &Values, now: UnixMillis) -> Result<Read, String> {
    let listing = match timeout(PATIENCE, targets.list()).await {
        Ok(listing) => listing.map_err(|failure| failure.to_string())?,
        Err(_) => return Err("the table of targets gave no answer in time".to_owned()),
    };
    let names: Vec<String> =
        listing.pages.iter().flat_map(|page| page.parameters.iter().map(|parameter| parameter.name.clone())).collect();
    if names.is_empty() {
        return Ok((Kept { listing, values: Values::new(), read_at: now }, None));
    }
    Ok(match timeout(PATIENCE, parameters.values(names)).await {
        Ok(read) => (Kept { listing, values: with_those_before(read, before), read_at: now }, None),
        Err(_) => {
            let unread = "the parameters gave no answer in time".to_owned();
            (Kept { listing, values: before.clone(), read_at: now }, Some(unread))
        }
    })
}

/// A value that cannot be had for the moment is still that of the last reading.
fn with_those_before(read: Values, before: &Values) -> Values {
    let last = |name: &String| before.get(name).filter(|value| value.is_ok()).cloned();
    read.into_iter()
        .map(|(name, value)| match value {
            Err(failure) if failure.kind.may_pass() => {
                let value = last(&name).unwrap_or(Err(failure));
                (name, value)
            }
            value => (name, value),
        })
        .collect()
}

impl Kept {
    /// Whether the table was read for this moment, or so shortly before that it did not have to be.
    #[must_use]
    pub fn is_fresh(&self, now: UnixMillis) -> bool {
        !is_old(self.read_at, now)
    }

    /// A page as it is asked, its headers complete.
    ///
    /// # Errors
    /// A header's value is not to be had, or cannot be sent: without it another page would be measured.
    pub fn complete(&self, page: &Page) -> Result<Target, String> {
        let mut target = page.target.clone();
        for parameter in &page.parameters {
            let value = match self.values.get(&parameter.name) {
                Some(Ok(value)) => value,
                Some(Err(failure)) => return Err(format!("the header `{}`: {failure}", parameter.header)),
                None => return Err(format!("the header `{}`: {} was not read", parameter.header, parameter.name)),
            };
            if let Some(wrong) = unsendable(value) {
                let (header, name) = (&parameter.header, &parameter.name);
                return Err(format!(
                    "the header `{header}` cannot be sent: the value of {name} has {wrong}; take it out"
                ));
            }
            target.headers.push((parameter.header.clone(), value.clone()));
        }
        Ok(target)
    }
}

fn unsendable(value: &Secret) -> Option<&'static str> {
    let value = value.expose();
    let wrong = value.chars().find(|c| c.is_control() && *c != '\t' || !c.is_ascii());
    match wrong {
        Some('\r' | '\n') => Some("a line break"),
        Some(c) if c.is_control() => Some("a control character"),
        Some(_) => Some("a character that is not ASCII"),
        None if value.trim() != value => Some("a space at its beginning or end"),
        None => None,
    }
}
