//! Whose turn it was: from the last packet that brought something until the next that asks for something, the vantage's.

use std::time::{Duration, Instant};

use super::facts::{between, left};
use crate::lab::delaybox::{Passage, Segment};

/// How long a vantage was held in its own turns, milliseconds: packets of others are held, too, and counted elsewhere.
pub(super) fn held(spans: &[(Instant, Instant)], packets: &[(Passage, Segment)], begun: Instant, total_ms: f64) -> f64 {
    if spans.is_empty() {
        return 0.0;
    }
    let says = packets.iter().filter(|(_, segment)| segment.payload > 0 || segment.syn);
    let mut moments: Vec<(Instant, bool)> =
        says.map(|(p, _)| if p.outward { (p.arrived, true) } else { (left(p), false) }).collect();
    moments.push((begun + Duration::from_secs_f64(total_ms / 1_000.0), true));
    moments.sort_unstable();
    let (mut own, mut held) = (Some(begun), 0.0);
    for (at, outward) in moments {
        // An answer that goes on begins the turn anew.
        let ended = if outward { own.take() } else { own.replace(at).and(None) };
        if let Some(from) = ended {
            held += spans.iter().map(|(start, end)| between((*start).max(from), (*end).min(at))).sum::<f64>();
        }
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::delaybox::Kind;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn only_what_was_held_in_turns_of_its_own_counts() {
        let begun = Instant::now();
        let packet = |outward, at: u32, held: u32, payload| {
            let segment = Segment { port: 1, sequence: 0, payload, syn: false };
            let (arrived, held) = (begun + at * MS, held * MS);
            (Passage { outward, length: 60, arrived, held, kind: Kind::Tcp(segment) }, segment)
        };
        // Asks at 10, is answered at 30 and 35, acknowledges, asks at 50, is answered at 70, ends at 80.
        let packets = [
            packet(true, 10, 5, 100),
            packet(false, 25, 5, 100),
            packet(false, 30, 5, 100),
            packet(true, 36, 5, 0),
            packet(true, 50, 5, 100),
            packet(false, 65, 5, 100),
        ];
        let of = |spans: &[(u32, u32)]| {
            let spans: Vec<_> = spans.iter().map(|(from, to)| (begun + *from * MS, begun + *to * MS)).collect();
            held(&spans, &packets, begun, 80.0)
        };
        assert_eq!(of(&[]), 0.0);
        assert_eq!(of(&[(4, 8)]), 4.0, "looking up");
        assert_eq!(of(&[(12, 28)]), 0.0, "on its way");
        assert_eq!(of(&[(31, 34)]), 0.0, "the answer was not whole");
        assert_eq!(of(&[(32, 40), (45, 55)]), 5.0 + 5.0);
        assert_eq!(of(&[(60, 90)]), 10.0, "what came after the end is nobody's");
    }
}
