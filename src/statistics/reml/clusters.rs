//! Values in clusters, reduced to what the likelihood needs.

use super::square::{Columns, LEVELS, Products, VALUE};

/// One value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value {
    /// Which cluster, counted from 0.
    pub cluster: usize,
    /// Which level of the factor that varies within clusters: 0 is the base, up to 3.
    pub level: usize,
    /// Finite.
    pub value: f64,
}

/// Why values cannot be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// NaN or infinite.
    #[error("a value is not a finite number")]
    NotFinite,
    /// A cluster without a cell, or a level above 3.
    #[error("a value names a cluster or a level that is not there")]
    Unknown,
    /// No cell has two clusters.
    #[error("every cell has one cluster, so a cell and its cluster cannot be told apart")]
    OneClusterEach,
    /// No cluster has values enough to show a spread of its own.
    #[error("no cluster has a value to spare, so a cluster and the rest cannot be told apart")]
    OneValueEach,
    /// All values are equal.
    #[error("nothing differs")]
    NoSpread,
}

/// One cluster with values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cluster {
    pub(super) cell: usize,
    pub(super) count: f64,
    /// Means of the columns: shares of the levels, and the value above [`Clusters::shift`].
    pub(super) means: Columns,
}

/// Values reduced to counts, means and products: their size is that of the clusters, not of the values.
#[derive(Clone, Debug)]
pub struct Clusters {
    /// Those with values, by cell.
    pub(super) clusters: Vec<Cluster>,
    /// Products of deviations from the means of each cluster.
    pub(super) within: Products,
    /// Taken off each value.
    pub(super) shift: f64,
    /// Cells with values.
    pub(super) cells: usize,
    pub(super) values: usize,
    pub(super) estimable: [bool; LEVELS],
}

impl Clusters {
    /// Reduces values; `cell_of` names the cell of each cluster.
    ///
    /// # Errors
    /// Values that are not numbers, or that leave nothing to tell clusters from cells or from the rest.
    pub fn new(cell_of: &[usize], values: &[Value]) -> Result<Self, SplitError> {
        let shift = values.first().map_or(0.0, |first| first.value);
        if values.iter().any(|value| !value.value.is_finite()) {
            return Err(SplitError::NotFinite);
        }
        if values.iter().any(|value| value.cluster >= cell_of.len() || value.level > LEVELS) {
            return Err(SplitError::Unknown);
        }
        let mut all: Vec<Cluster> =
            cell_of.iter().map(|cell| Cluster { cell: *cell, count: 0.0, means: Columns::default() }).collect();
        for value in values {
            let cluster = &mut all[value.cluster];
            cluster.count += 1.0;
            for (mean, entry) in cluster.means.iter_mut().zip(columns(value, shift)) {
                *mean += entry;
            }
        }
        for cluster in all.iter_mut().filter(|cluster| cluster.count > 0.0) {
            cluster.means.iter_mut().for_each(|mean| *mean /= cluster.count);
        }
        let mut within = Products::default();
        for value in values {
            let means = &all[value.cluster].means;
            let entries = columns(value, shift);
            within.add(1.0, &std::array::from_fn(|at| entries[at] - means[at]));
        }
        all.retain(|cluster| cluster.count > 0.0);
        all.sort_by_key(|cluster| cluster.cell);
        let cells = all.chunk_by(|a, b| a.cell == b.cell).count();
        let mut found = Self { clusters: all, within, shift, cells, values: values.len(), estimable: [false; LEVELS] };
        if values.iter().all(|value| value.value == shift) {
            return Err(SplitError::NoSpread);
        }
        if found.clusters.len() == cells {
            return Err(SplitError::OneClusterEach);
        }
        found.estimable = found.about_cells(|cluster| cluster.count).plus(&within).estimable();
        if found.values <= found.clusters.len() + found.levels() {
            return Err(SplitError::OneValueEach);
        }
        Ok(found)
    }

    /// Levels beside the base whose effect can be told.
    pub(super) fn levels(&self) -> usize {
        self.estimable.iter().filter(|kept| **kept).count()
    }

    /// Values beyond those that the fixed part uses up; at least 1.
    pub(super) fn degrees(&self) -> f64 {
        (self.values - self.cells - self.levels()) as f64
    }

    /// Products of the deviations of cluster means from the weighted means of their cells.
    pub(super) fn about_cells(&self, weight: impl Fn(&Cluster) -> f64) -> Products {
        let mut products = Products::default();
        for cell in self.clusters.chunk_by(|a, b| a.cell == b.cell) {
            let centre = centre(cell, &weight);
            for cluster in cell {
                products.add(weight(cluster), &std::array::from_fn(|at| cluster.means[at] - centre[at]));
            }
        }
        products
    }
}

/// Weighted means of the columns over the clusters of a cell.
pub(super) fn centre(cell: &[Cluster], weight: impl Fn(&Cluster) -> f64) -> Columns {
    let (mut total, mut sums) = (0.0, Columns::default());
    for cluster in cell {
        let weight = weight(cluster);
        total += weight;
        for (sum, mean) in sums.iter_mut().zip(&cluster.means) {
            *sum += weight * mean;
        }
    }
    sums.map(|sum| sum / total)
}

fn columns(value: &Value, shift: f64) -> Columns {
    let mut columns = Columns::default();
    if value.level > 0 {
        columns[value.level - 1] = 1.0;
    }
    columns[VALUE] = value.value - shift;
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(rows: &[(usize, f64)]) -> Vec<Value> {
        rows.iter().map(|(cluster, value)| Value { cluster: *cluster, level: 0, value: *value }).collect()
    }

    #[test]
    fn what_cannot_be_split_is_refused_by_its_reason() {
        let refused = |cells: &[usize], rows: &[(usize, f64)]| Clusters::new(cells, &values(rows)).err();
        assert_eq!(refused(&[0, 1], &[(0, 1.0), (0, 2.0), (1, 5.0)]), Some(SplitError::OneClusterEach));
        assert_eq!(refused(&[0, 0], &[(0, 1.0), (1, 5.0)]), Some(SplitError::OneValueEach));
        assert_eq!(refused(&[0, 0], &[(0, 5.0), (0, 5.0), (1, 5.0)]), Some(SplitError::NoSpread));
        assert_eq!(refused(&[0, 0], &[]), Some(SplitError::NoSpread));
        assert_eq!(refused(&[0], &[(1, 5.0)]), Some(SplitError::Unknown));
        assert_eq!(refused(&[0], &[(0, f64::NAN)]), Some(SplitError::NotFinite));
        assert_eq!(refused(&[0, 0], &[(0, 1.0), (0, 2.0), (1, 5.0)]), None);
    }

    #[test]
    fn a_cluster_without_values_is_as_if_it_were_not_there() {
        let rows = [(0, 1.0), (0, 2.0), (2, 5.0), (2, 7.0)];
        let with = Clusters::new(&[0, 9, 0], &values(&rows)).unwrap();
        assert_eq!((with.clusters.len(), with.cells, with.values), (2, 1, 4));
    }
}
