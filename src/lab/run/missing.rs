//! What this machine, or this user, lacks for a run: known before anything is built.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::time::Duration;

use crate::lab::cpu_share::CpuShare;
use crate::lab::monitor;
use crate::lab::monitor::daemon::NOBODY;
use crate::lab::namespace::Namespace;
use crate::lab::nginx;
use crate::lab::scenario::Scenario;

const TUN: &str = "/dev/net/tun";

/// What this machine lacks for a run of any of these; empty where nothing.
#[must_use]
pub fn missing(scenarios: &[Scenario]) -> Vec<String> {
    if !nix::unistd::geteuid().is_root() {
        return vec![
            "root, for networks of its own, or a user namespace with a root of its own (`unshare -Ur`)".to_owned(),
        ];
    }
    let mut missing = Vec::new();
    match OpenOptions::new().read(true).write(true).open(TUN) {
        Ok(_) => (),
        Err(_) if !Path::new(TUN).exists() => missing.push(format!("{TUN} (kernel module tun)")),
        Err(error) => missing.push(format!("permission to read and write {TUN} ({error})")),
    }
    if let Err(error) = Namespace::create() {
        missing.push(error.to_string());
    }
    if scenarios.iter().any(Scenario::needs_share) {
        let made = CpuShare::create(Duration::from_millis(10), Duration::from_millis(20));
        missing.extend(made.err().map(|error| format!("control groups, for shares of a processor: {error}")));
    }
    let of_programs =
        scenarios.iter().flat_map(|scenario| monitor::missing(scenario).into_iter().chain(nginx::missing(scenario)));
    missing.extend(of_programs);
    let serves = |scenario: &Scenario| scenario.is_of_monitors() || scenario.needs_nginx();
    if scenarios.iter().any(serves) && !has_nobody() {
        missing.push(format!(
            "a user `nobody` ({NOBODY}), as whom its servers run, and this user namespace has none: be root outside of one"
        ));
    }
    missing.dedup();
    missing
}

fn has_nobody() -> bool {
    ["/proc/self/uid_map", "/proc/self/gid_map"]
        .iter()
        .all(|map| fs::read_to_string(map).map_or(true, |map| is_mapped(&map, NOBODY)))
}

/// Whether a number stands for somebody here: lines of the first within, the first without, and how many (user_namespaces(7)).
fn is_mapped(map: &str, id: u32) -> bool {
    map.lines().any(|line| {
        let numbers: Vec<u64> = line.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        matches!(numbers[..], [first, _, count] if (first..first + count).contains(&id.into()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_mapped_is_somebody() {
        assert!(is_mapped("         0          0 4294967295\n", NOBODY));
        assert!(is_mapped("0 1000 1\n1 100000 65536\n", NOBODY));
        assert!(!is_mapped("         0      65534          1\n", NOBODY));
        assert!(!is_mapped("0 0 65534\n", NOBODY) && !is_mapped("", NOBODY));
    }
}
