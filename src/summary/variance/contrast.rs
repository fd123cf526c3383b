//! How far places lie apart.

use serde::Serialize;

use crate::statistics::interval::Interval;
use crate::statistics::reml::fit::Estimate;
use crate::statistics::student::t_975;

use super::place::{Factor, Place};

/// One place against the one with most samples beside it. On the logarithmic scale 0.1 is about 10 %.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contrast {
    /// Which level of a place.
    pub factor: Factor,
    /// The place in which the two lie; absent for all.
    pub inside: Option<String>,
    /// The one.
    pub name: String,
    /// The other, with more samples.
    pub against: String,
    /// Response times of the one.
    pub samples: usize,
    /// Sandboxes of the one.
    pub sandboxes: usize,
    /// The one less the other; absent for CPU models that never served in the same zone.
    pub difference: Option<f64>,
    /// 95 %; absent where sandboxes are too few, or a side has fewer than two.
    pub interval: Option<Interval>,
}

/// One fixed cell: a place that has samples.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell<'a> {
    pub(super) place: &'a Place,
    pub(super) samples: usize,
    pub(super) sandboxes: usize,
}

/// From weights of cells to the estimate of their weighted sum.
pub(super) type Weighted<'a> = dyn Fn(&[(usize, f64)]) -> Estimate + 'a;

/// Turns weights of cells into an estimate, and says what its interval rests on; no degrees, no interval.
pub(super) struct Estimator<'a> {
    pub(super) of: &'a Weighted<'a>,
    pub(super) degrees: Option<usize>,
}

/// Cells that share a name, by their numbers.
struct Group<'a> {
    name: &'a str,
    cells: Vec<usize>,
}

impl Group<'_> {
    fn count(&self, figure: impl Fn(usize) -> usize) -> usize {
        self.cells.iter().map(|at| figure(*at)).sum()
    }
}

/// Each level of each factor against the largest beside it.
pub(super) fn contrasts(cells: &[Cell<'_>], estimator: &Estimator<'_>) -> Vec<Contrast> {
    let all: Vec<usize> = (0..cells.len()).collect();
    let within = |parent: Factor, factor: Factor| -> Vec<Contrast> {
        all.chunk_by(|a, b| cells[*a].place.shares(cells[*b].place, parent))
            .flat_map(|siblings| beside(cells, siblings, factor, inside(cells[siblings[0]].place, parent), estimator))
            .collect()
    };
    let mut found = beside(cells, &all, Factor::Region, None, estimator);
    found.extend(within(Factor::Region, Factor::Vantage));
    found.extend(within(Factor::Vantage, Factor::AvailabilityZone));
    found.extend(processors(cells, &all, estimator));
    found
}

fn inside(place: &Place, parent: Factor) -> Option<String> {
    place.name(parent).map(str::to_owned)
}

/// Siblings against the largest of them, each as the mean of its samples.
fn beside(
    cells: &[Cell<'_>],
    siblings: &[usize],
    factor: Factor,
    inside: Option<String>,
    estimator: &Estimator<'_>,
) -> Vec<Contrast> {
    let groups = groups(cells, siblings, factor);
    let Some(base) = largest(cells, &groups) else { return Vec::new() };
    let share = |group: &Group<'_>, sign: f64| -> Vec<(usize, f64)> {
        let total = group.count(|at| cells[at].samples) as f64;
        group.cells.iter().map(|at| (*at, sign * cells[*at].samples as f64 / total)).collect()
    };
    groups
        .iter()
        .filter(|group| group.name != base.name)
        .map(|group| {
            let weights = [share(group, 1.0), share(base, -1.0)].concat();
            contrast(cells, factor, inside.clone(), [group, base], Some(weights), estimator)
        })
        .collect()
}

/// CPU models are compared within each zone that has both, and zones count by how much they can tell.
fn processors(cells: &[Cell<'_>], all: &[usize], estimator: &Estimator<'_>) -> Vec<Contrast> {
    let groups = groups(cells, all, Factor::CpuModel);
    let Some(base) = largest(cells, &groups) else { return Vec::new() };
    let zone = Factor::AvailabilityZone;
    groups
        .iter()
        .filter(|group| group.name != base.name)
        .map(|group| {
            let pairs = group.cells.iter().filter_map(|one| {
                let other = base.cells.iter().find(|other| cells[**other].place.shares(cells[*one].place, zone))?;
                let (n, m) = (cells[*one].samples as f64, cells[*other].samples as f64);
                Some((*one, *other, n * m / (n + m)))
            });
            let pairs: Vec<(usize, usize, f64)> = pairs.collect();
            let total: f64 = pairs.iter().map(|pair| pair.2).sum();
            let weights = pairs.iter().flat_map(|(one, other, w)| [(*one, w / total), (*other, -w / total)]).collect();
            contrast(cells, Factor::CpuModel, None, [group, base], (total > 0.0).then_some(weights), estimator)
        })
        .collect()
}

/// Cells by name; those without one are left out.
fn groups<'a>(cells: &[Cell<'a>], of: &[usize], factor: Factor) -> Vec<Group<'a>> {
    let mut found = std::collections::BTreeMap::<&str, Vec<usize>>::new();
    for at in of {
        if let Some(name) = cells[*at].place.name(factor) {
            found.entry(name).or_default().push(*at);
        }
    }
    found.into_iter().map(|(name, cells)| Group { name, cells }).collect()
}

/// The one with most samples, the first by name among equals.
fn largest<'a, 'b>(cells: &[Cell<'_>], groups: &'b [Group<'a>]) -> Option<&'b Group<'a>> {
    groups.iter().rev().max_by_key(|group| group.count(|at| cells[at].samples))
}

fn contrast(
    cells: &[Cell<'_>],
    factor: Factor,
    inside: Option<String>,
    [group, base]: [&Group<'_>; 2],
    weights: Option<Vec<(usize, f64)>>,
    estimator: &Estimator<'_>,
) -> Contrast {
    let estimate = weights.map(|weights| (estimator.of)(&weights));
    let sandboxes = |group: &Group<'_>| group.count(|at| cells[at].sandboxes);
    let degrees = estimator.degrees.filter(|_| sandboxes(group).min(sandboxes(base)) >= 2);
    Contrast {
        factor,
        inside,
        name: group.name.to_owned(),
        against: base.name.to_owned(),
        samples: group.count(|at| cells[at].samples),
        sandboxes: sandboxes(group),
        difference: estimate.map(|estimate| estimate.value),
        interval: estimate.zip(degrees).map(|(estimate, degrees)| around(estimate, degrees)),
    }
}

/// The 95 % interval of an estimate.
pub(super) fn around(estimate: Estimate, degrees: usize) -> Interval {
    let half = t_975(degrees as f64) * estimate.error;
    Interval::closed(estimate.value - half, estimate.value + half)
}
