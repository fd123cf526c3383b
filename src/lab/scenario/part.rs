//! What a file says of a side: written over what there is, key by key.

use serde::Deserialize;

use super::quantity::{Between, Domains, Kilobytes, Memory, Ms, Rate, Share};
use super::side::{Program, Side, Store, Tells, Tls, Told, Way};

/// What a file says of one side, or of both; what it leaves out stays as it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SidePart {
    method: Option<Way>,
    beside: Option<Ours>,
    verify: Option<bool>,
    store: Option<Store>,
    switches: Option<bool>,
    cold: Option<Share>,
    accept_gzip: Option<bool>,
    timeout_ms: Option<Ms>,
    memory_mb: Option<Memory>,
    period_ms: Option<Ms>,
    held_ms: Option<Ms>,
    at_peak: Option<Share>,
    work_ms: Option<Ms>,
    tells_delay: Option<bool>,
    path: PathPart,
    resolver: ResolverPart,
    site: SitePart,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PathPart {
    delay_ms: Option<Ms>,
    jitter_ms: Option<Ms>,
    loss_out: Option<Share>,
    loss_in: Option<Share>,
    rate_mbit: Option<Rate>,
    elsewhere_ms: Option<Ms>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ResolverPart {
    delay_ms: Option<Ms>,
    spread_ms: Option<Ms>,
    loss: Option<Share>,
    dead_ipv6: Option<Share>,
    elsewhere: Option<Share>,
    search: Option<Domains>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SitePart {
    program: Option<Program>,
    tls: Option<Tls>,
    intermediates: Option<Between>,
    think_ms: Option<Ms>,
    think_spread_ms: Option<Ms>,
    load_ms: Option<Ms>,
    hidden_ms: Option<Ms>,
    server_timing: Option<Told>,
    redirect: Option<Share>,
    body_kb: Option<Kilobytes>,
    compress: Option<bool>,
    miss: Option<Share>,
    origin_ms: Option<Ms>,
    miss_on_redirect: Option<bool>,
    silent: Option<Share>,
    dropped: Option<Share>,
    keep_open: Option<bool>,
}

/// A way that stands beside another: it has to tell its own work.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "Way")]
struct Ours(Way);

impl TryFrom<Way> for Ours {
    type Error = &'static str;
    fn try_from(way: Way) -> Result<Self, Self::Error> {
        if way.tells() == Tells::Work {
            Ok(Self(way))
        } else {
            Err("only `fresh`, `pooled`, `agent` or `lambda` can stand beside another")
        }
    }
}

fn put<T: Copy>(place: &mut T, said: Option<T>) {
    if let Some(said) = said {
        *place = said;
    }
}

impl SidePart {
    /// Writes what is said over what there is.
    pub(super) fn onto(&self, side: &mut Side) {
        put(&mut side.method, self.method);
        side.beside = self.beside.map(|ours| ours.0).or(side.beside);
        put(&mut side.verify, self.verify);
        put(&mut side.store, self.store);
        put(&mut side.switches, self.switches);
        put(&mut side.cold, self.cold);
        put(&mut side.accept_gzip, self.accept_gzip);
        put(&mut side.period_ms, self.period_ms);
        put(&mut side.work_ms, self.work_ms);
        put(&mut side.tells_delay, self.tells_delay);
        side.memory_mb = self.memory_mb.or(side.memory_mb);
        side.held_ms = self.held_ms.or(side.held_ms);
        side.at_peak = self.at_peak.or(side.at_peak);
        side.timeout_ms = self.timeout_ms.or(side.timeout_ms);
        let (path, said) = (&mut side.path, &self.path);
        put(&mut path.delay_ms, said.delay_ms);
        put(&mut path.jitter_ms, said.jitter_ms);
        put(&mut path.loss_out, said.loss_out);
        put(&mut path.loss_in, said.loss_in);
        path.rate_mbit = said.rate_mbit.or(path.rate_mbit);
        path.elsewhere_ms = said.elsewhere_ms.or(path.elsewhere_ms);
        let (resolver, said) = (&mut side.resolver, &self.resolver);
        put(&mut resolver.delay_ms, said.delay_ms);
        put(&mut resolver.spread_ms, said.spread_ms);
        put(&mut resolver.loss, said.loss);
        put(&mut resolver.dead_ipv6, said.dead_ipv6);
        put(&mut resolver.elsewhere, said.elsewhere);
        put(&mut resolver.search, said.search);
        let (site, said) = (&mut side.site, &self.site);
        if said.program == Some(Program::Nginx) {
            (site.think_ms, site.think_spread_ms, site.server_timing) = (Ms(0.0), Ms(0.0), Told::Off);
        }
        put(&mut site.program, said.program);
        put(&mut site.tls, said.tls);
        put(&mut site.intermediates, said.intermediates);
        put(&mut site.think_ms, said.think_ms);
        put(&mut site.think_spread_ms, said.think_spread_ms);
        put(&mut site.load_ms, said.load_ms);
        put(&mut site.hidden_ms, said.hidden_ms);
        put(&mut site.server_timing, said.server_timing);
        put(&mut site.redirect, said.redirect);
        put(&mut site.body_kb, said.body_kb);
        put(&mut site.compress, said.compress);
        put(&mut site.miss, said.miss);
        put(&mut site.origin_ms, said.origin_ms);
        put(&mut site.miss_on_redirect, said.miss_on_redirect);
        put(&mut site.silent, said.silent);
        put(&mut site.dropped, said.dropped);
        put(&mut site.keep_open, said.keep_open);
    }
}
