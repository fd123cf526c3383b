//! A real Zabbix: its server where the vantage stands, with a database and an API of its own; what it kept of a page comes
//! in by our own import.

mod api;
mod place;

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::daemon::Daemon;
use super::{MonitorError, Need};
use crate::adapters::clock;
use crate::adapters::import::mapping::Origin;
use crate::adapters::import::server::address::Address;
use crate::adapters::import::server::client::{Client, Credentials};
use crate::adapters::import::server::history::{Begin, History};
use crate::adapters::import::zabbix::history::{ItemHistory, Server};
use crate::adapters::import::zabbix::item::Said;
use crate::measurement::identity::{Method, NameError, Stopwatch, TargetId, Vantage};
use crate::measurement::wire::Record;
use crate::probe::target::TlsSettings;

use api::Api;
use place::Place;
pub use place::Ports;

/// What has to be installed.
pub const NEEDS: [Need; 6] = [
    place::SERVER,
    place::SCHEMA,
    place::FRONTEND,
    place::PHP,
    Need { what: "/usr/lib/php/*/pgsql.so", package: "php-pgsql" },
    place::INITDB,
];

const TOOL: &str = "Zabbix";
/// What the lab's one check is called in it.
const HOST: &str = "lab";
const ITEM: &str = "web.test.time[page,home,resp]";
/// Zabbix checks no more often.
const EVERY: &str = "1s";
/// How long it may keep to itself what it has measured: it writes once a second.
const FLUSHED: Duration = Duration::from_secs(4);
const PATIENCE: Duration = Duration::from_secs(120);

/// How a page is watched.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The page.
    pub url: &'a str,
    /// The peer's certificate and name are checked; which authorities are read is a matter of the machine.
    pub verify: bool,
}

/// A running one; its database is gone with its folder.
#[derive(Debug)]
pub struct Zabbix {
    /// In this order: the server before what it stands on.
    running: [Daemon; 3],
    place: Place,
    api: Api,
    token: String,
}

impl Zabbix {
    /// Starts one whose files are below this folder.
    ///
    /// # Errors
    /// See [`MonitorError`].
    pub fn start(below: &Path, ports: Ports) -> Result<Self, MonitorError> {
        for need in NEEDS {
            need.find()?;
        }
        let place = Place::new(below, ports)?;
        let database = place.database_starts()?;
        let interface = place.interface_starts()?;
        let server = place.server_starts()?;
        let api = Api::open(ports.interface)?;
        let token = api.token(0)?;
        Ok(Self { running: [server, database, interface], place, api, token })
    }

    /// Where its API is asked.
    #[must_use]
    pub fn url(&self) -> String {
        self.api.url()
    }

    /// An API token that does not expire.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// A new API token that expires at this second; 0 is never.
    ///
    /// # Errors
    /// Its API refuses.
    pub fn token_until(&self, expires: i64) -> Result<String, MonitorError> {
        self.api.token(expires)
    }

    /// A result of its API, as whoever set it up.
    ///
    /// # Errors
    /// It refuses.
    pub fn call(&self, method: &str, parameters: &Value) -> Result<Value, MonitorError> {
        self.api.call(method, parameters)
    }

    /// What its database answers, cell by cell.
    ///
    /// # Errors
    /// It refuses.
    pub fn database(&self, sql: &str) -> Result<Vec<Vec<String>>, MonitorError> {
        let said = self.place.asked(sql)?;
        Ok(said.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect())
    }

    /// Waits until something holds, for as long as its server runs and nobody would call it late.
    ///
    /// # Errors
    /// It ended, or it is late.
    pub fn until(&self, what: &'static str, holds: impl FnMut() -> bool) -> Result<(), MonitorError> {
        self.running[0].until(what, holds)
    }

    /// Lets it check a page every second.
    ///
    /// # Errors
    /// Its API refuses.
    pub fn watch(&self, wanted: &Wanted<'_>) -> Result<(), MonitorError> {
        let groups = self.api.call("hostgroup.get", &json!({ "output": ["groupid"], "limit": 1 }))?;
        let group = json!([{ "groupid": groups[0]["groupid"] }]);
        let made = self.api.call("host.create", &json!({ "host": HOST, "groups": group }))?;
        let verify = u8::from(wanted.verify);
        let step = json!({ "name": "home", "url": wanted.url, "no": 1, "status_codes": "200", "timeout": "15s" });
        let scenario = json!({
            "name": "page", "hostid": made["hostids"][0], "delay": EVERY, "verify_peer": verify, "verify_host": verify,
            "steps": [step],
        });
        self.api.call("httptest.create", &scenario)?;
        Ok(())
    }

    /// All that it kept so far, as `parallax import zabbix` brings it in.
    ///
    /// # Errors
    /// Its API refuses, or says what cannot be a sample.
    pub fn kept(&self, target: &TargetId, vantage: &Vantage) -> Result<Vec<Record>, MonitorError> {
        std::thread::sleep(FLUSHED);
        let own = |error: NameError| MonitorError::Foreign { tool: TOOL, said: error.to_string() };
        let address = Address::new(&self.api.url(), "token");
        let address = address.map_err(|error| MonitorError::Foreign { tool: TOOL, said: error.to_string() })?;
        let credentials = Credentials::Token { variable: "the lab's own".to_owned(), value: self.token.clone() };
        api::wait(async {
            let client = Client::new(&TlsSettings::default(), PATIENCE)?;
            let server = Server::new(client, address, credentials).await?;
            let meant = server.item(HOST, ITEM, &Said::default()).await?;
            let origin = Origin {
                target: target.clone(),
                vantage: vantage.clone(),
                method: Method::Imported("zabbix".to_owned()),
                stopwatch: Stopwatch::new(&meant.stopwatch).map_err(own)?,
                tool_version: meant.version.clone(),
                probe_version: env!("CARGO_PKG_VERSION").to_owned(),
            };
            let mut history = ItemHistory::new(server, meant, origin, None, clock::wall());
            history.begin(Begin::At(None));
            let mut kept = Vec::new();
            while let Some(page) = history.page().await? {
                if let Some(bad) = page.bad.into_iter().next() {
                    return Err(MonitorError::Foreign { tool: TOOL, said: bad });
                }
                kept.extend(page.records);
            }
            Ok(kept)
        })?
    }
}
