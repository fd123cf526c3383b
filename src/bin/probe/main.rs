//! The probe as a Lambda function.

fn main() {}
