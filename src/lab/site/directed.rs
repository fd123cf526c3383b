//! A site that does with each request what it was told to do with the next one, and keeps account of what it did.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, HeaderName, HeaderValue, LOCATION, USER_AGENT};
use hyper::{Request, Response, StatusCode};

use super::serve::{html, text};

/// Who asks under this name is served like anyone, and no account is kept of it.
pub const ASIDE: &str = "parallax-lab-aside";

/// How the next request is met.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conduct {
    /// The first page sends on to this address.
    pub redirect: Option<String>,
    /// How long the page thinks.
    pub think: Duration,
    /// How long it waits beyond that, and never tells.
    pub hidden: Duration,
    /// How long the origin takes, where the edge does not have the page.
    pub origin: Option<Duration>,
    /// What is said of the thinking, as a share of it; absent, nothing.
    pub told: Option<f64>,
    /// The page is never sent: whoever asks has to give up.
    pub silent: bool,
    /// The connection is closed instead of an answer.
    pub dropped: bool,
    /// The page is compressed for those who allow it.
    pub compress: bool,
    /// The connection is closed after the answer.
    pub close: bool,
}

/// One request, as the site knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Met {
    /// The client's port, where that is known.
    pub port: Option<u16>,
    /// It was sent on.
    pub redirected: bool,
    /// When its header had been read.
    pub heard: Instant,
    /// When the answer was ready.
    pub answered: Instant,
    /// How long it really thought.
    pub thought: Duration,
    /// How long it really waited beyond that.
    pub hidden: Duration,
    /// How long it really waited for the origin; zero where the edge had the page.
    pub origin: Duration,
}

/// Tells a site what to do, and hears what it did.
#[derive(Debug, Default)]
pub struct Director {
    conduct: Mutex<Conduct>,
    met: Mutex<Vec<Met>>,
    /// When those were answered of whom no account is kept.
    aside: Mutex<Vec<Instant>>,
}

impl Director {
    /// From now on requests are met like this.
    pub fn meet(&self, conduct: Conduct) {
        *self.conduct.lock().unwrap_or_else(PoisonError::into_inner) = conduct;
    }

