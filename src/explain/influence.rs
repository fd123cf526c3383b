//! Variances by formula where there are too many samples for replicates.
//!
//! To first order a figure moves by the influence of each sample times how far its weight lies from 1. Weights that are
//! raked to margins cannot move what an additive fit of place and window explains: the influence is replaced by what that
//! fit leaves of it (Deville and Särndal, JASA 87, 1992), and the variance of weights with variance 1 is the sum of its
//! squares, over samples or over the sums of sandboxes. With few sandboxes a cell it is the wider of the two: by a tenth in
//! its root where there are four.

use super::mean::divide;
use super::replicate::{Design, Side};
use super::sides::Sides;
use super::spread::{FIGURES, Variances, followed};
use super::sums::{WIDTH, Weighed};

/// Rounds of fitting places and windows in turn.
const ROUNDS_MAX: usize = 30;

/// Of a sum over rows: how far it is moved to see what follows from it.
const STEP: f64 = 1e-5;

/// Variances of the schemes whose draws are independent, before any correction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Linear {
    pub(super) sandbox: Variances,
    pub(super) sample: Variances,
    pub(super) within: Variances,
}

impl Default for Linear {
    fn default() -> Self {
        Self { sandbox: [0.0; FIGURES], sample: [0.0; FIGURES], within: [0.0; FIGURES] }
    }
}

impl Linear {
    pub(super) fn of(sides: &Sides, design: &Design) -> Self {
        let gradients = gradients(sides);
        let mut found = Self::default();
        let fitted = [0, 1].map(|g| {
            let side = &design.sides[g];
            side.drawn.then(|| Fitted::of(sides, g, &gradients[g], side, true))
        });
        for fitted in fitted.iter().flatten() {
            (0..fitted.side.base.len()).for_each(|row| square(&mut found.sample, &fitted.left(row)));
        }
        sandboxes(&fitted, &mut found.sandbox);
        if sides.overlap.outside > 0.0 {
            for g in [0, 1] {
                let fitted = Fitted::of(sides, g, &gradients[g], &design.sides[g], false);
                (0..fitted.side.base.len()).for_each(|row| square(&mut found.within, &fitted.left(row)));
            }
        }
        found
    }
}

/// A sandbox that both sides used (one of them its cold starts, say) has one weight, and its parts may cancel.
fn sandboxes(fitted: &[Option<Fitted>; 2], variances: &mut Variances) {
    let order = fitted.each_ref().map(|fitted| {
        let sandbox = fitted.as_ref().map_or(&[][..], |fitted| fitted.side.sandbox.as_slice());
        let mut order: Vec<u32> = (0..sandbox.len() as u32).collect();
        order.sort_by_key(|row| sandbox[*row as usize]);
        order
    });
    let mut next = [0, 0];
    let name = |g: usize, at: usize| {
        let row = *order[g].get(at)?;
        fitted[g].as_ref().map(|fitted| fitted.side.sandbox[row as usize])
    };
    while let Some(sandbox) = [name(0, next[0]), name(1, next[1])].into_iter().flatten().min() {
        let mut sum = [0.0; FIGURES];
        for g in [0, 1] {
            let Some(fitted) = &fitted[g] else { continue };
            while name(g, next[g]) == Some(sandbox) {
                let left = fitted.left(order[g][next[g]] as usize);
                sum.iter_mut().zip(left).for_each(|(sum, left)| *sum += left);
                next[g] += 1;
            }
        }
        square(variances, &sum);
    }
}

fn square(variances: &mut Variances, part: &Variances) {
    variances.iter_mut().zip(part).for_each(|(variance, part)| *variance += part * part);
}

/// What each figure gains by each sum of a side: by sum, then by figure.
type Gradient = Vec<Variances>;

