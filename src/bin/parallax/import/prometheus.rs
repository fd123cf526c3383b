//! `parallax import prometheus`.

use parallax::adapters::clock;
use parallax::adapters::import::prometheus::history::{RETENTION_MS, SeriesHistory, Server};
use parallax::adapters::import::prometheus::monitor::{Monitor, PHASES};
use parallax::adapters::import::prometheus::selector::Selector;
use parallax::adapters::import::server::client::Credentials;
use parallax::measurement::units::UnixMillis;

use super::pages::{import, wait};
use super::server::ServerArguments;
use super::unit::TypedUnit;
use super::whose::Whose;
use crate::exit::{Outcome, Problem};
use crate::output::tell;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    server: ServerArguments,
    /// The environment variable that holds user:password
    #[arg(long, value_name = "VARIABLE", conflicts_with = "token_env", help_heading = "Server")]
    login_env: Option<String>,
    /// One series: probe_duration_seconds{…}, probe_http_duration_seconds{phase=…,…} or cloudprober's latency{…}
    #[arg(long, value_name = "SELECTOR", conflicts_with_all = ["job", "instance", "phase"], required_unless_present = "job", help_heading = "Series")]
    query: Option<String>,
    /// The job whose probe_duration_seconds it is
    #[arg(long, value_name = "NAME", help_heading = "Series")]
    job: Option<String>,
    /// The instance: what the job probes
    #[arg(long, value_name = "NAME", requires = "job", help_heading = "Series")]
    instance: Option<String>,
    /// One phase instead of the whole probe; it is a source of its own, as in method=blackbox_exporter:tls
    #[arg(long, value_name = "PHASE", requires = "job", value_parser = PHASES, help_heading = "Series")]
    phase: Option<String>,
    /// The unit of cloudprober's latency: its latency_unit
    #[arg(long, value_name = "UNIT", help_heading = "Series")]
    unit: Option<TypedUnit>,
    /// The exporter's version [default: that of blackbox_exporter_build_info, where there is one]
    #[arg(long, value_name = "VERSION", help_heading = "Series")]
    tool_version: Option<String>,
    #[command(flatten)]
    whose: Whose,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let now = clock::wall();
    let whose = &arguments.whose;
    let between = whose.between(now)?;
    let selector = arguments.selector()?;
    Monitor::check(&selector.metric).map_err(Problem::input)?;
    // Names that cannot be are said before anything is asked.
    whose.origin("prometheus", "prometheus", None)?;
    let login = arguments.login()?;
    let asked = arguments.server.asked(login)?;
    let server = Server { client: asked.client, address: asked.address, credentials: asked.credentials };
    let from = between.since.unwrap_or(UnixMillis(now.0 - RETENTION_MS));
    let to = between.until.unwrap_or(now);
    wait(async {
        let labels = server.the_series(&selector, from, to).await?;
        let monitor = Monitor::of(&labels).map_err(Problem::input)?;
        let unit = monitor.unit(arguments.unit.map(TypedUnit::unit)).map_err(Problem::input)?;
        let version = arguments.version(&server, &monitor, from, to).await?;
        let stopwatch = monitor.stopwatch(version.as_deref()).map_err(Problem::input)?;
        let origin = whose.origin(&monitor.tool(), &stopwatch, version)?;
        let mut history = SeriesHistory::new(server, (monitor, unit), labels, origin.clone(), between.until, now);
        import(&mut history, whose, &origin, between).await
    })
}

impl Arguments {
    fn selector(&self) -> Result<Selector, Problem> {
        if let Some(typed) = &self.query {
            return Selector::new(typed).map_err(|error| Problem::input(format!("--query: {error}")));
        }
        let metric = if self.phase.is_some() { "probe_http_duration_seconds" } else { "probe_duration_seconds" };
        let matchers = [("job", &self.job), ("instance", &self.instance), ("phase", &self.phase)];
        let matchers: Vec<(&str, &str)> =
            matchers.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
        Ok(Selector::of(metric, &matchers))
    }

    fn login(&self) -> Result<Option<Credentials>, Problem> {
        let Some(variable) = &self.login_env else { return Ok(None) };
        Credentials::login(variable, std::env::var(variable).ok())
            .map(Some)
            .map_err(|error| Problem::input(format!("--login-env: {error}")))
    }

    async fn version(
        &self,
        server: &Server,
        monitor: &Monitor,
        from: UnixMillis,
        to: UnixMillis,
    ) -> Result<Option<String>, Problem> {
        if self.tool_version.is_some() || !matches!(monitor, Monitor::Blackbox { .. }) {
            return Ok(self.tool_version.clone());
        }
        let mut versions = server.versions(from, to).await?;
        if versions.len() > 1 {
            tell(format_args!(
                "parallax: blackbox_exporter ran in several versions in this time ({}), so none is kept with the samples; \
                 say --tool-version, and divide the time by --since and --until",
                versions.join(", ").escape_debug()
            ));
            return Ok(None);
        }
        Ok(versions.pop())
    }
}
