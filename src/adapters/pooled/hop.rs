//! One hop through the client: ask, read, and note when.

use std::net::SocketAddr;
use std::time::Duration;

use hyper_util::client::legacy::connect::HttpInfo;
use reqwest::tls::{TlsInfo, Version as TlsVersion};
use reqwest::{Request, Response as Incoming};
use tokio::time::{Instant as Deadline, timeout_at};
use url::{Host, Url};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::adapters::clock::Timeline;
use crate::adapters::decode;
use crate::adapters::exchange::request::{self, Form};
use crate::adapters::exchange::{body, tls};
use crate::adapters::kernel;
use crate::measurement::hop::{Connection, Family, Hop, Response, Tcp, Tls};
use crate::measurement::outcome::{Cause, Failure};
use crate::measurement::phase::Phase;
use crate::probe::target::{HttpMethod, Target};
use crate::probe::{guard, headers, redact};

use super::clients::Marked;
use super::failure;
use super::flood;
use super::marks::{self, Noted};
use super::timeline::{self, Span};

/// What one hop brought.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) head: Option<Head>,
    /// Decoded where a coding was asked for; kept only where somebody looks at it.
    pub(super) content: Vec<u8>,
    pub(super) bytes: u64,
    pub(super) truncated: bool,
    wire_bytes: u64,
}

/// The response header and what carried it.
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) headers: http::HeaderMap,
    version: http::Version,
    peer: Option<SocketAddr>,
    local: Option<SocketAddr>,
    pub(super) tls: Option<Tls>,
}

/// All that a hop needs.
pub(super) struct Asking<'a> {
    pub(super) target: &'a Target,
    pub(super) client: &'a Marked,
    pub(super) timeline: Timeline,
    /// The end of the whole chain.
    pub(super) end: Deadline,
}

impl Asking<'_> {
    /// Asks one URL; the hop is whole also where it failed.
    pub(super) async fn ask(&self, url: &Url) -> (Hop, Seen, Result<(), Failure>) {
        self.client.marks.begin(self.timeline);
        let mut seen = Seen::default();
        let mut span = Span { start: self.timeline.now(), ..Span::default() };
        let done = self.exchange(url, &mut seen, &mut span).await;
        span.end = self.timeline.now();
        let noted = self.client.marks.noted();
        let (phases, overhead_us) = timeline::phases(&noted, span);
        let hop = Hop {
            on_wire: None,
            url: redact::url(url),
            phases,
            overhead_us,
            connection: seen.head.as_ref().and_then(|head| self.connection(head, &noted)),
            response: seen.head.as_ref().map(|head| response(head, seen.wire_bytes)),
        };
        (hop, seen, done)
    }

    async fn exchange(&self, url: &Url, seen: &mut Seen, span: &mut Span) -> Result<(), Failure> {
        let request = self.request(url)?;
        let timeouts = self.target.timeouts;
        let limits = [timeouts.resolve, timeouts.connect, timeouts.tls, timeouts.wait];
        let limit = self.until(limits.into_iter().fold(Duration::ZERO, Duration::saturating_add));
        let proxied = self.target.proxy.is_some();
        let noted = || self.client.marks.noted();
        let answer = tokio::select! {
            // An answer that is here is not looked into for how long its header is.
            biased;
            answer = timeout_at(limit, self.client.client.execute(request)) => Some(answer),
            () = flood::header_without_end(&self.client.marks) => None,
        };
        let mut incoming = match answer {
            Some(Ok(Ok(incoming))) => incoming,
            None => {
                span.head = Some(self.timeline.now());
                return Err(failed(Phase::Receive, Cause::Protocol, "the response header has no end"));
            }
            Some(Ok(Err(error))) => {
                let begun = timeline::reached(&noted(), false) == Phase::Wait && failure::is_of_an_answer(&error);
                span.head = begun.then(|| self.timeline.now());
                return Err(failure::of_client(error, &noted(), begun, proxied));
            }
            Some(Err(_)) => return Err(self.timed_out(timeline::reached(&noted(), false))),
        };
        span.head = Some(self.timeline.now());
        let head = self.head(&incoming);
        let codings = body::codings(&head.headers);
        seen.head = Some(head);
        let decoding = body::is_to_be_decoded(self.target, &codings);
        let keep = decoding || self.target.expect.needs_body();
        match timeout_at(self.until(timeouts.receive), self.read(&mut incoming, keep, seen)).await {
            Ok(read) => read.map_err(|error| failure::of_client(error, &noted(), true, proxied))?,
            Err(_) => return Err(self.timed_out(Phase::Receive)),
        }
        if decoding && !seen.content.is_empty() {
            let decoded = decode::decode(&seen.content, &codings, self.target.body_max, seen.truncated)
                .map_err(|error| failed(Phase::Receive, Cause::Decoding, &error.to_string()))?;
            seen.truncated |= decoded.truncated;
            seen.bytes = decoded.content.len() as u64;
            seen.content = decoded.content;
        }
        Ok(())
    }

    /// No later than the end of the chain.
    fn until(&self, limit: Duration) -> Deadline {
        Deadline::now().checked_add(limit).map_or(self.end, |at| at.min(self.end))
    }

    fn timed_out(&self, phase: Phase) -> Failure {
        failed(phase, Cause::Timeout, &format!("no end to `{}` within the time allowed", phase.as_str()))
    }

    fn request(&self, url: &Url) -> Result<Request, Failure> {
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            Some(Host::Domain(name)) => guard::literal(name),
            None => None,
        };
        marks::check(literal, self.target.allow_private)
            .map_err(|(cause, detail)| failed(Phase::Connect, cause, &detail))?;
        let built = request::build(self.target, url, Form::Origin)
            .map_err(|broken| failed(Phase::Send, broken.cause, &broken.detail))?;
        let mut bare = url.clone();
        // Already in the header `Authorization`; an address that has no place for them has none.
        let _ = (bare.set_username(""), bare.set_password(None));
        bare.set_fragment(None);
        let mut request = Request::new(built.method().clone(), bare);
        *request.headers_mut() = built.headers().clone();
        if !self.target.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            // HTTP/2 has its own place for it; the client writes whichever is right.
            request.headers_mut().remove(http::header::HOST);
        }
        Ok(request)
    }

    fn head(&self, incoming: &Incoming) -> Head {
        let info = incoming.extensions().get::<HttpInfo>();
        Head {
            status: incoming.status().as_u16(),
            headers: incoming.headers().clone(),
            version: incoming.version(),
            peer: incoming.remote_addr(),
            local: info.map(HttpInfo::local_addr),
            tls: incoming.extensions().get::<TlsInfo>().map(|info| self.session(info)),
        }
    }

    async fn read(&self, incoming: &mut Incoming, keep: bool, seen: &mut Seen) -> Result<(), reqwest::Error> {
        let head = self.target.http_method == HttpMethod::Head;
        while let Some(data) = incoming.chunk().await?.filter(|_| !head) {
            let room = self.target.body_max - seen.wire_bytes;
            let taken = room.min(data.len() as u64);
            seen.wire_bytes += taken;
            if keep {
                seen.content.extend_from_slice(&data[..usize::try_from(taken).unwrap_or(data.len())]);
            }
            if taken < data.len() as u64 {
                seen.truncated = true;
                break;
            }
        }
        seen.bytes = seen.wire_bytes;
        Ok(())
    }

    fn session(&self, info: &TlsInfo) -> Tls {
        let leaf = info.peer_certificate().and_then(|der| X509Certificate::from_der(der).ok()).map(|(_, leaf)| leaf);
        let started_at = self.timeline.started_at();
        Tls {
            version: match info.version() {
                Some(version) if version == TlsVersion::TLS_1_3 => "1.3".to_owned(),
                Some(version) if version == TlsVersion::TLS_1_2 => "1.2".to_owned(),
                _ => String::new(),
            },
            verified: Some(self.target.tls.verify),
            certificate_days_left: leaf
                .as_ref()
                .map(|leaf| tls::days_left(leaf.validity().not_after.timestamp(), started_at)),
            certificate_issuer: leaf.as_ref().map(|leaf| redact::text(&leaf.issuer().to_string())),
            ..Tls::default()
        }
    }

    fn connection(&self, head: &Head, noted: &Noted) -> Option<Connection> {
        let peer = head.peer?;
        Some(Connection {
            peer: peer.to_string(),
            local: head.local.map(|local| local.to_string()),
            family: Some(if peer.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 }),
            proxy: self
                .target
                .proxy
                .as_ref()
                .and_then(|proxy| Some(format!("{}:{}", proxy.host_str()?, proxy.port_or_known_default()?))),
            reused: noted.connecting.is_none(),
            tcp: tcp(head, noted),
            tls: head.tls.clone(),
            ..Connection::default()
        })
    }
}

