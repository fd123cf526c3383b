//! What the templates promise by themselves: nothing open, nothing kept for ever, no time that does not fit another.

use parallax::adapters::aws::queue::HIDDEN;
use serde_json::{Value, json};

use super::template::{Template, both, namespace as namespace_of_the_fleet, texts};

/// The queue behind a reference or an attribute.
fn named(value: &Value) -> &str {
    value["Ref"].as_str().or_else(|| value["Fn::GetAtt"][0].as_str()).unwrap_or_default()
}

#[test]
fn every_queue_is_encrypted_and_refuses_all_but_tls() {
    let Some(both) = both("every_queue_is_encrypted_and_refuses_all_but_tls") else { return };
    for template in &both {
        let queues = template.all("AWS::SQS::Queue");
        assert!(!queues.is_empty());
        for (name, queue) in queues {
            assert_eq!(queue["Properties"]["SqsManagedSseEnabled"], true, "{name}");
            let policies = template.all("AWS::SQS::QueuePolicy");
            let policy = policies.iter().find(|(_, policy)| named(&policy["Properties"]["Queues"][0]) == name);
            let statement = &policy.unwrap_or_else(|| panic!("{name} has no policy")).1["Properties"]["PolicyDocument"]
                ["Statement"][0];
            assert_eq!(statement["Effect"], "Deny", "{name}");
            assert_eq!(statement["Principal"], "*", "{name}");
            assert_eq!(statement["Action"], "sqs:*", "{name}");
            assert_eq!(named(&statement["Resource"]), name);
            assert_eq!(statement["Condition"], json!({ "Bool": { "aws:SecureTransport": "false" } }), "{name}");
        }
    }
}

#[test]
fn every_table_is_encrypted_and_can_be_put_back_to_an_earlier_moment() {
    let Some(both) = both("every_table_is_encrypted_and_can_be_put_back_to_an_earlier_moment") else { return };
    for template in &both {
        for (name, table) in template.all("AWS::DynamoDB::Table") {
            let properties = &table["Properties"];
            // Every table is encrypted; one that says nothing, by a key that AWS owns. `SSEEnabled: true` is another, of KMS,
            // whose requests `parallax cost` would have to count.
            assert!(properties.get("SSESpecification").is_none(), "{name}");
            assert_eq!(properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true, "{name}");
            assert_eq!(properties["BillingMode"], "PAY_PER_REQUEST", "{name}");
        }
    }
    let archive = &both[0].whole["Resources"]["Archive"];
    assert_eq!(archive["DeletionPolicy"], "RetainExceptOnCreate", "samples outlive the hub");
    assert_eq!(archive["UpdateReplacePolicy"], "Retain");
}

#[test]
fn every_function_logs_into_a_group_that_forgets() {
    let Some(both) = both("every_function_logs_into_a_group_that_forgets") else { return };
    for template in &both {
        for (name, function) in template.all("AWS::Lambda::Function") {
            let group = named(&function["Properties"]["LoggingConfig"]["LogGroup"]);
            let days = template.number(&template.properties(group)["RetentionInDays"]);
            assert!((1..=731).contains(&days), "{name}");
            let role = named(&function["Properties"]["Role"]);
            let of_log =
                |statement: &&Value| texts(&statement["Action"]).iter().any(|action| action.starts_with("logs:"));
            let statements = template.allowed(role);
            let log: Vec<&Value> = statements.iter().filter(of_log).collect();
            assert_eq!(log.len(), 1, "{name}");
            assert_eq!(named(&log[0]["Resource"]), group, "{name} may write into its own log only");
        }
        for (name, group) in template.all("AWS::Logs::LogGroup") {
            assert_eq!(group["DeletionPolicy"], "Delete", "{name}");
        }
    }
}

