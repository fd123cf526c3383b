//! A real nginx as a site: its page is a file, and nobody tells it how to meet a request, but whether to send it on.
//!
//! It runs in the site's network as nobody in particular, its folder is below the run's, and it is killed with whoever
//! started it.

mod account;
mod settings;

use std::fs;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::monitor::daemon::{self, Daemon};
use super::monitor::{MonitorError, Need};
use super::namespace::{Namespace, NamespaceError};
use super::realtime::become_realtime;
use super::scenario::Scenario;
use super::scenario::side::Tls;
use super::site::certificate::{self, Identity};
use super::site::{Director, SiteError, gzip, page};

pub use account::settled;

/// The program.
pub const SERVER: Need = Need { what: "nginx", package: "nginx" };

/// How long one attempt to reach it may take.
const ATTEMPT: Duration = Duration::from_secs(1);

/// Why it does not serve.
#[derive(Debug, thiserror::Error)]
pub enum NginxError {
    /// It is not installed, or does not run.
    #[error(transparent)]
    Program(#[from] MonitorError),
    /// Its certificate could not be made.
    #[error(transparent)]
    Certificate(#[from] SiteError),
    /// Its network could not be entered.
    #[error(transparent)]
    Network(#[from] NamespaceError),
}

/// What it is to be.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Whom it is certified to be, in a network of its own at all of whose addresses it listens.
    pub address: Ipv4Addr,
    /// The port.
    pub port: u16,
    /// Whom it is certified to be.
    pub names: &'a [&'a str],
    /// The one version of TLS that it speaks.
    pub tls: Tls,
    /// Bytes of the page, at least.
    pub page_bytes: usize,
    /// It compresses for those who allow it.
    pub gzip: bool,
    /// It leaves connections open.
    pub keep_open: bool,
    /// Where its first page sends on to, while it does.
    pub onward: &'a str,
}

/// A running one.
#[derive(Debug)]
pub struct Nginx {
    /// Absent once it is to end.
    running: Option<Daemon>,
    told: Arc<UnixDatagram>,
    listening: Option<JoinHandle<()>>,
    authority: PathBuf,
    onward: PathBuf,
    version: Option<String>,
}

/// What a scenario needs of it, and this machine has not.
#[must_use]
pub fn missing(scenario: &Scenario) -> Option<String> {
    (scenario.needs_nginx() && SERVER.find().is_err()).then(|| SERVER.to_string())
}

fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> NginxError {
    move |reason| MonitorError::Io { what, reason }.into()
}

impl Nginx {
    /// Starts one in a network, with its files below this folder; the director hears of each request.
    ///
    /// # Errors
    /// See [`NginxError`].
    pub fn start(
        network: &Namespace,
        below: &Path,
        wanted: &Wanted<'_>,
        director: Arc<Director>,
    ) -> Result<Self, NginxError> {
        let program = SERVER.find()?;
        let folder = daemon::folder(below, "nginx")?;
        let identity = certificate::make(wanted.address, wanted.names, 0).map_err(SiteError::from)?;
        furnish(&folder, &identity, wanted)?;
        let told = UnixDatagram::bind(folder.join(settings::TOLD)).map_err(io("make a socket for what nginx tells"))?;
        for (file, mode) in [(folder.join(settings::TOLD), 0o666), (folder.clone(), 0o700)] {
            fs::set_permissions(file, fs::Permissions::from_mode(mode)).map_err(io("let nginx use its files"))?;
        }
        let told = Arc::new(told);
        let heard = Arc::clone(&told);
        let listening = std::thread::Builder::new().name("nginx's account".to_owned()).spawn(move || {
            // Refused, it notes later than it might.
            become_realtime();
            account::until_closed(&heard, &director);
        });
        let listening = Some(listening.map_err(io("start a thread"))?);
        let authority = folder.join(settings::AUTHORITY);
        let onward = folder.join(settings::ONWARD);
        let mut nginx = Self { running: None, told, listening, authority, onward, version: version(&program) };

        let mut command = daemon::command(&program, &folder);
        command.arg("-p").arg(&folder).arg("-c").arg(folder.join(settings::FILE)).args(["-e", "stderr"]);
        let started = network.inside(|| {
            // What a server may listen at is the network's own affair.
            fs::write("/proc/sys/net/ipv4/ip_unprivileged_port_start", wanted.port.to_string())
                .map_err(MonitorError::io("open a port to nginx"))?;
            // It stands for another machine, and inherits this.
            become_realtime();
            Daemon::start(&command, &folder, "nginx.log")
        })?;
        let running = nginx.running.insert(started?);
        let address = SocketAddr::from((wanted.address, wanted.port));
        let listens = || network.inside(|| TcpStream::connect_timeout(&address, ATTEMPT)).is_ok_and(|one| one.is_ok());
        running.until("a port of nginx", listens)?;
        Ok(nginx)
    }

    /// The certificate of its authority, as PEM.
    #[must_use]
    pub fn authority_path(&self) -> &Path {
        &self.authority
    }

    /// As it says itself: `nginx/1.22.1`.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// From now on its first page sends on, or no longer.
    ///
    /// # Errors
    /// The file that stands for that cannot be made or removed.
    pub fn send_on(&self, does: bool) -> Result<(), NginxError> {
        match (does, self.onward.exists()) {
            (true, false) => fs::write(&self.onward, "").map_err(io("have nginx send on")),
            (false, true) => fs::remove_file(&self.onward).map_err(io("have nginx send on no longer")),
            _ => Ok(()),
        }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        drop(self.running.take());
        // What it has told by now is still read.
        let _ = self.told.shutdown(Shutdown::Read);
        if let Some(listening) = self.listening.take() {
            // A panic over there has been printed by its own thread.
            let _ = listening.join();
        }
    }
}

/// `nginx version: nginx/1.22.1`, and what else follows.
fn version(program: &Path) -> Option<String> {
    let said = Command::new(program).arg("-v").output().ok()?.stderr;
    let said = String::from_utf8_lossy(&said);
    let version = said.split_once(": ")?.1.split_whitespace().next()?;
    (version.len() <= 32).then(|| version.to_owned())
}

/// All that it reads.
fn furnish(folder: &Path, identity: &Identity, wanted: &Wanted<'_>) -> Result<(), NginxError> {
    let page = page::html(wanted.page_bytes);
    let mut files = vec![
        (settings::FILE, settings::text(folder, wanted).into_bytes()),
        (settings::AUTHORITY, identity.authority_pem().as_bytes().to_vec()),
        (settings::CHAIN, identity.chain_pem().as_bytes().to_vec()),
        (settings::KEY, identity.key_pem().as_bytes().to_vec()),
    ];
    if wanted.gzip {
        files.push((settings::PAGE_GZIP, gzip(page.as_bytes())));
    }
    files.push((settings::PAGE, page.into_bytes()));
    for (name, content) in files {
        fs::write(folder.join(name), content).map_err(io("write what nginx reads"))?;
    }
    Ok(())
}
