//! One thing at a time, through the deployed program.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use parallax::adapters::clock;
use parallax::archive::port::Summaries;
use parallax::archive::selection::Window;
use parallax::measurement::identity::Method;
use parallax::measurement::miss::{Miss, Reason};
use parallax::measurement::units::UnixMillis;
use parallax::measurement::wire::{Message, Record};
use parallax::metrics::catalogue::Metric;
use serde_json::json;
use tempfile::TempDir;

use super::hub::{HOME, Hub, NAMESPACE, event, given_back, program};
use crate::aws::cloudwatch::count;
use crate::aws::infra::{logs, template};
use crate::aws::wait;
use crate::support::command::{finished, parallax};
use crate::support::faults::{Fault, Faults};
use crate::support::ministack::{Ministack, ministack};
use crate::support::samples::Recipe;
use crate::support::sandbox::{Answer, Sandbox};

const TIME: Duration = Duration::from_secs(60);
const A_WHILE: Duration = Duration::from_secs(15);
const SOURCE: [(&str, &str); 4] =
    [("Method", "fresh"), ("ProbeRegion", "eu-west-1"), ("Target", "daily-news"), ("Vantage", "lambda/eu-west-1/1769")];

/// Samples of one region, a second apart, from a moment on.
fn records(from: UnixMillis, count: i64) -> Vec<Record> {
    let record = |n| {
        let (id, started_ms) = (format!("of-{}-{n}", from.0), from.0 + n * 1_000);
        let vantage = "lambda/eu-west-1/1769";
        let mut record = Recipe { id, vantage, slot_ms: None, started_ms, ..Recipe::default() }.record();
        record.environment.platform = "lambda".to_owned();
        record.environment.region = Some("eu-west-1".to_owned());
        record
    };
    (0..count).map(record).collect()
}

fn body(records: &[Record]) -> String {
    let samples = records.iter().map(|record| record.sample.clone()).collect();
    serde_json::to_string(&Message::new(records[0].environment.clone(), samples)).unwrap()
}

fn sandbox(hub: &Hub, endpoint: &str, folder: &TempDir) -> Sandbox {
    Sandbox::start(program(), &hub.environment(endpoint), &folder.path().join("log"))
}

fn hub(ministack: &Ministack) -> (Hub, TempDir) {
    (Hub::new(ministack.account()), TempDir::new().unwrap())
}

#[test]
fn two_deliveries_at_the_same_time_are_archived_once() {
    let Some(ministack) = ministack("two_deliveries_at_the_same_time_are_archived_once") else { return };
    let (hub, folder) = hub(ministack);
    let sent = records(UnixMillis(clock::wall().0 - 600_000), 40);
    hub.send(&[body(&sent), body(&sent[10..]), "garbage".to_owned()]);
    let event = event(&hub.receive());
    let endpoint = hub.account.endpoint();
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let one = || scope.spawn(|| sandbox(&hub, &endpoint, &folder).invoke(&event, TIME));
        [one(), one()].map(|running| running.join().unwrap()).into()
    });
    for answer in answers {
        let Answer::Done(answer) = answer else { panic!("{answer:?}") };
        assert_eq!(given_back(&answer), [""; 0]);
    }
    let archived: Vec<Record> = hub.archived();
    assert_eq!(archived, sent);
    // Each may have published before the other had kept: once or twice, and never less.
    let published = count(&hub.account, NAMESPACE, "Latency", &SOURCE, sent[0].sample.started_at_ms);
    assert!((40.0..=80.0).contains(&published), "{published}");
    assert!(hub.set_aside().iter().all(|(body, reason)| body == "garbage" && reason.contains("cannot be read")));
}

#[test]
fn an_end_between_publishing_and_keeping_counts_twice_and_is_kept_once() {
    let Some(ministack) = ministack("an_end_between_publishing_and_keeping_counts_twice_and_is_kept_once") else {
        return;
    };
    let (hub, folder) = hub(ministack);
    let sent = records(UnixMillis(clock::wall().0 - 600_000), 5);
    hub.send(&[body(&sent)]);
    let messages = hub.receive();
    // No answer to the publishing, which was done; and the process does not live to ask again.
    let killer: Arc<std::sync::OnceLock<Arc<dyn Fn() + Send + Sync>>> = Arc::default();
    let kill = killer.clone();
    let decide = move |action: &str| match action {
        "PutMetricData" => {
            let kill = kill.get().unwrap().clone();
            Fault::Cut { goes_through: true, then: kill }
        }
        _ => Fault::None,
    };
    let faults = Faults::before(hub.account.endpoint(), Arc::new(decide), Arc::new(|_, _, _| ()));
    let first = sandbox(&hub, &faults.endpoint(), &folder);
    let _ = killer.set(first.killer());
    assert_eq!(first.invoke(&event(&messages), TIME), Answer::Died);
    assert_eq!(hub.archived(), []);
    let Answer::Done(answer) = sandbox(&hub, &hub.account.endpoint(), &folder).invoke(&event(&messages), TIME) else {
        panic!()
    };
    assert_eq!(given_back(&answer), [""; 0]);
    assert_eq!(hub.archived(), sent);
    assert_eq!(count(&hub.account, NAMESPACE, "Latency", &SOURCE, sent[0].sample.started_at_ms), 10.0);
}

