//! Whose something is that a run left behind.

use std::fs;

/// The process of this number is no more: also where nobody has asked yet how it ended.
pub(super) fn is_gone(pid: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return true };
    // Its name, in parentheses, may hold anything.
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().next());
    matches!(state, Some("Z" | "X"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn who_ended_is_gone_also_before_anybody_asked_how() {
        assert!(!is_gone(std::process::id()));
        let mut child = Command::new("true").spawn().unwrap();
        let begun = Instant::now();
        while !is_gone(child.id()) {
            assert!(begun.elapsed() < Duration::from_secs(30), "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(fs::exists(format!("/proc/{}", child.id())).unwrap(), "nobody has asked yet");
        let pid = child.id();
        child.wait().unwrap();
        assert!(is_gone(pid));
    }
}
