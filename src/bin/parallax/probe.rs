use crate::exit::{Outcome, Problem};

#[derive(Debug, clap::Args)]
pub struct Arguments {}

pub fn run(_arguments: &Arguments) -> Outcome {
    Err(Problem::unfinished("not built yet"))
}
