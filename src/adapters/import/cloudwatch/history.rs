//! A metric's history, as many periods at a time as one answer holds.

use aws_config::SdkConfig;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{Dimension, Statistic};
use aws_smithy_types::DateTime;

use crate::adapters::aws::failure::{self, Failure};
use crate::adapters::import::identity::Names;
use crate::adapters::import::mapping::Origin;
use crate::adapters::import::server::fault::Fault;
use crate::adapters::import::server::history::{Begin, History, Page};
use crate::adapters::import::server::nearest::nearest;
use crate::adapters::import::total::Total;
use crate::adapters::import::value::Unit;
use crate::intake::flaw;
use crate::measurement::outcome::{Answer, Outcome};
use crate::measurement::units::UnixMillis;
use crate::measurement::wire::Record;

use super::datapoint::{Datapoint, Period};

const STATISTICS: &str = "cloudwatch:GetMetricStatistics";
const METRICS: &str = "cloudwatch:ListMetrics";
/// Metrics that are looked at to name the nearest; an account may have millions.
const LISTED: usize = 10_000;

/// A metric by all of its names.
#[derive(Clone, Debug)]
pub struct Metric {
    /// As in `AWS/Lambda`.
    pub namespace: String,
    /// As in `responseTime`.
    pub name: String,
    /// All of them: CloudWatch adds nothing up over dimensions.
    pub dimensions: Vec<(String, String)>,
}

impl Metric {
    /// As a person reads it.
    #[must_use]
    pub fn text(&self) -> String {
        let dimensions: Vec<String> = self.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{}/{}{{{}}}", self.namespace, self.name, dimensions.join(","))
    }

    fn dimensions(&self) -> Vec<Dimension> {
        let one = |(name, value): &(String, String)| Dimension::builder().name(name).value(value).build();
        self.dimensions.iter().map(one).collect()
    }
}

/// The history of one metric.
#[derive(Debug)]
pub struct MetricHistory {
    client: Client,
    region: String,
    metric: Metric,
    period: Period,
    unit: Option<Unit>,
    origin: Origin,
    now: UnixMillis,
    from: UnixMillis,
    to: UnixMillis,
    names: Names,
}

impl MetricHistory {
    /// Up to a moment; up to the last period that is over where none is given.
    #[must_use]
    pub fn new(
        config: &SdkConfig,
        metric: Metric,
        (period, unit): (Period, Option<Unit>),
        origin: Origin,
        until: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Self {
        let settled = period.settled(now);
        let to = until.map_or(settled, |until| period.floor(until).min(settled));
        let region = config.region().map_or("no region", |region| region.as_ref()).to_owned();
        let names = Names::within(&origin, &metric.text());
        let from = UnixMillis(now.0 - period.kept_ms());
        Self { client: Client::new(config), region, metric, period, unit, origin, now, from, to, names }
    }

    /// That there is such a metric; CloudWatch lists those of the last two weeks.
    ///
    /// # Errors
    /// There is none; the nearest are named.
    pub async fn check(&self) -> Result<(), Fault> {
        let mut there = Vec::new();
        let mut pages = self.client.list_metrics().namespace(&self.metric.namespace).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.fault(failure::of(METRICS, &self.metric.namespace, &error)))?;
            there.extend(page.metrics().iter().map(|found| {
                Metric {
                    namespace: self.metric.namespace.clone(),
                    name: found.metric_name().unwrap_or_default().to_owned(),
                    dimensions: found
                        .dimensions()
                        .iter()
                        .map(|one| {
                            (one.name().unwrap_or_default().to_owned(), one.value().unwrap_or_default().to_owned())
                        })
                        .collect(),
                }
            }));
            if there.len() >= LISTED {
                break;
            }
        }
        let sorted = |metric: &Metric| {
            let mut dimensions = metric.dimensions.clone();
            dimensions.sort();
            (metric.name.clone(), dimensions)
        };
        let wanted = sorted(&self.metric);
        if there.iter().any(|metric| sorted(metric) == wanted) || there.len() >= LISTED {
            return Ok(());
        }
        let names: Vec<String> = there.iter().map(Metric::text).collect();
        let near = match names.is_empty() {
            true => "the namespace has none in the last two weeks; look at --namespace and --region".to_owned(),
            false => nearest(&self.metric.text(), names.iter().map(String::as_str)),
        };
        Err(Fault::Asked(format!(
            "no metric {} in {}: {near}",
            self.metric.text().escape_debug(),
            self.region.escape_debug()
        )))
    }

    fn fault(&self, failure: Failure) -> Fault {
        if failure.kind.may_pass() {
            return Fault::Unanswered { server: format!("CloudWatch in {}", self.region), reason: failure.to_string() };
        }
        Fault::Asked(failure.to_string())
    }

    async fn read(&self, to: UnixMillis) -> Result<Vec<Datapoint>, Fault> {
        let answer = self
            .client
            .get_metric_statistics()
            .namespace(&self.metric.namespace)
            .metric_name(&self.metric.name)
            .set_dimensions(Some(self.metric.dimensions()))
            .start_time(DateTime::from_millis(self.from.0))
            .end_time(DateTime::from_millis(to.0))
            .period(i32::try_from(self.period.seconds()).unwrap_or(60))
            .statistics(Statistic::SampleCount)
            .statistics(Statistic::Sum)
            .send()
            .await
            .map_err(|error| self.fault(failure::of(STATISTICS, self.metric.text(), &error)))?;
        let mut points: Vec<Datapoint> = answer
            .datapoints()
            .iter()
            .filter_map(|point| {
                Some(Datapoint {
                    at: UnixMillis(point.timestamp()?.to_millis().ok()?),
                    count: point.sample_count()?,
                    sum: point.sum()?,
                    unit: point.unit().map(|unit| unit.as_str().to_owned()).unwrap_or_default(),
                })
            })
            .collect();
        points.sort_by_key(|point| point.at);
        Ok(points)
    }

    fn record(&mut self, point: &Datapoint) -> Result<Record, String> {
        let elapsed = point.value(self.unit)?;
        let id = self.names.next(point.at, Some(elapsed)).map_err(|error| error.to_string())?;
        let outcome = Outcome::Answered(Answer::default());
        let record = Total { id, slot: None, started: point.at, elapsed, outcome }.record(&self.origin);
        flaw::check(&record.sample, self.now).map_err(|flaw| flaw.to_string())?;
        Ok(record)
    }
}

impl History for MetricHistory {
    fn begin(&mut self, begin: Begin) {
        let from = match begin {
            Begin::At(from) => from.unwrap_or(UnixMillis(self.now.0 - self.period.kept_ms())),
            Begin::Again(from) => from,
        };
        self.from = self.period.floor(from);
        self.names = Names::within(&self.origin, &self.metric.text());
    }

    async fn page(&mut self) -> Result<Option<Page>, Fault> {
        if self.from >= self.to {
            return Ok(None);
        }
        let to = self.period.page(self.from).min(self.to);
        let points = self.read(to).await?;
        self.from = to;
        let mut page = Page::default();
        for point in points {
            match self.record(&point) {
                Ok(record) => page.records.push(record),
                Err(reason) => page.bad.push(format!("period at {}: {reason}", point.at.0.div_euclid(1_000))),
            }
        }
        Ok(Some(page))
    }

    fn remarks(&self) -> Vec<String> {
        let seconds = self.period.seconds();
        vec![format!(
            "CloudWatch tells in which {seconds} s a value lies and no more, so each sample begins with its period"
        )]
    }
}
