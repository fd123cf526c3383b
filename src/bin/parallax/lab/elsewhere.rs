//! `parallax lab run` where there are no network namespaces.

use std::path::PathBuf;

use crate::exit::{Outcome, Problem};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Its name, as `parallax lab list` has it; also NAME:small, NAME:large, NAME+NAME, NAME:without-KEY
    scenario: String,
    #[arg(long, hide = true)]
    rounds: Option<u32>,
    #[arg(long, hide = true)]
    seed: Option<u32>,
    #[arg(long, hide = true)]
    out: Option<PathBuf>,
}

pub(super) fn run(_: &Arguments) -> Outcome {
    Err(Problem::input(
        "the lab needs Linux: networks of its own, and shares of a processor; here it can only list and show",
    ))
}
