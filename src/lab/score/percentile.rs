//! Rows of percentiles. Nobody injects a row of a percentile: but where one cause is all that differs, all of the gap is its.

use serde::Serialize;

use crate::explain::account::Case;
use crate::explain::cause::Cause;
use crate::explain::percentile::{MERGED, explain};
use crate::statistics::level::Level;

use super::GAP_MIN_MS;

/// The percentiles that are held to something, and the most by which their rows may be off, on average over rows and
/// scenarios, as a share of the gap.
pub(super) const LEVELS: [(Level, f64); 3] = [(Level::P50, 0.02), (Level::P90, 0.02), (Level::P99, 0.04)];

/// One percentile of a run in which one cause differs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PercentileScore {
    /// Its level, from 0 to 1.
    pub level: f64,
    /// B less A, milliseconds.
    pub gap_ms: f64,
    /// How far its rows are off, on average; milliseconds.
    pub error_ms: f64,
}

/// Those that have enough values behind them, and a gap. `rest` are the causes that the account cannot tell from what is left.
pub(super) fn scores(case: &Case, cause: Cause, rest: &[Cause], seed: u64) -> Vec<PercentileScore> {
    let count = case.sides().rows.iter().map(Vec::len).min().unwrap_or(0);
    let levels: Vec<Level> =
        LEVELS.into_iter().map(|(level, _)| level).filter(|level| level.values_needed() <= count).collect();
    // Rows as a percentile has them: those that are divided together, one; and those that are one with the rest.
    let one_of =
        |cause: Cause| MERGED.into_iter().find(|(_, holds)| holds.contains(&cause)).map_or(cause, |(row, _)| row);
    let rest: Vec<Cause> = rest.iter().map(|cause| one_of(*cause)).collect();
    let row = |cause: Cause| {
        let row = one_of(cause);
        if rest.contains(&row) { Cause::Residual } else { row }
    };
    let rows = || MERGED.into_iter().map(|(row, _)| row).chain([Cause::Timing, Cause::Dependence]);
    if !rows().any(|known| known == one_of(cause)) {
        return Vec::new();
    }
    let found = explain(case.sides(), &levels, seed);
    let scored = found.into_iter().filter(|found| found.gap.abs() >= GAP_MIN_MS).map(|found| {
        let of = |this: Cause| {
            let parts = Cause::ALL.into_iter().filter(|part| row(*part) == this);
            parts.map(|part| found.shares.get(part)).sum::<f64>()
        };
        let truth = |this: Cause| if this == row(cause) { found.gap } else { 0.0 };
        let own: Vec<Cause> = rows().filter(|this| row(*this) == *this).collect();
        let off: f64 = own.iter().map(|this| (of(*this) - truth(*this)).abs()).sum();
        PercentileScore { level: found.level.share(), gap_ms: found.gap, error_ms: off / own.len() as f64 }
    });
    scored.collect()
}

/// The mean error of a percentile's rows over all gaps, as a share of those, and of how many scenarios it is.
pub(super) fn pooled(scores: &[super::Score], level: Level) -> Option<(f64, usize)> {
    let of = || scores.iter().flat_map(|score| &score.percentiles).filter(|one| one.level == level.share());
    let gaps: f64 = of().map(|one| one.gap_ms.abs()).sum();
    (gaps > 0.0).then(|| (of().map(|one| one.error_ms).sum::<f64>() / gaps, of().count()))
}

#[cfg(test)]
mod tests {
    use super::super::example::score;
    use super::*;

    #[test]
    fn errors_are_pooled_over_gaps_and_each_level_is_its_own() {
        let of = |gap_ms, error_ms, level: Level| PercentileScore { level: level.share(), gap_ms, error_ms };
        let runs =
            [vec![of(10.0, 1.0, Level::P50), of(10.0, 5.0, Level::P90)], vec![of(-90.0, 0.0, Level::P50)], Vec::new()];
        let scores = runs.map(|percentiles| super::super::Score { percentiles, ..score("dns", 1, Vec::new()) });
        // One millisecond of a hundred, though it is a tenth of the run's own gap.
        assert_eq!(pooled(&scores, Level::P50), Some((0.01, 2)));
        assert_eq!(pooled(&scores, Level::P90), Some((0.5, 1)));
        assert_eq!(pooled(&scores, Level::P99), None, "what was not looked at has no figure");
    }
}
