//! What measures in a vantage's process when it is told to.

use crate::adapters::clock;
use crate::adapters::environment::invocations::Invocations;
use crate::adapters::identifier::sample_id;
use crate::adapters::probers::prober;
use crate::lab::monitor::blackbox::{Exporter, Wanted};
use crate::lab::monitor::shell;
use crate::lab::scenario::side::Way;
use crate::measurement::environment::Environment;
use crate::measurement::identity::{Method, Vantage};
use crate::measurement::sample::Identity;
use crate::measurement::wire::Record;
use crate::probe::port::Measure;
use crate::probe::target::Target;

use super::agent::Agent;
use super::threads::Scheduled;
use super::{Orders, Told};

/// A probe of ours or the real curl; a server that probes when it is asked; or the agent.
pub(super) enum Instrument {
    Prober(Box<dyn Measure + Send>),
    Exporter(Box<Exporter>),
    Agent(Box<Agent>),
}

/// Whose samples they are.
pub(super) struct Whose {
    pub(super) method: Method,
    pub(super) vantage: Vantage,
    pub(super) environment: Environment,
    pub(super) invocations: Invocations,
}

impl Instrument {
    pub(super) fn start(orders: &Orders, target: &Target, vantage: &Vantage) -> Result<Self, String> {
        match orders.way {
            Way::ShellCurl => {
                let curl = shell::curl(&orders.folder).map_err(|error| error.to_string())?;
                Ok(Self::Prober(Box::new(curl)))
            }
            Way::Blackbox => {
                let wanted = Wanted {
                    url: &orders.url,
                    verify: orders.verify,
                    authorities: &orders.authority,
                    gzip: orders.accept_gzip,
                };
                let started = Exporter::start(&orders.folder, &wanted, &target.id, vantage);
                started.map(|exporter| Self::Exporter(Box::new(exporter))).map_err(|error| error.to_string())
            }
            Way::Agent => Ok(Self::Agent(Box::new(Agent::start(orders)?))),
            way => prober(&way.method()).map(Self::Prober).map_err(|error| error.to_string()),
        }
    }

    pub(super) fn measure(&mut self, target: &Target, whose: &mut Whose) -> Result<Told, String> {
        let before = Scheduled::of_this_thread();
        let record = match self {
            Self::Agent(agent) => return agent.measure(),
            Self::Exporter(exporter) => exporter.measure().map_err(|error| error.to_string())?,
            Self::Prober(prober) => whose.record(prober.as_mut(), target),
        };
        Ok(Told::between(record, before, Scheduled::of_this_thread()))
    }

    /// Until the next measurement.
    pub(super) fn rest(&mut self) -> Result<(), String> {
        if let Self::Agent(agent) = self { agent.rest() } else { Ok(()) }
    }
}

impl Whose {
    fn record(&mut self, prober: &mut dyn Measure, target: &Target) -> Record {
        let invocation = self.invocations.next(clock::wall());
        let sample = prober.measure(target).named(Identity {
            id: sample_id(),
            target: target.id.clone(),
            vantage: self.vantage.clone(),
            method: self.method.clone(),
            slot: None,
            slot_guessed: false,
            invocation: Some(invocation),
        });
        Record::new(sample, self.environment.clone())
    }
}
