//! What one request met: the accounts of its time, joined.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::lab::delaybox::{Drop, Kind, Passage, Segment};
use crate::lab::resolver::Lookup;
use crate::lab::run::{Accounts, Asked};
use crate::lab::scenario::side::{Side, Tells, Tls};
use crate::lab::site::Met;

use super::turns;

/// Milliseconds and counts; "last hop" is the one that brought the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Facts {
    /// What the tool reported.
    pub total_ms: f64,
    /// It met a new process.
    pub cold: bool,
    /// The last hop opened a connection.
    pub fresh: bool,
    /// Hops before the last, and what they took in all.
    pub redirects: f64,
    /// See there.
    pub redirect_ms: f64,
    /// The name server, for the last hop.
    pub dns_ms: f64,
    /// From the attempt over IPv6 to the one that won.
    pub fallback_ms: f64,
    /// The shortest round trip that the box made on this side, to and from the address that was asked.
    pub floor_ms: f64,
    /// Round trips to open the connection.
    pub setup_trips: f64,
    /// Those of request and body.
    pub base_trips: f64,
    /// Held longer than the shortest, over all round trips.
    pub queue_ms: f64,
    /// From a lost packet to its repetition.
    pub loss_ms: f64,
    /// From the first packet of the answer to the last, beyond round trips and losses.
    pub transfer_ms: f64,
    /// The site's own accounts, without what load added.
    pub think_ms: f64,
    /// What load added to its thinking, by the schedule.
    pub load_ms: f64,
    /// Held while it was its own turn to do something: packets in flight are in `queue_ms`.
    pub held_ms: f64,
    /// Waited, and told nobody.
    pub hidden_ms: f64,
    /// Behind the edge.
    pub origin_ms: f64,
    /// The edge did not have it.
    pub miss: bool,
    /// Processor time of the last hop; of several hops, an equal part.
    pub cpu_ms: f64,
    /// Ready to run, and not let: likewise.
    pub stolen_ms: f64,
}

impl Facts {
    /// What of the total nobody injected.
    #[must_use]
    pub fn rest_ms(&self) -> f64 {
        self.total_ms
            - self.redirect_ms
            - self.dns_ms
            - self.fallback_ms
            - (self.setup_trips + self.base_trips) * self.floor_ms
            - self.queue_ms
            - self.loss_ms
            - self.transfer_ms
            - self.think_ms
            - self.load_ms
            - self.held_ms
            - self.hidden_ms
            - self.origin_ms
            - self.cpu_ms
            - self.stolen_ms
    }
}

/// One side's accounts, ready to be asked about a request.
pub struct Ledger<'a> {
    side: &'a Side,
    passages: Vec<(Passage, Segment)>,
    drops: &'a [Drop],
    lookups: &'a [Lookup],
    met: Vec<Met>,
    held: &'a [(Instant, Instant)],
    /// Shortest held: to and from either address of the site; outward, inward.
    least: [[Duration; 2]; 2],
}

fn ms(length: Duration) -> f64 {
    length.as_secs_f64() * 1_000.0
}

pub(super) fn between(from: Instant, to: Instant) -> f64 {
    ms(to.saturating_duration_since(from))
}

/// A packet's way through the box ended then.
pub(super) fn left(passage: &Passage) -> Instant {
    passage.arrived + passage.held
}

impl<'a> Ledger<'a> {
    /// Of one side.
    #[must_use]
    pub fn new(side: &'a Side, accounts: &'a Accounts) -> Self {
        let tcp = |passage: &Passage| match passage.kind {
            Kind::Tcp(segment) => Some((*passage, segment)),
            _ => None,
        };
        let mut passages: Vec<(Passage, Segment)> = accounts.path.passages.iter().filter_map(tcp).collect();
        passages.sort_by_key(|(passage, _)| passage.arrived);
        let mut met = accounts.met.clone();
        met.sort_by_key(|met| met.heard);
        let least = [false, true].map(|elsewhere| {
            [true, false].map(|outward| {
                let there = passages.iter().filter(|(p, s)| (p.outward, s.elsewhere) == (outward, elsewhere));
                there.map(|(passage, _)| passage.held).min().unwrap_or_default()
            })
        });
        let held = &accounts.held;
        Self { side, passages, drops: &accounts.path.drops, lookups: &accounts.lookups, met, held, least }
    }

