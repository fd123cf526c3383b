//! Where its files are, and how its parts start: PostgreSQL, PHP with the interface, the server.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::lab::monitor::daemon::{self, Daemon};
use crate::lab::monitor::{MonitorError, Need};

const TOOL: &str = "PostgreSQL";

pub(super) const SERVER: Need = Need { what: "/usr/sbin/zabbix_server", package: "zabbix-server-pgsql" };
pub(super) const SCHEMA: Need =
    Need { what: "/usr/share/zabbix-server-pgsql/schema.sql.gz", package: "zabbix-server-pgsql" };
pub(super) const FRONTEND: Need = Need { what: "/usr/share/zabbix/api_jsonrpc.php", package: "zabbix-frontend-php" };
pub(super) const PHP: Need = Need { what: "php", package: "php-cli" };
pub(super) const INITDB: Need = Need { what: "/usr/lib/postgresql/*/bin/initdb", package: "postgresql" };

/// Where it listens on loopback. Above those that the system gives to whoever asks for any, Zabbix takes them for a mistake.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// Its interface.
    pub interface: u16,
    /// Its server.
    pub server: u16,
}

impl Ports {
    /// In a network of its own, where nobody else has one.
    pub const USUAL: Self = Self { interface: 8_080, server: 10_051 };
}

/// A folder of its own.
#[derive(Debug)]
pub(super) struct Place {
    folder: PathBuf,
    ports: Ports,
    /// PostgreSQL's.
    programs: PathBuf,
}

impl Place {
    pub(super) fn new(below: &Path, ports: Ports) -> Result<Self, MonitorError> {
        let initdb = INITDB.find()?;
        let programs = initdb.parent().unwrap_or(Path::new("/")).to_owned();
        Ok(Self { folder: daemon::folder(below, "zabbix")?, ports, programs })
    }

    /// PostgreSQL at a socket of its own, with Zabbix's tables in it.
    pub(super) fn database_starts(&self) -> Result<Daemon, MonitorError> {
        let data = self.path("data");
        let mut initdb = self.command("initdb");
        initdb.args(["--auth=trust", "--username=zabbix", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata"]);
        initdb.arg(&data);
        daemon::finish(initdb, TOOL)?;
        let mut postgres = self.command("postgres");
        // Only its socket listens, and nothing of it has to outlive a power cut.
        for setting in ["listen_addresses=", "fsync=off", "full_page_writes=off", "synchronous_commit=off"] {
            postgres.args(["-c", setting]);
        }
        postgres.arg("-k").arg(&self.folder).arg("-D").arg(&data);
        let running = Daemon::start(&postgres, &self.folder, "postgres.log")?;
        let answers = || self.psql("postgres", "select 1").output().is_ok_and(|output| output.status.success());
        running.until("an answer of PostgreSQL", answers)?;
        daemon::finish(self.psql("postgres", "create database zabbix"), TOOL)?;
        let tables = SCHEMA.find()?;
        for part in ["schema.sql.gz", "images.sql.gz", "data.sql.gz"] {
            let mut unpack = daemon::command(Path::new("/bin/sh"), &self.folder);
            let script = r#"zcat "$1" | "$2" -q -v ON_ERROR_STOP=1 -h "$3" -U zabbix -d zabbix -o /dev/null -f -"#;
            unpack.args(["-c", script, "sh"]).arg(tables.with_file_name(part));
            unpack.arg(self.programs.join("psql")).arg(&self.folder);
            daemon::finish(unpack, TOOL)?;
        }
        Ok(running)
    }

    /// The interface, whose API is all that is wanted of it.
    pub(super) fn interface_starts(&self) -> Result<Daemon, MonitorError> {
        let pages = self.path("interface");
        let frontend = FRONTEND.find()?;
        let mut copy = daemon::command(Path::new("/bin/cp"), &self.folder);
        copy.arg("-rL").arg(frontend.parent().unwrap_or(Path::new("/"))).arg(&pages);
        // Links that lead to what is not installed (fonts, scripts of pages) are not missed by the API.
        let _ = copy.output();
        let settings = format!(
            "<?php\n$DB['TYPE'] = 'POSTGRESQL'; $DB['SERVER'] = '{}'; $DB['PORT'] = '0'; $DB['DATABASE'] = 'zabbix';\n\
             $DB['USER'] = 'zabbix'; $DB['PASSWORD'] = ''; $DB['SCHEMA'] = ''; $DB['ENCRYPTION'] = false;\n\
             $DB['DOUBLE_IEEE754'] = true;\n$ZBX_SERVER = '127.0.0.1'; $ZBX_SERVER_PORT = '1'; $ZBX_SERVER_NAME = 'lab';\n\
             $IMAGE_FORMAT_DEFAULT = IMAGE_FORMAT_PNG;\n",
            self.folder.display()
        );
        let file = self.path("zabbix.conf.php");
        std::fs::write(&file, settings).map_err(MonitorError::io("write the interface's settings"))?;
        // Debian's place for them is the machine's; ours is in the copy.
        let reader = pages.join("include/classes/core/CConfigFile.php");
        let code = std::fs::read_to_string(&reader).map_err(MonitorError::io("read the interface's code"))?;
        let ours = code.replace("'/etc/zabbix/zabbix.conf.php'", &format!("'{}'", file.display()));
        if ours == code {
            let said = "its interface reads its settings from a place that is not known".to_owned();
            return Err(MonitorError::Foreign { tool: super::TOOL, said });
        }
        std::fs::write(&reader, ours).map_err(MonitorError::io("write the interface's code"))?;
        let port = self.ports.interface;
        let mut command = daemon::command(&PHP.find()?, &self.folder);
        command.args(["-d", "memory_limit=512M", "-S", &format!("127.0.0.1:{port}"), "-t"]).arg(&pages);
        let running = Daemon::start(&command, &self.folder, "php.log")?;
        running.until("a port of PHP", || daemon::listens(port))?;
        Ok(running)
    }

    /// The server: what measures.
    pub(super) fn server_starts(&self) -> Result<Daemon, MonitorError> {
        let settings = self.path("zabbix_server.conf");
        let (folder, port) = (self.folder.display(), self.ports.server);
        // As few of its processes as it lets be; with one for pages, checks of one second come one after another.
        let text = format!(
            "ListenIP=127.0.0.1\nListenPort={port}\nLogType=console\nPidFile={folder}/zabbix_server.pid\n\
             SocketDir={folder}\nDBHost={folder}\nDBName=zabbix\nDBUser=zabbix\nDBPort=5432\n\
             CacheUpdateFrequency=1\nStartPollers=1\nStartPreprocessors=1\nStartPollersUnreachable=1\n\
             StartHistoryPollers=1\nStartTrappers=1\nStartPingers=0\nStartDiscoverers=0\nStartHTTPPollers=1\n\
             StartDBSyncers=1\nStartEscalators=1\nStartTimers=1\nStartAlerters=1\nStartLLDProcessors=1\n"
        );
        std::fs::write(&settings, text).map_err(MonitorError::io("write the server's settings"))?;
        let mut command = daemon::command(&SERVER.find()?, &self.folder);
        command.arg("-f").arg("-c").arg(&settings);
        let running = Daemon::start(&command, &self.folder, "zabbix_server.log")?;
        running.until("a port of Zabbix", || daemon::listens(port))?;
        Ok(running)
    }

    /// What Zabbix's database answers: a line a row, tabs between cells.
    pub(super) fn asked(&self, sql: &str) -> Result<String, MonitorError> {
        daemon::finish(self.psql("zabbix", sql), TOOL)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
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
