//! From a sample to the columns that it alone can fill.

use crate::measurement::environment::{Environment, Init};
use crate::measurement::hop::{Connection, Hop, Response, ServerTiming};
use crate::measurement::identity::Method;
use crate::measurement::phase::{Phase, PhaseTime, Phases};
use crate::measurement::sample::Sample;
use crate::measurement::units::Micros;
use crate::statistics::keyed;

use super::ledger::{Raw, Redirects, Row, Seen, State};

/// Segments of the first flight of a body, by the usual initial window (RFC 6928).
const INITIAL_WINDOW: f64 = 10.0;

/// A segment's payload where the kernel did not say.
const USUAL_SEGMENT: f64 = 1_448.0;

/// Times beyond this are taken as this: 36 million years, so that no difference of two of them overflows.
pub(super) const TIME_MAX: i64 = 1 << 60;

pub(super) fn read(sample: &Sample, environment: &Environment, reported_ms: Option<f64>) -> Option<Row> {
    let elapsed = sample.latency()?.as_millis();
    let total = reported_ms.filter(|ms| ms.is_finite()).unwrap_or(elapsed);
    let vantage = keyed::name(sample.vantage.as_str());
    let named = |text: &Option<String>| text.as_deref().map_or(0, keyed::name);
    let place = keyed::join(vantage, keyed::join(named(&environment.region), named(&environment.az_id)));
    let mut row = Row {
        id: keyed::name(sample.id.as_str()),
        at_ms: sample.slot_ms.unwrap_or(sample.started_at_ms).0.clamp(-TIME_MAX, TIME_MAX),
        sandbox: environment.sandbox.as_deref().map_or(place, keyed::name),
        place,
        drawn: environment.platform == "lambda" && environment.sandbox.is_some(),
        weight: 1.0,
        total,
        definition: 0.0,
        dns: 0.0,
        fallback: 0.0,
        redirects: Redirects::default(),
        setup_trips: 0.0,
        base_trips: 0.0,
        floor: 0.0,
        overshoot: 0.0,
        queueing: 0.0,
        loss: 0.0,
        cpu: 0.0,
        scheduling: 0.0,
        blocked: 0.0,
        origin: 0.0,
        transfer: 0.0,
        server_said: None,
        boasted: false,
        state: State::Fresh,
        miss: false,
        seen: Seen::NOTHING,
        memory_mb: environment.memory_mb.unwrap_or(0),
        steal_ms: sample.local.steal_us.map_or(0.0, Micros::as_millis),
        cell: place,
        raw: Raw::default(),
    };
    let Some((last, before)) = sample.hops.split_last() else { return Some(row) };
    if last.phases.present().next().is_none() {
        return Some(row);
    }
    let timeline: f64 = sample.hops.iter().map(|hop| hop.elapsed_us().as_millis()).sum();
    row.definition = total - timeline;
    row.seen = Seen::TIMELINE;
    row.raw = evidence(sample);
    // One curl process that walked the chain reports sums over it: its one hop is all of them.
    let summed = sample.curl.as_ref().is_some_and(|run| run.time_redirect_us > Micros::ZERO && before.is_empty());
    if summed {
        let redirect = sample.curl.as_ref().map_or(0.0, |run| run.time_redirect_us.as_millis());
        row.redirects = Redirects { count: 1.0, other: redirect, ..Redirects::default() };
        row.seen = row.seen.or(Seen::HOPS);
        return Some(row);
    }
    let mut between = Between::of(sample);
    row.redirects = redirects(before, &mut between);
    row.seen = row.seen.or(Seen::HOPS).or(Seen::DNS).or(Seen::TRANSFER);
    let felt = felt(last, &mut between.early);
    local_time(&mut row, last, &felt, &mut between);
    row.dns = outside(felt.resolve);
    connection(&mut row, last, &felt, sample.method == Method::Curl);
    row.blocked += blocked(last, &felt, row.raw.behind > 0.0);
    if row.state == State::Fresh && sample.invocation.is_some_and(|run| run.init != Init::Warm) {
        row.state = State::Cold;
    }
    if let Some(response) = &last.response {
        answer(&mut row, response);
    }
    Some(row)
}

