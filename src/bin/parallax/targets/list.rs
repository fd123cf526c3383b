//! `parallax targets list`.

use std::collections::BTreeSet;

use comfy_table::{Table, presets};
use parallax::adapters::aws::targets::{Listing, Targets};
use parallax::measurement::counted::counted;
use parallax::measurement::identity::Method;
use parallax::probe::fleet::Page;
use parallax::probe::fleet::row::Row;
use parallax::report::json::pretty;
use serde_json::{Value, json};

use super::List;
use super::differ::{Difference, differences, unmeasured};
use super::meant::{self, Meant};
use super::regions::{Answered, each, failed};
use crate::exit::{Answer, Outcome};
use crate::output::print;

pub(super) fn run(typed: &List) -> Outcome {
    let fleet = typed.fleet.as_deref().map(|path| meant::fleet(path, &typed.tables)).transpose()?;
    let meant = meant::tables(&typed.tables, fleet.as_ref())?;
    let answers = each(&meant, Targets::list)?;
    let read: Vec<(&String, &Listing)> =
        answers.iter().filter_map(|answer| Some((&answer.region, answer.outcome.as_ref().ok()?))).collect();
    let aws = fleet.as_ref().and_then(|fleet| fleet.aws.as_ref());
    let found = Found {
        differences: differences(&read),
        unmeasured: aws.map(|aws| unmeasured(&read, aws)).unwrap_or_default(),
    };
    match typed.json.json {
        true => print(&pretty(&document(&meant, &answers, &found)))?,
        false if read.is_empty() => {}
        false => print(&page(&meant, &read, &found))?,
    }
    if let Some(problem) = failed(&answers) {
        return Err(problem);
    }
    let refused = read.iter().any(|(_, listing)| !listing.refused.is_empty());
    let empty = read.iter().all(|(_, listing)| listing.pages.is_empty());
    let wrong = refused || empty || !found.differences.is_empty() || !found.unmeasured.is_empty();
    Ok(if wrong { Answer::Negative } else { Answer::Done })
}

/// What is wrong with rows that are pages.
struct Found {
    differences: Vec<Difference>,
    /// By what is said of each.
    unmeasured: BTreeSet<String>,
}

fn document(meant: &Meant, answers: &[Answered<Listing>], found: &Found) -> Value {
    let region = |answer: &Answered<Listing>| match &answer.outcome {
        Ok(listing) => json!({
            "region": answer.region,
            "pages": listing.pages.iter().map(shown).collect::<Vec<_>>(),
            "refused": listing.refused.iter()
                .map(|row| json!({ "id": row.id, "reason": row.reason })).collect::<Vec<_>>(),
        }),
        Err(failure) => json!({ "region": answer.region, "failed": failure.to_string() }),
    };
    json!({
        "schema": 1, "table": meant.table,
        "regions": answers.iter().map(region).collect::<Vec<_>>(), "differences": found.differences,
        "unmeasured": found.unmeasured,
    })
}

/// The row, without the values of headers: they are never printed.
fn shown(page: &Page) -> Value {
    let row = Row::of(page).ok().and_then(|row| serde_json::from_str::<Value>(&row.text).ok());
    let mut row = row.unwrap_or_default();
    if let Some(headers) = row.get_mut("headers").and_then(Value::as_object_mut) {
        headers.values_mut().filter(|value| value.is_string()).for_each(|value| *value = Value::Null);
    }
    row
}

fn page(meant: &Meant, read: &[(&String, &Listing)], found: &Found) -> String {
    let mut pages: Vec<&Page> = read.iter().flat_map(|(_, listing)| &listing.pages).collect();
    pages.sort_by(|a, b| a.target.id.cmp(&b.target.id));
    pages.dedup_by(|a, b| a.target.id == b.target.id);
    let regions = read.iter().map(|(region, _)| region.as_str()).collect::<Vec<_>>().join(", ");
    let mut text = format!("{} in {} of {regions}", counted(pages.len(), "page"), meant.table);
    if !pages.is_empty() {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["target", "every", "methods", "url"]);
        for page in pages {
            let every = humantime::format_duration(page.grid.every()).to_string();
            let methods = page.methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
            table.add_row([page.target.id.to_string(), every, methods, page.target.url.to_string()]);
        }
        text = format!("{}\n\n{text}", table.trim_fmt());
    }
    for (region, listing) in read {
        for row in &listing.refused {
            text.push_str(&format!("\nrefused in {region}: {}: {}", row.id.escape_default(), row.reason));
        }
    }
    for difference in &found.differences {
        let id = difference.id.escape_default();
        if !difference.missing.is_empty() {
            text.push_str(&format!("\n{id} is missing in {}", difference.missing.join(", ")));
        }
        if difference.alike.len() > 1 {
            let groups: Vec<_> = difference.alike.iter().map(|regions| regions.join(", ")).collect();
            text.push_str(&format!("\n{id} differs between {}", groups.join(" and ")));
        }
    }
    for unmeasured in &found.unmeasured {
        text.push_str(&format!("\n{unmeasured}"));
    }
    text
}
