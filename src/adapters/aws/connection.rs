//! How AWS is reached: one HTTP client with one TLS stack, and limits on patience.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::authorities;

/// How long a caller waits for AWS, and how often it asks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Until a connection stands.
    pub connect: Duration,
    /// One try, from its first byte to the last of the answer.
    pub attempt: Duration,
    /// All tries together.
    pub operation: Duration,
    /// Tries, the first included; what is throttled or lost on a connection is tried again after a random pause.
    pub attempts: u32,
}

impl Patience {
    /// For a person at a terminal.
    pub const COMMAND: Self = Self {
        connect: Duration::from_secs(5),
        attempt: Duration::from_secs(30),
        operation: Duration::from_secs(120),
        attempts: 5,
    };
    /// For a probe, whose samples can go to a spool, and which tries again in the next slot what it could not read.
    pub const PROBE: Self = Self {
        connect: Duration::from_millis(1_500),
        attempt: Duration::from_millis(2_000),
        operation: Duration::from_millis(4_500),
        attempts: 3,
    };
    /// For a function that is billed while it waits, and whose samples can go to a spool instead.
    pub const FUNCTION: Self = Self {
        connect: Duration::from_secs(2),
        attempt: Duration::from_secs(4),
        operation: Duration::from_secs(10),
        attempts: 3,
    };
}

/// One HTTP client for all services, on the one TLS stack of this program; it trusts the system's authorities, or those of
/// `SSL_CERT_FILE`.
#[must_use]
pub fn http() -> SharedHttpClient {
    let client = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    let pem = authorities::pem(&|name| std::env::var(name).ok());
    let context =
        pem.map(|pem| TlsContext::builder().with_trust_store(TrustStore::empty().with_pem_certificate(pem)).build());
    SharedHttpClient::new(OnFirstUse(match context {
        Some(Ok(context)) => client.tls_context(context).build_https(),
        Some(Err(_)) | None => client.build_https(),
    }))
}

/// A client that parses the authorities once, when it first connects: asked whether it is in order, it would do so for each
/// service anew, and forget them.
#[derive(Debug)]
struct OnFirstUse(SharedHttpClient);

impl HttpClient for OnFirstUse {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

/// The configuration of all clients: credentials, region and endpoints from the environment, as every AWS tool finds
/// them (`AWS_PROFILE`, `AWS_REGION`, `AWS_ENDPOINT_URL` and the rest).
///
/// Connects to nothing yet. `region` is asked for instead of the environment's.
pub async fn config(region: Option<&str>, patience: Patience) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(patience.connect)
        .operation_attempt_timeout(patience.attempt)
        .operation_timeout(patience.operation)
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http())
        .retry_config(RetryConfig::standard().with_max_attempts(patience.attempts))
        .timeout_config(timeouts);
    if let Some(region) = region {
        loader = loader.region(Region::new(region.to_owned()));
    }
    loader.load().await
}

/// The same in another region, asked at this address whatever the environment says of addresses.
#[must_use]
pub fn elsewhere(config: &SdkConfig, region: Option<&str>, endpoint: &str) -> SdkConfig {
    let region = region.map(|region| Region::new(region.to_owned())).or_else(|| config.region().cloned());
    // Made anew: a builder of the old one remembers that its address came from the environment, which then goes first.
    let mut builder = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).endpoint_url(endpoint);
    builder
        .set_region(region)
        .set_http_client(config.http_client())
        .set_credentials_provider(config.credentials_provider())
        .set_identity_cache(config.identity_cache())
        .set_retry_config(config.retry_config().cloned())
        .set_timeout_config(config.timeout_config().cloned())
        .set_sleep_impl(config.sleep_impl())
        .set_time_source(config.time_source());
    builder.build()
}

/// The same configuration with shorter pauses between tries of what was throttled: for a function that makes hundreds of
/// small calls, each of which may be throttled by itself, and has a pause of its own before it asks for all again.
#[must_use]
pub fn with_pauses_from(config: SdkConfig, patience: Patience, first: Duration) -> SdkConfig {
    let retry = RetryConfig::standard()
        .with_max_attempts(patience.attempts)
        .with_initial_backoff(first)
        .with_max_backoff(first.saturating_mul(16));
    config.into_builder().retry_config(retry).build()
}
