//! Where the spread of response times lies: between regions, vantages, availability zones and CPU models, between
//! sandboxes of one place, over a sandbox's first invocations, and within a sandbox.
//!
//! Places are what somebody chose to watch from, so they are fixed: what is said of them holds for these places, and a
//! region's three zones are no sample of zones. Sandboxes are dealt out, so they are random. Pages and methods are never
//! mixed. The split is worth no more than its sandboxes: below the numbers of [`needs`] it is not made.

pub mod collector;
pub mod contrast;
pub mod needs;
pub mod part;
pub mod place;
pub mod scale;
pub mod split;
pub mod stratum;
