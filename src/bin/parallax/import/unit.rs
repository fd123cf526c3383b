//! Units as typed.

use clap::ValueEnum;
use parallax::adapters::import::value::Unit;

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum TypedUnit {
    S,
    Ms,
    Us,
}

impl TypedUnit {
    pub(super) fn unit(self) -> Unit {
        match self {
            Self::S => Unit::Seconds,
            Self::Ms => Unit::Millis,
            Self::Us => Unit::Micros,
        }
    }
}
