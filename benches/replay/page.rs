//! The pages: one site over plain HTTP, and over HTTPS with as much or as little to check as curl's options make of it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use parallax::adapters::curl::Curl;
use parallax::adapters::exchange::Fresh;
use parallax::adapters::identifier::sample_id;
use parallax::lab::site::{Options, Site, TlsOffer};
use parallax::measurement::identity::{Method, TargetId, Vantage};
use parallax::measurement::outcome::Outcome;
use parallax::measurement::sample::{Identity, Sample};
use parallax::probe::port::Measure;
use parallax::probe::target::{HttpVersions, Target, TrustStore};
use tempfile::NamedTempFile;

/// Where distributions keep what curl trusts by itself.
const SYSTEM: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/// A page, and both who measure it.
pub struct Page {
    /// For the table.
    pub name: &'static str,
    /// The real one.
    pub curl: Curl,
    fresh: Fresh,
    target: Target,
    _site: Site,
    _authorities: Option<NamedTempFile>,
}

impl Page {
    /// Plain HTTP first.
    pub fn all() -> anyhow::Result<Vec<Self>> {
        let mut pages = vec![
            Self::new("plain HTTP", TlsOffer::Plain, |_| Ok(()))?,
            Self::new("HTTPS, one authority", TlsOffer::Both, |_| Ok(()))?,
            Self::new("HTTPS, -k", TlsOffer::Both, |page| {
                page.target.tls.verify = false;
                Ok(())
            })?,
        ];
        if let Some(system) = SYSTEM.iter().map(PathBuf::from).find(|path| path.exists()) {
            pages.push(Self::new("HTTPS, all authorities", TlsOffer::Both, |page| page.trust_also(&system))?);
        }
        Ok(pages)
    }

    fn new(
        name: &'static str,
        tls: TlsOffer,
        change: impl FnOnce(&mut Self) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let site = Site::start(Options { redirect: false, tls, ..Options::default() })?;
        let mut target = Target::new(TargetId::new("replay")?, site.url("/page"));
        // For both, so that they ask for the same bytes.
        target.http = HttpVersions::Http1;
        target.allow_private = true;
        target.tls.trust = TrustStore::File(site.authority_path().to_owned());
        let (curl, fresh) = (Curl::find()?, Fresh::new()?);
        let mut page = Self { name, curl, fresh, target, _site: site, _authorities: None };
        change(&mut page)?;
        Ok(page)
    }

    /// As many authorities to read as curl has by itself, and the site's own.
    fn trust_also(&mut self, system: &Path) -> anyhow::Result<()> {
        let mut all = fs::read(system).with_context(|| format!("read {}", system.display()))?;
        all.extend(fs::read(self._site.authority_path())?);
        let mut file = NamedTempFile::new()?;
        file.write_all(&all)?;
        self.target.tls.trust = TrustStore::File(file.path().to_owned());
        self._authorities = Some(file);
        Ok(())
    }

    /// One measurement: 0 is `fresh`, anything else curl.
    pub fn measure(&mut self, method: usize) -> anyhow::Result<Sample> {
        let (method, seen) = match method {
            0 => (Method::Fresh, self.fresh.measure(&self.target)),
            _ => (Method::Curl, self.curl.measure(&self.target)),
        };
        ensure!(matches!(seen.outcome, Outcome::Answered(_)), "{}: {method}: {:?}", self.name, seen.outcome);
        Ok(seen.named(Identity {
            id: sample_id(),
            target: self.target.id.clone(),
            vantage: Vantage::new("host/bench")?,
            method,
            slot: None,
            slot_guessed: false,
            invocation: None,
        }))
    }
}
