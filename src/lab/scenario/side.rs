//! One side of a scenario: a vantage, its path, its share of a processor, its name server, and the site as it sees it.

use serde::{Deserialize, Serialize};

use super::quantity::{Between, Domains, Kilobytes, Memory, Ms, Rate, Share};
use crate::measurement::identity::Method;

/// An agent's limit of a request, milliseconds, and the longest: its interval is a second, and by the next it has to be at rest.
pub const AGENT_LIMIT_MS: f64 = 900.0;
/// That of others.
const LIMIT_MS: f64 = 10_000.0;

/// All of one side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    /// The way of measuring: `fresh`, `pooled`, `curl`, `agent`, `lambda`, or a real monitor.
    pub method: Way,
    /// Our probe at the same place, which measures after it: what a bridge is made of.
    pub beside: Option<Way>,
    /// The certificate is checked.
    pub verify: bool,
    /// The authorities that are known.
    pub store: Store,
    /// A Zabbix watches the page in two more ways, each with one option of its own switched: whether it checks the
    /// certificate, and whether it follows redirects.
    pub switches: bool,
    /// The share of requests that meet a new process whose program is not in the page cache.
    pub cold: Share,
    /// The page may be compressed: `Accept-Encoding: gzip` is sent.
    pub accept_gzip: bool,
    /// The limit of a request; absent, what [`Side::limit_ms`] says.
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
    /// Its kernel tells how long a thread was ready and did not run; not every kernel does.
    pub tells_delay: bool,
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
    /// What each packet to and from the site's other point of presence is held for; absent, there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elsewhere_ms: Option<Ms>,
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
    /// The share of requests that are told the address of the site's other point of presence.
    #[serde(skip_serializing_if = "Share::is_never")]
    pub elsewhere: Share,
    /// Domains that are tried before the name itself (`ndots:5`), in none of which it is.
    #[serde(skip_serializing_if = "Domains::is_none")]
    pub search: Domains,
}

/// A site.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Site {
    /// What serves it.
    pub program: Program,
    /// The one version of TLS that it speaks.
    pub tls: Tls,
    /// Authorities between its certificate and the one that is known: each is a signature that the client checks, by a curve
    /// of 384 bits.
    pub intermediates: Between,
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
    /// Who meets a miss and who is sent on is one draw: they come together.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub miss_on_redirect: bool,
    /// The share of requests that are never answered.
    pub silent: Share,
    /// The share of requests whose connection the site closes instead of answering.
    #[serde(skip_serializing_if = "Share::is_never")]
    pub dropped: Share,
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
    /// The agent as it runs on premises, on a schedule of its own; a new connection for each.
    Agent,
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
            Self::Fresh | Self::Agent | Self::Lambda => Method::Fresh,
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
            Self::Fresh | Self::Agent | Self::Pooled | Self::Lambda => Tells::Work,
            Self::Curl | Self::ShellCurl => Tells::Phases,
            Self::Zabbix | Self::Blackbox => Tells::Total,
        }
    }
}

/// What serves a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Program {
    /// The lab itself, which does whatever a scenario asks for.
    Own,
    /// A real nginx: its page is a file, which takes no thinking, and it says nothing of its time.
    Nginx,
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

impl Side {
    /// How long a request may take, milliseconds.
    #[must_use]
    pub fn limit_ms(&self) -> f64 {
        let usual = if self.method == Way::Agent { AGENT_LIMIT_MS } else { LIMIT_MS };
        self.timeout_ms.map_or(usual, |limit| limit.0)
    }
}

impl Default for Side {
    fn default() -> Self {
        let (none, never) = (Ms(0.0), Share(0.0));
        Self {
            method: Way::Fresh,
            beside: None,
            verify: true,
            store: Store::One,
            switches: false,
            cold: never,
            accept_gzip: false,
            timeout_ms: None,
            memory_mb: None,
            period_ms: Ms(20.0),
            held_ms: None,
            at_peak: None,
            work_ms: none,
            tells_delay: true,
            path: Path {
                delay_ms: Ms(5.0),
                jitter_ms: none,
                loss_out: never,
                loss_in: never,
                rate_mbit: None,
                elsewhere_ms: None,
            },
            resolver: Resolver {
                delay_ms: Ms(2.0),
                spread_ms: none,
                loss: never,
                dead_ipv6: never,
                elsewhere: never,
                search: Domains(0),
            },
            site: Site {
                program: Program::Own,
                tls: Tls::V13,
                intermediates: Between(0),
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
                miss_on_redirect: false,
                silent: never,
                dropped: never,
                keep_open: true,
            },
        }
    }
}
