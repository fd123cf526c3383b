//! The one integration binary: each module holds one promise of the product against real sockets, files and processes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(unreachable_pub, reason = "a binary of tests has no outside: `pub` says what a module offers the others")]

mod account;
mod account_ways;
mod agent;
mod archive;
#[cfg(feature = "aws")]
mod aws;
mod bench_bounds;
mod browser;
mod causes;
mod cli;
mod closed_pipes;
mod cost;
mod curl;
mod demo;
mod doubted;
mod environment;
mod exchange;
mod explain;
mod explain_command;
mod fleet;
mod hostile;
mod import_export;
mod import_graph;
mod import_servers;
mod intake;
#[cfg(target_os = "linux")]
mod lab;
#[cfg(target_os = "linux")]
mod lab_agent;
#[cfg(target_os = "linux")]
mod lab_alone;
#[cfg(target_os = "linux")]
mod lab_causes;
#[cfg(all(target_os = "linux", feature = "lambda"))]
mod lab_function;
#[cfg(target_os = "linux")]
mod lab_kept;
#[cfg(target_os = "linux")]
mod lab_leftovers;
#[cfg(target_os = "linux")]
mod lab_monitors;
#[cfg(target_os = "linux")]
mod lab_nginx;
#[cfg(target_os = "linux")]
mod lab_refused;
#[cfg(target_os = "linux")]
mod lab_run;
mod lab_scenarios;
mod ledger;
mod metrics;
mod own_work;
mod parcel;
mod pooled;
mod reml;
mod replay;
mod report;
mod report_command;
mod resolve;
mod row;
mod score;
mod score_short;
mod simulated;
mod simulator;
mod site;
#[cfg(all(feature = "aws", feature = "lambda"))]
mod start_cost;
mod statistics;
mod stopwatch;
mod support;
mod variance;
mod variance_command;
