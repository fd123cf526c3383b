//! Where the probe as a function is, for scenarios that have one at a side.

use std::env;
use std::path::{Path, PathBuf};

use parallax::lab::scenario::Scenario;

use crate::exit::Problem;

/// The file that was named, or that of the usual name beside this program; nothing where no scenario needs it.
pub(super) fn probe<'a>(
    named: Option<&Path>,
    scenarios: impl IntoIterator<Item = &'a Scenario>,
) -> Result<Option<PathBuf>, Problem> {
    let Some(scenario) = scenarios.into_iter().find(|scenario| scenario.needs_probe()) else { return Ok(None) };
    let beside = || env::current_exe().ok().map(|own| own.with_file_name("probe"));
    let (place, said) = match named {
        Some(named) => (Some(named.to_owned()), "--probe: "),
        None => (beside(), ""),
    };
    match place {
        Some(place) if place.is_file() => Ok(Some(place)),
        place => Err(Problem::input(format!(
            "{said}scenario {} runs the probe as a Lambda function, and its program is not at {}; make it with \
             `cargo build --features lambda --bin probe` (with --release beside a release build), or name it by --probe",
            scenario.name,
            place.unwrap_or_default().display()
        ))),
    }
}
