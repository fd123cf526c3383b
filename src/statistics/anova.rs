//! Groups against each other: how much of the squares lies between them, and how much within.

use serde::Serialize;

use super::moments::sum;

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Line {
    /// Degrees of freedom; at least 1.
    pub degrees: usize,
    /// Sum of squares, in the unit of the values squared.
    pub squares: f64,
    /// Mean square.
    pub mean: f64,
}

/// One-way analysis of variance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Anova {
    /// Group means about the common mean.
    pub between: Line,
    /// Values about the mean of their group.
    pub within: Line,
    /// Mean square between over mean square within; absent where nothing differs within any group.
    pub f: Option<f64>,
}

impl Anova {
    /// Of groups of finite values; empty groups count as none.
    ///
    /// Deviations from a value of the data come first, then those from each group's own mean, with compensated sums: as
    /// many digits survive as the values themselves carry. `None` with fewer than two groups, or where no group has two
    /// values.
    #[must_use]
    pub fn one_way(groups: &[&[f64]]) -> Option<Self> {
        let groups: Vec<&[f64]> = groups.iter().copied().filter(|group| !group.is_empty()).collect();
        let count: usize = groups.iter().map(|group| group.len()).sum();
        let shift = *groups.first()?.first()?;
        if groups.len() < 2 || count == groups.len() {
            return None;
        }
        let sizes = || groups.iter().map(|group| group.len() as f64);
        let means: Vec<f64> = groups.iter().map(|group| mean(group, shift)).collect();
        let common = sum(means.iter().zip(sizes()).map(|(mean, size)| mean * size)) / count as f64;
        let apart = |mean: f64, size: f64| size * (mean - common).powi(2);
        let between = sum(means.iter().zip(sizes()).map(|(mean, size)| apart(*mean, size)));
        let within = sum(groups.iter().zip(&means).map(|(group, mean)| squares(group, shift, *mean)));
        let (between, within) = (line(groups.len() - 1, between), line(count - groups.len(), within));
        Some(Self { between, within, f: (within.mean > 0.0).then(|| between.mean / within.mean) })
    }

    /// The share of the squares that lies between the groups, from 0 to 1; absent where nothing differs at all.
    #[must_use]
    pub fn share_between(&self) -> Option<f64> {
        let total = self.between.squares + self.within.squares;
        (total > 0.0).then(|| self.between.squares / total)
    }
}

fn line(degrees: usize, squares: f64) -> Line {
    Line { degrees, squares, mean: squares / degrees as f64 }
}

/// The mean above `shift`.
fn mean(group: &[f64], shift: f64) -> f64 {
    sum(group.iter().map(|x| x - shift)) / group.len() as f64
}

/// Squares about `shift + mean`, corrected for what the rounding of that mean left over (Chan, Golub, LeVeque 1983).
fn squares(group: &[f64], shift: f64, mean: f64) -> f64 {
    let about = |x: &f64| (x - shift) - mean;
    let rest = sum(group.iter().map(about));
    (sum(group.iter().map(|x| about(x).powi(2))) - rest * rest / group.len() as f64).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_cannot_be_told_apart_have_no_table() {
        for groups in [&[][..], &[&[][..]], &[&[1.0, 2.0][..]], &[&[1.0][..], &[2.0]], &[&[1.0, 2.0], &[]]] {
            assert_eq!(Anova::one_way(groups), None, "{groups:?}");
        }
    }

    #[test]
    fn nothing_differs_within_or_nothing_differs_at_all() {
        let still = Anova::one_way(&[&[0.1, 0.1, 0.1], &[0.1, 0.1]]).unwrap();
        assert_eq!((still.f, still.share_between()), (None, None));
        let apart = Anova::one_way(&[&[1.0, 1.0], &[2.0, 2.0]]).unwrap();
        assert_eq!((apart.f, apart.share_between()), (None, Some(1.0)));
    }
}
