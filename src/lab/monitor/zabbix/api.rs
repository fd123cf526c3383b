//! Its JSON-RPC API, asked by whoever sets it up.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::TOOL;
use crate::adapters::import::server::client::{Client, Credentials};
use crate::lab::monitor::MonitorError;
use crate::probe::target::TlsSettings;

/// The first question makes PHP read everything.
const PATIENCE: Duration = Duration::from_secs(120);

/// Logged in.
#[derive(Debug)]
pub(super) struct Api {
    url: Url,
    session: Option<String>,
}

/// Runs an asynchronous question on this thread.
pub(super) fn wait<T>(work: impl Future<Output = T>) -> Result<T, MonitorError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(MonitorError::io("start a runtime"))?.block_on(work))
}

impl Api {
    /// Logs in as whoever Zabbix comes with.
    pub(super) fn open(port: u16) -> Result<Self, MonitorError> {
        let url = format!("http://127.0.0.1:{port}/");
        let url = Url::parse(&url).map_err(|error| foreign(error.to_string()))?;
        let mut api = Self { url, session: None };
        let session = api.call("user.login", &json!({ "username": "Admin", "password": "zabbix" }))?;
        api.session = Some(text(&session)?);
        Ok(api)
    }

    /// Where it is.
    pub(super) fn url(&self) -> String {
        self.url.to_string()
    }

    fn page(&self) -> Result<Url, MonitorError> {
        self.url.join("api_jsonrpc.php").map_err(|error| foreign(error.to_string()))
    }

    /// A new token that expires at this second; 0 is never.
    pub(super) fn token(&self, expires: i64) -> Result<String, MonitorError> {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let name = format!("token {}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let made = self.call("token.create", &json!([{ "name": name, "expires_at": expires }]))?;
        let made = self.call("token.generate", &json!([made["tokenids"][0]]))?;
        text(&made[0]["token"])
    }

    /// A result.
    pub(super) fn call(&self, method: &str, parameters: &Value) -> Result<Value, MonitorError> {
        let mut question = json!({ "jsonrpc": "2.0", "method": method, "params": parameters, "id": 1 });
        if let Some(session) = &self.session {
            question["auth"] = session.as_str().into();
        }
        // One for each question: its connections are of the runtime that made them.
        let client = Client::new(&TlsSettings::default(), PATIENCE)?;
        let answer = wait(client.post(self.page()?, question.to_string(), &Credentials::None))??;
        let said = String::from_utf8_lossy(&answer.body);
        match serde_json::from_str::<Value>(&said) {
            Ok(mut answer) if answer["error"].is_null() => Ok(answer["result"].take()),
            Ok(answer) => Err(foreign(format!("{method}: {}", answer["error"]))),
            Err(error) => Err(foreign(format!("{method}: {error}"))),
        }
    }
}

fn foreign(said: String) -> MonitorError {
    MonitorError::Foreign { tool: TOOL, said }
}

fn text(value: &Value) -> Result<String, MonitorError> {
    value.as_str().map(str::to_owned).ok_or_else(|| foreign(format!("{value}, not a text")))
}
