//! Stacks that stand in for those of a fleet: of the same names and parameters, with the queues that are asked for and
//! nothing that takes minutes to build.

use std::time::{Duration, Instant};

use parallax::adapters::aws::queue::Queue;
use serde_json::{Map, Value, json};

use super::place::Place;
use crate::support::ministack::Account;

const PATIENCE: Duration = Duration::from_secs(120);

/// Makes a stack with these parameters and queues, and waits until it is there.
pub fn stack(place: &Place, region: &str, name: &str, parameters: &[(&str, &str)], queues: &[&str]) {
    let queue = |name: &&str| ((*name).to_owned(), json!({ "Type": "AWS::SQS::Queue" }));
    let mut resources: Map<String, Value> = queues.iter().map(queue).collect();
    // A stack has to have something.
    resources.insert("Topic".to_owned(), json!({ "Type": "AWS::SNS::Topic" }));
    make(place, region, name, parameters, resources, "CREATE_COMPLETE");
}

/// The same of one that could not be made: it is to have two buckets of one name.
pub fn broken_stack(place: &Place, region: &str, name: &str, parameters: &[(&str, &str)]) {
    let bucket = |after: Option<&str>| {
        let named = json!({ "BucketName": format!("{name}-twice-{}", place.account.id()) });
        let mut bucket = json!({ "Type": "AWS::S3::Bucket", "Properties": named });
        if let Some(after) = after {
            bucket["DependsOn"] = json!(after);
        }
        bucket
    };
    let resources = Map::from_iter([("One".to_owned(), bucket(None)), ("Again".to_owned(), bucket(Some("One")))]);
    make(place, region, name, parameters, resources, "ROLLBACK_COMPLETE");
}

fn make(
    place: &Place,
    region: &str,
    name: &str,
    parameters: &[(&str, &str)],
    resources: Map<String, Value>,
    expected: &str,
) {
    let typed = |(key, _): &(&str, &str)| ((*key).to_owned(), json!({ "Type": "String" }));
    let template = json!({
        "Parameters": parameters.iter().map(typed).collect::<Map<_, _>>(),
        "Resources": resources,
    });
    let given = parameters
        .iter()
        .map(|(key, value)| json!({ "ParameterKey": key, "ParameterValue": value }))
        .collect::<Vec<_>>();
    let (template, given) = (template.to_string(), Value::from(given).to_string());
    let words = ["cloudformation", "create-stack", "--stack-name", name, "--template-body", &template];
    let made = place.aws(region, &[&words[..], &["--parameters", &given]].concat());
    assert_eq!(made.code, 0, "{}", made.err);
    let begun = Instant::now();
    loop {
        let run = place.aws(region, &["cloudformation", "describe-stacks", "--stack-name", name]);
        let found: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{name}: {}", run.err));
        match found["Stacks"][0]["StackStatus"].as_str() {
            Some(state) if state == expected => return,
            Some(state) if state.ends_with("_IN_PROGRESS") => (),
            state => panic!("{name} is in {state:?}"),
        }
        assert!(begun.elapsed() < PATIENCE, "{name} is not made");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The URL of a queue of a stack.
pub fn queue(place: &Place, region: &str, stack: &str, name: &str) -> String {
    let words = ["cloudformation", "describe-stack-resource", "--stack-name", stack, "--logical-resource-id", name];
    let run = place.aws(region, &words);
    let found: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{stack}: {}", run.err));
    found["StackResourceDetail"]["PhysicalResourceId"].as_str().unwrap().to_owned()
}

fn client(account: &Account, region: &str) -> aws_sdk_sqs::Client {
    aws_sdk_sqs::Client::new(&account.config(region))
}

/// Puts a message into a queue, to be had after some seconds.
pub fn send(account: &Account, region: &str, url: &str, delay: i32) {
    let call = client(account, region).send_message().queue_url(url).message_body("a sample").delay_seconds(delay);
    crate::aws::wait(call.send()).unwrap();
}

/// Puts so many into a queue, to be had at once.
pub fn send_many(account: &Account, region: &str, url: &str, count: usize) {
    let queue = Queue::new(&account.config(region), url);
    assert_eq!(crate::aws::wait(queue.send(vec!["a sample".to_owned(); count])).accepted, count);
}

/// Takes a message into work, and does not come back.
pub fn receive(account: &Account, region: &str, url: &str) {
    let call = client(account, region).receive_message().queue_url(url).visibility_timeout(3_600);
    let received = crate::aws::wait(call.send()).unwrap();
    assert_eq!(received.messages.unwrap_or_default().len(), 1);
}

/// Empties a queue.
pub fn purge(account: &Account, region: &str, url: &str) {
    crate::aws::wait(client(account, region).purge_queue().queue_url(url).send()).unwrap();
}

/// A bucket of a name.
pub fn bucket(place: &Place, region: &str, name: &str) {
    let placed = format!("LocationConstraint={region}");
    let words = ["s3api", "create-bucket", "--bucket", name];
    let elsewhere = ["--create-bucket-configuration", &placed];
    let made = place.aws(region, &[&words[..], if region == "us-east-1" { &[] } else { &elsewhere }].concat());
    assert_eq!(made.code, 0, "{}", made.err);
}

/// A table as an archive is one.
pub fn archive(place: &Place, region: &str, name: &str) {
    let words = ["dynamodb", "create-table", "--table-name", name, "--billing-mode", "PAY_PER_REQUEST"];
    let keys = [
        "--attribute-definitions",
        "AttributeName=pk,AttributeType=S",
        "AttributeName=sk,AttributeType=S",
        "--key-schema",
        "AttributeName=pk,KeyType=HASH",
        "AttributeName=sk,KeyType=RANGE",
    ];
    let made = place.aws(region, &[&words[..], &keys].concat());
    assert_eq!(made.code, 0, "{}", made.err);
}
