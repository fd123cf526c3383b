//! The aggregator as it is deployed: its own process, asked through Lambda's Runtime API, on AWS's wire protocols.

mod chaos;
mod deployed;
mod hub;
