//! The restricted likelihood with everything but θ at its best value.

use super::clusters::{Cluster, Clusters};
use super::square::Solved;

/// What the data say under one θ.
#[derive(Clone, Copy, Debug)]
pub(super) struct Profile {
    /// Minus twice the restricted log likelihood, up to a constant.
    pub(super) deviance: f64,
    /// The variance within clusters.
    pub(super) within: f64,
    /// The levels' effects.
    pub(super) solved: Solved,
}

/// How much a cluster's mean counts.
pub(super) fn weight(theta: f64) -> impl Fn(&Cluster) -> f64 {
    move |cluster| cluster.count / theta.mul_add(cluster.count, 1.0)
}

/// `(N − p) ln σ²_e + Σ ln(1 + θ n_s) + Σ_c ln Σ_{s∈c} w_s + ln |D|` with `σ²_e = Q / (N − p)`, where D are the products of
/// the levels once cells are taken out, and p counts cells and levels.
pub(super) fn profile(data: &Clusters, theta: f64) -> Profile {
    let weight = weight(theta);
    let solved = data.about_cells(&weight).plus(&data.within).solve(&data.estimable);
    let degrees = data.degrees();
    let within = solved.rest / degrees;
    let spread: f64 = data.clusters.iter().map(|cluster| (theta * cluster.count).ln_1p()).sum();
    let cells = data.clusters.chunk_by(|a, b| a.cell == b.cell);
    let cells: f64 = cells.map(|cell| cell.iter().map(&weight).sum::<f64>().ln()).sum();
    let deviance = degrees * within.max(f64::MIN_POSITIVE).ln() + spread + cells + solved.determinant;
    Profile { deviance, within, solved }
}
