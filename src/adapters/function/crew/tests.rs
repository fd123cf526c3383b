use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use super::*;
use crate::measurement::asked::Asked;
use crate::measurement::local::Local;
use crate::measurement::outcome::{Cause, Failure, Outcome};
use crate::measurement::phase::Phase;
use crate::measurement::units::Micros;
use crate::probe::target::Timeouts;

/// What probers of a test share.
#[derive(Default)]
struct Stage {
    /// Exchanges with pages called `stuck` end from now on.
    thawed: AtomicBool,
    broken: AtomicUsize,
}

/// Observes its target's name, and does not keep to any limit.
struct Scripted(Arc<Stage>);

impl Measure for Scripted {
    fn measure(&mut self, target: &Target) -> Observation {
        let begun = Instant::now();
        while target.id.as_str().starts_with("stuck") && !self.0.thawed.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(1));
        }
        Observation {
            started_at: clock::wall(),
            elapsed: Micros::from(begun.elapsed()),
            asked: Asked {
                method: "GET".to_owned(),
                accept_encoding: None,
                http: Vec::new(),
                verify: true,
                follow_redirects: false,
            },
            outcome: Outcome::Failed(Failure {
                phase: Phase::Wait,
                cause: Cause::ConnectionReset,
                detail: target.id.to_string(),
            }),
            hops: Vec::new(),
            local: Local::default(),
            curl: None,
            clock_suspect: false,
        }
    }

    fn breaker(&self) -> Option<Breaker> {
        let stage = self.0.clone();
        Some(Arc::new(move || {
            stage.broken.fetch_add(1, Ordering::SeqCst);
        }))
    }
}

fn pages(names: &[&str]) -> Vec<Target> {
    let page = |name: &&str| {
        let mut page = Target::new(name.parse().unwrap(), "https://a.example/".parse().unwrap());
        page.timeouts = Timeouts::total(Duration::from_millis(1));
        page
    };
    names.iter().map(page).collect()
}

/// What came of pages: the name that was observed, or why there is nothing.
fn measured(crew: &mut Crew, names: &[&str], time: Duration) -> Vec<Result<String, &'static str>> {
    let now = clock::wall();
    let budget = Budget { measure_until: now.plus(time), deadline: now.plus(time * 2) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let done = runtime.block_on(crew.measure(pages(names), budget));
    let said = |done| match done {
        Done::Observed(observation) => match observation.outcome {
            Outcome::Failed(failure) => Ok(failure.detail),
            Outcome::Answered(_) => panic!("nobody answers"),
        },
        Done::OutOfTime(why) => Err(why),
    };
    done.into_iter().map(said).collect()
}

#[test]
fn an_exchange_that_was_given_up_before_a_freeze_is_of_no_slot_after_it() {
    let stage = Arc::new(Stage::default());
    let given = stage.clone();
    let mut crew = Crew::with(Method::Fresh, Arc::new(move || Ok(Box::new(Scripted(given.clone()))))).unwrap();
    crew.ready().unwrap();
    let first = measured(&mut crew, &["stuck-a", "stuck-b", "behind"], Duration::from_millis(500));
    assert_eq!(
        first,
        [Err("it did not end in time"), Err("it did not end in time"), Err("there was no time left to begin it")]
    );
    assert_eq!(stage.broken.load(Ordering::SeqCst), HANDS, "what they started outside of this program goes on");

    // Frozen, and thawed: the exchanges end now, after an invocation that has told of them as missed.
    stage.thawed.store(true, Ordering::SeqCst);
    let begun = Instant::now();
    while crew.told.len() < HANDS {
        assert!(begun.elapsed() < Duration::from_secs(60), "they do not end");
        thread::sleep(Duration::from_millis(1));
    }
    let ample = Duration::from_secs(60);
    let second = measured(&mut crew, &["a", "b", "c"], ample);
    assert_eq!(
        second,
        ["a", "b", "c"].map(|name| Ok(name.to_owned())),
        "each page has its own exchange, by hands that measure"
    );
    assert_eq!(stage.broken.load(Ordering::SeqCst), HANDS, "nobody else was given up");
}
