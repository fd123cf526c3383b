//! The bill: the worked example of the sources comes out to the cent, and what one changes is what changes.

use std::fs;
use std::path::{Path, PathBuf};

use parallax::cost::bill::{Bill, Terms, bill};
use parallax::cost::change::{Loss, changes, cheapest};
use parallax::cost::deployment::{Arm, Deployment};
use parallax::cost::error::CostError;
use parallax::cost::prices::{Architecture, BUILT_IN, Prices};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::command::{Run, run};
use crate::support::golden::assert_golden;

const LIST: Terms = Terms { architecture: Architecture::Arm64, free_allowances: false };

/// Ten regions and twenty targets every minute; one invocation for all targets of a region, or one for each.
fn worked(memory_mb: u32, each_alone: bool) -> Deployment {
    let invocations = if each_alone { 20 } else { 1 };
    let arm = |region: u32| Arm {
        region: format!("us-east-{region}"),
        memory_mb,
        method: "fresh".to_owned(),
        every: vec![1; 20 / invocations],
    };
    Deployment {
        home: "us-east-1".to_owned(),
        arms: (0..10).flat_map(|region| vec![arm(region); invocations]).collect(),
        targets: 20,
        slow_targets: 0,
        metrics: vec!["latency".to_owned()],
        keep_days: 90.0,
        tick_minutes: 1,
    }
}

/// The built-in prices, with the example's length of an invocation and nothing besides: all regions' messages are one batch,
/// and windows are not rolled up.
fn priced(seconds: f64) -> Prices {
    let mut prices = Prices::parse(BUILT_IN).unwrap();
    let set = [
        ("exchange_seconds", seconds),
        ("in_flight", 20.0),
        ("overhead_seconds", 0.0),
        ("spool_look_seconds", 0.0),
        ("fresh_cpu_seconds", 0.0),
        ("start_spread_seconds", 0.0),
        ("windows_per_day", 0.0),
    ];
    for (name, value) in set {
        prices.set(name, value).unwrap();
    }
    prices
}

/// The cents of every item whose name begins so.
fn cents(bill: &Bill, service: &str, item: &str) -> String {
    let of = |line: &&parallax::cost::bill::Line| line.service == service && line.item.starts_with(item);
    let lines: Vec<_> = bill.lines.iter().filter(of).collect();
    assert!(!lines.is_empty(), "no item {service}: {item}");
    format!("{:.2}", lines.iter().map(|line| line.cost).sum::<f64>())
}

#[test]
fn the_worked_example_comes_out_to_the_cent() {
    for (memory_mb, arm64, x86) in [
        (512, ["1.53", "13.25"], ["1.89", "16.13"]),
        (1024, ["2.97", "24.77"], ["3.69", "30.53"]),
        (1769, ["5.06", "41.53"], ["6.31", "51.48"]),
    ] {
        for (architecture, expected) in [(Architecture::Arm64, arm64), (Architecture::X86, x86)] {
            let terms = Terms { architecture, ..LIST };
            let together = bill(&priced(0.5), &worked(memory_mb, false), terms).unwrap();
            let alone = bill(&priced(0.2), &worked(memory_mb, true), terms).unwrap();
            let found = [&together, &alone].map(|bill| cents(bill, "Lambda", "probe"));
            assert_eq!(found, expected, "{memory_mb} MB {architecture:?}");
        }
    }
    let together = bill(&priced(0.5), &worked(1769, false), LIST).unwrap();
    let alone = bill(&priced(0.2), &worked(1769, true), LIST).unwrap();
    let both = |service, item| [&together, &alone].map(|bill| cents(bill, service, item));
    assert_eq!(together.arms.iter().map(|arm| arm.samples).sum::<f64>(), 8_640_000.0);
    assert_eq!(both("Scheduler", "probe slots"), ["0.43", "8.64"]);
    assert_eq!(both("SQS", "messages"), ["0.52", "10.37"]);
    assert_eq!(both("Lambda", "aggregator")[0], "0.15");
    assert_eq!(both("DynamoDB", "writes of samples"), ["5.40", "5.40"]);
    assert_eq!(both("CloudWatch", "series of targets"), ["60.00", "60.00"]);
    assert_eq!(both("CloudWatch", "PutMetricData")[0], "0.86");
}

#[test]
fn metrics_lead_the_bill_and_more_of_them_cost_as_the_example_says() {
    for (count, expected) in [(1, "60.00"), (3, "180.00"), (6, "360.00")] {
        let metrics = (0..count).map(|i| format!("metric-{i}")).collect();
        let bill = bill(&priced(0.5), &Deployment { metrics, ..worked(1769, false) }, LIST).unwrap();
        assert_eq!(cents(&bill, "CloudWatch", "series of targets"), expected);
    }
    let mut prices = priced(0.5);
    prices.set("alarms", 200.0).unwrap();
    assert_eq!(cents(&bill(&prices, &worked(1769, false), LIST).unwrap(), "CloudWatch", "alarms"), "20.00");
}

