//! The chain of hops: each asks one URL, and a redirect leads to the next.

use http::header::HeaderMap;
use http::{StatusCode, Version};
use url::Url;

use super::body::{self, Body};
use super::failure::Broken;
use super::hop::Step;
use super::journal::HopNotes;
use super::line::Facts;
use super::redirect;
use crate::measurement::outcome::{Cause, Failure};
use crate::measurement::phase::Phase;

/// The header of a response.
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) version: Version,
    pub(super) headers: HeaderMap,
}

/// What one hop brought, as far as it came.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) facts: Option<Facts>,
    pub(super) head: Option<Head>,
    pub(super) body: Body,
    pub(super) codings: Vec<String>,
}

/// One hop with its notes.
pub(super) struct Walked {
    pub(super) url: Url,
    pub(super) seen: Seen,
    pub(super) notes: HopNotes,
}

/// Every hop, and the failure that ended them if one did.
pub(super) struct Chain {
    pub(super) hops: Vec<Walked>,
    pub(super) failure: Option<Failure>,
}

/// Walks the chain to its end.
pub(super) async fn walk(mut step: Step<'_>) -> Chain {
    let mut chain = Chain { hops: Vec::with_capacity(2), failure: None };
    let mut url = step.target.url.clone();
    loop {
        let mut seen = Seen::default();
        let led = match step.take(&url, &mut seen).await {
            Ok(()) => next(&step, &url, &seen, chain.hops.len()),
            Err(broken) => Err(broken),
        };
        if let Ok(Some(_)) = led {
            step.let_go_unless_usable(&seen.body).await;
        }
        // What follows is not in a phase; a failure is in the one it happened in.
        let running = step.journal.last_phase().unwrap_or(Phase::Resolve);
        let notes = step.journal.end_hop();
        if let Some(facts) = seen.facts.as_mut() {
            facts.read_end();
        }
        chain.hops.push(Walked { url, seen, notes });
        match led {
            Ok(Some(next)) => url = next,
            Ok(None) => return chain,
            Err(broken) => {
                chain.failure = Some(broken.failure(running));
                return chain;
            }
        }
    }
}

/// Where the hop leads, if the target wants to follow.
fn next(step: &Step<'_>, url: &Url, seen: &Seen, followed: usize) -> Result<Option<Url>, Broken> {
    let Some(head) = seen.head.as_ref().filter(|_| step.target.follow_redirects) else { return Ok(None) };
    let next = redirect::next(head.status.as_u16(), &head.headers, url)?;
    let most = step.target.redirects_max;
    if next.is_some() && followed >= most as usize {
        return Err(Broken::new(
            Cause::TooManyRedirects,
            format!("more than {most} redirects; the last one came from {}", crate::probe::redact::url(url)),
        ));
    }
    Ok(next)
}

/// Decodes within the timed part, as curl does.
pub(super) fn undo_codings(step: &Step<'_>, seen: &mut Seen) -> Result<(), Broken> {
    if body::is_to_be_decoded(step.target, &seen.codings) {
        body::decode(&mut seen.body, &seen.codings, step.target.body_max)?;
    }
    Ok(())
}
