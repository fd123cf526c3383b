//! One spread, split, on one scale.

use serde::Serialize;

use crate::statistics::interval::Interval;
use crate::statistics::moments::Moments;
use crate::statistics::reml::clusters::{Clusters, Value};
use crate::statistics::reml::fit::{Estimate, Fit};

use super::contrast::{Cell, Contrast, Estimator, Weighted, around, contrasts};
use super::part::{Kind, Part, share_out};
use super::place::Factor;
use super::scale::Scale;

/// Where in a sandbox's life a sample stands: the third and later invocations are the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Invocations {
    /// The third and later ones.
    Later,
    /// The first.
    First,
    /// The second.
    Second,
    /// Samples that do not say.
    Unknown,
}

impl Invocations {
    /// By level; `ALL[0]` is the base.
    pub const ALL: [Self; 4] = [Self::Later, Self::First, Self::Second, Self::Unknown];

    /// From the number that the sandbox counts, from 1.
    #[must_use]
    pub fn of(number: Option<u64>) -> Self {
        match number {
            Some(1) => Self::First,
            Some(2) => Self::Second,
            Some(_) => Self::Later,
            None => Self::Unknown,
        }
    }
}

/// A spread in parts. All figures are on the scale named.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Split {
    /// Milliseconds, or their logarithms.
    pub scale: Scale,
    /// The mean of all warm response times.
    pub mean: f64,
    /// Their standard deviation; absent for one.
    pub deviation: Option<f64>,
    /// The parts in order from the widest place to the rest; their shares add up to 1.
    pub parts: Vec<Part>,
    /// How alike the times of one sandbox are; absent where sandboxes cannot be told apart.
    pub sandbox: Option<Correlation>,
    /// How far places lie apart.
    pub contrasts: Vec<Contrast>,
    /// The first invocations against the later ones; none where sandboxes cannot be told apart.
    pub invocations: Vec<InvocationEffect>,
}

/// Intraclass correlation: within one place, the share of the variance that sandboxes hold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Correlation {
    /// Profile REML, from 0 to 1.
    pub estimate: f64,
    /// 95 %, from the profile likelihood.
    pub interval: Interval,
    /// From mean squares, as a cross-check; below 0 where sandboxes are more alike than chance has it.
    pub by_mean_squares: f64,
}

/// Some invocations less the later ones of the same sandboxes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct InvocationEffect {
    /// Which.
    pub invocations: Invocations,
    /// Response times.
    pub samples: usize,
    /// On the scale of the split.
    pub difference: f64,
    /// 95 %.
    pub interval: Interval,
}

/// Warm response times in sandboxes in cells.
pub(super) struct Grouped<'a> {
    pub(super) cells: Vec<Cell<'a>>,
    /// The cell of each sandbox.
    pub(super) cell_of: Vec<usize>,
    /// Sandbox, invocations as a level, milliseconds.
    pub(super) rows: Vec<(usize, usize, f64)>,
}

impl Grouped<'_> {
    /// Values less the first of them: only differences matter, and those of equal values are then exactly none.
    fn values(&self, scale: Scale) -> Vec<Value> {
        let first = self.rows.first().map_or(0.0, |row| scale.of(row.2));
        let value = |(cluster, level, millis): &(usize, usize, f64)| Value {
            cluster: *cluster,
            level: *level,
            value: scale.of(*millis) - first,
        };
        self.rows.iter().map(value).collect()
    }

    fn of_level(&self, level: usize) -> usize {
        self.rows.iter().filter(|row| row.1 == level).count()
    }
}

/// Splits a spread; sandboxes only where there are `enough`. There is at least one row.
pub(super) fn split(grouped: &Grouped<'_>, scale: Scale, enough: bool) -> Split {
    let values = grouped.values(scale);
    let all: Vec<f64> = grouped.rows.iter().map(|row| scale.of(row.2)).collect();
    let moments = Moments::of(&all);
    let fit = enough.then(|| Clusters::new(&grouped.cell_of, &values).ok()).flatten().map(|data| Fit::of(&data));
    let means = means(grouped, &values);
    let plain = |weights: &[(usize, f64)]| Estimate {
        value: weights.iter().map(|(cell, weight)| weight * means[*cell]).sum(),
        error: 0.0,
    };
    let fitted = |weights: &[(usize, f64)]| fit.as_ref().map_or_else(|| plain(weights), |fit| fit.cells(weights));
    let estimator = Estimator { of: &fitted, degrees: fit.as_ref().map(|fit| fit.degrees) };
    let mut parts: Vec<Part> = Factor::ALL.into_iter().map(|factor| place_part(grouped, factor, &fitted)).collect();
    parts.extend(match &fit {
        Some(fit) => inner_parts(grouped, fit),
        None => vec![Part::new(Kind::SandboxAndRest, grouped.cell_of.len(), Some(left(grouped, &values, &means)))],
    });
    share_out(&mut parts);
    Split {
        scale,
        mean: moments.map_or(0.0, |moments| moments.mean),
        deviation: moments.and_then(|moments| moments.deviation),
        parts,
        sandbox: fit.as_ref().map(correlation),
        contrasts: contrasts(&grouped.cells, &estimator),
        invocations: fit.as_ref().map_or_else(Vec::new, |fit| invocations(grouped, fit)),
    }
}