#[test]
fn lines_and_arms_add_up_to_the_total() {
    for free_allowances in [false, true] {
        let bill = bill(&priced(0.5), &worked(1769, false), Terms { free_allowances, ..LIST }).unwrap();
        let arms: f64 = bill.arms.iter().map(|arm| arm.cost).sum();
        assert!((arms + bill.shared - bill.total).abs() < 1e-9, "{} and {} of {}", arms, bill.shared, bill.total);
        assert!((bill.lines.iter().map(|line| line.cost).sum::<f64>() - bill.total).abs() < 1e-9);
    }
}

#[test]
fn the_cheapest_change_leaves_a_series_out_and_saves_what_it_says() {
    let deployment = Deployment { metrics: vec!["latency".into(), "availability".into()], ..worked(1769, false) };
    let all = changes(&priced(0.5), &deployment, LIST).unwrap();
    let change = cheapest(&all).unwrap();
    assert_eq!((change.loses, format!("{:.2}", change.saves).as_str()), (Loss::Series, "60.00"));
    assert!(change.change.contains("metrics = [\"latency\"]"), "{}", change.change);
    let before = bill(&priced(0.5), &deployment, LIST).unwrap().total;
    let after = bill(&priced(0.5), &worked(1769, false), LIST).unwrap().total;
    assert!((before - after - change.saves).abs() < 1e-9);
    assert!(all.windows(2).all(|pair| pair[0].saves >= pair[1].saves - 1e-6));
}

#[test]
fn a_small_function_pays_for_the_processor_it_does_not_have() {
    let arm = |memory_mb, method: &str| {
        let arms = vec![Arm { region: "us-east-1".into(), memory_mb, method: method.into(), every: vec![3] }];
        let deployment = Deployment { arms, tick_minutes: 3, targets: 1, ..worked(1769, false) };
        let bill = bill(&Prices::parse(BUILT_IN).unwrap(), &deployment, LIST).unwrap();
        bill.lines[0].quantity * 1_024.0 / f64::from(memory_mb) / bill.arms[0].invocations
    };
    // Of a slot every three minutes, every second one looks into the spool.
    assert!((arm(1769, "curl") - (0.95 + 0.036)).abs() < 1e-9);
    assert!((arm(128, "curl") - (0.95 + 0.036 * 1769.0 / 128.0)).abs() < 1e-9);
    assert!((arm(10_240, "fresh") - (0.95 + 0.002)).abs() < 1e-9);
}

fn refused(change: impl Fn(&str) -> String) -> CostError {
    let text = change(BUILT_IN);
    assert_ne!(text, BUILT_IN, "the change hit nothing");
    Prices::parse(&text).unwrap_err()
}

#[test]
fn a_price_file_with_a_mistake_is_refused_with_what_to_change() {
    let cases: [(&str, &str, &str); 10] = [
        ("schema = 1", "schema = 2", "schema 2"),
        ("currency", "currancy", "unknown field"),
        ("meter = \"sqs\"", "meter = \"queue\"", "add [meter.queue]"),
        ("formula = \"days * 1440\"", "formula = \"days * samplez\"", "it names `samplez`"),
        ("formula = \"days * 1440\"", "formula = \"days * \"", "the formula of `minutes` is wrong"),
        ("formula = \"days * 1440\"", "formula = \"days * memory_mb\"", "which the fleet does not have"),
        ("name = \"minutes\"", "name = \"samples\"", "`samples` is defined twice"),
        ("[assume.in_flight]\nvalue = 2.0", "[assume.in_flight]\nvalue = 0.0", "`in_flight` is 0"),
        ("[assume.days]", "[assume.dayz]", "`days`"),
        ("usd = 0.0000004", "usd = -1.0", "`meter.sqs` is -1"),
    ];
    for (from, to, said) in cases {
        let message = refused(|text| text.replacen(from, to, 1)).to_string();
        assert!(message.contains(said), "{to}: {message}");
    }
}

#[test]
fn an_assumption_that_divides_by_nothing_is_a_message() {
    let text = BUILT_IN.replacen("formula = \"days * 1440\"", "formula = \"days * 1440 / alarms\"", 1);
    let mut prices = Prices::parse(&text).unwrap();
    prices.set("alarms", 0.0).unwrap();
    assert!(matches!(bill(&prices, &worked(512, false), LIST), Err(CostError::Number { .. })));
}

proptest! {
    #[test]
    fn no_deployment_is_a_crash_and_more_of_it_never_costs_less(
        every in proptest::collection::vec(proptest::sample::select(vec![1_u32, 2, 3, 5, 60, 1_440]), 0..9),
        memory_mb in 128_u32..10_240,
        free_allowances in any::<bool>(),
    ) {
        let terms = Terms { free_allowances, ..LIST };
        let arm = Arm { region: "eu-west-1".into(), memory_mb, method: "curl".into(), every };
        let more = |arms: usize| Deployment { arms: vec![arm.clone(); arms], ..worked(1769, false) };
        let totals: Vec<f64> = (0..4).map(|arms| bill(&priced(0.3), &more(arms), terms).unwrap().total).collect();
        prop_assert!(totals.windows(2).all(|pair| pair[1] >= pair[0] - 1e-9), "{:?}", totals);
        prop_assert!(totals.iter().all(|total| total.is_finite() && *total >= 0.0));
    }
}

