//! Symmetric matrices of the few columns that vary within a cluster, and the value itself.

/// Levels beside the base.
pub(super) const LEVELS: usize = 3;
/// Columns: one a level beside the base, then the value.
pub(super) const WIDTH: usize = LEVELS + 1;
/// Where the value stands.
pub(super) const VALUE: usize = LEVELS;

/// One entry a column.
pub(super) type Columns = [f64; WIDTH];

/// Sums of products of columns.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Products([[f64; WIDTH]; WIDTH]);

/// The columns of levels, taken out of the value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Solved {
    /// Squares of the value that the levels leave.
    pub(super) rest: f64,
    /// Logarithm of the determinant of the levels' part; zero without levels.
    pub(super) determinant: f64,
    /// The levels' effects on the value; zero where a level is not estimable.
    pub(super) effects: [f64; LEVELS],
    /// The inverse of the levels' part; zero where a level is not estimable.
    pub(super) inverse: [[f64; LEVELS]; LEVELS],
}

impl Products {
    /// Adds `weight · columns columnsᵀ`.
    pub(super) fn add(&mut self, weight: f64, columns: &Columns) {
        // Most data use one level or two: the columns of the others are zero, and cost nothing.
        for (row, a) in self.0.iter_mut().zip(columns).filter(|(_, a)| **a != 0.0) {
            let scaled = weight * a;
            for (entry, b) in row.iter_mut().zip(columns) {
                *entry += scaled * b;
            }
        }
    }

    /// The sum of both.
    pub(super) fn plus(mut self, other: &Self) -> Self {
        for (row, others) in self.0.iter_mut().zip(&other.0) {
            for (entry, other) in row.iter_mut().zip(others) {
                *entry += other;
            }
        }
        self
    }

    /// Squares of the value itself.
    pub(super) fn of_value(&self) -> f64 {
        self.0[VALUE][VALUE]
    }

    /// Which levels have something left of themselves once the levels before them are taken out: the others do not vary,
    /// or only together with those before.
    pub(super) fn estimable(&self) -> [bool; LEVELS] {
        const NOTHING_LEFT: f64 = 1e-9;
        let mut swept = *self;
        std::array::from_fn(|at| {
            let kept = swept.0[at][at] > NOTHING_LEFT * self.0[at][at].max(1.0);
            if kept {
                swept.sweep(at);
            }
            kept
        })
    }

    /// Takes the kept levels out of the value.
    pub(super) fn solve(&self, kept: &[bool; LEVELS]) -> Solved {
        let (mut swept, mut determinant) = (*self, 0.0);
        for at in (0..LEVELS).filter(|at| kept[*at]) {
            determinant += swept.0[at][at].ln();
            swept.sweep(at);
        }
        let used = |at: usize, entry: f64| if kept[at] { entry } else { 0.0 };
        Solved {
            rest: swept.of_value().max(0.0),
            determinant,
            effects: std::array::from_fn(|at| used(at, swept.0[at][VALUE])),
            inverse: std::array::from_fn(|a| std::array::from_fn(|b| used(a, used(b, -swept.0[a][b])))),
        }
    }

    /// Goodnight's sweep (The American Statistician 33, 1979): regression on one column, in place. After sweeps the swept
    /// block is minus its inverse, the rest is what the swept columns leave.
    fn sweep(&mut self, at: usize) {
        let pivot = self.0[at][at];
        let line = self.0[at];
        for entries in self.0.iter_mut().enumerate().filter(|(row, _)| *row != at).map(|(_, entries)| entries) {
            let factor = entries[at] / pivot;
            for (column, entry) in entries.iter_mut().enumerate() {
                *entry = if column == at { factor } else { *entry - factor * line[column] };
            }
        }
        for (column, entry) in self.0[at].iter_mut().enumerate() {
            *entry = if column == at { -1.0 / pivot } else { line[column] / pivot };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_taken_out_as_by_least_squares() {
        let mut products = Products::default();
        for (a, b, y) in [(1.0, 0.0, 3.0), (0.0, 1.0, 5.0), (1.0, 1.0, 9.0), (0.0, 2.0, 10.0)] {
            products.add(1.0, &[a, b, 0.0, y]);
        }
        let solved = products.solve(&products.estimable());
        // Normal equations [2 1; 1 6] x = [12, 34].
        assert!((solved.effects[0] - 38.0 / 11.0).abs() < 1e-12, "{solved:?}");
        assert!((solved.effects[1] - 56.0 / 11.0).abs() < 1e-12, "{solved:?}");
        assert!((solved.rest - (215.0 - (12.0 * 38.0 + 34.0 * 56.0) / 11.0)).abs() < 1e-10, "{solved:?}");
        assert!((solved.determinant - 11.0_f64.ln()).abs() < 1e-12);
        assert!((solved.inverse[0][0] - 6.0 / 11.0).abs() < 1e-12 && (solved.inverse[0][1] + 1.0 / 11.0).abs() < 1e-12);
        assert_eq!(solved.effects[2], 0.0);
    }

    #[test]
    fn a_level_that_says_what_another_said_is_left_out() {
        let mut products = Products::default();
        for (a, y) in [(1.0, 2.0), (3.0, 5.0), (0.0, 1.0)] {
            products.add(1.0, &[a, 2.0 * a, 0.0, y]);
        }
        assert_eq!(products.estimable(), [true, false, false]);
    }
}
