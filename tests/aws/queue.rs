//! The queue takes what it can, and what it did not take comes back.

use aws_sdk_sqs::types::QueueAttributeName;
use parallax::adapters::aws::failure::Kind;
use parallax::adapters::aws::queue::{HIDDEN, Queue, Sent};
use serde_json::{Value, json};

use super::wait;
use crate::support::fake_sqs::{FakeSqs, Reply};
use crate::support::ministack::{Account, ministack};

const REGION: &str = "eu-west-1";

/// Makes a queue; its URL.
fn make(account: &Account, largest: usize) -> String {
    let client = aws_sdk_sqs::Client::new(&account.config(REGION));
    let call = client.create_queue().queue_name("q");
    let call = call.attributes(QueueAttributeName::MaximumMessageSize, largest.to_string());
    wait(call.send()).unwrap().queue_url.unwrap()
}

/// Takes everything out of it.
fn drained(queue: &Queue) -> Vec<String> {
    let mut messages = Vec::new();
    loop {
        let held = wait(queue.receive(10)).unwrap();
        if held.is_empty() {
            messages.sort();
            return messages;
        }
        let (found, receipts): (Vec<_>, Vec<_>) = held.into_iter().map(|held| (held.message, held.receipt)).unzip();
        wait(queue.delete(&receipts)).unwrap();
        messages.extend(found);
    }
}

#[test]
fn all_messages_arrive_whatever_their_number_and_size() {
    let Some(ministack) = ministack("all_messages_arrive_whatever_their_number_and_size") else { return };
    let account = ministack.account();
    let queue = Queue::new(&account.config(REGION), make(&account, 1_048_576));
    let mut messages: Vec<String> = (0..23).map(|n| format!("{n:02} ü\t")).collect();
    messages.extend((0..3).map(|n| format!("{n}{}", "x".repeat(1_048_575))));
    assert_eq!(wait(queue.send(messages.clone())), Sent { accepted: 26, unsent: Vec::new() });
    messages.sort();
    assert!(drained(&queue) == messages);
    assert_eq!(wait(queue.send(Vec::new())), Sent::default());
}

#[test]
fn what_a_queue_refuses_comes_back_alone() {
    let Some(ministack) = ministack("what_a_queue_refuses_comes_back_alone") else { return };
    let account = ministack.account();
    let queue = Queue::new(&account.config(REGION), make(&account, 1_024));
    let messages = vec!["a".to_owned(), "b".repeat(2_000), "c".to_owned(), "d".repeat(1_048_577)];
    let sent = wait(queue.send(messages.clone()));
    assert_eq!(sent.accepted, 2);
    let unsent: Vec<_> = sent.unsent.iter().map(|unsent| (unsent.place, unsent.failure.kind)).collect();
    assert_eq!(unsent, [(1, Kind::Refused), (3, Kind::Refused)]);
    assert!(sent.unsent.iter().all(|unsent| unsent.message == messages[unsent.place]));
    assert_eq!(drained(&queue), ["a", "c"]);
}

#[test]
fn a_received_message_is_hidden_until_it_is_deleted() {
    let Some(ministack) = ministack("a_received_message_is_hidden_until_it_is_deleted") else { return };
    let account = ministack.account();
    let queue = Queue::new(&account.config(REGION), make(&account, 1_024));
    wait(queue.send(vec!["a".to_owned(), "b".to_owned()]));
    let held = wait(queue.receive(1)).unwrap();
    assert_eq!(held.len(), 1);
    let others = wait(queue.receive(10)).unwrap();
    assert!(others.iter().all(|other| other.message != held[0].message));
}

#[test]
fn a_queue_that_is_not_there_gives_every_message_back() {
    let Some(ministack) = ministack("a_queue_that_is_not_there_gives_every_message_back") else { return };
    let account = ministack.account();
    let url = format!("{}/{}/nowhere", account.endpoint(), account.id());
    let queue = Queue::new(&account.config(REGION), &url);
    let messages: Vec<String> = (0..12).map(|n| n.to_string()).collect();
    let sent = wait(queue.send(messages.clone()));
    assert_eq!(sent.accepted, 0);
    assert_eq!(
        sent.unsent.iter().map(|unsent| &unsent.message).collect::<Vec<_>>(),
        messages.iter().collect::<Vec<_>>()
    );
    assert!(sent.unsent.iter().all(|unsent| unsent.failure.kind == Kind::Missing), "{sent:?}");
    assert_eq!(wait(queue.receive(10)).unwrap_err().kind, Kind::Missing);
}

