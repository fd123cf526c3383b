//! What was typed and what a fleet file says, as the tables take it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use parallax::probe::fleet::aws::{Aws, is_region};
use parallax::probe::fleet::deployment::unwatched;
use parallax::probe::fleet::row::{BYTES_MAX, Row, rows};
use parallax::probe::fleet::{FILE_BYTES_MAX, Fleet, Page, decode, parse};

use super::Tables;
use crate::exit::Problem;

/// Tables of one name, by region.
pub(super) struct Meant {
    pub(super) table: String,
    pub(super) regions: Vec<String>,
}

/// Which tables are meant; `fleet` gives the regions and the table where none were typed.
pub(super) fn tables(typed: &Tables, fleet: Option<&FleetFile>) -> Result<Meant, Problem> {
    let regions = regions(typed, fleet)?;
    let table = match (&typed.targets, fleet.and_then(|fleet| fleet.table.as_ref())) {
        (Some(place), _) => table(place)?,
        (None, Some(table)) => table.clone(),
        (None, None) => {
            return Err(Problem::input(
                "no table is named; write --targets dynamodb:NAME-targets, NAME being the fleet's (dynamodb:parallax-targets, \
                 if it has none), or name a fleet file with [fleet]",
            ));
        }
    };
    Ok(Meant { table, regions })
}

/// The table that was typed.
fn table(place: &str) -> Result<String, Problem> {
    let shown = place.escape_default();
    let table = place.strip_prefix("dynamodb:").ok_or_else(|| {
        Problem::input(format!(
            "--targets {shown}: it is no table; write `dynamodb:TABLE`, such as dynamodb:parallax-targets"
        ))
    })?;
    // The names that DynamoDB takes.
    let named =
        (3..=255).contains(&table.len()) && table.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    if !named {
        return Err(Problem::input(format!(
            "--targets {shown}: a table's name has 3 to 255 letters, digits, and - _ .; write dynamodb:parallax-targets"
        )));
    }
    Ok(table.to_owned())
}

fn regions(typed: &Tables, fleet: Option<&FleetFile>) -> Result<Vec<String>, Problem> {
    let mut regions = match (typed.regions.as_slice(), fleet) {
        ([], Some(fleet)) => fleet.regions.clone(),
        ([], None) => Vec::new(),
        (typed, _) => typed.to_vec(),
    };
    if regions.is_empty() {
        return Err(Problem::input(
            "no region is named; write --regions eu-west-1,us-east-1, or name a fleet file with [fleet]",
        ));
    }
    if let Some(wrong) = regions.iter().find(|region| !is_region(region)) {
        return Err(Problem::input(format!(
            "--regions: `{}` is no AWS region; write one such as eu-west-1",
            wrong.escape_default()
        )));
    }
    regions.sort();
    regions.dedup();
    Ok(regions)
}

/// A fleet file, read.
pub(super) struct FleetFile {
    name: String,
    pages: Vec<Page>,
    /// These are of [fleet]; nothing where the file has none.
    pub(super) aws: Option<Aws>,
    table: Option<String>,
    regions: Vec<String>,
}

/// Reads a fleet file. Secrets go into no table, so none is read: every variable counts as set.
pub(super) fn fleet(path: &Path, typed: &Tables) -> Result<FleetFile, Problem> {
    let name = path.display().to_string();
    let bytes = bytes(path, "a fleet file", FILE_BYTES_MAX)?;
    let wrong = |error: parallax::probe::fleet::finding::FleetError| Problem::input(error.named(&name));
    let fleet = decode(&bytes).and_then(|text| parse(text, &|_| Some("a value".to_owned()))).map_err(wrong)?;
    if fleet.aws.is_none() && !typed.regions.is_empty() {
        return Ok(FleetFile { name, pages: fleet.pages, aws: None, table: None, regions: Vec::new() });
    }
    let deployed = Fleet::on_aws(fleet).map_err(wrong)?;
    let (table, regions) = (Some(deployed.aws.targets_table()), deployed.aws.regions_with_targets());
    Ok(FleetFile { name, pages: deployed.pages, aws: Some(deployed.aws), table, regions })
}

impl FleetFile {
    /// A row for each page.
    pub(super) fn rows(&self) -> Result<Vec<Row>, Problem> {
        rows(&self.pages).map_err(|error| Problem::input(error.named(&self.name)))
    }

    /// The row of one page.
    pub(super) fn row(&self, id: &str) -> Result<Row, Problem> {
        let Some(page) = self.pages.iter().find(|page| page.target.id.as_str() == id) else {
            let ids: Vec<_> = self.pages.iter().map(|page| page.target.id.as_str()).take(20).collect();
            return Err(Problem::input(format!(
                "{} has no target `{}`; it has {}",
                self.name,
                id.escape_default(),
                ids.join(", ")
            )));
        };
        let row = rows(std::slice::from_ref(page)).map_err(|error| Problem::input(error.named(&self.name)))?;
        row.into_iter().next().ok_or_else(|| Problem::unfinished("a page without a row"))
    }
}

/// A row written by hand, in the one form that all rows have; a fleet with [fleet] has to have a function that watches it.
pub(super) fn row(path: &Path, fleet: Option<&FleetFile>) -> Result<Row, Problem> {
    let name = path.display();
    let bytes = bytes(path, "a row as JSON", BYTES_MAX)?;
    let text =
        String::from_utf8(bytes).map_err(|_| Problem::input(format!("{name} is not UTF-8; save it as UTF-8 text")))?;
    let wrong = |error: &dyn std::fmt::Display| Problem::input(format!("{name}: {error}"));
    let document: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| wrong(&format!("it is no JSON: {error}")))?;
    let id = document.get("id").and_then(serde_json::Value::as_str);
    let id = id.ok_or_else(|| wrong(&"it has no `id` as text; write `\"id\": \"daily-news\"`"))?.to_owned();
    let page = Row { id, text }.page().map_err(|error| wrong(&error))?;
    let aws = fleet.and_then(|fleet| fleet.aws.as_ref());
    if let Some(what) = aws.and_then(|aws| unwatched(&page, aws)) {
        return Err(wrong(&what));
    }
    Row::of(&page).map_err(|error| wrong(&error))
}

fn bytes(path: &Path, wanted: &str, most: usize) -> Result<Vec<u8>, Problem> {
    let unreadable = |error| Problem::input(format!("cannot read {}: {error}; name {wanted}", path.display()));
    let mut bytes = Vec::new();
    let one_more = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path).map_err(unreadable)?.take(one_more).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > most {
        return Err(Problem::input(format!("{} has more than {most} bytes; name {wanted}", path.display())));
    }
    Ok(bytes)
}
