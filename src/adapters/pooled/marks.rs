//! What happens inside the client while it makes a connection: hooks that note instants.
//!
//! `reqwest` tells nothing of its phases, but it asks us for addresses, lets us wrap its connector, and its TLS asks our
//! session store for a hint as it begins the handshake. Each is a true instant; a request in which the connector was not
//! asked for anything went over a kept connection.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::client::legacy::connect::{Connection, HttpInfo};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::client::{ClientSessionMemoryCache, ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;
use rustls::{NamedGroup, client};
use tower_layer::Layer;
use tower_service::Service;

use crate::adapters::clock::Timeline;
use crate::adapters::kernel::{self, TcpFacts};
use crate::measurement::outcome::Cause;
use crate::probe::guard;
use crate::probe::target::AddressFamily;
use crate::probe::transcript::Instant;

/// What was noted of one hop.
#[derive(Clone, Debug, Default)]
pub(super) struct Noted {
    pub(super) timeline: Option<Timeline>,
    /// The connector was asked for a connection.
    pub(super) connecting: Option<Instant>,
    pub(super) lookup: Option<Instant>,
    pub(super) resolved: Option<Instant>,
    /// The handshake began.
    pub(super) handshake: Option<Instant>,
    /// The connection was ready for a request.
    pub(super) connected: Option<Instant>,
    /// The connection that was made.
    pub(super) made: Option<Ends>,
    /// What the kernel knew of it then.
    pub(super) tcp: Option<TcpFacts>,
    /// Why the name led nowhere.
    pub(super) refusal: Option<(Cause, String)>,
}

/// Shared between one client's hooks and whoever measures with it, one hop at a time.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    noted: Arc<Mutex<Noted>>,
    /// Connections made in earlier hops, the oldest first.
    kept: Arc<Mutex<Vec<Ends>>>,
}

/// A connection, by the addresses of our end and of the other.
type Ends = (SocketAddr, SocketAddr);

/// Connections remembered: those of one page's chain of redirects, and of a proxy.
const KEPT_MAX: usize = 64;

impl Marks {
    /// Forgets the hop before.
    pub(super) fn begin(&self, timeline: Timeline) {
        self.over(Some(timeline));
    }

    pub(super) fn noted(&self) -> Noted {
        self.with(|noted| noted.clone())
    }

    /// Connections of the client, those made in this hop and those made before, some of which may be gone.
    pub(super) fn connections(&self) -> [Vec<Ends>; 2] {
        let made = self.with(|noted| noted.made.into_iter().collect());
        [made, self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()]
    }

    fn made(&self, connection: &impl Connection) {
        let mut told = http::Extensions::new();
        connection.connected().get_extras(&mut told);
        let Some(ends) = told.get::<HttpInfo>().map(|info| (info.local_addr(), info.remote_addr())) else { return };
        // Now, for a server that closes after its answer leaves nothing to ask.
        let tcp = kernel::tcp_facts_between(ends.0, ends.1);
        self.with(|noted| (noted.made, noted.tcp) = (Some(ends), tcp));
    }

    /// Forgets what was noted so far; its connection is one of those that are kept.
    fn over(&self, timeline: Option<Timeline>) {
        let before = self.with(|noted| std::mem::replace(noted, Noted { timeline, ..Noted::default() }));
        let Some(made) = before.made else { return };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.remove(0);
        }
        kept.push(made);
    }

    fn with<T>(&self, change: impl FnOnce(&mut Noted) -> T) -> T {
        change(&mut self.noted.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, place: impl FnOnce(&mut Noted) -> &mut Option<Instant>) {
        self.with(|noted| {
            if let Some(now) = noted.timeline.map(|timeline| timeline.now()) {
                *place(noted) = Some(now);
            }
        });
    }
}

impl<S> Layer<S> for Marks {
    type Service = Marked<S>;
    fn layer(&self, inner: S) -> Marked<S> {
        Marked { inner, marks: self.clone() }
    }
}

/// A connector whose beginning and end are noted.
#[derive(Clone)]
pub(super) struct Marked<S> {
    inner: S,
    marks: Marks,
}

