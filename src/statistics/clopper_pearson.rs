//! Exact intervals for the rate of a rare event, and for the difference of two such rates.

use statrs::function::beta::checked_beta_reg;

/// The rate in `attempts` of which `events` had it, with the exact 95 % interval of Clopper and Pearson (Biometrika 26,
/// 1934). `attempts` may be a fraction: an effective number. As (rate, lower, upper); no attempt gives (0, 0, 1).
#[must_use]
pub fn rate(events: f64, attempts: f64) -> (f64, f64, f64) {
    if attempts.is_nan() || attempts <= 0.0 {
        return (0.0, 0.0, 1.0);
    }
    let events = events.clamp(0.0, attempts);
    let lower = if events <= 0.0 { 0.0 } else { beta_quantile(0.025, events, attempts - events + 1.0) };
    let upper = if events >= attempts { 1.0 } else { beta_quantile(0.975, events + 1.0, attempts - events) };
    (events / attempts, lower, upper)
}

/// By bisection on the distribution function: `inv_beta_reg` of statrs can hang for tiny probabilities.
fn beta_quantile(level: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if checked_beta_reg(a, b, middle).unwrap_or(1.0) < level {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// An interval for `second − first` from each one's own (MOVER; Zou and Donner, Statistics in Medicine 27, 2008).
#[must_use]
pub fn difference(first: (f64, f64, f64), second: (f64, f64, f64)) -> (f64, f64) {
    let estimate = second.0 - first.0;
    let below = (second.0 - second.1).hypot(first.2 - first.0);
    let above = (second.2 - second.0).hypot(first.0 - first.1);
    (estimate - below, estimate + above)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_of_their_definition() {
        // Without events the upper limit is 1 − 0.025^(1/n); with all of them it is the mirror.
        for n in [1.0_f64, 10.0, 240.0] {
            let limit = 1.0 - 0.025_f64.powf(1.0 / n);
            let (share, lower, upper) = rate(0.0, n);
            assert!(share == 0.0 && lower == 0.0 && (upper - limit).abs() < 1e-12, "{n}: {upper} {limit}");
            assert!((rate(n, n).1 - (1.0 - limit)).abs() < 1e-12);
        }
        // Clopper and Pearson's own kind of table: 5 of 20.
        let (_, lower, upper) = rate(5.0, 20.0);
        assert!((lower - 0.086_571).abs() < 1e-5 && (upper - 0.491_046).abs() < 1e-5, "{lower} {upper}");
    }

    #[test]
    fn a_difference_changes_its_sign_with_its_ends() {
        let (a, b) = (rate(2.0, 100.0), rate(9.0, 120.0));
        let ((l, u), (ml, mu)) = (difference(a, b), difference(b, a));
        assert!((l + mu).abs() < 1e-15 && (u + ml).abs() < 1e-15);
    }
}
