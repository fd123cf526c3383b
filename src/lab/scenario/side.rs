//! One side of a scenario: a vantage, its path, its share of a processor, its name server, and the site as it sees it.

use serde::{Deserialize, Serialize};

use super::quantity::{Kilobytes, Memory, Ms, Rate, Share};
use crate::measurement::identity::Method;

/// All of one side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    /// The way of measuring: `fresh`, `pooled`, `curl`, `lambda`, or a real monitor.
    pub method: Way,
    /// Our probe at the same place, which measures right after it: what a bridge is made of.
    pub beside: Option<Way>,
    /// The certificate is checked.
    pub verify: bool,
    /// The authorities that are known.
    pub store: Store,
    /// The share of requests that meet a new process whose program is not in the page cache.
    pub cold: Share,
    /// The page may be compressed: `Accept-Encoding: gzip` is sent.
    pub accept_gzip: bool,
    /// The limit of a request; absent, ten seconds.
    pub timeout_ms: Option<Ms>,
    /// The function's memory, and so its share of a processor; absent, a processor to itself.
    pub memory_mb: Option<Memory>,
    /// How often the share is renewed.
    pub period_ms: Ms,
    /// Instead of a quota, of which the kernel tells: process and packets stand still for so long in each period, of
    /// which nobody tells.
    pub held_ms: Option<Ms>,
    /// It measures only within this share of the load's period, around its peak; absent, throughout.
    pub at_peak: Option<Share>,
    /// Processor time that the vantage uses for something else before each request, as a function with more to do does:
    /// with a small share, the request begins when it is used up.
    pub work_ms: Ms,
    /// The way to the site.
    pub path: Path,
    /// The name server, beside the vantage.
    pub resolver: Resolver,
    /// The site, as this vantage meets it.
    pub site: Site,
}

/// A path; times are one way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Path {
    /// What each packet is held for.
    pub delay_ms: Ms,
    /// The mean of what is added to it at random, exponentially; packets keep their order.
    pub jitter_ms: Ms,
    /// The share of packets to the site that are lost.
    pub loss_out: Share,
    /// The share of packets from the site that are lost.
    pub loss_in: Share,
    /// The narrowest place of the path; absent, none.
    pub rate_mbit: Option<Rate>,
}

/// A name server.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Resolver {
    /// How long it takes to answer.
    pub delay_ms: Ms,
    /// The mean of what is added at random, exponentially.
    pub spread_ms: Ms,
    /// The share of lookups whose first question is not heard.
    pub loss: Share,
    /// The share of requests that are told an IPv6 address, too, where nothing answers.
    pub dead_ipv6: Share,
}

/// A site.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Site {
    /// The one version of TLS that it speaks.
    pub tls: Tls,
    /// How long the page takes to think.
    pub think_ms: Ms,
    /// The mean of what is added at random, exponentially.
    pub think_spread_ms: Ms,
    /// What a period of load adds to its thinking at its peak, on a schedule whose two minutes pass at once.
    pub load_ms: Ms,
    /// What it waits beyond that, and never tells.
    pub hidden_ms: Ms,
    /// What it says of its thinking.
    pub server_timing: Told,
    /// The share of requests that are sent on to another host first.
    pub redirect: Share,
    /// The size of the page.
    pub body_kb: Kilobytes,
    /// It compresses for those who allow it.
    pub compress: bool,
    /// The share of answers that the edge has to fetch; it says so.
    pub miss: Share,
    /// How long that takes.
    pub origin_ms: Ms,
    /// The share of requests that are never answered.
    pub silent: Share,
    /// It leaves connections open.
    pub keep_open: bool,
}

/// A way of measuring that the lab can drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// A new connection for each.
    Fresh,
    /// Connections are kept.
    Pooled,
    /// The real curl.
    Curl,
    /// The program that runs as a Lambda function, as Lambda runs it; a new connection for each.
    Lambda,
    /// The real curl, started by a shell, as a function that is a shell script does it.
    ShellCurl,
    /// A web scenario of a real Zabbix, which checks the page every second by itself.
    Zabbix,
    /// The real `blackbox_exporter`.
    Blackbox,
}

