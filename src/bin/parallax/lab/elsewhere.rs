//! `parallax lab run` and `parallax lab score` where there are no network namespaces.

use std::ffi::OsString;

use crate::exit::{Outcome, Problem};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// As on Linux; here it does not matter
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<OsString>,
}

pub(super) fn run(_: &Arguments) -> Outcome {
    Err(Problem::input(
        "the lab needs Linux: networks of its own, and shares of a processor; here it can only list and show",
    ))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Lab {
        #[command(subcommand)]
        what: What,
    }

    #[derive(clap::Subcommand)]
    enum What {
        Run(Arguments),
        Score(Arguments),
    }

    #[test]
    fn whatever_is_asked_for_the_answer_is_that_it_needs_linux() {
        for words in ["run", "run null", "run null --rounds 3 --json", "score", "score --suite full --probe x"] {
            let asked = Lab::try_parse_from(["lab"].into_iter().chain(words.split(' ')));
            let (What::Run(arguments) | What::Score(arguments)) = asked.unwrap_or_else(|error| panic!("{error}")).what;
            assert!(matches!(run(&arguments), Err(Problem::Input(why)) if why.contains("needs Linux")), "{words}");
        }
    }
}