#[test]
fn what_is_throttled_to_the_end_is_given_back_in_time_and_a_denial_names_the_permission() {
    let test = "what_is_throttled_to_the_end_is_given_back_in_time_and_a_denial_names_the_permission";
    let Some(ministack) = ministack(test) else { return };
    let (hub, folder) = hub(ministack);
    hub.send(&[body(&records(UnixMillis(clock::wall().0 - 600_000), 5)), "garbage".to_owned()]);
    let messages = hub.receive();
    let sound = messages.iter().find(|message| message.body.as_deref() != Some("garbage")).unwrap();
    for (fault, said) in [
        ("ProvisionedThroughputExceededException", "dynamodb:BatchGetItem on table parallax-archive: throttled"),
        ("AccessDeniedException", "dynamodb:BatchGetItem on table parallax-archive: access denied; the role needs"),
    ] {
        let decide = move |action: &str| match action {
            "BatchGetItem" => Fault::Refused(fault),
            _ => Fault::None,
        };
        let faults = Faults::before(hub.account.endpoint(), Arc::new(decide), Arc::new(|_, _, _| ()));
        let sandbox = sandbox(&hub, &faults.endpoint(), &folder);
        let Answer::Done(answer) = sandbox.invoke(&event(&messages), Duration::from_secs(20)) else { panic!() };
        // The poison beside it is not held up.
        assert_eq!(given_back(&answer), [sound.message_id.clone().unwrap()]);
        assert!(sandbox.said().contains(said) || sandbox.said().contains("the time of this invocation is over"));
        if fault == "AccessDeniedException" {
            assert!(sandbox.said().contains(said), "{}", sandbox.said());
        }
    }
    assert_eq!(hub.archived(), []);
}

/// What CloudWatch Logs counts by the hub's filter in what a sandbox has logged; nothing where the template cannot be read.
fn counted(test: &str, sandbox: &Sandbox) -> Option<usize> {
    let [hub, _] = template::both(test)?;
    let filters = logs::filters(&hub);
    let filter = filters.iter().find(|filter| filter.metric == Metric::PartialFailures.name()).unwrap();
    Some(filter.counted(&sandbox.said()))
}

#[test]
fn what_the_aggregator_cannot_do_is_counted_by_the_filter_on_its_log() {
    let test = "what_the_aggregator_cannot_do_is_counted_by_the_filter_on_its_log";
    let Some(ministack) = ministack(test) else { return };
    for (action, fault, failures) in [
        ("none", "", 0),
        // Denied: CloudWatch cannot be told by the function itself.
        ("PutMetricData", "AccessDeniedException", 1),
        // Refused for good: the samples are kept, and are missing from CloudWatch.
        ("PutMetricData", "InvalidParameterValue", 1),
        ("PutItem", "AccessDeniedException", 1),
        ("SendMessage", "AccessDeniedException", 1),
    ] {
        let (hub, folder) = hub(ministack);
        hub.send(&[body(&records(UnixMillis(clock::wall().0 - 600_000), 5)), "garbage".to_owned()]);
        let decide = move |call: &str| if call == action { Fault::Refused(fault) } else { Fault::None };
        let faults = Faults::before(hub.account.endpoint(), Arc::new(decide), Arc::new(|_, _, _| ()));
        let sandbox = Sandbox::start(program(), &hub.environment(&faults.endpoint()), &folder.path().join("log"));
        let Answer::Done(answer) = sandbox.invoke(&event(&hub.receive()), TIME) else { panic!() };
        let Some(counted) = counted(test, &sandbox) else { return };
        assert_eq!(counted, failures, "{action} {fault}: {answer}\n{}", sandbox.said());
    }
}

