//! A mergeable summary of very many values: quantiles within half a percent, in about a kilobyte.
//!
//! DDSketch (Masson, Rim and Lee, VLDB 2019): the error is relative to the value, at every level, whatever the order
//! of adding and merging.

use serde::{Deserialize, Serialize};
use sketches_ddsketch::{Config, DDSketch};
use uuid::Uuid;

use super::level::Level;
use super::observations::ValueError;

/// The largest relative error of a quantile.
pub const RELATIVE_ERROR: f64 = 0.005;

/// Buckets; they cover a span of 7.8 · 10⁸ to 1 (a microsecond to a quarter of an hour). Beyond it the smallest values
/// share a bucket, and only they lose the bound on the error.
const BUCKETS: u32 = 2_048;

/// Values below this count as zero.
const SMALLEST: f64 = 1e-9;

/// Values of zero and above, summarised.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct Sketch(DDSketch);

/// Why bytes are not a sketch.
#[derive(Debug, thiserror::Error)]
pub enum SketchError {
    /// Cut off, or not a sketch.
    #[error("these bytes are not a sketch: {0}")]
    Malformed(String),
    /// Made with another relative error: merging would mix two grids of buckets.
    #[error("the sketch was made with another relative error than {RELATIVE_ERROR}; build it again from the samples")]
    Foreign,
}

impl Default for Sketch {
    fn default() -> Self {
        Self(DDSketch::new(Config::new(RELATIVE_ERROR, BUCKETS, SMALLEST)))
    }
}

impl Sketch {
    /// Adds one value.
    ///
    /// # Errors
    /// The value is negative or not finite; the sketch is as before.
    pub fn add(&mut self, value: f64) -> Result<(), ValueError> {
        if !value.is_finite() {
            return Err(ValueError::NotFinite(value));
        }
        if value < 0.0 {
            return Err(ValueError::Negative(value));
        }
        self.0.add(value);
        Ok(())
    }

    /// Adds all that another one holds: the result is that of adding every value to one sketch.
    pub fn merge(&mut self, other: &Self) {
        // Both have the one configuration there is, which is all that merging can refuse.
        let merged = self.0.merge(&other.0);
        debug_assert!(merged.is_ok(), "two sketches of one configuration");
    }

    /// How many values.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.count()
    }

    /// The order statistic ⌈τn⌉ within [`RELATIVE_ERROR`]; never outside the values added. `None` for an empty sketch.
    #[must_use]
    pub fn quantile(&self, level: Level) -> Option<f64> {
        let (n, min, max) = (self.count(), self.0.min()?, self.0.max()?);
        let rank = level.rank(n);
        if rank == n {
            return Some(max);
        }
        // The crate takes the rank ⌊q (n − 1)⌋, counted from 0: half a rank keeps rounding from reaching the next.
        let q = (rank as f64 - 0.5) / (n - 1) as f64;
        let estimate = self.0.quantile(q.clamp(0.0, 1.0)).ok().flatten()?;
        Some(estimate.clamp(min, max))
    }

    /// The exact smallest and largest value.
    #[must_use]
    pub fn range(&self) -> Option<(f64, f64)> {
        self.0.min().zip(self.0.max())
    }

    /// The arithmetic mean, up to rounding.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        self.0.sum().map(|sum| sum / self.count() as f64)
    }
}

/// What the interchange format may begin with. Without it an empty sketch, which begins with the same byte for another
/// reason, is misread.
const VERSION: u8 = 2;

/// The bytes of [`seal`].
const SEAL: usize = 16;

/// A digest of the rest. The crate adds up what it reads unchecked, so it is given nothing but what it wrote.
fn seal(written: &[u8]) -> [u8; SEAL] {
    *Uuid::new_v5(&Uuid::NAMESPACE_OID, written).as_bytes()
}

impl From<Sketch> for Vec<u8> {
    fn from(sketch: Sketch) -> Self {
        let written: Self = std::iter::once(VERSION).chain(sketch.0.to_java_bytes()).collect();
        [&seal(&written), written.as_slice()].concat()
    }
}

impl TryFrom<Vec<u8>> for Sketch {
    type Error = SketchError;

    /// Reads a digest, then the interchange format that DataDog's sketch libraries share.
    fn try_from(bytes: Vec<u8>) -> Result<Self, SketchError> {
        let (digest, written) = bytes
            .split_at_checked(SEAL)
            .ok_or_else(|| SketchError::Malformed(format!("there are only {} of them", bytes.len())))?;
        if digest != seal(written) {
            return Err(SketchError::Malformed("they were changed or cut off since they were written".to_owned()));
        }
        let decoded = DDSketch::from_java_bytes(written).map_err(|error| SketchError::Malformed(error.to_string()))?;
        let mut sketch = Self::default();
        sketch.0.merge(&decoded).map_err(|_| SketchError::Foreign)?;
        match (sketch.0.min(), sketch.0.max(), sketch.0.sum()) {
            (None, None, None) => Ok(sketch),
            (Some(min), Some(max), Some(sum)) if 0.0 <= min && min <= max && max.is_finite() && sum.is_finite() => {
                Ok(sketch)
            }
            _ => Err(SketchError::Malformed("its smallest and largest value are not in order".to_owned())),
        }
    }
}

impl std::fmt::Debug for Sketch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sketch({} values in {:?})", self.count(), self.range())
    }
}
