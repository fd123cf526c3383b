//! Publishing what a rollup found.

use parallax::measurement::units::UnixMillis;
use parallax::metrics::datum::Datum;
use parallax::metrics::error::PublishError;
use parallax::metrics::observed::is_taken;
use parallax::metrics::port::Publish;
use parallax::metrics::request::requests;

use crate::pace::{Pace, again};

/// Publishes datums, those alone whose time CloudWatch takes. All of them are read by their maximum, so that the same
/// rollup made twice changes nothing.
///
/// # Errors
/// The last of the tries.
pub async fn publish(
    metrics: &mut impl Publish,
    pace: &impl Pace,
    until: UnixMillis,
    datums: Vec<Datum>,
) -> Result<(), PublishError> {
    let now = pace.now();
    for request in requests(datums.into_iter().filter(|datum| is_taken(datum.at(), now)).collect()) {
        again(pace, until, PublishError::may_pass, async || metrics.publish(&request).await).await?;
    }
    Ok(())
}
