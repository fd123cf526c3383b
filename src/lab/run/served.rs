//! What serves a side's page: the lab's own site, which does as it is told request by request, or a real nginx.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{RunError, duration};
use crate::lab::delaybox::{Account, FAR};
use crate::lab::namespace::Namespace;
use crate::lab::nginx::{Nginx, Wanted, settled};
use crate::lab::scenario::side::{Program, Site as Asked, Tls, Told};
use crate::lab::schedule::Turn;
use crate::lab::site::{Conduct, Director, Met, Options, Site, TlsOffer};

/// The page, and where it sends on to: names, so that each hop has a lookup and a connection of its own.
pub(super) const HOSTS: [&str; 2] = ["daily.parallax-lab.test", "www.daily.parallax-lab.test"];
const PORT: u16 = 443;
/// What a lying site says of its thinking, as a share of it.
const LIE: f64 = 0.4;

/// At work; it ends when this is dropped.
pub(super) struct Served {
    program: Running,
    director: Arc<Director>,
    asked: Asked,
}

enum Running {
    Own(Site),
    Nginx(Nginx),
}

/// Where it sends on to.
fn onward() -> String {
    format!("https://{}/page", HOSTS[1])
}

impl Served {
    /// Starts it at the far end of a side's path.
    pub(super) fn start(asked: Asked, far: &Namespace, folder: &Path) -> Result<Self, RunError> {
        let director = Arc::new(Director::default());
        let page_bytes = asked.body_kb.0 as usize * 1_024;
        let program = match asked.program {
            Program::Own => {
                let tls = if asked.tls == Tls::V12 { TlsOffer::Tls12 } else { TlsOffer::Tls13 };
                let between = u8::try_from(asked.intermediates.0).unwrap_or(u8::MAX);
                let options =
                    Options { address: FAR, everywhere: true, page_bytes, tls, between, ..Options::default() };
                Running::Own(far.inside(|| Site::directed(options, PORT, &HOSTS, Arc::clone(&director)))??)
            }
            Program::Nginx => {
                let wanted = Wanted {
                    address: FAR,
                    port: PORT,
                    names: &HOSTS,
                    tls: asked.tls,
                    page_bytes,
                    gzip: asked.compress,
                    keep_open: asked.keep_open,
                    onward: &onward(),
                };
                Running::Nginx(Nginx::start(far, folder, &wanted, Arc::clone(&director))?)
            }
        };
        Ok(Self { program, director, asked })
    }

    /// The certificate of its authority.
    pub(super) fn authority_path(&self) -> &Path {
        match &self.program {
            Running::Own(site) => site.authority_path(),
            Running::Nginx(nginx) => nginx.authority_path(),
        }
    }

    /// What serves it and in which version, where that is another program.
    pub(super) fn version(&self) -> Option<String> {
        match &self.program {
            Running::Own(_) => None,
            Running::Nginx(nginx) => nginx.version().map(str::to_owned),
        }
    }

    /// From now on requests are met as this turn says.
    pub(super) fn meet(&self, turn: &Turn) -> Result<(), RunError> {
        if let Running::Nginx(nginx) = &self.program {
            return Ok(nginx.send_on(turn.redirected)?);
        }
        let asked = &self.asked;
        self.director.meet(Conduct {
            redirect: turn.redirected.then(onward),
            think: duration(turn.think_ms + turn.load_ms),
            hidden: duration(asked.hidden_ms.0),
            origin: turn.missed.then(|| duration(asked.origin_ms.0)),
            told: match asked.server_timing {
                Told::On => Some(1.0),
                Told::Off => None,
                Told::Lying => Some(LIE),
            },
            silent: turn.silent,
            dropped: turn.dropped,
            compress: asked.compress,
            close: !asked.keep_open,
        });
        Ok(())
    }

    /// See [`Director::answered_since`].
    pub(super) fn answered_since(&self, from: Instant, sent_on: bool) -> Option<Instant> {
        self.director.answered_since(from, sent_on)
    }

    /// See [`Director::is_quiet`].
    pub(super) fn is_quiet(&self, length: Duration) -> bool {
        self.director.is_quiet(length)
    }

    /// See [`Director::aside_until`].
    pub(super) fn aside_until(&self, then: Instant) -> Option<Instant> {
        self.director.aside_until(then)
    }

    /// Ends it, and tells what it met; the box has seen all that it did.
    pub(super) fn finish(self, path: &Account) -> Vec<Met> {
        let Self { program, director, .. } = self;
        let is_nginx = matches!(program, Running::Nginx(_));
        drop(program);
        let met = director.met();
        if is_nginx { settled(met, &path.passages) } else { met }
    }
}
