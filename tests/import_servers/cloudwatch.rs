//! A metric of the founding case's kind, out of an emulated CloudWatch.

use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit};
use aws_smithy_types::DateTime;
use parallax::adapters::clock;
use serde_json::Value;

use crate::import_export::place::{Place, Ran};
use crate::support::ministack::{Account, ministack};

const REGION: &str = "ap-northeast-1";
const MINUTE: i64 = 60_000;

/// Publishes values of `responseTime` at these times, as the founding case's function does.
fn publish(account: &Account, metric: &str, unit: StandardUnit, values: &[(i64, f64)]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = aws_sdk_cloudwatch::Client::new(&account.config(REGION));
        for (at, value) in values {
            let datum = MetricDatum::builder()
                .metric_name(metric)
                .dimensions(Dimension::builder().name("Url").value("https://www.example.com/dna").build())
                .timestamp(DateTime::from_millis(*at))
                .value(*value)
                .unit(unit.clone())
                .build();
            client.put_metric_data().namespace("Custom").metric_data(datum).send().await.unwrap();
        }
    });
}

fn import(place: &Place, account: &Account, metric: &str, words: &[&str]) -> Ran {
    let environment = account.environment(REGION);
    let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let common = ["import", "cloudwatch", "--namespace", "Custom", "--metric", metric];
    let whose = [
        "--dimension",
        "Url=https://www.example.com/dna",
        "--tool",
        "curl",
        "--stopwatch",
        "curl/time_total",
        "--target",
        "daily-news",
        "--vantage",
        "lambda/ap-northeast-1/128",
    ];
    place.run_in(&environment, &[&common, words, &whose[..]].concat(), b"")
}

#[test]
fn a_metric_with_a_value_a_period_comes_in_and_once() {
    let Some(ministack) = ministack("a_metric_with_a_value_a_period_comes_in_and_once") else { return };
    let (account, place) = (ministack.account(), Place::new());
    let first = clock::wall().0.div_euclid(MINUTE) * MINUTE - 3_000 * MINUTE;
    let value = |number: i64| (first + number * 3 * MINUTE + 17_000, 0.3 + number as f64 / 1e6);
    let values: Vec<(i64, f64)> = (0..40).map(value).collect();
    publish(&account, "responseTime", StandardUnit::Seconds, &values);
    import(&place, &account, "responseTime", &[]).ended(0);
    let kept = place.kept("parallax.db");
    let imported: Vec<(i64, u64)> = kept.iter().map(|r| (r.sample.started_at_ms.0, r.sample.elapsed_us.0)).collect();
    let there: Vec<(i64, u64)> = (0..40).map(|number| (first + number * 3 * MINUTE, 300_000 + number as u64)).collect();
    assert_eq!(imported, there, "each begins with its minute");
    assert_eq!(kept[0].sample.stopwatch.as_str(), "curl/time_total");
    publish(&account, "responseTime", StandardUnit::Seconds, &[value(40)]);
    let said: Value =
        serde_json::from_str(&import(&place, &account, "responseTime", &["--json"]).ended(0).out()).unwrap();
    assert!(said["new"] == 1 && !said["resumed_ms"].is_null(), "{said}");
}

#[test]
fn a_statistic_of_several_is_no_sample() {
    let Some(ministack) = ministack("a_statistic_of_several_is_no_sample") else { return };
    let (account, place) = (ministack.account(), Place::new());
    let first = clock::wall().0.div_euclid(5 * MINUTE) * 5 * MINUTE - 300 * MINUTE;
    publish(
        &account,
        "responseTime",
        StandardUnit::Seconds,
        &[(first, 0.3), (first + 3 * MINUTE, 0.4), (first + 6 * MINUTE, 0.5)],
    );
    publish(&account, "cpu", StandardUnit::Percent, &[(first, 50.0)]);
    publish(&account, "bare", StandardUnit::None, &[(first, 0.3)]);
    for (metric, words, said) in [
        ("responseTime", &["--period", "300"][..], "2 values lie in this period"),
        ("responseTime", &["--unit", "ms"], "--unit says otherwise"),
        ("responseTime", &["--period", "90"], "no period of 90 s"),
        ("responseTime", &["--since", "30d"], "for 15 days"),
        ("responseTiem", &[], "Custom/responseTime{"),
        ("cpu", &[], "no unit of time"),
        ("bare", &[], "say it with --unit"),
    ] {
        import(&place, &account, metric, words).refused(&[said]);
    }
    assert!(!place.path("parallax.db").exists(), "a refused import made an archive");
    let rest = import(&place, &account, "responseTime", &["--period", "300", "--skip-bad"]).ended(1);
    assert!(rest.err().contains("2 values lie in this period"), "{}", rest.err());
    assert_eq!(place.kept("parallax.db").len(), 1);
    import(&place, &account, "bare", &["--unit", "s", "--archive", "sqlite:bare.db"]).ended(0);
}
