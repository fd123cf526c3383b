//! How many sandboxes a split takes.

use std::collections::BTreeMap;

use serde::Serialize;

/// Sandboxes in all for an intraclass correlation known to about ± 0.15; 60 for ± 0.08.
pub const SANDBOXES: usize = 20;
/// Sandboxes in each region.
pub const SANDBOXES_A_REGION: usize = 5;
/// Warm response times of a sandbox that counts; 20 are better.
pub const INVOCATIONS: usize = 3;

/// What there is, and what is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Needs {
    /// Sandboxes with [`INVOCATIONS`] warm response times or more.
    pub sandboxes: usize,
    /// Sandboxes with fewer: they take part in the split, and do not count here.
    pub sandboxes_with_too_few: usize,
    /// The fewest sandboxes that would have to be added; 0 where there are enough.
    pub more_sandboxes: usize,
    /// Regions (vantages where there is no region) with fewer than [`SANDBOXES_A_REGION`].
    pub regions: Vec<RegionNeed>,
    /// No place has two sandboxes.
    pub one_sandbox_a_place: bool,
}

/// What one region lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegionNeed {
    /// The region, or the vantage where there is no region.
    pub region: String,
    /// Sandboxes that count.
    pub sandboxes: usize,
    /// How many are missing.
    pub more_sandboxes: usize,
}

impl Needs {
    /// From each sandbox's region, its place by number, and its warm response times.
    pub fn of<'a>(sandboxes: impl IntoIterator<Item = (&'a str, usize, usize)>) -> Self {
        let mut needs = Self::default();
        let (mut regions, mut places) = (BTreeMap::<&str, usize>::new(), BTreeMap::<usize, usize>::new());
        for (region, place, count) in sandboxes {
            let counts = count >= INVOCATIONS;
            needs.sandboxes += usize::from(counts);
            needs.sandboxes_with_too_few += usize::from(!counts);
            *regions.entry(region).or_default() += usize::from(counts);
            *places.entry(place).or_default() += 1;
        }
        needs.regions = regions
            .into_iter()
            .filter(|(_, sandboxes)| *sandboxes < SANDBOXES_A_REGION)
            .map(|(region, sandboxes)| RegionNeed {
                region: region.to_owned(),
                sandboxes,
                more_sandboxes: SANDBOXES_A_REGION - sandboxes,
            })
            .collect();
        let in_regions = needs.regions.iter().map(|region| region.more_sandboxes).sum();
        needs.more_sandboxes = SANDBOXES.saturating_sub(needs.sandboxes).max(in_regions);
        needs.one_sandbox_a_place = places.values().all(|count| *count < 2);
        needs
    }

    /// Nothing is missing.
    #[must_use]
    pub fn met(&self) -> bool {
        self.more_sandboxes == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(rows: &[(&'static str, usize, usize)]) -> Needs {
        let each = |(region, sandboxes, count): &(&'static str, usize, usize)| {
            std::iter::repeat_n((*region, 0, *count), *sandboxes)
        };
        Needs::of(rows.iter().flat_map(each))
    }

    #[test]
    fn twenty_sandboxes_five_a_region_three_invocations_each_are_enough() {
        assert!(needs(&[("a", 15, 3), ("b", 5, 3)]).met());
        assert_eq!(needs(&[("a", 14, 3), ("b", 5, 3)]).more_sandboxes, 1);
        assert_eq!(needs(&[("a", 15, 3), ("b", 5, 2)]).more_sandboxes, 5);
    }

    #[test]
    fn what_a_region_lacks_counts_although_there_are_twenty_in_all() {
        let found = needs(&[("a", 40, 9), ("b", 2, 9), ("c", 4, 9)]);
        assert_eq!((found.sandboxes, found.more_sandboxes, found.regions.len()), (46, 4, 2));
        assert_eq!(found.regions[0], RegionNeed { region: "b".to_owned(), sandboxes: 2, more_sandboxes: 3 });
    }

    #[test]
    fn none_at_all_lack_twenty() {
        let found = needs(&[]);
        assert_eq!((found.more_sandboxes, found.one_sandbox_a_place), (20, true));
    }
}
