//! One run of curl, judged: the hop it makes, and how that ended.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use crate::measurement::hop::{Connection, Family, Hop, Response, Tls};
use crate::measurement::outcome::{Cause, Failure};
use crate::measurement::phase::Phase;
use crate::measurement::units::{Micros, UnixMillis};
use crate::probe::target::{HttpMethod, HttpVersions, Target, TlsVersions};
use crate::probe::{headers, redact};

use super::Curl;
use super::account::Account;
use super::arguments::{self, Request};
use super::certificate::{self, Certificate};
use super::failure::{self, Failed};
use super::header::{self, Header};
use super::process::{Ran, Run};
use super::timeline::{self, Circumstances};

/// curl is given this much longer than the time it was told, to start and to end.
const GRACE: Duration = Duration::from_secs(3);

/// What one run left behind.
pub(super) struct Transfer {
    pub(super) hop: Hop,
    pub(super) end: End,
    pub(super) ran: Ran,
    pub(super) account: Account,
}

/// How a transfer ended.
pub(super) enum End {
    Failed(Failure),
    /// `Location`, made absolute.
    Redirected(Url),
    Answered(Answered),
}

/// What the checks are made on.
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) fields: Vec<(String, String)>,
    pub(super) certificate_days_left: Option<i32>,
}

/// Runs curl once.
pub(super) fn transfer(curl: &Curl, request: &Request<'_>, now: UnixMillis) -> Transfer {
    let tool = |ran: Ran, detail: String| {
        let hop = Hop { url: redact::url(request.url), overhead_us: ran.elapsed, ..Hop::default() };
        let failure = Failure { phase: Phase::Resolve, cause: Cause::Tool, detail: redact::text(&detail) };
        Transfer { hop, end: End::Failed(failure), ran, account: Account::default() }
    };
    let files = Files::of(curl);
    let target = request.target;
    let input = match arguments::config(request) {
        Ok(input) => input,
        Err(error) => return tool(Ran::default(), error.to_string()),
    };
    let run = Run {
        program: &curl.program,
        arguments: arguments::arguments(request, &files.header),
        input: &input,
        errors: &files.errors,
        limit: request.limit.saturating_add(GRACE),
        output_max: if target.http_method == HttpMethod::Head { u64::MAX } else { target.body_max },
        keep_output: target.expect.needs_body() && target.http_method == HttpMethod::Get,
        running: &curl.running,
    };
    let (errors, blocks, ran) = match files.cleared().and_then(|()| run.run()) {
        Ok(ran) => (files.errors(), files.blocks(), ran),
        Err(error) => return tool(Ran::default(), format!("curl could not be run: {error}")),
    };
    match Account::find(&errors) {
        _ if ran.killed => tool(ran, "curl outlived the time it was told to take, and was ended".to_owned()),
        Some(account) if ran.exit_code.is_some() => judge(request, account, &blocks, ran, &errors, now),
        _ => {
            let said = errors.lines().find(|line| !line.is_empty()).unwrap_or("nothing").to_owned();
            let how = ran.exit_code.map_or("a signal".to_owned(), |code| format!("exit status {code}"));
            tool(ran, format!("curl ended with {how} and no account of itself; it said: {said}"))
        }
    }
}

