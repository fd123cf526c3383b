//! What two memory sizes of one function say.

use crate::explain::account::ONE_PROCESSOR_MB;
use crate::explain::claim::Claim;
use crate::explain::contrast::Contrast;

use super::super::figures::signed;
use super::own_work::name;
use super::words::{needed, within};

/// In two or three sentences.
pub(super) fn note(contrast: &Contrast) -> String {
    let Contrast { side, beside, memory_mb, samples, stolen_ms, interval_ms, no_interval, claim, .. } = contrast;
    let sure = match no_interval {
        None => format!("95 %: {}", within(*interval_ms)),
        Some(why) => format!("no interval: {}", needed(*why)),
    };
    let decided = match claim {
        Claim::Supported => "So much is stolen, and not network time.",
        Claim::Refuted => "What looks like network time is network time.",
        Claim::Undecided => "That does not decide between network and stolen.",
    };
    let least = if memory_mb[1] < ONE_PROCESSOR_MB && *claim == Claim::Supported {
        " The larger one has no whole processor either, so it is at least that."
    } else {
        ""
    };
    format!(
        "Network or stolen: with {small} MB, {a} takes {stolen} ms ({sure}) more than {beside} with {large} MB in the rows \
         that may hide stolen time, on average over {x} and {y} warm samples. {decided}{least}",
        small = memory_mb[0],
        large = memory_mb[1],
        a = name(*side),
        stolen = signed(*stolen_ms),
        x = samples[0],
        y = samples[1],
    )
}