    /// The shortest round trips that the box made, by address of the site; 0 where no packet went there.
    #[must_use]
    pub fn floors_ms(&self) -> [f64; 2] {
        self.least.map(|ways| ways.into_iter().map(ms).sum())
    }

    /// What a request met; absent where it was not answered, or its packets are not to be found.
    #[must_use]
    pub fn facts(&self, asked: &Asked) -> Option<Facts> {
        let total_ms = asked.record.sample.latency()?.as_millis();
        let within = |at: Instant| asked.from <= at && at <= asked.to;
        let met: Vec<&Met> = self.met.iter().filter(|met| within(met.heard)).collect();
        let (last, before) = met.split_last()?;
        let from = self.passages.partition_point(|(passage, _)| passage.arrived < asked.from);
        let to = self.passages.partition_point(|(passage, _)| passage.arrived <= asked.to);
        let packets = &self.passages[from..to];
        // The request is the last thing that was said before the site heard it.
        let request = packets.iter().rfind(|(p, s)| p.outward && s.payload > 0 && left(p) <= last.heard)?;
        let (port, place) = (request.1.port, usize::from(request.1.elsewhere));
        let flow: Vec<&(Passage, Segment)> = packets.iter().filter(|(_, segment)| segment.port == port).collect();
        let drops: Vec<(&Drop, Segment)> = self
            .drops
            .iter()
            .filter(|drop| within(drop.arrived))
            .filter_map(|drop| match drop.kind {
                Kind::Tcp(segment) if segment.port == port => Some((drop, segment)),
                _ => None,
            })
            .collect();
        let lookups: Vec<&Lookup> = self.lookups.iter().filter(|lookup| within(lookup.heard)).collect();
        let syns = flow.iter().filter(|(p, s)| p.outward && s.syn).map(|(p, _)| p.arrived);
        let syn = syns.chain(drops.iter().filter(|(d, s)| d.outward && s.syn).map(|(d, _)| d.arrived)).min();
        let begun = begun(packets, &lookups, self.side.method.tells())?;
        let after = before.last().map(|met| met.answered);
        let own: Vec<&&Lookup> =
            lookups.iter().filter(|lookup| after.is_none_or(|after| lookup.heard > after)).collect();
        let start = own.iter().map(|lookup| lookup.heard).min().or(syn).unwrap_or(request.0.arrived);
        // A and AAAA are asked together; that the second came later was the vantage's affair, and so is what passes between an
        // answer and the question for the name in the next search domain.
        let told = |name: usize, ipv6: bool| {
            let of = || own.iter().filter(|one| (one.name, one.ipv6) == (name, ipv6));
            let heard = of().map(|one| one.heard).min()?;
            let answers = of().filter_map(|one| one.answered);
            let answered = answers.filter(|at| syn.is_none_or(|syn| *at <= syn)).min()?;
            Some(between(heard, answered))
        };
        let names: BTreeSet<usize> = own.iter().map(|one| one.name).collect();
        let longer = |name: usize| [false, true].into_iter().filter_map(|ipv6| told(name, ipv6)).fold(0.0, f64::max);
        let dns_ms = names.into_iter().map(longer).sum::<f64>() + 0.0;
        let dead = self.drops.iter().filter(|drop| within(drop.arrived) && drop.arrived >= start);
        let dead = dead.filter(|drop| drop.kind == Kind::Ipv6 { opens: true }).map(|drop| drop.arrived).min();
        let floor_ms = self.floors_ms()[place];
        let setup = match (syn, self.side.site.tls) {
            (None, _) => 0.0,
            (Some(_), Tls::V13) => 2.0,
            (Some(_), Tls::V12) => 3.0,
        };
        let queue = self.queue(place, &turns::trips(&flow, setup as usize, &request.0, last.answered));
        let lost = recoveries(&drops, &flow);
        let body = Body::of(&flow, last.answered, floor_ms, &lost);
        let base_trips = 1.0 + body.rounds;
        let hops = met.len() as f64;
        // Other programs are processes of their own: the thread that waits for them works for something else.
        let shown = if self.side.method.tells() == Tells::Work { 1.0 } else { 0.0 };
        let mut waits = asked_and_answered(&lookups);
        waits.extend(lost.iter().copied().chain(dead.zip(syn)));
        // The scheduler counts around the whole call, and does not know what the vantage could only wait for: work that was done
        // meanwhile, with the beginning of a page, made nothing longer.
        let heard: Vec<Instant> = met.iter().map(|met| met.heard).collect();
        let ended = ended(begun, total_ms, &flow);
        let waited = match self.side.site.tls {
            Tls::V13 => turns::waited(&turns::asking(packets, &heard), &waits, last.answered, ended),
            Tls::V12 => turns::waited(packets, &waits, last.answered, ended),
        };
        let busy_ms = total_ms - waited;
        let cpu_ms = asked.cpu_ms.min(busy_ms.max(0.0));
        let stolen_ms = asked.stolen_ms.min(busy_ms.max(0.0) - cpu_ms);
        Some(Facts {
            total_ms,
            cold: asked.turn.cold,
            fresh: syn.is_some(),
            redirects: before.len() as f64,
            redirect_ms: if before.is_empty() { 0.0 } else { between(begun, start) },
            dns_ms,
            fallback_ms: dead.zip(syn).map_or(0.0, |(dead, syn)| between(dead, syn)),
            floor_ms,
            setup_trips: setup,
            base_trips,
            queue_ms: queue * (setup + base_trips),
            loss_ms: lost.iter().map(|(from, to)| between(*from, *to)).sum(),
            transfer_ms: body.length_ms - body.rounds * (floor_ms + queue) - body.lost_ms,
            think_ms: ms(last.thought) - asked.turn.load_ms,
            load_ms: asked.turn.load_ms,
            held_ms: turns::held(self.held, packets, begun, total_ms),
            hidden_ms: ms(last.hidden),
            origin_ms: ms(last.origin),
            miss: !last.origin.is_zero(),
            cpu_ms: shown * cpu_ms / hops,
            stolen_ms: shown * stolen_ms / hops,
        })
    }