    /// All requests since the last time this was asked.
    #[must_use]
    pub fn met(&self) -> Vec<Met> {
        std::mem::take(&mut *self.met.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// When a check was heard that came since then and is answered: from the hop that is sent on, where one is, to the page.
    #[must_use]
    pub fn answered_since(&self, from: Instant, sent_on: bool) -> Option<Instant> {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let mut since =
            met.iter().filter(|one| one.heard >= from).skip_while(|one| one.redirected != sent_on).peekable();
        let first = since.peek().map(|one| one.heard);
        first.filter(|_| since.any(|one| !one.redirected))
    }

    /// Nobody was answered for so long.
    #[must_use]
    pub fn is_quiet(&self, length: Duration) -> bool {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner).last().map(|met| met.answered);
        met.max(self.aside_until(Instant::now())).is_none_or(|at| at.elapsed() >= length)
    }

    /// When the last of those of whom no account is kept was answered by then.
    #[must_use]
    pub fn aside_until(&self, then: Instant) -> Option<Instant> {
        let aside = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
        aside.iter().rev().find(|at| **at <= then).copied()
    }

    /// A request that was met.
    pub(in crate::lab) fn note(&self, met: Met) {
        self.met.lock().unwrap_or_else(PoisonError::into_inner).push(met);
    }

    fn conduct(&self) -> Conduct {
        self.conduct.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The page, plain and compressed: made once, so that compressing is no part of thinking.
#[derive(Clone)]
pub(super) struct Page {
    plain: Bytes,
    gzip: Bytes,
}

impl Page {
    pub(super) fn new(plain: Bytes) -> Self {
        Self { gzip: Bytes::from(gzip(&plain)), plain }
    }
}

/// Compressed.
pub(in crate::lab) fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(plain);
    encoder.finish().unwrap_or_default()
}

/// Nothing where the connection is to be closed.
pub(super) async fn answer(
    request: &Request<Incoming>,
    page: &Page,
    director: &Arc<Director>,
) -> Option<Response<Full<Bytes>>> {
    let heard = Instant::now();
    let conduct = director.conduct();
    let mut met = Met {
        port: None,
        redirected: false,
        heard,
        answered: heard,
        thought: Duration::ZERO,
        hidden: Duration::ZERO,
        origin: Duration::ZERO,
    };
    let target = conduct.redirect.as_deref().filter(|_| request.uri().path() == "/");
    let mut response = match target.and_then(|target| HeaderValue::from_str(target).ok()) {
        Some(target) => {
            met.redirected = true;
            let mut response = text(StatusCode::FOUND, "over there\n");
            response.headers_mut().insert(LOCATION, target);
            response
        }
        None => whole(request, page, &conduct, &mut met).await?,
    };
    if conduct.close {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    met.answered = Instant::now();
    if request.headers().get(USER_AGENT).is_none_or(|agent| agent != ASIDE) {
        director.note(met);
    } else {
        director.aside.lock().unwrap_or_else(PoisonError::into_inner).push(met.answered);
    }
    Some(response)
}

async fn whole(
    request: &Request<Incoming>,
    page: &Page,
    conduct: &Conduct,
    met: &mut Met,
) -> Option<Response<Full<Bytes>>> {
    met.origin = match conduct.origin {
        Some(origin) => slept(origin).await,
        None => Duration::ZERO,
    };
    met.thought = slept(conduct.think).await;
    if conduct.silent {
        std::future::pending::<()>().await;
    }
    if conduct.dropped {
        return None;
    }
    met.hidden = slept(conduct.hidden).await;
    let allowed = request.headers().get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let gzip = conduct.compress && allowed.is_some_and(|allowed| allowed.contains("gzip"));
    let mut response = html(if gzip { page.gzip.clone() } else { page.plain.clone() });
    let headers = response.headers_mut();
    if gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    let ms = |length: Duration| length.as_secs_f64() * 1_000.0;
    let mut said = match conduct.origin {
        Some(_) => format!("cdn-cache;desc=MISS, origin;dur={:.3}", ms(met.origin)),
        None => "cdn-cache;desc=HIT".to_owned(),
    };
    if let Some(share) = conduct.told {
        said += &format!(", app;dur={:.3}", ms(met.thought) * share);
    }
    if let Ok(value) = HeaderValue::from_str(&said) {
        headers.insert(HeaderName::from_static("server-timing"), value);
    }
    Some(response)
}

/// How long a sleep really took: timers are late by a millisecond or two.
async fn slept(length: Duration) -> Duration {
    let start = Instant::now();
    if !length.is_zero() {
        tokio::time::sleep(length).await;
    }
    start.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_answered_once_its_page_is_and_an_earlier_ones_page_is_not_it() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let met = |ms, redirected| Met {
            port: None,
            redirected,
            heard: at(ms),
            answered: at(ms + 1),
            thought: Duration::ZERO,
            hidden: Duration::ZERO,
            origin: Duration::ZERO,
        };
        let director = Director::default();
        let push = |one| director.met.lock().unwrap().push(one);
        push(met(0, true));
        // The page of a check that was under way.
        push(met(20, false));
        assert_eq!(director.answered_since(at(10), true), None);
        push(met(1_000, true));
        assert_eq!(director.answered_since(at(10), true), None, "sent on, and not yet there");
        push(met(1_020, false));
        assert_eq!(director.answered_since(at(10), true), Some(at(1_000)));
        assert_eq!(director.answered_since(at(900), true), Some(at(1_000)));
        assert_eq!(director.answered_since(at(1_010), true), None);
        assert_eq!(director.answered_since(at(1_010), false), Some(at(1_020)), "no redirect is waited for");
    }

    #[test]
    fn it_is_quiet_when_nobody_was_answered_for_a_while_also_of_those_of_whom_no_account_is_kept() {
        let director = Director::default();
        let long = Duration::from_secs(600);
        assert!(director.is_quiet(long));
        let now = Instant::now();
        director.aside.lock().unwrap().extend([now, now + 2 * long]);
        assert!(!director.is_quiet(long) && director.is_quiet(Duration::ZERO));
        assert_eq!(director.aside_until(now + long), Some(now));
        assert_eq!(director.aside_until(now - Duration::from_secs(1)), None);
    }
}
