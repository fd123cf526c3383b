//! Quantiles of Student's t distribution: the one that makes a 95 % interval, and those further out.

use statrs::function::beta::checked_beta_reg;

use super::proportion::NORMAL_975;

/// The 97.5 % quantile of t with `degrees` degrees of freedom; at least 1, and the normal quantile above a million.
#[must_use]
pub fn t_975(degrees: f64) -> f64 {
    if degrees.is_nan() || degrees > 1e6 { NORMAL_975 } else { t_beyond(degrees, 0.025) }
}

/// The value that t with `degrees` degrees of freedom exceeds with a probability of `share`, from 1e-6 to a half; at least
/// 1 and at most a million degrees.
///
/// Found by bisection on the distribution function, `1 − I_{ν/(ν+t²)}(ν/2, ½)/2`: quantile functions of statrs have
/// known errors, this one of its functions has not.
#[must_use]
pub fn t_beyond(degrees: f64, share: f64) -> f64 {
    let degrees = if degrees.is_nan() { 1e6 } else { degrees.clamp(1.0, 1e6) };
    let beyond = |t: f64| checked_beta_reg(degrees / 2.0, 0.5, degrees / (degrees + t * t)).unwrap_or(0.0) / 2.0;
    let (mut low, mut high) = (0.0, 4e5);
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if beyond(middle) > share {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_agree_with_published_tables() {
        for (degrees, published) in [
            (1.0, 12.706_204_736),
            (2.0, 4.302_652_730),
            (5.0, 2.570_581_836),
            (10.0, 2.228_138_852),
            (30.0, 2.042_272_456),
            (100.0, 1.983_971_519),
        ] {
            assert!((t_975(degrees) - published).abs() < 1e-8, "{degrees}: {}", t_975(degrees));
        }
        assert!((t_975(999_999.0) - NORMAL_975).abs() < 1e-5);
        assert_eq!(t_975(f64::INFINITY), NORMAL_975);
        assert_eq!(t_975(0.0), t_975(1.0));
    }

    /// scipy 1.17.1, `scipy.stats.t.isf(share, degrees)`.
    const FAR: [(f64, f64, f64); 7] = [
        (1.0, 0.025 / 18.0, 229.181_663_609_439_9),
        (1.0, 1e-5, 31_830.988_607_907_09),
        (2.0, 0.025 / 18.0, 18.934_114_592_721_045),
        (5.0, 0.025 / 18.0, 5.471_450_541_786_196),
        (20.0, 0.025 / 18.0, 3.409_811_691_651_479_6),
        (20.0, 1e-5, 5.542_838_633_158_786),
        (1e5, 0.025 / 18.0, 2.991_390_510_709_821),
    ];

    #[test]
    fn far_quantiles_agree_with_another_implementation() {
        for (degrees, share, expected) in FAR {
            let found = t_beyond(degrees, share);
            assert!((found / expected - 1.0).abs() < 1e-8, "{degrees} {share}: {found}");
        }
    }
}
