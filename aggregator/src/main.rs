//! The aggregator as a Lambda function.

fn main() {}
