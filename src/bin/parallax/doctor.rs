//! Which signals this machine gives: each one tried, not assumed.

mod kernel;
mod machine;
mod signal;
mod tools;

use parallax::report::clean::clean;
use parallax::report::terminal::{self, Canvas};
use serde::Serialize;

use crate::canvas::CanvasArguments;
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
    #[command(flatten)]
    canvas: CanvasArguments,
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
        page(&signals, arguments.canvas.meant())
    };
    print(&text)?;
    Ok(Answer::Done)
}

fn page(signals: &[Signal], canvas: Canvas) -> String {
    let width = signals.iter().map(|signal| signal.name.len()).max().unwrap_or(0);
    let mut page = Vec::new();
    // Whatever is found stands in a column of its own, however often it goes on in another line.
    let mut line = |first: String, found: &str| {
        let lines = terminal::wrapped(&clean(found, canvas.ascii), canvas.width.saturating_sub(first.len()).max(20));
        let blank = " ".repeat(first.len());
        page.extend(
            lines.iter().enumerate().map(|(at, line)| format!("{}{line}", if at == 0 { &first } else { &blank })),
        );
    };
    for signal in signals {
        let given = if signal.given { "yes" } else { "NO " };
        line(format!("{given}  {:width$}  ", signal.name), &signal.found);
        if !signal.given {
            line(format!("     {:width$}  ", ""), &format!("without it: {}", signal.without));
        }
    }
    line(String::new(), "");
    let missing = signals.iter().filter(|signal| !signal.given).count();
    let end = match missing {
        0 => "Every signal is there: this machine can tell network time from its own.".to_owned(),
        1 => "1 signal is missing: see what is lost without it. Nothing is guessed in its place.".to_owned(),
        n => format!("{n} signals are missing: see what is lost without each. Nothing is guessed in their place."),
    };
    line(String::new(), &end);
    page.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_said_of_what_is_missing_only() {
        let signals = [Signal::given("clock", "ticks", "no time"), Signal::missing("sun", "dark", "no shadow")];
        let page = page(&signals, Canvas::default());
        assert!(page.contains("yes  clock  ticks") && page.contains("NO   sun    dark"), "{page}");
        assert!(page.contains("without it: no shadow") && !page.contains("no time"), "{page}");
        assert!(page.contains("1 signal is missing"), "{page}");
    }

    #[test]
    fn what_was_found_keeps_its_column_on_a_narrow_page() {
        let found = "the kernel has not heard of a time server (a host may still keep this machine’s clock)";
        let page = page(&[Signal::given("clock in step with UTC", found, "")], Canvas { width: 60, ascii: true });
        assert!(page.is_ascii() && page.lines().all(|line| line.len() <= 60), "{page}");
        assert!(page.lines().skip(1).take(2).all(|line| line.starts_with(&" ".repeat(29))), "{page}");
    }
}
