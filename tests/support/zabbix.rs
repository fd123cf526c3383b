//! A real Zabbix: its server, its database and its API on loopback, one for all tests of a run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use parallax::adapters::import::server::client::{Client, Credentials};
use parallax::probe::target::TlsSettings;
use serde_json::{Value, json};
use url::Url;

use super::daemon::{self, Running};
use super::needs;

/// Where Debian puts what Zabbix brings.
const SCHEMA: &str = "/usr/share/zabbix-server-pgsql";
const FRONTEND: &str = "/usr/share/zabbix";

/// A running one.
pub struct Zabbix {
    place: Place,
    server: Running,
    /// Ended with it.
    _others: [Running; 2],
    url: String,
    session: String,
    /// An API token that does not expire.
    pub token: String,
}

/// The one of this run, started by whoever asks first; `None` where it is not installed and `CI` is not set.
pub fn zabbix(test: &str) -> Option<&'static Zabbix> {
    static RUNNING: OnceLock<Zabbix> = OnceLock::new();
    let server = needs::file(test, Path::new("/usr/sbin/zabbix_server"))?;
    let php = needs::program(test, &["php"])?;
    let programs = postgres(test)?;
    Some(RUNNING.get_or_init(|| Zabbix::start(&server, &php, programs)))
}

/// Debian keeps a folder a version.
fn postgres(test: &str) -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib/postgresql").ok();
    let found = folders.into_iter().flatten().filter_map(Result::ok).map(|one| one.path().join("bin"));
    let newest = found.filter(|programs| programs.join("initdb").exists()).max();
    let initdb = newest.unwrap_or_else(|| PathBuf::from("/usr/lib/postgresql")).join("initdb");
    needs::file(test, &initdb).and_then(|initdb| initdb.parent().map(Path::to_owned))
}

impl Zabbix {
    fn start(server: &Path, php: &Path, programs: PathBuf) -> Self {
        let place = Place { folder: daemon::folder("zabbix"), programs };
        let database = place.database_starts();
        let (interface, url) = place.interface_starts(php);
        let server = place.server_starts(server);
        let zabbix =
            Self { place, server, _others: [database, interface], url, session: String::new(), token: String::new() };
        let session = zabbix.call("user.login", &json!({ "username": "Admin", "password": "zabbix" }));
        let mut zabbix = Self { session: session.as_str().unwrap().to_owned(), ..zabbix };
        zabbix.token = zabbix.token(0);
        zabbix
    }

    /// What its database answers, cell by cell.
    pub fn database(&self, sql: &str) -> Vec<Vec<String>> {
        let said = daemon::finish(self.place.psql("zabbix", sql));
        said.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
    }

