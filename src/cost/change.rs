//! What could be changed, what each change saves, and what it loses.

use serde::Serialize;

use super::bill::{Terms, bill};
use super::deployment::{Arm, Deployment};
use super::error::CostError;
use super::prices::{Architecture, Prices};

/// What is no longer there after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Nothing that was measured.
    Nothing,
    /// A series on the dashboard; every sample is still measured and kept.
    Series,
    /// Old samples.
    History,
    /// Samples.
    Samples,
}

impl Loss {
    /// As a sentence says it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Series => "the series; its samples are kept",
            Self::History => "older samples",
            Self::Samples => "samples",
        }
    }
}

/// One change to the deployment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// What to write, and where.
    pub change: String,
    /// What a month costs less.
    pub saves: f64,
    /// What is lost by it.
    pub loses: Loss,
}

/// Changes that save a cent or more, the greatest saving first.
///
/// # Errors
/// As [`bill`].
pub fn changes(prices: &Prices, deployment: &Deployment, terms: Terms) -> Result<Vec<Change>, CostError> {
    let now = bill(prices, deployment, terms)?.total;
    let mut changes = Vec::new();
    for (change, loses, deployment, terms) in candidates(deployment, terms) {
        let saves = now - bill(prices, &deployment, terms)?.total;
        if saves >= 0.01 {
            changes.push(Change { change, saves, loses });
        }
    }
    // Of equal savings the candidate named first stays first: sums differ in their last digits.
    changes.sort_by_key(|change| std::cmp::Reverse((change.saves * 1e6).round() as i64));
    Ok(changes)
}

/// The change that costs least to make: of those after which every sample is still measured and kept, the one that
/// saves most.
#[must_use]
pub fn cheapest(changes: &[Change]) -> Option<&Change> {
    changes.iter().find(|change| matches!(change.loses, Loss::Nothing | Loss::Series))
}

type Candidate = (String, Loss, Deployment, Terms);

fn candidates(deployment: &Deployment, terms: Terms) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    let mut add = |change: String, loses, changed: Deployment| candidates.push((change, loses, changed, terms));
    if deployment.metrics.len() > 1 {
        // The last one named is taken for the one that would be missed least.
        for metric in deployment.metrics.iter().rev() {
            let metrics: Vec<String> = deployment.metrics.iter().filter(|kept| *kept != metric).cloned().collect();
            let change = format!("publish no {metric}: `metrics = {}` in [fleet]", list(&metrics));
            add(change, Loss::Series, Deployment { metrics, ..deployment.clone() });
        }
    }
    if deployment.keep_days > 30.0 {
        let change = "keep samples 30 days: `keep = \"30d\"` in [fleet]".to_owned();
        add(change, Loss::History, Deployment { keep_days: 30.0, ..deployment.clone() });
    }
    let sizes = deployment.memory_mb();
    for size in sizes.iter().filter(|_| sizes.len() > 1) {
        let rest: Vec<String> = sizes.iter().filter(|kept| *kept != size).map(u32::to_string).collect();
        let change = format!("no probes of {size} MB: `memory_mb = [{}]` in [fleet]", rest.join(", "));
        add(change, Loss::Samples, without(deployment, |arm| arm.memory_mb == *size));
    }
    let methods = deployment.methods();
    for method in methods.iter().filter(|_| methods.len() > 1) {
        let rest: Vec<String> = methods.iter().filter(|kept| *kept != method).map(|kept| (*kept).to_owned()).collect();
        let change = format!("no probes by {method}: `methods = {}` in [fleet]", list(&rest));
        add(change, Loss::Samples, without(deployment, |arm| arm.method == *method));
    }
    let regions = deployment.regions();
    for region in regions.iter().filter(|region| regions.len() > 1 && **region != deployment.home) {
        let change = format!("no probes in {region}: take it out of `regions` in [fleet]");
        add(change, Loss::Samples, without(deployment, |arm| arm.region == *region));
    }
    if let Some(slower) = half_as_often(deployment) {
        add("ask half as often: each `every` twice as long".to_owned(), Loss::Samples, slower);
    }
    if terms.architecture == Architecture::X86 {
        let terms = Terms { architecture: Architecture::Arm64, ..terms };
        let change = "build the functions for arm64: `infra/deploy --arch arm64`".to_owned();
        candidates.push((change, Loss::Nothing, deployment.clone(), terms));
    }
    candidates
}

fn list(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    format!("[{}]", names.join(", "))
}

fn without(deployment: &Deployment, gone: impl Fn(&Arm) -> bool) -> Deployment {
    let arms = deployment.arms.iter().filter(|arm| !gone(arm)).cloned().collect();
    Deployment { arms, ..deployment.clone() }
}

/// `None` where a doubled distance would no longer divide a day, or have no schedule of its own.
fn half_as_often(deployment: &Deployment) -> Option<Deployment> {
    let twice = |minutes: u32| minutes.checked_mul(2).filter(|twice| 1_440 % twice == 0);
    let mut slower = deployment.clone();
    slower.tick_minutes = twice(deployment.tick_minutes).filter(|tick| 60 % tick == 0 || tick % 60 == 0)?;
    for every in slower.arms.iter_mut().flat_map(|arm| &mut arm.every) {
        *every = twice(*every)?;
    }
    Some(slower)
}