/// What is only shown: phases whole, and processor time whole.
fn evidence(sample: &Sample) -> Raw {
    let mut phases = [0.0; 7];
    for hop in &sample.hops {
        for (phase, time) in hop.phases.present() {
            phases[phase as usize] += time.elapsed_us.as_millis();
        }
        phases[6] += hop.overhead_us.as_millis();
    }
    let work = sample.local.cpu_us.map(Micros::as_millis);
    let work_least = match &sample.curl {
        None => work,
        // No more than the number lasted, should a second thread have worked beside the first.
        Some(run) => run.cpu_within_at_least().map(|within| within.min(run.time_total_us).as_millis()),
    };
    Raw { phases, work, work_least, ..Raw::default() }
}

/// What the measuring thread's counters tell that lies in no phase, as far as no hop has taken it yet.
#[derive(Default)]
struct Between {
    cpu: Micros,
    delay: Micros,
    /// Delay that cannot have lasted between phases: what the hops did there left less room.
    early: Micros,
}

impl Between {
    /// Nothing where either is not told of all phases. A child process starts before its own timer does: its CPU time is not that of
    /// the timed interval.
    fn of(sample: &Sample) -> Self {
        let of = |whole: Option<Micros>, part: fn(PhaseTime) -> Option<Micros>| {
            let phases = sample.hops.iter().flat_map(|hop| hop.phases.present());
            let phases: Option<Micros> = phases.map(|(_, time)| part(time)).sum();
            Some(whole.filter(|_| sample.method != Method::Curl)?.saturating_sub(phases?))
        };
        let cpu = of(sample.local.cpu_us, |time| time.cpu_us).unwrap_or_default();
        let delay = of(sample.local.run_delay_us, |time| time.run_delay_us).unwrap_or_default();
        let room: Micros = sample.hops.iter().map(|hop| hop.overhead_us).sum();
        let early = delay.saturating_sub(room.saturating_sub(cpu));
        Self { cpu, delay: delay.saturating_sub(early), early }
    }

    /// Work and delay between the phases of the next hop.
    fn take(&mut self, hop: &Hop) -> (Micros, Micros) {
        let cpu = self.cpu.min(hop.overhead_us);
        let delay = self.delay.min(hop.overhead_us.saturating_sub(cpu));
        (self.cpu, self.delay) = (self.cpu.saturating_sub(cpu), self.delay.saturating_sub(delay));
        (cpu, delay)
    }
}

/// The phases of a hop with the work and the run-queue delays that cost something. While a packet was under way, a delay cost
/// nothing: the thread could only have waited for it; nor did what was done with the beginning of a header or a body before its last
/// packet came. A clock is read before the kernel's counter, so a delay at the border of two phases is counted in the first, and
/// lasts in the second: `early` was counted before the first phase, which takes of it what it has room for.
fn felt(hop: &Hop, early: &mut Micros) -> Phases {
    let mut felt = hop.phases;
    let mut late = *early;
    let mut first = true;
    for phase in Phase::ALL {
        let after = after_last_packet(hop, phase);
        let Some(time) = felt.slot(phase) else { continue };
        let whole = time.local_us();
        let local = whole.map(|local| after.map_or(local, |after| local.min(after)));
        if let Some(after) = after {
            time.cpu_us = time.cpu_us.map(|cpu| cpu.min(after));
        }
        let Some((delay, local)) = time.run_delay_us.zip(local) else {
            (late, first) = (Micros::ZERO, false);
            continue;
        };
        let room = local.saturating_sub(time.cpu_us.unwrap_or_default());
        let carried = late.min(room);
        if std::mem::take(&mut first) {
            *early = early.saturating_sub(carried);
        }
        let own = delay.min(room.saturating_sub(carried));
        time.run_delay_us = Some(carried + own);
        // What passed while packets came did not last into the next phase.
        late = if whole == Some(local) { delay.saturating_sub(own) } else { Micros::ZERO };
    }
    felt
}

/// How much of waiting came after the last packet of the header, and of receiving after that of the body; absent without
/// receive stamps, and of other phases.
fn after_last_packet(hop: &Hop, phase: Phase) -> Option<Micros> {
    let (wire, phases) = (hop.on_wire?, &hop.phases);
    let (before, last) = match phase {
        Phase::Wait => (&[phases.connect, phases.tls, phases.send, None], wire.first_byte_us),
        Phase::Receive => (&[phases.connect, phases.tls, phases.send, phases.wait], wire.last_byte_us),
        _ => return None,
    };
    let fallback = hop.connection.as_ref().and_then(|connection| connection.fallback.as_ref());
    let before: Micros = before.iter().flatten().map(|time| time.elapsed_us).sum();
    // Of a connection that is new, the wire's clock begins at the SYN that was answered.
    let before = before.saturating_sub(phases.connect.and(fallback).map_or(Micros::ZERO, |lost| lost.after_us));
    let elapsed = match phase {
        Phase::Wait => phases.wait?.elapsed_us,
        _ => phases.receive?.elapsed_us,
    };
    Some(elapsed.saturating_sub(last.saturating_sub(before)))
}

