//! Every region at once, each for itself.

use futures_util::future::join_all;
use parallax::adapters::aws::connection::{self, Patience};
use parallax::adapters::aws::failure::{Failure, Kind};
use parallax::adapters::aws::targets::Targets;

use super::meant::Meant;
use crate::exit::Problem;

/// A region, and what came of it.
pub(super) struct Answered<T> {
    pub(super) region: String,
    pub(super) outcome: Result<T, Failure>,
}

/// Does the same with the table of each region; one that fails does not keep the others from ending.
pub(super) fn each<T>(
    meant: &Meant,
    work: impl AsyncFn(&Targets) -> Result<T, Failure>,
) -> Result<Vec<Answered<T>>, Problem> {
    let one = async |region: &String| {
        let config = connection::config(Some(region), Patience::COMMAND).await;
        let outcome = work(&Targets::new(&config, &meant.table)).await;
        Answered { region: region.clone(), outcome }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Problem::unfinished(format!("cannot start: {error}")))?;
    Ok(runtime.block_on(join_all(meant.regions.iter().map(one))))
}

/// Whoever has another fleet than that whose table was looked for is told how to name it.
const WHICH_TABLE: &str = "infra/deploy makes a table of targets in each region, named after the fleet; for a fleet NAME, write \
                           `name = \"NAME\"` in [fleet], or --targets dynamodb:NAME-targets\n";

/// Which regions failed, and why; nothing where none did. Without credentials it is the input that is wrong.
pub(super) fn failed<T>(answers: &[Answered<T>]) -> Option<Problem> {
    let failed = answers
        .iter()
        .filter_map(|answer| answer.outcome.as_ref().err().map(|failure| format!("{}: {failure}", answer.region)));
    let failed: Vec<String> = failed.collect();
    // The same in every region, and nothing was asked of any.
    let unknown =
        |answer: &Answered<T>| answer.outcome.as_ref().is_err_and(|failure| failure.kind == Kind::Unauthenticated);
    if let Some(Err(failure)) = answers.first().map(|answer| &answer.outcome)
        && answers.iter().all(unknown)
    {
        return Some(Problem::input(failure));
    }
    let done = answers.len() - failed.len();
    (!failed.is_empty()).then(|| {
        let others = if done == 0 { "no region is done" } else { "the other regions are done" };
        let missing =
            answers.iter().any(|answer| answer.outcome.as_ref().is_err_and(|failure| failure.kind == Kind::Missing));
        let which = if missing { WHICH_TABLE } else { "" };
        Problem::unfinished(format!("{}\n{which}{others}; the same command again does the rest", failed.join("\n")))
    })
}
