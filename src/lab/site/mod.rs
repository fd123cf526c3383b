//! A real site on loopback, over HTTPS or plain HTTP: something to measure where there is no network, and whose truth is known.

#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "nginx is a site on Linux only"))]
pub(super) mod certificate;
mod directed;
pub(super) mod page;
mod serve;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tempfile::NamedTempFile;
use tokio::sync::oneshot;
use url::Url;

#[cfg(target_os = "linux")]
pub(super) use directed::gzip;
pub use directed::{ASIDE, Conduct, Director, Met};

/// What the site does, and how long it takes about it.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Where it listens and whom it is certified to be; another address than loopback only in a network of its own.
    pub address: Ipv4Addr,
    /// It listens at every other address of its network, too: only in one of its own.
    pub everywhere: bool,
    /// How long `/page` thinks before it answers.
    pub think: Duration,
    /// How long `/slow` thinks before it answers.
    pub slow: Duration,
    /// `/` answers 302 to `/page`; otherwise it is the page.
    pub redirect: bool,
    /// Bytes of HTML in `/page`, at least; the page ends with the sentence it is in.
    pub page_bytes: usize,
    /// Which versions of TLS are spoken.
    pub tls: TlsOffer,
    /// Authorities between its certificate and the one that it is known by; verifiers take six at most.
    pub between: u8,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: Ipv4Addr::LOCALHOST,
            everywhere: false,
            think: Duration::from_millis(3),
            slow: Duration::from_millis(150),
            redirect: true,
            page_bytes: 60 * 1024,
            tls: TlsOffer::Both,
            between: 0,
        }
    }
}

/// Which versions of TLS the site speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsOffer {
    /// 1.2 and 1.3.
    #[default]
    Both,
    /// 1.2 only.
    Tls12,
    /// 1.3 only.
    Tls13,
    /// None: plain HTTP/1.1.
    Plain,
}

/// Why the site did not start.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// No port, no thread, no file.
    #[error("cannot start a site: {what}: {reason}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        reason: io::Error,
    },
    /// A key or a certificate could not be made.
    #[error("cannot make a certificate for the site: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library refused its settings.
    #[error("cannot offer TLS on the site: {0}")]
    Tls(#[from] rustls::Error),
}

impl SiteError {
    fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |reason| Self::Io { what, reason }
    }
}

/// A running site; it stops, and its files go, when this is dropped.
///
/// It has a thread and a runtime of its own, so that serving shares no thread with what is measured.
#[derive(Debug)]
pub struct Site {
    address: SocketAddr,
    scheme: &'static str,
    authority: NamedTempFile,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Site {
    /// Starts on a free port of its address, signed by an authority made for this run.
    ///
    /// # Errors
    /// See [`SiteError`].
    pub fn start(options: Options) -> Result<Self, SiteError> {
        Self::run(options, 0, &[], None)
    }

    /// Starts at one port, certified for these names, too, and directed from outside: thinking, redirects and what
    /// is said of them are the director's.
    ///
    /// # Errors
    /// See [`SiteError`].
    pub fn directed(options: Options, port: u16, names: &[&str], director: Arc<Director>) -> Result<Self, SiteError> {
        Self::run(options, port, names, Some(director))
    }

    fn run(options: Options, port: u16, names: &[&str], director: Option<Arc<Director>>) -> Result<Self, SiteError> {
        let identity = certificate::make(options.address, names, options.between)?;
        let authority = identity.authority_file().map_err(SiteError::io("write the authority's certificate"))?;
        let tls = identity.server_config(options.tls)?.map(Arc::new);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let at = if options.everywhere { Ipv4Addr::UNSPECIFIED } else { options.address };
        let listener = TcpListener::bind((at, port)).map_err(SiteError::io("bind a port"))?;
        listener.set_nonblocking(true).map_err(SiteError::io("prepare the port"))?;
        let port = listener.local_addr().map_err(SiteError::io("read the port"))?.port();
        let address = SocketAddr::from((options.address, port));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(SiteError::io("start a runtime"))?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("site".to_owned())
            .spawn(move || {
                #[cfg(target_os = "linux")]
                if director.is_some() {
                    // Refused, it answers later than it might, and says so.
                    super::realtime::become_realtime();
                }
                runtime.block_on(serve::until(stopped, listener, tls, options, director));
            })
            .map_err(SiteError::io("start a thread"))?;
        Ok(Self { address, scheme, authority, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of one of its pages; `path` begins with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> Url {
        let mut url = Url::parse(&format!("{}://{}/", self.scheme, self.address)).expect("an address is a host");
        url.set_path(path);
        url
    }

    /// The certificate of the site's authority, as PEM: what `--cacert` takes.
    #[must_use]
    pub fn authority_path(&self) -> &Path {
        self.authority.path()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic over there has been printed by its own thread.
            let _ = thread.join();
        }
    }
}
