//! A real Zabbix, as the lab starts one: on loopback, one for all tests of a run.

use std::path::Path;
use std::sync::OnceLock;

use parallax::lab::monitor::daemon::{Daemon, command, listens};
use parallax::lab::monitor::zabbix::{NEEDS, Ports, Zabbix as Running};
use serde_json::{Value, json};

use super::daemon;
use super::needs;

/// A running one.
pub struct Zabbix {
    running: Running,
    url: String,
    /// An API token that does not expire.
    pub token: String,
}

/// The one of this run, started by whoever asks first; `None` where it is not installed and `CI` is not set.
pub fn zabbix(test: &str) -> Option<&'static Zabbix> {
    static RUNNING: OnceLock<Zabbix> = OnceLock::new();
    let missing: Vec<String> =
        NEEDS.iter().filter(|need| need.find().is_err()).map(std::string::ToString::to_string).collect();
    needs::nothing(test, &missing).then(|| RUNNING.get_or_init(Zabbix::start))
}

impl Zabbix {
    fn start() -> Self {
        let ports = Ports { interface: daemon::port(), server: daemon::port() };
        let running = Running::start(&daemon::folder("zabbix"), ports).unwrap();
        Self { url: running.url(), token: running.token().to_owned(), running }
    }

    /// What its database answers, cell by cell.
    pub fn database(&self, sql: &str) -> Vec<Vec<String>> {
        self.running.database(sql).unwrap()
    }

    /// Where the API is asked.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A result of its API, as whoever set it up.
    pub fn call(&self, method: &str, parameters: &Value) -> Value {
        self.running.call(method, parameters).unwrap()
    }

    /// A new API token that expires at this second; 0 is never.
    pub fn token(&self, expires: i64) -> String {
        self.running.token_until(expires).unwrap()
    }

    /// An agent at work and its port; `None` where it is not installed and `CI` is not set.
    pub fn agent(&self, test: &str, program: &str) -> Option<(Daemon, u16)> {
        let program = needs::file(test, &Path::new("/usr/sbin").join(program))?;
        let (folder, port) = (daemon::folder("zabbix-agent"), daemon::port());
        let settings = folder.join("agent.conf");
        let place = folder.display();
        let (pid, control) = (format!("PidFile={place}/agent.pid"), format!("ControlSocket={place}/agent.sock"));
        // Only the newer one has a control socket, and the older one refuses settings that it does not know.
        let control = if program.ends_with("zabbix_agent2") { control.as_str() } else { "StartAgents=1" };
        let text = format!(
            "Server=127.0.0.1\nListenIP=127.0.0.1\nListenPort={port}\nLogType=console\nHostname=tests\n{pid}\n{control}\n"
        );
        std::fs::write(&settings, text).expect("its settings");
        let mut agent = command(&program, &folder);
        agent.arg("-f").arg("-c").arg(&settings);
        let running = daemon::start(&agent, &folder, "agent.log");
        running.until("the agent", || listens(port)).unwrap();
        Some((running, port))
    }

    /// A host whose agent is asked for these items every second: their keys and types of value.
    pub fn host_of_agent(&self, name: &str, port: u16, items: &[(&str, u8)]) -> String {
        let host = self.host(name);
        let interface = self.call(
            "hostinterface.create",
            &json!({ "hostid": host, "type": 1, "main": 1, "useip": 1, "ip": "127.0.0.1", "dns": "", "port": port.to_string() }),
        );
        let items: Vec<Value> = items
            .iter()
            .map(|(key, value_type)| {
                json!({ "hostid": host, "interfaceid": interface["interfaceids"][0], "name": key, "key_": key, "type": 0,
                        "value_type": value_type, "delay": "1s" })
            })
            .collect();
        self.call("item.create", &items.into());
        host
    }

    /// A host of its own, and its number.
    pub fn host(&self, name: &str) -> String {
        let groups = self.call("hostgroup.get", &json!({ "output": ["groupid"], "limit": 1 }));
        let group = json!([{ "groupid": groups[0]["groupid"] }]);
        let made = self.call("host.create", &json!({ "host": name, "groups": group }));
        made["hostids"][0].as_str().unwrap().to_owned()
    }

    /// Lets it watch these pages every second, one step each: name, address, and the status that is required.
    pub fn watch(&self, host: &str, scenario: &str, pages: &[(&str, &str, &str)]) {
        let steps: Vec<Value> = pages
            .iter()
            .zip(1..)
            .map(|((name, url, status), no)| {
                json!({ "name": name, "url": url, "no": no, "status_codes": status, "timeout": "15s" })
            })
            .collect();
        self.call("httptest.create", &json!({ "name": scenario, "hostid": host, "delay": "1s", "steps": steps }));
    }

    /// The number of an item of a host.
    pub fn item(&self, host: &str, key: &str) -> String {
        let rows = self.database(&format!("select itemid from items where hostid = {host} and key_ = '{key}'"));
        rows[0][0].clone()
    }

    /// Waits until an item has this many values, in one of the tables of history.
    pub fn until(&self, table: &str, item: &str, count: usize) {
        let sql = format!("select count(*) from {table} where itemid = {item}");
        let there = || self.database(&sql)[0][0].parse::<usize>().unwrap() >= count;
        self.running.until("enough history of an item", there).unwrap();
    }
}
