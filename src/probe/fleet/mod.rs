//! `fleet.toml`: which pages, how, when and from where.
//!
//! Two steps: what was typed (`section`, with its place in the file), then what it means (one file a table). Every
//! mistake is found in one reading, each with its line and what to change.

pub mod aws;
pub mod deployment;
pub mod finding;
pub mod headers;
pub mod host;
pub mod row;

mod expect;
mod nearest;
mod page;
mod section;
mod timing;

use std::time::Duration;

use toml::de::DeTable;

use crate::measurement::identity::{Method, Vantage};

use self::aws::Aws;
use self::deployment::Deployment;
use self::finding::{Findings, FleetError, Mistake, Position, position, shown};
use self::headers::{Parameter, Variable};
use self::host::Host;
use self::section::{Entry, Section};
use super::schedule::grid::Grid;
use super::target::Target;

/// The newest schema of the file that this program reads.
pub const SCHEMA: i64 = 1;

/// A fleet file larger than this is refused: ten thousand pages fit.
pub const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A whole fleet file.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// The host that runs `parallax agent`, where the file names one.
    pub vantage: Option<Vantage>,
    /// Samples older than this go from the host's archive; absent keeps all.
    pub keep: Option<Duration>,
    /// The AWS side, where the file has one.
    pub aws: Option<Aws>,
    /// At least one page.
    pub pages: Vec<Page>,
}

/// One watched page.
#[derive(Clone, Debug)]
pub struct Page {
    /// What to measure.
    pub target: Target,
    /// When.
    pub grid: Grid,
    /// In which ways; at least one, none twice, none imported.
    pub methods: Vec<Method>,
    /// Headers whose values AWS keeps.
    pub parameters: Vec<Parameter>,
    /// Headers whose values came from the environment.
    pub variables: Vec<Variable>,
    /// Where the file names it.
    pub at: Position,
}

/// The text of a fleet file.
///
/// # Errors
/// More than [`FILE_BYTES_MAX`] bytes, or not UTF-8.
pub fn decode(bytes: &[u8]) -> Result<&str, FleetError> {
    let refused = |at, what: String| FleetError { mistakes: vec![Mistake { at, what }] };
    if bytes.len() > FILE_BYTES_MAX {
        let what = format!("the file has {} bytes; a fleet file has at most {FILE_BYTES_MAX}", bytes.len());
        return Err(refused(Position { line: 1, column: 1 }, what));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let readable = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
        let what = "this byte is not UTF-8; save the file as UTF-8 text";
        refused(position(readable, readable.len()), what.to_owned())
    })
}

