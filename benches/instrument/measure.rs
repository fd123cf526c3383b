//! The measuring process: exchanges one after the other, each told on a line of JSON.

use std::env;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use parallax::adapters::curl::Curl;
use parallax::adapters::exchange::Fresh;
use parallax::adapters::kernel;
use parallax::measurement::identity::TargetId;
use parallax::measurement::outcome::Outcome;
use parallax::measurement::phase::Phase;
use parallax::measurement::sample::Observation;
use parallax::measurement::units::Micros;
use parallax::probe::port::Measure;
use parallax::probe::target::{HttpVersions, Target, TrustStore};
use serde::{Deserialize, Serialize};
use url::Url;

/// Announces a job on the command line.
const JOB: &str = "--measure";
/// Exchanges of each method that are not counted: a monitor's first is not its usual one.
const WARM_UP: usize = 5;

/// What to measure.
#[derive(Debug, Serialize, Deserialize)]
pub struct Job {
    /// The page.
    pub url: Url,
    /// Whom to trust for it.
    pub authority: PathBuf,
    /// Exchanges of each method, warm-up excluded.
    pub rounds: usize,
    /// Whether curl takes turns with `fresh`.
    pub curl: bool,
    /// Before each exchange: what the last one left at the server's end is over.
    pub pause: Duration,
    /// Processor time used up before each exchange, as by a function that has other work too.
    pub work: Duration,
}

/// One exchange, as its method tells it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exchange {
    /// By curl; else by `fresh`.
    pub by_curl: bool,
    /// The client's port: what the capture is joined on.
    pub port: u16,
    /// The connect phase.
    pub connect_us: Micros,
    /// Its network part, where the method tells it.
    pub connect_network_us: Option<Micros>,
    /// From the start of connecting to the first byte of the response header.
    pub first_byte_us: Micros,
    /// From the first instant to the last byte of the body.
    pub total_us: Micros,
    /// As a capture would show it, where the method tells: SYN to the packet with the first byte of the header.
    pub wire_first_byte_us: Option<Micros>,
    /// Likewise: SYN to the last packet of the body.
    pub wire_total_us: Option<Micros>,
    /// The network parts of all phases, where the method tells them.
    pub network_us: Option<Micros>,
    /// CPU time: of the measuring thread, or of curl's process.
    pub cpu_us: Option<Micros>,
}

impl Job {
    /// The command that does it.
    pub fn arguments(&self) -> anyhow::Result<[String; 2]> {
        Ok([JOB.to_owned(), serde_json::to_string(self)?])
    }
}

/// The job in this process's arguments, if there is one.
pub fn asked() -> Option<Job> {
    let mut arguments = env::args().skip_while(|argument| argument != JOB).skip(1);
    serde_json::from_str(&arguments.next()?).ok()
}

/// What a measuring process printed.
pub fn told(output: &[u8]) -> anyhow::Result<Vec<Exchange>> {
    output
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| Ok(serde_json::from_slice(line)?))
        .collect()
}

/// Does the job: prints one [`Exchange`] a line.
pub fn run(job: &Job) -> anyhow::Result<()> {
    let target = target(job)?;
    let mut fresh = Fresh::new().context("make a fresh prober")?;
    let mut curl = if job.curl { Some(Curl::find()?) } else { None };
    for round in 0..WARM_UP + job.rounds {
        prepare(job);
        let mut told = vec![exchange(&fresh.measure(&target))?];
        if let Some(curl) = &mut curl {
            prepare(job);
            told.push(exchange(&curl.measure(&target))?);
        }
        if round >= WARM_UP {
            for exchange in told {
                println!("{}", serde_json::to_string(&exchange)?);
            }
        }
    }
    Ok(())
}

fn prepare(job: &Job) {
    thread::sleep(job.pause);
    let start = kernel::thread_cpu();
    let used = || Some(Duration::from(kernel::thread_cpu()?.saturating_sub(start?)));
    while used().is_some_and(|used| used < job.work) {
        std::hint::spin_loop();
    }
}

/// HTTP/1.1 for both, so that they ask for the same bytes.
fn target(job: &Job) -> anyhow::Result<Target> {
    let mut target = Target::new(TargetId::new("instrument")?, job.url.clone());
    target.http = HttpVersions::Http1;
    target.tls.trust = TrustStore::File(job.authority.clone());
    target.allow_private = true;
    Ok(target)
}

fn exchange(seen: &Observation) -> anyhow::Result<Exchange> {
    let [hop] = &seen.hops[..] else { bail!("an exchange of {} hops", seen.hops.len()) };
    ensure!(matches!(seen.outcome, Outcome::Answered(_)), "an exchange failed: {:?}", seen.outcome);
    let phases = &hop.phases;
    let local = hop.connection.as_ref().and_then(|connection| connection.local.as_ref());
    let port = local.context("an exchange does not tell its port")?.parse::<SocketAddr>()?.port();
    let connect = phases.connect.context("an exchange without a connect phase")?;
    let before_receive = phases.present().filter(|(phase, _)| (Phase::Connect..Phase::Receive).contains(phase));
    let process =
        seen.curl.as_ref().map(|run| run.user_cpu_us.zip(run.system_cpu_us).map(|(user, system)| user + system));
    Ok(Exchange {
        by_curl: seen.curl.is_some(),
        port,
        connect_us: connect.elapsed_us,
        connect_network_us: connect.network_us,
        first_byte_us: before_receive.map(|(_, time)| time.elapsed_us).sum(),
        total_us: seen.elapsed,
        wire_first_byte_us: hop.on_wire.map(|wire| wire.first_byte_us),
        wire_total_us: hop.on_wire.map(|wire| wire.last_byte_us),
        network_us: phases
            .present()
            .map(|(_, time)| time.network_us.map(|part| part.0))
            .sum::<Option<u64>>()
            .map(Micros),
        cpu_us: process.unwrap_or(seen.local.cpu_us),
    })
}
