//! What AWS refuses is said in the words of whoever has to mend it.

use parallax::adapters::aws::failure::{self, Kind};

use super::wait;
use crate::support::ministack::{ministack, python};

#[test]
fn a_queue_that_is_not_there_is_named_with_what_was_asked_of_it() {
    let Some(ministack) = ministack("a_queue_that_is_not_there_is_named_with_what_was_asked_of_it") else { return };
    let account = ministack.account();
    let client = aws_sdk_sqs::Client::new(&account.config("eu-west-1"));
    let url = format!("{}/{}/nowhere", account.endpoint(), account.id());
    let error = wait(client.send_message().queue_url(&url).message_body("x").send()).unwrap_err();
    let failure = failure::of("sqs:SendMessage", &url, &error);
    assert_eq!(failure.kind, Kind::Missing, "{failure}");
    assert!(failure.to_string().starts_with(&format!("sqs:SendMessage on {url}: it does not exist")), "{failure}");
}

#[test]
fn a_home_that_cannot_be_reached_gives_no_answer() {
    let Some(ministack) = ministack("a_home_that_cannot_be_reached_gives_no_answer") else { return };
    // Port 9 of loopback: nobody listens.
    let config = ministack.account().config("eu-west-1").into_builder().endpoint_url("http://127.0.0.1:9").build();
    let client = aws_sdk_sqs::Client::new(&config);
    let error = wait(client.list_queues().send()).unwrap_err();
    let failure = failure::of("sqs:ListQueues", "eu-west-1", &error);
    assert_eq!(failure.kind, Kind::Unanswered, "{failure}");
    assert!(failure.kind.may_pass());
}

#[test]
fn each_account_is_its_own_to_the_command_line_too() {
    let test = "each_account_is_its_own_to_the_command_line_too";
    let (Some(ministack), Some(aws)) = (ministack(test), python(test, "aws")) else { return };
    let account = ministack.account();
    let output = std::process::Command::new(aws)
        .args(["sts", "get-caller-identity", "--query", "Account", "--output", "text"])
        .envs(account.environment("eu-west-1"))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), account.id(), "{output:?}");
}
