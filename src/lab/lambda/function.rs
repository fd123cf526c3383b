//! The function as a vantage: cold is a new sandbox, warm the next invocation of the same one.

use std::ffi::CString;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process;
use std::time::Duration;

use nix::unistd::Pid;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::sandbox::{Ended, Place, Sandbox};
use super::stand_in::StandIn;
use crate::adapters::clock;
use crate::intake::arrival::{Arrivals, decode};
use crate::lab::cpu_share::CpuShare;
use crate::lab::namespace::Namespace;
use crate::lab::vantage::page;
use crate::lab::vantage::process::enter;
use crate::lab::vantage::threads::Scheduled;
use crate::lab::vantage::{Measures, Orders, Told, VantageError, forget};
use crate::measurement::identity::Vantage;
use crate::measurement::wire::Record;
use crate::probe::fleet;
use crate::probe::fleet::row::Row;

/// Far more than any exchange of the lab takes, and what the probe keeps of an invocation for sending.
const TIME_OUT: Duration = Duration::from_secs(60);

/// A function in its sandbox, frozen but for its invocations.
#[derive(Debug)]
pub struct Function {
    sandbox: Sandbox,
    cloud: StandIn,
    vantage: Vantage,
}

impl Function {
    /// Starts one inside a network. Init has whole processors; it gets its share with the first invocation.
    ///
    /// # Errors
    /// See [`VantageError`].
    pub fn start(
        program: &Path,
        network: &Namespace,
        share: Option<&CpuShare>,
        orders: &Orders,
        stop: &dyn Fn() -> bool,
    ) -> Result<Self, VantageError> {
        let listener = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let inside = network.inside(|| listener().and_then(|one| Ok([one, listener()?])));
        let inside = inside.map_err(|error| VantageError::Refused(error.to_string()))?;
        let [api, cloud] = inside.map_err(VantageError::io("open ports on loopback"))?;
        let refused = |why: &dyn ToString| VantageError::Refused(why.to_string());
        let cloud = StandIn::start(cloud, row(orders).map_err(|why| refused(&why))?);
        let cloud = cloud.map_err(VantageError::io("start the stand-in for AWS"))?;
        let vantage = Vantage::new(&orders.vantage).map_err(|error| refused(&error))?;
        let resolv_conf = CString::new(orders.resolv_conf.as_os_str().as_encoded_bytes());
        let mut command = process::Command::new(program);
        // A group of its own: Ctrl-C is for whoever runs the lab.
        command.process_group(0);
        enter(&mut command, network.descriptor(), None, Some(resolv_conf.map_err(|error| refused(&error))?));
        let region = orders.vantage.replace('/', "-");
        let place = Place { region: &region, memory_mb: orders.memory_mb, stream: &orders.sandbox };
        let sandbox = Sandbox::start(command, api, &place, &cloud.variables());
        let mut function =
            Self { sandbox: sandbox.map_err(VantageError::io("start a function (as root?)"))?, cloud, vantage };
        function.rest(stop)?;
        if let Some(share) = share {
            function.join(share)?;
        }
        // A kernel that reads far ahead has the whole program by now, which a sandbox's disk does not: what init did not
        // touch is read by the first invocation.
        forget(program).map_err(VantageError::io("drop the program of a function from the page cache"))?;
        Ok(function)
    }

    /// Puts the whole process into its share, and looks whether it is there.
    fn join(&self, share: &CpuShare) -> Result<(), VantageError> {
        let pid = self.sandbox.process();
        let into = share.folder().join("cgroup.procs");
        fs::write(into, pid.to_string()).map_err(VantageError::io("give a function its share of a processor"))?;
        let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
        let name = share.folder().file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if groups.contains(name) {
            return Ok(());
        }
        Err(VantageError::Refused(format!("a function runs outside of its share of a processor, {name}")))
    }

    /// Why it does not go on.
    fn broken(&mut self, what: &str) -> VantageError {
        let ended = self.sandbox.ended().map_or_else(String::new, |status| format!(" ({status})"));
        let said = self.sandbox.said();
        let last = said.last().map_or("nothing", String::as_str);
        VantageError::Broken(format!("the function {what}{ended}; it said last: {last}"))
    }
}

