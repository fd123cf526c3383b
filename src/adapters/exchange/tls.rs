//! The handshake, and what it tells.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, HandshakeKind, KeyLogFile, ProtocolVersion};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::{Host, Url};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::failure::Broken;
use super::journal::Journal;
use super::stream::Stream;
use crate::adapters::trust::{self, TrustError};
use crate::measurement::hop::Tls;
use crate::measurement::outcome::Cause;
use crate::measurement::units::UnixMillis;
use crate::probe::redact;
use crate::probe::target::{HttpVersions, TlsSettings};

/// TLS clients made so far: a trust store is read once, and outside the timed part.
///
/// A store that changes on disk is read again by a new prober.
#[derive(Default)]
pub(super) struct Clients(Vec<(TlsSettings, HttpVersions, Arc<ClientConfig>)>);

impl Clients {
    /// The client for these settings. Sessions are never resumed, so every exchange is a full handshake; keys are
    /// logged to `SSLKEYLOGFILE` where that is set.
    pub(super) fn get(&mut self, tls: &TlsSettings, http: HttpVersions) -> Result<Arc<ClientConfig>, TrustError> {
        if let Some((.., client)) = self.0.iter().find(|(of, versions, _)| of == tls && *versions == http) {
            return Ok(client.clone());
        }
        let alpn: &[&[u8]] = match http {
            HttpVersions::Best => &[b"h2", b"http/1.1"],
            HttpVersions::Http1 => &[b"http/1.1"],
            HttpVersions::Http2 => &[b"h2"],
        };
        let mut client = trust::client_config(tls, alpn)?;
        client.resumption = Resumption::disabled();
        client.key_log = Arc::new(KeyLogFile::new());
        let client = Arc::new(client);
        self.0.push((tls.clone(), http, client.clone()));
        Ok(client)
    }
}

/// What is known of the session once it stands.
#[derive(Clone)]
pub(super) struct Session {
    version: Option<ProtocolVersion>,
    kind: Option<HandshakeKind>,
    certificate: Option<CertificateDer<'static>>,
    verified: bool,
    /// ALPN agreed on HTTP/2.
    pub(super) http2: bool,
}

/// Shakes hands with the URL's host.
pub(super) async fn handshake(
    mut stream: Stream,
    url: &Url,
    client: &Arc<ClientConfig>,
    verified: bool,
    journal: &Journal,
) -> Result<(TlsStream<Stream>, Session), Broken> {
    let name =
        server_name(url).ok_or_else(|| Broken::new(Cause::CertificateName, "the host cannot be in a certificate"))?;
    stream.begin_tls();
    let stream = TlsConnector::from(client.clone())
        .connect(name, stream)
        .await
        .map_err(|error| Broken::of_handshake(&error, journal))?;
    let connection = stream.get_ref().1;
    let session = Session {
        version: connection.protocol_version(),
        kind: connection.handshake_kind(),
        certificate: connection.peer_certificates().and_then(<[_]>::first).map(|leaf| leaf.clone().into_owned()),
        verified,
        http2: connection.alpn_protocol() == Some(b"h2"),
    };
    Ok((stream, session))
}

fn server_name(url: &Url) -> Option<ServerName<'static>> {
    Some(match url.host()? {
        // A dot at the end is the resolver's business and not the certificate's.
        Host::Domain(name) => ServerName::try_from(name.strip_suffix('.').unwrap_or(name)).ok()?.to_owned(),
        Host::Ipv4(address) => ServerName::IpAddress(std::net::IpAddr::V4(address).into()),
        Host::Ipv6(address) => ServerName::IpAddress(std::net::IpAddr::V6(address).into()),
    })
}

impl Session {
    /// As it is kept; parses the certificate, so not within the timed part.
    pub(super) fn facts(&self, started_at: UnixMillis) -> Tls {
        let certificate = self.certificate.as_ref().and_then(|leaf| X509Certificate::from_der(leaf).ok());
        Tls {
            version: match self.version {
                Some(ProtocolVersion::TLSv1_3) => "1.3".to_owned(),
                Some(ProtocolVersion::TLSv1_2) => "1.2".to_owned(),
                _ => String::new(),
            },
            resumed: self.kind == Some(HandshakeKind::Resumed),
            hello_retry: self.kind == Some(HandshakeKind::FullWithHelloRetryRequest),
            verified: Some(self.verified),
            certificate_days_left: certificate
                .as_ref()
                .map(|(_, leaf)| days_left(leaf.validity().not_after.timestamp(), started_at)),
            certificate_issuer: certificate.as_ref().map(|(_, leaf)| redact::text(&leaf.issuer().to_string())),
        }
    }
}

/// Whole days, rounded down: −1 in the first day after the end.
pub(in crate::adapters) fn days_left(not_after_s: i64, now: UnixMillis) -> i32 {
    const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
    let left = not_after_s.saturating_mul(1_000).saturating_sub(now.0).div_euclid(DAY_MS);
    i32::try_from(left).unwrap_or(if left < 0 { i32::MIN } else { i32::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_left_are_rounded_down() {
        let day = 24 * 60 * 60;
        assert_eq!(days_left(day, UnixMillis(1)), 0);
        assert_eq!(days_left(day, UnixMillis(0)), 1);
        assert_eq!(days_left(0, UnixMillis(1)), -1);
        assert_eq!(days_left(i64::MAX, UnixMillis(0)), i32::MAX);
    }

    #[test]
    fn the_name_of_an_address_is_the_address() {
        for (url, name) in
            [("https://[::1]/", "::1"), ("https://127.1/", "127.0.0.1"), ("https://a.example./", "a.example")]
        {
            assert_eq!(server_name(&Url::parse(url).unwrap()).unwrap().to_str(), name);
        }
    }
}
