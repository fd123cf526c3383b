//! Inside the process: look around, then measure at each line that comes.

use std::ffi::CString;
use std::fs;
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::time::Duration;

use super::instrument::{Instrument, Whose};
use super::place::{instead, own_mounts};
use super::resolv_conf;
use super::{Greeting, Kept, Orders, Rested, Told};
use crate::adapters::clock;
use crate::adapters::environment::invocations::Invocations;
use crate::adapters::environment::of_this_process;
use crate::adapters::kernel;
use crate::adapters::resolve::configuration::Configuration;
use crate::lab::monitor::AUTHORITIES;
use crate::lab::monitor::zabbix::{Ports, Wanted, Zabbix};
use crate::lab::scenario::side::{Store, Way};
use crate::measurement::identity::{TargetId, Vantage};
use crate::probe::target::{Coding, HttpVersions, Target, Timeouts, TrustStore};

/// The line after which an agent stands still; all others are for a measurement.
pub(super) const REST: &str = "rest";

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
    if orders.way == Way::Zabbix {
        return watch(&orders, lines, &mut output);
    }
    let mut place = match Place::take(orders) {
        Ok(place) => place,
        Err(why) => return say(&mut output, &Greeting::Refused(why)),
    };
    say(&mut output, &Greeting::Ready)?;
    for line in lines {
        match line?.as_str() {
            REST => {
                place.instrument.rest().map_err(io::Error::other)?;
                say(&mut output, &Rested)?;
            }
            _ => say(&mut output, &place.measure().map_err(io::Error::other)?)?,
        }
    }
    Ok(())
}

/// Lets a Zabbix check the page by itself, and at each further line tells all that it has kept.
fn watch(orders: &Orders, lines: io::Lines<impl BufRead>, output: &mut impl Write) -> io::Result<()> {
    let ready = || -> Result<(Zabbix, TargetId, Vantage), String> {
        settle(orders)?;
        own_mounts()?;
        authorities(orders)?;
        let said = |error: &dyn std::error::Error| error.to_string();
        let mut zabbix = Zabbix::start(&orders.folder, Ports::USUAL).map_err(|error| said(&error))?;
        let wanted = Wanted { url: &orders.url, verify: orders.verify, switches: orders.switches };
        zabbix.watch(&wanted).map_err(|error| said(&error))?;
        let target = TargetId::new(TARGET).map_err(|error| said(&error))?;
        Ok((zabbix, target, Vantage::new(&orders.vantage).map_err(|error| said(&error))?))
    };
    let (zabbix, target, vantage) = match ready() {
        Ok(ready) => ready,
        Err(why) => return say(output, &Greeting::Refused(why)),
    };
    say(output, &Greeting::Ready)?;
    for line in lines {
        line?;
        let kept = zabbix.kept(&target, &vantage);
        say(output, &kept.map_or_else(|error| Kept::Refused(error.to_string()), Kept::All))?;
    }
    Ok(())
}

/// The authorities in the place of the machine's. libcurl reads them whether or not it checks by them, and some libcurls
/// read the whole folder.
fn authorities(orders: &Orders) -> Result<(), String> {
    if orders.store == Store::All {
        return instead(AUTHORITIES, &orders.authority);
    }
    let folder = Path::new(AUTHORITIES).parent().unwrap_or(Path::new("/"));
    let only = orders.folder.join("authorities");
    let file = only.join(Path::new(AUTHORITIES).file_name().unwrap_or_default());
    let copied = fs::create_dir_all(&only).and_then(|()| fs::copy(&orders.authority, file));
    copied.map_err(|error| format!("cannot make a folder of authorities: {error}"))?;
    instead(&folder.to_string_lossy(), &only)
}

/// The name server that was ordered, and the share of a processor.
fn settle(orders: &Orders) -> Result<(), String> {
    with_name_server(&orders.resolv_conf)?;
    let groups = fs::read_to_string("/proc/self/cgroup").map_err(|error| format!("/proc/self/cgroup: {error}"))?;
    match orders.share.as_deref().filter(|share| !groups.contains(share)) {
        Some(share) => Err(format!("it runs outside of its share of a processor, {share}")),
        None => Ok(()),
    }
}

fn say(output: &mut impl Write, what: &impl serde::Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()
}

struct Place {
    target: Target,
    instrument: Instrument,
    work_ms: f64,
    whose: Whose,
}

impl Place {
    fn take(orders: Orders) -> Result<Self, String> {
        settle(&orders)?;
        let url = orders.url.parse().map_err(|error| format!("{}: {error}", orders.url))?;
        let mut target = Target::new(TargetId::new(TARGET).map_err(|error| error.to_string())?, url);
        target.follow_redirects = true;
        target.allow_private = true;
        // Other programs ask as they are used to.
        target.http = if orders.way == Way::ShellCurl { HttpVersions::Best } else { HttpVersions::Http1 };
        target.accept_encoding = if orders.accept_gzip { vec![Coding::Gzip] } else { Vec::new() };
        target.tls.verify = orders.verify;
        target.tls.trust = TrustStore::File(orders.authority.clone());
        if let Some(ms) = orders.timeout_ms {
            target.timeouts = Timeouts::total(Duration::from_secs_f64(ms / 1_000.0));
        }
        let vantage = Vantage::new(&orders.vantage).map_err(|error| error.to_string())?;
        let instrument = Instrument::start(&orders, &target, &vantage)?;
        let mut environment = of_this_process(&Configuration::read().resolvers(), None);
        environment.sandbox = Some(orders.sandbox);
        let invocations = Invocations::new(&environment, clock::wall());
        let whose = Whose { method: orders.way.method(), vantage, environment, invocations };
        Ok(Self { target, instrument, work_ms: orders.work_ms, whose })
    }

    fn measure(&mut self) -> Result<Told, String> {
        work(self.work_ms);
        self.instrument.measure(&self.target, &mut self.whose)
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

/// Another `/etc/resolv.conf` for this process and its children: it goes with them.
fn with_name_server(file: &Path) -> Result<(), String> {
    let file = CString::new(file.as_os_str().as_encoded_bytes()).map_err(|error| error.to_string())?;
    resolv_conf::mount(&file).map_err(|(what, why)| format!("cannot {what}: {}", why.desc()))
}
