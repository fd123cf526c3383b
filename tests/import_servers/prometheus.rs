//! A real Prometheus scrapes the real blackbox_exporter, which probes a site of ours, and its series are brought in.

use std::collections::BTreeMap;
use std::time::Duration;

use parallax::adapters::import::server::client::{Client, Credentials};
use parallax::lab::site::{Options, Site};
use parallax::measurement::outcome::Outcome;
use parallax::probe::target::TlsSettings;
use serde_json::Value;
use url::Url;

use crate::import_export::place::{Place, Ran};
use crate::support::fake_api::{FakeApi, Reply};
use crate::support::prometheus::{Prometheus, Scraped, prometheus};
use crate::support::server::closed_port;

fn import(place: &Place, url: &str, words: &[&str]) -> Ran {
    let whose = ["--target", "daily-news", "--vantage", "blackbox/office"];
    place.run(&[&["import", "prometheus", "--url", url], words, &whose[..]].concat())
}

/// What the API says, asked without the product.
fn ask(prometheus: &Prometheus, query: &str) -> Value {
    let mut url = Url::parse(&prometheus.url()).unwrap().join("api/v1/query").unwrap();
    url.query_pairs_mut().append_pair("query", query);
    let client = Client::new(&TlsSettings::default(), Duration::from_secs(60)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(client.get(url, &Credentials::None)).unwrap();
    serde_json::from_slice::<Value>(&answer.body).unwrap()["data"]["result"].clone()
}

/// A series' raw samples: milliseconds, and the number.
fn raw(prometheus: &Prometheus, selector: &str) -> Vec<(i64, f64)> {
    let result = ask(prometheus, &format!("{selector}[1d]"));
    let values = result[0]["values"].as_array().cloned().unwrap_or_default();
    let number = |value: &Value| value.as_str().unwrap().parse::<f64>().unwrap();
    values.iter().map(|pair| ((pair[0].as_f64().unwrap() * 1e3).round() as i64, number(&pair[1]))).collect()
}

fn until(prometheus: &Prometheus, selector: &str, count: usize) {
    let begun = std::time::Instant::now();
    while raw(prometheus, selector).len() < count {
        assert!(begun.elapsed() < Duration::from_secs(180), "{selector} has no {count} samples");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn probes_of_a_real_blackbox_exporter_come_in_as_prometheus_has_them_and_once() {
    let test = "probes_of_a_real_blackbox_exporter_come_in_as_prometheus_has_them_and_once";
    let site = Site::start(Options::default()).unwrap();
    let (page, absent) = (site.url("/page").to_string(), site.url("/absent").to_string());
    let nowhere = format!("http://{}/", closed_port());
    let jobs = [
        ("page", Scraped::Page("page", &page)),
        ("absent", Scraped::Page("page", &absent)),
        ("unmet", Scraped::Page("created", &page)),
        ("refused", Scraped::Page("page", &nowhere)),
        ("connect", Scraped::Page("connect", page.trim_start_matches("https://").trim_end_matches("/page"))),
    ];
    let Some(prometheus) = prometheus(test, &jobs) else { return };
    let (place, url) = (Place::new(), prometheus.url());
    let duration = r#"probe_duration_seconds{job="page"}"#;

    until(&prometheus, duration, 4);
    let job = ["--job", "page", "--json"];
    let said: Value = serde_json::from_str(&import(&place, &url, &job).ended(0).out()).unwrap();
    assert!(said["new"].as_u64().unwrap() >= 4 && said["resumed_ms"].is_null(), "{said}");
    until(&prometheus, duration, 12);
    let before = raw(&prometheus, duration);
    let said: Value = serde_json::from_str(&import(&place, &url, &job).ended(0).out()).unwrap();
    assert!(!said["resumed_ms"].is_null() && said["repeated"].as_u64().unwrap() >= 3, "{said}");
    let kept = place.kept("parallax.db");
    let imported: Vec<(i64, u64)> = kept.iter().map(|r| (r.sample.started_at_ms.0, r.sample.elapsed_us.0)).collect();
    let there: Vec<(i64, u64)> = before.iter().map(|(at, s)| (*at, (s * 1e6).round() as u64)).collect();
    assert!(imported.len() >= there.len());
    assert_eq!(imported[..there.len()], there);
    let sample = &kept.iter().find(|record| record.sample.outcome.is_good()).unwrap().sample;
    assert_eq!(
        (sample.method.as_str(), sample.stopwatch.as_str()),
        ("blackbox_exporter", "blackbox_exporter/probe_duration_seconds")
    );
    assert!(
        matches!(&sample.outcome, Outcome::Answered(answer) if answer.status == Some(200) && answer.failed_checks.is_empty())
    );
    let info = ask(&prometheus, "blackbox_exporter_build_info");
    assert_eq!(sample.tool_version.as_deref(), info[0]["metric"]["version"].as_str());

    // A phase is a source of its own.
    import(&place, &url, &["--job", "page", "--phase", "tls"]).ended(0);
    let phase: BTreeMap<i64, u64> = raw(&prometheus, r#"probe_http_duration_seconds{job="page",phase="tls"}"#)
        .iter()
        .map(|(at, s)| (*at, (s * 1e6).round() as u64))
        .collect();
    let kept = place.kept("parallax.db");
    let of_phase: Vec<_> = kept
        .iter()
        .filter(|r| r.sample.method.as_str() == "blackbox_exporter:tls" && r.sample.outcome.is_good())
        .collect();
    assert!(of_phase.len() >= 4);
    for record in of_phase {
        assert_eq!(phase.get(&record.sample.started_at_ms.0), Some(&record.sample.elapsed_us.0));
        assert_eq!(record.sample.stopwatch.as_str(), "blackbox_exporter/probe_http_duration_seconds:tls");
    }

    import(&place, &url, &["--job", "absent", "--archive", "sqlite:absent.db"]).ended(0);
    let absent = place.kept("absent.db");
    let is_unmet = |outcome: &Outcome| matches!(outcome, Outcome::Answered(answer) if answer.status == Some(404) && answer.failed_checks.len() == 1);
    assert!(absent.iter().any(|record| is_unmet(&record.sample.outcome)));
    assert!(!absent.iter().any(|record| record.sample.outcome.is_good()));
    // The exporter does not say what else than the status was not as required.
    import(&place, &url, &["--job", "unmet", "--archive", "sqlite:unmet.db"]).ended(0);
    let unmet = place.kept("unmet.db");
    assert!(!unmet.is_empty() && unmet.iter().all(|r| matches!(r.sample.outcome, Outcome::Failed(_))));
    import(&place, &url, &["--job", "refused", "--archive", "sqlite:refused.db"]).ended(0);
    let refused = place.kept("refused.db");
    assert!(!refused.is_empty() && refused.iter().all(|r| matches!(r.sample.outcome, Outcome::Failed(_))));

    for (words, said) in [
        (&["--job", "connect"][..], "the module's prober is not http"),
        (&["--job", "pgae"], "the nearest are"),
        (&["--query", "probe_duration_seconds"], "5 series match"),
        (&["--query", "scrape_duration_seconds{job=\"page\"}"], "no series whose start and stop are known"),
        (&["--query", "rate(probe_duration_seconds[5m])"], "more than a selector"),
        (&["--job", "page", "--unit", "ms"], "in seconds, as its name says"),
        (&["--job", "page", "--since", "2020-01-01", "--until", "2020-01-02"], "see --since"),
    ] {
        let archive = ["--archive", "sqlite:none.db"];
        import(&place, &url, &[words, &archive[..]].concat()).refused(&[said]);
    }
    assert!(!place.path("none.db").exists(), "a refused import made an archive");
}

/// A stand-in for cloudprober, which Debian has not: its text format, one run more at each scrape.
fn fake_cloudprober(runs_a_scrape: u64) -> FakeApi {
    let mut runs = 0_u64;
    FakeApi::start(move |_| {
        runs += runs_a_scrape;
        // Each fourth run fails, and adds nothing to the sum of latencies.
        let success = runs - runs / 4;
        let latency: u64 = (1..=runs).filter(|run| run % 4 != 0).map(|run| 10_000 + run).sum();
        let labels = r#"{ptype="http",probe="home",dst="www.example.com"}"#;
        Reply::Whole(200, format!("total{labels} {runs}\nsuccess{labels} {success}\nlatency{labels} {latency}\n"))
    })
}

#[test]
fn sums_of_cloudprober_are_taken_apart_where_one_run_lies_between() {
    let test = "sums_of_cloudprober_are_taken_apart_where_one_run_lies_between";
    let (each, pairs) = (fake_cloudprober(1), fake_cloudprober(2));
    let at = |fake: &FakeApi| fake.url().trim_start_matches("http://").trim_end_matches('/').to_owned();
    let (each, pairs) = (at(&each), at(&pairs));
    let jobs = [("each", Scraped::Metrics(&each)), ("pairs", Scraped::Metrics(&pairs))];
    let Some(prometheus) = prometheus(test, &jobs) else { return };
    let place = Place::new();
    until(&prometheus, r#"latency{job="each"}"#, 10);
    let series = ["--query", r#"latency{job="each"}"#];
    import(&place, &prometheus.url(), &series).refused(&["--unit", "latency_unit"]);
    import(&place, &prometheus.url(), &[&series[..], &["--unit", "us"]].concat()).ended(0);
    let kept = place.kept("parallax.db");
    assert!(kept.len() >= 9, "{}", kept.len());
    for record in &kept {
        let sample = &record.sample;
        assert_eq!((sample.method.as_str(), sample.stopwatch.as_str()), ("cloudprober", "cloudprober/latency"));
        match sample.outcome {
            Outcome::Failed(_) => assert_eq!(sample.elapsed_us.0, 0),
            // The run's own number: every one is another.
            Outcome::Answered(_) => assert!(sample.elapsed_us.0 > 10_000 && sample.elapsed_us.0 % 4 != 0),
        }
    }
    assert!(kept.iter().any(|record| !record.sample.outcome.is_good()));
    until(&prometheus, r#"latency{job="pairs"}"#, 3);
    let pairs = ["--query", r#"latency{job="pairs"}"#, "--unit", "us", "--archive", "sqlite:none.db"];
    import(&place, &prometheus.url(), &pairs).refused(&["2 probes lie between two values", "--skip-bad"]);
    assert!(!place.path("none.db").exists());
}
