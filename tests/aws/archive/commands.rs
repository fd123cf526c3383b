//! Commands say the same of a table as of a file, and what is wrong with a table in words that help.

use std::path::Path;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use parallax::adapters::aws::archive::Archive;
use parallax::archive::error::ArchiveError;
use parallax::archive::port::{Append, Directory};
use parallax::measurement::units::Micros;
use parallax::measurement::wire::Record;

use super::{REGION, TABLE, create, wait};
use crate::support::command::{Run, finished, parallax};
use crate::support::fake_dynamodb::refusing;
use crate::support::fleet_sample::rich;
use crate::support::ministack::{Account, ministack};

const PLACE: &str = "dynamodb:parallax-archive";

fn run(directory: &Path, environment: &[(&str, String)], words: &[&str]) -> Run {
    let environment = environment.iter().map(|(name, value)| (*name, value.as_str()));
    finished(parallax(directory, words).envs(environment).output().unwrap())
}

/// Two ways of measuring over three days, one of them slower, some of them failed.
fn records() -> Vec<Record> {
    let mut records = Vec::new();
    for (way, slower) in [("fresh", 0), ("curl", 21_000)] {
        for n in 0..60 {
            let mut record = rich(n * 24, way);
            let sample = &mut record.sample;
            sample.started_at_ms.0 += i64::try_from(n / 20).unwrap() * 86_400_000;
            sample.slot_ms =
                sample.slot_ms.map(|_| parallax::measurement::units::UnixMillis(sample.started_at_ms.0 - 217));
            sample.id = format!("{n}-{way}").parse().unwrap();
            let wait = sample.hops[1].phases.wait.as_mut().unwrap();
            wait.elapsed_us += Micros(slower);
            wait.network_us = wait.network_us.map(|network| network + Micros(slower));
            sample.elapsed_us += Micros(slower);
            records.push(record);
        }
    }
    records
}

fn lines(records: &[Record]) -> String {
    records.iter().map(|record| format!("{}\n", serde_json::to_string(record).unwrap())).collect()
}

/// What a page says of when and of what it was made is taken out.
fn told(run: &Run, place: &str) -> String {
    // A split of the spread from one sandbox a place is a negative answer: 1, and all the same a page.
    assert!(run.code < 2, "{}{}", run.out, run.err);
    let text = format!("{}\n{}", run.code, run.out.replace(place, "PLACE"));
    let Some((before, after)) = text.split_once("\"made_at\":") else { return text };
    let (_, after) = after.split_once(',').unwrap();
    format!("{before}{after}")
}

#[test]
fn every_reading_command_says_of_a_table_what_it_says_of_a_file() {
    let Some(ministack) = ministack("every_reading_command_says_of_a_table") else { return };
    let (account, directory) = (ministack.account(), tempfile::tempdir().unwrap());
    let (here, environment) = (directory.path(), account.environment(REGION));
    wait(create(&account, TABLE, ["pk", "sk"]));
    let records = records();
    std::fs::write(here.join("in.jsonl"), lines(&records)).unwrap();
    for place in ["sqlite:a.db", PLACE, PLACE] {
        let run = run(here, &environment, &["import", "jsonl", "in.jsonl", "--archive", place]);
        assert_eq!(run.code, 0, "{place}: {}", run.err);
    }
    for words in [
        &["report", "--json"][..],
        &["report", "--json", "--since", "2026-01-02T00:00:00Z", "--until", "2026-01-03T06:00:00Z", "--method", "curl"],
        &["report", "--csv"],
        &["explain", "--a", "method=fresh", "--b", "method=curl", "--json", "--seed", "7"],
        &["variance", "--json"],
        &["export", "jsonl"],
        &["export", "csv", "--target", "daily-news"],
        &["stopwatch", "replay", "--json"],
    ] {
        let [file, table] = ["sqlite:a.db", PLACE].map(|place| {
            let words: Vec<_> = words.iter().copied().chain(["--archive", place]).collect();
            told(&run(here, &environment, &words), place)
        });
        assert!(file.len() > 100, "{words:?}: {file}");
        assert!(file == table, "{words:?} differ:\n{file}\n{table}");
    }
    let status = run(here, &environment, &["status", "--archive", PLACE, "--json"]);
    let status: serde_json::Value = serde_json::from_str(&status.out).unwrap();
    let counted: Vec<_> =
        status["sources"].as_array().unwrap().iter().map(|line| line["samples"].as_u64().unwrap()).collect();
    assert_eq!((counted, status["archive"]["place"].as_str()), (vec![60, 60], Some(PLACE)));
    assert_eq!(status["archive"].get("free_bytes"), None);
    let page = run(here, &environment, &["status", "--archive", PLACE]);
    assert!(page.code == 0 && page.out.contains("dynamodb:parallax-archive: schema 1"), "{}", page.out);
}

#[test]
fn a_table_with_nothing_in_it_is_an_archive_without_samples() {
    let Some(ministack) = ministack("a_table_with_nothing_in_it") else { return };
    let (account, directory) = (ministack.account(), tempfile::tempdir().unwrap());
    wait(create(&account, TABLE, ["pk", "sk"]));
    // What a rollup has to do is noted before the first sample is there.
    wait(put(&account, TABLE, "touched", "1767225600000"));
    for words in [&["report"][..], &["status"]] {
        let words: Vec<_> = words.iter().copied().chain(["--archive", PLACE]).collect();
        let run = run(directory.path(), &account.environment(REGION), &words);
        assert_eq!(run.code, 1, "{words:?}: {} {}", run.out, run.err);
    }
}

