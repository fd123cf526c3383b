//! The archive as commands use it.

use std::path::Path;

use parallax::adapters::archive::Mode;
use parallax::adapters::engine::{Engine, open};

use crate::exit::Problem;

/// Opens it and waits for what `work` asks of it.
pub(crate) fn with<T>(
    place: &str,
    mode: Mode,
    work: impl AsyncFnOnce(&mut Engine) -> Result<T, Problem>,
) -> Result<T, Problem> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::unfinished(format!("cannot start: {error}")))?
        .block_on(async { work(&mut open(place, mode).await?).await })
}

/// The file behind a place, where there is one.
pub(crate) fn file(place: &str) -> Option<&Path> {
    place.strip_prefix("sqlite:").map(Path::new)
}
