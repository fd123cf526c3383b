//! A page as one row of a table that AWS's probes read, and back: JSON with the keys of a `[[target]]`.
//!
//! A row may be written by hand, so it goes through the very checks of a fleet file. What equals a default is left out,
//! except for `every`, `methods` and `timeout`, which a fleet file may say for all pages.

mod ordered;
mod write;

use std::fmt;

use crate::probe::schedule::tick::Tick;

use self::ordered::Ordered;
use super::finding::{FleetError, Mistake, Position, shown};
use super::{Page, parse};

/// The newest schema of a row that this program reads, and the one it writes.
pub const SCHEMA: u64 = 1;
/// The largest row, in bytes: a table of DynamoDB takes 400 KB an item, names included.
pub const BYTES_MAX: usize = 390_000;

/// The deepest nesting of a row: readers of TOML and JSON have limits of their own beyond it.
const DEPTH_MAX: usize = 64;

/// A page as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The page's name.
    pub id: String,
    /// JSON; the same page gives the same text.
    pub text: String,
}

/// Why a page is no row, or a row no page: every mistake, each with what to change. No secret is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// At least one.
    pub mistakes: Vec<String>,
}

impl RowError {
    fn one(mistake: impl Into<String>) -> Self {
        Self { mistakes: vec![mistake.into()] }
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mistakes.join("; "))
    }
}

impl std::error::Error for RowError {}

impl Row {
    /// The row of a page.
    ///
    /// Header values that the fleet file gives as text are settings and stand in the row; one from the environment is a
    /// secret of the machine that reads the file, and is refused where no `ssm` stands beside it.
    ///
    /// # Errors
    /// The page cannot be one on AWS.
    pub fn of(page: &Page) -> Result<Self, RowError> {
        let id = page.target.id.to_string();
        let mistakes: Vec<String> = secrets(page).map(|(_, what)| what).collect();
        if !mistakes.is_empty() {
            return Err(RowError { mistakes });
        }
        let text =
            write::json(page).map_err(|error| RowError::one(format!("it cannot be written as JSON: {error}")))?;
        let row = Self { id, text };
        // What was written is read: a page that no probe could read is refused here, where somebody sees it.
        row.page()?;
        Ok(row)
    }

    /// The page of a row.
    ///
    /// # Errors
    /// Every mistake in the text.
    pub fn page(&self) -> Result<Page, RowError> {
        if self.text.len() > BYTES_MAX {
            return Err(RowError::one(format!("it has {} bytes, and a row at most {BYTES_MAX}", self.text.len())));
        }
        let keys = match serde_json::from_str(&self.text) {
            Ok(Ordered::Table(keys)) => keys,
            Ok(_) => {
                return Err(RowError::one("it is JSON, and no object; write { \"schema\": 1, \"id\": …, \"url\": … }"));
            }
            Err(error) => return Err(RowError::one(format!("it is no JSON: {error}"))),
        };
        // A row of a later version may mean anything: its other keys are not judged.
        schema(&keys)?;
        let key = |name: &str| keys.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        let mut mistakes = Vec::new();
        match key("id") {
            Some(Ordered::Text(id)) if *id == self.id => {}
            Some(Ordered::Text(id)) => mistakes.push(format!(
                "it stands under the key `{}` and says `\"id\": \"{}\"`; make them equal",
                shown(&self.id),
                shown(id)
            )),
            Some(_) | None => {
                mistakes.push(format!("it has no `id` as text; write `\"id\": \"{}\"`", shown(&self.id)));
            }
        }
        if key("every").is_none() {
            mistakes.push("it has no `every`; write `\"every\": \"3m\"`".to_owned());
        }
        let headers = match key("headers") {
            Some(Ordered::Table(headers)) => headers.as_slice(),
            _ => &[],
        };
        for (header, value) in headers {
            if matches!(value, Ordered::Table(keys) if keys.iter().any(|(key, _)| key == "env")) {
                mistakes.push(format!(
                    "the header `{}` has `env`, and a probe on AWS has no such variable; write {{ \"ssm\": \"/path\" }}",
                    shown(header)
                ));
            }
        }
        if keys.iter().any(|(_, value)| value.depth() > DEPTH_MAX) {
            return Err(RowError::one(format!("it is nested more than {DEPTH_MAX} deep; make `expect` flatter")));
        }
        if keys.iter().any(|(_, value)| value.has_null()) {
            mistakes.push("it has a null; leave the key out".to_owned());
        }
        if !mistakes.is_empty() {
            return Err(RowError { mistakes });
        }
        checked(keys)
    }
}

