//! When samples were taken: windows of time, and weights under which both sides have the same share of each.

use super::ledger::Row;

/// The shortest window.
const WINDOW_MS: i64 = 15 * 60 * 1_000;

/// The fewest samples that a typical window shall hold on either side.
///
/// A little less than five: weights that add up to five may fall short by rounding.
const SAMPLES_MIN: f64 = 5.0 - 1e-6;

/// Windows and the weights that go with them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overlap {
    /// How long a window is, in milliseconds.
    pub window_ms: i64,
    /// How many windows there are.
    pub windows: usize,
    /// The window of each row of A, and of B.
    pub window: [Vec<u32>; 2],
    /// What each row's weight is multiplied by: `π*(w) / π_g(w)` with `π* ∝ 2 π_A π_B / (π_A + π_B)` (overlap weights).
    pub factor: [Vec<f64>; 2],
    /// The share of samples outside times that both sides have: `1 − Σ 2 π_A π_B / (π_A + π_B)`.
    pub outside: f64,
}

impl Overlap {
    /// Of two sides. Where they have no window in common every factor is 1, and `outside` is 1.
    #[must_use]
    pub fn of(a: &[Row], b: &[Row]) -> Self {
        let times = || a.iter().chain(b).map(|row| row.at_ms);
        let (Some(first), Some(last)) = (times().min(), times().max()) else { return Self::default() };
        let span = last.saturating_sub(first).saturating_add(1);
        let mut window_ms = WINDOW_MS;
        // A window with a handful of samples on each side: the sparser side decides.
        while window_ms < span && typical(a, first, window_ms).min(typical(b, first, window_ms)) < SAMPLES_MIN {
            window_ms *= 2;
        }
        // Counted from the first sample, not from midnight: shifting all clocks alike changes nothing.
        let index = |row: &Row| u32::try_from((row.at_ms - first) / window_ms).unwrap_or(u32::MAX);
        let mut seen: Vec<u32> = a.iter().chain(b).map(index).collect();
        seen.sort_unstable();
        seen.dedup();
        let place = |row: &Row| seen.binary_search(&index(row)).unwrap_or(0) as u32;
        let window = [a, b].map(|side| side.iter().map(place).collect::<Vec<u32>>());
        let share = [(a, &window[0]), (b, &window[1])].map(|(side, window)| shares(side, window, seen.len()));
        let common: Vec<f64> = share[0].iter().zip(&share[1]).map(|(x, y)| harmonic(*x, *y)).collect();
        let inside: f64 = common.iter().sum();
        let same = share[0].iter().zip(&share[1]).all(|(x, y)| (x - y).abs() < 1e-12);
        let factor = [0, 1].map(|g| {
            let of = |w: &u32| common[*w as usize] / inside / share[g][*w as usize];
            window[g].iter().map(|w| if same || inside <= 0.0 { 1.0 } else { of(w) }).collect()
        });
        Self { window_ms, windows: seen.len(), window, factor, outside: if same { 0.0 } else { 1.0 - inside } }
    }
}

fn harmonic(x: f64, y: f64) -> f64 {
    if x + y > 0.0 { 2.0 * x * y / (x + y) } else { 0.0 }
}

fn shares(side: &[Row], window: &[u32], windows: usize) -> Vec<f64> {
    let mut shares = vec![0.0; windows];
    for (row, w) in side.iter().zip(window) {
        shares[*w as usize] += row.weight;
    }
    let sum: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= sum);
    shares
}

/// Samples a window, over the windows that hold any.
fn typical(side: &[Row], first: i64, window_ms: i64) -> f64 {
    let mut windows: Vec<i64> = side.iter().map(|row| (row.at_ms - first) / window_ms).collect();
    windows.sort_unstable();
    windows.dedup();
    side.iter().map(|row| row.weight).sum::<f64>() / windows.len().max(1) as f64
}
