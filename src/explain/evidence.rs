//! The observations behind each cause: what a claim is made of.

use serde::Serialize;

use super::cause::Cause;
use super::ledger::{Row, Seen, State};
use super::sides::Sides;

/// One observation, at both sides.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Fact {
    /// What was observed.
    pub what: &'static str,
    /// In what.
    pub unit: Unit,
    /// The mean at A; absent where no sample shows it.
    pub a: Option<f64>,
    /// The mean at B.
    pub b: Option<f64>,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Milliseconds.
    Ms,
    /// From 0 to 1.
    Share,
    /// A number of things.
    Count,
    /// Megabytes of memory.
    Mb,
}

/// The observations behind one cause.
#[must_use]
pub fn facts(sides: &Sides, cause: Cause) -> Vec<Fact> {
    type Figure = fn(&Row) -> Option<f64>;
    let of = |what, unit, figure: Figure| {
        let [a, b] = sides.rows.each_ref().map(|rows| mean(rows, figure));
        Fact { what, unit, a, b }
    };
    match cause {
        Cause::Definition => vec![of("the tool's number less the exchange", Unit::Ms, |row| Some(row.definition))],
        Cause::Timing => vec![Fact {
            what: "samples outside times that both sides have",
            unit: Unit::Share,
            a: Some(sides.overlap.outside),
            b: Some(sides.overlap.outside),
        }],
        Cause::Dns => vec![of("name resolution", Unit::Ms, |row| Some(row.dns))],
        Cause::Fallback => vec![of("given to an address that did not answer", Unit::Ms, |row| Some(row.fallback))],
        Cause::Distance => vec![
            of("shortest round trip", Unit::Ms, |row| Some(row.floor)),
            of("round trips", Unit::Count, |row| Some(row.setup_trips + row.base_trips)),
        ],
        Cause::Redirect => vec![
            of("redirects a request", Unit::Count, |row| Some(row.redirects.count)),
            of("one redirect", Unit::Ms, |row| {
                (row.redirects.count > 0.0).then(|| row.redirects.total() / row.redirects.count)
            }),
        ],
        Cause::Reuse => vec![of("new connections", Unit::Share, |row| is(row.state != State::Reused))],
        Cause::TlsVersion => vec![of("round trips to a new connection", Unit::Count, |row| {
            (row.state != State::Reused).then_some(row.setup_trips)
        })],
        Cause::Queueing => vec![of("a round trip beyond the shortest", Unit::Ms, |row| {
            row.raw.handshake.map(|handshake| handshake - row.floor)
        })],
        Cause::Loss => vec![
            of("requests with a packet sent again", Unit::Share, |row| is(row.raw.resent)),
            of("answers with a packet out of order", Unit::Share, |row| is(row.raw.disordered)),
            of("one such request waited", Unit::Ms, |row| (row.loss > 0.0).then_some(row.loss)),
        ],
        Cause::Cpu => vec![
            of("processor time", Unit::Ms, |row| Some(row.cpu)),
            of("memory of the function", Unit::Mb, |row| (row.memory_mb > 0).then_some(f64::from(row.memory_mb))),
        ],
        Cause::Scheduling => vec![
            of("run-queue delay", Unit::Ms, |row| Some(row.scheduling)),
            of("TLS handshake", Unit::Ms, |row| (row.raw.tls_whole > 0.0).then_some(row.raw.tls_whole)),
            of("of it round trips", Unit::Ms, |row| {
                (row.raw.tls_whole > 0.0).then(|| (row.setup_trips - 1.0).max(0.0) * row.floor)
            }),
        ],
        Cause::Cold => vec![
            of("first uses of a sandbox", Unit::Share, |row| is(row.state == State::Cold)),
            of("a first use was blocked", Unit::Ms, |row| {
                (row.state == State::Cold && row.seen.has(Seen::CPU.or(Seen::SCHEDULING))).then_some(row.blocked)
            }),
        ],
        Cause::Cdn => vec![of("answers that the edge did not have", Unit::Share, |row| is(row.miss))],
        Cause::Server => vec![of("the server says", Unit::Ms, |row| row.server_said)],
        Cause::Transfer => vec![
            of("extra rounds for the body", Unit::Count, |row| Some((row.base_trips - 1.0).max(0.0))),
            of("receiving beyond them", Unit::Ms, |row| Some(row.transfer)),
        ],
        Cause::Dependence | Cause::Failure => Vec::new(),
        Cause::Residual => {
            let [a, b] = sides.rows.each_ref().map(|rows| unexplained(rows));
            vec![Fact { what: "wait that nothing accounts for", unit: Unit::Ms, a, b }]
        }
    }
}

