//! Weights brought back to known margins.

/// Scales `weights` until each class of `rows` and each class of `columns` sums to its target: iterative proportional
/// fitting (Deming and Stephan 1940).
///
/// The slices are parallel; classes count from 0 and index the targets. A class without weight is left alone.
pub fn rake(weights: &mut [f64], rows: (&[u32], &[f64]), columns: (&[u32], &[f64]), sums: &mut Vec<f64>) {
    const ROUNDS_MAX: usize = 30;
    const CLOSE: f64 = 1e-7;
    for _ in 0..ROUNDS_MAX {
        let moved = fit(weights, rows, sums).max(fit(weights, columns, sums));
        if moved < CLOSE {
            return;
        }
    }
}

/// One margin; the largest relative change it needed.
fn fit(weights: &mut [f64], (classes, targets): (&[u32], &[f64]), sums: &mut Vec<f64>) -> f64 {
    sums.clear();
    sums.resize(targets.len(), 0.0);
    for (weight, class) in weights.iter().zip(classes) {
        sums[*class as usize] += weight;
    }
    let mut moved = 0.0_f64;
    for (sum, target) in sums.iter_mut().zip(targets) {
        let factor = if *sum > 0.0 { target / *sum } else { 1.0 };
        moved = moved.max((factor - 1.0).abs());
        *sum = factor;
    }
    for (weight, class) in weights.iter_mut().zip(classes) {
        *weight *= sums[*class as usize];
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_margins_are_met() {
        let (rows, columns) = ([0, 0, 1, 1, 1, 0], [0, 1, 2, 0, 1, 2]);
        let mut weights = [0.3, 2.0, 0.1, 4.0, 1.0, 0.7];
        rake(&mut weights, (&rows, &[3.0, 3.0]), (&columns, &[2.0, 2.0, 2.0]), &mut Vec::new());
        let sum = |classes: [u32; 6], class: u32| -> f64 {
            weights.iter().zip(classes).filter(|(_, c)| *c == class).map(|(w, _)| w).sum()
        };
        for class in 0..2 {
            assert!((sum(rows, class) - 3.0).abs() < 1e-6);
        }
        for class in 0..3 {
            assert!((sum(columns, class) - 2.0).abs() < 1e-6);
        }
    }

    #[test]
    fn an_empty_class_is_left_alone() {
        let mut weights = [1.0, 3.0];
        rake(&mut weights, (&[0, 0], &[2.0, 5.0]), (&[0, 0], &[2.0]), &mut Vec::new());
        assert_eq!(weights, [0.5, 1.5]);
    }
}
