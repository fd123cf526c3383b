//! The rows of an account: each cause with its interval, its claim and what stands behind it.

use super::{Case, Figures};
use crate::explain::cause::Cause;
use crate::explain::cause_row::{CauseRow, Label};
use crate::explain::evidence::{PhasePart, by_phase, facts, whole};
use crate::explain::ledger::Seen;
use crate::explain::{interval, percentile};

impl Case {
    pub(super) fn rows(&self, figures: &Figures, merged: bool, work_told: bool) -> Vec<CauseRow> {
        let stolen = self.may_be_stolen();
        let bar = figures.bar();
        let row = |cause: Cause| {
            let ms = figures.shares.get(cause);
            // What is left of exact sums after rounding is nothing.
            if ms.abs() < 1e-11 && cause != Cause::Residual {
                return None;
            }
            let interval_ms = figures.intervals.as_ref().ok().map(|found| found.rows[cause as usize]);
            let by_luck = figures.intervals.as_ref().ok().and_then(|found| found.by_luck(cause));
            let (holds, label) = self.meaning(cause, merged);
            let hidden = matches!(
                cause,
                Cause::Dns | Cause::Queueing | Cause::Fallback | Cause::Transfer | Cause::Server | Cause::Residual
            );
            let apart = label == Label::Plain || label == Label::NotSeparable;
            let parts = if apart || merged { Vec::new() } else { self.parts(figures) };
            Some(CauseRow {
                cause,
                holds,
                label,
                ms,
                interval_ms,
                share: (figures.gap.abs() > interval::INSTRUMENT_MS).then(|| ms / figures.gap),
                claim: bar.claim_beside(ms, interval_ms, by_luck),
                by_luck,
                one_sided: figures.one_sided[cause as usize],
                or_stolen: hidden && stolen,
                // What is left over after different columns is not comparable from side to side.
                evidence: match label {
                    Label::Plain => facts(&self.sides, cause),
                    _ => whole(&self.sides, merged, !work_told),
                },
                by_phase: parts,
            })
        };
        Cause::ALL.into_iter().filter_map(row).collect()
    }

    /// The mean's residual by phase; none where something else was taken out of the phases.
    fn parts(&self, figures: &Figures) -> Vec<PhasePart> {
        let ms = |cause: Cause| figures.shares.get(cause);
        let within = [Cause::Definition, Cause::Timing, Cause::Dns, Cause::Residual];
        let elsewhere = Cause::ALL.into_iter().any(|cause| !within.contains(&cause) && ms(cause) != 0.0);
        if elsewhere { Vec::new() } else { by_phase(&self.sides, ms(Cause::Dns), ms(Cause::Residual)) }
    }

    fn meaning(&self, cause: Cause, merged: bool) -> (Vec<Cause>, Label) {
        let both = self.sides.both();
        let mut holds = vec![cause];
        if merged {
            let of = percentile::MERGED.iter().find(|(row, _)| *row == cause);
            holds = of.map_or(holds, |(_, causes)| causes.to_vec());
        }
        if cause != Cause::Residual {
            return (holds, Label::Plain);
        }
        if !both.has(Seen::TIMELINE) {
            return (holds, Label::NotSeparable);
        }
        let label = if both.has(Seen::SERVER) { Label::Plain } else { Label::ServerOrUnexplained };
        if label == Label::ServerOrUnexplained {
            holds.insert(0, Cause::Server);
        }
        // What one side cannot see is in the rest of both.
        let unseen = [
            (Seen::DNS, Cause::Dns),
            (Seen::ROUND_TRIPS, Cause::Distance),
            (Seen::QUEUEING, Cause::Queueing),
            (Seen::LOSS, Cause::Loss),
            (Seen::CPU, Cause::Cpu),
            (Seen::SCHEDULING, Cause::Scheduling),
            (Seen::TRANSFER, Cause::Transfer),
        ];
        for (_, cause) in unseen.into_iter().filter(|(column, _)| !both.has(*column)) {
            // A percentile's residual holds the transfer already.
            if !holds.contains(&cause) {
                holds.push(cause);
            }
        }
        let own_work = both.has(Seen::CPU.or(Seen::SCHEDULING));
        (holds, if own_work { label } else { Label::OwnWorkOrServer })
    }
}
