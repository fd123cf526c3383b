//! Scores as tables of text.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table, presets};

use super::Score;
use super::experiment::{Finding, agreeing};
use super::gate::Target;

fn table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(head.iter().copied());
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn text(table: &Table) -> String {
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// One run, row by row: rows of which neither truth nor account holds anything are left out.
#[must_use]
pub fn rows(score: &Score) -> String {
    let mut table = table(&["row", "truth, ms", "account, ms", "95 % interval", "", ""]);
    for row in score.all_rows().filter(|row| row.truth_ms.abs() >= 0.05 || row.found_ms.abs() >= 0.05) {
        let mut name = row.cause.to_string();
        if let Some(failure) = score.failure.as_ref().filter(|failure| failure.row.cause == row.cause) {
            let _ = write!(name, ", beside the gap: each as {} ms", failure.counts_as_ms);
        }
        if row.holds.len() > 1 {
            let others: Vec<&str> =
                row.holds.iter().filter(|cause| **cause != row.cause).map(|cause| cause.as_str()).collect();
            let _ = write!(name, " and {}", others.join(", "));
        }
        let interval = row.interval_ms.map_or("–".to_owned(), |[lower, upper]| format!("{lower:+.2} to {upper:+.2}"));
        let within = match row.covered {
            Some(true) => "",
            Some(false) => "truth outside",
            None if row.known => "no interval",
            None => "",
        };
        let claim = match (row.falsely, row.missed) {
            (Some(true), _) => "claimed falsely",
            (_, Some(true)) => "missed",
            _ if row.claimed => "claimed",
            _ => "",
        };
        table.add_row([
            name,
            if row.known { format!("{:+.2}", row.truth_ms) } else { "not known".to_owned() },
            format!("{:+.2}", row.found_ms),
            interval,
            within.to_owned(),
            claim.to_owned(),
        ]);
    }
    let of_gap = score.misattribution().map_or(String::new(), |share| format!(", {:.1} % of the gap", 100.0 * share));
    let (table, gap) = (text(&table), score.gap_ms);
    if score.rows.iter().any(|row| !row.known) {
        return format!(
            "{table}\ngap {gap:+.2} ms; what other programs do by themselves is not known, so nothing is scored\n"
        );
    }
    let (moved, nobody) = (score.moved_ms, score.unaccounted_ms);
    format!("{table}\ngap {gap:+.2} ms; in a wrong row {moved:.2} ms{of_gap}; injected by nobody {nobody:+.2} ms\n")
}

fn counted((yes, all): (usize, usize)) -> String {
    format!("{yes}/{all}")
}

/// Scenario by scenario.
#[must_use]
pub fn scenarios(scores: &[Score]) -> String {
    let head = [
        "scenario",
        "gap, ms",
        "wrong row, ms",
        "of the gap",
        "covered",
        "false",
        "missed",
        "top",
        "top 3",
        "hidden",
        "by nobody, ms",
    ];
    let mut table = table(&head);
    for score in scores {
        let yes = |is: Option<bool>| match is {
            None => "–",
            Some(true) => "yes",
            Some(false) => "no",
        };
        table.add_row([
            score.scenario.clone(),
            format!("{:+.2}", score.gap_ms),
            format!("{:.2}", score.moved_ms),
            score.misattribution().map_or("–".to_owned(), |share| format!("{:.1} %", 100.0 * share)),
            counted(score.count(|row| row.covered)),
            counted(score.count(|row| row.falsely)),
            counted(score.count(|row| row.missed)),
            yes(score.top).to_owned(),
            yes(score.top_three).to_owned(),
            yes(score.honest).to_owned(),
            format!("{:+.2}", score.unaccounted_ms),
        ]);
    }
    text(&table)
}

/// Truth by experiment beside what was injected and what the account says; nothing where there was no experiment.
#[must_use]
pub fn experiments(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let mut table = table(&["by experiment", "row", "without it, ms", "injected, ms", "account, ms", ""]);
    let around = |ms: f64, half: Option<f64>| match half {
        Some(half) => format!("{ms:+.2} ± {half:.2}"),
        None => format!("{ms:+.2}"),
    };
    for finding in findings {
        let names: Vec<&str> = finding.rows.iter().map(|row| row.as_str()).collect();
        let agrees = match finding.agrees {
            Some(true) => "agrees",
            Some(false) => "DIFFERS",
            None => "no interval",
        };
        table.add_row([
            finding.scenario.clone(),
            names.join(", "),
            around(finding.effect_ms, Some(finding.half_ms)),
            format!("{:+.2}", finding.truth_ms),
            around(finding.found_ms, finding.found_half_ms),
            agrees.to_owned(),
        ]);
    }
    let (agree, all) = agreeing(findings);
    format!("{}\n{agree} of {all} rows agree with the experiment within both intervals\n", text(&table))
}

/// What is held to what.
#[must_use]
pub fn targets(targets: &[Target]) -> String {
    let mut table = table(&["", "found", "gate", ""]);
    for target in targets {
        let holds = match (target.holds, target.gated, target.gate) {
            (_, _, "–") => "",
            (true, ..) => "holds",
            (false, true, _) => "DOES NOT HOLD",
            (false, false, _) => "does not hold (no gate of this suite)",
        };
        table.add_row([target.what, &target.found, target.gate, holds]);
    }
    text(&table)
}
