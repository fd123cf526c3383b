//! Which item is meant, and what its values are the length of.

use serde::Deserialize;

use crate::adapters::import::server::nearest::{nearest, shown};
use crate::adapters::import::value::Unit;

use super::answer::{Host, Scenario, number};
use super::key::Key;

/// An item as `item.get` shows it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Item {
    /// Its number.
    #[serde(rename = "itemid")]
    pub id: String,
    /// As in `web.test.time[scenario,step,resp]`.
    #[serde(rename = "key_")]
    pub key: String,
    /// Its visible name.
    pub name: String,
    /// As typed by whoever made it; `s` where Zabbix made it.
    #[serde(default)]
    pub units: String,
    /// 0 is a float, 3 an unsigned number; others are texts.
    #[serde(deserialize_with = "number")]
    pub value_type: u8,
    /// How long values are kept.
    #[serde(default)]
    pub history: String,
    /// The latest value; empty where there is none.
    #[serde(default, rename = "lastvalue")]
    pub last: String,
}

/// What is said of an item rather than read of it.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// What its values start and stop at.
    pub stopwatch: Option<String>,
    /// Their unit.
    pub unit: Option<Unit>,
    /// The tool's version.
    pub version: Option<String>,
}

/// What an item's values are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meant {
    /// The item.
    pub item: String,
    /// Its key, which is the same wherever the item is made anew.
    pub key: String,
    /// See [`Item::value_type`].
    pub value_type: u8,
    /// What a value starts and stops at.
    pub stopwatch: String,
    /// What 1 means.
    pub unit: Unit,
    /// The version of what measured.
    pub version: Option<String>,
    /// 0 says that there was no page.
    pub zero_is_failure: bool,
    /// Of a web scenario's step: what else is known of it.
    pub step: Option<StepItems>,
}

/// What is kept beside the time of a web scenario's step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepItems {
    /// The step's place in its scenario; absent where the scenario may not be read.
    pub number: Option<u32>,
    /// The item with the HTTP status.
    pub status: Option<String>,
    /// The item that says which step failed.
    pub failed: Option<String>,
    /// The item that says why.
    pub error: Option<String>,
}

/// The host of this name, technical or visible.
///
/// # Errors
/// There is none; the nearest are named.
pub fn host<'h>(hosts: &'h [Host], asked: &str) -> Result<&'h Host, String> {
    let named = hosts.iter().find(|host| host.technical == asked).or(hosts.iter().find(|host| host.name == asked));
    named.ok_or_else(|| {
        let names = hosts.iter().flat_map(|host| [host.technical.as_str(), host.name.as_str()]);
        format!("--host: no host {} (or the token may not read it); {}", shown(asked), nearest(asked, names))
    })
}

/// The item of this key or name.
///
/// # Errors
/// There is none, or several have the name.
pub fn find<'i>(items: &'i [Item], asked: &str) -> Result<&'i Item, String> {
    if let Some(item) = items.iter().find(|item| item.key == asked) {
        return Ok(item);
    }
    let named: Vec<&Item> = items.iter().filter(|item| item.name == asked).collect();
    match named[..] {
        [item] => Ok(item),
        [] => {
            let latencies = || items.iter().filter(|item| is_latency(item)).map(|item| item.key.as_str());
            let none = latencies().next().is_none();
            let names = items.iter().filter(|item| none || is_latency(item)).map(|item| item.key.as_str());
            Err(format!("--item: the host has no item {}; {}", shown(asked), nearest(asked, names)))
        }
        _ => Err(format!("--item: {} items are called {}; name one by its key", named.len(), shown(asked))),
    }
}

fn is_latency(item: &Item) -> bool {
    item.key.starts_with("web.test.time[") || item.key.starts_with("web.page.perf[")
}