#[test]
fn a_queue_is_asked_on_all_of_its_servers_and_what_it_gives_is_hidden_for_as_long_as_is_said() {
    let fake = FakeSqs::start(vec![|_| (200, json!({}))]);
    let held = wait(queue_at(&fake).receive(50)).unwrap();
    assert_eq!(held, []);
    let asked = &fake.asked()[0];
    assert!(asked["WaitTimeSeconds"].as_u64() >= Some(1), "a short poll asks some servers only: {asked}");
    assert_eq!(asked["VisibilityTimeout"].as_u64(), Some(HIDDEN.as_secs()), "{asked}");
    assert_eq!(asked["MaxNumberOfMessages"], 10, "{asked}");
}

fn of(request: &Value, code: &str, sender: bool, refused: &[&str]) -> Value {
    let entries = request["Entries"].as_array().unwrap();
    let (failed, taken): (Vec<_>, Vec<_>) =
        entries.iter().partition(|entry| refused.contains(&entry["MessageBody"].as_str().unwrap()));
    json!({
        "Successful": taken.iter().map(|entry| json!({"Id": entry["Id"], "MessageId": "m"})).collect::<Vec<_>>(),
        "Failed": failed.iter()
            .map(|entry| json!({"Id": entry["Id"], "Code": code, "SenderFault": sender, "Message": "as told"}))
            .collect::<Vec<_>>(),
    })
}

fn bodies(request: &Value) -> Vec<&str> {
    request["Entries"].as_array().unwrap().iter().map(|entry| entry["MessageBody"].as_str().unwrap()).collect()
}

fn queue_at(fake: &FakeSqs) -> Queue {
    let config = Account::nobody().config(REGION);
    let config = config.into_builder().endpoint_url(fake.endpoint()).build();
    Queue::new(&config, format!("{}/1/q", fake.endpoint()))
}

fn asked_of(fake: &FakeSqs, messages: &[&str]) -> Sent {
    wait(queue_at(fake).send(messages.iter().map(|message| (*message).to_owned()).collect()))
}

#[test]
fn what_is_throttled_is_sent_again_and_nothing_else_is() {
    let fake = FakeSqs::start(vec![
        |request| (200, of(request, "RequestThrottled", true, &["b", "c"])),
        |request| (200, of(request, "InternalError", false, &["c"])),
        |request| (200, of(request, "InternalError", false, &[])),
    ]);
    assert_eq!(asked_of(&fake, &["a", "b", "c"]), Sent { accepted: 3, unsent: Vec::new() });
    assert_eq!(fake.asked().iter().map(bodies).collect::<Vec<_>>(), [vec!["a", "b", "c"], vec!["b", "c"], vec!["c"]]);
}

#[test]
fn what_stays_throttled_comes_back_after_a_few_tries() {
    let throttled: Reply = |request| (200, of(request, "RequestThrottled", true, &["b"]));
    let fake = FakeSqs::start(vec![throttled; 3]);
    let sent = asked_of(&fake, &["a", "b"]);
    assert_eq!((sent.accepted, sent.unsent.len(), sent.unsent[0].place), (1, 1, 1));
    assert_eq!(sent.unsent[0].failure.kind, Kind::Throttled);
    assert_eq!(fake.asked().len(), 3);
}

#[test]
fn one_message_that_has_a_whole_call_refused_takes_no_other_with_it() {
    let answer: Reply = |request| match bodies(request).contains(&"b") {
        true => (400, json!({"__type": "com.amazonaws.sqs#InvalidMessageContents", "message": "as told"})),
        false => (200, of(request, "", false, &[])),
    };
    let fake = FakeSqs::start(vec![answer; 4]);
    let sent = asked_of(&fake, &["a", "b", "c"]);
    assert_eq!((sent.accepted, sent.unsent.len(), sent.unsent[0].place), (2, 1, 1));
    assert_eq!(sent.unsent[0].failure.kind, Kind::Refused);
}
