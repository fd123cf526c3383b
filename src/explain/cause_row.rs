//! One cause in an account, as it is shown.

use serde::Serialize;

use crate::statistics::interval::Interval;

use super::cause::Cause;
use super::claim::Claim;
use super::evidence::{Fact, PhasePart};

/// What a row stands for where its name alone would say too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// Its name.
    Plain,
    /// Server or unexplained wait: not separable without `Server-Timing` at both sides.
    ServerOrUnexplained,
    /// A side does not show its own work either: that, the server or unexplained wait.
    OwnWorkOrServer,
    /// Everything: a side shows its total only.
    NotSeparable,
}

/// One cause in an account.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CauseRow {
    /// Which.
    pub cause: Cause,
    /// The causes that it holds, itself among them.
    pub holds: Vec<Cause>,
    /// How it is to be read.
    pub label: Label,
    /// Milliseconds from A to B.
    pub ms: f64,
    /// 95 %; absent where the data do not allow one.
    pub interval_ms: Option<Interval>,
    /// Of the gap; absent where there is hardly a gap.
    pub share: Option<f64>,
    /// What may be claimed.
    pub claim: Claim,
    /// What the claim rests on beside the interval: see [`super::claim::Bar::claim_beside`].
    #[serde(skip)]
    pub by_luck: Option<f64>,
    /// Seen at one side only; the other side was taken to be alike.
    pub one_sided: bool,
    /// A small function's processor may have been taken away unseen: network or stolen. Memory sizes side by side decide.
    pub or_stolen: bool,
    /// The observations behind it.
    pub evidence: Vec<Fact>,
    /// The residual of the mean by phase, where both sides show phases and too little else; the parts add up to it.
    pub by_phase: Vec<PhasePart>,
}
