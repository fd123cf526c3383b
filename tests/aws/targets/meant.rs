//! Which tables are meant: those of the fleet's name, in its regions and at home.

use parallax::adapters::aws::targets::Targets;

use super::{make, make_named, target};
use crate::aws::wait;
use crate::support::command::{Run, finished, parallax};
use crate::support::ministack::{Account, ministack};

const HOME: &str = "eu-west-1";
const AWAY: [&str; 2] = ["ap-northeast-1", "us-east-1"];

/// A folder with a file of a fleet that has no probe at home.
fn file(more: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let fleet = format!("[fleet]\nhome = \"{HOME}\"\nregions = {AWAY:?}\n{more}\n");
    let text = format!("schema = 1\nevery = \"3m\"\n{fleet}{}", target("a", ""));
    std::fs::write(folder.path().join("fleet.toml"), text).unwrap();
    folder
}

fn run(account: &Account, folder: &tempfile::TempDir, words: &[&str]) -> Run {
    let words = [&["targets"], words].concat();
    finished(parallax(folder.path(), &words).envs(account.environment("us-west-2")).output().unwrap())
}

fn ids(account: &Account, region: &str, table: &str) -> Vec<String> {
    let listing = wait(Targets::new(&account.config(region), table).list()).unwrap();
    listing.pages.iter().map(|page| page.target.id.to_string()).collect()
}

#[test]
fn home_has_a_table_though_no_probe_is_there() {
    let Some(ministack) = ministack("home_has_a_table_though_no_probe_is_there") else { return };
    let account = ministack.account();
    for region in AWAY.into_iter().chain([HOME]) {
        make(&account, region);
    }
    let folder = file("");
    let synced = run(&account, &folder, &["sync", "fleet.toml"]);
    assert_eq!(synced.code, 0, "{}", synced.err);
    assert_eq!(synced.out, "ap-northeast-1: written: a\neu-west-1: written: a\nus-east-1: written: a\n");
    let listed = run(&account, &folder, &["list", "--fleet", "fleet.toml"]);
    assert_eq!(listed.code, 0, "{}", listed.err);
    assert!(
        listed.out.contains("1 page in parallax-targets of ap-northeast-1, eu-west-1, us-east-1"),
        "{}",
        listed.out
    );
    assert_eq!(run(&account, &folder, &["remove", "a", "--fleet", "fleet.toml"]).code, 0);
    assert!(ids(&account, HOME, "parallax-targets").is_empty(), "the rollup still takes it for a page");
    assert_eq!(run(&account, &folder, &["put", "a", "--fleet", "fleet.toml"]).code, 0);
    assert_eq!(ids(&account, HOME, "parallax-targets"), ["a"]);
}

#[test]
fn a_fleet_with_a_name_has_its_own_tables_and_no_other_fleet_s_are_touched() {
    let Some(ministack) = ministack("a_fleet_with_a_name_has_its_own_tables_and_no_other_fleet_s_are_touched") else {
        return;
    };
    let account = ministack.account();
    for region in AWAY.into_iter().chain([HOME]) {
        make(&account, region);
        make_named(&account, region, "team-a-targets");
    }
    let folder = file("name = \"team-a\"");
    let synced = run(&account, &folder, &["sync", "fleet.toml", "--json"]);
    assert_eq!(synced.code, 0, "{}", synced.err);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&synced.out).unwrap()["table"], "team-a-targets");
    for region in AWAY.into_iter().chain([HOME]) {
        assert_eq!(ids(&account, region, "team-a-targets"), ["a"], "{region}");
        assert!(ids(&account, region, "parallax-targets").is_empty(), "{region}");
    }
    // What is typed goes before what the file says.
    let typed = ["sync", "fleet.toml", "--targets", "dynamodb:parallax-targets", "--regions", HOME];
    assert_eq!(run(&account, &folder, &typed).code, 0);
    assert_eq!(ids(&account, HOME, "parallax-targets"), ["a"]);
}

#[test]
fn a_table_that_is_nowhere_is_told_with_how_to_name_another() {
    let Some(ministack) = ministack("a_table_that_is_nowhere_is_told_with_how_to_name_another") else { return };
    let account = ministack.account();
    let run = run(&account, &file(""), &["sync", "fleet.toml"]);
    assert_eq!(run.code, 3, "{}", run.err);
    for said in [
        "eu-west-1: dynamodb:Scan on parallax-targets: it does not exist",
        "for a fleet NAME, write `name = \"NAME\"` in [fleet], or --targets dynamodb:NAME-targets\nno region is done",
    ] {
        assert!(run.err.contains(said), "{said} is missing from\n{}", run.err);
    }
}
