//! The programs' own work, where one side shows it and the other bounds it.

use crate::explain::account::Account;
use crate::explain::own_work::OwnWork;
use crate::explain::verdict::Hypothesis;

use super::super::figures::{ms, signed};

/// As evidence, in one line.
pub(super) fn evidence(work: &OwnWork) -> String {
    let side = |at: usize| {
        let least = if at == work.bound_at { "at least " } else { "" };
        format!("{least}{}", ms(work.within_ms[at]))
    };
    let whole = format!("{} in the whole process of {}", ms(work.process_ms), name(work.bound_at));
    let more = match (more(work), work.of_gap_ms.is_some()) {
        (None, _) => String::new(),
        (Some(more), true) => format!(": {more}"),
        (Some(more), false) => format!(": {more} on average"),
    };
    format!("processor time within the number {} → {} ms ({whole}){more}", side(0), side(1))
}

/// What it says of the rest; empty where the bound does not say.
pub(super) fn of_rest(account: &Account) -> String {
    let Some((work, more)) = account.own_work.as_ref().and_then(|work| Some((work, more(work)?))) else {
        return String::new();
    };
    let [theirs, other] = [name(work.bound_at), name(1 - work.bound_at)];
    let average = if work.of_gap_ms.is_some() { "" } else { " on average" };
    format!(
        " Processor time that {theirs}'s program used within its number, beyond what {other}'s did: {more}{average}; a bound, \
         not an interval."
    )
}

/// Which suspicion holds it, and which does not; absent where the bound does not say.
pub(super) fn suspected(account: &Account) -> Option<String> {
    let work = account.own_work.as_ref().filter(|work| work.more_ms.is_some())?;
    let by_design = account.verdicts.iter().any(|one| one.hypothesis == Hypothesis::Method && one.by_design);
    let holds = if by_design { "a part of H2" } else { "a way of measuring (H2), though no row of H2 shows it," };
    let [theirs, other] = [name(work.bound_at), name(1 - work.bound_at)];
    Some(format!(
        "{theirs}'s program works more than {other}'s: that is {holds} and no sign of H4. A process shows how long it used a \
         processor, and not how long it waited for one within its number."
    ))
}

/// `at least 2.44 of the gap's +4.10 ms`.
fn more(work: &OwnWork) -> Option<String> {
    let more = work.more_ms?;
    let least = format!("at least {}", ms(more));
    let toward = if work.bound_at == 1 { 1.0 } else { -1.0 };
    Some(match work.of_gap_ms {
        None => format!("{least} ms more"),
        Some(gap) if gap * toward >= more => format!("{least} of the gap's {} ms", signed(gap)),
        Some(gap) => format!("{least} ms, more than the gap of {} ms: something else makes up for it", signed(gap)),
    })
}

/// `A` or `B`.
pub(super) fn name(side: usize) -> &'static str {
    if side == 0 { "A" } else { "B" }
}
