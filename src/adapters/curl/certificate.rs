//! The server's certificate, which curl 7.88 and later print among other text.

use x509_parser::pem::parse_x509_pem;

use crate::adapters::exchange::tls::days_left;
use crate::measurement::units::UnixMillis;
use crate::probe::redact;

/// What is kept of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Certificate {
    /// Whole days until it ends, rounded down.
    pub(super) days_left: i32,
    pub(super) issuer: String,
}

/// The first certificate of the chain: the server's own. Absent where curl printed none that can be read.
pub(super) fn first(certs: &str, now: UnixMillis) -> Option<Certificate> {
    let pem = &certs[certs.find("-----BEGIN CERTIFICATE-----")?..];
    let (_, pem) = parse_x509_pem(pem.as_bytes()).ok()?;
    let certificate = pem.parse_x509().ok()?;
    let days_left = days_left(certificate.validity().not_after.timestamp(), now);
    Some(Certificate { days_left, issuer: redact::text(&certificate.issuer().to_string()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_certificate_is_read_and_text_that_holds_none_is_not() {
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2030, 1, 2);
        let pem = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem();
        let day_before = UnixMillis(1_893_456_000_000);
        assert_eq!(first(&format!("Subject:x\nCert:{pem}"), day_before).unwrap().days_left, 1);
        assert_eq!(first(&pem, UnixMillis(day_before.0 + 86_400_001)).unwrap().days_left, -1);
        for text in
            ["", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
        {
            assert_eq!(first(text, day_before), None);
        }
    }
}
