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
