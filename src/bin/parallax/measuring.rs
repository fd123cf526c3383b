//! From an observation to a record: the names that a command run by hand gives its samples.

use parallax::adapters::clock;
use parallax::adapters::environment::invocations::Invocations;
use parallax::adapters::environment::of_this_process;
use parallax::adapters::identifier::sample_id;
use parallax::adapters::resolve::configuration::Configuration;
use parallax::measurement::environment::Environment;
use parallax::measurement::identity::{Method, Vantage};
use parallax::measurement::sample::Identity;
use parallax::measurement::wire::Record;
use parallax::probe::port::Measure;
use parallax::probe::target::Target;

/// One run of a command that measures: where it runs, and how often it has measured.
pub(crate) struct Measuring {
    vantage: Vantage,
    environment: Environment,
    invocations: Invocations,
}

impl Measuring {
    /// Looks around; the first measurement is still to come.
    pub(crate) fn begin(vantage: Vantage) -> Self {
        let environment = of_this_process(&Configuration::read().resolvers(), None);
        let invocations = Invocations::new(&environment, clock::wall());
        Self { vantage, environment, invocations }
    }

    /// Where it runs.
    pub(crate) fn vantage(&self) -> &Vantage {
        &self.vantage
    }

    /// Measures once, off schedule.
    pub(crate) fn once(&mut self, prober: &mut dyn Measure, target: &Target, method: &Method) -> Record {
        let invocation = self.invocations.next(clock::wall());
        let sample = prober.measure(target).named(Identity {
            id: sample_id(),
            target: target.id.clone(),
            vantage: self.vantage.clone(),
            method: method.clone(),
            slot: None,
            slot_guessed: false,
            invocation: Some(invocation),
        });
        Record::new(sample, self.environment.clone())
    }
}
