//! What each thing costs that the probe does before its first measurement or after it: once in this order, each step with
//! its time and its processor time in microseconds. `benches/coldstart` runs it with whole processors, as in init, and
//! under a share, as in the handler.

use std::time::Instant;

use nix::time::{ClockId, clock_gettime};
use parallax::adapters::aws::connection::{self, Patience};
use parallax::adapters::aws::queue::Queue;
use parallax::adapters::aws::targets::Targets;
use parallax::adapters::environment::of_this_process;
use parallax::adapters::kernel::stamping::Stamping;
use parallax::adapters::probers::prober;
use parallax::adapters::resolve::configuration::Configuration;
use parallax::measurement::identity::Method;

struct Steps {
    at: Instant,
    used: u128,
}

impl Steps {
    fn done(&mut self, name: &str) {
        let (at, used) = (Instant::now(), cpu());
        println!("{name}\t{}\t{}", at.duration_since(self.at).as_micros(), used - self.used);
        *self = Self { at: Instant::now(), used: cpu() };
    }
}

fn cpu() -> u128 {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map_or(0, |time| std::time::Duration::from(time).as_micros())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let variable = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let (queue, table) = (variable("PARALLAX_QUEUE_URL")?, variable("PARALLAX_TARGETS_TABLE")?);
    let mut steps = Steps { at: Instant::now(), used: cpu() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    steps.done("the runtime");
    let environment = of_this_process(&Configuration::read().resolvers(), None);
    steps.done("the surroundings");
    let held = Stamping::hold();
    steps.done("stamps");
    let prober = prober(&Method::Fresh);
    steps.done("a prober");
    runtime.block_on(async {
        let config = connection::config(None, Patience::PROBE).await;
        steps.done("AWS's settings, credentials");
        let targets = Targets::new(&config, &table);
        let queue = Queue::new(&config, queue);
        steps.done("clients");
        let _ = targets.list().await;
        steps.done("the table: roots, connection, handshake, answer");
        let _ = targets.list().await;
        steps.done("the table again");
        let text = serde_json::to_string(&environment).unwrap_or_default();
        let _ = queue.send(vec![text.clone()]).await;
        steps.done("the queue: connection, handshake, answer");
        let _ = queue.send(vec![text]).await;
        steps.done("the queue again");
    });
    drop((held, prober));
    Ok(())
}
