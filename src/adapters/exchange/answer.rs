//! After the timed part: what was seen becomes facts to keep.

use http::Version;
use http::header::{HeaderMap, SERVER};

use super::chain::{Chain, Walked};
use crate::measurement::hop::{Hop, Response, Tcp};
use crate::measurement::local::Local;
use crate::measurement::outcome::{Answer, Outcome};
use crate::measurement::units::{Micros, UnixMillis};
use crate::probe::checks::{self, Seen};
use crate::probe::target::Target;
use crate::probe::transcript::{Reading, arrival_bursts};
use crate::probe::{headers, redact};

/// The hops and how they ended.
pub(super) fn facts(chain: &Chain, target: &Target, started_at: UnixMillis) -> (Vec<Hop>, Outcome, Micros) {
    let hops: Vec<Hop> = chain.hops.iter().map(|walked| hop(walked, started_at)).collect();
    // Read off the clock and not added up from the phases: that the two agree is a law to be tested.
    let elapsed = chain.hops.last().map_or(Micros::ZERO, |last| last.notes.transcript.end.at);
    let outcome = match (&chain.failure, chain.hops.last()) {
        (Some(failure), _) => Outcome::Failed(failure.clone()),
        (None, Some(last)) => Outcome::Answered(answer(last, hops.last(), target, elapsed)),
        (None, None) => Outcome::Answered(Answer::default()),
    };
    (hops, outcome, elapsed)
}

/// What the thread's own counters say from just before the first instant to just after the last.
pub(super) fn cost(chain: &Chain, used: Local) -> Local {
    let first = chain.hops.first().and_then(|hop| hop.notes.transcript.borders.first()).map(|border| border.reading);
    let last = chain.hops.last().map(|hop| hop.notes.transcript.end);
    let between = |of: fn(Reading) -> Option<Micros>| Some(of(last?)?.saturating_sub(of(first?)?));
    Local { cpu_us: between(|reading| reading.cpu), run_delay_us: between(|reading| reading.run_delay), ..used }
}

fn answer(last: &Walked, kept: Option<&Hop>, target: &Target, elapsed: Micros) -> Answer {
    let Some(head) = last.seen.head.as_ref() else { return Answer::default() };
    let connection = kept.and_then(|hop| hop.connection.as_ref());
    let seen = Seen {
        status: head.status.as_u16(),
        headers: &as_text(&head.headers),
        body: &last.seen.body.content,
        truncated: last.seen.body.truncated,
        certificate_days_left: connection.and_then(|one| one.tls.as_ref()).and_then(|tls| tls.certificate_days_left),
        elapsed,
    };
    Answer {
        status: Some(seen.status),
        bytes: Some(last.seen.body.bytes),
        truncated: seen.truncated,
        failed_checks: checks::judge(&target.expect, &seen),
    }
}

fn hop(walked: &Walked, started_at: UnixMillis) -> Hop {
    let account = walked.notes.transcript.account();
    let connection = walked.seen.facts.as_ref().map(|facts| facts.connection(started_at));
    let tcp = connection.as_ref().and_then(|connection| connection.tcp);
    Hop {
        url: redact::url(&walked.url),
        phases: account.phases,
        overhead_us: account.overhead,
        response: response(walked, tcp),
        connection,
        on_wire: walked.notes.on_wire,
    }
}

fn response(walked: &Walked, tcp: Option<Tcp>) -> Option<Response> {
    let head = walked.seen.head.as_ref()?;
    let text = as_text(&head.headers);
    let timings = head.headers.get_all("server-timing").iter().filter_map(|value| value.to_str().ok());
    let codings = walked.seen.codings.join(", ");
    Some(Response {
        status: head.status.as_u16(),
        http_version: version(head.version).map(str::to_owned),
        header_bytes: walked.notes.header_bytes,
        body_bytes: walked.seen.body.wire_bytes,
        content_encoding: (!codings.is_empty()).then(|| redact::text(&codings)),
        arrival_bursts: arrival_bursts(&walked.notes.arrivals, tcp.and_then(|tcp| tcp.round_trip())),
        server_timing: headers::server_timing(timings),
        server: head.headers.get(SERVER).map(|value| redact::text(&String::from_utf8_lossy(value.as_bytes()))),
        cdn: headers::cdn(&text),
    })
}

fn version(version: Version) -> Option<&'static str> {
    match version {
        Version::HTTP_10 => Some("1.0"),
        Version::HTTP_11 => Some("1.1"),
        Version::HTTP_2 => Some("2"),
        _ => None,
    }
}

fn as_text(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}