impl Measures for Function {
    fn measure(&mut self, stop: &dyn Fn() -> bool) -> Result<Told, VantageError> {
        let pid = self.sandbox.process();
        let before = Scheduled::of_measuring(pid);
        let ended = self.sandbox.invoke(&event(), TIME_OUT, TIME_OUT, stop);
        let after = Scheduled::of_measuring(pid);
        match ended {
            Some(Ended::Answered(_)) => {}
            Some(Ended::Failed(said)) => return Err(self.broken(&format!("failed: {said}"))),
            Some(Ended::Killed) => return Err(self.broken("was killed at its time-out")),
            None if stop() => return Err(VantageError::Stopped),
            None => return Err(self.broken("ended")),
        }
        let mut record = only(&self.cloud.sent()).map_err(|what| self.broken(&what))?;
        // Sides have one name, whatever measures there; and the lab asks when it likes, not in slots.
        record.sample.vantage = self.vantage.clone();
        record.sample.slot_ms = None;
        Ok(Told::within(record, before, after))
    }

    fn rest(&mut self, stop: &dyn Fn() -> bool) -> Result<(), VantageError> {
        match self.sandbox.ready(stop) {
            Some(_) => self.sandbox.freeze(),
            None if stop() => return Err(VantageError::Stopped),
            None => return Err(self.broken("ended before it asked for an invocation")),
        }
        Ok(())
    }

    fn process(&self) -> Pid {
        self.sandbox.process()
    }

    fn end(&mut self) {
        self.sandbox.kill();
    }
}

/// The page as the probe's table has it, by the very code that writes the table.
fn row(orders: &Orders) -> Result<Row, String> {
    let fleet = fleet::parse(&page::fleet(orders, "1m").to_string(), &|_| None).map_err(|error| error.to_string())?;
    let page = fleet.pages.first().ok_or("there is no page")?;
    Row::of(page).map_err(|error| error.to_string())
}

/// The slot of now, as the schedule would name it.
fn event() -> String {
    let now = clock::wall().0.div_euclid(60_000) * 60;
    let slot = OffsetDateTime::from_unix_timestamp(now).ok().and_then(|slot| slot.format(&Rfc3339).ok());
    format!(r#"{{"slot": "{}"}}"#, slot.unwrap_or_default())
}

/// The one sample that an invocation sends.
fn only(messages: &[String]) -> Result<Record, String> {
    let mut all = Arrivals::default();
    for message in messages {
        let Arrivals { sound, missed, poison, .. } = decode(message.as_bytes(), clock::wall());
        all.sound.extend(sound);
        all.missed.extend(missed);
        all.poison.extend(poison);
    }
    match (all.sound.pop(), all.sound.len() + all.missed.len(), all.poison.first()) {
        (_, _, Some(poison)) => Err(format!("sent what cannot be true: {}", poison.reason)),
        (Some(record), 0, None) => Ok(record),
        (record, more, None) => {
            let samples = more + usize::from(record.is_some());
            Err(format!("sent {samples} samples and missed slots, and one sample was to come"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::scenario::side::{Store, Way};

    #[test]
    fn the_row_is_a_page_that_asks_as_the_other_ways_do() {
        let orders = Orders {
            url: "https://daily.parallax-lab.test/".to_owned(),
            authority: "/tmp/an authority.pem".into(),
            store: Store::One,
            switches: false,
            verify: true,
            folder: "/tmp".into(),
            way: Way::Lambda,
            accept_gzip: true,
            work_ms: 0.0,
            timeout_ms: Some(1_500.0),
            memory_mb: 512,
            vantage: "lab/b".to_owned(),
            sandbox: "lab-b-0".to_owned(),
            resolv_conf: "/tmp/resolv.conf".into(),
            share: None,
        };
        let page = row(&orders).unwrap().page().unwrap();
        assert_eq!(page.target.url.as_str(), orders.url);
        assert!(page.target.follow_redirects && page.target.allow_private);
        assert_eq!(page.target.timeouts.total, Duration::from_millis(1_500));
        assert_eq!(page.target.asked().accept_encoding, Some(vec!["gzip".to_owned()]));
        assert_eq!(page.target.asked().http, ["1.1"]);
        assert!(page.target.tls.verify);
        let unchecked = row(&Orders { verify: false, ..orders }).unwrap().page().unwrap();
        assert!(!unchecked.target.tls.verify);
    }

    #[test]
    fn an_invocation_that_sends_no_sample_is_not_passed_over() {
        assert!(only(&[]).unwrap_err().contains("sent 0 samples"));
        assert!(only(&["nonsense".to_owned()]).unwrap_err().contains("cannot be"));
    }
}
