//! Writing: facts, then the change, then its effects, in every region at once.

use std::collections::BTreeSet;

use parallax::adapters::aws::failure::Failure;
use parallax::adapters::aws::targets::Targets;
use parallax::probe::fleet::row::Row;
use parallax::report::json::pretty;
use serde::Serialize;

use super::differ::{Change, between, change};
use super::meant::{self, FleetFile, Meant};
use super::regions::{Answered, each, failed};
use super::{Put, Remove, Sync};
use crate::exit::{Answer, Outcome, Problem};
use crate::output::{print, tell};

/// What was, or would be, done in one region.
#[derive(Debug, Default, Serialize)]
struct Done {
    written: Vec<String>,
    removed: Vec<String>,
    #[serde(skip)]
    in_plain: BTreeSet<(String, String)>,
    /// Of pages with slots in minutes in which no probe of the region is invoked: how often one is, and which they are.
    between: Option<(u32, Vec<String>)>,
    /// Why that is not known.
    #[serde(skip)]
    unknown: Option<String>,
}

/// How it is said.
#[derive(Clone, Copy)]
struct Said {
    dry_run: bool,
    json: bool,
}

pub(super) fn sync(typed: &Sync) -> Outcome {
    let fleet = meant::fleet(&typed.fleet, &typed.tables)?;
    let meant = meant::tables(&typed.tables, Some(&fleet))?;
    let rows = fleet.rows()?;
    let answers = each(&meant, async |table: &Targets| {
        let listing = table.list().await?;
        apply(table, change(&listing, &rows), &rows, typed.dry_run).await
    })?;
    finish(&meant, &answers, Said { dry_run: typed.dry_run, json: typed.json.json })
}

pub(super) fn put(typed: &Put) -> Outcome {
    let fleet: Option<FleetFile> = typed.fleet.as_deref().map(|path| meant::fleet(path, &typed.tables)).transpose()?;
    let row = match (&typed.row, &typed.id, &fleet) {
        (Some(path), _, _) => meant::row(path, fleet.as_ref())?,
        (None, Some(id), Some(fleet)) => fleet.row(id)?,
        _ => return Err(Problem::input("no page is named; write an ID with --fleet FLEET.toml, or --row ROW.json")),
    };
    let meant = meant::tables(&typed.tables, fleet.as_ref())?;
    let rows = [row];
    let answers = each(&meant, async |table: &Targets| {
        let put = change(&table.list().await?, &rows).put;
        apply(table, Change { put, remove: Vec::new() }, &rows, typed.dry_run).await
    })?;
    finish(&meant, &answers, Said { dry_run: typed.dry_run, json: typed.json.json })
}

pub(super) fn remove(typed: &Remove) -> Outcome {
    if typed.id.is_empty() {
        return Err(Problem::input("the ID is empty; write one that `parallax targets list` shows"));
    }
    let fleet = typed.fleet.as_deref().map(|path| meant::fleet(path, &typed.tables)).transpose()?;
    let meant = meant::tables(&typed.tables, fleet.as_ref())?;
    let answers = each(&meant, async |table: &Targets| {
        let there = change(&table.list().await?, &[]).remove;
        let remove = there.into_iter().filter(|id| *id == typed.id).collect();
        apply(table, Change { put: Vec::new(), remove }, &[], typed.dry_run).await
    })?;
    let nowhere = answers.iter().all(|answer| answer.outcome.as_ref().is_ok_and(|done| done.removed.is_empty()));
    let answer = finish(&meant, &answers, Said { dry_run: typed.dry_run, json: typed.json.json })?;
    if nowhere {
        tell(format_args!("no region has a row `{}`", typed.id.escape_default()));
        return Ok(Answer::Negative);
    }
    Ok(answer)
}

/// Writes before it removes: a table that is half changed has too many pages rather than too few. Rows that were asked for
/// are compared with the region's schedule whether or not they were there already.
async fn apply(table: &Targets, change: Change, asked: &[Row], dry_run: bool) -> Result<Done, Failure> {
    let mut done = Done::default();
    for row in change.put {
        if !dry_run {
            table.put(&row).await?;
        }
        done.in_plain.extend(in_plain(&row));
        done.written.push(row.id);
    }
    for id in change.remove {
        if !dry_run {
            table.remove(&id).await?;
        }
        done.removed.push(id);
    }
    if !asked.is_empty() {
        let pages: Vec<_> = asked.iter().filter_map(|row| row.page().ok()).collect();
        match table.every_minutes().await {
            Ok(every) => {
                let found = every.map(|every| (every, between(&pages, every)));
                done.between = found.filter(|(_, ids)| !ids.is_empty());
            }
            Err(failure) => done.unknown = Some(failure.to_string()),
        }
    }
    Ok(done)
}

/// Headers whose values the row shows to whoever reads the table.
fn in_plain(row: &Row) -> Vec<(String, String)> {
    let headers = row.page().map(|page| page.target.headers).unwrap_or_default();
    headers.into_iter().map(|(header, _)| (row.id.clone(), header)).collect()
}

fn finish(meant: &Meant, answers: &[Answered<Done>], said: Said) -> Outcome {
    let done = || answers.iter().filter_map(|answer| Some((&answer.region, answer.outcome.as_ref().ok()?)));
    if said.json {
        let regions = answers.iter().map(|answer| match &answer.outcome {
            Ok(done) => {
                let (written, removed) = (&done.written, &done.removed);
                let between = done.between.as_ref().map_or(&[][..], |(_, ids)| ids);
                serde_json::json!({
                    "region": answer.region, "written": written, "removed": removed, "not_invoked_for": between,
                })
            }
            Err(failure) => serde_json::json!({ "region": answer.region, "failed": failure.to_string() }),
        });
        let regions: Vec<_> = regions.collect();
        print(&pretty(&serde_json::json!({
            "schema": 1, "table": meant.table, "dry_run": said.dry_run, "regions": regions,
        })))?;
    } else {
        let would = if said.dry_run { "would be " } else { "" };
        for (region, done) in done() {
            let part = |ids: &[String], verb: &str| match ids {
                [] => None,
                ids => Some(format!("{would}{verb}: {}", shown(ids))),
            };
            let parts: Vec<String> =
                [part(&done.written, "written"), part(&done.removed, "removed")].into_iter().flatten().collect();
            let words = if parts.is_empty() { "nothing to change".to_owned() } else { parts.join("; ") };
            print(&format!("{region}: {words}"))?;
        }
    }
    let in_plain: BTreeSet<_> = done().flat_map(|(_, done)| &done.in_plain).collect();
    for (id, header) in in_plain {
        tell(format_args!(
            "{id}: whoever may read the table reads the value of the header `{header}`; {{ ssm = \"/path\" }} keeps a secret"
        ));
    }
    for (region, done) in done() {
        if let Some((every, ids)) = &done.between {
            tell(format_args!(
                "{region}: probes are invoked every {every}m, and between that have slots: {}; infra/deploy changes the schedule",
                shown(ids)
            ));
        }
        if let Some(why) = &done.unknown {
            tell(format_args!(
                "{region}: whether its probes are invoked for every slot is not known ({why}); where a page is due more \
                 often than before, run infra/deploy"
            ));
        }
    }
    failed(answers).map_or(Ok(Answer::Done), Err)
}

/// Ids, safe for a terminal; of very many the first.
fn shown(ids: &[String]) -> String {
    const MOST: usize = 20;
    let mut words: Vec<String> = ids.iter().take(MOST).map(|id| id.escape_default().to_string()).collect();
    if ids.len() > MOST {
        words.push(format!("and {} more", ids.len() - MOST));
    }
    words.join(", ")
}
