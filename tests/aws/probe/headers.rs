//! Headers whose values SSM keeps: sent, or the page is missed; never kept, never logged.

use std::collections::BTreeSet;

use aws_sdk_ssm::types::ParameterType;
use serde_json::{Value, json};

use super::{AMPLE, Fleet, HERE, event, logged, seen, slot, wait};
use crate::support::fake_sqs::FakeSqs;

const SECRET: &str = "Bearer-0123456789";

fn page(id: &str, parameter: &str) -> String {
    format!(
        "id = \"{id}\"\nurl = \"SITE/headers\"\nexpect = {{ body_contains = \"{SECRET}\" }}\n\
         headers = {{ Authorization = {{ ssm = \"{parameter}\" }} }}"
    )
}

#[test]
fn a_header_from_ssm_is_sent_and_a_page_without_its_header_is_missed() {
    let test = "a_header_from_ssm_is_sent_and_a_page_without_its_header_is_missed";
    let Some(fleet) = Fleet::deploy(test) else { return };
    let client = aws_sdk_ssm::Client::new(&fleet.account.config(HERE));
    for (name, value) in [("/p/token", SECRET), ("/p/broken", "two\nlines")] {
        let call = client.put_parameter().name(name).value(value).r#type(ParameterType::SecureString);
        wait(call.send()).unwrap();
    }
    let pages = [page("good", "/p/token"), page("lost", "/p/nowhere"), page("broken", "/p/broken")];
    fleet.watch(&[&pages[0], &pages[1], &pages[2], "id = \"plain\"\nurl = \"SITE/page\""]);
    let mut sandbox = fleet.sandbox();
    sandbox.invoke(&event(slot()), AMPLE);
    let arrived = fleet.arrived();
    assert_eq!(seen(&arrived), BTreeSet::from(["good", "plain"].map(|page| (page.to_owned(), slot().0))));
    assert!(arrived.sound.iter().all(|record| record.sample.outcome.is_good()), "{:?}", arrived.sound);
    let missed: BTreeSet<_> = arrived.missed.iter().map(|miss| (miss.target.as_str(), miss.reason.as_str())).collect();
    assert_eq!(missed, BTreeSet::from([("broken", "header"), ("lost", "header")]));
    assert_eq!(fleet.site.seen().iter().filter(|request| request.contains("/headers")).count(), 1);

    let line = logged(&sandbox, 1).to_string();
    assert!(line.contains("ssm:GetParameters on /p/nowhere: it does not exist"), "{line}");
    assert!(line.contains("the value of /p/broken has a line break"), "{line}");
    let kept = serde_json::to_string(&arrived.sound).unwrap();
    assert!(!line.contains(SECRET) && !line.contains("two") && !kept.contains(SECRET));
}

#[test]
fn a_parameter_that_may_not_be_read_takes_only_its_own_page() {
    let test = "a_parameter_that_may_not_be_read_takes_only_its_own_page";
    let Some(fleet) = Fleet::deploy(test) else { return };
    // As SSM does it: one name that may not be read has the whole call denied.
    let answer: fn(&Value) -> (u16, Value) = |asked| {
        let names = asked["Names"].as_array().cloned().unwrap_or_default();
        if names.contains(&json!("/p/denied")) {
            let message = "not authorized to perform: ssm:GetParameters";
            return (400, json!({"__type": "AccessDeniedException", "message": message}));
        }
        let value = |name| json!({"Name": name, "Value": SECRET, "Type": "SecureString"});
        (200, json!({"Parameters": names.into_iter().map(value).collect::<Vec<_>>(), "InvalidParameters": []}))
    };
    let ssm = FakeSqs::start(vec![answer; 8]);
    let pages = [page("good", "/p/token"), page("shut", "/p/denied")];
    fleet.watch(&[&pages[0], &pages[1]]);
    let mut sandbox = fleet.sandbox_with(&[("AWS_ENDPOINT_URL_SSM", &ssm.endpoint())]);
    sandbox.invoke(&event(slot()), AMPLE);
    let arrived = fleet.arrived();
    assert_eq!(seen(&arrived), BTreeSet::from([("good".to_owned(), slot().0)]));
    assert!(arrived.sound[0].sample.outcome.is_good());
    let missed: Vec<_> = arrived.missed.iter().map(|miss| (miss.target.as_str(), miss.reason.as_str())).collect();
    assert_eq!(missed, [("shut", "header")]);
    let line = logged(&sandbox, 1).to_string();
    assert!(line.contains("ssm:GetParameters on /p/denied: access denied; the role needs this action"), "{line}");
}
