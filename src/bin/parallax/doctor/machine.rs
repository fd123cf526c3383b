//! Clocks and the share of a processor.

use std::time::Duration;

use parallax::adapters::clock::Timeline;
use parallax::adapters::environment::of_this_process;
use parallax::measurement::counted::counted;

use super::signal::Signal;

/// Long enough for a drift that would matter to show, short enough not to be waited for.
const DRIFT_WATCH: Duration = Duration::from_millis(100);

pub(super) fn signals() -> Vec<Signal> {
    vec![
        Signal::tried("clock source", clock_source(), "reading the clock may cost microseconds each time"),
        Signal::tried("steady wall clock", steady_clock(), "receive timestamps cannot be placed on the timeline"),
        Signal::tried("clock in step with UTC", synchronised(), "slots of several vantages are not the same moment"),
        Signal::given("share of the processor", share(), "a quota that throttles the probe goes unseen"),
        Signal::tried("timer slack", timer_slack(), "waits may end late by an unknown amount"),
    ]
}

/// No quota is an answer too.
fn share() -> String {
    let here = of_this_process(&[], None);
    let cpus = here.cpus.map_or("an unknown number of processors".to_owned(), |count| counted(count, "processor"));
    match here.cpu_quota_milli {
        None => format!("{cpus}, no quota"),
        Some(milli) => format!("a quota of {:.2} of {cpus}", f64::from(milli) / 1_000.0),
    }
}

fn clock_source() -> Result<String, String> {
    let path = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    let source = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let source = source.trim();
    let start = std::time::Instant::now();
    for _ in 0..1_000 {
        std::hint::black_box(std::time::Instant::now());
    }
    Ok(format!("{source}, {} ns a reading", start.elapsed().as_nanos() / 1_000))
}

fn steady_clock() -> Result<String, String> {
    let timeline = Timeline::start();
    std::thread::sleep(DRIFT_WATCH);
    let drift = timeline.drift();
    let found = format!("{} µs apart from the monotonic clock after {} ms", drift.as_micros(), DRIFT_WATCH.as_millis());
    if drift > Duration::from_millis(5) { Err(found) } else { Ok(found) }
}

#[cfg(target_os = "linux")]
fn synchronised() -> Result<String, String> {
    // SAFETY: `timex` is plain integers, for which zero is a value; `modes` zero asks and changes nothing.
    let (state, time) = unsafe {
        let mut time: libc::timex = std::mem::zeroed();
        (libc::adjtimex(&raw mut time), time)
    };
    if state < 0 {
        return Err(format!("adjtimex: {}", std::io::Error::last_os_error()));
    }
    if state == libc::TIME_ERROR || time.status & libc::STA_UNSYNC != 0 {
        return Err("the kernel has not heard of a time server (a host may still keep this machine's clock)".to_owned());
    }
    Ok(format!("at most {:.1} ms off by the kernel's estimate", time.maxerror as f64 / 1_000.0))
}

#[cfg(not(target_os = "linux"))]
fn synchronised() -> Result<String, String> {
    Err("this platform does not say".to_owned())
}

#[cfg(target_os = "linux")]
fn timer_slack() -> Result<String, String> {
    let slack = nix::sys::prctl::get_timerslack().map_err(|error| format!("prctl: {error}"))?;
    Ok(format!("{} µs", slack / 1_000))
}

#[cfg(not(target_os = "linux"))]
fn timer_slack() -> Result<String, String> {
    Err("this platform does not say".to_owned())
}
