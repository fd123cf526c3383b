//! A real Zabbix watches a site of ours, and its history is brought in.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};

use parallax::lab::site::{Options, Site};
use parallax::measurement::outcome::{Check, Outcome};
use parallax::measurement::wire::Record;
use serde_json::Value;

use crate::import_export::place::{Place, Ran};
use crate::support::command::parallax;
use crate::support::server::closed_port;
use crate::support::zabbix::{Zabbix, zabbix};

const STEP: &str = "web.test.time[shop,home,resp]";

/// `import zabbix` of an item, as a page of this archive.
fn import(place: &Place, zabbix: &Zabbix, token: &str, host: &str, words: &[&str]) -> Ran {
    let common = ["import", "zabbix", "--url", zabbix.url(), "--token-env", "TOKEN", "--host", host];
    let whose = ["--target", "daily-news", "--vantage", "zabbix/office"];
    place.run_in(&[("TOKEN", token)], &[&common, words, &whose[..]].concat(), b"")
}

/// All values of an item as samples must have them: start and length.
fn kept_by_zabbix(zabbix: &Zabbix, item: &str) -> Vec<(i64, u64)> {
    let rows =
        zabbix.database(&format!("select clock, ns, value from history where itemid = {item} order by clock, ns"));
    rows.iter()
        .map(|row| {
            let (clock, ns): (i64, i64) = (row[0].parse().unwrap(), row[1].parse().unwrap());
            let length = (row[2].parse::<f64>().unwrap() * 1e6).round() as u64;
            ((clock * 1_000_000 + ns / 1_000 - length as i64).div_euclid(1_000), length)
        })
        .collect()
}

fn imported(records: &[Record]) -> Vec<(i64, u64)> {
    records.iter().map(|record| (record.sample.started_at_ms.0, record.sample.elapsed_us.0)).collect()
}

