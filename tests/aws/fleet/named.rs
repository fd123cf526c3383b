//! A fleet of another name beside the usual one: its alarms and its dashboard look at its own series.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aws_sdk_cloudwatch::Client;
use serde_json::{Value, json};

use super::place::{HOME, Place};
use super::rules::rehearsed_of;
use super::stand_in::bucket;
use crate::aws::wait;
use crate::support::command::finished;

const PATIENCE: Duration = Duration::from_secs(120);
/// An archive without a file: nothing is invoked here.
const EMPTY_ZIP: [u8; 22] = *b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

#[test]
fn alarms_and_dashboard_of_a_named_fleet_are_of_its_own_namespace() {
    let Some(place) = Place::new("alarms_and_dashboard_of_a_named_fleet_are_of_its_own_namespace") else { return };
    let zip = place.write("").with_file_name("nothing.zip");
    std::fs::write(&zip, EMPTY_ZIP).unwrap();
    bucket(&place, HOME, "code-of-team-a");
    let put = ["s3api", "put-object", "--bucket", "code-of-team-a", "--key", "a.zip", "--body", zip.to_str().unwrap()];
    assert_eq!(place.aws(HOME, &put).code, 0);
    let given = [
        ("Name", "team-a"),
        ("CodeBucket", "code-of-team-a"),
        ("CodeKey", "a.zip"),
        ("Regions", HOME),
        ("EveryMinutes", "1440"),
    ];
    let given: Vec<_> =
        given.iter().map(|(key, value)| json!({ "ParameterKey": key, "ParameterValue": value })).collect();
    let (given, template) =
        (Value::from(given).to_string(), format!("file://{}/infra/hub.yaml", env!("CARGO_MANIFEST_DIR")));
    let words = ["cloudformation", "create-stack", "--stack-name", "team-a-hub", "--capabilities", "CAPABILITY_IAM"];
    let made = place.aws(HOME, &[&words[..], &["--template-body", &template, "--parameters", &given]].concat());
    assert_eq!(made.code, 0, "{}", made.err);

    let client = Client::new(&place.account.config(HOME));
    let begun = Instant::now();
    // The alarms and the dashboard are made last.
    let (alarms, body) = loop {
        let alarms = wait(client.describe_alarms().alarm_name_prefix("team-a-").send()).unwrap();
        let dashboard = wait(client.get_dashboard().dashboard_name("team-a").send());
        let body = dashboard.ok().and_then(|found| found.dashboard_body);
        match body {
            Some(body) if alarms.metric_alarms().len() == parallax::metrics::alarm::ALARMS.len() => {
                break (alarms, body);
            }
            _ => assert!(begun.elapsed() < PATIENCE, "{} alarms are made", alarms.metric_alarms().len()),
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    let namespaces: BTreeSet<_> = alarms.metric_alarms().iter().filter_map(|alarm| alarm.namespace()).collect();
    assert_eq!(namespaces, ["AWS/Lambda", "AWS/SQS", "Parallax/team-a"].into());
    assert_eq!(body.matches(r#"SEARCH('{\"Parallax/team-a\","#).count(), 9, "{body}");
    assert!(body.contains(r#"["Parallax/team-a","TargetsDown","#) && !body.contains(r#""Parallax""#), "{body}");
    // Its schedules would go on for as long as the emulator runs.
    let gone = place.aws(HOME, &["cloudformation", "delete-stack", "--stack-name", "team-a-hub"]);
    assert_eq!(gone.code, 0, "{}", gone.err);
}

#[test]
fn the_name_in_the_file_is_that_of_all_parts_and_an_option_does_not_contradict_it() {
    let test = "the_name_in_the_file_is_that_of_all_parts_and_an_option_does_not_contradict_it";
    let Some(place) = Place::new(test) else { return };
    let fleet = format!("name = \"team-a\"\nhome = \"{HOME}\"\nregions = [\"us-east-1\"]");
    let run = rehearsed_of(&place, &fleet, "", &["--name", "team-a"]);
    assert_eq!(run.code, 0, "{}", run.err);
    for said in [
        "would create stack team-a-hub with: Name=team-a ",
        "us-east-1: would create stack team-a-probe with: Name=team-a ",
        "would write 1 targets into the table team-a-targets of eu-west-1 us-east-1\n",
    ] {
        assert!(run.err.contains(said), "{said} is missing from\n{}", run.err);
    }
    assert!(!run.err.contains("note: "), "{}", run.err);
    let file = place.write(&format!(
        "schema = 1\nevery = \"3m\"\n[fleet]\n{fleet}\n[[target]]\nid = \"a\"\nurl = \"https://www.example.com/\"\n"
    ));
    let file = file.to_str().unwrap();
    let run = finished(place.script("destroy", &[file, "--dry-run"]).output().unwrap());
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("would remove bucket team-a-artifacts-"), "{}", run.err);
    for name in ["deploy", "destroy"] {
        let run = finished(place.script(name, &[file, "--dry-run", "--name", "team-b"]).output().unwrap());
        let said = format!(
            "{name}: --name team-b: {file} has name = \"team-a\" in [fleet], by which `parallax targets` goes, too; take out \
             one of them\n"
        );
        assert_eq!((run.code, run.err), (2, said));
    }
}