/// What the item's values are.
///
/// # Errors
/// They are no latency, or it is not known which.
pub fn meant(item: &Item, items: &[Item], scenarios: &[Scenario], server: &str, said: &Said) -> Result<Meant, String> {
    let name = shown(&item.key);
    let said_of = |reason: String| format!("--item: {name} {reason}");
    let no = |reason: String| Err(said_of(reason));
    let key = Key::new(&item.key).unwrap_or(Key { name: item.key.clone(), parameters: Vec::new() });
    if !matches!(item.value_type, 0 | 3) {
        return no("keeps texts, not lengths of time; a web scenario's are in web.test.time[…]".to_owned());
    }
    let (stopwatch, version, zero_is_failure, step) = match key.name.as_str() {
        "web.test.time" => {
            let step = step(&key, items, scenarios);
            ("zabbix/web.test.time".to_owned(), Some(server.to_owned()), false, Some(step))
        }
        "web.page.perf" => (agent(items, said).map_err(said_of)?, last(items, "agent.version"), true, None),
        "web.test.rspcode" | "web.test.fail" | "web.test.error" | "web.test.in" => {
            return no(
                "is no length of time; ask for web.test.time[…], and statuses and failures come along".to_owned()
            );
        }
        _ if said.stopwatch.is_none() => {
            return no("is not an item whose start and stop are known; if it is a page's response time, say what it \
                       starts and stops at with --stopwatch (see `parallax stopwatch list`)"
                .to_owned());
        }
        _ => (String::new(), None, false, None),
    };
    Ok(Meant {
        item: item.id.clone(),
        key: item.key.clone(),
        value_type: item.value_type,
        stopwatch: said.stopwatch.clone().unwrap_or(stopwatch),
        unit: unit(item, said, step.is_some() || zero_is_failure).map_err(said_of)?,
        version: said.version.clone().or(version),
        zero_is_failure,
        step,
    })
}

/// The item's units against what was said; items of Zabbix itself are in seconds where nothing is written.
fn unit(item: &Item, said: &Said, of_zabbix: bool) -> Result<Unit, String> {
    // A mark of exclamation keeps Zabbix from writing 2500 as 2.5 K.
    let written = item.units.trim().trim_start_matches('!');
    match (Unit::named(written), said.unit) {
        (Some(written), Some(typed)) if written != typed => {
            Err(format!("has values in {}; --unit says otherwise, so leave it out", shown(&item.units)))
        }
        (Some(written), _) => Ok(written),
        (None, _) if !written.is_empty() => {
            Err(format!("has values in {}, which is no unit of time", shown(&item.units)))
        }
        (None, Some(typed)) => Ok(typed),
        (None, None) if of_zabbix => Ok(Unit::Seconds),
        (None, None) => Err("has no unit; say it with --unit".to_owned()),
    }
}

/// Which of the agents it is: both call the item the same, and one stops at the headers.
fn agent(items: &[Item], said: &Said) -> Result<String, String> {
    if let Some(stopwatch) = &said.stopwatch {
        return Ok(stopwatch.clone());
    }
    match last(items, "agent.variant").as_deref() {
        Some("1") => Ok("zabbix/web.page.perf".to_owned()),
        Some("2") => Ok("zabbix/agent2.web.page.perf".to_owned()),
        _ => {
            Err("is measured to the end of the body by the agent, and to the headers by agent 2, and the host has no \
                  item agent.variant that tells them apart; say --stopwatch zabbix/web.page.perf or \
                  --stopwatch zabbix/agent2.web.page.perf"
                .to_owned())
        }
    }
}

fn last(items: &[Item], key: &str) -> Option<String> {
    let item = items.iter().find(|item| item.key == key)?;
    (!item.last.is_empty() && item.last.len() <= 32).then(|| item.last.clone())
}

