//! What each step of the probe costs where there are whole processors, as in init, and under a share, as in the handler.

use crate::built::Built;
use crate::cloud::Cloud;
use crate::compare::{command, small};
use crate::spread::Spread;

/// By turns.
const RUNS: usize = 10;

/// What the bounds need of it.
pub struct Steps {
    /// Processor time of reading the table again, in milliseconds.
    pub table_again: f64,
}

/// One step: its name, and milliseconds on the wall and of the processor.
#[derive(Default)]
struct Step {
    name: String,
    wall: Vec<f64>,
    cpu: Vec<f64>,
}

/// Prints the table.
pub fn run(built: &Built, cloud: &Cloud) -> Steps {
    let (mut free, mut throttled) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        once(built, cloud, false, &mut free);
        once(built, cloud, true, &mut throttled);
    }
    println!("\n{:<52} {:>8} {:>8} {:>12}", "ms, medians of 10", "wall", "cpu", "wall at 7 %");
    let median = |values: &[f64]| Spread::of(values.to_vec()).map_or(f64::NAN, |spread| spread.at(50));
    for (step, small) in free.iter().zip(&throttled) {
        println!(
            "{:<52} {:>8.2} {:>8.2} {:>12.2}",
            step.name,
            median(&step.wall),
            median(&step.cpu),
            median(&small.wall)
        );
    }
    let again = free.iter().find(|step| step.name == "the table again").expect("the step");
    Steps { table_again: median(&again.cpu) }
}

fn once(built: &Built, cloud: &Cloud, is_small: bool, steps: &mut Vec<Step>) {
    let share = is_small.then(small);
    let mut command = command(&built.steps, share.as_ref());
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let output = command.envs(cloud.variables(cloud.address)).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for (at, line) in String::from_utf8_lossy(&output.stdout).lines().enumerate() {
        let parts: Vec<&str> = line.split('\t').collect();
        let millis = |at: usize| parts[at].parse::<f64>().expect("a number") / 1e3;
        if steps.len() <= at {
            steps.push(Step { name: parts[0].to_owned(), ..Step::default() });
        }
        steps[at].wall.push(millis(1));
        steps[at].cpu.push(millis(2));
    }
}
