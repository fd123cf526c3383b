//! The command line: what was typed, then what it means; one file a command.
#![warn(clippy::print_stdout, clippy::print_stderr, reason = "they panic where nobody reads; see `output`")]

mod agent;
mod archive;
mod canvas;
mod compare;
mod cost;
mod demo;
mod deployment;
mod doctor;
mod draft;
mod exit;
mod explain;
mod explained;
mod export;
mod import;
mod interrupt;
mod lab;
mod measuring;
mod nearest;
mod output;
mod page_file;
mod probe;
mod progress;
mod report;
mod seed;
mod selection;
mod status;
mod stopwatch;
mod targets;
mod target_arguments;
mod turns;
mod vantage;
mod variance;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measures web pages with one identical probe, and explains why two monitors of the same page disagree.
#[derive(Debug, Parser)]
#[command(name = "parallax", version, max_term_width = 100)]
struct Typed {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Two monitors of one page, offline, in about a minute
    Demo(demo::Arguments),
    /// One measurement as a waterfall
    Probe(probe::Arguments),
    /// Two ways of measuring from this host, interleaved
    Compare(compare::Arguments),
    /// An on-premises vantage on a schedule
    Agent(agent::Arguments),
    /// Latency across vantages and targets
    Report(report::Arguments),
    /// Why two sources disagree
    Explain(explain::Arguments),
    /// Where the spread lives: vantage, zone, sandbox, CPU model, invocation
    Variance(variance::Arguments),
    /// Which sources there are, and when each was last seen
    Status(status::Arguments),
    /// What each monitor's number means, and what it would have shown
    Stopwatch(stopwatch::Arguments),
    /// The pages that the probes on AWS watch, in every region
    Targets(targets::Arguments),
    /// The monthly AWS bill of a fleet, before you deploy it
    Cost(cost::Arguments),
    /// What a fleet file asks of AWS, as infra/deploy reads it
    Deployment(deployment::Arguments),
    /// Disagreements whose causes are known, made on this machine, explained and scored
    Lab(lab::Arguments),
    /// Which signals this machine gives
    Doctor(doctor::Arguments),
    /// Samples out of the archive
    Export(export::Arguments),
    /// Other monitors' samples into the archive
    Import(import::Arguments),
}

fn main() -> ExitCode {
    exit::code(match Typed::parse().command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Probe(arguments) => probe::run(&arguments),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Agent(arguments) => agent::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Variance(arguments) => variance::run(&arguments),
        Command::Status(arguments) => status::run(&arguments),
        Command::Stopwatch(arguments) => stopwatch::run(&arguments),
        Command::Targets(arguments) => targets::run(&arguments),
        Command::Cost(arguments) => cost::run(&arguments),
        Command::Deployment(arguments) => deployment::run(&arguments),
        Command::Lab(arguments) => lab::run(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
    })
}
