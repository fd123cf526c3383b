//! Series: what is published to CloudWatch, as data; which points a batch of samples or a rollup makes of it; and the
//! port that publishes them.
//!
//! Decides and does nothing else: it sends nothing and reads no clock.

pub mod alarm;
pub mod catalogue;
pub mod dashboard;
pub mod datum;
pub mod down;
pub mod error;
pub mod gaps;
pub mod label;
pub mod latest;
pub mod observed;
pub mod placement;
pub mod places;
pub mod points;
pub mod port;
pub mod request;
pub mod rollup;
pub mod slower;
pub mod value;
pub mod wanted;
