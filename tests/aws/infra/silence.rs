//! What goes wrong in the hub and is heard by nobody: there is to be no such thing.

use parallax::metrics::alarm::{ALARMS, Alarm, QUEUE_AGE, Watched};
use parallax::metrics::catalogue::{Metric, Publisher};
use serde_json::json;

use super::template::both;
use super::{logs, source};

fn alarm(name: &str) -> Alarm {
    ALARMS.into_iter().find(|alarm| alarm.name == name).unwrap_or_else(|| panic!("no alarm {name}"))
}

#[test]
fn every_function_of_the_hub_that_fails_alarms_somebody() {
    let Some([hub, _]) = both("every_function_of_the_hub_that_fails_alarms_somebody") else { return };
    let alarms = hub.all("AWS::CloudWatch::Alarm");
    for (function, _) in hub.all("AWS::Lambda::Function") {
        let of_function = json!([{ "Name": "FunctionName", "Value": { "Ref": function } }]);
        let is_on_errors = |(_, alarm): &(&str, &serde_json::Value)| {
            let properties = &alarm["Properties"];
            (&properties["Namespace"], &properties["MetricName"]) == (&json!("AWS/Lambda"), &json!("Errors"))
                && properties["Dimensions"] == of_function
        };
        assert_eq!(alarms.iter().filter(|alarm| is_on_errors(alarm)).count(), 1, "{function}");
    }
}

/// Each kind of line in the log of the hub's functions, and who hears of it: nobody has to, an alarm on a metric that
/// the log itself makes, or the alarm of that name.
const LINES: [(&str, Heard); 8] = [
    ("TakenIn", Heard::NoNeed),
    ("Poison", Heard::By("dead-letters")),
    ("SetAside", Heard::By("dead-letters")),
    ("GivenBack", Heard::FromLog),
    ("NotPublished", Heard::FromLog),
    ("Minute", Heard::NoNeed),
    ("Window", Heard::NoNeed),
    // The rollup fails as a whole then, so that it is made again.
    ("WindowsLeft", Heard::By("rollup-errors")),
];

#[derive(Clone, Copy, PartialEq)]
enum Heard {
    NoNeed,
    FromLog,
    By(&'static str),
}

#[test]
fn every_line_of_the_log_that_tells_of_trouble_is_heard_of() {
    let Some([hub, _]) = both("every_line_of_the_log_that_tells_of_trouble_is_heard_of") else { return };
    let sources = source::below("aggregator/src");
    let (_, journal) = sources.iter().find(|(file, _)| file.ends_with("journal.rs")).unwrap();
    let lines = journal.split_once("pub enum Line {").unwrap().1.split_once("\n}").unwrap().0;
    let kinds: Vec<&str> = lines.lines().filter_map(|line| line.strip_prefix("    ")?.strip_suffix(" {")).collect();
    assert_eq!(kinds, LINES.map(|(kind, _)| kind), "LINES is to say who hears of each");
    let filters = logs::filters(&hub);
    for (kind, heard) in LINES {
        // As serde names it.
        let capital = |(at, c): (usize, char)| if at > 0 && c.is_uppercase() { vec!['_', c] } else { vec![c] };
        let event = kind.chars().enumerate().flat_map(capital).collect::<String>().to_lowercase();
        let counted = filters.iter().filter(|filter| filter.counts(&event)).count();
        assert_eq!(counted, usize::from(heard == Heard::FromLog), "{event}");
        if let Heard::By(name) = heard {
            alarm(name);
        }
    }
    let of_log = Metric::ALL.into_iter().filter(|metric| metric.entry().by == Publisher::Log);
    for metric in of_log {
        let watches = |alarm: &Alarm| alarm.watches == Watched::Own { metric };
        assert!(ALARMS.iter().any(watches), "{} alarms nobody", metric.name());
    }
}

/// SQS passes a message over, in its age of the oldest, once it was received three times.
#[test]
fn a_message_that_is_handed_over_in_vain_alarms_before_its_age_is_no_longer_told() {
    let test = "a_message_that_is_handed_over_in_vain_alarms_before_its_age_is_no_longer_told";
    let Some([hub, _]) = both(test) else { return };
    let alarm = ALARMS.into_iter().find(|alarm| alarm.watches == QUEUE_AGE).unwrap();
    let hidden = hub.number(&hub.properties("Queue")["VisibilityTimeout"]);
    let fires_after = alarm.threshold + f64::from(alarm.periods * alarm.period_s);
    assert!(fires_after <= (2 * hidden) as f64, "after {fires_after} s; the third receipt is after {} s", 2 * hidden);
}

/// However the periods lie, of which there is one each minute.
#[test]
fn what_fails_with_every_delivery_alarms_and_what_passes_within_minutes_does_not() {
    let test = "what_fails_with_every_delivery_alarms_and_what_passes_within_minutes_does_not";
    let Some([hub, _]) = both(test) else { return };
    let alarm = alarm("partial-failures");
    let hidden = hub.number(&hub.properties("Queue")["VisibilityTimeout"]);
    // Seconds at which something was given back, as of seconds at which the alarm is evaluated.
    let reached = |failures: &[u64], now: u64| {
        let holds = |period: u32| {
            let to = now.saturating_sub(u64::from(period * alarm.period_s));
            failures.iter().any(|at| (to.saturating_sub(u64::from(alarm.period_s))..to).contains(at))
        };
        (0..alarm.periods).filter(|period| holds(*period)).count() >= alarm.periods_reached as usize
    };
    let fires = |failures: &[u64]| (0..7_200).step_by(60).any(|now| reached(failures, now));
    let one_message_again: Vec<u64> = (0..4).map(|n| 5 + n * hidden).collect();
    assert!(fires(&one_message_again), "{one_message_again:?}");
    let all_of_five_minutes: Vec<u64> = (600..900).step_by(10).collect();
    assert!(!fires(&all_of_five_minutes));
}
