//! What one redirect costs, part by part, for percentiles: their account asks how many redirects there are.

use super::ledger::{Row, Seen};
use super::sides::{Sides, complete};

/// Parts of a redirect: path, dns, cpu, scheduling, other.
pub(super) const PARTS: usize = 5;

/// What one redirect costs, part by part.
pub(super) struct RedirectCost {
    /// At this side.
    own: [f64; PARTS],
    /// The middle of both sides; that of one where only it redirects.
    usual: [f64; PARTS],
}

impl RedirectCost {
    /// `seen`: what both sides show.
    pub(super) fn of(sides: &Sides, g: usize, seen: Seen) -> Self {
        let known = [g, 1 - g].map(|g| {
            let (mut count, mut sums) = (0.0, [0.0; PARTS]);
            let rows = sides.rows[g].iter().zip(&sides.overlap.factor[g]);
            for (row, factor) in rows.filter(|(row, _)| complete(row, seen)) {
                let weight = row.weight * factor;
                count += weight * row.redirects.count;
                sums.iter_mut().zip(redirect_parts(row, seen)).for_each(|(sum, part)| *sum += weight * part);
            }
            (count > 0.0).then(|| sums.map(|sum| sum / count))
        });
        let own = known[0].or(known[1]).unwrap_or([0.0; PARTS]);
        let other = known[1].unwrap_or(own);
        Self { own, usual: std::array::from_fn(|part| f64::midpoint(own[part], other[part])) }
    }

    /// What a sample's redirects would have cost at the usual price; each dear or cheap one stays so.
    pub(super) fn at_usual(&self, count: f64, parts: [f64; PARTS]) -> [f64; PARTS] {
        std::array::from_fn(|part| {
            let (own, usual) = (self.own[part], self.usual[part]);
            if own > 0.0 { parts[part] * usual / own } else { count * usual }
        })
    }
}

/// Those that both sides see; the others are in the last.
pub(super) fn redirect_parts(row: &Row, seen: Seen) -> [f64; PARTS] {
    if !seen.has(Seen::HOPS) {
        return [0.0; PARTS];
    }
    let if_seen = |needed: Seen, value: f64| if seen.has(needed) { value } else { 0.0 };
    let of = &row.redirects;
    let parts = [
        if_seen(Seen::ROUND_TRIPS, of.path),
        if_seen(Seen::DNS, of.dns),
        if_seen(Seen::CPU, of.cpu),
        if_seen(Seen::SCHEDULING, of.scheduling),
    ];
    let other = of.total() - parts.iter().sum::<f64>();
    [parts[0], parts[1], parts[2], parts[3], other]
}