fn step(key: &Key, items: &[Item], scenarios: &[Scenario]) -> StepItems {
    let parameter = |at: usize| key.parameters.get(at).map_or("", String::as_str);
    let (scenario, step) = (parameter(0), parameter(1));
    let item = |name: &str, parameters: &[&str]| {
        let mut of = items.iter().filter(|item| Key::new(&item.key).is_some_and(|key| key.is(name, parameters)));
        // An item whose values are thrown away tells nothing.
        of.find(|item| item.history != "0").map(|item| item.id.clone())
    };
    let steps = scenarios.iter().filter(|found| found.name == scenario).flat_map(|found| &found.steps);
    StepItems {
        number: steps.into_iter().find(|found| found.name == step).map(|found| found.no),
        status: item("web.test.rspcode", &[scenario, step]),
        failed: item("web.test.fail", &[scenario]),
        error: item("web.test.error", &[scenario]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::import::zabbix::answer::Step;

    fn item(id: &str, key: &str, units: &str, value_type: u8) -> Item {
        let history = "30d".to_owned();
        Item {
            id: id.into(),
            key: key.into(),
            name: key.into(),
            units: units.into(),
            value_type,
            history,
            ..Item::default()
        }
    }

    fn items() -> Vec<Item> {
        vec![
            item("1", "web.test.time[shop,home,resp]", "s", 0),
            item("2", "web.test.rspcode[shop,home]", "", 3),
            item("3", "web.test.fail[shop]", "", 3),
            item("4", "web.test.error[shop]", "", 1),
            item("5", "web.test.in[shop,home,bps]", "Bps", 0),
            item("6", "web.page.perf[www.example.com]", "", 0),
            item("7", "icmppingsec", "s", 0),
            item("8", "curl.total", "ms", 0),
            item("9", "vm.memory.size[used]", "B", 3),
        ]
    }

    fn scenarios() -> Vec<Scenario> {
        vec![Scenario { name: "shop".into(), steps: vec![Step { name: "home".into(), no: 2 }] }]
    }

    fn read(key: &str, said: &Said) -> Result<Meant, String> {
        let items = items();
        meant(find(&items, key)?, &items, &scenarios(), "6.0.14", said)
    }

    #[test]
    fn a_step_comes_with_its_status_and_its_failures() {
        let meant = read("web.test.time[shop,home,resp]", &Said::default()).unwrap();
        assert_eq!((meant.stopwatch.as_str(), meant.version.as_deref()), ("zabbix/web.test.time", Some("6.0.14")));
        let some = |id: &str| Some(id.to_owned());
        assert_eq!(
            meant.step,
            Some(StepItems { number: Some(2), status: some("2"), failed: some("3"), error: some("4") })
        );
    }

    #[test]
    fn what_is_no_latency_is_refused_with_what_to_ask_for() {
        for (key, said) in [
            ("web.test.rspcode[shop,home]", "ask for web.test.time"),
            ("web.test.in[shop,home,bps]", "ask for web.test.time"),
            ("web.test.error[shop]", "keeps texts"),
            ("vm.memory.size[used]", "--stopwatch"),
            ("icmppingsec", "--stopwatch"),
            ("web.page.perf[www.example.com]", "--stopwatch zabbix/agent2.web.page.perf"),
            ("web.test.time[shop,hoem,resp]", "the nearest are `web.test.time[shop,home,resp]`"),
        ] {
            let no = read(key, &Said::default()).unwrap_err();
            assert!(no.contains(said), "{key}: {no}");
        }
    }

    #[test]
    fn units_are_checked_against_what_is_said() {
        let said = |unit| Said { stopwatch: Some("curl/time_total".into()), unit, ..Said::default() };
        assert_eq!(read("curl.total", &said(None)).unwrap().unit, Unit::Millis);
        assert!(read("curl.total", &said(Some(Unit::Seconds))).unwrap_err().contains("--unit says otherwise"));
        assert!(read("vm.memory.size[used]", &said(Some(Unit::Seconds))).unwrap_err().contains("no unit of time"));
        assert_eq!(read("web.page.perf[www.example.com]", &said(None)).unwrap().unit, Unit::Seconds);
        let mut none = items();
        none[7].units = String::new();
        assert!(meant(&none[7], &none, &[], "6.0", &said(None)).unwrap_err().contains("--unit"));
        none[7].units = "!ms".into();
        assert_eq!(meant(&none[7], &none, &[], "6.0", &said(None)).unwrap().unit, Unit::Millis);
    }

    #[test]
    fn the_agents_are_told_apart_by_what_they_say_of_themselves() {
        for (variant, stopwatch) in [("1", "zabbix/web.page.perf"), ("2", "zabbix/agent2.web.page.perf")] {
            let mut all = items();
            all.push(Item { last: variant.into(), ..item("10", "agent.variant", "", 3) });
            all.push(Item { last: "6.0.14".into(), ..item("11", "agent.version", "", 1) });
            let meant = meant(&all[5], &all, &[], "7.0.0", &Said::default()).unwrap();
            assert_eq!((meant.stopwatch.as_str(), meant.version.as_deref()), (stopwatch, Some("6.0.14")));
        }
    }

    #[test]
    fn an_item_by_its_name_must_be_the_only_one() {
        let mut all = items();
        all[0].name = "Response time".into();
        assert_eq!(find(&all, "Response time").unwrap().id, "1");
        all[4].name = "Response time".into();
        assert!(find(&all, "Response time").unwrap_err().contains("2 items are called"));
        let hosts = [Host { id: "1".into(), technical: "www".into(), name: "Web front".into() }];
        assert_eq!(host(&hosts, "Web front").unwrap().id, "1");
        assert!(host(&hosts, "wwww").unwrap_err().contains("the nearest are `www`"));
        assert!(host(&[], "www").unwrap_err().contains("may the token read it"));
    }
}
