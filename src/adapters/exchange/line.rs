//! A line to a server: everything up to the point where a request may be sent.

use std::net::SocketAddr;
use std::rc::Rc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::spawn_local;

use super::failure::Broken;
use super::journal::Journal;
use super::running::Running;
use super::tap::{Protocol, Tap};
use super::tls::Session;
use crate::adapters::kernel::{TcpFacts, tcp_facts};
use crate::measurement::hop::{Connection, Fallback, Family, Tcp};
use crate::measurement::units::UnixMillis;

/// As much header as curl takes, in bytes.
pub(in crate::adapters) const HEADER_MAX: u32 = 300 * 1024;
/// More lines than any honest page has; hyper's own limit of 100 has been met.
const HEADER_LINES_MAX: usize = 400;

/// Whom a line leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// A server: scheme, host, port; directly or through a tunnel.
    Origin(String, String, u16),
    /// A proxy that is told the whole URL with each request.
    Proxy,
}

/// What is known of the connection.
#[derive(Clone)]
pub(super) struct Facts {
    pub(super) socket: Rc<TcpStream>,
    pub(super) peer: SocketAddr,
    pub(super) fallback: Option<Fallback>,
    pub(super) proxy: Option<String>,
    pub(super) reused: bool,
    pub(super) after_handshake: Option<TcpFacts>,
    pub(super) at_end: Option<TcpFacts>,
    pub(super) session: Option<Session>,
}

impl Facts {
    /// Reads `TCP_INFO` once more.
    pub(super) fn read_end(&mut self) {
        self.at_end = tcp_facts(&*self.socket);
    }

    /// As they are kept.
    pub(super) fn connection(&self, started_at: UnixMillis) -> Connection {
        let tcp = self.after_handshake.map(|first| {
            let last = self.at_end.unwrap_or(first);
            Tcp {
                handshake_rtt_us: first.rtt,
                min_rtt_us: last.min_rtt,
                smoothed_rtt_us: last.rtt,
                retransmits: last.retransmits,
                segments_in: last.segments_in,
                segments_out: last.segments_out,
                mss: last.mss,
                out_of_order: last.out_of_order,
            }
        });
        Connection {
            peer: self.peer.to_string(),
            local: self.socket.local_addr().ok().map(|address| address.to_string()),
            family: Some(if self.peer.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 }),
            fallback: self.fallback.clone(),
            proxy: self.proxy.clone(),
            reused: self.reused,
            tcp,
            tls: self.session.as_ref().map(|session| session.facts(started_at)),
        }
    }
}

/// A line that is ready for a request.
pub(super) struct Line {
    pub(super) end: End,
    pub(super) facts: Facts,
    sender: Sender,
    pub(super) running: Running,
}

enum Sender {
    Http1(http1::SendRequest<Empty<Bytes>>),
    Http2(http2::SendRequest<Empty<Bytes>>),
}

/// Runs what HTTP/2 needs beside the request, on the measuring thread.
#[derive(Clone, Copy)]
struct HereExecutor;

impl<F: Future<Output = ()> + 'static> hyper::rt::Executor<F> for HereExecutor {
    fn execute(&self, future: F) {
        spawn_local(future);
    }
}

impl Line {
    /// Speaks HTTP over a stream. For HTTP/2 the preface and SETTINGS go out with the request.
    pub(super) async fn speak<S>(stream: S, end: End, facts: Facts, journal: &Journal) -> Result<Self, Broken>
    where
        S: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let http2 = facts.session.as_ref().is_some_and(|session| session.http2);
        let protocol = if http2 { Protocol::http2() } else { Protocol::http1() };
        let io = TokioIo::new(Tap::new(stream, protocol, journal.clone()));
        let broken = |error: hyper::Error| Broken::of_http(&error, journal);
        let (sender, running) = if http2 {
            let mut builder = http2::Builder::new(HereExecutor);
            builder.max_header_list_size(HEADER_MAX);
            let (sender, connection) = builder.handshake(io).await.map_err(broken)?;
            spawn_local(async move { drop(connection.await) });
            (Sender::Http2(sender), Running::elsewhere())
        } else {
            let mut builder = http1::Builder::new();
            // Servers that curl gets along with, we must get along with.
            builder
                .title_case_headers(true)
                .allow_obsolete_multiline_headers_in_responses(true)
                .ignore_invalid_headers_in_responses(true)
                .max_headers(HEADER_LINES_MAX);
            let (sender, connection) = builder.handshake(io).await.map_err(broken)?;
            (Sender::Http1(sender), Running::here(async move { drop(connection.await) }))
        };
        Ok(Self { end, facts, sender, running })
    }

    /// Sends a request; done when the whole response header is there.
    pub(super) async fn send(&mut self, request: Request<Empty<Bytes>>) -> hyper::Result<Response<Incoming>> {
        match &mut self.sender {
            Sender::Http1(sender) => self.running.with(sender.send_request(request)).await,
            Sender::Http2(sender) => sender.send_request(request).await,
        }
    }

    /// Whether the server keeps it open for another request.
    pub(super) async fn can_go_on(&mut self) -> bool {
        match &mut self.sender {
            Sender::Http1(sender) => self.running.with(sender.ready()).await.is_ok(),
            Sender::Http2(sender) => sender.ready().await.is_ok(),
        }
    }
}
