//! The archive as commands use it.

use std::path::Path;

use parallax::adapters::archive::{Archive, Mode, open};

use crate::exit::Problem;

/// Opens it and waits for what `work` asks of it.
pub(crate) fn with<T>(
    place: &str,
    mode: Mode,
    work: impl AsyncFnOnce(&mut Archive) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let mut archive = open(place, mode)?;
    tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| Problem::unfinished(format!("cannot start: {error}")))?
        .block_on(work(&mut archive))
}

/// The file behind a place, where there is one.
pub(crate) fn file(place: &str) -> Option<&Path> {
    place.strip_prefix("sqlite:").map(Path::new)
}
