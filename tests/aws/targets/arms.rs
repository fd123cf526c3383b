//! What is in the tables, and what the deployed functions make of it: when they are invoked, and how they measure.

use aws_sdk_dynamodb::types::Tag;
use parallax::adapters::aws::targets::{EVERY_MINUTES, Targets};
use parallax::probe::fleet::row::Row;

use super::{TABLE, make, target};
use crate::aws::wait;
use crate::support::command::{Run, finished, parallax};
use crate::support::ministack::{Account, ministack};

const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];

/// As a stack leaves it.
fn tag(account: &Account, region: &str, key: &str, value: &str) {
    let client = aws_sdk_dynamodb::Client::new(&account.config(region));
    let table = wait(client.describe_table().table_name(TABLE).send()).unwrap().table.unwrap();
    let tag = Tag::builder().key(key).value(value).build().unwrap();
    wait(client.tag_resource().resource_arn(table.table_arn.unwrap()).tags(tag).send()).unwrap();
}

fn write(folder: &tempfile::TempDir, targets: &str) {
    let fleet = format!("[fleet]\nhome = \"{}\"\nregions = {REGIONS:?}\n", REGIONS[0]);
    let text = format!("schema = 1\nevery = \"6m\"\n{fleet}{targets}");
    std::fs::write(folder.path().join("fleet.toml"), text).unwrap();
}

fn run(account: &Account, folder: &tempfile::TempDir, words: &[&str]) -> Run {
    let words = [&["targets"], words].concat();
    finished(parallax(folder.path(), &words).envs(account.environment(REGIONS[0])).output().unwrap())
}

#[test]
fn who_syncs_is_told_of_slots_for_which_no_probe_is_invoked() {
    let Some(ministack) = ministack("who_syncs_is_told_of_slots_for_which_no_probe_is_invoked") else { return };
    let account = ministack.account();
    REGIONS.iter().for_each(|region| drop(make(&account, region)));
    tag(&account, REGIONS[0], "parallax:fleet", "parallax");
    tag(&account, REGIONS[0], EVERY_MINUTES, "3");
    tag(&account, REGIONS[1], EVERY_MINUTES, "1");
    let folder = tempfile::tempdir().unwrap();
    write(&folder, &(target("a", "") + &target("b", "every = \"2m\"") + &target("c", "every = \"3m\"")));
    let told =
        "eu-west-1: probes are invoked every 3m, and between that have slots: b; infra/deploy changes the schedule\n";
    // What is not known to be wrong is not said of the other region; and it is said again where nothing is written.
    for words in [&["sync", "fleet.toml", "--dry-run"][..], &["sync", "fleet.toml"], &["sync", "fleet.toml"]] {
        let synced = run(&account, &folder, words);
        assert_eq!((synced.code, synced.err.as_str()), (0, told), "{words:?}");
    }
    let synced = run(&account, &folder, &["sync", "fleet.toml", "--json"]);
    let said: serde_json::Value = serde_json::from_str(&synced.out).unwrap();
    assert_eq!(said["regions"][0]["not_invoked_for"], serde_json::json!(["b"]));
    assert_eq!(said["regions"][1]["not_invoked_for"], serde_json::json!([]));
    assert_eq!(run(&account, &folder, &["put", "b", "--fleet", "fleet.toml"]).err, told);
    for words in [&["put", "a", "--fleet", "fleet.toml"][..], &["remove", "b", "--fleet", "fleet.toml"]] {
        assert_eq!(run(&account, &folder, words).err, "", "{words:?}");
    }
}

#[test]
fn a_row_that_no_function_of_the_fleet_measures_is_listed_as_such() {
    let Some(ministack) = ministack("a_row_that_no_function_of_the_fleet_measures_is_listed_as_such") else { return };
    let account = ministack.account();
    REGIONS.iter().for_each(|region| drop(make(&account, region)));
    let folder = tempfile::tempdir().unwrap();
    write(&folder, &target("a", ""));
    assert_eq!(run(&account, &folder, &["sync", "fleet.toml"]).code, 0);
    let list = ["list", "--fleet", "fleet.toml"];
    assert_eq!(run(&account, &folder, &list).code, 0);

    let text = r#"{"schema":1,"id":"z","url":"https://z.example/","every":"6m","methods":["curl"]}"#;
    for region in REGIONS {
        let row = Row { id: "z".to_owned(), text: text.to_owned() };
        wait(Targets::new(&account.config(region), TABLE).put(&row)).unwrap();
    }
    let listed = run(&account, &folder, &list);
    let said = "the target `z` is measured by curl, and [fleet] by fresh; add a method to either `methods`";
    assert_eq!(listed.code, 1, "{}", listed.out);
    assert!(listed.out.ends_with(&format!("\n{said}\n")), "{}", listed.out);
    let listed = run(&account, &folder, &[&list[..], &["--json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!((listed.code, &json["unmeasured"]), (1, &serde_json::json!([said])));
    // Without a fleet file nobody knows what measures.
    let typed = ["list", "--regions", "eu-west-1,us-east-1", "--targets", "dynamodb:parallax-targets"];
    assert_eq!(run(&account, &folder, &typed).code, 0);
}
