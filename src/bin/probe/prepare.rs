//! What init does: all that can be done before the first invocation, because init has whole processors to itself.

use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use parallax::adapters::aws::connection::{self, Patience};
use parallax::adapters::aws::parameters::Parameters;
use parallax::adapters::aws::queue::Queue;
use parallax::adapters::aws::targets::Targets;
use parallax::adapters::clock;
use parallax::adapters::environment::invocations::Invocations;
use parallax::adapters::environment::of_this_process;
use parallax::adapters::function::crew::Crew;
use parallax::adapters::function::invoke::Function;
use parallax::adapters::function::post::Post;
use parallax::adapters::function::watched::Watched;
use parallax::adapters::resolve::configuration::Configuration;

use crate::settings::Settings;

/// Init waits no longer for the table: the rest of its answer is waited for by the invocation that waits for init. What
/// the reading costs a processor is done by then, but for the last of the handshake.
const TABLE_PATIENCE: Duration = Duration::from_millis(3);

/// Starts the threads, reads the surroundings and the table, and is ready.
///
/// # Errors
/// The method cannot be used here. A table that cannot be read is told by the first invocation, which tries again.
pub(crate) async fn function(settings: Settings, began: Instant) -> Result<Function, String> {
    let crew = Crew::start(settings.method.clone()).map_err(|error| format!("no thread: {error}"));
    // It asks the metadata endpoint and reads files, and the table is a network away: one goes on while the other waits.
    let surroundings = std::thread::spawn(|| of_this_process(&Configuration::read().resolvers(), None));
    let config = connection::config(None, Patience::PROBE).await;
    let mut watched = Watched::new(Targets::new(&config, &settings.table), Parameters::new(&config));
    watched.begin(clock::wall(), TABLE_PATIENCE).await;
    let post = Post::new(queue(&config, Some(&settings.home), &settings.queue), queue(&config, None, &settings.spool));
    let mut crew = crew?;
    crew.ready()?;
    let mut environment = surroundings.join().map_err(|_| "the surroundings cannot be read".to_owned())?;
    environment.init_duration_us = Some(began.elapsed().into());
    let invocations = Invocations::new(&environment, clock::wall());
    let Settings { vantage, method, tick, .. } = settings;
    Ok(Function { vantage, method, tick, environment, invocations, watched, crew, post })
}

/// A queue in its region, asked at the address that its URL names.
fn queue(config: &SdkConfig, region: Option<&str>, url: &str) -> Queue {
    match origin(url) {
        Some(origin) => Queue::new(&connection::elsewhere(config, region, origin), url),
        None => Queue::new(config, url),
    }
}

fn origin(url: &str) -> Option<&str> {
    let authority = url.find("://")? + "://".len();
    let end = url.get(authority..)?.find('/').map_or(url.len(), |end| authority + end);
    url.get(..end)
}
