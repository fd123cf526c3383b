//! One hop, step by step: resolve, connect, tls, send, wait, receive.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use rustls::ClientConfig;
use url::{Host, Url};

use super::body::{self, Body};
use super::chain::{self, Head, Seen};
use super::connect::{self, Connected};
use super::failure::Broken;
use super::journal::{Journal, Progress};
use super::limits::{Limit, Limits};
use super::line::{End, Facts, Line};
use super::request::{self, Form};
use super::stream::Stream;
use super::{tls, tunnel};
use crate::adapters::kernel;
use crate::adapters::resolve;
use crate::adapters::resolve::configuration::Configuration;
use crate::measurement::outcome::Cause;
use crate::measurement::phase::Phase;
use crate::probe::guard;
use crate::probe::target::{AddressFamily, HttpVersions, Target};
use crate::probe::transcript::Wait;

/// All that a hop needs, and the line that the last one left open.
pub(super) struct Step<'a> {
    pub(super) target: &'a Target,
    pub(super) journal: Journal,
    pub(super) limits: Limits,
    pub(super) configuration: &'a Configuration,
    /// The TLS client, or why there is none.
    pub(super) client: Result<Arc<ClientConfig>, String>,
    pub(super) line: Option<Line>,
}

impl Step<'_> {
    /// Asks one URL. What was seen is in `seen` also when it fails.
    pub(super) async fn take(&mut self, url: &Url, seen: &mut Seen) -> Result<(), Broken> {
        self.journal.new_request();
        self.check_literal(url)?;
        let kept = self.line.take().filter(|line| line.end == self.end_of(url));
        if let Some(mut line) = kept {
            line.facts.reused = true;
            seen.facts = Some(line.facts.clone());
            match self.ask(line, url, seen).await {
                // The server closed while we were asking: no answer to this request, and curl asks again as well.
                Err(broken) if self.journal.progress() < Progress::Answered && broken.is_of_a_dead_line() => {
                    self.journal.enter(None);
                    self.journal.new_request();
                    *seen = Seen::default();
                }
                done => return done,
            }
        }
        let line = self.open(url, seen).await?;
        self.ask(line, url, seen).await
    }

    /// A private address in the URL itself is refused also where a proxy would connect to it.
    fn check_literal(&self, url: &Url) -> Result<(), Broken> {
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(name)) => guard::literal(name),
            None => return Err(Broken::new(Cause::Other, "the URL has no host")),
        };
        literal.map_or(Ok(()), |address| guard::check(address, self.target.allow_private)).map_err(|reason| {
            self.journal.enter(Some(Phase::Connect));
            refused(reason)
        })
    }

    fn end_of(&self, url: &Url) -> End {
        if self.target.proxy.is_some() && url.scheme() == "http" {
            return End::Proxy;
        }
        let port = url.port_or_known_default().unwrap_or(0);
        End::Origin(url.scheme().to_owned(), url.host_str().unwrap_or_default().to_owned(), port)
    }

    /// Opens a line for a URL.
    async fn open(&mut self, url: &Url, seen: &mut Seen) -> Result<Line, Broken> {
        self.journal.new_connection();
        let proxy = self.target.proxy.as_ref();
        if let Some(proxy) = proxy.filter(|proxy| proxy.scheme() != "http") {
            self.journal.enter(Some(Phase::Connect));
            return Err(Broken::new(Cause::Proxy, format!("a proxy is an http:// URL, not {}:", proxy.scheme())));
        }
        let ends_at = proxy.unwrap_or(url);
        let port = ends_at.port_or_known_default().unwrap_or(0);
        let addresses = self.resolve(ends_at).await?;
        self.journal.enter(Some(Phase::Connect));
        let addresses = if proxy.is_some() { addresses } else { self.allowed(addresses)? };
        let limit = self.limits.of(Phase::Connect);
        let started = self.journal.now();
        let connected = limit.hold(&self.journal, connect::connect(&addresses, port, &self.journal)).await;
        let Connected { socket, peer, fallback, at, after_handshake } = match connected {
            Err(broken) => {
                connect::note_fruitless(Some(started), &self.journal);
                return Err(broken.or_of(&addresses, port));
            }
            Ok(connected) => connected?,
        };
        let mut stream = Stream::new(socket.clone(), self.journal.clone());
        let named = proxy.map(|proxy| format!("{}:{port}", proxy.host_str().unwrap_or_default()));
        let facts = seen.facts.insert(Facts {
            socket,
            peer,
            fallback,
            proxy: named,
            reused: false,
            after_handshake,
            at_end: None,
            session: None,
        });
        let end = self.end_of(url);
        if url.scheme() != "https" {
            self.journal.enter_at(Some(Phase::Send), at);
            return Line::speak(stream, end, facts.clone(), &self.journal).await;
        }
        if let Some(proxy) = proxy {
            let authority =
                format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(0));
            let credentials = tunnel::basic(proxy);
            let asking =
                tunnel::open(&mut stream, &authority, credentials.as_deref(), request::OUR_NAME, &self.journal);
            limit.hold(&self.journal, asking).await??;
            self.journal.enter(Some(Phase::Tls));
        } else {
            self.journal.enter_at(Some(Phase::Tls), at);
        }
        let client = self.client.as_ref().map_err(|reason| Broken::new(Cause::Other, reason.clone()))?;
        let shaking = tls::handshake(stream, url, client, self.target.tls.verify, &self.journal);
        let (stream, session) = self.limits.of(Phase::Tls).hold(&self.journal, shaking).await??;
        let http2 = session.http2;
        facts.session = Some(session);
        if self.target.http == HttpVersions::Http2 && !http2 {
            return Err(Broken::new(Cause::TlsHandshake, "the server did not agree on HTTP/2"));
        }
        self.journal.enter(Some(Phase::Send));
        Line::speak(stream, end, facts.clone(), &self.journal).await
    }

    /// Addresses of a URL's host; an address in its place needs no phase.
    async fn resolve(&self, url: &Url) -> Result<Vec<IpAddr>, Broken> {
        let target = self.target;
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(name)) => {
                self.journal.enter(Some(Phase::Resolve));
                let started = self.journal.now();
                let mut waits = Vec::with_capacity(4);
                let (timeline, configuration) = (self.journal.timeline(), self.configuration);
                let looking =
                    resolve::lookup(name, target.family, target.resolver, configuration, timeline, &mut waits);
                let found = self.limits.of(Phase::Resolve).hold(&self.journal, looking).await;
                if found.is_err() {
                    // Nothing came from the last answer to the limit.
                    let (from, to) = (waits.last().map_or(started, |wait| wait.to), self.journal.now());
                    waits.push(Wait { from, to, arrived: kernel::HAS_RECEIVE_STAMPS.then_some(to) });
                }
                self.journal.waits(&waits);
                return found?.map_err(|error| Broken::new(error.cause, error.detail));
            }
            None => return Err(Broken::new(Cause::Other, "the URL has no host")),
        };
        match (target.family, literal) {
            (AddressFamily::Ipv4, IpAddr::V6(_)) | (AddressFamily::Ipv6, IpAddr::V4(_)) => {
                let detail = format!("{literal} is not of the address family that the target asks for");
                self.journal.enter(Some(Phase::Resolve));
                Err(Broken::new(Cause::NameNotFound, detail))
            }
            _ => Ok(vec![literal]),
        }
    }

    /// Those that may be connected to. A name that has some others beside them is not refused: they are never tried.
    fn allowed(&self, addresses: Vec<IpAddr>) -> Result<Vec<IpAddr>, Broken> {
        let mut first_refused = None;
        let mut allowed = addresses;
        allowed.retain(|address| match guard::check(*address, self.target.allow_private) {
            Ok(()) => true,
            Err(reason) => {
                first_refused.get_or_insert(reason);
                false
            }
        });
        match first_refused {
            Some(reason) if allowed.is_empty() => Err(refused(reason)),
            _ => Ok(allowed),
        }
    }

    /// Sends the request over a line and reads the answer; keeps the line.
    async fn ask(&mut self, mut line: Line, url: &Url, seen: &mut Seen) -> Result<(), Broken> {
        let http2 = line.facts.session.as_ref().is_some_and(|session| session.http2);
        let form = match line.end {
            End::Proxy => Form::Absolute,
            End::Origin(..) if http2 => Form::Http2,
            End::Origin(..) => Form::Origin,
        };
        if self.journal.phase() != Some(Phase::Send) {
            self.journal.enter(Some(Phase::Send));
        }
        let request = request::build(self.target, url, form)?;
        let (response, limit) = self.answer(&mut line, request).await?;
        let (head, incoming) = response.into_parts();
        seen.codings = body::codings(&head.headers);
        seen.head = Some(Head { status: head.status, version: head.version, headers: head.headers });
        let keep = self.target.expect.needs_body() || body::is_to_be_decoded(self.target, &seen.codings);
        let most = self.target.body_max;
        let reading = body::read(incoming, &mut line.running, keep, most, &self.journal, &mut seen.body);
        limit.hold(&self.journal, reading).await??;
        chain::undo_codings(self, seen)?;
        self.line = Some(line);
        Ok(())
    }

    /// The response's header, and the limit within which the rest must come: it runs from the first byte on.
    async fn answer(
        &self,
        line: &mut Line,
        request: Request<Empty<Bytes>>,
    ) -> Result<(Response<Incoming>, Limit), Broken> {
        let journal = &self.journal;
        let mut answer = std::pin::pin!(line.send(request));
        let first = self.limits.of(Phase::Wait).hold(journal, async {
            tokio::select! {
                biased;
                response = &mut answer => Some(response),
                () = journal.first_byte() => None,
            }
        });
        let first = first.await?;
        let limit = self.limits.of(Phase::Receive);
        let response = match first {
            Some(response) => response,
            None => limit.hold(journal, &mut answer).await?,
        };
        Ok((response.map_err(|error| Broken::of_http(&error, journal))?, limit))
    }

    /// After a redirect: keeps the line only if another request can go over it.
    pub(super) async fn let_go_unless_usable(&mut self, body: &Body) {
        self.journal.enter(None);
        let Some(mut line) = self.line.take() else { return };
        if !body.unread && matches!(self.limits.total().hold(&self.journal, line.can_go_on()).await, Ok(true)) {
            self.line = Some(line);
        }
    }
}

fn refused(reason: guard::Refused) -> Broken {
    Broken::new(Cause::AddressRefused, reason.to_string())
}
