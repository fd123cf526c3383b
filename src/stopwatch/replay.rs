//! What a tool would have shown for a sample of ours: a function of the sample's marks and of nothing else.
//!
//! The tool is taken as it is without options, and its own machine, TLS library and trust store are not replayed.

use serde::Serialize;

use crate::measurement::hop::Family;
use crate::measurement::outcome::Outcome;
use crate::measurement::phase::Phase;
use crate::measurement::sample::Sample;
use crate::measurement::units::Micros;

use super::definition::{
    AddressChoice, Definition, Encoding, Failures, Redirects, Request, Reuse, Start, Stop, Unit, Verification,
};
use super::obstacle::{Caveat, Obstacle};
use super::series::Reading;
use super::span::{Ended, Span, length};

/// What holds of every replay, for the foot of a page.
pub const ALWAYS: &str = "A replay applies the tool's definition to our marks. It does not replay the tool's own CPU time, \
                          its trust store or its TLS library, its place, or its options: each tool is taken as it is \
                          without any.";

/// What is not in the sample, and was said by whoever asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Assumptions {
    /// The body is the same bytes whatever coding is asked for.
    pub same_body: bool,
}

/// What a tool would have shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Replay {
    /// A number.
    Shown(Shown),
    /// No number: to the tool it failed, and it keeps none of a failure.
    Nothing,
    /// The sample does not tell.
    CannotSay(Obstacle),
}

/// A number that a tool would have shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// The number.
    pub value_us: Micros,
    /// It is a lower bound.
    pub at_least: bool,
    /// The same on a connection kept from an earlier check, where the tool keeps connections and the sample has made one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub if_kept_us: Option<Micros>,
    /// What to keep in mind.
    pub caveats: Vec<Caveat>,
    /// The tool's numbers of phases.
    pub series: Vec<Reading>,
}

/// Replays one definition on one sample.
#[must_use]
pub fn replay(definition: &Definition, sample: &Sample, assumed: Assumptions) -> Replay {
    if sample.stopwatch.as_str() == definition.name {
        return own(definition, sample);
    }
    if definition.start == Start::Handler {
        return if sample.hops.is_empty() {
            Replay::CannotSay(Obstacle::TotalOnly)
        } else {
            Replay::Shown(handler(sample))
        };
    }
    match Span::of(definition, sample).and_then(|span| attempt(definition, sample, &span, assumed)) {
        Ok(Some(shown)) => Replay::Shown(shown),
        Ok(None) => Replay::Nothing,
        Err(obstacle) => Replay::CannotSay(obstacle),
    }
}

/// The tool's own number stands as it is.
fn own(definition: &Definition, sample: &Sample) -> Replay {
    let failed = matches!(sample.outcome, Outcome::Failed(_));
    if failed && matches!(definition.failures, Failures::Nothing | Failures::NothingOutside2xx) {
        return Replay::Nothing;
    }
    let mut caveats = vec![Caveat::Own];
    caveats.extend(failed.then_some(Caveat::Failed));
    let series = Span::of(definition, sample).map(|span| series(definition, &span)).unwrap_or_default();
    Replay::Shown(Shown { value_us: sample.elapsed_us, at_least: false, if_kept_us: None, caveats, series })
}