    /// Where the API is asked.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A result of its API, as whoever set it up.
    pub fn call(&self, method: &str, parameters: &Value) -> Value {
        let mut question = json!({ "jsonrpc": "2.0", "method": method, "params": parameters, "id": 1 });
        if !self.session.is_empty() {
            question["auth"] = self.session.clone().into();
        }
        let client = Client::new(&TlsSettings::default(), Duration::from_secs(120)).unwrap();
        let url = Url::parse(&self.url).unwrap().join("api_jsonrpc.php").unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = runtime.block_on(client.post(url, question.to_string(), &Credentials::None)).unwrap();
        let said = String::from_utf8_lossy(&answer.body);
        let answer: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{method}: {error}: {said}"));
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// A new API token that expires at this second; 0 is never.
    pub fn token(&self, expires: i64) -> String {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
        let name = format!("token {}", NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        let made = self.call("token.create", &json!([{ "name": name, "expires_at": expires }]));
        let made = self.call("token.generate", &json!([made["tokenids"][0]]));
        made[0]["token"].as_str().unwrap().to_owned()
    }

    /// An agent at work and its port; `None` where it is not installed and `CI` is not set.
    pub fn agent(&self, test: &str, program: &str) -> Option<(Running, u16)> {
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
        let mut command = daemon::command(&program, &folder);
        command.arg("-f").arg("-c").arg(&settings);
        let running = daemon::start(&command, &folder, "agent.log");
        running.until("the agent", || daemon::listens(port));
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
        self.server.until(&format!("value {count} of item {item}"), || {
            self.database(&sql)[0][0].parse::<usize>().unwrap() >= count
        });
    }
}

/// Where its files are.
struct Place {
    folder: PathBuf,
    /// PostgreSQL's.
    programs: PathBuf,
}

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn database_starts(&self) -> Running {
        let data = self.path("data");
        let mut initdb = self.command("initdb");
        initdb.args(["--auth=trust", "--username=zabbix", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata"]);
        daemon::finish(with(initdb, &data));
        let mut postgres = self.command("postgres");
        // Only its socket listens, and nothing of it has to outlive a power cut.
        for setting in ["listen_addresses=", "fsync=off", "full_page_writes=off", "synchronous_commit=off"] {
            postgres.args(["-c", setting]);
        }
        postgres.arg("-k").arg(&self.folder).arg("-D").arg(&data);
        let running = daemon::start(&postgres, &self.folder, "postgres.log");
        running.until("PostgreSQL", || self.psql("postgres", "select 1").output().is_ok_and(|o| o.status.success()));
        daemon::finish(self.psql("postgres", "create database zabbix"));
        for part in ["schema.sql.gz", "images.sql.gz", "data.sql.gz"] {
            let file = Path::new(SCHEMA).join(part);
            let mut unpack = daemon::command(Path::new("/bin/sh"), &self.folder);
            let script = r#"zcat "$1" | "$2" -q -v ON_ERROR_STOP=1 -h "$3" -U zabbix -d zabbix -o /dev/null -f -"#;
            unpack.args(["-c", script, "sh"]).arg(file).arg(self.programs.join("psql")).arg(&self.folder);
            daemon::finish(unpack);
        }
        running
    }

    fn interface_starts(&self, php: &Path) -> (Running, String) {
        let (pages, port) = (self.path("interface"), daemon::port());
        let mut copy = daemon::command(Path::new("/bin/cp"), &self.folder);
        copy.args(["-rL", FRONTEND]).arg(&pages);
        // Links that lead to what is not installed (fonts, scripts of pages) are not missed by the API.
        let _ = copy.output();
        let settings = format!(
            "<?php\n$DB['TYPE'] = 'POSTGRESQL'; $DB['SERVER'] = '{}'; $DB['PORT'] = '0'; $DB['DATABASE'] = 'zabbix';\n\
             $DB['USER'] = 'zabbix'; $DB['PASSWORD'] = ''; $DB['SCHEMA'] = ''; $DB['ENCRYPTION'] = false;\n\
             $DB['DOUBLE_IEEE754'] = true;\n$ZBX_SERVER = '127.0.0.1'; $ZBX_SERVER_PORT = '1'; $ZBX_SERVER_NAME = 'tests';\n\
             $IMAGE_FORMAT_DEFAULT = IMAGE_FORMAT_PNG;\n",
            self.folder.display()
        );
        let file = self.path("zabbix.conf.php");
        std::fs::write(&file, settings).expect("its settings");
        // Debian's place for them is the machine's; ours is in the copy.
        let reader = pages.join("include/classes/core/CConfigFile.php");
        let code = std::fs::read_to_string(&reader).expect("the code that reads settings");
        let ours = code.replace("'/etc/zabbix/zabbix.conf.php'", &format!("'{}'", file.display()));
        assert!(ours != code, "the interface reads its settings from another place than this one knows");
        std::fs::write(&reader, ours).expect("the copy is ours");
        let mut command = daemon::command(php, &self.folder);
        command.args(["-d", "memory_limit=512M", "-S", &format!("127.0.0.1:{port}"), "-t"]).arg(&pages);
        let running = daemon::start(&command, &self.folder, "php.log");
        running.until("PHP", || daemon::listens(port));
        (running, format!("http://127.0.0.1:{port}/"))
    }

    fn server_starts(&self, server: &Path) -> Running {
        let (settings, port) = (self.path("zabbix_server.conf"), daemon::port());
        let folder = self.folder.display();
        std::fs::write(
            &settings,
            format!(
                "ListenIP=127.0.0.1\nListenPort={port}\nLogType=console\nPidFile={folder}/zabbix_server.pid\n\
                 SocketDir={folder}\nDBHost={folder}\nDBName=zabbix\nDBUser=zabbix\nDBPort=5432\n\
                 CacheUpdateFrequency=1\nStartPollers=1\nStartPreprocessors=1\nStartPollersUnreachable=1\n\
                 StartHistoryPollers=1\nStartTrappers=1\nStartPingers=0\nStartDiscoverers=0\nStartHTTPPollers=2\n\
                 StartDBSyncers=1\nStartEscalators=1\nStartTimers=1\nStartAlerters=1\nStartLLDProcessors=1\n"
            ),
        )
        .expect("its settings");
        let mut command = daemon::command(server, &self.folder);
        command.arg("-f").arg("-c").arg(&settings);
        let running = daemon::start(&command, &self.folder, "zabbix_server.log");
        running.until("Zabbix", || daemon::listens(port));
        running
    }

    fn command(&self, program: &str) -> Command {
        daemon::command(&self.programs.join(program), &self.folder)
    }

    fn psql(&self, database: &str, sql: &str) -> Command {
        let mut psql = self.command("psql");
        psql.args(["-X", "-A", "-t", "-F", "\t", "-U", "zabbix", "-d", database, "-c", sql, "-h"]).arg(&self.folder);
        psql
    }
}

fn with(mut command: Command, path: &Path) -> Command {
    command.arg(path);
    command
}
