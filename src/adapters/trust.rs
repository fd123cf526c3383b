//! Whom a connection trusts: from a target's settings to a TLS client.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme, SupportedProtocolVersion};

use crate::probe::target::{TlsSettings, TlsVersions, TrustStore};

/// A larger file is not a list of certificates: Mozilla's whole list is a quarter of a megabyte.
const FILE_MAX: u64 = 16 * 1024 * 1024;

/// Why there is nobody to trust.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file cannot be read.
    #[error("cannot read the certificates in {path}: {source}; give --cacert (`cacert`) a readable PEM file")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file has no byte.
    #[error("{0} is empty; give --cacert (`cacert`) a PEM file with at least one certificate")]
    Empty(PathBuf),
    /// The file is larger than any list of certificates.
    #[error("{0} is larger than 16 MiB, so it is no list of certificates; give --cacert (`cacert`) a PEM file")]
    TooLarge(PathBuf),
    /// The file is something else.
    #[error(
        "{0} is not PEM: it has no line `-----BEGIN CERTIFICATE-----`; convert a DER file with \
         `openssl x509 -inform der -in FILE -out FILE.pem`"
    )]
    NotPem(PathBuf),
    /// PEM, but of keys or requests.
    #[error(
        "{0} is PEM but holds no certificate (a key or a request?); give --cacert (`cacert`) the authority's certificate"
    )]
    NoCertificate(PathBuf),
    /// A block breaks off or has other characters than base64.
    #[error("{path} is damaged: {reason}; copy it again")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        reason: String,
    },
    /// A block is no X.509 certificate.
    #[error("certificate {number} in {path} is not a usable X.509 certificate: {reason}; replace or remove it")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Its place in the file, from 1.
        number: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The system's store has nothing in it.
    #[error(
        "the system's certificate store holds no certificate{reason}; install the package `ca-certificates`, set \
         SSL_CERT_FILE, or use the built-in store (`mozilla`)"
    )]
    NoSystemStore {
        /// What was met on the way, after a colon; empty when nothing was.
        reason: String,
    },
    /// The settings contradict each other.
    #[error("these TLS settings cannot be used together: {0}")]
    Settings(String),
}

/// Says before anything is measured whether the settings can be used.
///
/// # Errors
/// As [`client_config`].
pub fn check(tls: &TlsSettings) -> Result<(), TrustError> {
    client_config(tls, &[]).map(drop)
}

/// A TLS client with these settings and this ALPN offer, in order of preference.
///
/// Uses ring, whatever the process's default provider is. The client keeps sessions for resumption: a measurement that
/// must not resume an earlier session makes a client of its own or turns its `resumption` off.
///
/// # Errors
/// The store cannot be read, or holds no usable certificate. Of the system's store single bad entries are skipped, of a
/// named file none.
pub fn client_config(tls: &TlsSettings, alpn: &[&[u8]]) -> Result<ClientConfig, TrustError> {
    let provider = Arc::new(ring::default_provider());
    let versions: &[&SupportedProtocolVersion] = match tls.versions {
        TlsVersions::Both => &[&TLS13, &TLS12],
        TlsVersions::Tls12 => &[&TLS12],
        TlsVersions::Tls13 => &[&TLS13],
    };
    let verifier: Arc<dyn ServerCertVerifier> = if tls.verify {
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots(&tls.trust)?), provider.clone())
            .build()
            .map_err(|error| TrustError::Settings(error.to_string()))?
    } else {
        Arc::new(Anyone(provider.clone()))
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .map_err(|error| TrustError::Settings(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(config)
}

fn roots(store: &TrustStore) -> Result<RootCertStore, TrustError> {
    match store {
        TrustStore::Mozilla => Ok(RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned())),
        TrustStore::System => of_system(),
        TrustStore::File(path) => of_file(path),
    }
}

fn of_system() -> Result<RootCertStore, TrustError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable == 0 {
        let reason = found.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
        return Err(TrustError::NoSystemStore { reason });
    }
    Ok(roots)
}

fn of_file(path: &Path) -> Result<RootCertStore, TrustError> {
    let unreadable = |source| TrustError::Unreadable { path: path.to_owned(), source };
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if about.len() > FILE_MAX {
        return Err(TrustError::TooLarge(path.to_owned()));
    }
    let text = std::fs::read(path).map_err(unreadable)?;
    if text.is_empty() {
        return Err(TrustError::Empty(path.to_owned()));
    }
    if !text.windows(11).any(|part| part == b"-----BEGIN ") {
        return Err(TrustError::NotPem(path.to_owned()));
    }
    let certificates = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<Vec<_>, pem::Error>>()
        .map_err(|error| TrustError::Damaged { path: path.to_owned(), reason: error.to_string() })?;
    if certificates.is_empty() {
        return Err(TrustError::NoCertificate(path.to_owned()));
    }
    let mut roots = RootCertStore::empty();
    for (index, certificate) in certificates.into_iter().enumerate() {
        roots.add(certificate).map_err(|error| TrustError::Unusable {
            path: path.to_owned(),
            number: index + 1,
            reason: error.to_string(),
        })?;
    }
    Ok(roots)
}

