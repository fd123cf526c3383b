//! With a processor to itself and under a quota: the network part of `fresh` stays, the local part grows.

use std::env;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use parallax::lab::cpu_share::{CpuShare, Throttled};
use parallax::lab::site::Site;
use parallax::measurement::units::Micros;

use crate::bound::bound;
use crate::measure::{self, Exchange, Job};
use crate::road::Road;
use crate::spread::Spread;

/// 7 % of a processor, as a function of 128 MB has.
const PERIOD: Duration = Duration::from_millis(20);
const QUOTA: Duration = Duration::from_micros(1_400);
/// As much as the quota grants in about four periods, so that an exchange begins anywhere in a period's share.
const WORK: Duration = Duration::from_millis(6);
/// Free and throttled take turns, so that what else the machine does falls on both.
const TURNS: usize = 4;
const ROUNDS: usize = 40;
/// In milliseconds, between the medians of the network part.
const BOUND: f64 = 2.0;
/// The local part is at least twice as long.
const GROWTH: f64 = 0.5;

/// Network and local part of each exchange, in milliseconds.
#[derive(Default)]
struct Parts {
    network: Vec<f64>,
    local: Vec<f64>,
}

/// Whether the bounds were kept.
pub fn run(road: &Road) -> anyhow::Result<bool> {
    let site = road.site()?;
    let share = CpuShare::create(QUOTA, PERIOD)?;
    let (mut free, mut throttled, mut stood_still) = (Parts::default(), Parts::default(), Throttled::default());
    let program = env::current_exe()?;
    for _ in 0..TURNS {
        free.take(road, &site, Command::new(&program))?;
        let before = share.throttled()?;
        throttled.take(road, &site, share.command(&program))?;
        let after = share.throttled()?;
        ensure!(after.periods > before.periods, "the quota did not bite: the kernel throttled nothing in this turn");
        stood_still.periods += after.periods - before.periods;
        stood_still.time += after.time.saturating_sub(before.time);
    }
    println!("{} times throttled, {:.1} s in all", stood_still.periods, stood_still.time.as_secs_f64());
    println!("{:<34} {:>5} {:>8} {:>8} {:>8}", "ms", "n", "p50", "p95", "mean");
    let network_free = row("network, a processor to itself", &free.network)?;
    let network_throttled = row("network, under the quota", &throttled.network)?;
    let local_free = row("local, a processor to itself", &free.local)?;
    let local_throttled = row("local, under the quota", &throttled.local)?;
    let apart = (network_throttled.median - network_free.median).abs();
    // Means: many an exchange fits between two stalls, and those that do not are the matter.
    let share = local_free.mean / local_throttled.mean;
    println!("local part under the quota, means: {:.1} times as long", 1.0 / share);
    let kept = bound("network part, medians apart", Some(apart), BOUND, " ms");
    // Where every round trip is as long as the quota's period, each step finds a new share: little is left to grow.
    Ok(kept & (road.is_slow() || bound("local part, free to throttled, means", Some(share), GROWTH, "")))
}

impl Parts {
    fn take(&mut self, road: &Road, site: &Site, mut command: Command) -> anyhow::Result<()> {
        let authority = site.authority_path().to_owned();
        let url = site.url("/page");
        let job = Job { url, authority, rounds: ROUNDS, curl: false, pause: Duration::ZERO, work: WORK };
        command.args(job.arguments()?);
        for seen in measure::told(&road.run_near(command)?.stdout)? {
            let (network, local) = parts(&seen).context("an exchange does not tell network from local time")?;
            self.network.push(network.as_millis());
            self.local.push(local.as_millis());
        }
        Ok(())
    }
}

fn parts(seen: &Exchange) -> Option<(Micros, Micros)> {
    seen.network_us.map(|network| (network, seen.total_us.saturating_sub(network)))
}

struct Middle {
    median: f64,
    mean: f64,
}

fn row(name: &str, values: &[f64]) -> anyhow::Result<Middle> {
    let spread = Spread::of(values.to_vec()).context("nothing was measured")?;
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    println!("{name:<34} {:>5} {:>8.3} {:>8.3} {mean:>8.3}", spread.count(), spread.at(50), spread.at(95));
    Ok(Middle { median: spread.at(50), mean })
}
