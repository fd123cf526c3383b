//! Whose turn it was: from the last packet that brought something until the next that asks for something, the vantage's.

use std::time::{Duration, Instant};

use super::facts::{between, left};
use crate::lab::delaybox::{Passage, Segment};

/// How long a vantage was held in its own turns, milliseconds: packets of others are held, too, and counted elsewhere.
pub(super) fn held(spans: &[(Instant, Instant)], packets: &[(Passage, Segment)], begun: Instant, total_ms: f64) -> f64 {
    if spans.is_empty() {
        return 0.0;
    }
    let mut moments = moments(packets);
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

/// Without what TLS 1.3 says and nobody waits for: the end of the client's handshake, which is its turn as long as the request
/// is not sent, and the tickets that come for it. `heard` are the moments at which the site heard requests.
pub(super) fn asking(packets: &[(Passage, Segment)], heard: &[Instant]) -> Vec<(Passage, Segment)> {
    let mut alone: Vec<(u16, Instant, Instant)> = Vec::new();
    for heard in heard {
        let said = |(p, s): &&(Passage, Segment)| p.outward && s.payload > 0 && left(p) <= *heard;
        let Some((request, segment)) = packets.iter().rfind(said) else { continue };
        let on_it = |(p, s): &&(Passage, Segment)| {
            p.outward && s.payload > 0 && s.port == segment.port && p.arrived < request.arrived
        };
        let mut before = packets.iter().rev().filter(on_it);
        // The one before the end of the handshake is its beginning.
        if let (Some((end, _)), Some(_)) = (before.next(), before.next()) {
            alone.push((segment.port, end.arrived, request.arrived));
        }
    }
    let asks = |(p, s): &&(Passage, Segment)| {
        !alone.iter().any(|(port, from, to)| *port == s.port && (*from..*to).contains(&seen(p)))
    };
    packets.iter().filter(asks).copied().collect()
}

/// The round trips of a connection until the answer to `request` began, which was `answered` then: `setup` at most that opened it, of
/// each the packet that asked last and the one with which its answer was whole, and that of the request.
pub(super) fn trips(
    flow: &[&(Passage, Segment)],
    setup: usize,
    request: &Passage,
    answered: Instant,
) -> Vec<[Passage; 2]> {
    let says = flow.iter().filter(|(_, segment)| segment.payload > 0 || segment.syn).map(|(passage, _)| passage);
    let mut before: Vec<&Passage> = says.clone().filter(|passage| seen(passage) <= request.arrived).collect();
    before.sort_by_key(|passage| seen(passage));
    let (mut trips, mut asked, mut told) = (Vec::new(), None, None);
    for passage in before {
        if !passage.outward {
            told = asked.map(|_| *passage);
            continue;
        }
        trips.extend(asked.zip(told.take()).map(|(asked, told)| [asked, told]));
        asked = Some(*passage);
    }
    trips.truncate(setup);
    let mut answer = says.filter(|passage| !passage.outward && passage.arrived >= answered);
    trips.extend(answer.next().map(|answer| [*request, *answer]));
    trips
}

/// When the vantage had to do with it.
fn seen(passage: &Passage) -> Instant {
    if passage.outward { passage.arrived } else { left(passage) }
}

/// How long the vantage could only wait, for an answer of the site or at other times (`waits`: a name server's, a repetition), until the
/// page was whole: nothing that kept it from running then made anything longer. What the site says to its closing comes when the exchange has
/// `ended`. Milliseconds.
pub(super) fn waited(
    packets: &[(Passage, Segment)],
    waits: &[(Instant, Instant)],
    answered: Instant,
    ended: Instant,
) -> f64 {
    let mut waits = waits.to_vec();
    let mut turn: Option<(Instant, Option<Instant>)> = None;
    for (at, outward) in moments(packets).into_iter().take_while(|(at, _)| *at <= ended) {
        turn = match turn {
            // What is said once the page is whole, such as that the connection closes, asks for nothing.
            Some((_, Some(_))) if outward && at > answered => break,
            Some((from, Some(to))) if outward => {
                waits.push((from, to));
                Some((at, None))
            }
            None if outward => Some((at, None)),
            Some((from, _)) if !outward => Some((from, Some(at))),
            other => other,
        };
    }
    waits.extend(turn.and_then(|(from, to)| Some((from, to?))));
    waits.sort_unstable();
    let mut whole = 0.0;
    let mut reached = None;
    for (from, to) in waits {
        let from = reached.map_or(from, |reached| from.max(reached));
        whole += between(from, to);
        reached = Some(to.max(from));
    }
    whole
}

/// Packets that say something, in order: when each left the vantage (true), or came to it.
fn moments(packets: &[(Passage, Segment)]) -> Vec<(Instant, bool)> {
    let says = packets.iter().filter(|(_, segment)| segment.payload > 0 || segment.syn);
    let mut moments: Vec<(Instant, bool)> = says.map(|(passage, _)| (seen(passage), passage.outward)).collect();
    moments.sort_unstable();
    moments
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::delaybox::Kind;

    const MS: Duration = Duration::from_millis(1);

    /// Asks at 10, is answered at 30 and 35, acknowledges, asks at 50, is answered at 70.
    fn exchange(begun: Instant) -> [(Passage, Segment); 6] {
        let packet = |outward, at: u32, payload| {
            let segment = Segment { port: 1, sequence: 0, payload, syn: false, fin: false, elsewhere: false };
            let (arrived, held) = (begun + at * MS, 5 * MS);
            (Passage { outward, length: 60, arrived, held, kind: Kind::Tcp(segment) }, segment)
        };
        [
            packet(true, 10, 100),
            packet(false, 25, 100),
            packet(false, 30, 100),
            packet(true, 36, 0),
            packet(true, 50, 100),
            packet(false, 65, 100),
        ]
    }

    #[test]
    fn only_what_was_held_in_turns_of_its_own_counts() {
        let begun = Instant::now();
        let packets = exchange(begun);
        let of = |spans: &[(u32, u32)]| {
            let spans: Vec<_> = spans.iter().map(|(from, to)| (begun + *from * MS, begun + *to * MS)).collect();
            held(&spans, &packets, begun, 80.0)
        };
        assert_eq!(of(&[]), 0.0);
        assert_eq!(of(&[(4, 8)]), 4.0, "looking up");
        assert_eq!(of(&[(12, 28)]), 0.0, "on its way");
        assert_eq!(of(&[(31, 34)]), 0.0, "the answer was not whole");
        assert_eq!(of(&[(32, 40), (45, 55)]), 5.0 + 5.0);
        assert_eq!(of(&[(60, 90)]), 10.0, "what came after the end, at 80, is nobody's");
    }

    #[test]
    fn it_waits_from_asking_until_the_answer_is_whole_and_no_longer_than_for_the_page() {
        let begun = Instant::now();
        let packets = exchange(begun);
        let at = |ms: u32| begun + ms * MS;
        assert_eq!(waited(&[], &[], at(60), at(80)), 0.0);
        assert_eq!(waited(&packets, &[], at(60), at(80)), 25.0 + 20.0);
        assert_eq!(
            waited(&packets, &[(at(1), at(5)), (at(2), at(7))], at(60), at(80)),
            6.0 + 25.0 + 20.0,
            "two questions at once"
        );
        assert_eq!(waited(&packets, &[], at(40), at(80)), 25.0, "the page was whole: closing waits for nothing");
        assert_eq!(waited(&packets[..5], &[], at(60), at(45)), 25.0);
        let closed = |ended| waited(&[packets[0], packets[1], packets[5]], &[], at(25), at(ended));
        assert_eq!(
            [closed(40), closed(80)],
            [20.0, 60.0],
            "the site's goodbye, at 70, to a vantage that was done at 40"
        );
        assert_eq!(waited(&packets[..1], &[], at(60), at(80)), 0.0, "nobody answered");
    }

    #[test]
    fn a_round_trip_is_what_asked_last_and_what_made_its_answer_whole_and_for_the_end_of_a_handshake_none() {
        let begun = Instant::now();
        let at = |ms: u32| begun + ms * MS;
        let packet = |outward, ms: u32, payload, syn, held: u32| {
            let segment = Segment { port: 1, sequence: 0, payload, syn, fin: false, elsewhere: false };
            (Passage { outward, length: 60, arrived: at(ms), held: held * MS, kind: Kind::Tcp(segment) }, segment)
        };
        // The end of the handshake at 22, with a queue of its own, for which tickets come at 30; the answer has two packets.
        let packets = [
            packet(true, 0, 0, true, 5),
            packet(false, 5, 0, true, 5),
            packet(true, 10, 0, false, 5),
            packet(true, 11, 300, false, 6),
            packet(false, 17, 1_000, false, 6),
            packet(false, 18, 900, false, 7),
            packet(true, 26, 80, false, 90),
            packet(false, 27, 200, false, 3),
            packet(true, 40, 100, false, 8),
            packet(false, 50, 200, false, 60),
            packet(false, 52, 1_000, false, 9),
            packet(false, 52, 1_000, false, 10),
        ];
        let flow: Vec<_> = packets.iter().collect();
        let of = |setup| {
            let trips = trips(&flow, setup, &packets[8].0, at(51));
            trips.iter().map(|trip| trip.map(|passage| passage.held.as_millis())).collect::<Vec<_>>()
        };
        assert_eq!(of(2), [[5, 5], [6, 7], [8, 9]]);
        assert_eq!(of(3), [[5, 5], [6, 7], [90, 3], [8, 9]], "TLS 1.2 waits for it");
        assert_eq!(of(0), [[8, 9]], "a kept connection");
        assert!(trips(&flow[..9], 0, &packets[8].0, at(51)).is_empty(), "nobody answered");
    }

    #[test]
    fn nobody_waits_for_what_answers_the_end_of_a_handshake() {
        let begun = Instant::now();
        let at = |ms: u32| begun + ms * MS;
        let packet = |outward, ms: u32, payload, syn| {
            let segment = Segment { port: 1, sequence: 0, payload, syn, fin: false, elsewhere: false };
            (Passage { outward, length: 60, arrived: at(ms), held: 5 * MS, kind: Kind::Tcp(segment) }, segment)
        };
        // SYN at 0, answered at 10; hello at 11, answered at 21; its end at 22, for which tickets come at 32; stopped until the
        // request at 40, which is heard at 45 and answered at 50.
        let packets = [
            packet(true, 0, 0, true),
            packet(false, 5, 0, true),
            packet(true, 11, 300, false),
            packet(false, 16, 900, false),
            packet(true, 22, 80, false),
            packet(false, 27, 200, false),
            packet(true, 40, 100, false),
            packet(false, 45, 1_000, false),
        ];
        let asks = asking(&packets, &[at(45)]);
        assert_eq!(asks.len(), 6);
        assert_eq!(waited(&asks, &[], at(45), at(60)), 10.0 + 10.0 + 10.0);
        assert_eq!(waited(&packets, &[], at(45), at(60)), 10.0 + 10.0 + 10.0 + 10.0);
        let at_once = [packets[0], packets[1], packets[2], packets[3], packets[6], packets[7]];
        assert_eq!(asking(&at_once, &[at(45)]).len(), 6, "the end came with the request");
    }
}
