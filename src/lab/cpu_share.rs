//! A share of the processor: a control group with a quota, of either version.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::owner::is_gone;

/// Version 1's processor controller, then version 2's tree; the first that is there is used.
const ROOTS: [(&str, Version); 2] = [("/sys/fs/cgroup/cpu", Version::One), ("/sys/fs/cgroup", Version::Two)];
/// Followed by the process that made the group, and a number.
const PREFIX: &str = "parallax-share-";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// Why there is no quota.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    /// Neither version's controller is mounted.
    #[error("no processor controller of control groups: neither /sys/fs/cgroup/cpu nor `cpu` in /sys/fs/cgroup")]
    NoController,
    /// The kernel refused; this needs root.
    #[error("cannot write {path} (as root?): {reason}")]
    Refused {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// The kernel made something else of it.
    #[error("{path} is {taken:?} where {wanted:?} was written")]
    Other {
        /// Which file.
        path: PathBuf,
        /// What was written.
        wanted: String,
        /// What stands there.
        taken: String,
    },
    /// The counters are not as documented.
    #[error("cannot read the counts of throttling in {0}")]
    Unreadable(PathBuf),
}

/// How often, and for how long, the group was not let run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Throttled {
    /// Periods in which the quota ran out.
    pub periods: u64,
    /// Time for which all of the group's threads stood still, added up.
    pub time: Duration,
}

/// A control group, with a quota or without; it goes when this is dropped.
#[derive(Debug)]
pub struct CpuShare {
    folder: PathBuf,
    has_quota: bool,
}

impl CpuShare {
    /// Makes a group whose processes together get `quota` of processor time in each `period`, and go before neighbours within
    /// that: those are no part of what it stands for.
    ///
    /// Groups that killed runs left behind are removed first.
    ///
    /// # Errors
    /// See [`ShareError`].
    pub fn create(quota: Duration, period: Duration) -> Result<Self, ShareError> {
        let (mut share, version) = Self::group()?;
        share.has_quota = true;
        let (quota, period) = (quota.as_micros(), period.as_micros());
        match version {
            Version::One => {
                share.take("cpu.cfs_period_us", &period.to_string())?;
                share.take("cpu.cfs_quota_us", &quota.to_string())?;
            }
            Version::Two => share.take("cpu.max", &format!("{quota} {period}"))?,
        }
        // Refused, it waits for neighbours.
        let _ = share.goes_first(version);
        Ok(share)
    }

    /// Makes a group without a quota, whose processes go before neighbours.
    ///
    /// # Errors
    /// See [`ShareError`].
    pub fn whole() -> Result<Self, ShareError> {
        let (share, version) = Self::group()?;
        share.goes_first(version)?;
        Ok(share)
    }

    fn group() -> Result<(Self, Version), ShareError> {
        let (root, version) = controller().ok_or(ShareError::NoController)?;
        remove_leftovers(root);
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let folder = root.join(format!("{PREFIX}{}-{number}", std::process::id()));
        let made = fs::create_dir(&folder);
        made.map_err(|reason| ShareError::Refused { path: folder.clone(), reason })?;
        Ok((Self { folder, has_quota: false }, version))
    }

    /// The largest weight there is.
    fn goes_first(&self, version: Version) -> Result<(), ShareError> {
        match version {
            Version::One => self.write("cpu.shares", "262144"),
            Version::Two => self.write("cpu.weight", "10000"),
        }
    }

    /// A command that runs `program` in the group from its first instruction.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", "echo $$ > \"$0\"/cgroup.procs && exec \"$@\""]).arg(&self.folder).arg(program);
        command
    }

    /// The group in the file system.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// It can run out.
    #[must_use]
    pub fn has_quota(&self) -> bool {
        self.has_quota
    }

    /// What the kernel counted so far.
    ///
    /// # Errors
    /// `Unreadable` when the counters are not there.
    pub fn throttled(&self) -> Result<Throttled, ShareError> {
        let path = self.folder.join("cpu.stat");
        let text = fs::read_to_string(&path).map_err(|reason| ShareError::Refused { path: path.clone(), reason })?;
        parse(&text).ok_or(ShareError::Unreadable(path))
    }

    /// Writes, and looks whether the kernel took it as it was meant.
    fn take(&self, name: &str, value: &str) -> Result<(), ShareError> {
        self.write(name, value)?;
        let path = self.folder.join(name);
        let taken = fs::read_to_string(&path);
        let taken = taken.map_err(|reason| ShareError::Refused { path: path.clone(), reason })?;
        if taken.trim() == value {
            Ok(())
        } else {
            Err(ShareError::Other { path, wanted: value.to_owned(), taken: taken.trim().to_owned() })
        }
    }

    fn write(&self, name: &str, value: &str) -> Result<(), ShareError> {
        let path = self.folder.join(name);
        fs::write(&path, value).map_err(|reason| ShareError::Refused { path, reason })
    }
}

impl Drop for CpuShare {
    fn drop(&mut self) {
        remove(&self.folder);
    }
}

fn controller() -> Option<(&'static Path, Version)> {
    ROOTS.into_iter().map(|(root, version)| (Path::new(root), version)).find(|(root, version)| match version {
        Version::One => root.join("cpu.cfs_period_us").exists() || root.join("cpu.shares").exists(),
        Version::Two => {
            // The children of the root have the controller only where it was handed down to them.
            let _ = fs::write(root.join("cgroup.subtree_control"), "+cpu");
            fs::read_to_string(root.join("cgroup.subtree_control"))
                .is_ok_and(|given| given.split_whitespace().any(|name| name == "cpu"))
        }
    })
}

/// Removes the groups of runs that were killed.
pub fn sweep() {
    if let Some((root, _)) = controller() {
        remove_leftovers(root);
    }
}

fn remove_leftovers(root: &Path) {
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.split('-').next()?.parse::<u32>().ok());
        if owner.is_some_and(is_gone) {
            remove(&entry.path());
        }
    }
}

/// Hands what still runs there back to the parent group, and removes the folder.
fn remove(folder: &Path) {
    let procs = folder.join("cgroup.procs");
    let parent = folder.parent().map(|parent| parent.join("cgroup.procs"));
    for pid in fs::read_to_string(&procs).unwrap_or_default().lines() {
        let _ = parent.as_ref().map(|parent| fs::write(parent, pid));
    }
    // What stays is removed by the next run.
    let _ = fs::remove_dir(folder);
}

/// Version 1 counts nanoseconds in `throttled_time`, version 2 microseconds in `throttled_usec`.
fn parse(stat: &str) -> Option<Throttled> {
    let value = |name: &str| {
        let line = stat.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|number| number.trim().parse::<u64>().ok())
    };
    let time = value("throttled_time").map(Duration::from_nanos);
    let time = time.or_else(|| value("throttled_usec").map(Duration::from_micros))?;
    Some(Throttled { periods: value("nr_throttled")?, time })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_counts_are_read() {
        let one = "nr_periods 12\nnr_throttled 5\nthrottled_time 2500000\n";
        let two = "usage_usec 9\nnr_periods 12\nnr_throttled 5\nthrottled_usec 2500\nnr_bursts 0\n";
        let expected = Some(Throttled { periods: 5, time: Duration::from_micros(2500) });
        assert_eq!(parse(one), expected);
        assert_eq!(parse(two), expected);
    }

    #[test]
    fn counts_of_another_kind_are_refused() {
        assert_eq!(parse(""), None);
        assert_eq!(parse("nr_throttled many\nthrottled_usec 1\n"), None);
        assert_eq!(parse("nr_throttled_more 5\nthrottled_time 1\n"), None);
    }
}
