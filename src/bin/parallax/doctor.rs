//! Which signals this machine gives: each one tried, not assumed.

mod kernel;
mod machine;
mod signal;
mod tools;

use serde::Serialize;

use crate::exit::{Answer, Outcome, Problem};
use crate::output::print;
use signal::Signal;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Where samples would be kept
    #[arg(long, value_name = "sqlite:PATH", default_value = "sqlite:parallax.db")]
    archive: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Findings {
    schema: u32,
    signals: Vec<Signal>,
}

/// Tries every signal. A missing one is an answer, not a failure: the exit code is 0 either way.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let signals: Vec<Signal> =
        [kernel::signals(), machine::signals(), tools::signals(&arguments.archive)].into_iter().flatten().collect();
    let text = if arguments.json {
        serde_json::to_string_pretty(&Findings { schema: 1, signals }).map_err(Problem::unfinished)?
    } else {
        page(&signals)
    };
    print(&text)?;
    Ok(Answer::Done)
}

fn page(signals: &[Signal]) -> String {
    let width = signals.iter().map(|signal| signal.name.len()).max().unwrap_or(0);
    let mut page = String::new();
    for signal in signals {
        let given = if signal.given { "yes" } else { "NO " };
        page += &format!("{given}  {:width$}  {}\n", signal.name, signal.found);
        if !signal.given {
            page += &format!("     {:width$}  without it: {}\n", "", signal.without);
        }
    }
    let missing = signals.iter().filter(|signal| !signal.given).count();
    page += &match missing {
        0 => "\nEvery signal is there: this machine can tell network time from its own.\n".to_owned(),
        1 => "\n1 signal is missing: see what is lost without it. Nothing is guessed in its place.\n".to_owned(),
        n => format!("\n{n} signals are missing: see what is lost without each. Nothing is guessed in their place.\n"),
    };
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_said_of_what_is_missing_only() {
        let page = page(&[Signal::given("clock", "ticks", "no time"), Signal::missing("sun", "dark", "no shadow")]);
        assert!(page.contains("yes  clock  ticks") && page.contains("NO   sun    dark"), "{page}");
        assert!(page.contains("without it: no shadow") && !page.contains("no time"), "{page}");
        assert!(page.contains("1 signal is missing"), "{page}");
    }
}