fn repository(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).to_str().unwrap().to_owned()
}

fn cost(words: &[&str]) -> Run {
    let directory = tempfile::tempdir().unwrap();
    let run = run(directory.path(), &[&["cost"], words].concat());
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "an estimate keeps nothing");
    run
}

#[test]
fn the_example_fleet_has_its_bill_in_text_and_json() {
    let example = repository("examples/fleet.toml");
    let text = cost(&[&example]);
    assert_eq!((text.code, text.err.as_str()), (0, ""), "no secret of the file is needed");
    assert_golden("cost/example.txt", &text.out);
    let json = cost(&[&example, "--json"]);
    assert_eq!((json.code, json.err.as_str()), (0, ""));
    assert_golden("cost/example.json", &json.out);
    let ascii = cost(&[&example, "--ascii", "--width", "60"]);
    assert!(ascii.out.is_ascii() && ascii.out.lines().all(|line| line.len() <= 60), "{}", ascii.out);
}

#[test]
fn the_worked_example_can_be_asked_for_on_the_command_line() {
    let fleet = repository("tests/fixtures/cost/ten_regions.toml");
    let set =
        ["exchange_seconds=0.5", "in_flight=20", "overhead_seconds=0", "spool_look_seconds=0", "fresh_cpu_seconds=0"];
    let set: Vec<&str> = set.iter().flat_map(|set| ["--set", set]).collect();
    let json = cost(&[&[fleet.as_str(), "--json", "--architecture", "arm64"], &set[..]].concat());
    let said: Value = serde_json::from_str(&json.out).unwrap();
    let line = |item: &str| {
        let lines = said["lines"].as_array().unwrap();
        format!("{:.2}", lines.iter().find(|line| line["item"] == item).unwrap()["cost"].as_f64().unwrap())
    };
    assert_eq!(line("series of targets"), "60.00");
    assert_eq!((line("probe compute"), line("probe requests")), ("4.98".into(), "0.09".into()));
    assert_eq!(line("writes of samples"), "5.40");
}

#[test]
fn printed_prices_are_read_again_and_change_nothing() {
    let printed = cost(&["--print-prices"]);
    assert_eq!((printed.code, printed.out.as_str()), (0, BUILT_IN));
    let directory = tempfile::tempdir().unwrap();
    let own = directory.path().join("own.toml");
    let (own, example) = (own.to_str().unwrap(), repository("examples/fleet.toml"));
    fs::write(own, &printed.out).unwrap();
    assert_eq!(cost(&[&example, "--prices", own]).out, cost(&[&example]).out);
    fs::write(own, printed.out.replace("usd = 0.10\n", "usd = 10.0\n")).unwrap();
    assert!(cost(&[&example, "--prices", own]).out.contains("100.00"));
}

#[test]
fn bad_input_is_told_with_what_to_change() {
    let example = repository("examples/fleet.toml");
    let wrong: PathBuf = repository("tests/fixtures/fleet/aws/no-fleet.toml").into();
    let directory = tempfile::tempdir().unwrap();
    let broken = directory.path().join("broken.toml");
    fs::write(&broken, "schema = ").unwrap();
    let broken = broken.to_str().unwrap();
    for (words, said) in [
        (&["no-such-file.toml"][..], "cannot read no-such-file.toml"),
        (&[wrong.to_str().unwrap()], "no [fleet]"),
        (&[broken], "broken.toml:1:"),
        (&[&example, "--prices", broken], "the prices cannot be read"),
        (&[&example, "--prices", "no-such-file.toml"], "name a price file"),
        (&[&example, "--set", "exchange_seconds"], "NAME=NUMBER"),
        (&[&example, "--set", "exchange_seconds=fast"], "NAME=NUMBER"),
        (&[&example, "--set", "exchange_seconds=NaN"], "NAME=NUMBER"),
        (&[&example, "--set", "exchange_seconds=-1"], "of zero or more"),
        (&[&example, "--set", "in_flight=0"], "above zero"),
        (&[&example, "--set", "seconds\u{1b}=1"], "there is no assumption"),
        (&[&example, "--architecture", "sparc"], "x86_64, arm64"),
        (&[], "FLEET.toml"),
        (&["/"], "cannot read /"),
    ] {
        let run = cost(words);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{words:?}: {}", run.err);
        assert!(run.err.contains(said), "{words:?}: {}", run.err);
        assert!(!run.err.contains('\u{1b}'), "{words:?}");
    }
}
