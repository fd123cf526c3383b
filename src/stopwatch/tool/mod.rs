//! One file a tool; each holds its definition as it was read.

mod blackbox_exporter;
mod checkly;
mod cloudprober;
mod curl;
mod fresh;
mod gatus;
mod globalping;
mod httpcheck;
mod k6;
mod lambda_handler;
mod oha;
mod openstatus;
mod pooled;
mod ripe_atlas;
mod smokeping_curl;
mod upptime;
mod uptime_kuma;
mod zabbix_agent_2;
mod zabbix_agent_before_2019;
mod zabbix_agent_c;
mod zabbix_scenario;

use super::definition::Definition;

/// All of them, in the order of the table.
pub(super) const ALL: [&Definition; 21] = [
    &zabbix_scenario::DEFINITION,
    &zabbix_agent_c::DEFINITION,
    &zabbix_agent_2::DEFINITION,
    &zabbix_agent_before_2019::DEFINITION,
    &curl::DEFINITION,
    &blackbox_exporter::DEFINITION,
    &cloudprober::DEFINITION,
    &gatus::DEFINITION,
    &uptime_kuma::DEFINITION,
    &openstatus::DEFINITION,
    &k6::DEFINITION,
    &globalping::DEFINITION,
    &ripe_atlas::DEFINITION,
    &httpcheck::DEFINITION,
    &smokeping_curl::DEFINITION,
    &upptime::DEFINITION,
    &oha::DEFINITION,
    &checkly::DEFINITION,
    &lambda_handler::DEFINITION,
    &fresh::DEFINITION,
    &pooled::DEFINITION,
];