fn attempt(
    definition: &Definition,
    sample: &Sample,
    span: &Span<'_>,
    assumed: Assumptions,
) -> Result<Option<Shown>, Obstacle> {
    if definition.reuse == Reuse::Unknown {
        return Err(Obstacle::DefinitionUnknown);
    }
    let mut caveats = Vec::new();
    path(definition, sample, span, &mut caveats)?;
    if definition.start == Start::Lookup && span.lacks_lookup(&sample.method) {
        return Err(Obstacle::LookupNotTimed);
    }
    match (span.ended, definition.failures) {
        (Ended::Failed, Failures::Nothing | Failures::NothingOutside2xx) => return Ok(None),
        (Ended::Answered, Failures::NothingOutside2xx) if !span.is_success() => return Ok(None),
        (Ended::Failed, Failures::Unknown) => return Err(Obstacle::FailureUnknown),
        (Ended::Failed, Failures::Elapsed) => caveats.push(Caveat::Failed),
        (Ended::Answered, _) => body(definition, sample, span, assumed, &mut caveats)?,
    }
    let (exact, loose) = value(definition, span)?;
    if loose > Micros::ZERO {
        caveats.push(Caveat::Loose(loose));
    }
    if span.cut {
        let first = definition.redirects == Redirects::NotFollowed;
        caveats.push(if first { Caveat::FirstHopOnly } else { Caveat::LastHopOnly });
    }
    if definition.unit == Unit::MillisOfTwo {
        caveats.push(Caveat::TwoReadings);
    }
    let making = [Phase::Resolve, Phase::Connect, Phase::Tls].map(|phase| length(span.first, phase));
    let keeps = definition.reuse == Reuse::AcrossChecks && !span.is_kept() && definition.start == Start::Lookup;
    let written = |length: Micros| match definition.unit {
        Unit::MillisCut => Micros(length.0 / 1_000 * 1_000),
        _ => length,
    };
    Ok(Some(Shown {
        value_us: written(exact),
        at_least: false,
        if_kept_us: (keeps && span.ended == Ended::Answered)
            .then(|| written(exact.saturating_sub(making.into_iter().sum()))),
        caveats,
        series: series(definition, span),
    }))
}

/// A function around the exchange takes at least as long as the exchange, or as the process of curl.
fn handler(sample: &Sample) -> Shown {
    let process = sample.curl.as_ref().map_or(Micros::ZERO, |run| run.process_us);
    Shown {
        value_us: process.max(sample.elapsed_us),
        at_least: true,
        if_kept_us: None,
        caveats: vec![Caveat::AtLeast],
        series: Vec::new(),
    }
}

fn series(definition: &Definition, span: &Span<'_>) -> Vec<Reading> {
    definition.series.iter().map(|series| series.read(span)).collect()
}

/// The tool would have gone the same way: the same kind of connection to the same address.
fn path(definition: &Definition, sample: &Sample, span: &Span<'_>, caveats: &mut Vec<Caveat>) -> Result<(), Obstacle> {
    let connects = definition.start != Start::Request;
    if connects && span.is_kept() && matches!(definition.reuse, Reuse::Never | Reuse::WithinCheck) {
        return Err(Obstacle::KeptConnection);
    }
    if span.is_tls() {
        let verified = span.verified().or(sample.asked.as_ref().map(|asked| asked.verify));
        match (definition.verification, verified) {
            (Verification::PlainHttpOnly, _) => return Err(Obstacle::Tls),
            (Verification::On, Some(false)) | (Verification::Off, Some(true)) => caveats.push(Caveat::Verification),
            _ => {}
        }
    }
    let connections = || span.hops.iter().filter_map(|hop| hop.connection.as_ref());
    if definition.family == AddressChoice::Ipv4First && connections().any(|made| made.family == Some(Family::Ipv6)) {
        return Err(Obstacle::Family);
    }
    if connects && connections().any(|made| made.fallback.is_some()) {
        match definition.family {
            AddressChoice::HappyEyeballs200 => {}
            AddressChoice::Ipv6FirstOne | AddressChoice::Ipv4First => return Err(Obstacle::Fallback),
            _ => caveats.push(Caveat::FallbackDelay),
        }
    }
    Ok(())
}

