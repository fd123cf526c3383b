//! Who goes first within a slot: the same order at every vantage.

use std::time::Duration;

use crate::measurement::identity::{Method, TargetId};

use super::grid::Grid;

/// One page in one way, on its grid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The page.
    pub target: TargetId,
    /// The way.
    pub method: Method,
    /// When.
    pub grid: Grid,
}

/// A line with its place in the slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The line.
    pub line: Line,
    /// It is due this long after the slot's start.
    pub offset: Duration,
}

/// The largest distance between two starts: a few pages are spread over a few seconds, not over minutes, because
/// vantages are compared slot by slot.
pub const GAP_MAX: Duration = Duration::from_secs(1);

/// Gives each line its place: first each page's first way, pages by name; then each page's second way; and so on.
///
/// Starts are `min(1 s, half the shortest slot / lines)` apart, so all of them lie in the first half of the slot. The
/// order depends on names and ways alone, not on the order of a file, so vantages that watch the same pages keep the
/// same offsets. `lines` holds each page's ways in the order in which its owner wrote them.
#[must_use]
pub fn place(lines: Vec<Line>) -> Vec<Placed> {
    let Some(shortest) = lines.iter().map(|line| line.grid.every()).min() else {
        return Vec::new();
    };
    let count = u32::try_from(lines.len()).unwrap_or(u32::MAX);
    let gap = (shortest / 2 / count).min(GAP_MAX);
    let mut ranked: Vec<(usize, Line)> = Vec::with_capacity(lines.len());
    let mut ways = std::collections::HashMap::new();
    for line in lines {
        let rank = ways.entry(line.target.clone()).or_insert(0_usize);
        ranked.push((*rank, line));
        *rank += 1;
    }
    ranked.sort_by(|(a_rank, a), (b_rank, b)| (a_rank, &a.target).cmp(&(b_rank, &b.target)));
    let placed =
        |(i, (_, line)): (usize, (usize, Line))| Placed { line, offset: gap * u32::try_from(i).unwrap_or(u32::MAX) };
    ranked.into_iter().enumerate().map(placed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(target: &str, method: Method, every_s: u64) -> Line {
        let grid = Grid::new(Duration::from_secs(every_s)).unwrap();
        Line { target: TargetId::new(target).unwrap(), method, grid }
    }

    fn names(placed: &[Placed]) -> Vec<(String, u128)> {
        placed.iter().map(|p| (format!("{} {}", p.line.target, p.line.method), p.offset.as_millis())).collect()
    }

    #[test]
    fn a_pages_ways_are_apart_and_pages_take_turns() {
        let lines = vec![
            line("b", Method::Fresh, 180),
            line("b", Method::Curl, 180),
            line("a", Method::Fresh, 180),
            line("a", Method::Curl, 180),
        ];
        let expected = [("a fresh", 0), ("b fresh", 1_000), ("a curl", 2_000), ("b curl", 3_000)];
        assert_eq!(names(&place(lines)), expected.map(|(name, ms)| (name.to_owned(), ms)));
    }

    #[test]
    fn the_order_in_the_file_does_not_matter() {
        let (a, b) = (line("a", Method::Fresh, 60), line("b", Method::Fresh, 60));
        assert_eq!(place(vec![a.clone(), b.clone()]), place(vec![b, a]));
    }

    #[test]
    fn many_pages_fit_into_half_the_shortest_slot() {
        let placed = place((0..700).map(|i| line(&format!("t{i}"), Method::Fresh, 1 + i % 2)).collect());
        assert!(placed.iter().all(|p| p.offset < Duration::from_millis(500)));
        let mut offsets: Vec<_> = placed.iter().map(|p| p.offset).collect();
        offsets.dedup();
        assert_eq!(offsets.len(), 700);
    }

    #[test]
    fn nothing_to_watch_is_no_panic() {
        assert!(place(Vec::new()).is_empty());
    }
}