#[test]
fn what_is_wrong_with_a_table_is_said_with_what_helps() {
    let Some(ministack) = ministack("what_is_wrong_with_a_table_is_said") else { return };
    let (account, directory) = (ministack.account(), tempfile::tempdir().unwrap());
    let environment = account.environment(REGION);
    let with = |changes: &[(&'static str, &str)]| {
        let mut changed = environment.clone();
        for (name, value) in changes {
            changed.retain(|(known, _)| known != name);
            if !value.is_empty() {
                changed.push((name, (*value).to_owned()));
            }
        }
        changed
    };
    std::fs::write(directory.path().join("in.jsonl"), lines(&records()[..2])).unwrap();
    wait(async {
        create(&account, "other-key", ["id", "at"]).await;
        create(&account, "someone-elses", ["pk", "sk"]).await;
        create(&account, "of-tomorrow", ["pk", "sk"]).await;
        put(&account, "someone-elses", "user#7", "profile").await;
        put(&account, "of-tomorrow", "parallax", "archive").await;
    });
    for (place, environment, code, said) in [
        ("dynamodb:nowhere", with(&[]), 2, "dynamodb:DescribeTable on table nowhere: it does not exist"),
        ("dynamodb:other-key", with(&[]), 2, "its key is id (S) and at (S), and an archive's is pk and sk"),
        ("dynamodb:someone-elses", with(&[]), 2, "it holds items, and none that marks it as an archive"),
        ("dynamodb:of-tomorrow", with(&[]), 2, "update parallax"),
        ("dynamodb:x", with(&[]), 2, "a table's name must follow"),
        (PLACE, with(&[("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "")]), 2, "set AWS_REGION"),
        (PLACE, with(&[("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")]), 2, "no valid credentials"),
        (
            PLACE,
            with(&[("AWS_ENDPOINT_URL", &refusing("AccessDeniedException"))]),
            2,
            "dynamodb:DescribeTable on table parallax-archive: access denied; the role needs this action",
        ),
        (
            PLACE,
            with(&[("AWS_ENDPOINT_URL", "http://127.0.0.1:9")]),
            3,
            "dynamodb:DescribeTable on table parallax-archive: no answer",
        ),
    ] {
        for words in [&["report"][..], &["import", "jsonl", "in.jsonl"]] {
            if code == 3 && words[0] == "import" {
                continue; // Asked for again with pauses: once is enough.
            }
            let words: Vec<_> = words.iter().copied().chain(["--archive", place]).collect();
            let run = run(directory.path(), &environment, &words);
            assert_eq!(run.code, code, "{words:?}: {}", run.err);
            assert!(run.err.contains(said) && run.out.is_empty(), "{words:?}: {}", run.err);
        }
    }
    for table in ["other-key", "someone-elses", "of-tomorrow"] {
        let client = Client::new(&account.config(REGION));
        let items = wait(client.scan().table_name(table).send()).unwrap().count;
        assert_eq!(items, i32::from(table != "other-key"), "{table} was written to");
    }
}

async fn put(account: &Account, table: &str, pk: &str, sk: &str) {
    let client = Client::new(&account.config(REGION));
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let item = client.put_item().table_name(table).item("pk", text(pk)).item("sk", text(sk));
    item.item("schema", AttributeValue::N("7".to_owned())).send().await.unwrap();
}

#[test]
fn what_is_throttled_may_pass_and_names_its_action() {
    let Some(ministack) = ministack("what_is_throttled_may_pass") else { return };
    let once = aws_config::retry::RetryConfig::standard().with_max_attempts(1);
    let config = ministack.account().config(REGION).into_builder();
    let config = config.endpoint_url(refusing("ProvisionedThroughputExceededException")).retry_config(once).build();
    let mut archive = Archive::new(&config, TABLE, None);
    let errors = [
        (wait(archive.append(&records()[..1])).unwrap_err(), "dynamodb:BatchGetItem"),
        (wait(archive.sources()).unwrap_err(), "dynamodb:Query"),
    ];
    for (error, action) in errors {
        assert!(matches!(error, ArchiveError::Service { may_pass: true, .. }), "{error:?}");
        assert!(error.to_string().contains(&format!("{action} on table {TABLE}: throttled")), "{error}");
    }
}

#[test]
fn commands_that_measure_here_say_that_they_keep_a_file() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join("fleet.toml"),
        "schema = 1\nevery = \"3m\"\n[vantage]\nid = \"host/a\"\n[[target]]\nid = \"a\"\nurl = \"http://127.0.0.1:9/\"\nallow_private = true\nmethods = [\"fresh\"]\n",
    )
    .unwrap();
    for words in [&["agent", "fleet.toml"][..], &["compare", "http://127.0.0.1:9/"], &["demo"]] {
        let words: Vec<_> = words.iter().copied().chain(["--archive", PLACE]).collect();
        let run = run(directory.path(), &[], &words);
        assert_eq!(run.code, 2, "{words:?}: {}", run.err);
        assert!(run.err.contains("keeps its samples in a file; write `sqlite:PATH`"), "{words:?}: {}", run.err);
    }
}
