//! What one side stands on: two networks, a path between them, a site, a name server, a share of a processor, a vantage.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::beside::Beside;
use super::watched::Seen;
use super::{Accounts, Asked, Doing, RunError, copied, io};
use crate::adapters::clock;
use crate::lab::cpu_share::CpuShare;
use crate::lab::delaybox::{DEVICE, DelayBox, FAR, Link};
use crate::lab::hold::{Holder, Spans};
use crate::lab::lambda::function::Function;
use crate::lab::monitor::authorities;
use crate::lab::namespace::Namespace;
use crate::lab::resolver::{Manner, Resolver};
use crate::lab::scenario::quantity::Ms;
use crate::lab::scenario::side::{Side, Tls, Told as Says, Way};
use crate::lab::schedule::Turn;
use crate::lab::site::{Conduct, Director, Options, Site, TlsOffer};
use crate::lab::vantage::{Command, Measures, Orders, Told, Vantage, VantageError, forget};
use crate::measurement::units::UnixMillis;
use crate::measurement::wire::Record;

/// The page, and where it sends on to: names, so that each hop has a lookup and a connection of its own.
const HOSTS: [&str; 2] = ["daily.parallax-lab.test", "www.daily.parallax-lab.test"];
const PORT: u16 = 443;
/// Beside the vantage, in its own network.
const NAME_SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 53);
/// In the range for private networks (RFC 4193): the vantage's own, and the one at which nothing answers.
const OWN_IPV6: &str = "fd77:7061:7261::1/64";
const DEAD_IPV6: Ipv6Addr = Ipv6Addr::new(0xfd77, 0x7061, 0x7261, 0, 0, 0, 0, 2);
/// What a lying site says of its thinking, as a share of it.
const LIE: f64 = 0.4;
/// Memory that comes with a whole processor, MB (AWS, "Configure Lambda function memory").
const WHOLE_MB: u32 = 1_769;
/// A monitor that checks every second has checked long before.
const CHECKED: Duration = Duration::from_secs(90);
/// How often it is looked whether it has.
const STEP: Duration = Duration::from_millis(2);
/// Beyond the packets still under way when the site has answered: reading and decrypting them.
const READ: Duration = Duration::from_millis(60);

/// In the order in which they have to go: the process before its networks and its share.
pub(super) struct Ground {
    vantage: Box<dyn Measures>,
    beside: Option<Beside>,
    holder: Option<Holder>,
    site: Site,
    resolver: Resolver,
    path: DelayBox,
    share: Option<CpuShare>,
    near: Namespace,
    _far: Namespace,
    director: Arc<Director>,
    side: Side,
    command: Command,
    files: Files,
    number: u32,
    name: &'static str,
}

/// Of one side.
struct Files {
    /// Where all of the run's are.
    folder: PathBuf,
    resolv_conf: PathBuf,
    authorities: PathBuf,
}

/// One request: told of, or seen only; and what the probe beside it measured.
pub(super) struct Answered {
    pub(super) request: Result<Asked, Seen>,
    pub(super) beside: Option<Record>,
}

fn duration(ms: f64) -> Duration {
    Duration::from_secs_f64(ms.max(0.0) / 1_000.0)
}