/// Reads a fleet file; `variable` answers what an environment variable holds.
///
/// # Errors
/// Every mistake in the text, in its order; no secret is in a message.
pub fn parse(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Fleet, FleetError> {
    let text = decode(text.as_bytes())?;
    let mut findings = Findings::new(text);
    let fleet = read(text, variable, &mut findings);
    match (findings.into_error(), fleet) {
        (None, Some(fleet)) => Ok(fleet),
        (Some(error), _) => Err(error),
        (None, None) => {
            let what = "the file has no meaning; start from examples/fleet.toml".to_owned();
            Err(FleetError { mistakes: vec![Mistake { at: Position { line: 1, column: 1 }, what }] })
        }
    }
}

fn read(text: &str, variable: &dyn Fn(&str) -> Option<String>, findings: &mut Findings<'_>) -> Option<Fleet> {
    let table = match DeTable::parse(text) {
        Ok(table) => table.into_inner(),
        Err(error) => {
            let at = error.span().map_or(text.len(), |span| span.start);
            findings.note(at, format!("not TOML: {}", error.message().trim_end()));
            return None;
        }
    };
    let mut top = Section::new("the file".to_owned(), 0, table);
    // A file of a later version may mean anything: its other keys are not judged.
    schema(&mut top, findings)?;
    let every_said = top.has("every");
    let every = timing::every(&mut top, findings);
    let keep = top.take("keep").and_then(|entry| entry.length(findings));
    let timeout = top.take("timeout");
    let timeout = timing::timeouts(timeout, every, timing::usual(every), findings);
    let vantage = top
        .take("vantage")
        .and_then(|entry| entry.table("[vantage]", findings))
        .and_then(|section| vantage(section, findings));
    let aws = top
        .take("fleet")
        .and_then(|entry| entry.table("[fleet]", findings))
        .and_then(|section| aws::aws(section, findings));
    let shared = page::Shared { every, every_said, timeout, variable };
    let pages = pages(top.take("target"), &shared, findings);
    top.finish(findings);
    Some(Fleet { vantage, keep, aws, pages: pages? })
}

fn schema(top: &mut Section<'_>, findings: &mut Findings<'_>) -> Option<()> {
    let entry = top.need("schema", "`schema = 1` as the first line", findings)?;
    let at = entry.at;
    let Some(found) = entry.number().filter(|found| *found >= 1) else {
        findings.note(at, "`schema` is not the number of a version; write `schema = 1`");
        return None;
    };
    if found > SCHEMA {
        let what = format!("schema {found} is newer than the newest this program reads ({SCHEMA}); update parallax");
        findings.note(at, what);
        return None;
    }
    Some(())
}

fn vantage(mut section: Section<'_>, findings: &mut Findings<'_>) -> Option<Vantage> {
    section.name = "[vantage]".to_owned();
    let vantage = section
        .need("id", "a name for this host, such as `id = \"host/tokyo-office\"`", findings)
        .and_then(|entry| name(entry, "a name as text, such as \"host/tokyo-office\"", findings));
    section.finish(findings);
    vantage
}

/// A name, checked by its own type.
fn name<N: std::str::FromStr<Err: std::fmt::Display>>(
    entry: Entry<'_>,
    wanted: &str,
    findings: &mut Findings<'_>,
) -> Option<N> {
    let (at, text) = (entry.at, entry.text(wanted, findings)?);
    text.parse().map_err(|error| findings.note(at, format!("{error}; write {wanted}"))).ok()
}

/// Ways of measuring: at least one, none twice.
fn methods(entry: Entry<'_>, findings: &mut Findings<'_>) -> Option<Vec<Method>> {
    const WANTED: &str = "a list of ways to measure, such as [\"fresh\", \"curl\"]";
    const WORDS: [(&str, u8); 3] = [("fresh", 0), ("pooled", 1), ("curl", 2)];
    let at = entry.at;
    let mut methods = Vec::new();
    for item in entry.list(WANTED, findings)? {
        let at = item.at;
        let method = match item.word(&WORDS, findings)? {
            0 => Method::Fresh,
            1 => Method::Pooled,
            _ => Method::Curl,
        };
        if methods.contains(&method) {
            findings.note(at, format!("`{method}` stands twice in `methods`; name it once"));
        }
        methods.push(method);
    }
    if methods.is_empty() {
        findings.note(at, format!("`methods` is empty; write {WANTED}"));
        return None;
    }
    Some(methods)
}

fn pages(entry: Option<Entry<'_>>, shared: &page::Shared<'_>, findings: &mut Findings<'_>) -> Option<Vec<Page>> {
    const WANTED: &str = "one [[target]] table for each page";
    let Some(entry) = entry else {
        findings.note(0, "the file has no [[target]]; add one with an `id` and a `url`");
        return None;
    };
    let at = entry.key_at;
    let items = entry.list(WANTED, findings)?;
    if items.is_empty() {
        findings.note(at, "`target` is an empty list; add a [[target]] with an `id` and a `url`");
        return None;
    }
    let mut pages: Vec<Page> = Vec::new();
    let mut names = std::collections::HashMap::new();
    for item in items {
        let Some(section) = item.table(WANTED, findings) else { continue };
        let Some((at, page)) = page::page(section, shared, findings) else { continue };
        let line = page.at.line;
        if let Some(first) = names.insert(page.target.id.clone(), line) {
            let id = shown(page.target.id.as_str());
            findings.note(at, format!("the target id `{id}` is taken (line {first}); give each [[target]] its own"));
        }
        pages.push(page);
    }
    Some(pages)
}

impl Fleet {
    /// What a host needs to run as a vantage.
    ///
    /// # Errors
    /// No `[vantage]`, or a header whose value only AWS can read.
    pub fn on_host(self) -> Result<Host, FleetError> {
        host::host(self)
    }

    /// What is deployed to AWS.
    ///
    /// # Errors
    /// No `[fleet]`, a slot that no schedule of AWS has, or a page and its ways of measuring that do not meet.
    pub fn on_aws(self) -> Result<Deployment, FleetError> {
        deployment::deployment(self)
    }
}
