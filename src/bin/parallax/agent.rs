//! `parallax agent FLEET.toml`: this host as a vantage.

mod journal;
mod keeper;
mod lock;
#[cfg(feature = "aws")]
mod ship;
#[cfg(not(feature = "aws"))]
#[path = "agent/no_ship.rs"]
mod ship;
mod signals;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use parallax::adapters::agent::end::{AgentError, Ended};
use parallax::adapters::agent::inbox::stop;
use parallax::adapters::agent::run::run as run_agent;
use parallax::adapters::agent::{Agent, Identity};
use parallax::adapters::archive::{Mode, open};
use parallax::adapters::clock;
use parallax::adapters::environment::invocations::Invocations;
use parallax::adapters::environment::of_this_process;
use parallax::adapters::identifier::sample_id;
use parallax::adapters::probers::prober;
use parallax::adapters::resolve::configuration::Configuration;
use parallax::measurement::counted::counted;
use parallax::measurement::identity::Method;
use parallax::probe::fleet::host::Host;
use parallax::probe::fleet::{FILE_BYTES_MAX, Fleet, decode, parse};
use parallax::probe::schedule::order::Line;

use crate::exit::{Answer, Outcome, Problem};
use crate::output::tell;

use self::journal::Terminal;
use self::keeper::Keeper;
use self::ship::Shipping;

/// What was typed.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Which pages, how and when: see examples/fleet.toml
    #[arg(value_name = "FLEET.toml")]
    fleet: PathBuf,
    /// Where samples are kept
    #[arg(long, value_name = "sqlite:PATH", default_value = "sqlite:parallax.db")]
    archive: String,
    /// Where each sample is sent, too, once it is kept: the queue of a fleet on AWS
    #[arg(long, value_name = "sqs:URL")]
    queue: Option<String>,
    /// Exchanges in flight at most; each has a thread to itself
    #[arg(long, value_name = "N", default_value = "2", value_parser = in_flight, allow_negative_numbers = true)]
    in_flight: NonZeroUsize,
    /// Measure the slot of now, where it has no sample yet, and end
    #[arg(long)]
    once: bool,
    /// One line of JSON on standard output for each sample once it is safely kept, and for each slot missed
    #[arg(long)]
    json: bool,
    /// Say nothing but what is wrong
    #[arg(long, short)]
    quiet: bool,
}

const IN_FLIGHT_MAX: usize = 64;

fn in_flight(text: &str) -> Result<NonZeroUsize, String> {
    let number = text.parse().ok().filter(|number: &NonZeroUsize| number.get() <= IN_FLIGHT_MAX);
    number.ok_or_else(|| format!("write a whole number from 1 to {IN_FLIGHT_MAX}"))
}

/// Runs until Ctrl-C, or for one slot.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let began = Instant::now();
    let (asked, inbox) = stop();
    let host = read(&arguments.fleet)?;
    let lines = lines(&host);
    for method in lines.iter().map(|line| &line.method).collect::<BTreeSet<_>>() {
        prober(method).map_err(Problem::input)?;
    }
    let destination = arguments.queue.as_deref().map(ship::destination).transpose()?;
    let archive = open(&arguments.archive, Mode::Write).map_err(Problem::input)?;
    let _alone = lock::take(&arguments.archive, &host.vantage)?;
    signals::forward(asked)?;

    let environment = of_this_process(&Configuration::read().resolvers(), Some(began.elapsed()));
    let invocations = Invocations::new(&environment, clock::wall());
    let identity = Identity {
        vantage: host.vantage.clone(),
        environment,
        name: Box::new(sample_id),
        invocation: Box::new(move || invocations.next(clock::wall())),
    };
    let shipping = match destination {
        Some(destination) => Some(Shipping::start(destination, &arguments.archive, arguments.quiet)?),
        None => None,
    };
    let keeper = Keeper::new(archive, &identity, shipping.as_ref().map(Shipping::bell))?;
    let pages = counted(host.pages.len(), "page");
    let agent = Agent {
        lines,
        targets: host.pages.into_iter().map(|page| (page.target.id.clone(), Arc::new(page.target))).collect(),
        identity: Arc::new(identity),
        probers: Arc::new(|method: &Method| Ok(prober(method).map_err(|error| error.to_string())?)),
        in_flight: arguments.in_flight,
        keep: host.keep,
        once: arguments.once,
    };
    if !arguments.quiet {
        tell(format_args!("{}: watching {pages} into {}; Ctrl-C ends", host.vantage, arguments.archive));
    }
    let journal = Terminal { json: arguments.json, quiet: arguments.quiet };
    let ended = run_agent(agent, Box::new(keeper), Box::new(journal), inbox);
    if let Some(shipping) = shipping.filter(|_| !matches!(ended, Ok(Ended::AtOnce))) {
        shipping.finish();
    }
    match ended {
        Ok(Ended::InOrder) => Ok(Answer::Done),
        Ok(Ended::AtOnce) => Err(Problem::unfinished("stopped at once; samples that were not kept yet are lost")),
        Err(AgentError::Archive(error)) => Err(Problem::input(error)),
        Err(error) => Err(Problem::unfinished(error)),
    }
}

fn read(path: &Path) -> Result<Host, Problem> {
    let name = path.display().to_string();
    let unreadable = |error| Problem::input(format!("cannot read {name}: {error}; name a fleet file"));
    let mut bytes = Vec::new();
    let most = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path).map_err(unreadable)?.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
    decode(&bytes)
        .and_then(|text| parse(text, &|variable| std::env::var(variable).ok()))
        .and_then(Fleet::on_host)
        .map_err(|error| Problem::input(error.named(&name)))
}

fn lines(host: &Host) -> Vec<Line> {
    let ways = host.pages.iter().flat_map(|page| page.methods.iter().map(move |method| (page, method)));
    ways.map(|(page, method)| Line { target: page.target.id.clone(), method: method.clone(), grid: page.grid })
        .collect()
}
