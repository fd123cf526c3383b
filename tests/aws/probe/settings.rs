//! A function that is told too little says all that is missing, and ends.

use std::path::Path;

use super::{Fleet, HERE};
use crate::support::fake_lambda::FakeLambda;

#[test]
fn all_that_is_missing_is_said_and_nothing_is_begun() {
    let Some(fleet) = Fleet::deploy("all_that_is_missing_is_said_and_nothing_is_begun") else { return };
    let mut variables = fleet.variables();
    variables.retain(|(name, _)| !["PARALLAX_QUEUE_URL", "PARALLAX_TARGETS_TABLE"].contains(name));
    variables.push(("PARALLAX_METHOD", "guess".to_owned()));
    let mut sandbox = FakeLambda::start(Path::new(env!("CARGO_BIN_EXE_probe")), HERE, &variables);
    assert_eq!(sandbox.exit(), Some(2));
    let line = &sandbox.lines(1)[0];
    for word in ["PARALLAX_QUEUE_URL is not set", "PARALLAX_TARGETS_TABLE is not set", "PARALLAX_METHOD is none of"] {
        assert!(line.contains(word), "{line}");
    }
}
