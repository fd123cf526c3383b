//! Inside the process: look around, then measure at each line that comes.

use std::ffi::CString;
use std::fs;
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::time::Duration;

use super::resolv_conf;
use super::{Greeting, Orders, Told};
use crate::adapters::clock;
use crate::adapters::environment::invocations::Invocations;
use crate::adapters::environment::of_this_process;
use crate::adapters::identifier::sample_id;
use crate::adapters::kernel;
use crate::adapters::probers::prober;
use crate::adapters::resolve::configuration::Configuration;
use crate::measurement::environment::Environment;
use crate::measurement::identity::{TargetId, Vantage};
use crate::measurement::sample::Identity;
use crate::measurement::wire::Record;
use crate::probe::port::Measure;
use crate::probe::target::{Coding, HttpVersions, Target, Timeouts, TrustStore};

/// What the page is called.
pub const TARGET: &str = "lab-page";

/// Takes orders from the first line, measures at each further one, and ends with the input.
///
/// # Errors
/// The output is closed, or the first line is none of ours.
pub fn run(input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let mut lines = input.lines();
    let Some(first) = lines.next() else { return Ok(()) };
    let orders: Orders = serde_json::from_str(&first?)?;
    let mut place = match Place::take(orders) {
        Ok(place) => place,
        Err(why) => return say(&mut output, &Greeting::Refused(why)),
    };
    say(&mut output, &Greeting::Ready)?;
    for line in lines {
        line?;
        say(&mut output, &place.measure())?;
    }
    Ok(())
}

fn say(output: &mut impl Write, what: &impl serde::Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()
}

struct Place {
    target: Target,
    prober: Box<dyn Measure + Send>,
    orders: Orders,
    vantage: Vantage,
    environment: Environment,
    invocations: Invocations,
}

impl Place {
    fn take(orders: Orders) -> Result<Self, String> {
        with_name_server(&orders.resolv_conf)?;
        let groups = fs::read_to_string("/proc/self/cgroup").map_err(|error| format!("/proc/self/cgroup: {error}"))?;
        if let Some(share) = orders.share.as_deref().filter(|share| !groups.contains(share)) {
            return Err(format!("it runs outside of its share of a processor, {share}"));
        }
        let url = orders.url.parse().map_err(|error| format!("{}: {error}", orders.url))?;
        let mut target = Target::new(TargetId::new(TARGET).map_err(|error| error.to_string())?, url);
        target.follow_redirects = true;
        target.allow_private = true;
        target.http = HttpVersions::Http1;
        target.accept_encoding = if orders.accept_gzip { vec![Coding::Gzip] } else { Vec::new() };
        target.tls.trust = TrustStore::File(orders.authority.clone());
        if let Some(ms) = orders.timeout_ms {
            target.timeouts = Timeouts::total(Duration::from_secs_f64(ms / 1_000.0));
        }
        let prober = prober(&orders.way.method()).map_err(|error| error.to_string())?;
        let vantage = Vantage::new(&orders.vantage).map_err(|error| error.to_string())?;
        let mut environment = of_this_process(&Configuration::read().resolvers(), None);
        environment.sandbox = Some(orders.sandbox.clone());
        let invocations = Invocations::new(&environment, clock::wall());
        Ok(Self { target, prober, orders, vantage, environment, invocations })
    }

    fn measure(&mut self) -> Told {
        work(self.orders.work_ms);
        let invocation = self.invocations.next(clock::wall());
        let before = scheduled();
        let observed = self.prober.measure(&self.target);
        let after = scheduled();
        let sample = observed.named(Identity {
            id: sample_id(),
            target: self.target.id.clone(),
            vantage: self.vantage.clone(),
            method: self.orders.way.method(),
            slot: None,
            slot_guessed: false,
            invocation: Some(invocation),
        });
        Told {
            record: Record::new(sample, self.environment.clone()),
            cpu_ns: after.0.saturating_sub(before.0),
            delay_ns: after.1.saturating_sub(before.1),
        }
    }
}

/// Uses the processor for so long, by the thread's own clock.
fn work(ms: f64) {
    let started = kernel::thread_cpu();
    let used = || Some(kernel::thread_cpu()?.saturating_sub(started?).as_millis());
    while used().is_some_and(|used| used < ms) {
        std::hint::spin_loop();
    }
}

/// What the scheduler says of this thread: time it ran, and time it was ready to and did not.
fn scheduled() -> (u64, u64) {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let mut numbers = text.split_whitespace().map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// Another `/etc/resolv.conf` for this process and its children: it goes with them.
fn with_name_server(file: &Path) -> Result<(), String> {
    let file = CString::new(file.as_os_str().as_encoded_bytes()).map_err(|error| error.to_string())?;
    resolv_conf::mount(&file).map_err(|(what, why)| format!("cannot {what}: {}", why.desc()))
}
