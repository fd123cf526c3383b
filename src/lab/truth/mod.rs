//! What the causes of a run really were, by the accounts of those who made them: what happened, not what was asked for.
//!
//! Nothing here looks at what the probe says of phases or round trips. Processor time is the one figure that comes from
//! the measuring process, by the scheduler's counters around the whole call.

pub mod facts;
pub mod rows;

mod turns;

use std::collections::BTreeMap;

use serde::Serialize;

use super::run::Run;
use super::scenario::Scenario;
use facts::{Facts, Ledger};

/// The truth of a run. Its JSON is the truth file.
#[derive(Clone, Debug, Serialize)]
pub struct Truth {
    /// Of this structure: 1.
    pub schema: u32,
    /// The scenario.
    pub scenario: Scenario,
    /// Where randomness started.
    pub seed: u64,
    /// Means over all requests of the two sides that were answered, B less A, milliseconds.
    pub gap_ms: f64,
    /// Milliseconds of it by row of the account.
    pub rows: BTreeMap<&'static str, f64>,
    /// What is left of the gap: nobody injected it. Wake-ups, the kernel's own work, the time between clocks.
    pub unaccounted_ms: f64,
    /// A and B.
    pub sides: [SideTruth; 2],
    /// Each request, in order.
    pub requests: Vec<RequestTruth>,
}

/// What one side's parts did over the run.
#[derive(Clone, Debug, Serialize)]
pub struct SideTruth {
    /// Requests.
    pub requests: usize,
    /// Those that were not answered, or whose packets nobody found.
    pub left_out: usize,
    /// The shortest that the box held a packet out and one back, together.
    pub floor_ms: f64,
    /// Likewise, to and from the site's other point of presence; absent where nobody asked there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elsewhere_floor_ms: Option<f64>,
    /// What served the page and in which version, where that is another program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// What measured, and what that stands on, in which versions, where those are other people's programs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<String>,
    /// Packets that passed the box.
    pub packets: usize,
    /// Packets that it lost on purpose.
    pub lost: usize,
    /// The box had real-time priority.
    pub realtime: bool,
    /// Periods in which the share of a processor ran out, and for how long in all.
    pub throttled: Option<(u64, f64)>,
}

/// One request.
#[derive(Clone, Debug, Serialize)]
pub struct RequestTruth {
    /// The sample.
    pub sample: String,
    /// 0 is A.
    pub side: usize,
    /// What was injected; absent where there was no answer.
    pub injected: Option<Facts>,
}

impl Truth {
    /// Joins the accounts of a run.
    #[must_use]
    pub fn of(scenario: &Scenario, seed: u64, run: &Run) -> Self {
        let ledgers = [0, 1].map(|side| Ledger::new(&scenario.sides[side], &run.accounts[side]));
        let mut known: [Vec<Facts>; 2] = Default::default();
        let mut requests = Vec::with_capacity(run.asked.len());
        for asked in &run.asked {
            let side = asked.turn.side;
            let injected = ledgers[side].facts(asked);
            known[side].extend(injected);
            requests.push(RequestTruth { sample: asked.record.sample.id.to_string(), side, injected });
        }
        let sides = [0, 1].map(|side| {
            let (account, asked) = (&run.accounts[side].path, run.asked.iter().filter(|one| one.turn.side == side));
            let (count, floors) = (asked.count(), ledgers[side].floors_ms());
            SideTruth {
                requests: count,
                left_out: count - known[side].len(),
                floor_ms: floors[0],
                elsewhere_floor_ms: Some(floors[1]).filter(|floor| *floor > 0.0),
                server: run.accounts[side].server.clone(),
                programs: run.accounts[side].programs.clone(),
                packets: account.passages.len(),
                lost: account.drops.iter().filter(|drop| matches!(drop.kind, super::delaybox::Kind::Tcp(_))).count(),
                realtime: account.realtime,
                throttled: run.accounts[side].throttled,
            }
        });
        let (gap_ms, rows) = rows::rows(&known[0], &known[1]);
        let unaccounted_ms = gap_ms - rows.values().sum::<f64>();
        Self { schema: 1, scenario: scenario.clone(), seed, gap_ms, rows, unaccounted_ms, sides, requests }
    }
}
