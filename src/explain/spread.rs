//! Variances of an account, scheme by scheme, and what they make together.

use super::cause::{Cause, Shares};
use super::contrast::hiding;
use super::replicate::{Design, Scheme};
use super::sides::Sides;
use super::verdict::Hypothesis;

/// What is followed: the gap, each cause, each suspicion's sum of causes, and what may hide stolen time.
pub(super) const FIGURES: usize = 2 + Cause::COUNT + Hypothesis::ALL.len();

/// Variances of what is followed.
pub(super) type Variances = [f64; FIGURES];

/// The figures of one account.
pub(super) fn followed(gap: f64, shares: &Shares) -> Variances {
    let mut values = [gap; FIGURES];
    for cause in Cause::ALL {
        values[1 + cause as usize] = shares.get(cause);
    }
    for (at, hypothesis) in Hypothesis::ALL.into_iter().enumerate() {
        values[1 + Cause::COUNT + at] = hypothesis.sum(shares);
    }
    values[FIGURES - 1] = hiding(shares);
    values
}

/// Runs every scheme that applies and combines the variances, of each of `figures` accounts.
pub(super) fn combined(
    design: &Design,
    sides: &Sides,
    figures: usize,
    mut run: impl FnMut(Scheme) -> Vec<Variances>,
) -> Vec<Variances> {
    let mut blocks = run(Scheme::Block);
    let unseen = design.correction(Scheme::Block);
    blocks.iter_mut().flatten().for_each(|variance| *variance *= unseen);
    let mut combined = blocks.clone();
    if design.drawn() {
        let (sandboxes, samples) = (run(Scheme::Sandbox), run(Scheme::Sample));
        let (up, down) = (design.correction(Scheme::Sandbox), design.correction(Scheme::Sample));
        for (figure, combined) in combined.iter_mut().enumerate() {
            for (at, variance) in combined.iter_mut().enumerate() {
                let (block, sandbox) = (blocks[figure][at], sandboxes[figure][at] * up);
                *variance = (block + sandbox - samples[figure][at] * down).max(block).max(sandbox);
            }
        }
    }
    // The schedule is as it is: only what it hit within its windows is chance.
    let within = if sides.overlap.outside > 0.0 { run(Scheme::Within) } else { vec![[0.0; FIGURES]; figures] };
    for (combined, within) in combined.iter_mut().zip(within) {
        for at in [1 + Cause::Timing as usize, 1 + Cause::COUNT + Hypothesis::SampleTiming as usize] {
            combined[at] = within[at];
        }
    }
    combined
}

/// Sums about the first replicate, so that large gaps lose no digits.
#[derive(Clone, Copy)]
pub(super) struct Tally {
    count: f64,
    origin: Variances,
    sum: Variances,
    squares: Variances,
}

impl Default for Tally {
    fn default() -> Self {
        Self { count: 0.0, origin: [0.0; FIGURES], sum: [0.0; FIGURES], squares: [0.0; FIGURES] }
    }
}

impl Tally {
    /// Takes one replicate in.
    pub(super) fn add(&mut self, values: Variances) {
        if self.count == 0.0 {
            self.origin = values;
        }
        self.count += 1.0;
        for (at, value) in values.into_iter().enumerate() {
            let away = value - self.origin[at];
            self.sum[at] += away;
            self.squares[at] += away * away;
        }
    }

    /// How much each figure varied.
    pub(super) fn variances(&self) -> Variances {
        let of = |at: usize| self.squares[at] - self.sum[at] * self.sum[at] / self.count;
        std::array::from_fn(|at| (of(at) / (self.count - 1.0).max(1.0)).max(0.0))
    }
}
