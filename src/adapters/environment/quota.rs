//! The CPU quota of the control groups that the process is in.

use std::path::{Component, Path};

use super::Surroundings;

/// The smallest quota on the way from the process's own control group to the root, in thousandths of a processor.
///
/// Reads version 1 and version 2 at their usual mount points. Inside a container the path may be that of the host;
/// the way up still ends at the container's own group.
pub(super) fn milli_cpus(seen: &Surroundings<'_>) -> Option<u32> {
    let groups = seen.file("proc/self/cgroup")?;
    groups.lines().filter_map(|line| of_line(line, seen)).min()
}

/// A line is `hierarchy:controllers:path`; version 2 has number 0 and no controllers.
fn of_line(line: &str, seen: &Surroundings<'_>) -> Option<u32> {
    let mut fields = line.splitn(3, ':');
    let (number, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
    if number == "0" && controllers.is_empty() {
        ["sys/fs/cgroup", "sys/fs/cgroup/unified"]
            .iter()
            .filter_map(|mount| smallest(mount, path, &|dir| version_2(dir, seen)))
            .min()
    } else if controllers.split(',').any(|controller| controller == "cpu") {
        [format!("sys/fs/cgroup/{controllers}"), "sys/fs/cgroup/cpu".to_owned()]
            .iter()
            .filter_map(|mount| smallest(mount, path, &|dir| version_1(dir, seen)))
            .min()
    } else {
        None
    }
}

fn smallest(mount: &str, path: &str, quota: &dyn Fn(&str) -> Option<u32>) -> Option<u32> {
    let inside: Vec<&str> = Path::new(path)
        .components()
        .filter_map(|part| match part {
            Component::Normal(part) => part.to_str(),
            _ => None,
        })
        .collect();
    (0..=inside.len()).filter_map(|depth| quota(&[&[mount], &inside[..depth]].concat().join("/"))).min()
}

fn version_2(dir: &str, seen: &Surroundings<'_>) -> Option<u32> {
    let text = seen.file(&format!("{dir}/cpu.max"))?;
    let mut words = text.split_whitespace();
    milli(words.next()?, words.next()?)
}

fn version_1(dir: &str, seen: &Surroundings<'_>) -> Option<u32> {
    milli(seen.file(&format!("{dir}/cpu.cfs_quota_us"))?.trim(), seen.file(&format!("{dir}/cpu.cfs_period_us"))?.trim())
}

/// `max` and -1 mean none.
fn milli(quota: &str, period: &str) -> Option<u32> {
    let (quota, period): (u64, u64) = (quota.parse().ok()?, period.parse().ok()?);
    u32::try_from(quota.checked_mul(1_000)?.checked_div(period)?).ok()
}
