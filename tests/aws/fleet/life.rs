//! From the first deploy, which fails, to the last line that is left.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use parallax::measurement::wire::Record;
use serde_json::Value;

use super::place::{HOME, Place};
use super::stand_in::purge;
use super::{unwatched, watched};
use crate::support::certificates::Authority;
use crate::support::command::{Run, finished};
use crate::support::pages::HTTPS;

const REGIONS: [&str; 3] = [HOME, "us-east-1", "ap-northeast-1"];
const TARGETS: [&str; 2] = ["front", "search"];
/// Invocations of each probe.
const INVOCATIONS: usize = 5;
/// From one slot to the next.
const EVERY: Duration = Duration::from_secs(6 * 3_600);
/// Until what was sent has arrived; on a busy machine all of it shares two processors with the other tests.
const PATIENCE: Duration = Duration::from_secs(300);

/// Every six hours, so that the emulator's schedules do not come in between.
fn fleet(regions: &[&str], methods: &str, pages: &[String]) -> String {
    let trust = Authority::get().pem_file().display();
    let mut text = format!(
        "schema = 1\nevery = \"6h\"\ntimeout = \"20s\"\n[fleet]\nhome = \"{HOME}\"\nregions = {regions:?}\nmethods = {methods}\n"
    );
    for (target, page) in TARGETS.iter().zip(pages) {
        text.push_str(&format!(
            "[[target]]\nid = \"{target}\"\nurl = \"{page}\"\nmethods = {methods}\nallow_private = true\ntrust = \"{trust}\"\n"
        ));
    }
    text
}

fn script(place: &Place, name: &str, file: &Path, words: &[&str]) -> Run {
    finished(place.script(name, &[&[file.to_str().unwrap()], words].concat()).output().unwrap())
}

/// Asks until it holds.
fn wait_until(what: &str, mut holds: impl FnMut() -> Result<(), String>) {
    let begun = Instant::now();
    while let Err(why) = holds() {
        assert!(begun.elapsed() < PATIENCE, "{what}: {why}");
        std::thread::sleep(Duration::from_millis(500));
    }
}