fn gradients(sides: &Sides) -> [Gradient; 2] {
    let seen = sides.both();
    let mut sums = [Weighed::ZERO; 2];
    // Sums that cancel are still moved by as much as their parts are.
    let mut sizes = [Weighed::ZERO; 2];
    for g in [0, 1] {
        for (row, factor) in sides.rows[g].iter().zip(&sides.overlap.factor[g]) {
            let atom = Weighed::of(row, *factor, seen);
            sums[g].add(1.0, &atom);
            sizes[g].add(
                1.0,
                &Weighed { weight: atom.weight, total: atom.total.abs(), matched: atom.matched.map(f64::abs) },
            );
        }
    }
    let figures = |sums: &[Weighed; 2]| {
        let found = divide(&sums[0], &sums[1]);
        followed(found.gap, &found.shares)
    };
    [0, 1].map(|g| {
        let slope = |at: usize| {
            let step = STEP * sizes[g].at(at);
            let moved = |step: f64| {
                let mut moved = sums;
                *moved[g].at_mut(at) += step;
                figures(&moved)
            };
            if step <= 0.0 {
                return [0.0; FIGURES];
            }
            let (up, down) = (moved(step), moved(-step));
            std::array::from_fn(|figure| (up[figure] - down[figure]) / (2.0 * step))
        };
        (0..WIDTH + 2).map(slope).collect()
    })
}

/// A side's influences, less what place and window explain of them.
struct Fitted<'a> {
    sides: &'a Sides,
    g: usize,
    gradient: &'a Gradient,
    side: &'a Side,
    /// By cell.
    explained: Vec<Variances>,
}

impl<'a> Fitted<'a> {
    fn of(sides: &'a Sides, g: usize, gradient: &'a Gradient, side: &'a Side, places: bool) -> Self {
        let cells = side.margins.place.len();
        let mut fitted = Self { sides, g, gradient, side, explained: vec![[0.0; FIGURES]; cells] };
        let (mut open, mut weight) = (vec![[0.0; FIGURES]; cells], vec![0.0; cells]);
        for (row, (cell, base)) in side.cell.iter().zip(&side.base).enumerate() {
            weight[*cell as usize] += base;
            let influence = fitted.influence(row);
            open[*cell as usize].iter_mut().zip(influence).for_each(|(open, part)| *open += part);
        }
        let (place, window) = (&side.margins.place, &side.margins.window);
        for _ in 0..ROUNDS_MAX {
            let moved = if places { fitted.fit(&mut open, &weight, place) } else { 0.0 };
            if fitted.fit(&mut open, &weight, window).max(moved) < 1e-9 || !places {
                break;
            }
        }
        fitted
    }

    /// A row's weight times what a figure gains by it.
    fn influence(&self, row: usize) -> Variances {
        let (of, factor) = (&self.sides.rows[self.g][row], self.sides.overlap.factor[self.g][row]);
        let atom = Weighed::of(of, factor, self.sides.both());
        let mut sum = [0.0; FIGURES];
        for (at, slopes) in self.gradient.iter().enumerate() {
            let part = atom.at(at);
            if part != 0.0 {
                for (sum, slope) in sum.iter_mut().zip(slopes) {
                    *sum += part * slope;
                }
            }
        }
        sum
    }

    fn left(&self, row: usize) -> Variances {
        let mut left = self.influence(row);
        let explained = &self.explained[self.side.cell[row] as usize];
        for (left, explained) in left.iter_mut().zip(explained) {
            *left -= self.side.base[row] * explained;
        }
        left
    }

