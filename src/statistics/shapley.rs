//! Who gets how much of a change that several made together: the value of Shapley (1953).

/// The change of a product of two factors, given to the factors: `φ_x = (x_b − x_a)(y_a + y_b) / 2`
/// (Kitagawa, JASA 50, 1955). The parts add up to `x_b·y_b − x_a·y_a`.
#[must_use]
pub fn product2(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [(b[0] - a[0]) * f64::midpoint(a[1], b[1]), (b[1] - a[1]) * f64::midpoint(a[0], b[0])]
}

/// The change of a product of three factors, given to the factors (Das Gupta 1993).
#[must_use]
pub fn product3(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    let part = |x: usize, y: usize, z: usize| {
        let same = (a[y] * a[z] + b[y] * b[z]) / 3.0;
        let mixed = (a[y] * b[z] + b[y] * a[z]) / 6.0;
        (b[x] - a[x]) * (same + mixed)
    };
    [part(0, 1, 2), part(1, 0, 2), part(2, 0, 1)]
}

/// The share of each of `players` in the game `worth`, given for every coalition: bit j of the index says that player j
/// takes part. The shares add up to the last worth minus the first.
///
/// An array that is not of length `2^players` gives no shares.
#[must_use]
pub fn shares(players: usize, worth: &[f64]) -> Vec<f64> {
    if worth.len() != 1 << players {
        return Vec::new();
    }
    // |S|! (m − 1 − |S|)! / m!, as 1 / (m · C(m − 1, |S|)).
    let mut choose = vec![1.0_f64; players.max(1)];
    for size in 1..players {
        choose[size] = choose[size - 1] * (players - size) as f64 / size as f64;
    }
    (0..players)
        .map(|player| {
            let bit = 1 << player;
            let without = (0..worth.len()).filter(|coalition| coalition & bit == 0);
            without.map(|s| (worth[s | bit] - worth[s]) / (players as f64 * choose[s.count_ones() as usize])).sum()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms_agree_with_the_game_over_coalitions() {
        let (a, b) = ([2.0, 3.0, 5.0], [7.0, 1.0, 11.0]);
        let product =
            |coalition: usize| (0..3).map(|j| if coalition >> j & 1 == 1 { b[j] } else { a[j] }).product::<f64>();
        let worth: Vec<f64> = (0..8).map(product).collect();
        for (closed, shared) in product3(a, b).into_iter().zip(shares(3, &worth)) {
            assert!((closed - shared).abs() < 1e-12, "{closed} {shared}");
        }
        let two = shares(2, &[6.0, 21.0, 2.0, 7.0]);
        for (closed, shared) in product2([2.0, 3.0], [7.0, 1.0]).into_iter().zip(two) {
            assert!((closed - shared).abs() < 1e-12);
        }
    }

    #[test]
    fn who_changes_nothing_gets_nothing() {
        let worth: Vec<f64> = (0..16_usize).map(|s| if s & 0b101 == 0b101 { 9.0 } else { 0.0 }).collect();
        assert_eq!(shares(4, &worth), [4.5, 0.0, 4.5, 0.0]);
        assert_eq!(shares(2, &[0.0; 3]), Vec::<f64>::new());
    }
}