/// The wait that neither the ledger nor the server accounts for. Answers that say what the server took speak for those
/// that do not: hits for hits, misses for misses, and for both where only one kind speaks.
fn unexplained(rows: &[Row]) -> Option<f64> {
    let of = |kind: bool| mean(rows, |row| row.server_said.filter(|_| row.miss == kind).map(|said| row.rest() - said));
    let (hit, miss) = (of(false), of(true));
    let (hit, miss) = (hit.or(miss)?, miss.or(hit)?);
    let missed = mean(rows, |row| is(row.miss))?;
    Some(hit + missed * (miss - hit))
}

/// The phases of a sample as both sides show them, and the time between them: name, mean of A, mean of B.
///
/// A tool that reports no sending has it in its wait.
fn phases(sides: &Sides, factor: impl Fn(usize, usize) -> f64) -> Vec<(&'static str, [f64; 2])> {
    const NAMES: [&str; 7] = ["resolve", "connect", "tls", "send", "wait", "receive", "between"];
    let means = [0, 1].map(|g| {
        let (mut sums, mut weight) = ([0.0; 7], 0.0);
        for (at, row) in sides.rows[g].iter().enumerate() {
            let own = row.weight * factor(g, at);
            weight += own;
            sums.iter_mut().zip(&row.raw.phases).for_each(|(sum, ms)| *sum += own * ms);
        }
        sums.map(|sum| sum / weight)
    });
    let mut phases: Vec<_> =
        NAMES.into_iter().enumerate().map(|(at, name)| (name, [means[0][at], means[1][at]])).collect();
    if (means[0][3] == 0.0) != (means[1][3] == 0.0) {
        phases[4] = ("send and wait", [0, 1].map(|g| means[g][3] + means[g][4]));
        phases.remove(3);
    }
    phases
}

/// What stands behind a rest that holds what one side does not tell apart: figures that both sides have whole. With
/// `by_phase`, those three phases that differ most, too; with `work`, processor time as each side tells it.
#[must_use]
pub fn whole(sides: &Sides, by_phase: bool, work: bool) -> Vec<Fact> {
    let mut facts = Vec::new();
    if by_phase && sides.both().has(Seen::TIMELINE) {
        let mut phases = phases(sides, |_, _| 1.0);
        let size = |[a, b]: [f64; 2]| (b - a).abs();
        phases.sort_by(|x, y| size(y.1).total_cmp(&size(x.1)));
        let fact = |(what, [a, b]): (&'static str, [f64; 2])| Fact { what, unit: Unit::Ms, a: Some(a), b: Some(b) };
        facts.extend(phases.into_iter().take(3).filter(|(_, means)| size(*means) > 0.0).map(fact));
    }
    let [a, b] = sides.rows.each_ref().map(|rows| mean(rows, |row| row.raw.work));
    let what = "processor time of the thread, or of a whole process";
    facts.extend((work && a.is_some() && b.is_some()).then_some(Fact { what, unit: Unit::Ms, a, b }));
    facts
}

/// A part of the rest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PhasePart {
    /// `resolve` to `receive`, `send and wait` where a side does not tell these apart, or `between`.
    pub phase: &'static str,
    /// Milliseconds from A to B.
    pub ms: f64,
    /// The mean at A.
    pub a_ms: f64,
    /// The mean at B.
    pub b_ms: f64,
}

/// The rest by phase; the parts add up to it. Only where all that was taken out of the total lies in one phase or in
/// none: `dns_ms` in `resolve`.
pub(super) fn by_phase(sides: &Sides, dns_ms: f64, rest_ms: f64) -> Vec<PhasePart> {
    let part = |(phase, [a_ms, b_ms]): (&'static str, [f64; 2])| {
        let taken = if phase == "resolve" { dns_ms } else { 0.0 };
        PhasePart { phase, ms: b_ms - a_ms - taken, a_ms, b_ms }
    };
    let mut parts: Vec<PhasePart> = phases(sides, |g, at| sides.overlap.factor[g][at]).into_iter().map(part).collect();
    let over = rest_ms - parts.iter().map(|part| part.ms).sum::<f64>();
    // A microsecond a sample is rounding; more is a part that lies in no phase.
    if over.is_nan() || over.abs() > 1e-3 {
        return Vec::new();
    }
    if let Some(between) = parts.last_mut() {
        between.ms += over;
    }
    parts.retain(|part| part.a_ms != 0.0 || part.b_ms != 0.0 || part.ms != 0.0);
    parts
}

fn is(yes: bool) -> Option<f64> {
    Some(f64::from(u8::from(yes)))
}

fn mean(rows: &[Row], figure: impl Fn(&Row) -> Option<f64>) -> Option<f64> {
    let (mut sum, mut weight) = (0.0, 0.0);
    for row in rows.iter().filter(|row| row.seen != Seen::NOTHING) {
        if let Some(value) = figure(row) {
            sum += row.weight * value;
            weight += row.weight;
        }
    }
    (weight > 0.0).then(|| sum / weight)
}
