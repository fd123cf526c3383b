//! The month's bill, line by line and arm by arm.

use std::collections::BTreeMap;

use serde::Serialize;

use super::deployment::{Arm, Deployment};
use super::error::CostError;
use super::formula::Formula;
use super::prices::{Architecture, Item, Per, Prices};
use super::usage::{Usage, of_an_arm, shared};

/// On which terms AWS bills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The processors of all functions.
    pub architecture: Architecture,
    /// The account has the free allowances, and uses them for nothing else.
    pub free_allowances: bool,
}

/// What a month costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bill {
    /// All lines together.
    pub total: f64,
    /// Item by item, as the price file has them.
    pub lines: Vec<Line>,
    /// What each arm causes.
    pub arms: Vec<Share>,
    /// What no arm causes alone.
    pub shared: f64,
}

/// One item.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// The AWS service.
    pub service: String,
    /// What is paid for.
    pub item: String,
    /// How much of it in a month.
    pub quantity: f64,
    /// In which unit.
    pub unit: String,
    /// What it costs.
    pub cost: f64,
    /// How the quantity is counted; per arm where an arm causes it.
    pub formula: String,
    /// How sure the price is.
    pub price_source: String,
}

/// One arm's part.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// Where it runs.
    pub region: String,
    /// Its size.
    pub memory_mb: u32,
    /// How it measures.
    pub method: String,
    /// Pages it watches.
    pub targets: usize,
    /// Invocations in a month.
    pub invocations: f64,
    /// Samples in a month.
    pub samples: f64,
    /// What it costs.
    pub cost: f64,
}

/// The bill of a deployment.
///
/// # Errors
/// A formula has no finite value of zero or more for this deployment.
pub fn bill(prices: &Prices, deployment: &Deployment, terms: Terms) -> Result<Bill, CostError> {
    let counting = prices.counting()?;
    let usages: Vec<Usage> =
        deployment.arms.iter().map(|arm| Usage::of(arm, deployment.tick_minutes, &counting)).collect();
    let whole = usages.iter().fold(Usage::default(), |sum, usage| sum.plus(*usage));
    let arms: Vec<Values<'_>> = deployment
        .arms
        .iter()
        .zip(&usages)
        .map(|(arm, usage)| Values::new(prices, deployment, Some(arm), *usage))
        .collect::<Result<_, _>>()?;
    let fleet = Values::new(prices, deployment, None, whole)?;

    let mut used: BTreeMap<&str, f64> = BTreeMap::new();
    let (mut lines, mut of_arms, mut shared) = (Vec::new(), vec![0.0; arms.len()], 0.0);
    for item in &prices.items {
        let quantities: Vec<f64> = match item.per {
            Per::Arm => arms.iter().map(|arm| arm.quantity(item)).collect::<Result<_, _>>()?,
            Per::Fleet => vec![fleet.quantity(item)?],
        };
        let Some(meter) = prices.meters.get(&item.meter) else { continue };
        let quantity: f64 = quantities.iter().sum();
        let before = used.entry(item.meter.as_str()).or_default();
        let cost = meter.usd(*before, *before + quantity, terms.architecture, terms.free_allowances);
        *before += quantity;
        match item.per {
            Per::Fleet => shared += cost,
            Per::Arm if quantity > 0.0 => {
                of_arms.iter_mut().zip(&quantities).for_each(|(sum, own)| *sum += cost * (own / quantity));
            }
            Per::Arm => (),
        }
        lines.push(Line {
            service: item.service.clone(),
            item: item.name.clone(),
            quantity,
            unit: meter.unit.clone(),
            cost,
            formula: item.written.clone(),
            price_source: meter.source.clone(),
        });
    }
    let share = |((arm, usage), cost): ((&Arm, &Usage), f64)| Share {
        region: arm.region.clone(),
        memory_mb: arm.memory_mb,
        method: arm.method.clone(),
        targets: arm.every.len(),
        invocations: usage.invocations,
        samples: usage.samples,
        cost,
    };
    Ok(Bill {
        total: lines.iter().map(|line| line.cost).sum(),
        lines,
        arms: deployment.arms.iter().zip(&usages).zip(of_arms).map(share).collect(),
        shared,
    })
}

/// What the names of formulas stand for, for one arm or for the fleet.
struct Values<'a> {
    prices: &'a Prices,
    deployment: &'a Deployment,
    arm: Option<&'a Arm>,
    usage: Usage,
    defined: BTreeMap<&'a str, f64>,
}

impl<'a> Values<'a> {
    fn new(
        prices: &'a Prices,
        deployment: &'a Deployment,
        arm: Option<&'a Arm>,
        usage: Usage,
    ) -> Result<Self, CostError> {
        let mut values = Self { prices, deployment, arm, usage, defined: BTreeMap::new() };
        let per = if arm.is_some() { Per::Arm } else { Per::Fleet };
        for definition in prices.definitions.iter().filter(|definition| definition.per == per) {
            let value = values.value(&definition.name, &definition.formula)?;
            values.defined.insert(&definition.name, value);
        }
        Ok(values)
    }

    fn named(&self, name: &str) -> Option<f64> {
        let arm = || self.arm.and_then(|arm| of_an_arm(arm, &self.deployment.home, name));
        self.defined
            .get(name)
            .copied()
            .or_else(|| self.prices.assumptions.get(name).map(|assumption| assumption.value))
            .or_else(|| self.usage.named(name))
            .or_else(|| shared(self.deployment, name))
            .or_else(arm)
    }

    fn quantity(&self, item: &Item) -> Result<f64, CostError> {
        self.value(&item.name, &item.formula)
    }

    fn value(&self, of: &str, formula: &Formula) -> Result<f64, CostError> {
        let wrong = |name: &str| CostError::Formula { of: of.to_owned(), what: format!("it names `{name}`") };
        let value = formula.value(&|name| self.named(name)).map_err(wrong)?;
        match value.is_finite() && value >= 0.0 {
            true => Ok(value),
            false => {
                Err(CostError::Number { name: of.to_owned(), value, wanted: "of zero or more by other assumptions" })
            }
        }
    }
}
