//! A real Zabbix: its server where the vantage stands, with a database and an API of its own; what it kept of a page comes
//! in by our own import.

mod api;
mod place;
mod scenario;

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
use crate::measurement::identity::{NameError, Stopwatch, TargetId, Vantage};
use crate::measurement::wire::Record;
use crate::probe::target::TlsSettings;

use api::Api;
use place::Place;
pub use place::Ports;
pub use scenario::Wanted;
use scenario::Watch;

/// What has to be installed.
pub const NEEDS: [Need; 6] = [
    place::SERVER,
    place::SCHEMA,
    place::FRONTEND,
    place::PHP,
    Need { what: "/usr/lib/php/*/pgsql.so", package: "php-pgsql" },
    place::INITDB,
];

/// Those that say of which version they are, and by which option.
pub(super) const TOLD: [(Need, &str); 3] =
    [(place::SERVER, "-V"), (place::INITDB, "--version"), (place::PHP, "--version")];

const TOOL: &str = "Zabbix";
/// What the lab's one check is called in it.
const HOST: &str = "lab";
/// How long it may keep to itself what it has measured: it writes once a second.
const FLUSHED: Duration = Duration::from_secs(4);
const PATIENCE: Duration = Duration::from_secs(120);

/// A running one; its database is gone with its folder.
#[derive(Debug)]
pub struct Zabbix {
    /// In this order: the server before what it stands on.
    running: [Daemon; 3],
    place: Place,
    api: Api,
    token: String,
    watches: Vec<Watch>,
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
        Ok(Self { running: [server, database, interface], place, api, token, watches: Vec::new() })
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

    /// Lets it check a page every second, in every way that is wanted.
    ///
    /// # Errors
    /// Its API refuses.
    pub fn watch(&mut self, wanted: &Wanted<'_>) -> Result<(), MonitorError> {
        let groups = self.api.call("hostgroup.get", &json!({ "output": ["groupid"], "limit": 1 }))?;
        let group = json!([{ "groupid": groups[0]["groupid"] }]);
        let made = self.api.call("host.create", &json!({ "host": HOST, "groups": group }))?;
        self.watches = wanted.watches();
        let scenarios: Vec<Value> =
            self.watches.iter().map(|watch| watch.web_scenario(wanted.url, &made["hostids"][0])).collect();
        self.api.call("httptest.create", &scenarios.into())?;
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
            let mut kept = Vec::new();
            for watch in &self.watches {
                let client = Client::new(&TlsSettings::default(), PATIENCE)?;
                let server = Server::new(client, address.clone(), credentials.clone()).await?;
                let meant = server.item(HOST, &watch.item(), &Said::default()).await?;
                let origin = Origin {
                    target: target.clone(),
                    vantage: vantage.clone(),
                    method: watch.method(),
                    stopwatch: Stopwatch::new(&meant.stopwatch).map_err(own)?,
                    tool_version: meant.version.clone(),
                    probe_version: env!("CARGO_PKG_VERSION").to_owned(),
                };
                let mut history = ItemHistory::new(server, meant, origin, None, clock::wall());
                history.begin(Begin::At(None));
                while let Some(page) = history.page().await? {
                    if let Some(bad) = page.bad.into_iter().next() {
                        return Err(MonitorError::Foreign { tool: TOOL, said: bad });
                    }
                    kept.extend(page.records);
                }
            }
            Ok(kept)
        })?
    }
}
