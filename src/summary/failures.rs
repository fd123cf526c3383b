//! What went wrong, by the word it is counted under.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::measurement::outcome::{Check, Outcome};
use crate::statistics::proportion::Proportion;

/// Samples that were not good.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Failures {
    /// Samples that failed, or were answered and broke a check.
    pub samples: u64,
    /// Their share of all samples; absent where there is none.
    pub share: Option<Proportion>,
    /// Failed samples by cause.
    pub causes: BTreeMap<&'static str, u64>,
    /// Broken checks; one sample may break several.
    pub checks: BTreeMap<&'static str, u64>,
}

impl Failures {
    /// Counts one sample's outcome.
    pub fn add(&mut self, outcome: &Outcome) {
        self.samples += u64::from(!outcome.is_good());
        match outcome {
            Outcome::Failed(failure) => *self.causes.entry(failure.cause.as_str()).or_default() += 1,
            Outcome::Answered(answer) => {
                for failed in &answer.failed_checks {
                    *self.checks.entry(check_name(failed.check)).or_default() += 1;
                }
            }
        }
    }
}

/// The name of a check in JSON and on pages.
#[must_use]
pub fn check_name(check: Check) -> &'static str {
    match check {
        Check::Status => "status",
        Check::BodyContains => "body_contains",
        Check::BodyMatches => "body_matches",
        Check::Json => "json",
        Check::Header => "header",
        Check::CertificateDaysLeft => "certificate_days_left",
        Check::MaxTime => "max_time",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_counted_under_its_name_in_json() {
        for check in [Check::Status, Check::BodyContains, Check::Json, Check::CertificateDaysLeft, Check::MaxTime] {
            assert_eq!(serde_json::to_value(check).unwrap(), check_name(check));
        }
    }
}
