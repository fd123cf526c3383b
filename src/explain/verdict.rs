//! The suspicions that the founding case left open, judged.

use serde::Serialize;

use crate::statistics::interval::Interval;

use super::cause::{Cause, Shares};
use super::claim::Claim;

/// A suspicion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Hypothesis {
    /// H1: the samples were not taken at the same times.
    SampleTiming,
    /// H2: one tool's way of measuring differs from the other's.
    Method,
    /// H3: a fresh sandbox is slower: cold start and placement.
    ColdStart,
    /// H4: the measuring program gets too small a share of a processor.
    CpuShare,
    /// H5: the way to the server is longer.
    Distance,
}

impl Hypothesis {
    /// All five.
    pub const ALL: [Self; 5] = [Self::SampleTiming, Self::Method, Self::ColdStart, Self::CpuShare, Self::Distance];

    /// The rows whose sum it stands on.
    #[must_use]
    pub fn causes(self) -> &'static [Cause] {
        match self {
            Self::SampleTiming => &[Cause::Timing],
            Self::Method => &[Cause::Definition, Cause::Redirect, Cause::Reuse, Cause::TlsVersion],
            Self::ColdStart => &[Cause::Cold],
            Self::CpuShare => &[Cause::Cpu, Cause::Scheduling],
            Self::Distance => &[Cause::Distance],
        }
    }

    /// `H1` to `H5`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::SampleTiming => "H1",
            Self::Method => "H2",
            Self::ColdStart => "H3",
            Self::CpuShare => "H4",
            Self::Distance => "H5",
        }
    }

    /// What it explains of a gap.
    #[must_use]
    pub fn sum(self, shares: &Shares) -> f64 {
        self.causes().iter().map(|cause| shares.get(*cause)).sum()
    }
}

/// A judgement on one suspicion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// Which.
    pub hypothesis: Hypothesis,
    /// `H1` to `H5`.
    pub code: &'static str,
    /// Supported, refuted or undecided.
    pub claim: Claim,
    /// What it explains, in milliseconds; absent where nothing was seen of it.
    pub ms: Option<f64>,
    /// 95 %.
    pub interval_ms: Option<Interval>,
    /// Judged by how the sides were chosen, not by rows. At one place that stays, at the same times, the way to the server
    /// is one way, and the way of measuring is all that is left to differ; where one side is a tool's first uses and the
    /// other the rest of them, nothing but that differs.
    pub by_design: bool,
}
