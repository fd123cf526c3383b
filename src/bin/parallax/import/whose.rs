//! Whose samples a server's values are, and which of them are read.

use parallax::adapters::import::mapping::Origin;
use parallax::measurement::identity::{Method, Stopwatch, TargetId, Vantage};
use parallax::measurement::units::UnixMillis;

use crate::exit::Problem;
use crate::selection::moment;

#[derive(Debug, clap::Args)]
pub(super) struct Whose {
    /// The page these samples are of
    #[arg(long, value_name = "ID")]
    target: String,
    /// Where they were measured, as in zabbix/tokyo
    #[arg(long, value_name = "ID")]
    vantage: String,
    /// Only values since then, whatever was imported before: a length of time back (7d), a day or an RFC 3339 time
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only values before then
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Believe the values even if most are over 10 minutes, or under 1 µs
    #[arg(long)]
    pub(super) any_value: bool,
    /// Import the rest although there are values that cannot be samples; exit code 1 if there were any
    #[arg(long)]
    pub(super) skip_bad: bool,
    /// Where samples are kept: sqlite:PATH, made if it is not there, or dynamodb:TABLE
    #[arg(long, value_name = "PLACE", default_value = "sqlite:parallax.db")]
    pub(super) archive: String,
    /// Print what was imported as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Which values are read, as far as it was said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Between {
    pub(super) since: Option<UnixMillis>,
    pub(super) until: Option<UnixMillis>,
}

impl Whose {
    pub(super) fn between(&self, now: UnixMillis) -> Result<Between, Problem> {
        let read = |flag, text: &Option<String>| text.as_deref().map(|text| moment(flag, text, now)).transpose();
        let between = Between { since: read("--since", &self.since)?, until: read("--until", &self.until)? };
        match (between.since, between.until) {
            (Some(since), Some(until)) if since >= until => {
                Err(Problem::input("--since is not before --until, so no value can lie between; swap or widen them"))
            }
            _ => Ok(between),
        }
    }

    pub(super) fn origin(&self, tool: &str, stopwatch: &str, version: Option<String>) -> Result<Origin, Problem> {
        fn named<T, E: std::fmt::Display>(flag: &str, read: Result<T, E>) -> Result<T, Problem> {
            read.map_err(|error| Problem::input(format!("{flag}: {error}")))
        }
        let method: Method = named("--tool", tool.parse())?;
        if matches!(method, Method::Fresh | Method::Pooled) {
            return Err(Problem::input(format!("--tool: `{method}` is a method of parallax itself; name the tool")));
        }
        Ok(Origin {
            target: named("--target", TargetId::new(&self.target))?,
            vantage: named("--vantage", Vantage::new(&self.vantage))?,
            method,
            stopwatch: named("--stopwatch", Stopwatch::new(stopwatch))?,
            tool_version: version,
            probe_version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }
}