    /// By how much these round trips were longer than the shortest, on average.
    fn queue(&self, place: usize, trips: &[[Passage; 2]]) -> f64 {
        let beyond = |(passage, least): (&Passage, Duration)| ms(passage.held.saturating_sub(least));
        let of = |trip: &[Passage; 2]| trip.iter().zip(self.least[place]).map(beyond).sum::<f64>();
        trips.iter().map(of).sum::<f64>() / trips.len().max(1) as f64
    }
}

/// The first thing that the vantage said. Of the exchange before, the end may still be under way: the site's goodbye, and
/// acknowledgements. Of a monitor's check before, its own goodbye, too: each of its checks begins with a connection.
fn begun(packets: &[(Passage, Segment)], lookups: &[&Lookup], tells: Tells) -> Option<Instant> {
    let connects = tells == Tells::Total;
    let says = packets
        .iter()
        .filter(|(passage, segment)| passage.outward && (segment.syn || segment.payload > 0 && !connects));
    says.map(|(passage, _)| passage.arrived).chain(lookups.iter().map(|lookup| lookup.heard)).min()
}

/// By when the exchange had ended. Its first word came after its clock began, so the end by the clock is late where it was held before
/// that; how soon it closes the connection after the end is its own affair.
fn ended(begun: Instant, total_ms: f64, flow: &[&(Passage, Segment)]) -> Instant {
    let by_clock = begun + Duration::from_secs_f64(total_ms / 1_000.0);
    let closes = flow.iter().find(|(passage, segment)| passage.outward && segment.fin);
    closes.map_or(by_clock, |(passage, _)| by_clock.min(passage.arrived))
}