/// Of each cell, less the first value.
fn means(grouped: &Grouped<'_>, values: &[Value]) -> Vec<f64> {
    let mut sums = vec![0.0; grouped.cells.len()];
    for value in values {
        sums[grouped.cell_of[value.cluster]] += value.value;
    }
    sums.iter().zip(&grouped.cells).map(|(sum, cell)| sum / cell.samples as f64).collect()
}

/// The mean square about the cell means.
fn left(grouped: &Grouped<'_>, values: &[Value], means: &[f64]) -> f64 {
    let about = |value: &Value| (value.value - means[grouped.cell_of[value.cluster]]).powi(2);
    values.iter().map(about).sum::<f64>() / values.len() as f64
}

/// How far the levels of a factor lie from the mean of their parent, squared and weighted by samples, less what the
/// uncertainty of those means adds to it.
fn place_part(grouped: &Grouped<'_>, factor: Factor, estimate: &Weighted<'_>) -> Part {
    let cells = &grouped.cells;
    let total = grouped.rows.len() as f64;
    let all: Vec<usize> = (0..cells.len()).collect();
    let parents: Vec<&[usize]> = match (factor as usize).checked_sub(1).map(|at| Factor::ALL[at]) {
        None => vec![&all],
        Some(parent) => all.chunk_by(|a, b| cells[*a].place.shares(cells[*b].place, parent)).collect(),
    };
    let count = |of: &[usize]| of.iter().map(|at| cells[*at].samples).sum::<usize>() as f64;
    let (mut variance, mut varies) = (0.0, false);
    for parent in parents {
        let whole = count(parent);
        let groups: Vec<&[usize]> = parent.chunk_by(|a, b| cells[*a].place.shares(cells[*b].place, factor)).collect();
        if groups.len() < 2 {
            continue;
        }
        varies = true;
        for group in groups {
            let own = count(group);
            let weight = |at: usize| {
                let samples = cells[at].samples as f64;
                (if group.contains(&at) { samples / own } else { 0.0 }) - samples / whole
            };
            let apart = estimate(&parent.iter().map(|at| (*at, weight(*at))).collect::<Vec<_>>());
            variance += own / total * (apart.value * apart.value - apart.error * apart.error);
        }
    }
    let names: std::collections::BTreeSet<&str> = cells.iter().filter_map(|cell| cell.place.name(factor)).collect();
    Part::new(factor.into(), names.len(), varies.then_some(variance))
}

fn inner_parts(grouped: &Grouped<'_>, fit: &Fit) -> Vec<Part> {
    let total = grouped.rows.len() as f64;
    let shares: [f64; 3] = std::array::from_fn(|at| grouped.of_level(at + 1) as f64 / total);
    let base = 1.0 - shares.iter().sum::<f64>();
    let about = |level: usize| {
        let own = |at: usize| if at + 1 == level { 1.0 } else { 0.0 };
        let effect = fit.levels(&std::array::from_fn(|at| own(at) - shares[at]));
        effect.value * effect.value - effect.error * effect.error
    };
    let variance = base * about(0) + (1..=3).map(|level| shares[level - 1] * about(level)).sum::<f64>();
    let seen = (0..4).filter(|level| grouped.of_level(*level) > 0).count();
    let told = (1..=3).any(|level| fit.tells(level));
    vec![
        Part::new(Kind::Sandbox, grouped.cell_of.len(), Some(fit.between)),
        Part::new(Kind::Invocation, seen, told.then_some(variance)),
        Part::new(Kind::Rest, 0, Some(fit.within)),
    ]
}

fn correlation(fit: &Fit) -> Correlation {
    let by_mean_squares = fit.anova.between / (fit.anova.between + fit.anova.within);
    Correlation { estimate: fit.icc, interval: fit.icc_interval, by_mean_squares }
}

fn invocations(grouped: &Grouped<'_>, fit: &Fit) -> Vec<InvocationEffect> {
    let told = (1..=3).filter(|level| fit.tells(*level));
    told.map(|level| {
        let effect = fit.levels(&std::array::from_fn(|at| if at + 1 == level { 1.0 } else { 0.0 }));
        InvocationEffect {
            invocations: Invocations::ALL[level],
            samples: grouped.of_level(level),
            difference: effect.value,
            interval: around(effect, fit.degrees),
        }
    })
    .collect()
}
