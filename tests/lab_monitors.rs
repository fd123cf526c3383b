//! Real monitors as vantages of the lab: their own numbers, with stopwatch and version, our probe beside them, and nothing
//! of them stays.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use parallax::lab::monitor;
use parallax::lab::scenario::Scenario;
use parallax::measurement::wire::Record;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::support::command::{finished, parallax, run};
use crate::support::needs;
use crate::support::under_way::{UnderWay, traces};

/// Root, and all that these scenarios need, is here; else the test says so, or fails under CI.
pub fn can(test: &str, scenarios: &[&str]) -> bool {
    needs::root(test)
        && scenarios.iter().all(|name| {
            let missing = monitor::missing(&Scenario::named(name).unwrap());
            needs::nothing(test, &missing)
        })
}

/// A run of a scenario, and the samples that it left by vantage and method.
fn made(directory: &Path, scenario: &str, rounds: &str) -> BTreeMap<(String, String), Vec<Record>> {
    let ran = run(directory, &["lab", "run", scenario, "--rounds", rounds, "--out", "kept"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("nothing is scored"), "{}", ran.out);
    kept(directory)
}

fn kept(directory: &Path) -> BTreeMap<(String, String), Vec<Record>> {
    for file in ["truth.json", "report.html"] {
        assert!(directory.join("kept").join(file).exists(), "{file}");
    }
    let lines = run(directory, &["export", "jsonl", "--archive", "sqlite:kept/samples.db"]);
    let mut samples: BTreeMap<_, Vec<Record>> = BTreeMap::new();
    for line in lines.out.lines() {
        let record: Record = serde_json::from_str(line).unwrap();
        let whose = (record.sample.vantage.to_string(), record.sample.method.to_string());
        samples.entry(whose).or_default().push(record);
    }
    samples
}

fn of<'a>(samples: &'a BTreeMap<(String, String), Vec<Record>>, vantage: &str, method: &str) -> &'a [Record] {
    let found = samples.get(&(vantage.to_owned(), method.to_owned()));
    found.unwrap_or_else(|| panic!("no samples of {vantage}, {method}: {:?}", samples.keys()))
}