    /// Gives each class the mean of what is open in its cells; the largest part of a class's spread that this moved.
    fn fit(&mut self, open: &mut [Variances], weight: &[f64], class: &[u32]) -> f64 {
        let classes = class.iter().max().map_or(0, |last| *last as usize + 1);
        let (mut means, mut weights) = (vec![[0.0; FIGURES]; classes], vec![0.0; classes]);
        for ((open, weight), class) in open.iter().zip(weight).zip(class) {
            weights[*class as usize] += weight;
            means[*class as usize].iter_mut().zip(open).for_each(|(mean, open)| *mean += open);
        }
        for (mean, weight) in means.iter_mut().zip(&weights) {
            mean.iter_mut().for_each(|mean| *mean = if *weight > 0.0 { *mean / weight } else { 0.0 });
        }
        let mut moved = 0.0_f64;
        for (((open, weight), class), explained) in open.iter_mut().zip(weight).zip(class).zip(&mut self.explained) {
            for (figure, mean) in means[*class as usize].iter().enumerate() {
                open[figure] -= weight * mean;
                explained[figure] += mean;
                moved = moved.max((mean * weight).abs());
            }
        }
        moved
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::interval::replicated;
    use super::super::ledger::{Raw, Redirects, Row, Seen, State};
    use super::super::replicate::Scheme;
    use super::*;
    use crate::statistics::keyed::{join, uniform};

    /// A sample of A (0), or of a function (1) with two places and four sandboxes in each at once.
    pub(in super::super) fn row(side: u64, n: u64, slot: u64) -> Row {
        let draw = |what: u64| uniform(join(join(side, what), n));
        let place = if side == 0 { 0 } else { n % 2 };
        // Four sandboxes of a place at once, each for five windows.
        let sandbox = join(side * 10 + place, n / 2 % 4 * 1_000 + slot / 75);
        let state = match n % 9 {
            0 => State::Cold,
            1..=4 => State::Fresh,
            _ => State::Reused,
        };
        let trip = 20.0 + 9.0 * place as f64;
        let handshake = (state != State::Reused).then_some(trip + draw(1));
        Row {
            id: join(side, n),
            at_ms: slot as i64 * 60_000,
            sandbox,
            place,
            drawn: side == 1,
            weight: 1.0,
            total: 150.0 + 60.0 * draw(2) * draw(3) + 9.0 * uniform(sandbox),
            definition: draw(4),
            dns: 3.0 * draw(5) + uniform(sandbox),
            fallback: 0.0,
            redirects: Redirects { count: (2.0 * draw(6)).floor(), other: 5.0 * draw(7), ..Redirects::default() },
            setup_trips: 0.0,
            base_trips: 0.0,
            floor: 0.0,
            overshoot: 0.0,
            queueing: 0.0,
            loss: 0.0,
            cpu: 8.0 * draw(8) * uniform(sandbox),
            scheduling: 5.0 * draw(9) * draw(10),
            blocked: 2.0 * draw(13),
            origin: 0.0,
            transfer: 0.0,
            server_said: n.is_multiple_of(3).then_some(9.0 + draw(11)),
            boasted: false,
            state,
            miss: n.is_multiple_of(5),
            seen: Seen::ALL,
            memory_mb: 0,
            steal_ms: 0.0,
            cell: place,
            raw: Raw {
                handshake,
                shortest: Some(trip),
                setup: 2.0 + (1.3 * draw(12)).floor(),
                wait: 60.0,
                receive: 9.0,
                ..Raw::default()
            },
        }
    }

    #[test]
    fn the_formula_agrees_with_replicates() {
        // A's schedule thins out: then times have to be matched, and `Within` has something to say.
        let a = (0..600).filter(|n: &u64| *n < 300 || n.is_multiple_of(2)).map(|n| row(0, n, n)).collect();
        let b = (0..1_800).map(|n| row(1, n, n / 3)).collect();
        let sides = Sides::new(a, b).unwrap();
        let design = Design::of(&sides, 5);
        assert!(sides.overlap.outside > 0.0 && design.drawn());
        let linear = Linear::of(&sides, &design);
        let schemes =
            [(Scheme::Sandbox, linear.sandbox), (Scheme::Sample, linear.sample), (Scheme::Within, linear.within)];
        for (scheme, formula) in schemes {
            let replicates = replicated(&sides, &design, scheme, 800);
            let largest = replicates.iter().copied().fold(0.0, f64::max);
            let mut compared = 0;
            for (figure, (formula, drawn)) in formula.into_iter().zip(replicates).enumerate() {
                // A product of two differences that are both next to nothing moves more than to first order.
                if drawn > 2e-3 * largest {
                    let ratio = (formula / drawn).sqrt();
                    assert!((0.9..1.15).contains(&ratio), "{scheme:?} {figure}: {formula} {drawn}");
                    compared += 1;
                }
            }
            assert!(compared > 7, "{scheme:?}: {compared}");
        }
    }
}
