//! Whether two rates of rare events differ, by an exact test.
//!
//! Fisher's test holds the sum of events fixed and wastes most of its level on few of them: at 1 % it asks for eight
//! against none. Here the sum is free, the pairs of counts are in the order of their likelihood ratio, and the rate that
//! both would have is the one under which so extreme a pair is likeliest (Barnard, Biometrika 34, 1947, with another
//! order): six against none in as many attempts do.

use std::ops::Range;

use statrs::function::gamma::checked_gamma_ur;

/// With more events than this the likelihood ratio has its limiting distribution closely enough.
const FEW: f64 = 200.0;

/// Rates that are tried for the one that both have.
const RATES: usize = 160;

/// Only rates that the sum of events leaves believable are tried (Berger and Boos, JASA 89, 1994): the root of a count is
/// within this of the root of its mean, but for a probability of [`UNBELIEVED`].
const BELIEVED: f64 = 2.25;

/// What is added for the rates that are not tried.
const UNBELIEVED: f64 = 1e-4;

/// How likely, at most, two counts at least as far apart are where the rates are the same. From 0 to 1; 1 where nobody
/// attempted or nothing happened.
///
/// `events` are at most `attempts`. The level is held for every rate: the largest probability over all believable ones counts.
#[must_use]
pub fn equal_rates(events: [u64; 2], attempts: [u64; 2]) -> f64 {
    let [x, y] = [0, 1].map(|g| events[g].min(attempts[g]));
    let sum = x + y;
    if attempts.contains(&0) || sum == 0 || sum == attempts[0] + attempts[1] {
        return 1.0;
    }
    // Seldom on one side of a half, events are as rare as their absence is on the other.
    if 2 * sum > attempts[0] + attempts[1] {
        return equal_rates([attempts[0] - x, attempts[1] - y], attempts);
    }
    let seen = ratio([x, y], attempts);
    if sum as f64 > FEW {
        return checked_gamma_ur(0.5, seen / 2.0).unwrap_or(1.0).clamp(0.0, 1.0);
    }
    // Beyond these the probability is far below what a claim asks for.
    let most = 4 * sum + 40;
    let least = seen * (1.0 - 1e-9);
    let near: Vec<Range<u64>> = (0..=most.min(attempts[0])).map(|x| nearer(x, attempts, least, most)).collect();
    let total = (attempts[0] + attempts[1]) as f64;
    let [low, high] = [(sum as f64).sqrt() - BELIEVED, ((sum + 1) as f64).sqrt() + BELIEVED].map(|end| end.max(0.0));
    let root = |step: usize| low + (high - low) * (step as f64 + 0.5) / RATES as f64;
    let rates = (0..RATES).map(|step| root(step).powi(2) / total).filter(|rate| *rate < 1.0);
    (rates.map(|rate| beyond(&near, attempts, rate, most)).fold(0.0, f64::max) + UNBELIEVED).min(1.0)
}

/// Twice the logarithm of the likelihood ratio of two rates to one.
fn ratio(events: [u64; 2], attempts: [u64; 2]) -> f64 {
    let [sum, all] = [events, attempts].map(|both| (both[0] + both[1]) as f64);
    let term = |count: f64, expected: f64| if count > 0.0 { count * (count / expected).ln() } else { 0.0 };
    let of = |g: usize| {
        let (events, attempts) = (events[g] as f64, attempts[g] as f64);
        let share = attempts / all;
        term(events, sum * share) + term(attempts - events, (all - sum) * share)
    };
    2.0 * (of(0) + of(1))
}

/// The counts of the second side whose ratio to `first` is below `least`.
fn nearer(first: u64, attempts: [u64; 2], least: f64, most: u64) -> Range<u64> {
    let end = most.min(attempts[1]) + 1;
    let near = |second: u64| ratio([first, second], attempts) < least;
    // The ratio falls towards the same rate and rises beyond it.
    let middle = (first as f64 * attempts[1] as f64 / attempts[0] as f64).round() as u64;
    let (mut from, mut to) = (middle.min(end), middle.min(end));
    while from > 0 && near(from - 1) {
        from -= 1;
    }
    while to < end && near(to) {
        to += 1;
    }
    from..to
}

