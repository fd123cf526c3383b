//! Where the likelihood is greatest, and how far from there it stays near that.

/// θ below counts as zero, θ above as without bound: both are far outside what a share of a spread can show.
const LEAST: f64 = 1e-6;
const MOST: f64 = 1e6;
/// Steps of the first pass, evenly in ln θ: about a factor of three each.
const STEPS: usize = 24;
/// The 95 % quantile of χ² with one degree of freedom.
const NEAR: f64 = 3.841_458_820_694_124;

/// The best θ and the ends of its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) theta: f64,
    pub(super) lower: f64,
    /// Infinite where no θ is too large.
    pub(super) upper: f64,
}

/// Minimises a deviance over θ ≥ 0, beginning from a first guess; zero where nothing is better than zero.
pub(super) fn search(deviance: impl Fn(f64) -> f64, guess: f64) -> Found {
    let mut grid: Vec<f64> = (0..=STEPS).map(|step| ln_step(step).exp()).collect();
    if guess > LEAST && guess < MOST {
        grid.push(guess);
        grid.sort_by(f64::total_cmp);
    }
    let depths: Vec<f64> = grid.iter().map(|theta| deviance(*theta)).collect();
    let best = (0..grid.len()).min_by(|a, b| depths[*a].total_cmp(&depths[*b])).unwrap_or(0);
    let (low, high) = (grid[best.saturating_sub(1)], grid[(best + 1).min(grid.len() - 1)]);
    let inner = golden(&deviance, low.ln(), high.ln()).exp();
    let (theta, depth) = [0.0, grid[best], inner]
        .map(|theta| (theta, deviance(theta)))
        .into_iter()
        .fold((0.0, f64::INFINITY), |kept, next| if next.1 < kept.1 { next } else { kept });
    let limit = depth + NEAR;
    let near = |theta: f64| deviance(theta) <= limit;
    // The outermost crossings: between two of them the likelihood may dip, and the interval stays one piece.
    let first = if near(0.0) { None } else { depths.iter().position(|depth| *depth <= limit).or(Some(best)) };
    let last = (0..grid.len()).rev().find(|at| depths[*at] <= limit);
    let lower = match first {
        None => 0.0,
        Some(at) => crossing(&near, grid[at].min(theta), if at == 0 { LEAST / 2.0 } else { grid[at - 1] }),
    };
    let upper = match last {
        Some(at) if at + 1 == grid.len() => f64::INFINITY,
        Some(at) => crossing(&near, grid[at].max(theta), grid[at + 1].max(theta)),
        None => crossing(&near, theta.max(LEAST / 2.0), high.max(theta)),
    };
    Found { theta, lower, upper }
}

fn ln_step(step: usize) -> f64 {
    LEAST.ln() + (MOST.ln() - LEAST.ln()) * step as f64 / STEPS as f64
}

/// The place of a minimum between two ends, by golden section.
fn golden(deviance: &impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    const RATIO: f64 = 0.618_033_988_749_894_8;
    let of = |at: f64| deviance(at.exp());
    let (mut a, mut b) = (high - RATIO * (high - low), low + RATIO * (high - low));
    let (mut at_a, mut at_b) = (of(a), of(b));
    for _ in 0..60 {
        if at_a <= at_b {
            (high, b, at_b) = (b, a, at_a);
            a = high - RATIO * (high - low);
            at_a = of(a);
        } else {
            (low, a, at_a) = (a, b, at_b);
            b = low + RATIO * (high - low);
            at_b = of(b);
        }
        if high - low < 1e-7 {
            break;
        }
    }
    f64::midpoint(low, high)
}

/// The border between a θ that is near and one that is not, by bisection of ln θ.
fn crossing(near: &impl Fn(f64) -> bool, inside: f64, outside: f64) -> f64 {
    let (mut inside, mut outside) = (inside.max(LEAST / 2.0).ln(), outside.max(LEAST / 2.0).ln());
    for _ in 0..50 {
        let middle = f64::midpoint(inside, outside);
        if near(middle.exp()) {
            inside = middle;
        } else {
            outside = middle;
        }
        if (outside - inside).abs() < 1e-7 {
            break;
        }
    }
    inside.exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parabola_in_ln_theta_has_its_best_value_and_both_ends() {
        let found = search(|theta| if theta == 0.0 { 1e9 } else { 4.0 * (theta.ln() + 1.0).powi(2) }, 0.5);
        let half = (NEAR / 4.0).sqrt();
        assert!((found.theta.ln() + 1.0).abs() < 1e-6, "{found:?}");
        assert!((found.lower.ln() + 1.0 + half).abs() < 1e-6 && (found.upper.ln() + 1.0 - half).abs() < 1e-6);
    }

    #[test]
    fn the_edges_are_zero_and_no_bound() {
        let rising = search(|theta| theta, 0.3);
        assert_eq!((rising.theta, rising.lower), (0.0, 0.0));
        assert!((rising.upper - NEAR).abs() < 1e-6, "{rising:?}");
        let falling = search(|theta| 10.0 / (1.0 + theta), 0.3);
        assert_eq!(falling.upper, f64::INFINITY);
        let flat = search(|_| 1.0, f64::NAN);
        assert_eq!((flat.theta, flat.lower, flat.upper), (0.0, 0.0, f64::INFINITY));
    }
}
