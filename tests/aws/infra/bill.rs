//! What `parallax cost` takes for true of the templates is what they say.

use parallax::cost::prices::{BUILT_IN, Prices};

use super::template::both;

#[test]
fn the_bill_knows_the_sizes_and_times_of_the_templates() {
    let Some([hub, probe]) = both("the_bill_knows_the_sizes_and_times_of_the_templates") else { return };
    let prices = Prices::parse(BUILT_IN).unwrap();
    let assumed = |name: &str| prices.assumptions[name].value;
    for (template, parameter, name) in [
        (&hub, "LogRetention", "log_keep_days"),
        (&probe, "LogRetention", "log_keep_days"),
        (&hub, "AggregatorMemoryMb", "aggregator_mb"),
        (&hub, "RollupMemoryMb", "rollup_mb"),
        (&hub, "BatchWindow", "batch_window_seconds"),
    ] {
        let default = template.whole["Parameters"][parameter]["Default"].as_f64();
        assert_eq!(default, Some(assumed(name)), "{parameter}, in the bill {name}");
    }
    let alarms = hub.all("AWS::CloudWatch::Alarm").len();
    assert_eq!(alarms as f64, assumed("alarms"));
    assert_eq!(hub.all("AWS::CloudWatch::Dashboard").len() as f64, assumed("dashboards"));
}

#[test]
fn the_bill_counts_as_many_windows_as_are_scheduled() {
    let Some([hub, _]) = both("the_bill_counts_as_many_windows_as_are_scheduled") else { return };
    let schedule = |name: &str| hub.whole["Parameters"][name]["Default"].as_str().unwrap().to_owned();
    assert_eq!(schedule("MinuteSchedule"), "cron(* * * * ? *)", "the bill has a rollup each minute");
    let window = schedule("WindowSchedule");
    let minutes = window.strip_prefix("cron(").and_then(|rest| rest.strip_suffix(" * * * ? *)")).unwrap();
    let (first, step) = minutes.split_once('/').unwrap();
    let (first, step): (u32, u32) = (first.parse().unwrap(), step.parse().unwrap());
    let a_day = (first..60).step_by(step as usize).count() * 24;
    let prices = Prices::parse(BUILT_IN).unwrap();
    assert_eq!(a_day as f64, prices.assumptions["windows_per_day"].value);
}
