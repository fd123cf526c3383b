//! One phase of two sources, side by side.

use serde::Serialize;

use super::source::{PhaseSummary, SourceSummary};
use super::spread::Spread;

/// A phase as both sources had it; absent on a side that had none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PhasePair {
    /// `resolve` to `receive`, or `between`.
    pub phase: &'static str,
    /// The first source's.
    pub a: Option<PhaseSummary>,
    /// The second source's.
    pub b: Option<PhaseSummary>,
}

/// How much of the gap between the mean response times one phase holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// `resolve` to `receive`, `between`, or `not visible`: what no phase accounts for.
    pub phase: &'static str,
    /// Mean of the second minus mean of the first, a sample without the phase counting as zero.
    pub gap_ms: f64,
    /// Its network part; absent where one side cannot tell.
    pub network_ms: Option<f64>,
    /// Its local part; absent where one side cannot tell.
    pub local_ms: Option<f64>,
}

const NAMES: [&str; 7] = ["resolve", "connect", "tls", "send", "wait", "receive", "between"];

fn find<'a>(source: &'a SourceSummary, phase: &str) -> Option<&'a PhaseSummary> {
    source.phases.iter().find(|summary| summary.phase == phase)
}

/// The phases that either source had.
#[must_use]
pub fn pairs(a: &SourceSummary, b: &SourceSummary) -> Vec<PhasePair> {
    let pair = |phase| PhasePair { phase, a: find(a, phase).cloned(), b: find(b, phase).cloned() };
    NAMES.into_iter().map(pair).filter(|pair| pair.a.is_some() || pair.b.is_some()).collect()
}

/// Where the gap of the means lies, the largest part first. The parts add up to the gap.
#[must_use]
pub fn shares(a: &SourceSummary, b: &SourceSummary) -> Vec<Share> {
    let (Some(first), Some(second)) = (&a.latency_ms, &b.latency_ms) else { return Vec::new() };
    let gap = second.mean - first.mean;
    // Without phases on one side, nothing says where its time went.
    let seen = !a.phases.is_empty() && !b.phases.is_empty();
    let mut shares: Vec<Share> = pairs(a, b)
        .into_iter()
        .filter(|_| seen)
        .map(|pair| {
            let [first, second] = [&pair.a, &pair.b].map(|side| side.as_ref().map_or(0.0, |s| s.share_of_mean_ms));
            let part = |figure: &dyn Fn(&PhaseSummary) -> Option<Spread>| {
                let of = |side: &Option<PhaseSummary>, timed: usize| match side {
                    None => Some(0.0),
                    Some(s) => figure(s).filter(|f| f.n == s.elapsed_ms.n).map(|f| f.mean * f.n as f64 / timed as f64),
                };
                of(&pair.b, timed(b)).zip(of(&pair.a, timed(a))).map(|(b, a)| b - a)
            };
            Share {
                phase: pair.phase,
                gap_ms: second - first,
                network_ms: part(&|s| s.network_ms.clone()),
                local_ms: part(&|s| s.local_ms.clone()),
            }
        })
        .collect();
    let hidden = gap - shares.iter().map(|share| share.gap_ms).sum::<f64>();
    // Rounding alone is no hidden time.
    if hidden.abs() > 1e-6 {
        shares.push(Share { phase: "not visible", gap_ms: hidden, network_ms: None, local_ms: None });
    }
    shares.sort_by(|x, y| y.gap_ms.abs().total_cmp(&x.gap_ms.abs()));
    shares
}

fn timed(source: &SourceSummary) -> usize {
    source.latency_ms.as_ref().map_or(1, |latency| latency.n)
}
