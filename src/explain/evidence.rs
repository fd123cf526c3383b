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
        Cause::Cold => vec![of("first uses of a sandbox", Unit::Share, |row| is(row.state == State::Cold))],
        Cause::Cdn => vec![of("answers that the edge did not have", Unit::Share, |row| is(row.miss))],
        Cause::Server => vec![of("the server says", Unit::Ms, |row| row.server_said)],
        Cause::Transfer => vec![
            of("extra rounds for the body", Unit::Count, |row| Some((row.base_trips - 1.0).max(0.0))),
            of("receiving beyond them", Unit::Ms, |row| Some(row.transfer)),
        ],
        Cause::Dependence => Vec::new(),
        Cause::Residual => vec![of("wait that nothing accounts for", Unit::Ms, |row| {
            Some(row.rest() - row.server_said.unwrap_or(0.0))
        })],
    }
}

fn is(yes: bool) -> Option<f64> {
    Some(f64::from(u8::from(yes)))
}

fn mean(rows: &[Row], figure: fn(&Row) -> Option<f64>) -> Option<f64> {
    let (mut sum, mut weight) = (0.0, 0.0);
    for row in rows.iter().filter(|row| row.seen != Seen::NOTHING) {
        if let Some(value) = figure(row) {
            sum += row.weight * value;
            weight += row.weight;
        }
    }
    (weight > 0.0).then(|| sum / weight)
}