/// For each time that a name was looked up, from the last question to the last answer: between two questions the vantage had
/// something to do.
fn asked_and_answered(lookups: &[&Lookup]) -> Vec<(Instant, Instant)> {
    // The how manieth of its name and kind a question is says to which time it belongs.
    let mut times: BTreeMap<(usize, bool), usize> = BTreeMap::new();
    let mut all: BTreeMap<(usize, usize), (Instant, Instant)> = BTreeMap::new();
    for (lookup, answered) in lookups.iter().filter_map(|one| Some((one, one.answered?))) {
        let time = times.entry((lookup.name, lookup.ipv6)).or_default();
        let whole = all.entry((lookup.name, *time)).or_insert((lookup.heard, answered));
        *whole = (whole.0.max(lookup.heard), whole.1.max(answered));
        *time += 1;
    }
    // What nobody heard is asked again.
    let unheard = lookups.iter().filter(|one| one.answered.is_none()).filter_map(|one| {
        let again = lookups.iter().filter(|other| (other.name, other.ipv6) == (one.name, one.ipv6));
        Some((one.heard, again.map(|other| other.heard).filter(|heard| *heard > one.heard).min()?))
    });
    all.into_values().chain(unheard).collect()
}

/// From each lost packet to its repetition, as stretches of time that do not overlap.
fn recoveries(drops: &[(&Drop, Segment)], flow: &[&(Passage, Segment)]) -> Vec<(Instant, Instant)> {
    let mut stretches: Vec<(Instant, Instant)> = Vec::new();
    for (drop, lost) in drops.iter().filter(|(_, segment)| segment.payload > 0 || segment.syn) {
        let covers = |again: &Segment| {
            // Repeated whole, or as part of a longer segment.
            again.syn == lost.syn && lost.sequence.wrapping_sub(again.sequence) < u32::from(again.payload).max(1)
        };
        let again = flow.iter().filter(|(p, s)| p.outward == drop.outward && p.arrived > drop.arrived && covers(s));
        let Some(to) = again.map(|(p, _)| p.arrived).min() else { continue };
        match stretches.last_mut().filter(|last| drop.arrived <= last.1) {
            Some(last) => last.1 = last.1.max(to),
            None => stretches.push((drop.arrived, to)),
        }
    }
    stretches
}

/// Segments of the first flight of an answer, and the payload of one: more waits for an acknowledgement (RFC 6928).
const FIRST_FLIGHT: f64 = 10.0 * 1_448.0;

/// The answer on its way.
struct Body {
    /// Times that the site waited for acknowledgements.
    rounds: f64,
    /// From the first packet's leaving the box to the last's.
    length_ms: f64,
    /// What of it is in losses.
    lost_ms: f64,
}

