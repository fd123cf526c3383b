//! Without credentials every command that needs AWS says so in a line, and ends as on any other bad input.

use std::fs;

use crate::support::command::{Run, finished, parallax};
use crate::support::ministack::Account;

const SAID: &str =
    "no valid credentials; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in again";

fn without_credentials(directory: &std::path::Path, words: &[&str]) -> Run {
    let mut command = parallax(directory, words);
    command.envs(Account::nobody().environment("eu-west-1"));
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"] {
        command.env_remove(name);
    }
    finished(command.env("HOME", directory).output().unwrap())
}

#[test]
fn no_credentials_are_one_short_message_and_bad_input() {
    let directory = tempfile::tempdir().unwrap();
    let page = "[[target]]\nid = \"front\"\nurl = \"https://www.example.com/\"\n";
    let text = format!("schema = 1\nevery = \"1d\"\n[vantage]\nid = \"host/test\"\n{page}");
    fs::write(directory.path().join("fleet.toml"), text).unwrap();
    let table = "dynamodb:parallax-archive";
    let of_table = format!("dynamodb:DescribeTable on table parallax-archive: {SAID}");
    for (words, said) in [
        (&["report", "--archive", table][..], &of_table),
        (&["status", "--archive", table], &of_table),
        (
            &["targets", "list", "--regions", "eu-west-1,us-east-1", "--targets", "dynamodb:parallax-targets"],
            &format!("dynamodb:Scan on parallax-targets: {SAID}"),
        ),
        (
            &["targets", "sync", "fleet.toml", "--regions", "eu-west-1", "--targets", "dynamodb:parallax-targets"],
            &format!("dynamodb:Scan on parallax-targets: {SAID}"),
        ),
        (
            &["agent", "fleet.toml", "--once", "--queue", "sqs:http://127.0.0.1:9/1/q"],
            &format!("--queue sqs:http://127.0.0.1:9/1/q: {SAID}"),
        ),
    ] {
        let run = without_credentials(directory.path(), words);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{words:?}: {}", run.err);
        assert!(run.err.ends_with(&format!("{said}\n")), "{words:?}: {}", run.err);
        assert_eq!(run.err.lines().count(), 1, "{words:?}: {}", run.err);
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "something was made");
}