/// What the kernel says of the path. Its counters are those of the whole connection, and of no request: they are left out.
fn tcp(head: &Head, noted: &Noted) -> Option<Tcp> {
    let reused = noted.connecting.is_none();
    let facts = if reused { kernel::tcp_facts_between(head.local?, head.peer?) } else { noted.tcp }?;
    // Before TLS, the only round trip there has been is the handshake's.
    let alone = !reused && head.tls.is_none() && facts.retransmits == Some(0);
    Some(Tcp {
        handshake_rtt_us: facts.rtt.filter(|_| alone),
        min_rtt_us: facts.min_rtt,
        smoothed_rtt_us: facts.rtt,
        mss: facts.mss,
        ..Tcp::default()
    })
}

pub(super) fn failed(phase: Phase, cause: Cause, detail: &str) -> Failure {
    Failure { phase, cause, detail: redact::text(detail) }
}

/// Header fields as text.
pub(super) fn as_text(headers: &http::HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

fn response(head: &Head, wire_bytes: u64) -> Response {
    let text = as_text(&head.headers);
    let codings = body::codings(&head.headers).join(", ");
    let timings = text.iter().filter(|(name, _)| name == "server-timing").map(|(_, value)| value.as_str());
    Response {
        status: head.status,
        http_version: match head.version {
            http::Version::HTTP_10 => Some("1.0".to_owned()),
            http::Version::HTTP_11 => Some("1.1".to_owned()),
            http::Version::HTTP_2 => Some("2".to_owned()),
            _ => None,
        },
        body_bytes: wire_bytes,
        content_encoding: (!codings.is_empty()).then(|| redact::text(&codings)),
        server_timing: headers::server_timing(timings),
        server: text.iter().find(|(name, _)| name == "server").map(|(_, value)| redact::text(value)),
        cdn: headers::cdn(&text),
        ..Response::default()
    }
}