/// Trusts every certificate, as curl's `-k`; signatures are still checked, so the peer has the certificate's key.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use rcgen::generate_simple_self_signed;
    use rustls::pki_types::PrivateKeyDer;
    use rustls::sign::CertifiedKey;
    use rustls::sign::SingleCertAndKey;
    use rustls::{ClientConnection, ProtocolVersion, ServerConfig, ServerConnection};

    use super::*;

    fn settings(trust: TrustStore) -> TlsSettings {
        TlsSettings { trust, ..TlsSettings::default() }
    }

    fn of(text: &[u8]) -> (tempfile::TempDir, TlsSettings) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ca.pem");
        std::fs::write(&path, text).unwrap();
        (dir, settings(TrustStore::File(path)))
    }

    fn site() -> rcgen::CertifiedKey<rcgen::KeyPair> {
        generate_simple_self_signed(vec!["site.example".to_owned()]).unwrap()
    }

    /// A handshake in memory; the client's error, or the version and protocol agreed on.
    fn shake(
        tls: &TlsSettings,
        site: &rcgen::CertifiedKey<rcgen::KeyPair>,
    ) -> Result<(ProtocolVersion, Vec<u8>), rustls::Error> {
        let provider = Arc::new(ring::default_provider());
        let key = PrivateKeyDer::try_from(site.signing_key.serialize_der()).unwrap();
        let key = provider.key_provider.load_private_key(key).unwrap();
        // Unlike `with_single_cert`, this does not ask whether the key belongs to the certificate.
        let identity = SingleCertAndKey::from(CertifiedKey::new(vec![site.cert.der().clone()], key));
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(identity));
        server.alpn_protocols = vec![b"http/1.1".to_vec(), b"h2".to_vec()];
        let client = Arc::new(client_config(tls, &[b"h2"]).unwrap());
        let mut client = ClientConnection::new(client, ServerName::try_from("site.example").unwrap())?;
        let mut server = ServerConnection::new(Arc::new(server)).unwrap();
        for _ in 0..10 {
            let mut wire = Vec::new();
            while client.wants_write() {
                client.write_tls(&mut wire).unwrap();
            }
            server.read_tls(&mut io::Cursor::new(&wire)).unwrap();
            let _ = server.process_new_packets();
            let mut wire = Vec::new();
            while server.wants_write() {
                server.write_tls(&mut wire).unwrap();
            }
            client.read_tls(&mut io::Cursor::new(&wire)).unwrap();
            client.process_new_packets()?;
        }
        Ok((client.protocol_version().unwrap(), client.alpn_protocol().unwrap_or_default().to_vec()))
    }

    #[test]
    fn a_certificate_nobody_signed_is_refused_unless_its_own_file_is_given_or_nothing_is_checked() {
        let site = site();
        assert!(matches!(shake(&settings(TrustStore::Mozilla), &site), Err(rustls::Error::InvalidCertificate(_))));
        let (_dir, own) = of(site.cert.pem().as_bytes());
        assert_eq!(shake(&own, &site), Ok((ProtocolVersion::TLSv1_3, b"h2".to_vec())));
        let (_dir, other) = of(self::site().cert.pem().as_bytes());
        assert!(matches!(shake(&other, &site), Err(rustls::Error::InvalidCertificate(_))));
        assert!(shake(&TlsSettings { verify: false, ..TlsSettings::default() }, &site).is_ok());
    }

    #[test]
    fn the_versions_offered_are_those_asked_for() {
        let site = site();
        for (versions, agreed) in [
            (TlsVersions::Both, ProtocolVersion::TLSv1_3),
            (TlsVersions::Tls12, ProtocolVersion::TLSv1_2),
            (TlsVersions::Tls13, ProtocolVersion::TLSv1_3),
        ] {
            let tls = TlsSettings { verify: false, versions, ..TlsSettings::default() };
            assert_eq!(shake(&tls, &site).unwrap().0, agreed);
        }
    }

    #[test]
    fn a_server_without_the_certificates_key_fails_even_where_nothing_is_checked() {
        let (mut stolen, thief) = (site(), site());
        stolen.signing_key = thief.signing_key;
        for versions in [TlsVersions::Tls12, TlsVersions::Tls13] {
            let tls = TlsSettings { verify: false, versions, ..TlsSettings::default() };
            assert!(shake(&tls, &stolen).is_err(), "{versions:?}");
        }
    }

    #[test]
    fn each_bad_file_has_a_message_of_its_own_that_names_it() {
        let good = site().cert.pem();
        let not_x509 = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let key = site().signing_key.serialize_pem();
        let cut_off = &good[..good.len() / 2];
        let bad_base64 = good.replacen("MII", "M*I", 1);
        let second_bad = format!("{good}{not_x509}");
        let table: [(&[u8], &str); 8] = [
            (b"", "is empty"),
            (b"\x30\x82\x01\x0a binary", "is not PEM"),
            (b"hello\n", "is not PEM"),
            (key.as_bytes(), "holds no certificate"),
            (cut_off.as_bytes(), "is damaged"),
            (bad_base64.as_bytes(), "is damaged"),
            (not_x509.as_bytes(), "certificate 1 in"),
            (second_bad.as_bytes(), "certificate 2 in"),
        ];
        for (text, expected) in table {
            let (_dir, tls) = of(text);
            let message = check(&tls).unwrap_err().to_string();
            assert!(message.contains(expected) && message.contains("ca.pem"), "{expected}: {message}");
        }
        let missing = check(&settings(TrustStore::File("/nonexistent/ca.pem".into()))).unwrap_err().to_string();
        assert!(missing.contains("/nonexistent/ca.pem") && missing.contains("--cacert"), "{missing}");
        assert!(check(&settings(TrustStore::File(std::env::temp_dir()))).is_err(), "a directory");
    }

    #[test]
    fn a_file_is_not_read_where_nothing_is_checked() {
        let tls = TlsSettings { verify: false, ..settings(TrustStore::File("/nonexistent/ca.pem".into())) };
        assert!(check(&tls).is_ok());
    }

    #[test]
    fn comments_around_certificates_are_passed_over() {
        let (_dir, tls) =
            of(format!("# the authority\n{}\nmore words\n{}", site().cert.pem(), site().cert.pem()).as_bytes());
        assert!(check(&tls).is_ok());
    }
}