fn judge(
    request: &Request<'_>,
    account: Account,
    blocks: &[Header],
    ran: Ran,
    errors: &str,
    now: UnixMillis,
) -> Transfer {
    let target = request.target;
    let url = account.url_effective.as_deref().and_then(|url| Url::parse(url).ok()).unwrap_or(request.url.clone());
    let (chain, tls) = (account.num_redirects > 0, url.scheme() == "https");
    let last = blocks.last().cloned().unwrap_or_default();
    let failed = match ran.exit_code {
        Some(0) | None => refused_version(target, &account).or_else(|| cut_off(&last)),
        // Closing the output at the size cap is what ended it.
        _ if ran.truncated => None,
        Some(exit_code) => {
            let message = account.errormsg.as_deref().unwrap_or_else(|| errors.lines().next().unwrap_or_default());
            let (counters, proxied) = (account.counters(), target.proxy.is_some());
            let (follows, connected) = (request.follow, !account.remote_ip.is_empty());
            Some(failure::judge(&Failed { exit_code, message, counters, connected, chain, follows, tls, proxied }))
        }
    };
    let phase_failed = failed.as_ref().filter(|_| !matches!(ran.exit_code, Some(0))).map(|failure| failure.phase);
    let seen = Circumstances {
        resolved: request.pinned.is_empty() && target.proxy.as_ref().unwrap_or(request.url).domain().is_some(),
        chain,
        tls,
        mixed: chain && mixed(request.url, &url, blocks),
        failed: phase_failed,
    };
    let (phases, overhead_us) = timeline::phases(&account.counters(), seen);
    let certificate = certificate::first(&account.certs, now);
    let days_left = certificate.as_ref().map(|certificate| certificate.days_left);
    let answered = account.http_code > 0 && phase_failed.is_none_or(|phase| phase == Phase::Receive);
    let hop = Hop {
        on_wire: None,
        url: redact::url(&url),
        phases,
        overhead_us,
        connection: connection(target, &account, tls, certificate),
        response: answered.then(|| response(&account, &last)),
    };
    let next = account.redirect_url.as_deref().filter(|url| !url.is_empty() && target.follow_redirects);
    let end = match (failed, next) {
        (Some(failure), _) => End::Failed(failure),
        (None, Some(next)) => redirected(next),
        (None, None) => {
            End::Answered(Answered { status: account.http_code, fields: last.fields, certificate_days_left: days_left })
        }
    };
    Transfer { hop, end, ran, account }
}

fn redirected(next: &str) -> End {
    match Url::parse(next) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => End::Redirected(url),
        _ => End::Failed(bad_redirect(&format!("a redirect to {next}, which is not an address of a page"))),
    }
}

fn bad_redirect(detail: &str) -> Failure {
    Failure { phase: Phase::Receive, cause: Cause::BadRedirect, detail: redact::text(detail) }
}

/// A header without its empty line: to some curls a connection that closes ends a header too.
fn cut_off(last: &Header) -> Option<Failure> {
    (!last.complete).then(|| Failure {
        phase: Phase::Receive,
        cause: Cause::ConnectionClosed,
        detail: "the connection was closed within the response header".to_owned(),
    })
}

/// curl offers HTTP/2 and takes what it gets; a target that asks for nothing else gets a failure.
fn refused_version(target: &Target, account: &Account) -> Option<Failure> {
    (target.http == HttpVersions::Http2 && account.http_version != "2").then(|| Failure {
        phase: Phase::Tls,
        cause: Cause::TlsHandshake,
        detail: "the server did not agree to HTTP/2".to_owned(),
    })
}

/// Whether the chain's hops differ in scheme, told by the `Location` of each block.
fn mixed(first: &Url, last: &Url, blocks: &[Header]) -> bool {
    let mut at = first.clone();
    let mut differs = first.scheme() != last.scheme();
    for block in blocks {
        if let Some(next) = header::field(&block.fields, "location").and_then(|to| at.join(to).ok()) {
            at = next;
            differs |= at.scheme() != last.scheme();
        }
    }
    differs
}

