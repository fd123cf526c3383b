//! One client a target: its pool lives from one measurement to the next.

use std::time::Duration;

use reqwest::{Client, Proxy, redirect};
use url::Url;

use crate::adapters::trust;
use crate::measurement::identity::TargetId;
use crate::probe::target::{AddressFamily, HttpVersions, Target, Timeouts, TlsSettings};

use super::marks::{Marks, Resolver, Sessions};

/// Clients kept; a fleet of more targets than this makes new ones in turn.
const CLIENTS_MAX: usize = 256;

/// A path that forgets idle connections must not leave us waiting on a dead one.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// All that a client is built from: a target whose settings change gets a new one.
#[derive(Clone, PartialEq)]
struct Key {
    target: TargetId,
    tls: TlsSettings,
    http: HttpVersions,
    family: AddressFamily,
    proxy: Option<Url>,
    allow_private: bool,
    timeouts: Timeouts,
}

impl Key {
    fn of(target: &Target) -> Self {
        Self {
            target: target.id.clone(),
            tls: target.tls.clone(),
            http: target.http,
            family: target.family,
            proxy: target.proxy.clone(),
            allow_private: target.allow_private,
            timeouts: target.timeouts,
        }
    }
}

/// A client and the marks its hooks leave.
#[derive(Clone)]
pub(super) struct Marked {
    pub(super) client: Client,
    pub(super) marks: Marks,
}

/// Clients made so far, the oldest first.
#[derive(Default)]
pub(super) struct Clients(Vec<(Key, Marked)>);

impl Clients {
    /// The target's client, or why there can be none.
    pub(super) fn get(&mut self, target: &Target) -> Result<Marked, String> {
        let key = Key::of(target);
        if let Some((_, kept)) = self.0.iter().find(|(of, _)| *of == key) {
            return Ok(kept.clone());
        }
        let made = build(target)?;
        // Settings that were changed leave a client behind that nobody asks for again.
        self.0.retain(|(of, _)| of.target != key.target);
        if self.0.len() >= CLIENTS_MAX {
            self.0.remove(0);
        }
        self.0.push((key, made.clone()));
        Ok(made)
    }
}

fn build(target: &Target) -> Result<Marked, String> {
    let marks = Marks::default();
    let alpn: &[&[u8]] = match target.http {
        HttpVersions::Best => &[b"h2", b"http/1.1"],
        HttpVersions::Http1 => &[b"http/1.1"],
        HttpVersions::Http2 => &[b"h2"],
    };
    let mut tls = trust::client_config(&target.tls, alpn).map_err(|error| error.to_string())?;
    tls.resumption = Sessions::noting(marks.clone());
    let timeouts = target.timeouts;
    let resolver = Resolver {
        marks: marks.clone(),
        family: target.family,
        allow_private: target.allow_private,
        proxy: target.proxy.as_ref().and_then(Url::host_str).map(str::to_owned),
        limit: timeouts.resolve,
    };
    let builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .tls_info(true)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .dns_resolver(resolver)
        .connector_layer(marks.clone())
        .connect_timeout(timeouts.resolve.saturating_add(timeouts.connect).saturating_add(timeouts.tls))
        // Measurements are minutes apart; what the server keeps open is kept.
        .pool_idle_timeout(None)
        .tcp_keepalive(KEEPALIVE)
        // Servers that curl and `fresh` get along with.
        .http1_ignore_invalid_headers_in_responses(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true);
    let builder = match target.http {
        HttpVersions::Best => builder,
        HttpVersions::Http1 => builder.http1_only(),
        HttpVersions::Http2 => builder.http2_prior_knowledge(),
    };
    let builder = match &target.proxy {
        Some(proxy) => builder.proxy(Proxy::all(proxy.clone()).map_err(|error| error.to_string())?),
        None => builder,
    };
    Ok(Marked { client: builder.build().map_err(|error| error.to_string())?, marks })
}