impl<S, R> Service<R> for Marked<S>
where
    S: Service<R>,
    S::Response: Connection,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let marks = self.marks.clone();
        // A second attempt within one hop starts over.
        marks.over(marks.with(|noted| noted.timeline));
        marks.note(|noted| &mut noted.connecting);
        let connecting = self.inner.call(request);
        Box::pin(async move {
            let connected = connecting.await;
            if let Ok(connection) = &connected {
                marks.note(|noted| &mut noted.connected);
                marks.made(connection);
            }
            connected
        })
    }
}

/// The system's resolver, with a time limit, and with no answer that the target does not allow.
pub(super) struct Resolver {
    pub(super) marks: Marks,
    pub(super) family: AddressFamily,
    pub(super) allow_private: bool,
    /// Its address is the user's choice, wherever it is.
    pub(super) proxy: Option<String>,
    pub(super) limit: Duration,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (marks, family, limit) = (self.marks.clone(), self.family, self.limit);
        let allow_private = self.allow_private || self.proxy.as_deref() == Some(name.as_str());
        Box::pin(async move {
            marks.note(|noted| &mut noted.lookup);
            match addresses(name.as_str(), family, allow_private, limit).await {
                Ok(addresses) => {
                    marks.note(|noted| &mut noted.resolved);
                    Ok(Box::new(addresses.into_iter()) as Addrs)
                }
                Err((cause, detail)) => {
                    marks.with(|noted| noted.refusal = Some((cause, detail.clone())));
                    Err(detail.into())
                }
            }
        })
    }
}

async fn addresses(
    name: &str,
    family: AddressFamily,
    allow_private: bool,
    limit: Duration,
) -> Result<Vec<SocketAddr>, (Cause, String)> {
    let found = tokio::time::timeout(limit, tokio::net::lookup_host((name, 0)))
        .await
        .map_err(|_| (Cause::Timeout, format!("looking up {name} took longer than {limit:?}")))?
        .map_err(|error| {
            let detail = error.to_string();
            let temporary = detail.contains("emporary failure") || detail.contains("ry again");
            (if temporary { Cause::ResolverFailed } else { Cause::NameNotFound }, detail)
        })?;
    let wanted = |address: &SocketAddr| match family {
        AddressFamily::Both => true,
        AddressFamily::Ipv4 => address.is_ipv4(),
        AddressFamily::Ipv6 => address.is_ipv6(),
    };
    let found: Vec<SocketAddr> = found.filter(wanted).collect();
    if found.is_empty() {
        return Err((Cause::NameNotFound, format!("{name} has no address of the family asked for")));
    }
    check(found.iter().map(SocketAddr::ip), allow_private)?;
    Ok(found)
}

/// One address that is not allowed refuses the name.
pub(super) fn check(addresses: impl IntoIterator<Item = IpAddr>, allow_private: bool) -> Result<(), (Cause, String)> {
    addresses.into_iter().try_for_each(|address| {
        guard::check(address, allow_private).map_err(|refused| (Cause::AddressRefused, refused.to_string()))
    })
}

/// A session store that notes when it is first asked: as the handshake begins.
#[derive(Debug)]
pub(super) struct Sessions {
    marks: Marks,
    kept: ClientSessionMemoryCache,
}

impl Sessions {
    /// For a few hosts: a chain of redirects seldom crosses more.
    pub(super) fn noting(marks: Marks) -> client::Resumption {
        client::Resumption::store(Arc::new(Self { marks, kept: ClientSessionMemoryCache::new(64) }))
    }
}

impl ClientSessionStore for Sessions {
    fn set_kx_hint(&self, server_name: ServerName<'static>, group: NamedGroup) {
        self.kept.set_kx_hint(server_name, group);
    }

    fn kx_hint(&self, server_name: &ServerName<'_>) -> Option<NamedGroup> {
        self.marks.note(|noted| &mut noted.handshake);
        self.kept.kx_hint(server_name)
    }

    fn set_tls12_session(&self, server_name: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.kept.set_tls12_session(server_name, value);
    }

    fn tls12_session(&self, server_name: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.kept.tls12_session(server_name)
    }

    fn remove_tls12_session(&self, server_name: &ServerName<'static>) {
        self.kept.remove_tls12_session(server_name);
    }

    fn insert_tls13_ticket(&self, server_name: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.kept.insert_tls13_ticket(server_name, value);
    }

    fn take_tls13_ticket(&self, server_name: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.kept.take_tls13_ticket(server_name)
    }
}
