//! What an account's data are called.

use std::collections::BTreeSet;

use crate::explain::account::Account;
use crate::explain::bounds::Known;
use crate::explain::cause::Cause;
use crate::explain::cause_row::{CauseRow, Label};
use crate::explain::claim::Claim;
use crate::explain::evidence::{Fact, Unit};
use crate::explain::interval::NoInterval;
use crate::explain::plausibility::Warning;
use crate::explain::traits::Difference;
use crate::explain::verdict::Hypothesis;
use crate::measurement::counted::counted;
use crate::statistics::interval::Interval;

use super::super::figures::{self, ABSENT, ms, signed};
use super::{name, own_work};

pub(super) fn claim(claim: Claim) -> &'static str {
    match claim {
        Claim::Supported => "supported",
        Claim::Refuted => "refuted",
        Claim::Undecided => "undecided",
    }
}

pub(super) fn suspicion(hypothesis: Hypothesis) -> &'static str {
    match hypothesis {
        Hypothesis::SampleTiming => "the samples were not taken at the same times",
        Hypothesis::Method => "the ways of measuring differ",
        Hypothesis::ColdStart => "a fresh sandbox is slower",
        Hypothesis::CpuShare => "too small a share of a processor, or a slow one",
        Hypothesis::Distance => "the way to the server is longer",
    }
}

/// Why the whole gap is laid to a suspicion, where no row says so.
pub(super) fn by_design(account: &Account) -> Option<String> {
    let why = |hypothesis| match hypothesis {
        Hypothesis::Method => Some(
            "both sides measured from one place that stays, at the same times and, as far as they show, over one address \
             family to one edge. So the way to the server is the same, only the way of measuring is left to differ, and all of \
             the gap but timing is its, whatever rows it shows in",
        ),
        Hypothesis::ColdStart => Some(
            "one side is the first uses of what the other side shows without them. So all of the gap but timing is what a \
             first use adds, whatever rows it shows in",
        ),
        _ => None,
    };
    let judged = account.verdicts.iter().filter(|one| one.by_design);
    let said: Vec<String> =
        judged.filter_map(|one| Some(format!("{} is judged by design: {}.", one.code, why(one.hypothesis)?))).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

pub(super) fn cause(cause: Cause) -> String {
    cause.as_str().replace('_', " ")
}

/// Percent without decimals, never a negative zero.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", (share * 100.0).round() + 0.0)
}

/// A difference of rates.
pub(super) fn points(difference: f64) -> String {
    let points = (difference * 1_000.0).round() / 10.0 + 0.0;
    format!("{}{points:.1} points", if points > 0.0 { "+" } else { "" })
}

pub(super) fn row_name(row: &CauseRow) -> String {
    let named = match row.label {
        Label::Plain if row.cause == Cause::Residual => "residual: unexplained".to_owned(),
        Label::Plain => cause(row.cause),
        Label::ServerOrUnexplained => "residual: server or unexplained".to_owned(),
        Label::OwnWorkOrServer => "residual: own work, server or unexplained".to_owned(),
        Label::NotSeparable => "residual: not separable".to_owned(),
    };
    if row.or_stolen { format!("{named} (network or stolen)") } else { named }
}

/// What a headline calls the rest, which is no cause.
pub(super) fn left_over(row: &CauseRow) -> String {
    let named = match row.label {
        Label::Plain => "Not explained",
        Label::ServerOrUnexplained => "Not separable (server or unexplained)",
        Label::OwnWorkOrServer => "Not separable (own work, server or unexplained)",
        Label::NotSeparable => "Not separable",
    };
    if row.or_stolen { format!("{named}, network or stolen:") } else { format!("{named}:") }
}

/// What stands behind a row, in one line; empty where nothing does.
pub(super) fn evidence(row: &CauseRow, account: &Account) -> String {
    let work = account.own_work.as_ref();
    let told = row.evidence.iter().filter(|fact| fact.a.is_some() || fact.b.is_some());
    let mut said: Vec<String> = told.map(observed).collect();
    said.extend(work.filter(|_| row.label == Label::OwnWorkOrServer).map(own_work::evidence));
    let also: BTreeSet<Cause> = row.holds.iter().copied().filter(|held| *held != row.cause).collect();
    let also: Vec<String> = also.into_iter().map(cause).collect();
    if row.label == Label::NotSeparable {
        said.push("holds every cause: a side shows totals only, always or often".to_owned());
    } else if !also.is_empty() {
        said.push(format!("holds {} too", also.join(", ")));
    }
    if row.or_stolen {
        said.push(match account.contrasts.is_empty() {
            true => "network or stolen: memory sizes side by side decide".to_owned(),
            false => "network or stolen: see what two memory sizes say, below".to_owned(),
        });
    }
    if row.one_sided {
        said.push("seen at one side only, the other was taken to be alike".to_owned());
    }
    said.join("; ")
}

