//! `parallax import zabbix`.

use parallax::adapters::clock;
use parallax::adapters::import::zabbix::history::{ItemHistory, Server};
use parallax::adapters::import::zabbix::item::Said;

use super::pages::{import, wait};
use super::server::ServerArguments;
use super::unit::TypedUnit;
use super::whose::Whose;
use crate::exit::{Outcome, Problem};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    server: ServerArguments,
    /// The host, by its technical or visible name
    #[arg(long, value_name = "NAME", help_heading = "Item")]
    host: String,
    /// The item, by its key or name, as in web.test.time[shop,home,resp] or web.page.perf[www.example.com]
    #[arg(long, value_name = "KEY", help_heading = "Item")]
    item: String,
    /// What its values start and stop at [default: what is known of web.test.time and web.page.perf]
    #[arg(long, value_name = "NAME", help_heading = "Item")]
    stopwatch: Option<String>,
    /// The unit of its values, where the item has none
    #[arg(long, value_name = "UNIT", help_heading = "Item")]
    unit: Option<TypedUnit>,
    /// The version of what measured [default: Zabbix's, or the agent's by agent.version]
    #[arg(long, value_name = "VERSION", help_heading = "Item")]
    tool_version: Option<String>,
    #[command(flatten)]
    whose: Whose,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let now = clock::wall();
    let between = arguments.whose.between(now)?;
    if !arguments.server.has_token() {
        return Err(Problem::input("--token-env: name the environment variable that holds an API token of Zabbix"));
    }
    // Names that cannot be are said before anything is asked.
    arguments.whose.origin("zabbix", arguments.stopwatch.as_deref().unwrap_or("zabbix"), None)?;
    let asked = arguments.server.asked(None)?;
    wait(async {
        let server = Server::new(asked.client, asked.address, asked.credentials).await?;
        let said = Said {
            stopwatch: arguments.stopwatch.clone(),
            unit: arguments.unit.map(TypedUnit::unit),
            version: arguments.tool_version.clone(),
        };
        let meant = server.item(&arguments.host, &arguments.item, &said).await?;
        let origin = arguments.whose.origin("zabbix", &meant.stopwatch, meant.version.clone())?;
        let mut history = ItemHistory::new(server, meant, origin.clone(), between.until, now);
        import(&mut history, &arguments.whose, &origin, between).await
    })
}
