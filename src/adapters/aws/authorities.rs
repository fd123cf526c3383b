//! Whom AWS's clients trust: the system's authorities, read from one file.
//!
//! The usual way reads the file and then every certificate of the system's folder once more, which on some systems is
//! hundreds of files: most of what a function's start would cost.

use std::path::PathBuf;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Where systems keep all of their authorities in one file: Amazon Linux and its kin, then Debian and its.
const BUNDLES: [&str; 2] = ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt"];
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The authorities as PEM, each of which can be used: those of `SSL_CERT_FILE`, else the system's. `None` where there is
/// no such file, or `SSL_CERT_DIR` names a folder: then the usual way has to do.
pub(super) fn pem(variable: &dyn Fn(&str) -> Option<String>) -> Option<Vec<u8>> {
    if variable("SSL_CERT_DIR").is_some() {
        return None;
    }
    let named = variable("SSL_CERT_FILE").map(PathBuf::from);
    let text = match named {
        Some(file) => std::fs::read(file).ok()?,
        None => BUNDLES.iter().find_map(|file| std::fs::read(file).ok())?,
    };
    let usable = usable(&String::from_utf8_lossy(&text));
    (!usable.is_empty()).then_some(usable.into_bytes())
}

/// The blocks of a PEM file that are certificates of authorities; the others would end the program where they are used.
fn usable(text: &str) -> String {
    let (mut all, mut broken) = (Vec::new(), false);
    for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
        certificate.map_or_else(|_| broken = true, |certificate| all.push(certificate));
    }
    let (added, unusable) = RootCertStore::empty().add_parsable_certificates(all);
    if !broken && unusable == 0 && added > 0 {
        return text.to_owned();
    }
    let mut usable = String::with_capacity(text.len());
    for block in text.split(BEGIN).skip(1) {
        let Some((body, _)) = block.split_once(END) else { continue };
        let block = format!("{BEGIN}{body}{END}\n");
        let certificate = CertificateDer::from_pem_slice(block.as_bytes());
        if certificate.is_ok_and(|certificate| RootCertStore::empty().add(certificate).is_ok()) {
            usable.push_str(&block);
        }
    }
    usable
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority() -> String {
        rcgen::generate_simple_self_signed(vec!["authority.example".to_owned()])
            .unwrap()
            .cert
            .pem()
            .replace("\r\n", "\n")
    }

    #[test]
    fn what_is_no_certificate_is_left_out_and_takes_no_other_with_it() {
        let (one, two) = (authority(), authority());
        let bad = format!("{BEGIN}\nAAAA\n{END}\n");
        let cut_off = &one[..one.len() / 2];
        let text = format!("# a list\n{one}{bad}\n{two}{cut_off}");
        assert_eq!(usable(&text), format!("{one}{two}"));
        assert_eq!(usable("nothing of the kind"), "");
    }

    #[test]
    fn the_environment_says_which_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("own.pem");
        std::fs::write(&file, authority()).unwrap();
        let file = file.display().to_string();
        let with = |names: &'static [&'static str]| {
            let file = file.clone();
            pem(&move |name| names.contains(&name).then(|| file.clone()))
        };
        assert!(with(&["SSL_CERT_FILE"]).is_some());
        assert_eq!(with(&["SSL_CERT_FILE", "SSL_CERT_DIR"]), None);
        assert_eq!(pem(&|name| (name == "SSL_CERT_FILE").then(|| "/nonexistent".to_owned())), None);
    }
}
