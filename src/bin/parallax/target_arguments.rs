//! A page and how to ask for it: what was typed, then what it means. Names follow curl where curl has one.

mod expectation;
mod header;
mod name;
mod page;
pub(crate) mod quantity;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use parallax::measurement::identity::TargetId;
use parallax::probe::target::{
    AddressFamily, Coding, HttpMethod, HttpVersions, Resolver, Target, Timeouts, TlsSettings, TlsVersions, TrustStore,
};

use crate::exit::Problem;
use expectation::ExpectationArguments;
use header::TypedHeader;

/// As typed: nothing has been checked but its form.
#[derive(Debug, Args)]
pub(crate) struct TargetArguments {
    /// The page, with its scheme: https://www.example.com/
    #[arg(value_name = "URL")]
    url: String,
    /// What to call the page in the archive [default: its host and path]
    #[arg(long, value_name = "ID")]
    target: Option<String>,

    /// Follow redirects
    #[arg(short = 'L', long, help_heading = "Request")]
    location: bool,
    /// More redirects than this are a failure
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = quantity::whole(0_u32..=1_000), allow_negative_numbers = true, help_heading = "Request")]
    max_redirs: u32,
    /// Ask for the header only
    #[arg(short = 'I', long, help_heading = "Request")]
    head: bool,
    /// Send this header; its value is never kept and never printed
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header::typed, help_heading = "Request")]
    headers: Vec<TypedHeader>,
    /// Ask for gzip, brotli and zstd; like curl, nothing is asked for otherwise
    #[arg(long, conflicts_with = "accept_encoding", help_heading = "Request")]
    compressed: bool,
    /// Ask for these content codings
    #[arg(long, value_name = "CODING", value_delimiter = ',', help_heading = "Request")]
    accept_encoding: Vec<TypedCoding>,
    /// Stop reading the body here (bytes; K, M and G are understood): answered, and marked truncated
    #[arg(long, value_name = "BYTES", value_parser = quantity::bytes, allow_negative_numbers = true, default_value = "10M", help_heading = "Request")]
    max_filesize: u64,

    /// Offer HTTP/1.1 only
    #[arg(long = "http1.1", conflicts_with = "http2", help_heading = "Connection")]
    http1_1: bool,
    /// Offer HTTP/2 only
    #[arg(long, help_heading = "Connection")]
    http2: bool,
    /// IPv4 only
    #[arg(short = '4', long, conflicts_with = "ipv6", help_heading = "Connection")]
    ipv4: bool,
    /// IPv6 only
    #[arg(short = '6', long, help_heading = "Connection")]
    ipv6: bool,
    /// Who turns the name into addresses: our own questions, timed on the wire, or the system's getaddrinfo
    #[arg(long, value_name = "WHO", value_enum, default_value = "own", help_heading = "Connection")]
    resolver: TypedResolver,
    /// Go through this HTTP proxy
    #[arg(short = 'x', long, value_name = "[http://]HOST:PORT", help_heading = "Connection")]
    proxy: Option<String>,
    /// Loopback, private, link-local and metadata addresses may be asked
    #[arg(long, help_heading = "Connection")]
    allow_private: bool,

    /// Do not check the certificate
    #[arg(short = 'k', long, help_heading = "TLS")]
    insecure: bool,
    /// Trust the authorities in this PEM file, and no other
    #[arg(long, value_name = "FILE", conflicts_with = "trust", help_heading = "TLS")]
    cacert: Option<PathBuf>,
    /// Whom to trust: Mozilla's roots (built in, the same on every machine) or the system's store
    #[arg(long, value_name = "STORE", value_enum, default_value = "mozilla", help_heading = "TLS")]
    trust: TypedTrust,
    /// Offer TLS 1.2 or newer: the default, as in curl
    #[arg(long = "tlsv1.2", help_heading = "TLS")]
    tls_1_2: bool,
    /// Offer TLS 1.3 only
    #[arg(long = "tlsv1.3", help_heading = "TLS")]
    tls_1_3: bool,
    /// Offer no newer version than this
    #[arg(long, value_name = "VERSION", value_enum, help_heading = "TLS")]
    tls_max: Option<TypedTlsMax>,

    /// Give up after this time, all redirects included
    #[arg(short = 'm', long, value_name = "SECONDS", value_parser = quantity::seconds, default_value = "10", allow_negative_numbers = true, help_heading = "Limits")]
    max_time: Duration,
    /// Give up when the name, the connection or the TLS handshake takes longer than this, each
    #[arg(long, value_name = "SECONDS", value_parser = quantity::seconds, allow_negative_numbers = true, help_heading = "Limits")]
    connect_timeout: Option<Duration>,

    #[command(flatten)]
    expect: ExpectationArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TypedCoding {
    Gzip,
    #[value(alias = "brotli")]
    Br,
    Zstd,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TypedResolver {
    Own,
    System,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TypedTrust {
    Mozilla,
    System,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TypedTlsMax {
    #[value(name = "1.2")]
    Tls12,
    #[value(name = "1.3")]
    Tls13,
}

impl TargetArguments {
    /// The page, as typed.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What was typed, checked.
    ///
    /// # Errors
    /// The first thing that cannot be meant, by its flag, and what to write instead.
    pub(crate) fn target(&self) -> Result<Target, Problem> {
        let url = page::url(&self.url)?;
        let id = match &self.target {
            Some(typed) => TargetId::new(typed).map_err(|error| Problem::input(format!("--target: {error}")))?,
            None => name::of_page(&url)?,
        };
        let mut target = Target::new(id, url);
        if self.head {
            target.http_method = HttpMethod::Head;
        }
        target.headers = self.headers.iter().map(TypedHeader::meant).collect::<Result<_, _>>()?;
        target.follow_redirects = self.location;
        target.redirects_max = self.max_redirs;
        target.accept_encoding = self.codings();
        target.http = self.http_versions();
        target.family = self.family();
        target.resolver = match self.resolver {
            TypedResolver::Own => Resolver::Own,
            TypedResolver::System => Resolver::System,
        };
        target.tls = self.tls()?;
        target.proxy = self.proxy.as_deref().map(page::proxy).transpose()?;
        target.timeouts = self.timeouts();
        target.body_max = self.max_filesize;
        target.allow_private = self.allow_private;
        target.expect = self.expect.expectations()?;
        if target.http == HttpVersions::Http2 && target.url.scheme() == "http" {
            return Err(Problem::input("--http2 needs an https:// URL: HTTP/2 is agreed on in the TLS handshake"));
        }
        if let Some(largest) = target.expect.max_time.filter(|largest| *largest > target.timeouts.total) {
            let [largest, limit] = [largest, target.timeouts.total].map(humantime::format_duration);
            return Err(Problem::input(format!(
                "--expect-max-time {largest} is longer than --max-time ({limit}), so it could never fail; shorten it, or raise --max-time"
            )));
        }
        if target.http_method == HttpMethod::Head && target.expect.needs_body() {
            return Err(Problem::input(
                "--head asks for no body, so --expect-contains, -matches and -json cannot hold",
            ));
        }
        Ok(target)
    }

    fn codings(&self) -> Vec<Coding> {
        if self.compressed {
            return vec![Coding::Gzip, Coding::Brotli, Coding::Zstd];
        }
        let mut codings = Vec::new();
        for typed in &self.accept_encoding {
            let coding = match typed {
                TypedCoding::Gzip => Coding::Gzip,
                TypedCoding::Br => Coding::Brotli,
                TypedCoding::Zstd => Coding::Zstd,
            };
            if !codings.contains(&coding) {
                codings.push(coding);
            }
        }
        codings
    }

    fn http_versions(&self) -> HttpVersions {
        match (self.http1_1, self.http2) {
            (true, _) => HttpVersions::Http1,
            (_, true) => HttpVersions::Http2,
            _ => HttpVersions::Best,
        }
    }

    fn family(&self) -> AddressFamily {
        match (self.ipv4, self.ipv6) {
            (true, _) => AddressFamily::Ipv4,
            (_, true) => AddressFamily::Ipv6,
            _ => AddressFamily::Both,
        }
    }

    fn tls(&self) -> Result<TlsSettings, Problem> {
        let trust = match (&self.cacert, self.trust) {
            (Some(file), _) => TrustStore::File(file.clone()),
            (None, TypedTrust::Mozilla) => TrustStore::Mozilla,
            (None, TypedTrust::System) => TrustStore::System,
        };
        let versions = match (self.tls_1_3, self.tls_max) {
            (true, Some(TypedTlsMax::Tls12)) => {
                return Err(Problem::input("--tlsv1.3 and --tls-max 1.2 leave no version; drop one of them"));
            }
            (true, _) => TlsVersions::Tls13,
            (false, Some(TypedTlsMax::Tls12)) => TlsVersions::Tls12,
            // `--tlsv1.2` asks for what is the default already.
            (false, _) => TlsVersions::Both,
        };
        Ok(TlsSettings { verify: !self.insecure, trust, versions })
    }

    fn timeouts(&self) -> Timeouts {
        let mut timeouts = Timeouts::total(self.max_time);
        if let Some(limit) = self.connect_timeout {
            (timeouts.resolve, timeouts.connect, timeouts.tls) = (limit, limit, limit);
        }
        timeouts
    }
}

#[cfg(test)]
mod tests;
