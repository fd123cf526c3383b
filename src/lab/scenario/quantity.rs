//! The values of a scenario file: each knows what it may be, so that a bad one is refused at its line.

use serde::{Deserialize, Serialize};

/// Milliseconds, from 0 to 10 000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "f64")]
pub struct Ms(pub f64);

/// A share, from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "f64")]
pub struct Share(pub f64);

/// Megabits a second, from 0.1 to 10 000.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "f64")]
pub struct Rate(pub f64);

/// Kilobytes of a page, up to 4 096.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "u32")]
pub struct Kilobytes(pub u32);

/// Authorities between a site's certificate and the one that is known, up to 6: verifiers go no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "u32")]
pub struct Between(pub u32);

/// Search domains of a resolver, up to 6, which is as many as older resolvers read (resolv.conf(5)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "u32")]
pub struct Domains(pub u32);

/// Memory of a function, MB, from 128 to 10 240: 1 769 MB are one processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "u32")]
pub struct Memory(pub u32);

impl Memory {
    /// It comes with a whole processor (AWS, "Configure Lambda function memory").
    pub const WHOLE: Self = Self(1_769);

    /// What of a time the processor is its own.
    #[must_use]
    pub fn of(self, time: f64) -> f64 {
        time * f64::from(self.0) / f64::from(Self::WHOLE.0)
    }
}

/// How often each side measures, from 2 to 100 000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "u32")]
pub struct Count(pub u32);

fn within<T: PartialOrd + std::fmt::Display>(value: T, least: T, most: T, what: &str) -> Result<T, String> {
    if least <= value && value <= most {
        Ok(value)
    } else {
        Err(format!("{value} is not {what} from {least} to {most}"))
    }
}

impl Domains {
    pub(super) fn is_none(&self) -> bool {
        *self == Self(0)
    }
}

impl Share {
    pub(super) fn is_never(&self) -> bool {
        *self == Self(0.0)
    }
}

impl TryFrom<f64> for Ms {
    type Error = String;
    fn try_from(value: f64) -> Result<Self, String> {
        within(value, 0.0, 10_000.0, "a number of milliseconds").map(Self)
    }
}

impl TryFrom<f64> for Share {
    type Error = String;
    fn try_from(value: f64) -> Result<Self, String> {
        within(value, 0.0, 1.0, "a share").map(Self)
    }
}

impl TryFrom<f64> for Rate {
    type Error = String;
    fn try_from(value: f64) -> Result<Self, String> {
        within(value, 0.1, 10_000.0, "a number of megabits a second").map(Self)
    }
}

impl TryFrom<u32> for Kilobytes {
    type Error = String;
    fn try_from(value: u32) -> Result<Self, String> {
        within(value, 0, 4_096, "a number of kilobytes").map(Self)
    }
}

impl TryFrom<u32> for Between {
    type Error = String;
    fn try_from(value: u32) -> Result<Self, String> {
        within(value, 0, 6, "a number of authorities").map(Self)
    }
}

impl TryFrom<u32> for Domains {
    type Error = String;
    fn try_from(value: u32) -> Result<Self, String> {
        within(value, 0, 6, "a number of search domains").map(Self)
    }
}

impl TryFrom<u32> for Memory {
    type Error = String;
    fn try_from(value: u32) -> Result<Self, String> {
        within(value, 128, 10_240, "a number of megabytes").map(Self)
    }
}

impl TryFrom<u32> for Count {
    type Error = String;
    fn try_from(value: u32) -> Result<Self, String> {
        within(value, 2, 100_000, "a number of rounds").map(Self)
    }
}
