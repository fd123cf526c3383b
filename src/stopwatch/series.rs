//! The numbers some tools show beside the headline: one a phase.

use serde::Serialize;

use crate::measurement::phase::Phase;
use crate::measurement::units::Micros;

use super::obstacle::Obstacle;
use super::span::{Span, is_tls, length};

/// One such number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Series {
    /// As the tool calls it.
    pub name: &'static str,
    /// What it is the length of.
    pub formula: Formula,
}

/// A length as a function of the phases of the hops that the tool times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Formula {
    /// These phases, added up over all hops.
    Sum(&'static [Phase]),
    /// These phases, added up over the hops that went over TLS.
    SumOverTls(&'static [Phase]),
    /// These phases of the last hop.
    Last(&'static [Phase]),
    /// Of each of these phases the last time it took place.
    Latest(&'static [Phase]),
    /// All but the receiving of bodies.
    UntilFirstByte,
    /// All before the last hop.
    BeforeLast,
    /// All.
    Everything,
}

/// One number of a replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// As the tool calls it.
    pub name: &'static str,
    /// The length, or why there is none.
    #[serde(flatten)]
    pub told: Told,
}

/// A length, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// In microseconds.
    ValueUs(Micros),
    /// Why not.
    CannotSay(Obstacle),
}

impl Series {
    pub(super) fn read(&self, span: &Span<'_>) -> Reading {
        let told = match self.formula.of(span) {
            Ok(value) => Told::ValueUs(value),
            Err(obstacle) => Told::CannotSay(obstacle),
        };
        Reading { name: self.name, told }
    }
}

impl Formula {
    fn of(self, span: &Span<'_>) -> Result<Micros, Obstacle> {
        let apart = || if span.summed { Err(Obstacle::ChainSummed) } else { Ok(()) };
        Ok(match self {
            Self::Sum(phases) => phases.iter().map(|phase| span.total(*phase)).sum(),
            Self::SumOverTls(phases) => {
                apart()?;
                let hops = span.hops.iter().filter(|hop| is_tls(hop));
                hops.flat_map(|hop| phases.iter().map(|phase| length(hop, *phase))).sum()
            }
            Self::Last(phases) => {
                apart()?;
                phases.iter().map(|phase| length(span.last, *phase)).sum()
            }
            Self::Latest(phases) => {
                apart()?;
                let latest = |phase: &Phase| span.hops.iter().rev().find_map(|hop| hop.phases.get(*phase));
                phases.iter().filter_map(latest).map(|time| time.elapsed_us).sum()
            }
            Self::UntilFirstByte => span.elapsed().saturating_sub(span.total(Phase::Receive)),
            Self::BeforeLast => match span.redirect {
                Some(before) => before,
                None => span.elapsed().saturating_sub(span.last.elapsed_us()),
            },
            Self::Everything => span.elapsed(),
        })
    }
}

/// As text on a page.
impl std::fmt::Display for Formula {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = |phases: &[Phase]| phases.iter().map(|phase| phase.as_str()).collect::<Vec<_>>().join(" + ");
        match self {
            Self::Sum(phases) => write!(f, "{}, over all hops", names(phases)),
            Self::SumOverTls(phases) => write!(f, "{}, over the hops with TLS", names(phases)),
            Self::Last(phases) => write!(f, "{}, of the last hop", names(phases)),
            Self::Latest(phases) => write!(f, "{}, the last time it took place", names(phases)),
            Self::UntilFirstByte => f.write_str("everything but receive"),
            Self::BeforeLast => f.write_str("everything before the last hop"),
            Self::Everything => f.write_str("everything"),
        }
    }
}
