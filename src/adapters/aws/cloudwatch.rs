//! Publishing to CloudWatch.

use aws_config::SdkConfig;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit};
use aws_smithy_types::DateTime;

use crate::metrics::catalogue::Unit;
use crate::metrics::datum::{Datum, RESOLUTION_S};
use crate::metrics::error::PublishError;
use crate::metrics::port::Publish;
use crate::metrics::request::Request;

use super::failure::{self, Failure, Kind};

const PUT: &str = "cloudwatch:PutMetricData";

/// CloudWatch in one region: the home region, so that a dashboard's search and a plain alarm see every place.
#[derive(Clone, Debug)]
pub struct CloudWatch {
    client: Client,
    region: String,
    namespace: String,
}

impl CloudWatch {
    /// One namespace in the region of the configuration.
    #[must_use]
    pub fn new(config: &SdkConfig, namespace: impl Into<String>) -> Self {
        let region = config.region().map_or("no region", |region| region.as_ref()).to_owned();
        Self { client: Client::new(config), region, namespace: namespace.into() }
    }

    fn error(&self, Failure { action, kind, detail, .. }: Failure) -> PublishError {
        let (action, region) = (action.to_owned(), self.region.clone());
        // An empty detail would leave a message with nothing between its colons.
        let reason = if detail.is_empty() { kind.to_string() } else { detail };
        match kind {
            Kind::Denied | Kind::Unauthenticated => {
                PublishError::Denied { action, region, namespace: self.namespace.clone(), reason }
            }
            Kind::Throttled => PublishError::Throttled { action, region, reason },
            Kind::Unanswered => PublishError::Unanswered { action, region, reason },
            Kind::Missing | Kind::Refused => PublishError::Refused { action, region, reason },
        }
    }
}

impl Publish for CloudWatch {
    async fn publish(&mut self, request: &Request) -> Result<(), PublishError> {
        let datums = request.datums().iter().map(datum).collect();
        let sent = self.client.put_metric_data().namespace(&self.namespace).set_metric_data(Some(datums)).send().await;
        sent.map(|_| ()).map_err(|error| self.error(failure::of(PUT, format!("namespace {}", self.namespace), &error)))
    }
}

fn datum(datum: &Datum) -> MetricDatum {
    let entry = datum.series().metric().entry();
    let dimensions = datum
        .series()
        .dimensions()
        .map(|(dimension, label)| Dimension::builder().name(dimension.as_str()).value(label.as_str()).build());
    MetricDatum::builder()
        .metric_name(entry.name)
        .set_dimensions(Some(dimensions.collect()))
        .timestamp(DateTime::from_millis(datum.at().0))
        .set_values(Some(datum.values().iter().map(|counted| counted.value.number()).collect()))
        .set_counts(Some(datum.values().iter().map(|counted| counted.count as f64).collect()))
        .unit(match entry.unit {
            Unit::Milliseconds => StandardUnit::Milliseconds,
            Unit::Percent => StandardUnit::Percent,
            Unit::Count => StandardUnit::Count,
        })
        .storage_resolution(i32::try_from(RESOLUTION_S).unwrap_or(60))
        .build()
}