#[test]
fn a_fleet_is_deployed_measures_changes_and_leaves_nothing() {
    let test = "a_fleet_is_deployed_measures_changes_and_leaves_nothing";
    let Some(mut place) = Place::new(test).map(Place::with_aws_as_it_is) else { return };
    let sites = [HTTPS.start(), HTTPS.start()];
    let pages: Vec<String> = sites.iter().map(|site| site.url("/page").to_string()).collect();
    let file = place.write(&fleet(&REGIONS, r#"["fresh"]"#, &pages));

    fails_and_goes_on(&place, &file);
    every_table_has_a_row_that_is_no_page(&place, "put-item", "--item");
    measures(&place);
    let records = records(&place);
    takes_each_sample_in_once(&place, &records);
    watched::rows_are_refused_in(&place.account, &REGIONS);
    every_table_has_a_row_that_is_no_page(&place, "delete-item", "--key");
    watched::percentiles_are_those_of_the_samples(&place.account, &records);
    rolls_up(&place);
    unwatched::publishes_placement(&place, TARGETS[0]);
    watched::the_dashboard_finds_its_series(&place);
    watched::the_alarms_find_theirs(&place);
    again_changes_nothing(&place, &file);
    place.load_aws();
    follows_the_file(&place, &pages, &records);
    leaves_nothing(&place, &file);
}

/// In one region the functions cannot be fetched: a bucket of their name lies elsewhere. Once it is gone, the same command
/// finishes what it began.
fn fails_and_goes_on(place: &Place, file: &Path) {
    let bucket = format!("parallax-artifacts-{}-us-east-1", place.account.id());
    let elsewhere = format!("LocationConstraint={HOME}");
    let create = ["s3api", "create-bucket", "--bucket", &bucket, "--create-bucket-configuration", &elsewhere];
    let made = place.aws(HOME, &create);
    assert_eq!(made.code, 0, "{}", made.err);

    let run = script(place, "deploy", file, &["--hub", "AlarmMail=ops@localhost", "--probe", "LogRetention=7"]);
    assert_eq!((run.code, run.out.as_str()), (3, ""), "{}", run.err);
    assert!(run.err.contains("Probe CREATE_FAILED: "), "the reason is missing: {}", run.err);
    assert!(run.err.contains("us-east-1: deploy: stack parallax-probe is in ROLLBACK_COMPLETE"), "{}", run.err);
    for region in [HOME, "ap-northeast-1"] {
        assert!(run.err.contains(&format!("{region}: stack parallax-probe: CREATED")), "{region}: {}", run.err);
    }

    let gone = place.aws(HOME, &["s3", "rb", &format!("s3://{bucket}"), "--force"]);
    assert_eq!(gone.code, 0, "{}", gone.err);
    let run = script(place, "deploy", file, &[]);
    assert_eq!(run.code, 0, "{}", run.err);
    let left = "us-east-1: stack parallax-probe is in ROLLBACK_COMPLETE, left by a run that failed; removing it";
    assert!(run.err.contains(left), "{}", run.err);
    assert!(run.err.contains("us-east-1: stack parallax-probe: CREATED"), "{}", run.err);
    // What the first command said is not said again.
    let kept = "us-east-1: stack parallax-probe is made with what it was to have: LogRetention=7";
    assert!(run.err.contains(kept), "{}", run.err);
    for region in REGIONS {
        assert_eq!(retention(place, region), 7, "{region}");
    }
    for stack in ["hub", "probe"] {
        assert!(run.err.contains(&format!("{HOME}: stack parallax-{stack}: no change")), "{}", run.err);
    }
    assert!(run.out.contains("#dashboards/dashboard/parallax"), "{}", run.out);
    assert!(run.out.contains("archive    dynamodb:parallax-archive"), "{}", run.out);
}

/// For how many days the log of a region's probe is kept.
fn retention(place: &Place, region: &str) -> i64 {
    let run =
        place.aws(region, &["logs", "describe-log-groups", "--log-group-name-prefix", "/parallax/parallax-probe"]);
    let found: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{region}: {}", run.err));
    found["logGroups"][0]["retentionInDays"].as_i64().unwrap()
}

/// The output of a stack.
fn output(place: &Place, region: &str, stack: &str, key: &str) -> String {
    let run = place.aws(region, &["cloudformation", "describe-stacks", "--stack-name", stack]);
    let found: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{stack}: {}", run.err));
    let outputs = found["Stacks"][0]["Outputs"].as_array().unwrap();
    let output = outputs.iter().find(|output| output["OutputKey"] == key).unwrap();
    output["OutputValue"].as_str().unwrap().to_owned()
}

/// Invokes a function and waits for its answer.
fn invoke(place: &Place, region: &str, function: &str, event: &str) -> Value {
    let file = tempfile::NamedTempFile::new().unwrap();
    let answer = file.path().to_str().unwrap();
    let words = ["lambda", "invoke", "--function-name", function, "--payload", event, answer];
    let run = place.aws(region, &words);
    let said = std::fs::read_to_string(file.path()).unwrap();
    let result: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{region} {function}: {}", run.err));
    assert!(result.get("FunctionError").is_none(), "{region} {function}: {said}");
    serde_json::from_str(&said).unwrap()
}

/// Somebody writes it by hand, or takes it out.
fn every_table_has_a_row_that_is_no_page(place: &Place, call: &str, what: &str) {
    for region in REGIONS {
        let row = r#"{"id":{"S":"by-hand"}}"#;
        let run = place.aws(region, &["dynamodb", call, "--table-name", "parallax-targets", what, row]);
        assert_eq!(run.code, 0, "{region}: {}", run.err);
    }
}

/// The slot before this one, which is late, and this one several times over, in every region: two in a row say whether a page is down.
fn measures(place: &Place) {
    std::thread::scope(|scope| {
        for region in REGIONS {
            scope.spawn(move || {
                measure(place, region, EVERY);
                (1..INVOCATIONS).for_each(|_| measure(place, region, Duration::ZERO));
            });
        }
    });
}

/// The slot of so long ago, in one region.
fn measure(place: &Place, region: &str, ago: Duration) {
    let slot = humantime::format_rfc3339_seconds(std::time::SystemTime::now() - ago);
    let function = output(place, region, "parallax-probe", "Function");
    invoke(place, region, &function, &format!(r#"{{"slot":"{slot}"}}"#));
}

/// What the archive has.
fn kept(place: &Place) -> Vec<Record> {
    let words = ["export", "jsonl", "--archive", "dynamodb:parallax-archive"];
    let run = finished(place.parallax(&words).output().unwrap());
    assert!(matches!(run.code, 0 | 1), "{}", run.err);
    run.out.lines().map(|line| parallax::measurement::wire::decode(line.as_bytes()).unwrap()).collect()
}

/// Every sample that was measured, once it is there.
fn records(place: &Place) -> Vec<Record> {
    let expected = REGIONS.len() * TARGETS.len() * INVOCATIONS;
    let mut found = Vec::new();
    wait_until("samples in the archive", || {
        found = kept(place);
        if found.len() >= expected { Ok(()) } else { Err(format!("{} of {expected} are there", found.len())) }
    });
    assert_eq!(found.len(), expected);
    let ids: BTreeSet<&str> = found.iter().map(|record| record.sample.id.as_str()).collect();
    assert_eq!(ids.len(), expected, "a sample is there twice");
    let mut of_source: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for record in &found {
        assert!(record.sample.outcome.is_good(), "{:?}", record.sample.outcome);
        *of_source
            .entry((record.environment.region.as_deref().unwrap(), record.sample.target.as_str()))
            .or_default() += 1;
    }
    for region in REGIONS {
        for target in TARGETS {
            assert_eq!(of_source.get(&(region, target)), Some(&INVOCATIONS), "{region} {target}");
        }
    }
    found
}

/// Every message comes a second time: the archive has no sample more, and CloudWatch no point.
fn takes_each_sample_in_once(place: &Place, records: &[Record]) {
    let url = output(place, HOME, "parallax-hub", "QueueUrl");
    let points = watched::points(&place.account);
    watched::send_again(&place.account, HOME, &url, records);
    wait_until("the queue empty", || watched::is_empty(&place.account, &url));
    assert_eq!(kept(place).len(), records.len());
    assert_eq!(watched::points(&place.account), points, "a sample was published twice");
    let dead = output(place, HOME, "parallax-hub", "DeadLettersUrl");
    watched::is_empty(&place.account, &dead).unwrap();
}

fn rolls_up(place: &Place) {
    let rollup = output(place, HOME, "parallax-hub", "Rollup");
    let now = humantime::format_rfc3339_seconds(std::time::SystemTime::now());
    for what in ["minute", "window"] {
        invoke(place, HOME, &rollup, &format!(r#"{{"rollup":"{what}","at":"{now}"}}"#));
    }
    // The emulator counts errors of invocations by hand only, not of those by a queue.
    let aggregator = output(place, HOME, "parallax-hub", "Aggregator");
    invoke(place, HOME, &aggregator, r#"{"Records":[]}"#);
}

fn again_changes_nothing(place: &Place, file: &Path) {
    let before = place.inventory(&REGIONS);
    place.knows_all_of(&before);
    let run = script(place, "deploy", file, &[]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains(&format!("{HOME}: stack parallax-hub: no change")), "{}", run.err);
    for region in REGIONS {
        assert!(run.err.contains(&format!("{region}: stack parallax-probe: no change")), "{region}: {}", run.err);
    }
    for region in REGIONS {
        assert!(run.err.lines().any(|line| line == format!("{region}: nothing to change")), "targets: {}", run.err);
    }
    for word in ["CREATED", "UPDATED", "is made", "is uploaded", "removed", "written"] {
        assert!(!run.err.contains(word), "{word}: {}", run.err);
    }
    assert_eq!(place.inventory(&REGIONS), before);
}

/// A region fewer, and one way of measuring more.
fn follows_the_file(place: &Place, pages: &[String], records: &[Record]) {
    let file = place.write(&fleet(&REGIONS[..2], r#"["fresh", "curl"]"#, pages));
    let spool = output(place, "ap-northeast-1", "parallax-probe", "SpoolUrl");
    watched::send_again(&place.account, "ap-northeast-1", &spool, &records[..1]);
    let run = script(place, "deploy", &file, &["--wait", "0"]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("ap-northeast-1: deploy: messages would be lost"), "{}", run.err);
    assert!(run.err.contains("; 1 in Spool of parallax-probe ("), "{}", run.err);
    // A probe that found its spool empty looks into it again after five minutes; nobody waits for that here.
    purge(&place.account, "ap-northeast-1", &spool);
    let run = script(place, "deploy", &file, &[]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("ap-northeast-1: stack parallax-probe is removed"), "{}", run.err);
    assert!(run.err.contains("ap-northeast-1: bucket parallax-artifacts-"), "{}", run.err);
    assert!(run.err.contains(&format!("{HOME}: stack parallax-hub: UPDATED")), "{}", run.err);
    for region in &REGIONS[..2] {
        let from = format!(
            "{region}: stack parallax-probe-curl-1769 is new, and takes over from parallax-probe in {region}: "
        );
        assert!(run.err.contains(&(from + "LogRetention=7")), "{}", run.err);
        assert!(run.err.contains(&format!("{region}: stack parallax-probe-curl-1769: CREATED")), "{}", run.err);
    }
    assert!(!place.inventory(&REGIONS).contains("ap-northeast-1"), "{}", place.inventory(&REGIONS));
    let home = format!("home = \"{HOME}\"");
    let moved = std::fs::read_to_string(&file).unwrap().replace(&home, "home = \"us-east-1\"");
    let run = script(place, "deploy", &place.write(&moved), &[]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains(&format!("the home of the fleet parallax is {HOME}")), "{}", run.err);

    let file = place.write(&fleet(&REGIONS[..2], r#"["fresh"]"#, pages));
    let run = script(place, "deploy", &file, &["--hub", "Quorum=1"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("us-east-1: stack parallax-probe-curl-1769 is removed"), "{}", run.err);
}

fn leaves_nothing(place: &Place, file: &Path) {
    let run = script(place, "destroy", file, &["--wait", "20"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("table parallax-archive stays, with its samples"), "{}", run.err);
    assert_eq!(place.inventory(&REGIONS), format!("{HOME} AWS::DynamoDB::Table parallax-archive\n"));
    let run =
        finished(place.script("destroy", &["--name", "parallax", "--regions", HOME, "--samples"]).output().unwrap());
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(place.inventory(&REGIONS), "", "{}", run.err);
}
