//! What a host needs of a fleet file to run as a vantage.

use std::time::Duration;

use crate::measurement::identity::Vantage;

use super::finding::{FleetError, Mistake, Position};
use super::{Fleet, Page};

/// One host's part of a fleet.
#[derive(Clone, Debug)]
pub struct Host {
    /// Its name.
    pub vantage: Vantage,
    /// Samples older than this go; absent keeps all.
    pub keep: Option<Duration>,
    /// At least one page.
    pub pages: Vec<Page>,
}

pub(super) fn host(fleet: Fleet) -> Result<Host, FleetError> {
    let mut mistakes = Vec::new();
    let missing = |page: &'_ Page| -> Vec<_> {
        let also_here = |header: &str| page.variables.iter().any(|variable| variable.header == header);
        page.parameters.iter().filter(|parameter| !also_here(&parameter.header)).cloned().collect()
    };
    for parameter in fleet.pages.iter().flat_map(missing) {
        let what = format!(
            "the header `{}` comes from AWS (ssm = \"…\"), which an agent on a host does not ask; \
             write {{ env = \"VARIABLE\" }}, or both",
            parameter.header
        );
        mistakes.push(Mistake { at: parameter.at, what });
    }
    match fleet.vantage {
        Some(vantage) if mistakes.is_empty() => Ok(Host { vantage, keep: fleet.keep, pages: fleet.pages }),
        Some(_) => Err(FleetError { mistakes }),
        None => {
            let what = "the file has no [vantage]; an agent needs one, such as `[vantage]` with \
                        `id = \"host/tokyo-office\"`";
            mistakes.insert(0, Mistake { at: Position { line: 1, column: 1 }, what: what.to_owned() });
            Err(FleetError { mistakes })
        }
    }
}
