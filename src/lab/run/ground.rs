//! What one side stands on: two networks, a path between them, a site, a name server, a share of a processor, a vantage.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::beside::Beside;
use super::served::{HOSTS, Served};
use super::{Accounts, Doing, RunError, copied, duration, io};
use crate::lab::cpu_share::CpuShare;
use crate::lab::delaybox::{DEVICE, DelayBox, FAR, Link};
use crate::lab::hold::{Holder, Spans};
use crate::lab::lambda::function::Function;
use crate::lab::monitor::authorities;
use crate::lab::monitor::version::programs;
use crate::lab::namespace::Namespace;
use crate::lab::resolver::{Resolver, search_list};
use crate::lab::scenario::quantity::{Memory, Ms};
use crate::lab::scenario::side::{Side, Tells, Way};
use crate::lab::schedule::Turn;
use crate::lab::vantage::{Command, Measures, Orders, Vantage, VantageError};

/// Beside the vantage, in its own network.
const NAME_SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 53);
/// In the range for private networks (RFC 4193): the vantage's own.
const OWN_IPV6: &str = "fd77:7061:7261::1/64";

/// In the order in which they have to go: the process before its networks and its share.
pub(super) struct Ground {
    pub(super) vantage: Box<dyn Measures>,
    pub(super) beside: Option<Beside>,
    /// The probe beside it has measured, the last time, by then.
    pub(super) free: Instant,
    pub(super) holder: Option<Holder>,
    pub(super) served: Served,
    pub(super) resolver: Resolver,
    path: DelayBox,
    pub(super) share: Option<CpuShare>,
    pub(super) near: Namespace,
    _far: Namespace,
    pub(super) side: Side,
    pub(super) command: Command,
    files: Files,
    number: u32,
    name: &'static str,
}

/// Of one side.
struct Files {
    /// Where all of them are.
    folder: PathBuf,
    resolv_conf: PathBuf,
    authorities: PathBuf,
}

impl Ground {
    /// Builds one side, with its files in a folder of its own below the run's.
    pub(super) fn build(side: &Side, at: usize, below: &Path, doing: &Doing<'_>) -> Result<Self, RunError> {
        let stop = doing.stop;
        let name = ["a", "b"][at];
        let folder = &below.join(name);
        fs::create_dir(folder).map_err(io("make a folder for a side"))?;
        let everyone = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(folder, everyone).map_err(io("open a side's folder to servers"))?;
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
        let served = Served::start(side.site, &far, folder)?;
        let files = Files {
            folder: folder.to_owned(),
            resolv_conf: folder.join("resolv.conf"),
            authorities: folder.join("authorities.pem"),
        };
        authorities(side.store, served.authority_path(), &files.authorities)?;
        fs::write(&files.resolv_conf, resolv_conf(side.resolver.search.0)).map_err(io("write a resolv.conf"))?;
        let share = share(side)?;
        let command = of_way(side.method, doing)?;
        let command = if side.cold.0 > 0.0 { copied(&command, folder)? } else { command };
        let own = orders(side, name, 0, share.as_ref(), &files);
        let vantage = started(side.method, &command, &near, share.as_ref(), &own, stop)?;
        let beside = side.beside.map(|way| {
            // Its own authority and its checks stay: it is the same probe wherever it stands.
            let authority = served.authority_path().to_owned();
            let orders = Orders { way, verify: true, authority, ..own.clone() };
            Ok::<_, RunError>(Beside::new(way, orders, of_way(way, doing)?))
        });
        let beside = beside.transpose()?;
        let mut ground = Self {
            vantage,
            beside,
            free: Instant::now(),
            holder,
            served,
            resolver,
            path,
            share,
            near,
            _far: far,
            side: side.clone(),
            command,
            files,
            number: 0,
            name,
        };
        // The first use of the process is nobody's sample, unless a cold one is wanted.
        ground.ask(Turn::ordinary(side), stop)?;
        Ok(ground)
    }

    /// The orders of another process, with a number of its own.
    pub(super) fn orders_anew(&mut self) -> Orders {
        self.number += 1;
        orders(&self.side, self.name, self.number, self.share.as_ref(), &self.files)
    }

    /// Takes all down, and tells what was done.
    pub(super) fn finish(self) -> Accounts {
        let Self { vantage, beside, holder, served, resolver, path, share, side, .. } = self;
        drop((vantage, beside));
        let throttled = share.as_ref().filter(|share| share.has_quota()).and_then(|share| share.throttled().ok());
        let path = path.finish();
        let accounts = Accounts {
            server: served.version(),
            programs: programs(&side),
            met: served.finish(&path),
            path,
            lookups: resolver.lookups(),
            held: holder.as_ref().map(Holder::held).unwrap_or_default(),
            throttled: throttled.map(|felt| (felt.periods, felt.time.as_secs_f64() * 1_000.0)),
        };
        drop((holder, share));
        accounts
    }
}

/// What of a processor a side has to itself. Other people's servers are many processes, and a busy neighbour would starve them:
/// with a whole processor, they go first.
fn share(side: &Side) -> Result<Option<CpuShare>, RunError> {
    let Ms(period) = side.period_ms;
    Ok(match side.memory_mb.filter(|_| side.held_ms.is_none()) {
        Some(memory) => Some(CpuShare::create(duration(memory.of(period)), duration(period))?),
        // Where there are no control groups, it shares the machine as it comes.
        None if side.method.tells() == Tells::Total => CpuShare::whole().ok(),
        None => None,
    })
}

/// The program that measures in a way.
fn of_way(way: Way, doing: &Doing<'_>) -> Result<Command, RunError> {
    Ok(match way {
        Way::Lambda => Command { program: doing.probe.ok_or(RunError::NoProbe)?.to_owned(), arguments: Vec::new() },
        _ => doing.vantage.clone(),
    })
}

/// What measures in a way, where it is to stand.
pub(super) fn started(
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

/// What a vantage resolves by. Names have fewer dots than the five of `ndots`, so search domains are tried first.
fn resolv_conf(search: u32) -> String {
    let server = format!("nameserver {}\noptions timeout:1 attempts:3\n", NAME_SERVER.ip());
    if search == 0 { server } else { format!("{server}search {}\noptions ndots:5\n", search_list(search)) }
}

fn link(side: &Side, seed: u64) -> Link {
    let path = side.path;
    Link {
        delay: duration(path.delay_ms.0),
        jitter: duration(path.jitter_ms.0),
        loss: [path.loss_out.0, path.loss_in.0],
        rate_mbit: path.rate_mbit.map(|rate| rate.0),
        elsewhere: path.elsewhere_ms.map(|delay| duration(delay.0)),
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
        switches: side.switches,
        folder: files.folder.clone(),
        way: side.method,
        accept_gzip: side.accept_gzip,
        work_ms: side.work_ms.0,
        timeout_ms: side.timeout_ms.map(|limit| limit.0),
        memory_mb: side.memory_mb.unwrap_or(Memory::WHOLE).0,
        vantage: format!("lab/{name}"),
        sandbox: format!("lab-{name}-{number}"),
        resolv_conf: files.resolv_conf.clone(),
        share: share.and_then(|share| Some(share.folder().file_name()?.to_str()?.to_owned())),
    }
}