fn connection(target: &Target, account: &Account, tls: bool, certificate: Option<Certificate>) -> Option<Connection> {
    let peer: std::net::IpAddr = account.remote_ip.parse().ok()?;
    let address =
        |ip: std::net::IpAddr, port| std::net::SocketAddr::new(ip, u16::try_from(port).unwrap_or(0)).to_string();
    let proxy = target.proxy.as_ref();
    let (days_left, issuer) = certificate.map(|found| (found.days_left, found.issuer)).unzip();
    Some(Connection {
        peer: address(peer, account.remote_port),
        local: account.local_ip.parse().ok().map(|ip| address(ip, account.local_port)),
        family: Some(if peer.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 }),
        proxy: proxy.and_then(|proxy| Some(format!("{}:{}", proxy.host_str()?, proxy.port_or_known_default()?))),
        tls: (tls && account.counters().appconnect > Micros::ZERO).then(|| Tls {
            version: match target.tls.versions {
                TlsVersions::Both => String::new(),
                TlsVersions::Tls12 => "1.2".to_owned(),
                TlsVersions::Tls13 => "1.3".to_owned(),
            },
            verified: Some(target.tls.verify && account.ssl_verify_result == 0),
            certificate_days_left: days_left,
            certificate_issuer: issuer,
            ..Tls::default()
        }),
        ..Connection::default()
    })
}

fn response(account: &Account, last: &Header) -> Response {
    let http_version = match account.http_version.as_str() {
        "1" => Some("1.0".to_owned()),
        "" | "0" => None,
        version => Some(version.to_owned()),
    };
    let field = |name| header::field(&last.fields, name).map(redact::text);
    let timing = last.fields.iter().filter(|(name, _)| name == "server-timing").map(|(_, value)| value.as_str());
    Response {
        status: account.http_code,
        // Of HTTP/2 curl shows a header it has written itself.
        header_bytes: http_version.as_deref().is_some_and(|version| version.starts_with("1.")).then_some(last.bytes),
        http_version,
        body_bytes: account.size_download,
        content_encoding: field("content-encoding"),
        server_timing: headers::server_timing(timing),
        server: field("server"),
        cdn: headers::cdn(&last.fields),
        ..Response::default()
    }
}

struct Files {
    header: PathBuf,
    errors: PathBuf,
}

impl Files {
    fn of(curl: &Curl) -> Self {
        Self { header: curl.directory.path().join("header"), errors: curl.directory.path().join("errors") }
    }

    /// A run that writes no header must not be shown the one before it.
    fn cleared(&self) -> std::io::Result<()> {
        std::fs::write(&self.header, b"")
    }

    fn errors(&self) -> String {
        String::from_utf8_lossy(&tail(&self.errors).unwrap_or_default()).into_owned()
    }

    fn blocks(&self) -> Vec<Header> {
        header::parse(&tail(&self.header).unwrap_or_default())
    }
}

/// More than this is no header and no account; both have what counts at their end.
const FILE_MAX: u64 = 4 * 1024 * 1024;

fn tail(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let start = file.metadata()?.len().saturating_sub(FILE_MAX);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(FILE_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{IpAddr, Ipv4Addr, TcpListener};

    use super::*;
    use crate::measurement::identity::TargetId;

    #[test]
    fn only_the_pinned_address_is_asked_however_the_name_is_written() {
        for name in ["pinned.example", "pinned.example.", "PINNED.example", "xn--bcher-kva.example"] {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let port = listener.local_addr().unwrap().port();
            let server = std::thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = [0; 4096];
                let length = stream.read(&mut request).unwrap();
                stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
                String::from_utf8_lossy(&request[..length]).into_owned()
            });
            let url = Url::parse(&format!("http://{name}:{port}/")).unwrap();
            let target = Target::new(TargetId::new("t").unwrap(), url.clone());
            let pinned = [IpAddr::V4(Ipv4Addr::LOCALHOST)];
            let limit = Duration::from_secs(10);
            let request = Request { target: &target, url: &url, pinned: &pinned, follow: false, at_home: true, limit };
            let seen = transfer(&Curl::find().unwrap(), &request, UnixMillis(0));
            assert!(matches!(seen.end, End::Answered(Answered { status: 204, .. })), "{name}");
            assert_eq!(seen.hop.phases.resolve, None, "{name}: the lookup was not curl's");
            assert!(
                server
                    .join()
                    .unwrap()
                    .to_lowercase()
                    .contains(&format!("host: {}", name.to_lowercase().trim_end_matches('.')))
            );
        }
    }
}
