//! One run of a scenario: two grounds are built, and their vantages measure in turns.

mod asking;
mod beside;
mod ground;
mod missing;
mod served;
mod watched;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::cpu_share;
use super::delaybox::Account;
use super::monitor::MonitorError;
use super::namespace::NamespaceError;
use super::nginx::NginxError;
use super::owner::is_gone;
use super::resolver::Lookup;
use super::scenario::Scenario;
use super::scenario::side::Way;
use super::schedule::{Turn, schedule, too_few};
use super::site::Met;
use super::site::certificate::FILES;
use super::vantage::{self, Command, VantageError};
use crate::adapters::clock;
use crate::measurement::units::UnixMillis;
use crate::measurement::wire::Record;

pub use missing::missing;

/// Why there is no run, or no whole one.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// What it would find nobody could explain.
    #[error("{0}")]
    TooFew(String),
    /// Networks cannot be made.
    #[error(transparent)]
    Namespace(#[from] NamespaceError),
    /// Nor a path between them.
    #[error(transparent)]
    Delay(#[from] super::delaybox::DelayError),
    /// Nor a share of a processor.
    #[error(transparent)]
    Share(#[from] cpu_share::ShareError),
    /// Nor a site.
    #[error(transparent)]
    Site(#[from] super::site::SiteError),
    /// Nor one that is an nginx.
    #[error(transparent)]
    Nginx(#[from] NginxError),
    /// A vantage.
    #[error(transparent)]
    Vantage(#[from] VantageError),
    /// A file, or the name server.
    #[error("cannot {what}: {reason}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system said.
        reason: std::io::Error,
    },
    /// What a monitor needs.
    #[error(transparent)]
    Monitor(#[from] MonitorError),
    /// A monitor that measures by itself did not, or did not keep it.
    #[error("{what}")]
    Unseen {
        /// What is not there.
        what: &'static str,
    },
    /// A side is a function, and nobody said where its program is.
    #[error("the program of the probe as a function is not there")]
    NoProbe,
    /// The quota did not bite.
    #[error("the kernel throttled {0} not once: it does not keep the quota, and there would be nothing to find")]
    NotThrottled(&'static str),
}

/// One request, and what the lab saw of it from outside.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What it was to meet.
    pub turn: Turn,
    /// What was measured.
    pub record: Record,
    /// Before it was asked for.
    pub from: Instant,
    /// After it was told of.
    pub to: Instant,
    /// Processor time of the measuring thread, milliseconds.
    pub cpu_ms: f64,
    /// Time for which it was ready to run and did not.
    pub stolen_ms: f64,
}

/// What the parts of one ground say that they did.
#[derive(Debug, Default)]
pub struct Accounts {
    /// The delay box.
    pub path: Account,
    /// The name server.
    pub lookups: Vec<Lookup>,
    /// What served the page and in which version, where that is another program.
    pub server: Option<String>,
    /// What measured, and what that stands on, in which versions, where those are other people's programs.
    pub programs: Vec<String>,
    /// The site.
    pub met: Vec<Met>,
    /// From when to when the process was held.
    pub held: Vec<(Instant, Instant)>,
    /// How often the share of a processor ran out, and for how long in all, milliseconds.
    pub throttled: Option<(u64, f64)>,
}

/// A run.
#[derive(Debug)]
pub struct Run {
    /// Requests in the order in which they were made.
    pub asked: Vec<Asked>,
    /// What our probe measured beside A, and beside B, where there is one.
    pub beside: [Vec<Record>; 2],
    /// What monitors of A, and of B, measured about the same times with one option switched; methods tell which.
    pub switched: [Vec<Record>; 2],
    /// Of A, and of B.
    pub accounts: [Accounts; 2],
    /// Not all of them were made.
    pub stopped: bool,
}

/// How a run is done.
pub struct Doing<'a> {
    /// How often each side measures.
    pub rounds: u32,
    /// Where randomness starts.
    pub seed: u64,
    /// What starts a vantage.
    pub vantage: &'a Command,
    /// The probe as a function, for scenarios with such a side.
    pub probe: Option<&'a Path>,
    /// Hears of each sample; its error ends the run.
    pub hear: &'a mut dyn FnMut(&Record) -> Result<(), RunError>,
    /// Whether to stop.
    pub stop: &'a dyn Fn() -> bool,
}

/// Files that killed runs left behind have this prefix, and the number of their process.
const PREFIX: &str = "parallax-lab-";

/// Builds, measures, and takes down again.
///
/// # Errors
/// See [`RunError`]. What was built is taken down in any case.
pub fn run(scenario: &Scenario, doing: &mut Doing<'_>) -> Result<Run, RunError> {
    if let Some(why) = too_few(&scenario.sides, doing.rounds) {
        return Err(RunError::TooFew(why));
    }
    cpu_share::sweep();
    sweep(&std::env::temp_dir(), &[PREFIX, FILES]);
    let prefix = format!("{PREFIX}{}-", std::process::id());
    let folder = tempfile::Builder::new()
        .prefix(&prefix)
        .tempdir()
        .map_err(|reason| RunError::Io { what: "make a folder for the run".to_owned(), reason })?;
    if scenario.is_of_monitors() || scenario.needs_nginx() {
        // Their servers are nobody, and have files in it.
        let passable = std::os::unix::fs::PermissionsExt::from_mode(0o711);
        std::fs::set_permissions(folder.path(), passable).map_err(io("open the run's folder to servers"))?;
    }
    let turns = schedule(&scenario.sides, doing.rounds, doing.seed);
    let mut grounds = [ground(scenario, 0, folder.path(), doing)?, ground(scenario, 1, folder.path(), doing)?];
    // A schedule whose hours pass in a minute lies in the past: nobody measures what is to come.
    let length_ms = turns.iter().filter_map(|turn| turn.slot_ms).max().unwrap_or(0);
    let schedule_from = clock::wall().0 - length_ms;
    let mut all = Vec::with_capacity(turns.len());
    let mut beside: [Vec<Record>; 2] = Default::default();
    let mut stopped = false;
    for turn in turns {
        match grounds[turn.side].ask(turn, doing.stop) {
            Ok(mut answered) => {
                let slot_ms = turn.slot_ms.map(|slot| UnixMillis(schedule_from + slot));
                if let Ok(one) = &mut answered.request {
                    one.record.sample.slot_ms = slot_ms;
                    (doing.hear)(&one.record)?;
                }
                if let Some(record) = &mut answered.beside {
                    record.sample.slot_ms = slot_ms;
                    (doing.hear)(record)?;
                }
                beside[turn.side].extend(answered.beside);
                all.push(answered.request);
            }
            Err(RunError::Vantage(VantageError::Stopped)) => {
                stopped = true;
                break;
            }
            Err(error) => return Err(error),
        }
    }
    let kept = [grounds[0].kept()?, grounds[1].kept()?];
    let seen = all.iter().filter(|one| one.is_err()).count();
    let (kept, switched) = watched::apart(kept, &scenario.sides);
    let (asked, lost) = watched::settled(all, kept);
    let switched = watched::beside(&asked, switched, &beside);
    for one in asked.iter().filter(|one| scenario.sides[one.turn.side].method == Way::Zabbix) {
        (doing.hear)(&one.record)?;
    }
    for record in switched.iter().flatten() {
        (doing.hear)(record)?;
    }
    if lost * 10 > seen {
        return Err(RunError::Unseen {
            what: "of the checks that reached the site, the monitor kept less than nine in ten",
        });
    }
    let accounts = grounds.map(ground::Ground::finish);
    for (side, name) in [(0, "A"), (1, "B")] {
        // Less than half of a processor runs out in most requests; a larger share may never.
        let of = &scenario.sides[side];
        let small = of.held_ms.is_none() && of.memory_mb.is_some_and(|memory| memory.0 <= 256);
        if small && asked.len() >= 40 && accounts[side].throttled.is_none_or(|(periods, _)| periods == 0) {
            return Err(RunError::NotThrottled(name));
        }
    }
    Ok(Run { asked, beside, switched, accounts, stopped })
}

fn ground(scenario: &Scenario, side: usize, folder: &Path, doing: &Doing<'_>) -> Result<ground::Ground, RunError> {
    ground::Ground::build(&scenario.sides[side], side, folder, doing)
}

/// Removes what runs that were killed left in a folder: what has one of these prefixes and the number of a process that is
/// no more. All else of theirs went with them.
pub fn sweep(folder: &Path, prefixes: &[&str]) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let rest = name.to_str().and_then(|name| prefixes.iter().find_map(|prefix| name.strip_prefix(prefix)));
        let owner = rest.and_then(|rest| rest.split('-').next()?.parse::<u32>().ok());
        if owner.is_some_and(is_gone) {
            let path = entry.path();
            // What stays is removed by the next run.
            let _ = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
        }
    }
}

fn duration(ms: f64) -> Duration {
    Duration::from_secs_f64(ms.max(0.0) / 1_000.0)
}

fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> RunError {
    let what = what.into();
    move |reason| RunError::Io { what, reason }
}

/// A program of its own for each side that starts cold: what nobody runs can leave the page cache.
fn copied(command: &vantage::Command, folder: &Path) -> Result<vantage::Command, RunError> {
    let program: PathBuf = folder.join("vantage");
    std::fs::copy(&command.program, &program).map_err(io("copy the program of a vantage"))?;
    // Dirty pages do not leave the cache.
    std::fs::File::open(&program).and_then(|file| file.sync_all()).map_err(io("write the program of a vantage"))?;
    Ok(vantage::Command { program, arguments: command.arguments.clone() })
}