#[test]
fn missed_slots_are_in_the_archive_once_and_a_command_tells_them() {
    let Some(ministack) = ministack("missed_slots_are_in_the_archive_once_and_a_command_tells_them") else { return };
    let (hub, folder) = hub(ministack);
    let sandbox = sandbox(&hub, &hub.account.endpoint(), &folder);
    let minute = UnixMillis(clock::wall().0.div_euclid(60_000) * 60_000 - 600_000);
    let slot = |n: i64| UnixMillis(minute.0 + n * 60_000);
    let miss = |n, target: &str, reason| Miss {
        target: target.parse().unwrap(),
        vantage: "lambda/eu-west-1/1769".parse().unwrap(),
        method: Method::Fresh,
        slot_ms: slot(n),
        reason,
    };
    // A page whose first slot has a sample, and one that is only missed.
    let mut measured = records(slot(0), 1);
    measured[0].sample.slot_ms = Some(slot(0));
    let mut message = Message::new(measured[0].environment.clone(), Vec::new());
    message.missed = vec![
        miss(0, "daily-news", Reason::Deadline),
        miss(1, "daily-news", Reason::Deadline),
        miss(2, "daily-news", Reason::Header),
        miss(1, "search", Reason::Header),
    ];
    let gaps = serde_json::to_string(&message).unwrap();
    // In one batch and again in another, and the sample comes between.
    for bodies in [vec![gaps.clone(), gaps.clone()], vec![body(&measured), gaps]] {
        hub.send(&bodies);
        let messages = hub.receive();
        let Answer::Done(answer) = sandbox.invoke(&event(&messages), TIME) else { panic!() };
        assert_eq!(given_back(&answer), [""; 0], "{}", sandbox.said());
        hub.delete(&messages.iter().collect::<Vec<_>>());
    }
    let run = |words: &[&str]| {
        let words = [words, &["--archive", "dynamodb:parallax-archive"]].concat();
        finished(parallax(folder.path(), &words).envs(hub.account.environment(HOME)).output().unwrap())
    };
    let status = run(&["status", "--json"]);
    assert_eq!(status.code, 0, "{}", status.err);
    let status: serde_json::Value = serde_json::from_str(&status.out).unwrap();
    let told: Vec<String> = status["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| format!("{} {} {}", source["target"], source["samples"], source["missed"]))
        .collect();
    assert_eq!(told, [r#""daily-news" 1 2"#, r#""search" 0 1"#]);
    let report = run(&["report", "--json"]);
    assert_eq!(report.code, 0, "{}", report.err);
    assert!(report.out.contains("daily-news") && !report.out.contains("search"), "{}", report.out);
    assert!(count(&hub.account, NAMESPACE, "SlotsMissed", &[], slot(1)) >= 4.0);
}

#[test]
fn a_late_sample_has_its_window_summarised_anew() {
    let Some(ministack) = ministack("a_late_sample_has_its_window_summarised_anew") else { return };
    let (hub, folder) = hub(ministack);
    let sandbox = sandbox(&hub, &hub.account.endpoint(), &folder);
    // Twelve days ago: old for CloudWatch's alarms, and not too old for the archive.
    let from = UnixMillis((clock::wall().0 - 12 * 86_400_000).div_euclid(900_000) * 900_000);
    let window = Window { from, to: from.plus(Duration::from_secs(900)) };
    let mut summarised = Vec::new();
    for part in records(from, 20).chunks(12) {
        hub.send(&[body(part)]);
        let messages = hub.receive();
        // The mark is settled when the time of the invocation is over: a short one, and another where it was too short.
        loop {
            let Answer::Done(answer) = sandbox.invoke(&event(&messages), A_WHILE) else { panic!() };
            std::thread::sleep(A_WHILE);
            if given_back(&answer).is_empty() {
                break;
            }
        }
        hub.delete(&messages.iter().collect::<Vec<_>>());
        for _twice in 0..2 {
            assert_eq!(
                sandbox.invoke(r#"{"rollup": "window", "at": "<aws.scheduler.scheduled-time>"}"#, TIME),
                Answer::Done("null".to_owned())
            );
        }
        let kept = wait(hub.archive().summaries(window)).unwrap();
        let samples = |figures: &str| serde_json::from_str::<serde_json::Value>(figures).unwrap()["samples"].as_u64();
        summarised.push(kept.iter().map(|summary| samples(&summary.figures).unwrap()).collect::<Vec<_>>());
    }
    assert_eq!(summarised, [[12], [20]]);
    assert!(count(&hub.account, NAMESPACE, "TargetsSlower", &[], clock::wall()) >= 1.0);
}

#[test]
fn a_minute_is_rolled_up_of_what_the_archive_and_the_table_of_pages_hold() {
    let test = "a_minute_is_rolled_up_of_what_the_archive_and_the_table_of_pages_hold";
    let Some(ministack) = ministack(test) else { return };
    let (hub, folder) = hub(ministack);
    let sandbox = sandbox(&hub, &hub.account.endpoint(), &folder);
    hub.send(&[body(&records(UnixMillis(clock::wall().0 - 60_000), 5))]);
    let Answer::Done(_) = sandbox.invoke(&event(&hub.receive()), TIME) else { panic!() };
    let asked = json!({ "rollup": "minute", "at": humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string() });
    assert_eq!(sandbox.invoke(&asked.to_string(), TIME), Answer::Done("null".to_owned()));
    // One region was heard of a minute ago, and the other never.
    assert!(
        sandbox.said().contains(r#"{"event":"minute","targets":1,"down":0,"silent":1,"refused":0}"#),
        "{}",
        sandbox.said()
    );
    for metric in ["TargetsDown", "RegionsSilent", "TargetsRefused"] {
        assert_eq!(count(&hub.account, NAMESPACE, metric, &[], clock::wall()), 1.0, "{metric}");
    }
    let Answer::Failed(error) = sandbox.invoke(r#"{"rollup": "year"}"#, TIME) else { panic!() };
    assert!(error.contains("neither Records") && error.contains("minute"), "{error}");
}

#[test]
fn an_environment_that_lacks_something_is_said_at_the_start() {
    let output = Command::new(program()).env_clear().env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("PARALLAX_ARCHIVE_TABLE is not set") && said.contains("PARALLAX_QUORUM"), "{said}");
    let output = Command::new(program()).env_clear().output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("run by AWS Lambda"));
}