/// The rows of the pages of a fleet file.
///
/// # Errors
/// Every mistake, with its place in the file.
pub fn rows(pages: &[Page]) -> Result<Vec<Row>, FleetError> {
    let mut rows = Vec::new();
    let mut mistakes = Vec::new();
    for page in pages {
        match Row::of(page) {
            Ok(row) => rows.push(row),
            Err(error) => {
                let placed: Vec<_> = secrets(page).map(|(at, what)| Mistake { at, what }).collect();
                let id = &page.target.id;
                let whole = |what: String| Mistake { at: page.at, what: format!("the target `{id}`: {what}") };
                match placed.is_empty() {
                    true => mistakes.extend(error.mistakes.into_iter().map(whole)),
                    false => mistakes.extend(placed),
                }
            }
        }
    }
    mistakes.sort_by_key(|mistake| mistake.at);
    if mistakes.is_empty() { Ok(rows) } else { Err(FleetError { mistakes }) }
}

/// Headers whose values must not end up in a table.
fn secrets(page: &Page) -> impl Iterator<Item = (Position, String)> {
    let in_ssm = |header: &str| page.parameters.iter().any(|parameter| parameter.header == header);
    page.variables.iter().filter(move |variable| !in_ssm(&variable.header)).map(|variable| {
        let (header, name) = (&variable.header, shown(&variable.name));
        let what = format!(
            "the header `{header}` comes from the environment variable `{name}`, and a secret does not belong in a table; \
             keep it in SSM and write {{ ssm = \"/path\" }}, or both {{ env = \"{name}\", ssm = \"/path\" }} where an \
             agent reads the file, too"
        );
        (variable.at, what)
    })
}

fn schema(keys: &[(String, Ordered)]) -> Result<(), RowError> {
    match keys.iter().find(|(key, _)| key == "schema").map(|(_, value)| value) {
        Some(Ordered::Number(number)) => match number.as_u64() {
            Some(found) if found > SCHEMA => Err(RowError::one(format!(
                "schema {found} is newer than the newest this program reads ({SCHEMA}); update parallax"
            ))),
            Some(1..) => Ok(()),
            _ => Err(RowError::one("`schema` is not the number of a version; write `\"schema\": 1`")),
        },
        _ => Err(RowError::one("it has no `schema` number; write `\"schema\": 1`")),
    }
}

/// Through the checks of a fleet file with this one target.
fn checked(keys: Vec<(String, Ordered)>) -> Result<Page, RowError> {
    let mut text = "schema = 1\n[[target]]\n".to_owned();
    for (key, value) in keys.iter().filter(|(key, _)| key != "schema") {
        ordered::toml_key(&mut text, key);
        text.push_str(" = ");
        value.toml(&mut text);
        text.push('\n');
    }
    let fleet = parse(&text, &|_| None)
        .map_err(|error| RowError { mistakes: error.mistakes.into_iter().map(|mistake| mistake.what).collect() })?;
    let [page] = <[Page; 1]>::try_from(fleet.pages).map_err(|_| RowError::one("it is no page"))?;
    match Tick::of([page.grid]) {
        Ok(_) => Ok(page),
        Err(error) => {
            let every = humantime::format_duration(page.grid.every());
            Err(RowError::one(format!("it has its slots every {every}: {error}")))
        }
    }
}
