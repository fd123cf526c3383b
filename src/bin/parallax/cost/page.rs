//! The bill as a page.

use parallax::cost::bill::{Line, Share};
use parallax::cost::change::{Change, Loss};
use parallax::measurement::counted::counted;
use parallax::report::document::{Document, Table};

use super::Estimate;

/// The whole page.
pub(super) fn document(estimate: &Estimate<'_>) -> Document {
    let mut page = Document::new("Parallax: what the fleet costs in a month");
    page.text(lead(estimate));
    page.table(items(estimate));
    page.table(arms(estimate));
    page.table(changes(estimate));
    page.notes(vec![cheapest(estimate)]);
    page.table(assumptions(estimate));
    let mut notes = vec!["Replace an assumption by --set NAME=NUMBER. Not in the bill:".to_owned()];
    notes.extend(estimate.left_out.iter().map(|left_out| format!("  {left_out};")));
    if let Some(last) = notes.last_mut().filter(|last| last.ends_with(';')) {
        last.pop();
        last.push('.');
    }
    page.notes(notes);
    page
}

fn lead(estimate: &Estimate<'_>) -> String {
    let free = if estimate.free_allowances { "after" } else { "before" };
    let samples: f64 = estimate.bill.arms.iter().map(|arm| arm.samples).sum();
    format!(
        "{} {} in {} for {}, {free} free allowances; functions for {}; list prices of {}, looked up {}.",
        money(estimate.bill.total),
        estimate.currency,
        counted(number(estimate.days), "day"),
        counted(number(samples), "sample"),
        estimate.architecture.as_str(),
        estimate.prices.region,
        estimate.prices.date,
    )
}

fn items(estimate: &Estimate<'_>) -> Table {
    let total = estimate.bill.total;
    let mut table = Table::new("The bill", &["", "how much", "", estimate.currency, "share"]);
    let row = |line: &Line| {
        vec![
            format!("{}: {}", line.service, line.item),
            number(line.quantity),
            line.unit.clone(),
            money(line.cost),
            share(line.cost, total),
        ]
    };
    let mut lines: Vec<&Line> = estimate.bill.lines.iter().collect();
    lines.sort_by(|a, b| b.cost.total_cmp(&a.cost));
    table.rows = lines.into_iter().map(row).collect();
    table.rows.push(vec!["all".to_owned(), String::new(), String::new(), money(total), share(total, total)]);
    table
}

fn arms(estimate: &Estimate<'_>) -> Table {
    let head = ["", "MB", "method", "targets", "invocations", "samples", estimate.currency];
    let mut table = Table::new("Which probes cause it", &head);
    let row = |arm: &Share| {
        vec![
            arm.region.clone(),
            arm.memory_mb.to_string(),
            arm.method.clone(),
            arm.targets.to_string(),
            number(arm.invocations),
            number(arm.samples),
            money(arm.cost),
        ]
    };
    table.rows = estimate.bill.arms.iter().map(row).collect();
    let mut shared = vec!["all together".to_owned()];
    shared.resize(head.len() - 1, String::new());
    shared.push(money(estimate.bill.shared));
    table.rows.push(shared);
    table
}

fn changes(estimate: &Estimate<'_>) -> Table {
    let saves = format!("saves, {}", estimate.currency);
    let mut table = Table::new("What could be changed", &["", &saves, "loses"]);
    let row = |change: &Change| vec![change.change.clone(), money(change.saves), change.loses.as_str().to_owned()];
    table.rows = estimate.changes.iter().map(row).collect();
    table
}

fn cheapest(estimate: &Estimate<'_>) -> String {
    match estimate.cheapest_change {
        Some(Change { change, saves, loses }) => {
            let kept = match loses {
                Loss::Nothing => "nothing is lost",
                _ => "every sample is still measured and kept",
            };
            let (saves, currency) = (money(*saves), estimate.currency);
            format!("The cheapest change to make: {change}. It saves {saves} {currency}, and {kept}.")
        }
        None => "No change saves a cent without losing samples.".to_owned(),
    }
}

fn assumptions(estimate: &Estimate<'_>) -> Table {
    let mut table = Table::new("Assumptions", &["", "name", "value"]);
    let row = |(name, assumption): (&String, &parallax::cost::prices::Assumption)| {
        vec![assumption.why.clone(), name.clone(), assumption.value.to_string()]
    };
    table.rows = estimate.assumptions.iter().map(row).collect();
    table
}

/// With cents.
fn money(amount: f64) -> String {
    format!("{amount:.2}")
}

fn share(part: f64, whole: f64) -> String {
    if whole > 0.0 { format!("{:.1} %", part / whole * 100.0) } else { "-".to_owned() }
}

/// Whole from a hundred on, and in groups of three; finer below.
fn number(amount: f64) -> String {
    if amount < 99.95 {
        let text = format!("{amount:.2}");
        return text.strip_suffix(".00").map_or(text.clone(), str::to_owned);
    }
    let digits = format!("{amount:.0}");
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_readable_at_every_size() {
        let said = [0.0, 0.305, 12.0, 99.99, 432_000.0, 8_640_000.4, 1e12].map(number);
        assert_eq!(said, ["0", "0.30", "12", "100", "432 000", "8 640 000", "1 000 000 000 000"]);
    }
}
