//! An ordinary site with pages of every kind: HTTP/1.1 and HTTP/2, with and without TLS.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;

use super::certificates::{Authority, Certificate};
use super::server::{Seen, Server};

/// How the site is served.
#[derive(Clone, Copy)]
pub struct Site {
    pub ip: IpAddr,
    /// Plain HTTP where absent.
    pub certificate: Option<Certificate>,
    pub tls12_only: bool,
    pub http2: bool,
    /// Says in the handshake which HTTP it speaks.
    pub alpn: bool,
}

/// Plain HTTP/1.1 on 127.0.0.1.
pub const HTTP: Site =
    Site { ip: IpAddr::V4(Ipv4Addr::LOCALHOST), certificate: None, tls12_only: false, http2: false, alpn: true };
/// HTTPS, HTTP/2 where the client can, on 127.0.0.1.
pub const HTTPS: Site = Site { certificate: Some(Certificate::Good), http2: true, ..HTTP };

impl Site {
    /// Starts it.
    pub fn start(self) -> Server {
        let Some(certificate) = self.certificate else {
            return Server::start_on(self.ip, "http", |stream, seen| converse(stream, false, seen));
        };
        let versions: &[_] = if self.tls12_only {
            &[&rustls::version::TLS12]
        } else {
            &[&rustls::version::TLS13, &rustls::version::TLS12]
        };
        let alpn: &[&[u8]] = match (self.alpn, self.http2) {
            (false, _) => &[],
            (true, true) => &[b"h2", b"http/1.1"],
            (true, false) => &[b"http/1.1"],
        };
        let acceptor = TlsAcceptor::from(Authority::get().server_config(certificate, versions, alpn));
        Server::start_on(self.ip, "https", move |stream, seen| {
            let acceptor = acceptor.clone();
            async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                    converse(stream, http2, seen).await;
                }
            }
        })
    }
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, http2: bool, seen: Seen) {
    let service = service_fn(move |request| {
        let seen = seen.clone();
        async move {
            seen.lock().unwrap().push(format!("{} {}", request.method(), request.uri()));
            let head = request.method() == http::Method::HEAD;
            let page = page(request).await;
            Ok::<_, Infallible>(if head { page.map(|_| Full::default().boxed()) } else { page })
        }
    });
    let _ = if http2 {
        hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(stream), service)
            .await
    } else {
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await
    };
}

type Page = Response<BoxBody<Bytes, Infallible>>;

fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Page {
    let mut response = Response::builder().status(StatusCode::from_u16(status).unwrap());
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Full::new(body.into()).boxed()).unwrap()
}

/// The text of `/gzip`, `/br`, `/zstd` and `/deflate`, once decoded.
pub fn coded_text() -> String {
    "All the news that is fit to measure.\n".repeat(200)
}

fn gzipped() -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(coded_text().as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn coded(coding: &str) -> Page {
    let body = match coding {
        "gzip" => gzipped(),
        "broken-gzip" => gzipped().into_iter().take(60).chain(*b"this is not deflate").collect(),
        "cut-gzip" => gzipped().into_iter().take(60).collect(),
        "br" => {
            let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
            writer.write_all(coded_text().as_bytes()).unwrap();
            writer.into_inner()
        }
        "zstd" => {
            ruzstd::encoding::compress_to_vec(coded_text().as_bytes(), ruzstd::encoding::CompressionLevel::Fastest)
        }
        _ => {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(coded_text().as_bytes()).unwrap();
            encoder.finish().unwrap()
        }
    };
    let name = if coding.ends_with("gzip") { "gzip" } else { coding };
    answer(200, &[("content-encoding", name)], body)
}

/// The pages:
/// `/page?bytes=N`, `/redirect?n=N` (N hops, then `/page`), `/loop`, `/relative`, `/redirect-to?url=…`, `/no-location`,
/// `/slow?ms=N`, `/gzip`, `/br`, `/zstd`, `/deflate`, `/broken-gzip`, `/cut-gzip`, `/status/NNN`, `/json`, `/headers`,
/// `/server-timing`, `/huge` (100 MB, length told), `/endless` (100 MB, length not told).
async fn page(request: Request<Incoming>) -> Page {
    let query: HashMap<String, String> =
        url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).into_owned().collect();
    let number = |name: &str, otherwise: usize| query.get(name).and_then(|n| n.parse().ok()).unwrap_or(otherwise);
    match request.uri().path() {
        "/page" => answer(200, &[("content-type", "text/plain")], vec![b'a'; number("bytes", 1000)]),
        "/redirect" => match number("n", 1) {
            0 => answer(200, &[], "arrived"),
            n => answer(302, &[("location", &format!("/redirect?n={}", n - 1))], "on you go"),
        },
        "/loop" => answer(302, &[("location", "/loop")], ""),
        "/relative" => answer(301, &[("location", "page?bytes=7")], ""),
        "/redirect-to" => answer(302, &[("location", query.get("url").map_or("", String::as_str))], ""),
        "/no-location" => answer(302, &[], "nowhere to go"),
        "/slow" => {
            tokio::time::sleep(Duration::from_millis(number("ms", 100) as u64)).await;
            answer(200, &[], "late")
        }
        "/json" => {
            answer(200, &[("content-type", "application/json")], r#"{"status":"up","parts":[{"name":"db","ok":true}]}"#)
        }
        "/headers" => {
            let lines: Vec<String> = request
                .headers()
                .iter()
                .map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())))
                .collect();
            answer(200, &[], lines.concat())
        }
        "/server-timing" => answer(
            200,
            &[
                ("server-timing", "db;dur=53.2, cache;desc=\"hit, warm\""),
                ("server-timing", "app;dur=12"),
                ("x-cache", "Hit from cloudfront"),
                ("x-amz-cf-pop", "NRT57-P1"),
                ("age", "42"),
                ("server", "tests"),
            ],
            "timed",
        ),
        "/huge" => flood(true),
        "/endless" => flood(false),
        path => match path.strip_prefix("/status/").and_then(|status| status.parse().ok()) {
            Some(status) => answer(status, &[], ""),
            None => match path.trim_start_matches('/') {
                coding @ ("gzip" | "br" | "zstd" | "deflate" | "broken-gzip" | "cut-gzip") => coded(coding),
                _ => answer(404, &[], "no such page"),
            },
        },
    }
}

/// The size of `/huge` and `/endless`.
pub const FLOOD: u64 = 100 * 1024 * 1024;

fn flood(length_told: bool) -> Page {
    const CHUNK: &[u8] = &[b'x'; 65536];
    let chunks = (0..FLOOD / CHUNK.len() as u64).map(|_| Ok(Frame::data(Bytes::from_static(CHUNK))));
    let mut response = Response::builder().status(200);
    if length_told {
        response = response.header("content-length", FLOOD);
    }
    response.body(BodyExt::boxed(StreamBody::new(futures_util::stream::iter(chunks)))).unwrap()
}
