//! A step's history, page by page.

use serde::de::DeserializeOwned;

use crate::adapters::import::identity::Names;
use crate::adapters::import::mapping::Origin;
use crate::adapters::import::server::address::Address;
use crate::adapters::import::server::client::{Client, Credentials};
use crate::adapters::import::server::fault::Fault;
use crate::adapters::import::server::history::{Begin, History, Page};
use crate::adapters::import::total::{Total, failed};
use crate::intake::flaw;
use crate::measurement::units::{Micros, UnixMillis};
use crate::measurement::wire::Record;

use super::answer::{self, Host, Kept, Scenario};
use super::execution::{Ending, Event, Executions, Moment};
use super::feed::{LIMIT, Seconds, keep_until, whole_until};
use super::item::{self, Item, Meant, Said};
use super::request::{self, Call};
use super::version::Version;

/// The server's clock may be ahead of ours by this many seconds.
const AHEAD: i64 = 3_600;
/// An HTTP status, as opposed to a step that spoke no HTTP.
const STATUSES: std::ops::RangeInclusive<u16> = 100..=999;

/// A Zabbix server and how to ask it.
#[derive(Debug)]
pub struct Server {
    client: Client,
    address: Address,
    credentials: Credentials,
    version: Version,
}

impl Server {
    /// Asks for the version, which tells how a token is sent.
    ///
    /// # Errors
    /// See [`Fault`].
    pub async fn new(client: Client, address: Address, credentials: Credentials) -> Result<Self, Fault> {
        let text: String = ask(&client, &address, &request::version(), None, &Credentials::None, "").await?;
        let version = Version::new(&text).ok_or_else(|| Fault::Foreign {
            server: address.to_string(),
            found: format!("the version {}", crate::adapters::import::server::nearest::shown(&text)),
        })?;
        Ok(Self { client, address, credentials, version })
    }

    /// What is known of an item of a host.
    ///
    /// # Errors
    /// See [`Fault`].
    pub async fn item(&self, host: &str, asked: &str, said: &Said) -> Result<Meant, Fault> {
        let hosts: Vec<Host> = self.ask(&request::hosts()).await?;
        let host = item::host(&hosts, host).map_err(Fault::Asked)?;
        let items: Vec<Item> = self.ask(&request::items(&host.id)).await?;
        let found = item::find(&items, asked).map_err(Fault::Asked)?;
        let scenarios: Vec<Scenario> = self.ask(&request::scenarios(&host.id)).await?;
        item::meant(found, &items, &scenarios, &self.version.text, said).map_err(Fault::Asked)
    }

    async fn ask<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Fault> {
        let name = self.credentials.name();
        let (token, header) = if self.version.takes_header() {
            (None, &self.credentials)
        } else {
            (self.credentials.as_token(), &Credentials::None)
        };
        ask(&self.client, &self.address, call, token, header, &name).await
    }

    async fn values(&self, item: &str, value_type: u8, asked: Seconds) -> Result<Vec<Kept>, Fault> {
        self.ask(&request::history(item, value_type, asked.from, asked.till, LIMIT)).await
    }
}

async fn ask<T: DeserializeOwned>(
    client: &Client,
    address: &Address,
    call: &Call,
    token: Option<&str>,
    header: &Credentials,
    name: &str,
) -> Result<T, Fault> {
    let answer = client.post(address.below("api_jsonrpc.php"), call.document(token), header).await?;
    answer::result(&answer, &address.to_string(), name)
}

/// The history of one item.
#[derive(Debug)]
pub struct ItemHistory {
    server: Server,
    meant: Meant,
    origin: Origin,
    now: UnixMillis,
    left: Seconds,
    executions: Executions,
    names: Names,
}

/// Values of the items of a step in the same seconds.
#[derive(Debug, Default)]
struct Side {
    statuses: Vec<Kept>,
    ends: Vec<Kept>,
    errors: Vec<Kept>,
}

impl ItemHistory {
    /// Up to a moment; as far as there are values where none is given.
    #[must_use]
    pub fn new(server: Server, meant: Meant, origin: Origin, until: Option<UnixMillis>, now: UnixMillis) -> Self {
        let till = until.map_or(now.0.div_euclid(1_000) + AHEAD, |until| (until.0 - 1).div_euclid(1_000));
        let names = Names::within(&origin, &meant.key);
        let executions = executions(&meant);
        Self { server, meant, origin, now, left: Seconds { from: 0, till }, executions, names }
    }

    /// Asks for each item in turn, each only as far as the one before is whole.
    async fn read(&self) -> Result<(Vec<Kept>, Side, i64), Fault> {
        let asked = self.left;
        let mut until = asked.till;
        let mut of = async |item: Option<&String>, value_type: u8| -> Result<Vec<Kept>, Fault> {
            let Some(item) = item else { return Ok(Vec::new()) };
            let asked = Seconds { till: until, ..asked };
            let values = self.server.values(item, value_type, asked).await?;
            until = whole_until(asked, &values, LIMIT).map_err(Fault::Asked)?;
            Ok(values)
        };
        let step = self.meant.step.clone().unwrap_or_default();
        let mut times = of(Some(&self.meant.item), self.meant.value_type).await?;
        let mut side = Side {
            statuses: of(step.status.as_ref(), 3).await?,
            ends: of(step.failed.as_ref(), 3).await?,
            errors: of(step.error.as_ref(), 1).await?,
        };
        for values in [&mut times, &mut side.statuses, &mut side.ends, &mut side.errors] {
            keep_until(values, until);
        }
        Ok((times, side, until))
    }

