use crate::exit::{Outcome, Problem};
use crate::selection::SelectionArguments;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: SelectionArguments,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let _ = &arguments.selection;
    Err(Problem::unfinished("not built yet"))
}
