//! Real monitors as vantages of the lab: their own numbers, with stopwatch and version, our probe beside them, and nothing
//! of them stays.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use parallax::explain::account::Account;
use parallax::explain::bridge;
use parallax::explain::cause::Cause;
use parallax::explain::question::{Question, Statistic};
use parallax::explain::source::Source;
use parallax::lab::monitor;
use parallax::lab::run::Run;
use parallax::lab::scenario::Scenario;
use parallax::measurement::wire::Record;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::lab_run::once;
use crate::support::command::{finished, parallax, run};
use crate::support::needs;
use crate::support::under_way::{UnderWay, traces};

/// Root, and all that these scenarios need, is here; else the test says so, or fails under CI.
fn can(test: &str, scenarios: &[&str]) -> bool {
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

/// Of one side.
fn samples_of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Source {
    let mut source = Source::default();
    records.into_iter().for_each(|record| source.add(&record.sample, &record.environment, None));
    source
}

/// A row's milliseconds, and half of its 95 % interval; of one that is empty, nothing.
fn ms_and_half(account: &Account, cause: Cause) -> (f64, f64) {
    let Some(row) = account.rows.iter().find(|row| row.cause == cause) else { return (0.0, 0.0) };
    let ends = row.interval_ms.and_then(|ends| ends.lower.zip(ends.upper));
    (row.ms, ends.map_or(0.0, |(lower, upper)| (row.ms - lower).max(upper - row.ms)))
}

fn mean_ms<'a>(records: impl IntoIterator<Item = &'a Record>) -> f64 {
    let ms: Vec<f64> = records.into_iter().map(|record| record.sample.latency().unwrap().as_millis()).collect();
    assert!(ms.len() >= 27, "{}", ms.len());
    ms.iter().sum::<f64>() / ms.len() as f64
}

/// These samples of the Zabbix at one side over the probe beside it, against the probe beside the other.
fn over_the_probe<'a>(found: &Run, side: usize, zabbix: impl IntoIterator<Item = &'a Record>) -> Account {
    let [bridge, there] = [side, 1 - side].map(|at| samples_of(&found.beside[at]));
    bridge::account(&samples_of(zabbix), bridge, there, &Question::new(Statistic::Mean, 1)).unwrap()
}

/// By what was switched a Zabbix shows so many milliseconds more: all of it is in the row of the way of measuring, and nothing
/// in any other.
fn moves_one_row(truth: f64, without: &Account, with: &Account) {
    let rows = |cause| (ms_and_half(without, cause), ms_and_half(with, cause));
    let ((ms_without, half_without), (ms_with, half_with)) = rows(Cause::Definition);
    assert!(half_without > 0.0 && half_with > 0.0, "{without:?} {with:?}");
    let off = (ms_without - ms_with) - truth;
    assert!(off.abs() <= half_without.hypot(half_with), "{off} beside {truth}: {half_without}, {half_with}");
    for cause in Cause::ALL.into_iter().filter(|cause| *cause != Cause::Definition) {
        let ((ms_without, half_without), (ms_with, half_with)) = rows(cause);
        // A few hundredths of what was switched are nothing that anyone would take for it.
        let allowed = half_without + half_with + 0.03 * truth.abs();
        assert!((ms_without - ms_with).abs() <= allowed, "{cause:?}: {ms_without}, {ms_with}: {allowed} are allowed");
    }
    println!("{truth:+.2} ms; the row {ms_without:+.2} ± {half_without:.2}, then {ms_with:+.2} ± {half_with:.2}");
}

fn of_zabbix(found: &Run, side: usize) -> impl Iterator<Item = &Record> {
    found.asked.iter().filter(move |one| one.turn.side == side).map(|one| &one.record)
}

/// Two Zabbixes at once, so that both have the same neighbours, which differ in what these words say of B; and by how much B
/// shows more, milliseconds.
fn switched(words: &str) -> (Run, f64) {
    let text = format!(
        "about = 'x'\n[both]\nmethod = 'zabbix'\nbeside = 'agent'\nverify = false\n[both.path]\ndelay_ms = 10\n\
         [both.site]\nredirect = 1\nbody_kb = 40\n{words}"
    );
    let mut tries = 3;
    loop {
        tries -= 1;
        let (_, found, _) = once(&text, 30);
        let truth = mean_ms(of_zabbix(&found, 1)) - mean_ms(of_zabbix(&found, 0));
        let [without, with] = [0, 1].map(|side| over_the_probe(&found, side, of_zabbix(&found, side)));
        // Where a neighbour's work went through all that was measured there is no interval, and so nothing to hold.
        let sure = [&without, &with].iter().all(|account| account.no_interval.is_none());
        if sure || tries == 0 {
            moves_one_row(truth, &without, &with);
            return (found, truth);
        }
    }
}

/// An option of A's Zabbix, which watches the page with it as it is and switched, about the same times; and by how much it shows
/// more for that. The probe beside it is one: samples that find no partner would move the row of times.
fn option(found: &Run, name: &str) -> f64 {
    let own: Vec<&Record> =
        found.switched[0].iter().filter(|record| record.sample.method.as_str() == format!("zabbix-{name}")).collect();
    assert!(own.iter().all(|record| record.sample.outcome.is_good()), "{own:?}");
    let truth = mean_ms(own.iter().copied()) - mean_ms(of_zabbix(found, 0));
    moves_one_row(truth, &over_the_probe(found, 0, of_zabbix(found, 0)), &over_the_probe(found, 0, own));
    truth
}

#[test]
fn what_the_authorities_of_a_zabbix_make_is_in_the_row_of_the_way_of_measuring_and_in_no_other() {
    let test = "what_the_authorities_of_a_zabbix_make_is_in_the_row_of_the_way_of_measuring_and_in_no_other";
    if can(test, &["definition:large"]) {
        let (_, truth) = switched("[b]\nstore = 'all'\n");
        assert!(truth > 15.0, "hundreds of certificates are read for each connection: {truth}");
    }
}

#[test]
fn what_compression_and_options_make_of_a_zabbix_is_in_the_row_of_the_way_of_measuring_and_in_no_other() {
    let test = "what_compression_and_options_make_of_a_zabbix_is_in_the_row_of_the_way_of_measuring_and_in_no_other";
    if can(test, &["definition"]) {
        // Our probe allows none. Both Zabbixes have the further checks, so that they are equally busy.
        let (found, truth) = switched("[a]\nswitches = true\n[b]\nswitches = true\n[b.site]\ncompress = true\n");
        assert!(truth < -10.0, "the page needs a round trip of 20 ms less: {truth}");
        let follow = option(&found, "follow");
        assert!(follow < -70.0, "the second hop has four round trips of 20 ms, and its page: {follow}");
        let verify = option(&found, "verify");
        assert!(verify.abs() < 20.0, "the site's signature is checked by one authority that was read anyway: {verify}");
    }
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