impl Ground {
    pub(super) fn build(side: &Side, at: usize, folder: &Path, doing: &Doing<'_>) -> Result<Self, RunError> {
        let stop = doing.stop;
        let name = ["a", "b"][at];
        let (near, far) = (Namespace::create()?, Namespace::create()?);
        let held = side.held_ms.filter(|held| held.0 > 0.0).map(|Ms(held)| Spans {
            start: Instant::now(),
            every: duration(side.period_ms.0),
            length: duration(held),
        });
        let link = Link { held, ..link(side, doing.seed.wrapping_mul(2).wrapping_add(at as u64)) };
        let path = DelayBox::joining(&near, &far, link)?;
        let holder = held.map(Holder::start).transpose().map_err(io("start a thread"))?;
        if side.resolver.dead_ipv6.0 > 0.0 {
            near.ip(&format!("-6 addr add {OWN_IPV6} dev {DEVICE} nodad"))?;
        }
        let resolver = near.inside(|| Resolver::start(NAME_SERVER, FAR))?.map_err(io("start the name server"))?;
        let director = Arc::new(Director::default());
        let options = Options {
            address: FAR,
            page_bytes: side.site.body_kb.0 as usize * 1_024,
            tls: if side.site.tls == Tls::V12 { TlsOffer::Tls12 } else { TlsOffer::Tls13 },
            ..Options::default()
        };
        let site = far.inside(|| Site::directed(options, PORT, &HOSTS, Arc::clone(&director)))??;
        let files = Files {
            folder: folder.to_owned(),
            resolv_conf: folder.join("resolv.conf"),
            authorities: folder.join(format!("authorities-{name}.pem")),
        };
        authorities(side.store, site.authority_path(), &files.authorities)?;
        let text = format!("nameserver {}\noptions timeout:1 attempts:3\n", NAME_SERVER.ip());
        fs::write(&files.resolv_conf, text).map_err(io("write a resolv.conf"))?;
        let share = side.memory_mb.filter(|_| side.held_ms.is_none()).map(|memory| {
            let Ms(period) = side.period_ms;
            CpuShare::create(duration(period * f64::from(memory.0) / f64::from(WHOLE_MB)), duration(period))
        });
        let share = share.transpose()?;
        let command = of_way(side.method, doing)?;
        let command = if side.cold.0 > 0.0 { copied(&command, folder, &format!("vantage-{name}"))? } else { command };
        let own = orders(side, name, 0, share.as_ref(), &files);
        let vantage = started(side.method, &command, &near, share.as_ref(), &own, stop)?;
        let beside = side.beside.map(|way| {
            // Its own authority and its checks stay: it is the same probe wherever it stands.
            let authority = site.authority_path().to_owned();
            let orders = Orders { way, verify: true, authority, ..own.clone() };
            Ok::<_, RunError>(Beside::new(way, orders, of_way(way, doing)?))
        });
        let beside = beside.transpose()?;
        let mut ground = Self {
            vantage,
            beside,
            holder,
            site,
            resolver,
            path,
            share,
            near,
            _far: far,
            director,
            side: side.clone(),
            command,
            files,
            number: 0,
            name,
        };
        // The first use of the process is nobody's sample, unless a cold one is wanted.
        ground.ask(ordinary(side), stop)?;
        Ok(ground)
    }

    /// One request.
    pub(super) fn ask(&mut self, turn: Turn, stop: &dyn Fn() -> bool) -> Result<Answered, RunError> {
        if stop() {
            return Err(VantageError::Stopped.into());
        }
        let watches = self.side.method == Way::Zabbix;
        let request = if watches { Err(self.watch(turn, stop)?) } else { Ok(self.tell(turn, stop)?) };
        if self.beside.is_none() {
            return Ok(Answered { request, beside: None });
        }
        // What the one before used of their share of a processor is back.
        std::thread::sleep(duration(2.0 * self.side.period_ms.0));
        self.meet(&turn);
        let (near, share) = (&self.near, self.share.as_ref());
        let start = |command: &Command, orders: &Orders| started(orders.way, command, near, share, orders, stop);
        let beside = self.beside.as_mut().map(|beside| beside.measure(&start, stop)).transpose()?;
        Ok(Answered { request, beside })
    }

    /// Waits for a check that a monitor makes by itself.
    fn watch(&self, turn: Turn, stop: &dyn Fn() -> bool) -> Result<Seen, RunError> {
        self.meet(&turn);
        let (from, from_wall) = (Instant::now(), clock::wall());
        let heard = loop {
            if let Some(heard) = self.director.answered_since(from, turn.redirected) {
                break heard;
            }
            if stop() {
                return Err(VantageError::Stopped.into());
            }
            if from.elapsed() > CHECKED {
                return Err(RunError::Unseen {
                    what: "no check of the monitor reached the site in a minute and a half",
                });
            }
            std::thread::sleep(STEP);
        };
        std::thread::sleep(duration(4.0 * self.side.path.delay_ms.0) + READ);
        let waited = i64::try_from(heard.saturating_duration_since(from).as_millis()).unwrap_or(i64::MAX);
        Ok(Seen { turn, heard, heard_wall: UnixMillis(from_wall.0.saturating_add(waited)) })
    }

    /// All that a monitor of that kind has kept; nothing of others.
    pub(super) fn kept(&mut self) -> Result<Vec<Record>, RunError> {
        Ok(self.vantage.kept(&|| false)?)
    }

    fn tell(&mut self, turn: Turn, stop: &dyn Fn() -> bool) -> Result<Asked, RunError> {
        if turn.cold {
            self.renew(stop)?;
        }
        self.meet(&turn);
        let (told, [from, to]) = self.measure(stop)?;
        let ms = |nanos: u64| nanos as f64 / 1e6;
        Ok(Asked { turn, record: told.record, from, to, cpu_ms: ms(told.cpu_ns), stolen_ms: ms(told.delay_ns) })
    }

