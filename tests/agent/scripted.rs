//! The agent's own decisions, with scripted probers and a scripted archive.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use parallax::adapters::agent::end::{AgentError, Ended};
use parallax::adapters::agent::event::Event;
use parallax::adapters::agent::inbox::{Stop, stop};
use parallax::adapters::agent::run::run;
use parallax::adapters::agent::{Agent, Identity};
use parallax::measurement::environment::{Environment, Init, Invocation};
use parallax::measurement::identity::{Method, SampleId, TargetId, Vantage};
use parallax::measurement::miss::Reason;
use parallax::probe::port::Measure;
use parallax::probe::schedule::grid::Grid;
use parallax::probe::schedule::order::Line;
use parallax::probe::target::{Target, Timeouts};

use crate::support::scripted::{Act, ScriptedKeeper, ScriptedProber, Told, journal};

struct Running {
    stop: Stop,
    told: Told,
    thread: JoinHandle<Result<Ended, AgentError>>,
}

fn agent(pages: &[&str], every: Duration, acts: Vec<Act>) -> Agent {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let id = |name: &&str| TargetId::new(name).unwrap();
    let target = |name: &&str| {
        let mut target = Target::new(id(name), "http://localhost/".parse().unwrap());
        target.timeouts = Timeouts::total(Duration::from_millis(100));
        (id(name), Arc::new(target))
    };
    let acts = Arc::new(Mutex::new(acts));
    let identity = Identity {
        vantage: Vantage::new("host/test").unwrap(),
        environment: Environment::default(),
        name: Box::new(|| SampleId::new(&format!("s-{}", NUMBER.fetch_add(1, Ordering::Relaxed))).unwrap()),
        invocation: Box::new(|| Invocation { init: Init::Warm, number: 2, sandbox_age_us: None }),
    };
    Agent {
        lines: pages
            .iter()
            .map(|name| Line { target: id(name), method: Method::Fresh, grid: Grid::new(every).unwrap() })
            .collect(),
        targets: pages.iter().map(target).collect::<HashMap<_, _>>(),
        identity: Arc::new(identity),
        probers: Arc::new(move |_| Ok(Box::new(ScriptedProber { acts: acts.clone() }) as Box<dyn Measure>)),
        in_flight: NonZeroUsize::MIN,
        keep: None,
        once: false,
    }
}

fn start(agent: Agent, keeper: &ScriptedKeeper) -> Running {
    let (stop, inbox) = stop();
    let (journal, told) = journal();
    let keeper = Box::new(keeper.clone());
    let thread = std::thread::spawn(move || run(agent, keeper, Box::new(journal), inbox));
    Running { stop, told, thread }
}

fn kept(event: Event) -> Option<SampleId> {
    match event {
        Event::Kept(record) => Some(record.sample.id),
        _ => None,
    }
}

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn what_is_told_as_kept_is_in_the_archive() {
    let keeper = ScriptedKeeper::default();
    let running = start(agent(&["a", "b"], SECOND, vec![]), &keeper);
    for _ in 0..3 {
        let id = running.told.wait(kept);
        assert!(keeper.records.lock().unwrap().contains_key(&id));
    }
    running.stop.ask();
    assert_eq!(running.thread.join().unwrap().unwrap(), Ended::InOrder);
}

#[test]
fn an_exchange_that_does_not_end_is_cut_when_the_agent_stops() {
    let (hold, gone) = channel();
    let keeper = ScriptedKeeper::default();
    let running = start(agent(&["a"], SECOND, vec![Act::Hang(gone), Act::Answer]), &keeper);
    running.told.wait(kept);
    running.told.wait(|event| matches!(event, Event::Missed { .. }).then_some(()));
    running.stop.ask();
    running.told.wait(|event| matches!(event, Event::Cut { running: 1 }).then_some(()));
    assert_eq!(running.thread.join().unwrap().unwrap(), Ended::InOrder);
    assert_eq!(keeper.records.lock().unwrap().len(), 1);
    drop(hold);
}

#[test]
fn asked_twice_it_stops_at_once() {
    let (hold, gone) = channel();
    let mut agent = agent(&["a"], SECOND, vec![Act::Hang(gone)]);
    let patient = Timeouts::total(Duration::from_secs(3_600));
    agent.targets.values_mut().for_each(|target| Arc::get_mut(target).unwrap().timeouts = patient);
    let running = start(agent, &ScriptedKeeper::default());
    running.told.wait(|event| matches!(event, Event::Missed { .. }).then_some(()));
    running.stop.ask();
    running.stop.ask();
    assert_eq!(running.thread.join().unwrap().unwrap(), Ended::AtOnce);
    drop(hold);
}

#[test]
fn slots_behind_a_slow_page_are_missed_and_said() {
    let (hold, gone) = channel();
    let keeper = ScriptedKeeper::default();
    let running = start(agent(&["a", "b"], SECOND, vec![Act::Hang(gone)]), &keeper);
    let told = running.told.wait(|event| match event {
        Event::Missed { target, first, reason, .. } => Some((target, first, reason)),
        _ => None,
    });
    assert_eq!(told.2, Reason::Overrun);
    drop(hold);
    running.told.wait(kept);
    running.stop.ask();
    running.thread.join().unwrap().unwrap();
    assert!(keeper.missed.lock().unwrap().contains(&told), "what is told as missed is kept as missed");
    let records = keeper.records.lock().unwrap();
    for record in records.values() {
        let late = record.sample.late();
        assert!(late < 10 * SECOND, "nothing is filled in afterwards, but one sample is {late:?} late");
    }
}

