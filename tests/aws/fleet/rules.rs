//! What a deploy makes of parameters that stacks have already, and of a home that moved.

use std::process::Command;

use serde_json::json;

use super::place::{HOME, Place};
use super::stand_in::{archive, bucket, stack};
use crate::support::command::{Run, finished};
use crate::support::needs;

/// A deploy of these regions every three minutes, said and not done.
pub fn rehearsed(place: &Place, regions: &[&str], words: &[&str]) -> Run {
    rehearsed_of(place, &format!("home = \"{HOME}\"\nregions = {regions:?}"), "", words)
}

/// The same of a fleet that says more: in `[fleet]`, and of its page.
pub fn rehearsed_of(place: &Place, fleet: &str, page: &str, words: &[&str]) -> Run {
    finished(rehearsal(place, fleet, page, words).output().unwrap())
}

/// What runs for it.
pub fn rehearsal(place: &Place, fleet: &str, page: &str, words: &[&str]) -> Command {
    let file = place.write(&format!(
        "schema = 1\nevery = \"3m\"\n[fleet]\n{fleet}\n[[target]]\nid = \"front\"\nurl = \
         \"https://www.example.com/\"\n{page}\n"
    ));
    place.script("deploy", &[&[file.to_str().unwrap(), "--dry-run"], words].concat())
}

/// The parameters with which a stack would be made or changed.
pub fn settings<'a>(run: &'a Run, region: &str, stack: &str) -> Vec<&'a str> {
    let line = run.err.lines().find(|line| {
        line.starts_with(&format!("{region}: would ")) && line.contains(&format!(" stack {stack} with: "))
    });
    line.unwrap_or_else(|| panic!("{region} {stack} is not in\n{}", run.err)).split(' ').collect()
}

/// What a deploy makes of the hub's quorum: the setting, if there is one, and what is said. `has` is the hub that is there, by
/// its regions and quorum; AWS is not asked.
fn quorum(has: Option<(&str, &str)>, regions: &[&str], option: &str) -> (String, String) {
    let hub = has.map_or_else(String::new, |(regions, quorum)| {
        let parameter = |key: &str, value: &str| json!({ "ParameterKey": key, "ParameterValue": value });
        json!({ "Parameters": [parameter("Regions", regions), parameter("Quorum", quorum)] }).to_string()
    });
    let infra = concat!(env!("CARGO_MANIFEST_DIR"), "/infra");
    let script = format!(
        "set -euo pipefail; PROGRAM=deploy FILE=fleet.toml; for part in words stacks settings; do . {infra}/$part.sh; done; \
         HUB_BEFORE=$1 REGIONS=({}) HUB=({option}) SETTINGS=(); settings_of_quorum UPDATE; printf '%s' \"${{SETTINGS[*]}}\"",
        regions.join(" ")
    );
    let run = finished(Command::new("bash").args(["-c", &script, "quorum", &hub]).output().unwrap());
    assert_eq!(run.code, 0, "{}", run.err);
    (run.out, run.err)
}

