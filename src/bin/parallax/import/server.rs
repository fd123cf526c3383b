//! Which server is asked, and what it is told of who asks.

use std::path::PathBuf;
use std::time::Duration;

use parallax::adapters::import::server::address::Address;
use parallax::adapters::import::server::client::{Client, Credentials};
use parallax::adapters::import::server::fault::Fault;
use parallax::probe::target::{TlsSettings, TrustStore};

use crate::exit::Problem;
use crate::output::tell;
use crate::target_arguments::quantity;

#[derive(Debug, clap::Args)]
pub(super) struct ServerArguments {
    /// The server, with its scheme, and without credentials
    #[arg(long, value_name = "URL", help_heading = "Server")]
    url: String,
    /// The environment variable that holds the API token; a token is never kept and never printed
    #[arg(long, value_name = "VARIABLE", help_heading = "Server")]
    token_env: Option<String>,
    /// Trust the authorities in this PEM file, and no other
    #[arg(long, value_name = "FILE", help_heading = "Server")]
    cacert: Option<PathBuf>,
    /// Do not check the server's certificate
    #[arg(short = 'k', long, help_heading = "Server")]
    insecure: bool,
    /// Give up on an answer that takes longer than this
    #[arg(short = 'm', long, value_name = "SECONDS", value_parser = quantity::seconds, default_value = "60", help_heading = "Server")]
    max_time: Duration,
}

/// A server to be asked.
pub(super) struct Asked {
    pub(super) client: Client,
    pub(super) address: Address,
    pub(super) credentials: Credentials,
}

impl ServerArguments {
    /// What was typed, checked; `login` is what another flag took in place of a token.
    pub(super) fn asked(&self, login: Option<Credentials>) -> Result<Asked, Problem> {
        let address = Address::new(&self.url, "token").map_err(|error| Problem::input(format!("--url: {error}")))?;
        let token = match &self.token_env {
            Some(variable) => Some(
                Credentials::token(variable, std::env::var(variable).ok())
                    .map_err(|error| Problem::input(format!("--token-env: {error}")))?,
            ),
            None => None,
        };
        let credentials = token.or(login).unwrap_or_default();
        if address.is_clear() && !matches!(credentials, Credentials::None) {
            tell(format_args!(
                "parallax: --url is not https, so the {} goes over the network in the clear",
                credentials.name()
            ));
        }
        let trust = self.cacert.clone().map_or(TrustStore::Mozilla, TrustStore::File);
        let tls = TlsSettings { verify: !self.insecure, trust, ..TlsSettings::default() };
        let client = Client::new(&tls, self.max_time).map_err(problem)?;
        Ok(Asked { client, address, credentials })
    }

    /// Whether a token was named.
    pub(super) fn has_token(&self) -> bool {
        self.token_env.is_some()
    }
}

pub(super) fn problem(fault: Fault) -> Problem {
    if fault.may_pass() { Problem::unfinished(fault) } else { Problem::input(fault) }
}
