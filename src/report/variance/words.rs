//! What stands in words below the shares: what sandboxes hold, or why that cannot be said and what it takes.

use crate::measurement::counted::does;
use crate::report::figures;
use crate::summary::variance::needs::{INVOCATIONS, Needs, RegionNeed, SANDBOXES, SANDBOXES_A_REGION};
use crate::summary::variance::split::{Correlation, Split};
use crate::summary::variance::stratum::Stratum;

use super::percent;

pub(super) fn notes(stratum: &Stratum, split: &Split) -> Vec<String> {
    let mut notes = vec!["-: there is only one in each, or samples do not say.".to_owned()];
    if split.parts.iter().all(|part| part.share.is_none()) {
        notes.push("All response times are equal: there is no spread to split.".to_owned());
        return notes;
    }
    let correlation = |split: Option<&Split>| split.and_then(|split| split.sandbox);
    let (in_ms, in_ln) = (correlation(stratum.milliseconds.as_ref()), correlation(stratum.logarithms.as_ref()));
    match in_ms.zip(in_ln) {
        Some((in_ms, in_ln)) => {
            notes.push(format!(
                "Within a place, sandboxes hold {} of the variance on milliseconds, {} on logarithms.",
                held(in_ms),
                held(in_ln)
            ));
            notes.push(rule());
            if stratum.heavy_tails {
                notes.push(
                    "Heavy tails: the two disagree by more than an interval, because few and very slow samples lead the \
                     milliseconds. The logarithms are the ones to read, and what follows is of them."
                        .to_owned(),
                );
            }
        }
        None => notes.extend(cannot_say(stratum)),
    }
    if !stratum.hosts_left_out.is_empty() {
        notes.push(format!(
            "Left out of the question of sandboxes: {}. A host's sandbox is its boot, and measuring on adds none. With \
             `--vantage NAME` a vantage that has sandboxes is split down to them, first invocations apart.",
            stratum.hosts_left_out.join(", ")
        ));
    }
    notes.push(
        "Places are chosen, not drawn: what is said of regions, zones and CPU models holds for these only. What changes \
         with time for all alike lies in the last part."
            .to_owned(),
    );
    notes
}

/// The least data, and what more of it brings; from simulated sandboxes.
fn rule() -> String {
    format!(
        "It takes {SANDBOXES} sandboxes, {SANDBOXES_A_REGION} in each region, of {INVOCATIONS} warm response times each, \
         and better 20: the share of sandboxes is then known to about 15 points either way, and with 60 sandboxes to 8."
    )
}

fn held(correlation: Correlation) -> String {
    format!("{} (95 % {})", percent(correlation.estimate), figures::interval(correlation.interval, percent))
}

fn cannot_say(stratum: &Stratum) -> Vec<String> {
    let Needs { sandboxes, sandboxes_with_too_few, more_sandboxes, regions, one_sandbox_a_place } = &stratum.needs;
    let mut said = Vec::new();
    if *more_sandboxes > 0 {
        let has = if *sandboxes == 1 { "has" } else { "have" };
        said.push(format!(
            "Cannot say how much lies between sandboxes: {sandboxes} of them {has} {INVOCATIONS} or more warm response \
             times, and it takes {SANDBOXES}, {SANDBOXES_A_REGION} in each region. At least {} needed.",
            does(more_sandboxes, "more sandbox", ["is", "are"])
        ));
    } else {
        said.push("Cannot say how much lies between sandboxes, although there are enough of them.".to_owned());
    }
    if *sandboxes_with_too_few > 0 {
        said.push(format!(
            "{} fewer than {INVOCATIONS} warm response times; more invocations of theirs count too.",
            does(sandboxes_with_too_few, "sandbox", ["has", "have"])
        ));
    }
    if !regions.is_empty() {
        let each = |need: &RegionNeed| format!("{} has {}, lacks {}", need.region, need.sandboxes, need.more_sandboxes);
        said.push(format!("Too few in: {}.", regions.iter().map(each).collect::<Vec<_>>().join("; ")));
    }
    if *one_sandbox_a_place && *sandboxes + *sandboxes_with_too_few > 0 {
        said.push("No place has two sandboxes, so a place and its sandbox cannot be told apart.".to_owned());
    }
    if stratum.hosts_only {
        said.push(
            "A host's sandbox is its boot: only restarts and further hosts would add some, so on hosts this split is \
             rarely to be had."
                .to_owned(),
        );
    } else if stratum.warm > 0 && stratum.without_sandbox == stratum.warm {
        said.push("No sample names its sandbox: imports carry none.".to_owned());
    }
    said
}