#[test]
fn a_quorum_follows_the_regions_until_somebody_sets_another() {
    for tool in ["bash", "jq"] {
        if needs::program("a_quorum_follows_the_regions_until_somebody_sets_another", &[tool]).is_none() {
            return;
        }
    }
    let (one, two) = ([HOME], [HOME, "us-east-1"]);
    let (was_one, was_two) = ("eu-west-1", "eu-west-1,us-west-2");
    let silent = |setting: &str| (setting.to_owned(), String::new());
    assert_eq!(quorum(None, &one, ""), silent("Quorum=1"), "one alone can be down");
    assert_eq!(quorum(None, &two, ""), silent("Quorum=2"));
    // It follows.
    assert_eq!(quorum(Some((was_one, "1")), &one, ""), silent(""));
    assert_eq!(quorum(Some((was_two, "2")), &two, ""), silent(""));
    for (was, from, regions, to, words) in
        [(was_one, "1", &two[..], "2", "2 regions"), (was_two, "2", &one, "1", "1 region")]
    {
        let said =
            format!("Quorum goes from {from} to {to}: fleet.toml has {words} now; --hub Quorum={from} keeps it\n");
        assert_eq!(quorum(Some((was, from)), regions, ""), (format!("Quorum={to}"), said));
    }
    assert_eq!(quorum(Some((was_one, "1")), &two, "Quorum=1"), silent(""), "the option says it");
    // Somebody set it, also one of more places than there are regions: hosts are places, too.
    assert_eq!(quorum(Some((was_two, "1")), &two, ""), silent(""));
    for (has, regions, option, words) in [
        (Some((was_two, "4")), &two[..], "", "Quorum=4, and fleet.toml has 2 regions"),
        (Some((was_two, "4")), &one, "", "Quorum=4, and fleet.toml has 1 region"),
        (Some((was_one, "2")), &one, "", "Quorum=2, and fleet.toml has 1 region"),
        (None, &one, "Quorum=7", "Quorum=7, and fleet.toml has 1 region"),
    ] {
        let (setting, said) = quorum(has, regions, option);
        assert_eq!(setting, "", "{words}");
        assert!(
            said.starts_with(&format!("note: {words}: a target counts as down, or slower, only with hosts ")),
            "{said}"
        );
    }
}

#[test]
fn a_hub_keeps_a_quorum_of_more_places_than_there_are_regions() {
    let Some(place) = Place::new("a_hub_keeps_a_quorum_of_more_places_than_there_are_regions") else { return };
    stack(&place, HOME, "parallax-hub", &[("Regions", "eu-west-1,us-west-2"), ("Quorum", "4")], &[]);
    let run = rehearsed(&place, &[HOME, "us-east-1"], &[]);
    assert!(run.err.contains(&format!("{HOME}: note: Quorum=4, and ")), "{}", run.err);
    assert!(!settings(&run, HOME, "parallax-hub").iter().any(|word| word.starts_with("Quorum=")), "{}", run.err);
}

#[test]
fn a_home_that_moved_is_found_though_no_region_is_the_same() {
    let Some(place) = Place::new("a_home_that_moved_is_found_though_no_region_is_the_same") else { return };
    let bucket_of = |name: &str, region: &str| format!("{name}-artifacts-{}-{region}", place.account.id());
    // One is known by a probe of it, the other by its hub.
    bucket(&place, "us-west-2", &bucket_of("one", "us-west-2"));
    stack(&place, "us-west-2", "one-probe", &[("HomeRegion", "ap-northeast-1")], &[]);
    bucket(&place, "ap-northeast-1", &bucket_of("two", "ap-northeast-1"));
    stack(&place, "ap-northeast-1", "two-hub", &[("Regions", "us-west-2")], &[]);
    for name in ["one", "two"] {
        let run = rehearsed(&place, &["us-east-1"], &["--name", name]);
        assert_eq!(run.code, 2, "{}", run.err);
        let said = format!("the home of the fleet {name} is ap-northeast-1, and ");
        assert!(run.err.contains(&said) && run.err.contains("remove the old one with infra/destroy"), "{}", run.err);
        // Of a name that the file does not say, other commands do not know.
        let note =
            format!("write name = \"{name}\" in its [fleet], or give it --targets dynamodb:{name}-targets each time\n");
        assert!(run.err.starts_with("note: `parallax targets` goes by ") && run.err.contains(&note), "{}", run.err);
    }
}

#[test]
fn an_archive_that_is_named_is_the_only_one() {
    let Some(place) = Place::new("an_archive_that_is_named_is_the_only_one") else { return };
    archive(&place, HOME, "parallax-archive");
    for (words, expected) in [
        (&[][..], "ArchiveTable=parallax-archive"),
        (&["--hub", "ArchiveTable=old-samples"], "ArchiveTable=old-samples"),
    ] {
        let run = rehearsed(&place, &[HOME], words);
        let found = settings(&run, HOME, "parallax-hub");
        let tables: Vec<_> = found.iter().filter(|word| word.starts_with("ArchiveTable=")).collect();
        assert_eq!(tables, [&expected], "{}", run.err);
    }
}