#[test]
fn samples_wait_in_memory_while_the_disk_is_full() {
    let keeper = ScriptedKeeper::default();
    *keeper.full.lock().unwrap() = true;
    let running = start(agent(&["a"], SECOND, vec![]), &keeper);
    let waiting = |event| match event {
        Event::Kept(_) => panic!("told as kept, and it is not"),
        Event::ArchiveWaits { waiting, .. } => Some(waiting),
        _ => None,
    };
    assert_eq!(running.told.wait(waiting), 1);
    running.told.wait(|event| waiting(event).filter(|waiting| *waiting > 1));
    *keeper.full.lock().unwrap() = false;
    running.told.wait(|event| matches!(event, Event::ArchiveBack | Event::Kept(_)).then_some(()));
    running.stop.ask();
    assert_eq!(running.thread.join().unwrap().unwrap(), Ended::InOrder);
    assert!(keeper.records.lock().unwrap().len() >= 2);
}

#[test]
fn samples_that_could_not_be_kept_to_the_end_are_counted() {
    let keeper = ScriptedKeeper::default();
    *keeper.full.lock().unwrap() = true;
    let mut agent = agent(&["a", "b"], DAY, vec![]);
    agent.once = true;
    let error = start(agent, &keeper).thread.join().unwrap().unwrap_err().to_string();
    assert!(error.contains("2 samples") && error.contains("the disk is full"), "{error}");
}

#[test]
fn a_disk_that_gets_room_while_the_agent_ends_is_tried_again_in_time() {
    let keeper = ScriptedKeeper::default();
    *keeper.full.lock().unwrap() = true;
    let running = start(agent(&["a"], SECOND, vec![]), &keeper);
    let pause = |event| match event {
        Event::ArchiveWaits { again, .. } => Some(again),
        _ => None,
    };
    running.told.wait(|event| pause(event).filter(|again| *again >= Duration::from_millis(400)));
    running.stop.ask();
    // However seldom it was tried before: the pauses begin anew, and stay short.
    running.told.wait(|event| pause(event).filter(|again| *again <= Duration::from_millis(100)));
    *keeper.full.lock().unwrap() = false;
    assert_eq!(running.thread.join().unwrap().unwrap(), Ended::InOrder);
    assert!(!keeper.records.lock().unwrap().is_empty());
}

#[test]
fn a_prober_that_breaks_down_ends_the_agent_with_its_reason() {
    let keeper = ScriptedKeeper::default();
    let running = start(agent(&["a"], SECOND, vec![Act::Panic, Act::Answer]), &keeper);
    let error = running.thread.join().unwrap().unwrap_err().to_string();
    assert!(error.contains("broke down"), "{error}");
    assert_eq!(keeper.records.lock().unwrap().len(), 1, "what was measured before is kept");
}

#[test]
fn a_page_that_turns_bad_and_good_is_told_once_each() {
    // Acts are taken from the end.
    let acts = vec![Act::Answer, Act::Fail, Act::Fail, Act::Answer];
    let running = start(agent(&["a"], SECOND, acts), &ScriptedKeeper::default());
    let mut told = Vec::new();
    while told.len() < 2 {
        told.push(running.told.wait(|event| match event {
            Event::Failing(_) => Some("failing"),
            Event::Recovered(_) => Some("good again"),
            _ => None,
        }));
    }
    assert_eq!(told, ["failing", "good again"]);
    running.stop.ask();
    running.thread.join().unwrap().unwrap();
}

#[test]
fn once_measures_what_has_no_sample_yet_and_ends() {
    let keeper = ScriptedKeeper::default();
    for (pages, together) in [(&["a"][..], 1), (&["a", "b", "c"], 3), (&["a", "b", "c"], 3)] {
        let mut agent = agent(pages, DAY, vec![]);
        agent.once = true;
        assert_eq!(start(agent, &keeper).thread.join().unwrap().unwrap(), Ended::InOrder);
        assert_eq!(keeper.records.lock().unwrap().len(), together);
    }
}

#[test]
fn old_samples_go_and_new_ones_stay() {
    let keeper = ScriptedKeeper::default();
    let mut first = agent(&["a"], DAY, vec![]);
    first.once = true;
    start(first, &keeper).thread.join().unwrap().unwrap();
    keeper.records.lock().unwrap().values_mut().for_each(|record| record.sample.started_at_ms.0 -= 2 * 86_400_000);
    let mut second = agent(&["b"], DAY, vec![]);
    (second.once, second.keep) = (true, Some(DAY));
    let running = start(second, &keeper);
    assert_eq!(running.told.wait(|event| if let Event::Forgotten(gone) = event { Some(gone) } else { None }), 1);
    running.thread.join().unwrap().unwrap();
    let records = keeper.records.lock().unwrap();
    assert_eq!(records.values().map(|record| record.sample.target.as_str()).collect::<Vec<_>>(), ["b"]);
}

#[test]
fn an_agent_whose_reader_is_gone_ends_in_good_order() {
    let keeper = ScriptedKeeper::default();
    let Running { told, thread, stop: _stop } = start(agent(&["a"], SECOND, vec![]), &keeper);
    drop(told);
    assert_eq!(thread.join().unwrap().unwrap(), Ended::InOrder);
}