/// Ends with the test.
struct Agent(Child);

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Our own agent, every second, from a place of this name.
fn agent(place: &Place, vantage: &str, site: &Site) -> Agent {
    let fleet = format!(
        "schema = 1\nevery = \"1s\"\n[vantage]\nid = \"{vantage}\"\n[[target]]\nid = \"daily-news\"\n\
         url = \"{}\"\nfollow_redirects = true\nverify = false\nallow_private = true\n",
        site.url("/")
    );
    let file = format!("{}.toml", vantage.replace('/', "-"));
    place.write(&file, fleet);
    let mut command = parallax(place.0.path(), &["agent", &file]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    // SAFETY: only one system call is made between fork and exec, and it allocates nothing.
    unsafe {
        command.pre_exec(|| Ok(nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?));
    }
    Agent(command.spawn().unwrap())
}

#[test]
fn a_web_scenario_of_a_real_zabbix_comes_in_as_its_database_has_it_and_once() {
    let Some(zabbix) = zabbix("a_web_scenario_of_a_real_zabbix_comes_in_as_its_database_has_it_and_once") else {
        return;
    };
    let site = Site::start(Options::default()).unwrap();
    let place = Place::new();
    let host = zabbix.host("shop front");
    zabbix.watch(&host, "shop", &[("home", site.url("/").as_str(), "200")]);
    let agents = [agent(&place, "host/office", &site), agent(&place, "host/far", &site)];
    let item = zabbix.item(&host, STEP);

    zabbix.until("history", &item, 6);
    let first = import(&place, zabbix, &zabbix.token, "shop front", &["--item", STEP, "--json"]).ended(0);
    let said: Value = serde_json::from_str(&first.out()).unwrap();
    assert!(said["new"].as_u64().unwrap() >= 5 && said["resumed_ms"].is_null(), "{said}");

    zabbix.until("history", &item, 40);
    let second = import(&place, zabbix, &zabbix.token, "shop front", &["--item", STEP, "--json"]).ended(0);
    let said: Value = serde_json::from_str(&second.out()).unwrap();
    assert!(said["repeated"].as_u64().unwrap() >= 5 && !said["resumed_ms"].is_null(), "{said}");
    drop(agents);

    let source = |record: &&Record| record.sample.method.as_str() == "zabbix";
    let all = place.kept("parallax.db");
    let samples: Vec<Record> = all.iter().filter(source).cloned().collect();
    assert!(samples.iter().all(|record| record.sample.outcome.is_good()));
    let sample = &samples[0].sample;
    assert_eq!(sample.stopwatch.as_str(), "zabbix/web.test.time");
    let version = zabbix.database("select mandatory from dbversion")[0][0].clone();
    assert!(version.starts_with("6000"), "{version}");
    assert!(sample.tool_version.as_deref().unwrap().starts_with("6.0."), "{sample:?}");
    assert!(matches!(&sample.outcome, Outcome::Answered(answer) if answer.status == Some(200)));
    // All of them but those whose scenario had not ended yet, digit for digit.
    let there = kept_by_zabbix(zabbix, &item);
    assert!(samples.len() >= 39, "{}", samples.len());
    assert_eq!(imported(&samples), there[..samples.len()]);

    let explain =
        ["explain", "--a", "vantage=zabbix/office", "--b", "vantage=host/far", "--bridge", "vantage=host/office"];
    let account: Value =
        serde_json::from_str(&place.run(&[&explain[..], &["--json"]].concat()).ended(0).out()).unwrap();
    let rows = account["account"]["rows"].as_array().unwrap();
    let sum: f64 = rows.iter().map(|row| row["ms"].as_f64().unwrap()).sum();
    let gap = account["account"]["gap_ms"].as_f64().unwrap();
    assert!((sum - gap).abs() < 1e-6, "{sum} is not {gap}: {account}");
    assert!(rows.iter().any(|row| row["cause"] == "definition"), "{account}");
}

#[test]
fn what_failed_in_zabbix_is_a_failure_and_not_a_quick_page() {
    let Some(zabbix) = zabbix("what_failed_in_zabbix_is_a_failure_and_not_a_quick_page") else { return };
    let site = Site::start(Options { redirect: false, ..Options::default() }).unwrap();
    let place = Place::new();
    let host = zabbix.host("failing");
    let nowhere = format!("http://{}/", closed_port());
    let page = site.url("/");
    zabbix.watch(&host, "refused", &[("first", page.as_str(), ""), ("second", &nowhere, "")]);
    zabbix.watch(&host, "unmet", &[("only", page.as_str(), "201")]);
    let time = |scenario: &str, step: &str| format!("web.test.time[{scenario},{step},resp]");
    zabbix.until("history_uint", &zabbix.item(&host, "web.test.fail[refused]"), 5);
    zabbix.until("history_uint", &zabbix.item(&host, "web.test.fail[unmet]"), 5);

    let token = zabbix.token(0);
    let read = |archive: &str, item: &str| {
        let place_of = format!("sqlite:{archive}");
        import(&place, zabbix, &token, "failing", &["--item", item, "--archive", &place_of]).ended(0);
        place.kept(archive)
    };
    let outcomes = |records: &[Record]| -> BTreeMap<String, usize> {
        let mut counted = BTreeMap::new();
        for record in records {
            let word = match &record.sample.outcome {
                Outcome::Failed(failure) => format!("failed: {}", failure.detail),
                Outcome::Answered(answer) => match answer.failed_checks.first() {
                    Some(failed) => {
                        assert_eq!((failed.check, answer.status), (Check::Status, Some(200)));
                        assert!(failed.reason.contains("201"), "{}", failed.reason);
                        "unmet".to_owned()
                    }
                    None => "good".to_owned(),
                },
            };
            *counted.entry(word).or_insert(0) += 1;
        }
        counted
    };
    let first = outcomes(&read("first.db", &time("refused", "first")));
    assert!(first.len() == 1 && first["good"] >= 4, "a step before the one that failed is good: {first:?}");
    let second = read("second.db", &time("refused", "second"));
    let counted = outcomes(&second);
    assert!(second.len() >= 4 && counted.keys().all(|word| word.starts_with("failed: ")), "{counted:?}");
    assert!(second.iter().all(|record| record.sample.elapsed_us.0 == 0));
    let unmet = outcomes(&read("unmet.db", &time("unmet", "only")));
    assert!(unmet.len() == 1 && unmet["unmet"] >= 4, "{unmet:?}");
}

#[test]
fn a_real_zabbix_refuses_by_name() {
    let Some(zabbix) = zabbix("a_real_zabbix_refuses_by_name") else { return };
    let site = Site::start(Options::default()).unwrap();
    let place = Place::new();
    let host = zabbix.host("web front");
    zabbix.watch(&host, "shop", &[("home", site.url("/").as_str(), "")]);
    let said = |token: &str, host: &str, words: &[&str], needles: &[&str]| {
        let ran = import(&place, zabbix, token, host, words).ended(2);
        assert_eq!(ran.out(), "");
        for needle in needles {
            assert!(ran.err().contains(needle), "{needle}: {}", ran.err());
        }
        assert!(!ran.err().contains(token), "the token was printed: {}", ran.err());
    };
    let item = ["--item", STEP];
    let token = zabbix.token.as_str();
    said(&"0".repeat(64), "web front", &item, &["refuses the token in `TOKEN`"]);
    said(&zabbix.token(1_700_000_000), "web front", &item, &["refuses the token in `TOKEN`", "expired"]);
    said(token, "web frnot", &item, &["no host `web frnot`", "`web front`"]);
    said(token, "web front", &["--item", "web.test.time[shop,hoem,resp]"], &["no item", STEP]);
    said(token, "web front", &["--item", "web.test.rspcode[shop,home]"], &["no length of time", "web.test.time"]);
    said(token, "web front", &["--item", "web.test.error[shop]"], &["texts"]);
    said(token, "web front", &["--item", "web.test.in[shop,home,bps]"], &["no length of time"]);
    said(token, "web front", &["--item", STEP, "--unit", "ms"], &["values in `s`", "--unit says otherwise"]);
    assert!(!place.path("parallax.db").exists(), "a refused import made an archive");
    // A page of the same server that is not the API.
    let url = format!("{}index.php", zabbix.url());
    let whose = ["--target", "a", "--vantage", "b", "--token-env", "TOKEN", "--host", "x", "--item", STEP];
    let ran = place.run_in(&[("TOKEN", token)], &[&["import", "zabbix", "--url", &url], &whose[..]].concat(), b"");
    assert!(ran.ended(2).err().contains("is --url right?"));
}

#[test]
fn a_page_measured_by_either_agent_has_the_stopwatch_of_that_agent() {
    let test = "a_page_measured_by_either_agent_has_the_stopwatch_of_that_agent";
    let Some(zabbix) = zabbix(test) else { return };
    let site = Site::start(Options::default()).unwrap();
    let page = format!("web.page.perf[{}]", site.url("/page"));
    let items = [(page.as_str(), 0), ("agent.variant", 3), ("agent.version", 1)];
    let whole = "zabbix/web.page.perf";
    for (program, stopwatch) in [("zabbix_agentd", whole), ("zabbix_agent2", "zabbix/agent2.web.page.perf")] {
        let Some((_running, port)) = zabbix.agent(test, program) else { return };
        let host = zabbix.host_of_agent(program, port, &items);
        let item = zabbix.item(&host, &page);
        zabbix.until("history", &item, 4);
        zabbix.until("history_uint", &zabbix.item(&host, "agent.variant"), 1);
        zabbix.until("history_str", &zabbix.item(&host, "agent.version"), 1);
        let place = Place::new();
        import(&place, zabbix, &zabbix.token, program, &["--item", &page]).ended(0);
        let kept = place.kept("parallax.db");
        assert!(kept.len() >= 4, "{}", kept.len());
        assert_eq!(imported(&kept), kept_by_zabbix(zabbix, &item)[..kept.len()]);
        for record in &kept {
            assert_eq!(record.sample.stopwatch.as_str(), stopwatch);
            assert!(record.sample.tool_version.as_deref().unwrap().starts_with("6.0."), "{:?}", record.sample);
        }
    }
}
