//! Who deploys is told all that the scripts and CloudFormation do in their name.

use std::collections::BTreeSet;
use std::fs;

use super::source;
use super::template::{both, folder};

/// Services as the AWS CLI names them, and `ask_sqs`, which asks one of them.
const SERVICES: [(&str, &str); 9] = [
    ("ask_sqs", "sqs"),
    ("cloudformation", "cloudformation"),
    ("dynamodb", "dynamodb"),
    ("ec2", "ec2"),
    ("lambda", "lambda"),
    ("s3", "s3"),
    ("s3api", "s3"),
    ("sqs", "sqs"),
    ("sts", "sts"),
];
/// Commands that are no action of the same name.
const OTHERS: [(&str, &[&str]); 7] = [
    ("s3:HeadBucket", &["s3:ListBucket"]),
    // Without the list, an object that is not there is told as one that may not be seen.
    ("s3:HeadObject", &["s3:GetObject", "s3:ListBucket"]),
    ("s3:ListBuckets", &["s3:ListAllMyBuckets"]),
    ("s3:Rm", &["s3:ListBucket", "s3:DeleteObject"]),
    ("dynamodb:Wait", &["dynamodb:DescribeTable"]),
    ("lambda:Invoke", &["lambda:InvokeFunction"]),
    // It is cargo that is asked to.
    ("lambda:Build", &[]),
];
/// What calls need besides the action of their name: all stacks described at once, and a change set with a tag.
const BESIDES: [(&str, &str); 2] = [
    ("cloudformation:DescribeStacks", "cloudformation:ListStacks"),
    ("cloudformation:CreateChangeSet", "cloudformation:TagResource"),
];
/// What CloudFormation needs to hand a stack's tag to its parts; Scheduler's schedules have none.
const TAGS: [&str; 7] = [
    "lambda:TagResource",
    "sqs:TagQueue",
    "dynamodb:TagResource",
    "iam:TagRole",
    "logs:TagResource",
    "cloudwatch:TagResource",
    "sns:TagResource",
];

/// `describe-stacks` as a policy has it.
fn action(command: &str) -> String {
    let words = command.split('-').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect()
}

/// Every action that a script calls, or tells a person to call.
fn called() -> BTreeSet<String> {
    let scripts = ["deploy", "destroy", "words.sh", "stacks.sh", "artifacts.sh", "queues.sh", "settings.sh"];
    let mut found = BTreeSet::new();
    for script in scripts {
        let text = fs::read_to_string(folder().join(script)).unwrap();
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            let words: Vec<&str> = line.split_whitespace().collect();
            for pair in words.windows(2) {
                let word = pair[0].trim_start_matches('`');
                let Some((_, service)) = SERVICES.iter().find(|(name, _)| *name == word) else { continue };
                let is_command = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                if pair[1].starts_with(|c: char| c.is_ascii_lowercase()) && pair[1].chars().all(is_command) {
                    found.insert(format!("{service}:{}", action(pair[1])));
                }
            }
        }
    }
    found
}

/// What is between the marks of code in the section of the README, the service before it.
fn told() -> BTreeSet<String> {
    let text = fs::read_to_string(folder().join("README.md")).unwrap();
    let section = text.split("\n## Permissions\n").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
    let (mut service, mut found) = (String::new(), BTreeSet::new());
    for word in section.split('`').skip(1).step_by(2) {
        match word.split_once(':') {
            Some((name, "")) => name.clone_into(&mut service),
            Some((name, action)) if action.starts_with(|c: char| c.is_ascii_uppercase()) => {
                found.insert(format!("{name}:{action}"));
            }
            None if word.starts_with(|c: char| c.is_ascii_uppercase()) => {
                found.insert(format!("{service}:{word}"));
            }
            _ => (),
        }
    }
    found
}

#[test]
fn who_deploys_is_told_what_the_scripts_call_and_nothing_else() {
    let mut needed: BTreeSet<String> = TAGS.map(str::to_owned).into();
    needed.insert("iam:PassRole".to_owned());
    for call in called() {
        match OTHERS.iter().find(|(name, _)| *name == call) {
            Some((_, actions)) => needed.extend(actions.iter().map(|action| (*action).to_owned())),
            None => drop(needed.insert(call.clone())),
        }
        needed.extend(BESIDES.iter().filter(|(name, _)| *name == call).map(|(_, action)| (*action).to_owned()));
    }
    // `parallax targets sync`.
    let targets = source::below("src/adapters/aws").into_iter().find(|(file, _)| file.ends_with("/targets.rs"));
    let quoted = source::quoted(&targets.unwrap().1);
    needed.extend(quoted.into_iter().filter(|word| word.starts_with("dynamodb:")));
    assert!(needed.contains("sqs:GetQueueAttributes") && needed.contains("cloudformation:DeleteStack"), "{needed:?}");
    assert_eq!(told(), needed, "on the left what infra/README.md says, on the right what is called");
}

#[test]
fn who_deploys_is_told_each_service_of_the_templates() {
    let Some(both) = both("who_deploys_is_told_each_service_of_the_templates") else { return };
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    for template in &both {
        for (name, resource) in template.whole["Resources"].as_object().unwrap() {
            let service = resource["Type"].as_str().unwrap().split("::").nth(1).unwrap().to_lowercase();
            assert!(readme.contains(&format!("`{service}`")), "{name} is of {service}");
        }
    }
}
