//! What other people's programs say of their version.

use std::process::{Command, Stdio};

use super::blackbox::EXPORTER;
use super::shell::CURL;
use super::{Need, zabbix};
use crate::lab::scenario::side::{Side, Way};

/// Nobody's version is longer; curl's has all libraries in it.
const LENGTH_MAX: usize = 400;

/// The programs that measure at a side, and those that they stand on, in which versions: the first line that each says of it, and nothing
/// of one that says nothing.
#[must_use]
pub fn programs(side: &Side) -> Vec<String> {
    let asked: Vec<(Need, &str)> = match side.method {
        Way::Fresh | Way::Pooled | Way::Agent | Way::Lambda => Vec::new(),
        Way::Curl | Way::ShellCurl => vec![(CURL, "--version")],
        Way::Blackbox => vec![(EXPORTER, "--version")],
        Way::Zabbix => zabbix::TOLD.to_vec(),
    };
    asked.into_iter().filter_map(|(need, option)| said(need, option)).collect()
}

fn said(need: Need, option: &str) -> Option<String> {
    let output = Command::new(need.find().ok()?).arg(option).stdin(Stdio::null()).output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let first = said.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(first.chars().filter(|c| !c.is_control()).take(LENGTH_MAX).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_what_a_program_says_of_its_version() {
        let said = |what, option| said(Need { what, package: "x" }, option);
        assert_eq!(said("echo", "one\ntwo").as_deref(), Some("one"));
        assert_eq!(said("echo", "\u{1b}[31mred").as_deref(), Some("[31mred"));
        assert_eq!(said("true", "--"), None);
        assert_eq!(said("no-such-program", "-V"), None);
        assert!(programs(&Side::default()).is_empty());
    }
}