    fn record(&mut self, ending: Ending) -> Result<Record, String> {
        let elapsed = match &ending.value {
            None => None,
            Some(text) => {
                let number: f64 = text.parse().map_err(|_| format!("`{}` is not a number", text.escape_debug()))?;
                Some(self.meant.unit.length(number)?)
            }
        };
        let elapsed = elapsed.filter(|elapsed| !(self.meant.zero_is_failure && *elapsed == Micros::ZERO));
        let outcome = match (&ending.value, elapsed) {
            (Some(_), None) => failed("the agent keeps 0 where it got no page".to_owned()),
            _ => ending.outcome,
        };
        let id = self.names.next(ending.at.millis(), elapsed).map_err(|error| error.to_string())?;
        let elapsed = elapsed.unwrap_or_default();
        let started = ending.at.before(elapsed.0);
        let record = Total { id, slot: None, started, elapsed, outcome }.record(&self.origin);
        flaw::check(&record.sample, self.now).map_err(|flaw| flaw.to_string())?;
        Ok(record)
    }
}

impl History for ItemHistory {
    fn begin(&mut self, begin: Begin) {
        self.left.from = match begin {
            Begin::At(from) => from.map_or(0, |from| from.0.div_euclid(1_000)),
            Begin::Again(from) => from.0.div_euclid(1_000),
        };
        self.executions = executions(&self.meant);
        self.names = Names::within(&self.origin, &self.meant.key);
    }

    async fn page(&mut self) -> Result<Option<Page>, Fault> {
        if self.left.from > self.left.till {
            return Ok(None);
        }
        let (times, side, until) = self.read().await?;
        self.left.from = until + 1;
        let mut endings = Vec::new();
        for (at, event) in events(times, side) {
            endings.extend(self.executions.next(at, event));
        }
        if self.left.from > self.left.till {
            endings.extend(self.executions.finish());
        }
        let mut page = Page::default();
        for ending in endings {
            let clock = ending.at.clock;
            match self.record(ending) {
                Ok(record) => page.records.push(record),
                Err(reason) => page.bad.push(format!("clock {clock}: {reason}")),
            }
        }
        Ok(Some(page))
    }

    fn remarks(&self) -> Vec<String> {
        let step = self.meant.step.as_ref();
        match step {
            Some(step) if step.number.is_none() || step.failed.is_none() => vec![
                "Zabbix shows no failures of this step to this token (the scenario, or web.test.fail), so none are imported"
                    .to_owned(),
            ],
            _ => Vec::new(),
        }
    }
}

fn executions(meant: &Meant) -> Executions {
    let step = meant.step.as_ref();
    Executions::new(step.and_then(|step| step.failed.as_ref().and(step.number)))
}

/// Values and ends in the order of time; the status and the reason of the same moment go with them.
fn events(times: Vec<Kept>, side: Side) -> Vec<(Moment, Event)> {
    let moment = |kept: &Kept| Moment { clock: kept.clock, ns: kept.ns };
    let at = |values: &[Kept], when: Moment| values.iter().position(|value| moment(value) == when);
    let statuses: std::collections::BTreeMap<Moment, u16> =
        side.statuses.iter().filter_map(|kept| Some((moment(kept), kept.value.parse().ok()?))).collect();
    let mut errors = side.errors;
    let mut events: Vec<(Moment, Event)> = times
        .into_iter()
        .map(|kept| {
            let when = moment(&kept);
            let status = statuses.get(&when).copied().filter(|status| STATUSES.contains(status));
            (when, Event::Value { value: kept.value, status })
        })
        .collect();
    for end in side.ends {
        let when = moment(&end);
        let error = at(&errors, when).map(|index| errors.swap_remove(index).value);
        events.push((when, Event::End { failed: end.value.parse().unwrap_or(0), error }));
    }
    // A value and an end of one moment: the value came first.
    events.sort_by_key(|(when, event)| (*when, matches!(event, Event::End { .. })));
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(clock: i64, ns: u32, value: &str) -> Kept {
        Kept { clock, ns, value: value.into() }
    }

    #[test]
    fn what_belongs_to_one_moment_is_put_together() {
        let side = Side {
            statuses: vec![kept(1, 5, "500"), kept(2, 5, "0")],
            ends: vec![kept(1, 9, "1"), kept(2, 5, "0")],
            errors: vec![kept(1, 9, "no")],
        };
        let moment = |clock, ns| Moment { clock, ns };
        assert_eq!(
            events(vec![kept(1, 5, "0.1"), kept(2, 5, "0.2")], side),
            [
                (moment(1, 5), Event::Value { value: "0.1".into(), status: Some(500) }),
                (moment(1, 9), Event::End { failed: 1, error: Some("no".into()) }),
                (moment(2, 5), Event::Value { value: "0.2".into(), status: None }),
                (moment(2, 5), Event::End { failed: 0, error: None }),
            ]
        );
    }
}
