//! The site at work: connections in, answers out, until told to stop.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION, SERVER};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::directed::{self, Director, Page};
use super::{Options, page};

/// More at once than any measurement opens; the rest wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 256;
/// A client that has not finished its handshake or its header by then is dropped.
const PATIENCE: Duration = Duration::from_secs(10);

struct Content {
    page: Bytes,
    options: Options,
    /// Whoever directs it, and the page as that needs it.
    directed: Option<(Arc<Director>, Page)>,
}

/// Serves until `stopped` resolves; open connections are then cut.
pub(super) async fn until(
    stopped: oneshot::Receiver<()>,
    listener: std::net::TcpListener,
    tls: Option<Arc<ServerConfig>>,
    options: Options,
    director: Option<Arc<Director>>,
) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let page = Bytes::from(page::html(options.page_bytes));
    let directed = director.map(|director| (director, Page::new(page.clone())));
    let content = Arc::new(Content { page, options, directed });
    let acceptor = tls.map(TlsAcceptor::from);
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    let serving = async {
        loop {
            while connections.try_join_next().is_some() {}
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let Ok((stream, _)) = listener.accept().await else {
                // Out of descriptors: the next connection may fare better, a moment later.
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            };
            let (acceptor, content) = (acceptor.clone(), Arc::clone(&content));
            connections.spawn(async move {
                connection(stream, acceptor, content).await;
                drop(place);
            });
        }
    };
    tokio::select! {
        _ = stopped => {}
        () = serving => {}
    }
}

/// One connection, to its end. What breaks it off is the client's affair.
async fn connection(stream: TcpStream, acceptor: Option<TlsAcceptor>, content: Arc<Content>) {
    // Nagle's algorithm would hold back the tail of a response for a delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let Some(acceptor) = acceptor else { return http1(stream, content).await };
    let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await else { return };
    if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
        return http1(stream, content).await;
    }
    let service = service_fn(move |request| answered(request, Arc::clone(&content)));
    let _ = http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}

async fn http1(stream: impl AsyncRead + AsyncWrite + Unpin, content: Arc<Content>) {
    let service = service_fn(move |request| answered(request, Arc::clone(&content)));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

/// The connection is closed instead of an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed without an answer")]
struct Dropped;

async fn answered(request: Request<Incoming>, content: Arc<Content>) -> Result<Response<Full<Bytes>>, Dropped> {
    answer(&request, &content).await.ok_or(Dropped)
}

async fn answer(request: &Request<Incoming>, content: &Content) -> Option<Response<Full<Bytes>>> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Some(text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD here\n"));
    }
    if let Some((director, page)) = &content.directed {
        return directed::answer(request, page, director).await;
    }
    let options = &content.options;
    Some(match request.uri().path() {
        "/" if options.redirect => {
            let mut response = text(StatusCode::FOUND, "the news is at /page\n");
            response.headers_mut().insert(LOCATION, HeaderValue::from_static("/page"));
            response
        }
        "/" | "/page" => thought(options.think, html(content.page.clone())).await,
        "/slow" => thought(options.slow, text(StatusCode::OK, "worth waiting for\n")).await,
        _ => text(StatusCode::NOT_FOUND, "no such page\n"),
    })
}

/// Thinks, and says in `Server-Timing` how long it really took: timers are late by a millisecond or two.
async fn thought(length: Duration, mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    let start = Instant::now();
    if !length.is_zero() {
        tokio::time::sleep(length).await;
    }
    let said = format!("app;dur={:.3}", start.elapsed().as_secs_f64() * 1_000.0);
    if let Ok(value) = HeaderValue::from_str(&said) {
        response.headers_mut().insert("server-timing", value);
    }
    response
}

pub(super) fn html(body: Bytes) -> Response<Full<Bytes>> {
    response(StatusCode::OK, "text/html; charset=utf-8", body)
}

pub(super) fn text(status: StatusCode, body: &'static str) -> Response<Full<Bytes>> {
    response(status, "text/plain; charset=utf-8", Bytes::from_static(body.as_bytes()))
}

fn response(status: StatusCode, kind: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(SERVER, HeaderValue::from_static("parallax-lab"));
    response
}
