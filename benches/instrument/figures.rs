//! Differences in milliseconds, and the bounds they are held to.

use std::fmt;
use std::time::Duration;

/// Four percentiles by nearest rank of at least one value.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// How many values.
    pub count: usize,
    /// The median.
    pub p50: f64,
    /// The 90th.
    pub p90: f64,
    /// The 95th.
    pub p95: f64,
    /// The 99th.
    pub p99: f64,
}

impl Spread {
    /// Of these values; nothing of none.
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let count = values.len();
        let at = |percent: usize| values.get((count * percent).div_ceil(100).max(1) - 1).copied();
        Some(Self { count, p50: at(50)?, p90: at(90)?, p95: at(95)?, p99: at(99)? })
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} {:.3} {:.3}", self.p50, self.p95, self.p99)
    }
}

/// Ours less the wire's, in milliseconds.
pub fn off(ours: Duration, wire: Duration) -> f64 {
    (ours.as_secs_f64() - wire.as_secs_f64()) * 1_000.0
}

/// Prints the head of a table of [`row`]s.
pub fn head() {
    println!(
        "{:<40} {:>5} {:>9} {:>8} {:>8} {:>8} {:>8}",
        "ours - wire, ms", "n", "median", "|p50|", "|p90|", "|p95|", "|p99|"
    );
}

/// Prints one comparison: the signed median, and percentiles of what it is off by either way.
pub fn row(name: &str, differences: &[f64]) -> Option<Spread> {
    let signed = Spread::of(differences.to_vec())?;
    let absolute = Spread::of(differences.iter().map(|value| value.abs()).collect())?;
    println!(
        "{name:<40} {:>5} {:>+9.3} {:>8.3} {:>8.3} {:>8.3} {:>8.3}",
        absolute.count, signed.p50, absolute.p50, absolute.p90, absolute.p95, absolute.p99,
    );
    Some(absolute)
}

/// Prints whether a bound holds, and says so.
pub fn bound(what: &str, value: Option<f64>, most: f64, unit: &str) -> bool {
    let holds = value.is_some_and(|value| value <= most);
    let shown = value.map_or_else(|| "nothing was measured".to_owned(), |value| format!("{value:.3}{unit}"));
    println!("{}  {what}: {shown}, at most {most}{unit}", if holds { "kept  " } else { "BROKEN" });
    holds
}
