//! Prices, assumptions and formulas: the data file, read and checked.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::error::CostError;
use super::formula::Formula;
use super::meter::Meter;
use super::usage::{Counting, OF_AN_ARM, SHARED, SUMMED};

/// The prices this program was built with.
pub const BUILT_IN: &str = include_str!("prices.toml");

/// What a function's processor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Architecture {
    /// `x86_64`.
    #[serde(rename = "x86_64")]
    X86,
    /// `arm64`, a fifth cheaper.
    #[serde(rename = "arm64")]
    Arm64,
}

impl Architecture {
    /// As AWS writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::X86 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }
}

/// Something taken for true, to be replaced by what one knows better.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Assumption {
    /// Its number.
    pub value: f64,
    /// What it is.
    pub why: String,
}

/// What a formula counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Per {
    Arm,
    Fleet,
}

/// A named part of formulas.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) per: Per,
    pub(super) formula: Formula,
}

/// A line of the bill.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) service: String,
    pub(super) name: String,
    pub(super) per: Per,
    pub(super) meter: String,
    pub(super) formula: Formula,
    pub(super) written: String,
}

/// A price file that was understood: every formula has a value.
#[derive(Clone, Debug)]
pub struct Prices {
    /// The day they were looked up.
    pub date: String,
    /// The region whose list they are from.
    pub region: String,
    /// What they are in.
    pub currency: String,
    /// What the bill does not hold.
    pub left_out: Vec<String>,
    /// What is taken for true.
    pub assumptions: BTreeMap<String, Assumption>,
    pub(super) meters: BTreeMap<String, Meter>,
    pub(super) definitions: Vec<Definition>,
    pub(super) items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    schema: u32,
    date: String,
    region: String,
    currency: String,
    left_out: Vec<String>,
    assume: BTreeMap<String, Assumption>,
    meter: BTreeMap<String, Meter>,
    define: Vec<WrittenDefinition>,
    item: Vec<WrittenItem>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDefinition {
    name: String,
    per: Per,
    formula: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenItem {
    service: String,
    name: String,
    per: Per,
    meter: String,
    formula: String,
}

impl Prices {
    /// Reads a price file.
    ///
    /// # Errors
    /// The first mistake in it.
    pub fn parse(text: &str) -> Result<Self, CostError> {
        let written: Written =
            toml::from_str(text).map_err(|error| CostError::Unreadable(error.to_string().trim_end().to_owned()))?;
        if written.schema != 1 {
            return Err(CostError::Schema(written.schema));
        }
        for (name, meter) in &written.meter {
            meter.check(name)?;
        }
        let mut names = Names::new(&written.assume)?;
        let mut definitions = Vec::new();
        for WrittenDefinition { name, per, formula } in written.define {
            let formula = names.formula(&name, per, &formula)?;
            names.define(&name, per)?;
            definitions.push(Definition { name, per, formula });
        }
        let mut items = Vec::new();
        for WrittenItem { service, name, per, meter, formula: text } in written.item {
            if !written.meter.contains_key(&meter) {
                return Err(CostError::Meter { item: name, meter });
            }
            let formula = names.formula(&name, per, &text)?;
            let written = text.split_whitespace().collect::<Vec<_>>().join(" ");
            items.push(Item { service, name, per, meter, formula, written });
        }
        let prices = Self {
            date: written.date,
            region: written.region,
            currency: written.currency,
            left_out: written.left_out,
            assumptions: written.assume,
            meters: written.meter,
            definitions,
            items,
        };
        prices.counting()?;
        Ok(prices)
    }

    /// Replaces an assumption.
    ///
    /// # Errors
    /// There is none of that name, or the number cannot be counted with.
    pub fn set(&mut self, name: &str, value: f64) -> Result<(), CostError> {
        let known = self.assumptions.keys().cloned().collect::<Vec<_>>().join(", ");
        let Some(assumption) = self.assumptions.get_mut(name) else {
            return Err(CostError::NoAssumption { name: name.escape_default().to_string(), known });
        };
        checked(name, value)?;
        assumption.value = value;
        self.counting().map(drop)
    }

    /// The assumptions that the program itself counts with.
    pub(super) fn counting(&self) -> Result<Counting, CostError> {
        let above_zero = |name: &'static str| {
            let value = self.assumptions.get(name).ok_or(CostError::Missing(name))?.value;
            match value > 0.0 {
                true => Ok(value),
                false => Err(CostError::Number { name: name.to_owned(), value, wanted: "above zero" }),
            }
        };
        let zero_or_more =
            |name: &'static str| Ok::<_, CostError>(self.assumptions.get(name).ok_or(CostError::Missing(name))?.value);
        Ok(Counting {
            days: above_zero("days")?,
            in_flight: above_zero("in_flight")?,
            sample_bytes: above_zero("sample_bytes")?,
            environment_bytes: zero_or_more("environment_bytes")?,
            message_bytes: above_zero("message_bytes")?,
            sqs_unit_bytes: above_zero("sqs_unit_bytes")?,
            windows_per_day: zero_or_more("windows_per_day")?,
        })
    }
}

fn checked(name: &str, value: f64) -> Result<(), CostError> {
    match value.is_finite() && value >= 0.0 {
        true => Ok(()),
        false => Err(CostError::Number { name: name.to_owned(), value, wanted: "of zero or more" }),
    }
}

/// What formulas may name, so far.
struct Names {
    arm: BTreeSet<String>,
    fleet: BTreeSet<String>,
}

impl Names {
    fn new(assumptions: &BTreeMap<String, Assumption>) -> Result<Self, CostError> {
        let own = |lists: &[&[&str]]| lists.iter().copied().flatten().map(|name| (*name).to_owned()).collect();
        let mut names = Self { arm: own(&[&SUMMED, &OF_AN_ARM, &SHARED]), fleet: own(&[&SUMMED, &SHARED]) };
        for (name, assumption) in assumptions {
            checked(name, assumption.value)?;
            names.define(name, Per::Arm)?;
            names.define(name, Per::Fleet)?;
        }
        Ok(names)
    }

    fn of(&mut self, per: Per) -> &mut BTreeSet<String> {
        if per == Per::Arm { &mut self.arm } else { &mut self.fleet }
    }

    fn define(&mut self, name: &str, per: Per) -> Result<(), CostError> {
        if self.of(per).insert(name.to_owned()) { Ok(()) } else { Err(CostError::Twice(name.to_owned())) }
    }

    fn formula(&mut self, of: &str, per: Per, text: &str) -> Result<Formula, CostError> {
        let wrong = |what: String| CostError::Formula { of: of.to_owned(), what };
        let formula = Formula::parse(text).map_err(wrong)?;
        let known = self.of(per);
        match formula.names().into_iter().find(|name| !known.contains(*name)) {
            Some(name) => {
                let per = if per == Per::Arm { "an arm" } else { "the fleet" };
                Err(wrong(format!("it names `{name}`, which {per} does not have, or which is defined further down")))
            }
            None => Ok(formula),
        }
    }
}