/// The tool would have got the same body, where it times the body.
fn body(
    definition: &Definition,
    sample: &Sample,
    span: &Span<'_>,
    assumed: Assumptions,
    caveats: &mut Vec<Caveat>,
) -> Result<(), Obstacle> {
    let Some(response) = &span.last.response else { return Ok(()) };
    let empty = response.body_bytes == 0;
    let forbidden = matches!(response.status, 100..=199 | 204 | 300..=399);
    let asked = sample.asked.as_ref();
    match (definition.request, asked.map(|asked| asked.method.as_str())) {
        (Request::Head, _) if !empty => return Err(Obstacle::HeadNotGet),
        (Request::Get, Some("HEAD")) if !forbidden && definition.stop == Stop::Body => {
            return Err(Obstacle::GetNotHead);
        }
        (Request::Get, Some("HEAD") | None) if empty && !forbidden => caveats.push(Caveat::NoBody),
        _ => {}
    }
    let codings = asked.and_then(|asked| asked.accept_encoding.as_deref());
    let differs = other_coding(definition.encoding, response.content_encoding.as_deref(), codings);
    if definition.stop == Stop::Headers {
        caveats.push(Caveat::HeaderEnd);
        caveats.extend(differs.filter(|_| !empty && !assumed.same_body).map(|_| Caveat::OtherCoding));
        return Ok(());
    }
    if matches!(&sample.outcome, Outcome::Answered(answer) if answer.truncated && span.is_last_of(sample)) {
        return Err(Obstacle::Truncated);
    }
    match differs {
        // Bytes that were coded cannot be taken for bytes that are not.
        Some(obstacle @ Obstacle::Coded(_)) if !empty => Err(obstacle),
        Some(obstacle) if !empty && !assumed.same_body => Err(obstacle),
        Some(_) if !empty => {
            caveats.push(Caveat::SameBody);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Why the tool may have got the body in another coding: from the one it came in, and those that were asked for.
fn other_coding(encoding: Encoding, came: Option<&str>, asked: Option<&[String]>) -> Option<Obstacle> {
    // A server that was offered all that the tool offers made its choice for the tool, too.
    let offered = |coding: &&str| asked.is_some_and(|asked| asked.iter().any(|one| one.eq_ignore_ascii_case(coding)));
    let all_offered = encoding.codings().map(|codings| asked.is_some() && codings.iter().all(offered));
    match came.map(|coding| (coding, encoding.asks_for(coding))) {
        Some((coding, Some(false))) => Some(Obstacle::Coded(coding.to_owned())),
        Some((_, Some(true))) => {
            (asked.is_some() && all_offered == Some(false)).then_some(Obstacle::PerhapsOtherwiseCoded)
        }
        None if encoding.takes_plain() || all_offered == Some(true) => None,
        None if encoding != Encoding::Unknown => Some(Obstacle::PerhapsCoded),
        _ => Some(Obstacle::CodingUnknown),
    }
}

/// The span's length, and how much overhead may or may not belong to it.
fn value(definition: &Definition, span: &Span<'_>) -> Result<(Micros, Micros), Obstacle> {
    let needed = |phase: Phase| match span.last.phases.get(phase) {
        Some(time) => Ok(time.elapsed_us),
        None if span.ended == Ended::Failed => Ok(Micros::ZERO),
        None => Err(Obstacle::NoPhase(phase.as_str())),
    };
    let whole = span.elapsed();
    match (definition.start, definition.stop) {
        (Start::Lookup, Stop::Body) => Ok((whole, Micros::ZERO)),
        (Start::Lookup, Stop::Headers) => Ok((whole.saturating_sub(needed(Phase::Receive)?), span.last.overhead_us)),
        (Start::Connect, Stop::Body) => {
            Ok((whole.saturating_sub(length(span.first, Phase::Resolve)), span.first.overhead_us))
        }
        (Start::Request, Stop::Body) => {
            let sent = length(span.last, Phase::Send);
            Ok((sent + needed(Phase::Wait)? + needed(Phase::Receive)?, span.last.overhead_us))
        }
        _ => Err(Obstacle::DefinitionUnknown),
    }
}

#[cfg(test)]
mod tests;
