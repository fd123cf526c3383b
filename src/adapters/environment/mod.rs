//! Where a probe runs: all that it can see of its own surroundings, on Lambda or on a host.
//!
//! Read once, outside every timed section: nothing here changes while a sandbox or a process lives. What cannot be read
//! is absent. No host behind a sandbox is claimed: nothing visible from inside tells one from another.

pub mod invocations;
mod metadata;
mod processor;
mod quota;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use crate::measurement::environment::Environment;
use crate::measurement::units::Micros;

/// A file of `/proc` or `/sys` is read up to here: `cpuinfo` of a large machine stays below.
const FILE_MAX: u64 = 1024 * 1024;
/// The longest value that is kept, in characters.
const VALUE_MAX: usize = 128;

/// What the surroundings are seen through.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The environment's variables.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The directory that holds `proc` and `sys`: `/`.
    pub root: &'a Path,
    /// The name servers in use.
    pub resolvers: &'a [String],
    /// From process start to ready, where the caller knows it.
    pub init_duration: Option<Duration>,
}

impl Surroundings<'_> {
    /// The first bytes of a file below the root; `None` if it cannot be read.
    fn file(&self, path: &str) -> Option<String> {
        let mut bytes = Vec::new();
        File::open(self.root.join(path)).ok()?.take(FILE_MAX).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A variable that is set to something, fit to be kept.
    fn word(&self, name: &str) -> Option<String> {
        word(&(self.variable)(name)?)
    }
}

/// One line without control characters, at most 128 characters; `None` if nothing is left.
fn word(text: &str) -> Option<String> {
    let word: String = text.trim().chars().filter(|c| !c.is_control()).take(VALUE_MAX).collect();
    (!word.is_empty()).then_some(word)
}

/// The surroundings of this process.
#[must_use]
pub fn of_this_process(resolvers: &[String], init_duration: Option<Duration>) -> Environment {
    let variable = |name: &str| std::env::var(name).ok();
    observe(&Surroundings { variable: &variable, root: Path::new("/"), resolvers, init_duration })
}

/// The surroundings seen through the argument.
///
/// On Lambda (`AWS_LAMBDA_FUNCTION_NAME` is set) asks the sandbox's metadata endpoint for the availability zone, for
/// half a second at most.
#[must_use]
pub fn observe(seen: &Surroundings<'_>) -> Environment {
    let here = Environment {
        platform: "host".to_owned(),
        init_duration_us: seen.init_duration.map(Micros::from),
        cpu_quota_milli: quota::milli_cpus(seen),
        cpus: processor::count(seen),
        architecture: std::env::consts::ARCH.to_owned(),
        cpu_model: processor::model(seen),
        kernel: kernel(seen),
        resolvers: seen.resolvers.to_vec(),
        probe_version: env!("CARGO_PKG_VERSION").to_owned(),
        ..Environment::default()
    };
    match seen.word("AWS_LAMBDA_FUNCTION_NAME") {
        Some(function) => on_lambda(here, function, seen),
        None => Environment { sandbox: seen.file("proc/sys/kernel/random/boot_id").and_then(|id| word(&id)), ..here },
    }
}

fn on_lambda(here: Environment, function: String, seen: &Surroundings<'_>) -> Environment {
    let version = seen.word("AWS_LAMBDA_FUNCTION_VERSION");
    Environment {
        platform: "lambda".to_owned(),
        region: seen.word("AWS_REGION").or_else(|| seen.word("AWS_DEFAULT_REGION")),
        az_id: metadata::availability_zone(seen),
        sandbox: seen.word("AWS_LAMBDA_LOG_STREAM_NAME"),
        init_type: seen.word("AWS_LAMBDA_INITIALIZATION_TYPE"),
        memory_mb: seen.word("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").and_then(|size| size.parse().ok()).filter(|mb| *mb > 0),
        function: Some(version.map_or(function.clone(), |version| format!("{function}:{version}"))),
        ..here
    }
}

fn kernel(seen: &Surroundings<'_>) -> Option<String> {
    let name = seen.file("proc/sys/kernel/ostype").and_then(|text| word(&text))?;
    let release = seen.file("proc/sys/kernel/osrelease").and_then(|text| word(&text))?;
    Some(format!("{name} {release}"))
}
