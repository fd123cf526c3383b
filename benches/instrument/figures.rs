//! Differences in milliseconds.

use std::time::Duration;

use super::spread::Spread;

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
        absolute.count(),
        signed.at(50),
        absolute.at(50),
        absolute.at(90),
        absolute.at(95),
        absolute.at(99),
    );
    Some(absolute)
}