/// Milliseconds of a phase in which the thread neither worked nor waited for a processor.
fn outside(phase: Option<PhaseTime>) -> f64 {
    phase.map_or(0.0, |time| {
        let local = time.cpu_us.unwrap_or_default() + time.run_delay_us.unwrap_or_default();
        time.elapsed_us.saturating_sub(local).as_millis()
    })
}

/// Milliseconds of a phase in which a packet lay here, and the thread neither worked nor waited for a processor.
fn stalled(phase: Option<PhaseTime>) -> f64 {
    let network = phase.and_then(|time| time.network_us).map(Micros::as_millis);
    network.map_or(0.0, |network| (outside(phase) - network).max(0.0))
}

/// Milliseconds of a hop's phases in which nothing shows what the thread waited for. Looking up and receiving have them in columns of
/// their own, and so has a wait that stood `behind` a lost segment. Work and delays that cost a wait nothing are none the less what the
/// thread did in it.
fn blocked(hop: &Hop, felt: &Phases, behind: bool) -> f64 {
    let wait = hop.phases.wait.filter(|_| !behind).map(|wait| {
        let delay = wait.run_delay_us.max(felt.wait.and_then(|felt| felt.run_delay_us));
        PhaseTime { run_delay_us: delay, ..wait }
    });
    [felt.connect, felt.tls, felt.send, wait].into_iter().map(stalled).sum()
}

fn summed(phases: &Phases, part: impl Fn(PhaseTime) -> Option<Micros>) -> Option<f64> {
    phases.present().map(|(_, time)| part(time)).sum::<Option<Micros>>().map(Micros::as_millis)
}

/// CPU time and run-queue delay of the last hop, and whether they are known.
fn local_time(row: &mut Row, last: &Hop, felt: &Phases, between: &mut Between) {
    let (cpu, delay) = between.take(last);
    if let Some(phases) = summed(felt, |time| time.cpu_us) {
        row.cpu = phases + cpu.as_millis();
        row.seen = row.seen.or(Seen::CPU);
    }
    if let Some(phases) = summed(felt, |time| time.run_delay_us) {
        row.scheduling = phases + delay.as_millis();
        row.blocked = last.overhead_us.saturating_sub(cpu + delay).as_millis();
        row.seen = row.seen.or(Seen::SCHEDULING);
    }
}

fn redirects(before: &[Hop], between: &mut Between) -> Redirects {
    let mut sum = Redirects { count: before.len() as f64, ..Redirects::default() };
    for hop in before {
        let elapsed = hop.elapsed_us().as_millis();
        let connection = hop.connection.as_ref();
        let shortest = connection.and_then(|c| c.tcp).and_then(|tcp| tcp.min_rtt_us.or(tcp.round_trip()));
        let trips = connection.map_or(0.0, setup_trips) + 1.0;
        let path = shortest.map_or(0.0, |rtt| trips * rtt.as_millis()).min(elapsed);
        let felt = felt(hop, &mut between.early);
        let own = between.take(hop);
        let dns = outside(felt.resolve).min(elapsed - path);
        let cpu = summed(&felt, |time| time.cpu_us).unwrap_or(0.0) + own.0.as_millis();
        let scheduling = summed(&felt, |time| time.run_delay_us).unwrap_or(0.0) + own.1.as_millis();
        sum.path += path;
        sum.dns += dns;
        sum.cpu += cpu;
        sum.scheduling += scheduling;
        sum.other += elapsed - path - dns - cpu - scheduling;
    }
    sum
}

/// Round trips from the SYN to the moment the request may be sent.
fn setup_trips(connection: &Connection) -> f64 {
    if connection.reused {
        return 0.0;
    }
    let tls = connection.tls.as_ref().map_or(0.0, |tls| {
        let flights = if tls.version == "1.3" || tls.resumed { 1.0 } else { 2.0 };
        flights + f64::from(u8::from(tls.hello_retry))
    });
    // A proxy answers CONNECT before the handshake may start.
    let proxy = connection.proxy.is_some() && connection.tls.is_some();
    1.0 + tls + f64::from(u8::from(proxy))
}