#[test]
fn a_role_may_do_what_is_named_on_what_is_named() {
    let Some(both) = both("a_role_may_do_what_is_named_on_what_is_named") else { return };
    let mut roles = Vec::new();
    for template in &both {
        for (role, _) in template.all("AWS::IAM::Role") {
            for statement in template.allowed(role) {
                assert_eq!(statement["Effect"], "Allow");
                let actions = texts(&statement["Action"]);
                assert!(actions.iter().all(|action| !action.contains('*')), "{role}: {actions:?}");
                if statement["Resource"] == "*" {
                    // The one action that knows no resource.
                    assert_eq!(actions, ["cloudwatch:PutMetricData"], "{role}");
                    let namespace = &statement["Condition"]["StringEquals"]["cloudwatch:namespace"];
                    assert_eq!(*namespace, namespace_of_the_fleet(), "{role}");
                }
            }
        }
        // A role for each function, and one for its schedules.
        let used = template.all("AWS::Lambda::Function");
        roles.extend(used.iter().map(|(_, function)| named(&function["Properties"]["Role"]).to_owned()));
        let ways: usize = template.all("AWS::IAM::Role").len();
        assert_eq!(ways, used.len() + 1);
    }
    roles.sort();
    let count = roles.len();
    roles.dedup();
    assert_eq!(roles.len(), count, "two functions share a role");
}

/// Seconds of a property of a resource.
fn seconds(template: &Template, resource: &str, property: &str) -> u64 {
    template.number(&template.properties(resource)[property])
}

#[test]
fn a_message_in_work_stays_hidden_as_long_as_lambda_asks() {
    let Some([hub, probe]) = both("a_message_in_work_stays_hidden_as_long_as_lambda_asks") else { return };
    let timeout = seconds(&hub, "Aggregator", "Timeout");
    let window = seconds(&hub, "Intake", "MaximumBatchingWindowInSeconds");
    assert!(seconds(&hub, "Queue", "VisibilityTimeout") >= 6 * timeout + window);
    // As long as SQS keeps a message: nothing is lost by waiting.
    assert_eq!(seconds(&hub, "Queue", "MessageRetentionPeriod"), 14 * 86_400);
    assert_eq!(seconds(&hub, "DeadLetters", "MessageRetentionPeriod"), 14 * 86_400);
    assert_eq!(seconds(&probe, "Spool", "MessageRetentionPeriod"), 14 * 86_400);
    assert_eq!(seconds(&probe, "Spool", "VisibilityTimeout"), HIDDEN.as_secs(), "as the probe asks for");
    let redrive = &hub.properties("Queue")["RedrivePolicy"];
    assert_eq!(named(&redrive["deadLetterTargetArn"]), "DeadLetters");
    // Until then a message comes back for longer than a deploy that went wrong is noticed in.
    assert!(hub.number(&redrive["maxReceiveCount"]) * seconds(&hub, "Queue", "VisibilityTimeout") >= 2 * 3_600);
}

#[test]
fn a_batch_may_be_taken_in_part_and_two_at_once() {
    let Some([hub, _]) = both("a_batch_may_be_taken_in_part_and_two_at_once") else { return };
    let intake = hub.properties("Intake");
    assert_eq!(intake["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
    assert_eq!(hub.number(&intake["ScalingConfig"]["MaximumConcurrency"]), 2);
    assert_eq!(named(&intake["EventSourceArn"]), "Queue");
    assert_eq!(named(&intake["FunctionName"]), "Aggregator");
}

#[test]
fn a_slot_is_tried_once_on_a_grid_that_all_regions_share() {
    let Some([hub, probe]) = both("a_slot_is_tried_once_on_a_grid_that_all_regions_share") else { return };
    let tick = probe.properties("Tick");
    assert_eq!(tick["Target"]["RetryPolicy"]["MaximumRetryAttempts"], 0);
    assert_eq!(probe.properties("NoRetries")["MaximumRetryAttempts"], 0, "nor does Lambda by itself");
    for (template, name) in [(&probe, "Tick"), (&hub, "EachMinute"), (&hub, "EachWindow")] {
        let schedule = template.properties(name);
        assert_eq!(schedule["FlexibleTimeWindow"]["Mode"], "OFF", "{name}");
        assert_eq!(schedule["ScheduleExpressionTimezone"], "UTC", "{name}");
        let input: Value = serde_json::from_str(schedule["Target"]["Input"].as_str().unwrap()).unwrap();
        let moments: Vec<&Value> = input.as_object().unwrap().values().collect();
        assert!(moments.contains(&&json!("<aws.scheduler.scheduled-time>")), "{name}");
    }
    for parameter in ["MinuteSchedule", "WindowSchedule"] {
        let expression = hub.whole["Parameters"][parameter]["Default"].as_str().unwrap();
        assert!(expression.starts_with("cron("), "{parameter}");
    }
    assert_eq!(probe.whole["Parameters"]["Schedule"]["AllowedPattern"], r"cron\(.+\)");
}
