//! A sample as one tool would have met it: which hops, whether it ended well, and what stands in the way.

use url::{Host, Url};

use crate::measurement::hop::Hop;
use crate::measurement::identity::Method;
use crate::measurement::outcome::{Cause, Outcome};
use crate::measurement::phase::Phase;
use crate::measurement::sample::Sample;
use crate::measurement::units::Micros;

use super::definition::{Definition, Redirects, Start, Stop};
use super::obstacle::Obstacle;

/// The hops that the tool times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span<'a> {
    pub(super) hops: &'a [Hop],
    pub(super) first: &'a Hop,
    pub(super) last: &'a Hop,
    /// The one hop holds the sums over a chain.
    pub(super) summed: bool,
    /// All before the last hop, where curl told it.
    pub(super) redirect: Option<Micros>,
    /// How it ended for the tool.
    pub(super) ended: Ended,
    /// The sample went on after these hops.
    pub(super) cut: bool,
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Answered,
    Failed,
}

impl<'a> Span<'a> {
    /// What of a sample a tool times.
    pub(super) fn of(definition: &Definition, sample: &'a Sample) -> Result<Self, Obstacle> {
        let (Some(first), Some(last)) = (sample.hops.first(), sample.hops.last()) else {
            return Err(Obstacle::TotalOnly);
        };
        let redirect = sample.curl.as_ref().map(|run| run.time_redirect_us);
        let summed = sample.hops.len() == 1 && redirect.is_some_and(|before| before > Micros::ZERO);
        let whole = definition.start == Start::Lookup && definition.stop == Stop::Body;
        let whole_chain = matches!(definition.redirects, Redirects::Followed | Redirects::AsTold);
        if summed && !(whole && whole_chain) {
            return Err(Obstacle::ChainSummed);
        }
        let chain = Self { hops: &sample.hops, first, last, summed, redirect, ended: Ended::Answered, cut: false };
        let many = sample.hops.len() > 1;
        match definition.redirects {
            // A redirect came back, whatever happened afterwards: to this tool it is the answer.
            Redirects::NotFollowed if many => {
                Ok(Self { hops: std::slice::from_ref(first), last: first, cut: true, ..chain })
            }
            Redirects::EachAlone if many => {
                let ended = ended(sample, definition.stop)?;
                Ok(Self { hops: std::slice::from_ref(last), first: last, ended, cut: true, ..chain })
            }
            Redirects::Unknown if many || is_redirect(last) => Err(Obstacle::DefinitionUnknown),
            Redirects::Followed if is_redirect(last) && matches!(sample.outcome, Outcome::Answered(_)) => {
                Err(Obstacle::NotFollowed)
            }
            _ => Ok(Self { ended: ended(sample, definition.stop)?, ..chain }),
        }
    }

    /// All of it.
    pub(super) fn elapsed(&self) -> Micros {
        self.hops.iter().map(Hop::elapsed_us).sum()
    }

    /// One phase over all hops; zero where none had it.
    pub(super) fn total(&self, phase: Phase) -> Micros {
        self.hops.iter().map(|hop| length(hop, phase)).sum()
    }

    /// Its last hop is the sample's.
    pub(super) fn is_last_of(&self, sample: &Sample) -> bool {
        sample.hops.last().is_some_and(|last| std::ptr::eq(last, self.last))
    }

    /// The first request went over a connection kept from before.
    pub(super) fn is_kept(&self) -> bool {
        self.first.connection.as_ref().is_some_and(|connection| connection.reused)
    }

    /// The last hop's status is one of 200 to 299.
    pub(super) fn is_success(&self) -> bool {
        self.last.response.as_ref().is_some_and(|response| (200..300).contains(&response.status))
    }

    /// Any hop went over TLS.
    pub(super) fn is_tls(&self) -> bool {
        self.hops.iter().any(is_tls)
    }

    /// Of any hop; `None` where nothing is known.
    pub(super) fn verified(&self) -> Option<bool> {
        self.hops.iter().filter_map(|hop| hop.connection.as_ref()?.tls.as_ref()?.verified).next()
    }

    /// A lookup took place before curl was run, outside its stopwatch.
    pub(super) fn lacks_lookup(&self, method: &Method) -> bool {
        let proxied = self.first.connection.as_ref().is_some_and(|connection| connection.proxy.is_some());
        let named = Url::parse(&self.first.url).is_ok_and(|url| matches!(url.host(), Some(Host::Domain(_))));
        *method == Method::Curl && named && !proxied && !self.is_kept() && self.first.phases.resolve.is_none()
    }
}

/// One phase of one hop.
pub(super) fn length(hop: &Hop, phase: Phase) -> Micros {
    hop.phases.get(phase).map_or(Micros::ZERO, |time| time.elapsed_us)
}

/// It went over TLS, or was to.
pub(super) fn is_tls(hop: &Hop) -> bool {
    hop.phases.tls.is_some()
        || hop.connection.as_ref().is_some_and(|connection| connection.tls.is_some())
        || hop.url.starts_with("https:")
}

fn is_redirect(hop: &Hop) -> bool {
    hop.response.as_ref().is_some_and(|response| matches!(response.status, 301 | 302 | 303 | 307 | 308))
}

/// A body that breaks off is no failure to a tool that stops at the header.
fn ended(sample: &Sample, stop: Stop) -> Result<Ended, Obstacle> {
    let Outcome::Failed(failure) = &sample.outcome else { return Ok(Ended::Answered) };
    match failure.cause {
        Cause::AddressRefused | Cause::Tool => Err(Obstacle::NotAsked),
        Cause::Timeout | Cause::ConnectionReset | Cause::ConnectionClosed | Cause::Decoding | Cause::Protocol
            if stop == Stop::Headers
                && failure.phase == Phase::Receive
                && sample.hops.last().is_some_and(|hop| hop.response.is_some()) =>
        {
            Ok(Ended::Answered)
        }
        _ => Ok(Ended::Failed),
    }
}