/// The account of what lies in a folder, over the probe beside A.
fn explained(directory: &Path, a: &str, b: &str) -> Value {
    let (a, b) = (format!("vantage=lab/a,method={a}"), format!("vantage=lab/b,method={b}"));
    let words = ["--bridge", "vantage=lab/a,method=fresh", "--statistic", "mean", "--seed", "1", "--json"];
    let common = ["explain", "--archive", "sqlite:kept/samples.db", "--a", a.as_str(), "--b", b.as_str()];
    let ran = run(directory, &[&common[..], &words].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    serde_json::from_str(&ran.out).unwrap()
}

fn row(account: &Value, cause: &str) -> f64 {
    let rows = account["account"]["rows"].as_array().unwrap();
    rows.iter().find(|row| row["cause"] == cause).map_or(0.0, |row| row["ms"].as_f64().unwrap())
}

#[test]
fn an_exporter_is_asked_where_the_vantage_stands_and_tells_its_total() {
    let test = "an_exporter_is_asked_where_the_vantage_stands_and_tells_its_total";
    if !can(test, &["blackbox"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let samples = made(directory.path(), "blackbox", "24");
    let probes = of(&samples, "lab/a", "blackbox_exporter");
    assert_eq!((probes.len(), of(&samples, "lab/a", "fresh").len(), samples.len()), (24, 24, 3));
    for record in probes {
        let sample = &record.sample;
        assert_eq!(sample.stopwatch.as_str(), "blackbox_exporter/probe_duration_seconds");
        assert!(sample.tool_version.as_deref().is_some_and(|version| version.starts_with("0.")), "{sample:?}");
        // Two hops of three round trips of 10 ms, over the names that its name server told it.
        assert!(sample.outcome.is_good() && sample.elapsed_us.0 > 60_000 && sample.hops.is_empty(), "{sample:?}");
    }
    let account = explained(directory.path(), "blackbox_exporter", "fresh");
    // Three round trips of each hop are 20 ms longer; those of the hop that sends on are in the same row.
    let distance = row(&account, "distance");
    assert!((100.0..160.0).contains(&distance), "{account}");
}

#[test]
fn a_demo_goes_on_to_the_founding_case_a_real_zabbix_and_a_curl_out_of_a_shell_and_a_probe_beside_each() {
    let test = "a_demo_goes_on_to_the_founding_case_a_real_zabbix_and_a_curl_out_of_a_shell_and_a_probe_beside_each";
    if !can(test, &["founding-case"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let ran = run(directory.path(), &["demo", "--seconds", "24", "--seed", "7"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("24 rounds, in a few minutes"), "{}", ran.err);
    // First the page of loopback, then the case: its account, and the command that explains it.
    let at = |said: &str| ran.out.find(said).unwrap_or_else(|| panic!("{said} is missing: {}", ran.out));
    assert!(at("In short") < at("nothing is scored"), "{}", ran.out);
    assert!(
        ran.err.contains("parallax explain --archive sqlite:parallax-lab/founding-case-7/samples.db"),
        "{}",
        ran.err
    );
    fs::rename(directory.path().join("parallax-lab/founding-case-7"), directory.path().join("kept")).unwrap();
    let samples = kept(directory.path());
    let zabbix = of(&samples, "lab/a", "zabbix");
    assert!((22..=24).contains(&zabbix.len()), "{}", zabbix.len());
    for record in zabbix {
        let sample = &record.sample;
        assert_eq!(sample.stopwatch.as_str(), "zabbix/web.test.time");
        assert!(sample.tool_version.as_deref().is_some_and(|version| version.starts_with("6.")), "{sample:?}");
        // Two hops of four round trips of 5 ms, and two lookups.
        assert!(sample.outcome.is_good() && sample.elapsed_us.0 > 30_000, "{sample:?}");
    }
    let curl = of(&samples, "lab/b", "curl");
    assert_eq!(curl.len(), 24);
    for record in curl {
        let sample = &record.sample;
        assert_eq!(sample.stopwatch.as_str(), "curl/time_total");
        assert!(sample.outcome.is_good() && sample.elapsed_us.0 > 90_000, "{sample:?}");
        assert!(sample.asked.as_ref().is_some_and(|asked| !asked.verify), "{sample:?}");
    }
    assert_eq!((of(&samples, "lab/a", "fresh").len(), of(&samples, "lab/b", "fresh").len()), (24, 24));
    let account = explained(directory.path(), "zabbix", "curl");
    let rows = account["account"]["rows"].as_array().unwrap();
    let sum: f64 = rows.iter().map(|row| row["ms"].as_f64().unwrap()).sum();
    let gap = account["account"]["gap_ms"].as_f64().unwrap();
    assert!((sum - gap).abs() < 1e-6, "{account}");
    assert!(rows.iter().any(|row| row["cause"] == "definition"), "{account}");
    let truth: Value = serde_json::from_slice(&fs::read(directory.path().join("kept/truth.json")).unwrap()).unwrap();
    // Zabbix's checks are found at the box, the name server and the site, too.
    let met = |request: &&Value| request["side"] == 0 && request["injected"]["redirects"] == 1.0;
    assert!(truth["requests"].as_array().unwrap().iter().filter(met).count() >= 20, "{}", truth["sides"]);
    // What measured, and what that stands on, is left with its version.
    let programs = |side: usize| truth["sides"][side]["programs"].as_array().cloned().unwrap_or_default();
    let says =
        |side, words: &str| programs(side).iter().any(|said| said.as_str().is_some_and(|said| said.contains(words)));
    assert!(["(Zabbix) 6.", "(PostgreSQL) ", "PHP "].iter().all(|words| says(0, words)), "{:?}", programs(0));
    assert!(says(1, "curl ") && ran.out.contains("measured by curl "), "{:?}: {}", programs(1), ran.out);
}

#[test]
fn what_is_not_installed_is_named_with_its_package_and_nothing_is_left() {
    if !needs::root("what_is_not_installed_is_named_with_its_package_and_nothing_is_left") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let words = ["lab", "run", "blackbox"];
    let ended = finished(parallax(directory.path(), &words).env("PATH", directory.path()).output().unwrap());
    assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{}", ended.err);
    assert!(ended.err.contains("(Debian package prometheus-blackbox-exporter)"), "{}", ended.err);
    assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
    let scored = run(directory.path(), &["lab", "score", "--scenario", "founding-case"]);
    assert_eq!((scored.code, scored.out.as_str()), (2, ""), "{}", scored.err);
    assert!(scored.err.contains("lab run founding-case"), "{}", scored.err);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn whatever_ends_a_run_with_a_monitor_nothing_of_it_stays() {
    let test = "whatever_ends_a_run_with_a_monitor_nothing_of_it_stays";
    if !can(test, &["founding-case"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let before = traces(&[]);
    let mut random = ChaCha8Rng::seed_from_u64(12);
    let mut pids = Vec::new();
    for number in 0..3 {
        let mut under = UnderWay::start(directory.path(), "founding-case", &format!("killed-{number}"));
        // From the making of its database to its checks.
        under.watch(Duration::from_millis(random.random_range(1_000..25_000)));
        kill(under.pid(), Signal::SIGKILL).unwrap();
        under.child.wait().unwrap();
        assert_eq!(under.left(), Vec::<String>::new(), "after SIGKILL");
        assert!(!under.parts.is_empty());
        pids.push(under.pid());
    }
    let next = run(directory.path(), &["lab", "run", "null", "--rounds", "2", "--out", "next"]);
    assert!(next.code == 0, "{}", next.err);
    assert_eq!(traces(&pids), before, "after the next run");
}