/// What looks wrong with the data.
pub(super) fn warning(warning: Warning) -> String {
    match warning {
        Warning::Unit { side, median_ms, measured_ms, ours } => {
            let other = match ours {
                true => "our own samples of this page".to_owned(),
                false => format!("{}, which was measured in phases,", own_work::name(1 - side)),
            };
            format!(
                "Look at the unit: the median of {own} is {} ms, and that of {other} {} ms. Were {own}'s values imported \
                 with the right --unit?",
                ms(median_ms),
                ms(measured_ms),
                own = own_work::name(side),
            )
        }
        Warning::Units { medians_ms: [a, b] } => format!(
            "Look at the units: the median of A is {} ms, and that of B {} ms. Were the values of both imported with the \
             right --unit?",
            ms(a),
            ms(b)
        ),
        Warning::ServerTiming { side, boasted, said } => format!(
            "Server-Timing of {} is not believed: on {boasted} of {said} answers it says more than they were waited for. What \
             the server took is in the rest.",
            own_work::name(side),
        ),
        Warning::Known { side, mean_ms, known_ms } => format!(
            "What is said to be known of {own} comes to {} ms at least, and {own} takes {} ms on average: both cannot be. \
             Look at the units after --known-…, and at how many round trips a request makes.",
            ms(known_ms),
            ms(mean_ms),
            own = own_work::name(side),
        ),
    }
}

/// What the user said of a side, in one sentence; empty where nothing.
pub(super) fn known(known: &Known) -> String {
    let length = |what: &str, value: Option<f64>| value.map(|value| format!("{what} {} ms", ms(value)));
    let said = [
        length("a round trip of", known.round_trip),
        length("name resolution of", known.dns),
        known.fresh.map(|fresh| format!("{} connections", if fresh { "new" } else { "kept" })),
        length("the server's time within", known.server_same_within),
    ];
    let said: Vec<String> = said.into_iter().flatten().collect();
    if said.is_empty() { String::new() } else { format!("; taken as known of it: {}", said.join(", ")) }
}

/// Values of one kind at both sides.
pub(super) fn difference(difference: &Difference) -> String {
    let side = |values: &[(String, f64)]| {
        let told: Vec<String> =
            values.iter().take(4).map(|(value, share)| format!("{value} {}", percent(*share))).collect();
        told.join(", ")
    };
    format!("{}: A {}; B {}.", difference.what, side(&difference.a), side(&difference.b))
}

/// An interval of a difference, or that there is none.
pub(super) fn within(interval: Option<Interval>) -> String {
    interval.map_or_else(|| "no interval".to_owned(), |interval| figures::interval(interval, signed))
}

fn observed(fact: &Fact) -> String {
    let [a, b] =
        [fact.a, fact.b].map(|value| value.map_or_else(|| ABSENT.to_owned(), |value| figure(fact.unit, value)));
    let unit = match fact.unit {
        Unit::Ms => " ms",
        Unit::Mb => " MB",
        Unit::Share | Unit::Count => "",
    };
    // A count that belongs to both sides has one value.
    if fact.unit == Unit::Count && fact.b.is_none() {
        return format!("{} {}", fact.what, fact.a.map_or_else(|| ABSENT.to_owned(), |count| format!("{count:.0}")));
    }
    format!("{} {a} → {b}{unit}", fact.what)
}

fn figure(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Ms => ms(value),
        Unit::Share => format!("{:.1} %", value * 100.0),
        Unit::Count => format!("{value:.2}"),
        Unit::Mb => format!("{value:.0}"),
    }
}

/// What would give an interval.
pub(super) fn needed(why: NoInterval) -> String {
    match why {
        NoInterval::Samples { more } => {
            format!("{} needed on the side that needs the most", counted(more, "more sample"))
        }
        NoInterval::Slots { more } => format!("{} of time needed", counted(more, "more slot")),
        NoInterval::Autocorrelation { more } => {
            let slots = counted(more, "more slot");
            format!("the gap changes so slowly that its slots repeat each other; {slots} of time needed")
        }
        NoInterval::Sandboxes { more } => {
            format!("{} needed in a place that has too few", counted(more, "more sandbox"))
        }
        NoInterval::Level { more } => format!("{} needed for this percentile", counted(more, "more sample")),
    }
}

/// What the intervals rest on.
pub(super) fn basis(account: &Account) -> Option<String> {
    let basis = account.basis?;
    let sandboxes = match basis.sandboxes {
        0 => String::new(),
        some => format!(", {}", counted(some, "sandbox")),
    };
    let part = match basis.sampled {
        None => String::new(),
        Some(rows) => format!(" Intervals come from at most {rows} samples a side, chosen by the seed."),
    };
    let length = match basis.block_ms {
        short @ ..60_000 => format!("{:.1} s", short as f64 / 1_000.0),
        long => format!("{:.0} min", long as f64 / 60_000.0),
    };
    Some(format!(
        "Intervals are 95 %: {} of {length}{sandboxes}, {:.1} degrees of freedom, {} replicates a scheme.{part}",
        counted(basis.blocks, "block"),
        basis.degrees,
        basis.replicates
    ))
}

/// Always said, be it nothing.
pub(super) fn unexplained(account: &Account) -> String {
    let residual = account.rows.iter().find(|row| row.cause == Cause::Residual);
    let share =
        residual.and_then(|row| row.share).map_or_else(String::new, |share| format!(", {} of the gap", percent(share)));
    let what = match residual.map(|row| row.label) {
        Some(Label::OwnWorkOrServer) => {
            " It holds what one side does not tell apart: its own work, the network and the server's time."
        }
        Some(Label::ServerOrUnexplained) => {
            " It holds the server's own time: not separable without Server-Timing at both sides."
        }
        Some(Label::NotSeparable) => " A side shows totals only, always or often, so that nothing can be told apart.",
        _ => "",
    };
    let work = own_work::of_rest(account);
    format!("{}: {} ms{share}.{what}{work}", name(account.statistic), signed(account.unexplained_ms))
}