fn connection(row: &mut Row, last: &Hop, felt: &Phases, is_curl: bool) {
    let Some(connection) = &last.connection else { return };
    let tcp = connection.tcp.unwrap_or_default();
    // A connection that an earlier hop made cost that hop what was tried before it.
    let lost = connection.fallback.as_ref().filter(|_| !connection.reused);
    row.fallback = lost.map_or(0.0, |lost| lost.after_us.as_millis());
    // Ports differ by connection; the address is the place.
    let address = connection.peer.rsplit_once(':').map_or(connection.peer.as_str(), |(address, _)| address);
    row.cell = keyed::join(row.place, keyed::name(address));
    if connection.reused {
        row.state = State::Reused;
    }
    row.raw = Raw {
        // Of a connection that this sample made for an earlier hop, too.
        handshake: tcp.round_trip().map(Micros::as_millis),
        shortest: tcp.min_rtt_us.or(tcp.round_trip()).map(Micros::as_millis),
        rounds: 0.0,
        setup: setup_trips(connection),
        connect: (outside(felt.connect) - row.fallback).max(0.0),
        tls: outside(felt.tls),
        tls_whole: last.phases.tls.map_or(0.0, |tls| tls.elapsed_us.as_millis()),
        wait: outside(felt.wait),
        receive: outside(felt.receive),
        resent: tcp.retransmits.is_some_and(|segments| segments > 0),
        disordered: tcp.out_of_order.is_some_and(|segments| segments > 0),
        ..row.raw
    };
    if tcp.retransmits.is_some() {
        row.seen = row.seen.or(Seen::LOSS);
    }
    if row.raw.handshake.is_some() || (connection.reused && row.raw.shortest.is_some()) {
        row.seen = row.seen.or(Seen::QUEUEING);
    }
    // Curl shows no round trip; the shortest of many connects is about a tenth of a millisecond above it.
    if is_curl && row.raw.shortest.is_none() && row.raw.connect > 0.0 {
        row.raw.shortest = Some(row.raw.connect);
    }
    // A header whose record did not fit the first flight waited for the rest of it: that is the body's transfer.
    let record = last.on_wire.and_then(|wire| Some(wire.first_byte_us.saturating_sub(wire.first_packet_us?)));
    let record = record.map_or(0.0, Micros::as_millis).min(row.raw.wait);
    row.raw.wait -= record;
    row.raw.receive += record;
    row.raw.record = record;
    if let Some(trip) = row.raw.shortest.filter(|_| row.raw.disordered) {
        for (phase, time) in [(last.phases.wait, &mut row.raw.wait), (last.phases.receive, &mut row.raw.receive)] {
            let behind = stalled(phase).min(*time);
            if behind >= trip / 2.0 {
                *time -= behind;
                row.raw.behind += behind;
            }
        }
    }
    let segment = tcp.mss.map_or(USUAL_SEGMENT, f64::from).max(1.0);
    if let Some(response) = &last.response {
        let flights = (response.body_bytes as f64 / (INITIAL_WINDOW * segment) + 1.0).log2().ceil() - 1.0;
        row.raw.flights = flights.max(0.0);
        row.raw.rounds = response.arrival_bursts.map_or(flights, |bursts| f64::from(bursts) - 1.0).max(0.0);
    }
}

fn answer(row: &mut Row, response: &Response) {
    let named = |names: &[&str]| {
        let timed = |entry: &&ServerTiming| names.contains(&entry.name.as_str());
        response.server_timing.iter().find(timed).and_then(|entry| entry.duration_us).map(Micros::as_millis)
    };
    let behind = |entry: &ServerTiming| entry.name == "origin" || entry.name == "edge" || entry.name.starts_with("cdn");
    let largest = || {
        let own = response.server_timing.iter().filter(|entry| !behind(entry));
        own.filter_map(|entry| entry.duration_us).max().map(Micros::as_millis)
    };
    row.server_said = named(&["total"]).or_else(largest);
    row.origin = named(&["origin"]).unwrap_or(0.0).min(row.raw.wait);
    let state = response.server_timing.iter().find(|entry| entry.name == "cdn-cache");
    let state = state.and_then(|entry| entry.description.as_deref()).or(response.cdn.cache.as_deref());
    if let Some(state) = state {
        row.seen = row.seen.or(Seen::CACHE);
        row.miss = state.to_ascii_lowercase().contains("miss");
    }
}
