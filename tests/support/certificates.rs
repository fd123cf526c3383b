//! A certificate authority of our own, and certificates good and bad.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// Nothing: for `localhost`, `127.0.0.1` and `::1`, signed by the authority.
    Good,
    /// It ended in 2001.
    Expired,
    /// It is for `elsewhere.example`.
    OtherName,
    /// It signed itself.
    SelfSigned,
}

/// The authority of this test run.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: tempfile::NamedTempFile,
}

impl Authority {
    /// The authority; made once.
    pub fn get() -> &'static Self {
        static AUTHORITY: OnceLock<Authority> = OnceLock::new();
        AUTHORITY.get_or_init(|| {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
            params.distinguished_name.push(DnType::CommonName, "Parallax test authority");
            let pem = params.self_signed(&key).unwrap().pem();
            let file = tempfile::Builder::new().suffix(".pem").tempfile().unwrap();
            std::fs::write(file.path(), pem).unwrap();
            Self { issuer: Issuer::new(params, key), file }
        })
    }

    /// Its certificate as a PEM file, for `--cacert`.
    pub fn pem_file(&self) -> &Path {
        self.file.path()
    }

    fn certify(&self, kind: Certificate) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let names: &[&str] = match kind {
            Certificate::OtherName => &["elsewhere.example"],
            _ => &["localhost", "127.0.0.1", "::1"],
        };
        let mut params = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
        params.distinguished_name.push(DnType::CommonName, names[0]);
        if kind == Certificate::Expired {
            (params.not_before, params.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(2001, 1, 1));
        }
        let certificate = match kind {
            Certificate::SelfSigned => params.self_signed(&key),
            _ => params.signed_by(&key, &self.issuer),
        };
        (certificate.unwrap().der().clone(), PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())))
    }

    /// A server's side of TLS.
    pub fn server_config(
        &self,
        kind: Certificate,
        versions: &[&'static rustls::SupportedProtocolVersion],
        alpn: &[&[u8]],
    ) -> Arc<ServerConfig> {
        let (certificate, key) = self.certify(kind);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        Arc::new(config)
    }
}
