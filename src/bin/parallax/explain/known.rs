//! What the user knows of a side that shows its total only.

use std::time::Duration;

use parallax::explain::bounds::Known;

use crate::target_arguments::quantity;

#[derive(Debug, clap::Args)]
#[group(id = "known", multiple = true, conflicts_with = "bridge")]
pub(super) struct KnownArguments {
    /// A round trip of the side that shows its total only, such as Zabbix's icmppingsec: its distance has closer bounds
    #[arg(long, value_name = "SECONDS", value_parser = quantity::span, allow_hyphen_values = true)]
    known_round_trip: Option<Duration>,
    /// Its name resolution, such as Zabbix's net.dns.perf
    #[arg(long, value_name = "SECONDS", value_parser = quantity::span, allow_hyphen_values = true)]
    known_dns: Option<Duration>,
    /// Its connections: new ones, as the first step of a Zabbix scenario makes, or kept ones, as later steps use
    #[arg(long, value_name = "HOW", value_enum, requires = "known_round_trip")]
    known_connections: Option<Connections>,
    /// The server needs as long for it as for the other side, within this much
    #[arg(long, value_name = "SECONDS", value_parser = quantity::span, allow_hyphen_values = true)]
    known_server_within: Option<Duration>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Connections {
    New,
    Kept,
}

impl KnownArguments {
    /// In milliseconds.
    pub(super) fn meant(&self) -> Known {
        let ms = |length: Option<Duration>| length.map(|length| length.as_secs_f64() * 1_000.0);
        Known {
            round_trip: ms(self.known_round_trip),
            fresh: self.known_connections.map(|how| matches!(how, Connections::New)),
            dns: ms(self.known_dns),
            server_same_within: ms(self.known_server_within),
        }
    }
}