impl Body {
    fn of(flow: &[&(Passage, Segment)], answered: Instant, floor_ms: f64, lost: &[(Instant, Instant)]) -> Self {
        let is_body = |(p, s): &&&(Passage, Segment)| !p.outward && s.payload > 0 && p.arrived >= answered;
        let bytes: f64 = flow.iter().filter(is_body).map(|(_, segment)| f64::from(segment.payload)).sum();
        let packets: Vec<&Passage> = flow.iter().filter(is_body).map(|(passage, _)| passage).collect();
        // Each round carries twice as much as the one before; a gap beyond that was a site that was not let run.
        let rounds_max = ((bytes / FIRST_FLIGHT + 1.0).log2().ceil() - 1.0).max(0.0);
        let gaps = packets.windows(2).filter(|pair| {
            let recovering = lost.iter().any(|(from, to)| *from < pair[1].arrived && pair[0].arrived < *to);
            !recovering && between(pair[0].arrived, pair[1].arrived) >= floor_ms / 2.0
        });
        let leaves = packets.iter().map(|passage| left(passage));
        let mut length_ms = leaves.clone().min().zip(leaves.max()).map_or(0.0, |(first, last)| between(first, last));
        if rounds_max == 0.0 && lost.is_empty() {
            // Nothing held the site back, so gaps between its packets are its own: the path made the rest.
            let own =
                packets.first().zip(packets.last()).map_or(0.0, |(first, last)| between(first.arrived, last.arrived));
            length_ms = (length_ms - own).max(0.0);
        }
        let in_body = lost.iter().filter(|(from, _)| *from >= answered);
        Self {
            rounds: (gaps.count() as f64).min(rounds_max),
            length_ms,
            lost_ms: in_body.map(|(from, to)| between(*from, *to)).sum::<f64>().min(length_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_begins_with_what_the_vantage_says_and_not_with_the_end_of_the_one_before() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let packet = |outward, ms, payload, syn| {
            let segment = Segment { port: 1, sequence: 0, payload, syn, fin: false, elsewhere: false };
            let kind = Kind::Tcp(segment);
            (Passage { outward, length: 60, arrived: at(ms), held: Duration::from_millis(5), kind }, segment)
        };
        let packets = [packet(false, 1, 24, false), packet(true, 2, 0, false), packet(true, 20, 0, true)];
        let lookup = Lookup { ipv6: false, heard: at(15), name: 0, answered: Some(at(17)) };
        assert_eq!(begun(&packets, &[&lookup], Tells::Work), Some(at(15)));
        assert_eq!(begun(&packets, &[], Tells::Work), Some(at(20)));
        assert_eq!(begun(&packets[..2], &[], Tells::Work), None);
        let goodbye = [packet(true, 3, 24, false), packets[2]];
        assert_eq!(begun(&goodbye, &[], Tells::Work), Some(at(3)), "on a connection that is kept it is a request");
        assert_eq!(begun(&goodbye, &[], Tells::Total), Some(at(20)), "of a monitor it is the check before");
        let closing = |outward, ms| {
            let (passage, segment) = packet(outward, ms, 0, false);
            (passage, Segment { fin: true, ..segment })
        };
        let of = |flow: &[(Passage, Segment)]| ended(at(20), 40.0, &flow.iter().collect::<Vec<_>>());
        assert_eq!(of(&packets), at(60), "by the clock");
        assert_eq!(of(&[packets[2], closing(false, 45), closing(true, 50)]), at(50), "it said that it was done");
        assert_eq!(of(&[packets[2], closing(true, 70)]), at(60), "it took its time to say so");
    }

    #[test]
    fn a_vantage_that_is_held_between_two_questions_does_not_wait_for_the_first() {
        let begun = Instant::now();
        let at = |ms: u64| begun + Duration::from_millis(ms);
        let of = |name, ipv6, heard, answered: Option<u64>| Lookup {
            ipv6,
            heard: at(heard),
            name,
            answered: answered.map(at),
        };
        let all = [
            of(0, false, 1, Some(3)),
            of(0, true, 20, Some(22)),
            of(1, false, 30, None),
            of(1, true, 31, Some(33)),
            of(0, false, 40, Some(42)),
            of(0, true, 41, Some(44)),
        ];
        assert_eq!(asked_and_answered(&all.each_ref()), [(at(20), at(22)), (at(41), at(44)), (at(31), at(33))]);
        let again =
            [of(0, false, 1, None), of(0, true, 2, None), of(0, false, 1_001, Some(1_003)), of(0, true, 1_004, None)];
        assert_eq!(
            asked_and_answered(&again.each_ref()),
            [(at(1_001), at(1_003)), (at(1), at(1_001)), (at(2), at(1_004))],
            "not heard, and asked again"
        );
    }
}