    /// What is told, and from when to when it took.
    fn measure(&mut self, stop: &dyn Fn() -> bool) -> Result<(Told, [Instant; 2]), VantageError> {
        if let Some(holder) = &self.holder {
            holder.engage(self.vantage.process());
        }
        let from = Instant::now();
        let told = self.vantage.measure(stop);
        let to = Instant::now();
        if let Some(holder) = &self.holder {
            holder.release();
        }
        let told = told?;
        self.vantage.rest(stop)?;
        Ok((told, [from, to]))
    }

    /// Another process, whose program has to be read anew.
    fn renew(&mut self, stop: &dyn Fn() -> bool) -> Result<(), RunError> {
        self.number += 1;
        let orders = orders(&self.side, self.name, self.number, self.share.as_ref(), &self.files);
        self.vantage.end();
        forget(&self.command.program).map_err(io("drop the program of a vantage from the page cache"))?;
        self.vantage = started(self.side.method, &self.command, &self.near, self.share.as_ref(), &orders, stop)?;
        Ok(())
    }

    fn meet(&self, turn: &Turn) {
        self.resolver.meet(Manner {
            delay: duration(turn.dns_ms),
            ipv6: turn.dead_ipv6.then_some(DEAD_IPV6),
            deaf: turn.deaf,
        });
        let site = &self.side.site;
        self.director.meet(Conduct {
            redirect: turn.redirected.then(|| format!("https://{}/page", HOSTS[1])),
            think: duration(turn.think_ms + turn.load_ms),
            hidden: duration(site.hidden_ms.0),
            origin: turn.missed.then(|| duration(site.origin_ms.0)),
            told: match site.server_timing {
                Says::On => Some(1.0),
                Says::Off => None,
                Says::Lying => Some(LIE),
            },
            silent: turn.silent,
            compress: site.compress,
            close: !site.keep_open,
        });
    }

    /// Takes all down, and tells what was done.
    pub(super) fn finish(self) -> Accounts {
        let Self { vantage, beside, holder, site, resolver, path, share, director, .. } = self;
        drop((vantage, beside));
        let throttled = share.as_ref().and_then(|share| share.throttled().ok());
        let accounts = Accounts {
            path: path.finish(),
            lookups: resolver.lookups(),
            met: director.met(),
            held: holder.as_ref().map(Holder::held).unwrap_or_default(),
            throttled: throttled.map(|felt| (felt.periods, felt.time.as_secs_f64() * 1_000.0)),
        };
        drop((holder, site, share));
        accounts
    }
}

/// The program that measures in a way.
fn of_way(way: Way, doing: &Doing<'_>) -> Result<Command, RunError> {
    Ok(match way {
        Way::Lambda => Command { program: doing.probe.ok_or(RunError::NoProbe)?.to_owned(), arguments: Vec::new() },
        _ => doing.vantage.clone(),
    })
}

fn started(
    way: Way,
    command: &Command,
    network: &Namespace,
    share: Option<&CpuShare>,
    orders: &Orders,
    stop: &dyn Fn() -> bool,
) -> Result<Box<dyn Measures>, VantageError> {
    Ok(match way {
        Way::Lambda => Box::new(Function::start(&command.program, network, share, orders, stop)?),
        _ => Box::new(Vantage::start(command, network, share, orders, stop)?),
    })
}

fn link(side: &Side, seed: u64) -> Link {
    let path = side.path;
    Link {
        delay: duration(path.delay_ms.0),
        jitter: duration(path.jitter_ms.0),
        loss: [path.loss_out.0, path.loss_in.0],
        rate_mbit: path.rate_mbit.map(|rate| rate.0),
        held: None,
        seed,
    }
}

fn orders(side: &Side, name: &str, number: u32, share: Option<&CpuShare>, files: &Files) -> Orders {
    Orders {
        url: format!("https://{}/", HOSTS[0]),
        authority: files.authorities.clone(),
        store: side.store,
        verify: side.verify,
        folder: files.folder.clone(),
        way: side.method,
        accept_gzip: side.accept_gzip,
        work_ms: side.work_ms.0,
        timeout_ms: side.timeout_ms.map(|limit| limit.0),
        memory_mb: side.memory_mb.map_or(WHOLE_MB, |memory| memory.0),
        vantage: format!("lab/{name}"),
        sandbox: format!("lab-{name}-{number}"),
        resolv_conf: files.resolv_conf.clone(),
        share: share.and_then(|share| Some(share.folder().file_name()?.to_str()?.to_owned())),
    }
}

fn ordinary(side: &Side) -> Turn {
    Turn {
        side: 0,
        cold: false,
        redirected: side.site.redirect.0 > 0.0,
        missed: false,
        dead_ipv6: false,
        deaf: false,
        dns_ms: side.resolver.delay_ms.0,
        think_ms: side.site.think_ms.0,
        silent: false,
        slot_ms: None,
        load_ms: 0.0,
    }
}
