//! Who the site is: an authority made for one run, and a certificate signed by it.

use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P384_SHA384,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, SupportedProtocolVersion, version};
use tempfile::NamedTempFile;
use time::{Duration, OffsetDateTime};

use super::TlsOffer;
use crate::adapters::random;

/// Long enough for any run, short enough to be of no use to anyone who finds the key.
const VALIDITY: Duration = Duration::days(30);

/// Files of authorities have this prefix, and the number of the process that made them.
pub(in crate::lab) const FILES: &str = "parallax-authority-";

/// The site's key and chain, and its authority's certificate.
pub(in crate::lab) struct Identity {
    authority_pem: String,
    chain_pem: String,
    key_pem: String,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// Makes an authority and a certificate for `localhost`, ::1, one more address and these names, with so many authorities
/// between the two.
pub(in crate::lab) fn make(address: Ipv4Addr, also: &[&str], between: u8) -> Result<Identity, rcgen::Error> {
    // From yesterday: a clock set back by a second must not make the certificate one of the future.
    let (from, to) = (OffsetDateTime::now_utc() - Duration::DAY, OffsetDateTime::now_utc() + VALIDITY);

    // A name of its own each time: of two authorities with one name, a client would think the key wrong, not the file.
    let name = format!("Parallax laboratory authority {:08x}", u32::from_ne_bytes(random::bytes()));
    let authority = CertifiedIssuer::self_signed(authority(&name, between, [from, to])?, KeyPair::generate()?)?;
    let mut chain: Vec<CertifiedIssuer<'_, KeyPair>> = Vec::new();
    for below in (0..between).rev() {
        let name = format!("{name}, {below} above the last");
        // To check a signature by this curve is more work than by the one of the site's key.
        let key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384)?;
        let issuer = chain.last().unwrap_or(&authority);
        let next = CertifiedIssuer::signed_by(self::authority(&name, below, [from, to])?, key, issuer)?;
        chain.push(next);
    }

    let key = KeyPair::generate()?;
    let mut names = vec!["localhost".to_owned(), "::1".to_owned(), address.to_string()];
    names.extend(also.iter().map(|&name| name.to_owned()));
    let mut site = CertificateParams::new(names)?;
    site.distinguished_name.push(DnType::CommonName, "Parallax laboratory site");
    site.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    site.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    site.use_authority_key_identifier_extension = true;
    (site.not_before, site.not_after) = (from, to);
    let site = site.signed_by(&key, chain.last().unwrap_or(&authority))?;

    let upwards = || chain.iter().rev();
    Ok(Identity {
        authority_pem: authority.pem(),
        chain_pem: std::iter::once(site.pem()).chain(upwards().map(|issuer| issuer.pem())).collect(),
        key_pem: key.serialize_pem(),
        chain: std::iter::once(site.der().clone()).chain(upwards().map(|issuer| issuer.der().clone())).collect(),
        key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
    })
}

/// One that may sign authorities below it, so many deep.
fn authority(name: &str, below: u8, [from, to]: [OffsetDateTime; 2]) -> Result<CertificateParams, rcgen::Error> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(below));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority.distinguished_name.push(DnType::CommonName, name);
    (authority.not_before, authority.not_after) = (from, to);
    Ok(authority)
}

impl Identity {
    /// The authority's certificate, as PEM.
    pub(in crate::lab) fn authority_pem(&self) -> &str {
        &self.authority_pem
    }

    /// The site's certificate, likewise.
    pub(in crate::lab) fn chain_pem(&self) -> &str {
        &self.chain_pem
    }

    /// The site's key, likewise.
    pub(in crate::lab) fn key_pem(&self) -> &str {
        &self.key_pem
    }

    /// The authority's certificate in a file of its own.
    pub(super) fn authority_file(&self) -> io::Result<NamedTempFile> {
        let prefix = format!("{FILES}{}-", std::process::id());
        let mut file = tempfile::Builder::new().prefix(&prefix).suffix(".pem").tempfile()?;
        file.write_all(self.authority_pem.as_bytes())?;
        file.flush()?;
        Ok(file)
    }

    /// The server's side of TLS: HTTP/2 where the client knows it, else HTTP/1.1. `None` where none is offered.
    pub(super) fn server_config(self, offer: TlsOffer) -> Result<Option<ServerConfig>, rustls::Error> {
        let versions: &[&SupportedProtocolVersion] = match offer {
            TlsOffer::Both => &[&version::TLS13, &version::TLS12],
            TlsOffer::Tls12 => &[&version::TLS12],
            TlsOffer::Tls13 => &[&version::TLS13],
            TlsOffer::Plain => return Ok(None),
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)?
            .with_no_client_auth()
            .with_single_cert(self.chain, self.key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Some(config))
    }
}
