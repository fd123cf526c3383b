//! One figure's gap: the way from A to B.

use crate::explain::account::Account;
use crate::explain::cause::Cause;
use crate::explain::cause_row::CauseRow;
use crate::explain::claim::Claim;
use crate::explain::evidence::PhasePart;
use crate::explain::question::Statistic;

use super::super::document::Document;
use super::super::figures::{self, ms, signed};
use super::super::stairs::{Kind, Stairs, Step};
use super::name;
use super::words::{basis, cause, claim, evidence, left_over, needed, percent, row_name, within};

/// Heading, the gap in short, the stairs, and what goes with them.
pub(super) fn onto(page: &mut Document, account: &Account, bridged: bool) {
    page.heading(&format!("From A to B: {}", name(account.statistic)));
    page.text(in_short(account));
    page.stairs(stairs(account));
    page.notes(notes(account, bridged));
}

/// The gap, and what most of it is made of.
pub(super) fn in_short(account: &Account) -> String {
    let figure = name(account.statistic);
    let answered = account.values_ms.map(ms);
    let is_failure = |side: usize| account.with_failures_ms.is_some_and(|values| values[side].is_none());
    let side = |side: usize| match is_failure(side) {
        true => format!("≥ timeout ({} of what was answered)", answered[side]),
        false => answered[side].clone(),
    };
    let ([a, b], of) = ([side(0), side(1)], if is_failure(0) || is_failure(1) { " between answers" } else { "" });
    let sure = match &account.no_interval {
        None => format!("95 %: {}", within(account.gap_interval_ms)),
        Some(why) => format!("no interval: {}", needed(*why)),
    };
    let supported = account.rows.iter().filter(|row| row.claim == Claim::Supported);
    let (rest, mut largest): (Vec<&CauseRow>, Vec<&CauseRow>) = supported.partition(|row| row.cause == Cause::Residual);
    largest.sort_by(|x, y| y.ms.abs().total_cmp(&x.ms.abs()));
    let told: Vec<String> = largest.iter().take(4).map(|row| format!("{} {}", row_name(row), signed(row.ms))).collect();
    let made = match told.is_empty() {
        true => " No cause can be claimed.".to_owned(),
        false => format!(" Claimed: {}.", told.join(", ")),
    };
    let rest: String = rest.into_iter().map(|row| format!(" {} {}.", left_over(row), signed(row.ms))).collect();
    format!("The {figure}: A {a}, B {b}, a gap of {} ms{of} ({sure}).{made}{rest}", signed(account.gap_ms))
}

/// A row of so many gaps is no part of one.
const SHARE_MAX: f64 = 10.0;

fn stairs(account: &Account) -> Stairs {
    let figure = name(account.statistic);
    let mut so_far = account.values_ms[0];
    // Where causes cancel, the gap that is left is no measure of them.
    let are_parts = account.rows.iter().filter_map(|row| row.share).all(|share| share.abs() < SHARE_MAX);
    let mut steps = vec![end("A", so_far)];
    for row in &account.rows {
        let from = so_far;
        so_far += row.ms;
        steps.push(Step {
            name: row_name(row),
            from,
            to: so_far,
            kind: Kind::Cause,
            figures: [
                signed(row.ms),
                within(row.interval_ms),
                row.share.filter(|_| are_parts).map_or_else(|| figures::ABSENT.to_owned(), percent),
            ],
            sure: row.interval_ms.and_then(|ends| ends.lower.zip(ends.upper)).map(|(x, y)| (from + x, from + y)),
            claim: claim(row.claim),
            evidence: evidence(row, account),
        });
        steps.extend(parts(&row.by_phase, from));
    }
    steps.push(end("B", account.values_ms[1]));
    let mut stairs =
        Stairs { caption: format!("Causes of the gap of the {figure}, in ms from A to B; they add up to it"), steps };
    let (first, _) = stairs.axis();
    if first > 0.0 {
        stairs.caption.push_str(&format!(" (bars begin at {} ms)", ms(first)));
    }
    stairs
}

fn end(name: &str, value: f64) -> Step {
    Step {
        name: name.to_owned(),
        from: 0.0,
        to: value,
        kind: Kind::End,
        figures: [ms(value), String::new(), String::new()],
        sure: None,
        claim: "",
        evidence: String::new(),
    }
}

fn parts(parts: &[PhasePart], mut from: f64) -> Vec<Step> {
    let step = |part: &PhasePart| {
        let begun = from;
        from += part.ms;
        Step {
            name: format!("in {}", part.phase),
            from: begun,
            to: from,
            kind: Kind::Part,
            figures: [signed(part.ms), format!("{} → {}", ms(part.a_ms), ms(part.b_ms)), String::new()],
            sure: None,
            claim: "",
            evidence: String::new(),
        }
    };
    parts.iter().map(step).collect()
}

/// Two figures of one name stand on a page: what each is for.
fn plain_and_smoothed(figure: &str) -> String {
    format!(
        "{figure} here is the plain one, the time that this share of responses does not exceed: causes are exchanged within \
         real times, and rows add up to it. In other tables {figure} is smoothed over its neighbours (Harrell-Davis): \
         steadier for one source, and it has parts. The two differ where times near it lie apart."
    )
}

fn notes(account: &Account, bridged: bool) -> Vec<String> {
    let mut notes = vec![
        "Evidence: mean of A → mean of B.".to_owned(),
        "Supported: 1 ms and 1 % of the gap or more, and not zero by 99 %. Refuted: less than that by 95 %, too little to matter."
            .to_owned(),
    ];
    // Less would be printed as 0.0 %.
    if account.outside_common_time >= 0.000_5 {
        let outside = account.outside_common_time * 100.0;
        notes.push(format!("{outside:.1} % of the samples lie outside times that both sides have."));
    }
    if account.beyond_failures {
        notes.push(format!(
            "A side failed so often that its {} is a failure: its value is at least the timeout, not what stands here.",
            name(account.statistic)
        ));
    }
    if let Statistic::Percentile(_) = account.statistic {
        notes.push(plain_and_smoothed(&name(account.statistic)));
    }
    if let Some([a, b]) = account.with_failures_ms.filter(|_| account.failures.failed.iter().any(|failed| *failed > 0))
    {
        let [a, b] = [a, b].map(|value| value.map_or_else(|| "≥ timeout".to_owned(), ms));
        notes.push(format!("Of all requests, a failure being slower than any answer: A {a}, B {b}."));
    }
    if let Some(failure_ms) = account.failures_as_ms {
        notes.push(format!("A failed request counts as {} ms.", ms(failure_ms)));
    }
    if bridged {
        notes.push(format!(
            "Evidence at A is the bridge's; so is every row but {} and timing.",
            cause(Cause::Definition)
        ));
    }
    notes.extend(basis(account));
    notes
}
