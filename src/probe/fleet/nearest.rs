//! Which word was probably meant.

/// The candidate that is fewest edits away, if it is near enough to have been meant.
pub(super) fn nearest<'a>(typed: &str, candidates: &[&'a str]) -> Option<&'a str> {
    // A third of the word may be wrong: with more, a guess misleads.
    let enough = (typed.chars().count() / 3).max(1);
    candidates
        .iter()
        .map(|candidate| (edits(typed, candidate), *candidate))
        .min()
        .filter(|(edits, _)| *edits <= enough)
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment).
fn edits(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().take(64).collect(), to.chars().collect());
    let mut rows = vec![vec![0_usize; to.len() + 1]; from.len() + 1];
    rows[0] = (0..=to.len()).collect();
    for i in 1..=from.len() {
        rows[i][0] = i;
        for j in 1..=to.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        let keys = ["every", "timeout", "targets", "keep"];
        assert_eq!(nearest("evrey", &keys), Some("every"));
        assert_eq!(nearest("time_out", &keys), Some("timeout"));
        assert_eq!(nearest("zebra", &keys), None);
    }

    #[test]
    fn edits_are_symmetric_on_plain_slips() {
        assert_eq!((edits("ab", "ba"), edits("abc", ""), edits("", "")), (1, 3, 0));
    }
}
