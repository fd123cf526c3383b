//! Samples on their way from the archive to the fleet's queue, on a thread of their own.
//!
//! What waits is known in the archive, so whatever ends the agent, the next one goes on where it stopped. A sample is
//! taken off only after the queue took it: it may arrive twice, and never not at all.

mod backoff;
mod carrier;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use parallax::adapters::archive::{Mode, open};
use parallax::adapters::aws::connection::{self, Patience};
use parallax::adapters::aws::failure::Kind;
use parallax::adapters::aws::queue::{Queue, url};
use parallax::adapters::kernel::step_back;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use self::carrier::Carrier;
use crate::exit::Problem;

/// So long it is still tried to send what waits, after the agent has ended.
const FAREWELL: Duration = Duration::from_secs(10);
/// Patience with a queue that may be unreachable for hours: a try that hangs shall not take long.
const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(5),
    attempt: Duration::from_secs(15),
    operation: Duration::from_secs(40),
    attempts: 3,
};

/// Where samples are to be sent.
pub(in crate::agent) struct Destination {
    runtime: Runtime,
    config: SdkConfig,
    url: String,
}

/// What stands after `--queue`; asks nothing of the queue.
pub(in crate::agent) fn destination(place: &str) -> Result<Destination, Problem> {
    const WANTED: &str =
        "write the queue's URL after `sqs:`, such as sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/parallax";
    let refused = |why: &str| Problem::input(format!("--queue {}: {why}; {WANTED}", place.escape_default()));
    let url = place.strip_prefix("sqs:").ok_or_else(|| refused("it is no queue of SQS"))?;
    let parsed = ::url::Url::parse(url).map_err(|_| refused("it has no URL"))?;
    let names = parsed.path_segments().map_or(0, |segments| segments.filter(|name| !name.is_empty()).count());
    if !matches!(parsed.scheme(), "http" | "https") || parsed.host_str().is_none() || names < 2 {
        return Err(refused("its URL is not that of a queue"));
    }
    if url.ends_with(".fifo") {
        return Err(Problem::input(format!(
            "--queue {}: a FIFO queue sorts what needs no order; make a standard queue",
            place.escape_default()
        )));
    }
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::unfinished(format!("cannot start: {error}")))?;
    let config = runtime.block_on(connection::config(url::region(url).as_deref(), PATIENCE));
    if config.region().is_none() {
        return Err(Problem::input(format!(
            "--queue {}: its URL does not say in which region it is; set AWS_REGION",
            place.escape_default()
        )));
    }
    if runtime.block_on(has_no_credentials(&config)) {
        return Err(Problem::input(format!("--queue {}: {}", place.escape_default(), Kind::Unauthenticated)));
    }
    Ok(Destination { runtime, config, url: url.to_owned() })
}

/// Whether nothing is set that could ever give any. Those that cannot be had right now are waited for: a host measures on
/// while AWS is out of reach.
async fn has_no_credentials(config: &SdkConfig) -> bool {
    let Some(provider) = config.credentials_provider() else { return true };
    matches!(
        provider.provide_credentials().await,
        Err(CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_))
    )
}

/// Samples are being sent.
pub(in crate::agent) struct Shipping {
    kept: Arc<Notify>,
    end: watch::Sender<Option<Instant>>,
    thread: JoinHandle<()>,
}

impl Shipping {
    /// Begins with what earlier runs left.
    pub(in crate::agent) fn start(destination: Destination, archive: &str, quiet: bool) -> Result<Self, Problem> {
        let archive = open(archive, Mode::Write).map_err(Problem::input)?;
        let (end, ended) = watch::channel(None);
        let kept = Arc::new(Notify::new());
        let news = kept.clone();
        let thread = std::thread::Builder::new().name("ship".to_owned()).spawn(move || {
            step_back();
            let queue = Queue::new(&destination.config, destination.url);
            let carrier = Carrier::new(archive, queue, quiet);
            destination.runtime.block_on(carrier.carry(&news, ended));
        });
        let thread = thread.map_err(|error| Problem::unfinished(format!("cannot start a thread: {error}")))?;
        Ok(Self { kept, end, thread })
    }

    /// Rung after each batch that was kept.
    pub(in crate::agent) fn bell(&self) -> Arc<Notify> {
        self.kept.clone()
    }

    /// Sends what waits, and waits no longer than ten seconds for it.
    pub(in crate::agent) fn finish(self) {
        // Nobody listens where the thread is gone.
        let _ = self.end.send(Some(Instant::now() + FAREWELL));
        let _ = self.thread.join();
    }
}
