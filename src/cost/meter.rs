//! What AWS counts and asks for: one price, prices by the amount, or by architecture.

use serde::Deserialize;

use super::error::CostError;
use super::prices::Architecture;

/// One thing AWS counts for the whole account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Meter {
    pub(super) unit: String,
    pub(super) usd: Price,
    /// How many a month are free, where free allowances count.
    #[serde(default)]
    pub(super) free: f64,
    pub(super) source: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Price {
    Flat(f64),
    Tiers(Vec<Tier>),
    Architectures { x86_64: f64, arm64: f64 },
}

/// The price up to an amount; without one, of all that is left.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tier {
    to: Option<f64>,
    usd: f64,
}

impl Meter {
    /// Prices and amounts are numbers one can pay.
    pub(super) fn check(&self, name: &str) -> Result<(), CostError> {
        let of = format!("meter.{name}");
        let right = |value: f64| match value.is_finite() && value >= 0.0 {
            true => Ok(()),
            false => Err(CostError::Number { name: of.clone(), value, wanted: "of zero or more" }),
        };
        right(self.free)?;
        match &self.usd {
            Price::Flat(usd) => right(*usd),
            Price::Architectures { x86_64, arm64 } => right(*x86_64).and_then(|()| right(*arm64)),
            Price::Tiers(tiers) => {
                let mut before = 0.0;
                for (i, tier) in tiers.iter().enumerate() {
                    right(tier.usd)?;
                    let last = i + 1 == tiers.len();
                    match tier.to {
                        Some(to) if to.is_finite() && to > before && !last => before = to,
                        None if last => (),
                        to => {
                            let wanted = "above the one before it as `to` of each tier; the last tier has none";
                            return Err(CostError::Number { name: of, value: to.unwrap_or(0.0), wanted });
                        }
                    }
                }
                if tiers.is_empty() {
                    let wanted = "as `usd`, or one tier at least";
                    return Err(CostError::Number { name: of, value: 0.0, wanted });
                }
                Ok(())
            }
        }
    }

    /// What the amount from `before` to `after` costs.
    pub(super) fn usd(&self, before: f64, after: f64, architecture: Architecture, free: bool) -> f64 {
        let free = if free { self.free } else { 0.0 };
        let paid = |amount: f64| match &self.usd {
            Price::Flat(usd) => (amount - free).max(0.0) * usd,
            Price::Architectures { x86_64, arm64 } => {
                let usd = if architecture == Architecture::Arm64 { arm64 } else { x86_64 };
                (amount - free).max(0.0) * usd
            }
            Price::Tiers(tiers) => {
                let (mut from, mut sum) = (free, 0.0);
                for tier in tiers {
                    let to = tier.to.unwrap_or(f64::INFINITY);
                    sum += (amount.min(to) - from).max(0.0) * tier.usd;
                    from = from.max(to);
                }
                sum
            }
        };
        paid(after) - paid(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(usd: Price, free: f64) -> Meter {
        Meter { unit: "metrics".into(), usd, free, source: "test".into() }
    }

    #[test]
    fn tiers_are_filled_one_after_the_other_by_all_items_together() {
        let tiers =
            vec![Tier { to: Some(10.0), usd: 3.0 }, Tier { to: Some(20.0), usd: 2.0 }, Tier { to: None, usd: 1.0 }];
        let meter = meter(Price::Tiers(tiers), 4.0);
        let usd = |from, to, free| meter.usd(from, to, Architecture::Arm64, free);
        assert_eq!(usd(0.0, 25.0, false), 30.0 + 20.0 + 5.0);
        assert_eq!(usd(8.0, 12.0, false), 6.0 + 4.0);
        assert_eq!(usd(0.0, 8.0, false) + usd(8.0, 25.0, false), usd(0.0, 25.0, false));
        assert_eq!(usd(0.0, 25.0, true), 55.0 - 12.0);
    }

    #[test]
    fn what_is_free_is_used_up_once() {
        let meter = meter(Price::Flat(2.0), 10.0);
        assert_eq!(meter.usd(0.0, 8.0, Architecture::X86, true), 0.0);
        assert_eq!(meter.usd(8.0, 16.0, Architecture::X86, true), 12.0);
    }

    #[test]
    fn tiers_out_of_order_are_refused() {
        for tiers in [
            vec![],
            vec![Tier { to: Some(1.0), usd: 1.0 }],
            vec![Tier { to: Some(2.0), usd: 1.0 }, Tier { to: Some(1.0), usd: 1.0 }, Tier { to: None, usd: 1.0 }],
            vec![Tier { to: None, usd: 1.0 }, Tier { to: None, usd: 1.0 }],
            vec![Tier { to: None, usd: -1.0 }],
        ] {
            assert!(meter(Price::Tiers(tiers), 0.0).check("m").is_err());
        }
        assert!(meter(Price::Flat(f64::NAN), 0.0).check("m").is_err());
    }
}