/// Which authorities a vantage reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Store {
    /// The lab's.
    One,
    /// The lab's, and all that this machine trusts.
    All,
}

/// What a way of measuring tells of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// Phases, and its own work within them.
    Work,
    /// Phases.
    Phases,
    /// A total.
    Total,
}

impl Way {
    /// As samples call it.
    #[must_use]
    pub fn method(self) -> Method {
        match self {
            Self::Fresh | Self::Lambda => Method::Fresh,
            Self::Pooled => Method::Pooled,
            Self::Curl | Self::ShellCurl => Method::Curl,
            Self::Zabbix => Method::Imported("zabbix".to_owned()),
            Self::Blackbox => Method::Imported("blackbox_exporter".to_owned()),
        }
    }

    /// What it tells of itself.
    #[must_use]
    pub fn tells(self) -> Tells {
        match self {
            Self::Fresh | Self::Pooled | Self::Lambda => Tells::Work,
            Self::Curl | Self::ShellCurl => Tells::Phases,
            Self::Zabbix | Self::Blackbox => Tells::Total,
        }
    }
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Tls {
    /// 1.2
    #[serde(rename = "1.2")]
    V12,
    /// 1.3
    #[serde(rename = "1.3")]
    V13,
}

/// What a site says in `Server-Timing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Told {
    /// How long it really thought.
    On,
    /// Nothing.
    Off,
    /// Less than half of it.
    Lying,
}

/// What a file says of one side, or of both; what it leaves out stays as it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SidePart {
    method: Option<Way>,
    beside: Option<Ours>,
    verify: Option<bool>,
    store: Option<Store>,
    cold: Option<Share>,
    accept_gzip: Option<bool>,
    timeout_ms: Option<Ms>,
    memory_mb: Option<Memory>,
    period_ms: Option<Ms>,
    held_ms: Option<Ms>,
    at_peak: Option<Share>,
    work_ms: Option<Ms>,
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
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ResolverPart {
    delay_ms: Option<Ms>,
    spread_ms: Option<Ms>,
    loss: Option<Share>,
    dead_ipv6: Option<Share>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SitePart {
    tls: Option<Tls>,
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
    silent: Option<Share>,
    keep_open: Option<bool>,
}

impl Default for Side {
    fn default() -> Self {
        let (none, never) = (Ms(0.0), Share(0.0));
        Self {
            method: Way::Fresh,
            beside: None,
            verify: true,
            store: Store::One,
            cold: never,
            accept_gzip: false,
            timeout_ms: None,
            memory_mb: None,
            period_ms: Ms(20.0),
            held_ms: None,
            at_peak: None,
            work_ms: none,
            path: Path { delay_ms: Ms(5.0), jitter_ms: none, loss_out: never, loss_in: never, rate_mbit: None },
            resolver: Resolver { delay_ms: Ms(2.0), spread_ms: none, loss: never, dead_ipv6: never },
            site: Site {
                tls: Tls::V13,
                think_ms: Ms(4.0),
                think_spread_ms: Ms(1.0),
                load_ms: none,
                hidden_ms: none,
                server_timing: Told::On,
                redirect: never,
                body_kb: Kilobytes(8),
                compress: false,
                miss: never,
                origin_ms: Ms(40.0),
                silent: never,
                keep_open: true,
            },
        }
    }
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
            Err("only `fresh`, `pooled` or `lambda` can stand beside another")
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
        put(&mut side.cold, self.cold);
        put(&mut side.accept_gzip, self.accept_gzip);
        put(&mut side.period_ms, self.period_ms);
        put(&mut side.work_ms, self.work_ms);
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
        let (resolver, said) = (&mut side.resolver, &self.resolver);
        put(&mut resolver.delay_ms, said.delay_ms);
        put(&mut resolver.spread_ms, said.spread_ms);
        put(&mut resolver.loss, said.loss);
        put(&mut resolver.dead_ipv6, said.dead_ipv6);
        let (site, said) = (&mut side.site, &self.site);
        put(&mut site.tls, said.tls);
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
        put(&mut site.silent, said.silent);
        put(&mut site.keep_open, said.keep_open);
    }
}
