//! Randomness that belongs to a name instead of a position.
//!
//! A stream of random numbers ties each draw to the place of a value in its list: reorder the list, or swap two groups,
//! and every draw moves. Here each draw is a function of (seed, what it is for, whose it is), so that neither matters.

/// A name as a number: FNV-1a, then mixed. The same on every platform and in every version.
#[must_use]
pub fn name(text: &str) -> u64 {
    let folded = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    scramble(folded)
}

/// Two numbers as one; the order counts.
#[must_use]
pub fn join(first: u64, second: u64) -> u64 {
    scramble(first ^ scramble(second.wrapping_add(0x9e37_79b9_7f4a_7c15)))
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every input bit moves half of the output bits.
fn scramble(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Uniform, above 0 and below 1.
#[must_use]
pub fn uniform(key: u64) -> f64 {
    ((scramble(key) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
}

/// Exponential with mean 1: the weight of the Bayesian bootstrap.
#[must_use]
pub fn exponential(key: u64) -> f64 {
    -uniform(key).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_moments_of_their_distribution() {
        let keys = || (0..100_000_u64).map(|k| join(7, k));
        let mean = |draw: fn(u64) -> f64| keys().map(draw).sum::<f64>() / 100_000.0;
        assert!((mean(uniform) - 0.5).abs() < 0.004, "{}", mean(uniform));
        assert!((mean(exponential) - 1.0).abs() < 0.012);
        assert!((keys().map(|k| exponential(k).powi(2)).sum::<f64>() / 100_000.0 - 2.0).abs() < 0.06);
    }

    #[test]
    fn names_and_orders_differ() {
        assert_ne!(name("a"), name("b"));
        assert_ne!(name(""), name("\0"));
        assert_ne!(join(1, 2), join(2, 1));
    }
}