/// The probability of a pair that is not near, both sides having the same rate.
fn beyond(near: &[Range<u64>], attempts: [u64; 2], rate: f64, most: u64) -> f64 {
    let [first, second] = attempts.map(|attempts| probabilities(attempts, rate, most));
    let mut sums = vec![0.0];
    let mut whole = 0.0;
    for probability in &second {
        whole += probability;
        sums.push(whole);
    }
    let within = |range: &Range<u64>| sums[range.end as usize] - sums[range.start as usize];
    first.iter().zip(near).map(|(probability, range)| probability * (whole - within(range)).max(0.0)).sum()
}

/// Of 0, 1, 2, … events, as far as `most`.
fn probabilities(attempts: u64, rate: f64, most: u64) -> Vec<f64> {
    let n = attempts as f64;
    let odds = rate / (1.0 - rate);
    let mut probability = (n * (-rate).ln_1p()).exp();
    let mut all = Vec::with_capacity(most as usize + 1);
    for count in 0..=most.min(attempts) {
        all.push(probability);
        probability *= odds * (n - count as f64) / (count as f64 + 1.0);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_losses_against_none_are_no_luck_and_five_may_be() {
        let against_none = |events| equal_rates([0, events], [360, 360]);
        assert!(against_none(5) > 0.01 && against_none(6) < 0.01, "{} {}", against_none(5), against_none(6));
        assert!(equal_rates([0, 1], [360, 360]) > 0.3 && equal_rates([3, 3], [360, 360]) > 0.9);
        // Of four times as many attempts four times as many events are usual.
        assert!(equal_rates([1, 4], [360, 1_440]) > 0.9 && equal_rates([4, 1], [360, 1_440]) < 0.01);
    }

    /// By the definition, over every pair of counts: whatever rate both have, one claim in a hundred is false at most.
    #[test]
    fn the_level_holds_for_every_rate() {
        for attempts in [[30_u64, 30], [20, 60]] {
            let pairs = (0..=attempts[0]).flat_map(|x| (0..=attempts[1]).map(move |y| [x, y]));
            let claimed: Vec<[u64; 2]> = pairs.filter(|pair| equal_rates(*pair, attempts) <= 0.01).collect();
            assert!(claimed.len() > 100);
            let choose = |n: u64, k: u64| (1..=k).map(|i| (n + 1 - i) as f64 / i as f64).product::<f64>();
            for step in 1..100 {
                let rate = f64::from(step) / 100.0;
                let chance = |g: usize, k: u64| {
                    choose(attempts[g], k) * rate.powi(k as i32) * (1.0 - rate).powi((attempts[g] - k) as i32)
                };
                let level: f64 = claimed.iter().map(|[x, y]| chance(0, *x) * chance(1, *y)).sum();
                assert!(level <= 0.0105, "{attempts:?} at {rate}: {level}");
            }
        }
    }

    #[test]
    fn many_events_go_over_into_few_without_a_step() {
        let few = equal_rates([80, 120], [40_000, 40_000]);
        let many = equal_rates([81, 120], [40_000, 40_000]);
        assert!((few / many - 1.0).abs() < 0.3 && few < 0.01, "{few} {many}");
    }

    #[test]
    fn sides_may_change_places_and_nothing_is_no_evidence() {
        let (one, other) = (equal_rates([2, 11], [300, 500]), equal_rates([11, 2], [500, 300]));
        assert!((one - other).abs() < 1e-9, "{one} {other}");
        for (events, attempts) in [([0, 0], [0, 0]), ([0, 0], [9, 9]), ([9, 9], [9, 9]), ([0, 5], [0, 5])] {
            assert_eq!(equal_rates(events, attempts), 1.0);
        }
        assert!(equal_rates([u64::MAX, 0], [5, 5]) < 0.01, "more events than attempts are all of them");
        assert!((0.0..=1.0).contains(&equal_rates([0, 150], [1_000_000, 1_000_000])));
    }
}
