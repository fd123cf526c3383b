//! The alarms of the hub: each a plain alarm on one series, so that it covers targets and regions added later.

use serde::{Serialize, Serializer};

use super::catalogue::Metric;

/// An alarm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Alarm {
    /// The end of its name; the stack's name comes before it.
    pub name: &'static str,
    /// What it looks at.
    pub watches: Watched,
    /// As in CloudWatch.
    pub statistic: &'static str,
    /// Seconds of one evaluated period.
    pub period_s: u32,
    /// So many of the last `periods` have to reach the threshold.
    pub periods_reached: u32,
    /// Periods looked at.
    pub periods: u32,
    /// Reached at this value and above.
    pub threshold: f64,
    /// What no data means.
    pub missing: Missing,
    /// What is the matter, for the mail.
    pub about: &'static str,
}

/// A series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Watched {
    /// One of ours, of the whole fleet.
    Own {
        /// The metric.
        #[serde(serialize_with = "name")]
        metric: Metric,
    },
    /// One that AWS publishes of a part of the hub.
    Aws {
        /// The namespace.
        namespace: &'static str,
        /// The metric's name.
        metric: &'static str,
        /// The dimension whose value is the part's name.
        dimension: &'static str,
        /// The part.
        of: Part,
    },
}

fn name<S: Serializer>(metric: &Metric, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(metric.name())
}

/// A part of the hub that AWS watches by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The queue of samples.
    Queue,
    /// The queue of messages that could not be taken in.
    DeadLetters,
    /// The function that takes samples in.
    Aggregator,
    /// The function that sums them up.
    Rollup,
}

/// What an alarm makes of a period without data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Missing {
    /// The threshold counts as reached.
    Breaching,
    /// It does not.
    NotBreaching,
}

/// How old the oldest message of the queue is, of those that were not received three times already: SQS takes these for
/// poison and passes them over here, so that this says nothing of messages that come again and again.
pub const QUEUE_AGE: Watched = Watched::Aws {
    namespace: "AWS/SQS",
    metric: "ApproximateAgeOfOldestMessage",
    dimension: "QueueName",
    of: Part::Queue,
};
/// How many dead letters there are.
pub const DEAD_LETTERS: Watched = Watched::Aws {
    namespace: "AWS/SQS",
    metric: "ApproximateNumberOfMessagesVisible",
    dimension: "QueueName",
    of: Part::DeadLetters,
};
/// How often the aggregator failed.
pub const AGGREGATOR_ERRORS: Watched = errors(Part::Aggregator);
/// How often the rollup failed.
pub const ROLLUP_ERRORS: Watched = errors(Part::Rollup);

const fn errors(of: Part) -> Watched {
    Watched::Aws { namespace: "AWS/Lambda", metric: "Errors", dimension: "FunctionName", of }
}

/// Every alarm of the hub.
pub const ALARMS: [Alarm; 10] = [
    Alarm {
        name: "target-down",
        watches: Watched::Own { metric: Metric::TargetsDown },
        statistic: "Maximum",
        period_s: 60,
        periods_reached: 1,
        periods: 1,
        threshold: 1.0,
        missing: Missing::NotBreaching,
        about: "a target is down from as many places as the quorum says; RegionsDown shows which target",
    },
    Alarm {
        name: "target-slower",
        watches: Watched::Own { metric: Metric::TargetsSlower },
        statistic: "Maximum",
        period_s: 3_600,
        periods_reached: 1,
        periods: 1,
        threshold: 1.0,
        missing: Missing::NotBreaching,
        about: "a target's median response time rose beyond doubt, from as many places as the quorum says",
    },
    Alarm {
        name: "region-silent",
        watches: Watched::Own { metric: Metric::RegionsSilent },
        statistic: "Maximum",
        period_s: 60,
        periods_reached: 3,
        periods: 3,
        threshold: 1.0,
        // The rollup itself publishes it: where that is silent, nobody knows of any region.
        missing: Missing::Breaching,
        about: "no samples come from a region, or the rollup does not run",
    },
    Alarm {
        name: "slots-missed",
        watches: Watched::Own { metric: Metric::SlotsMissed },
        statistic: "Sum",
        period_s: 3_600,
        periods_reached: 1,
        periods: 1,
        // One may be a slow page's; what lasts comes once a slot and region.
        threshold: 3.0,
        missing: Missing::NotBreaching,
        about: "pages are not measured: a probe has no time left, or not the value of a header; its log has the reason",
    },
    Alarm {
        name: "targets-refused",
        watches: Watched::Own { metric: Metric::TargetsRefused },
        statistic: "Maximum",
        // As long as from one slot of most probes to the next: only home says so each minute.
        period_s: 3_600,
        periods_reached: 1,
        periods: 1,
        threshold: 1.0,
        missing: Missing::NotBreaching,
        about: "a row of a target table cannot be read, and is not probed; RowsRefused shows in which regions",
    },
    Alarm {
        name: "dead-letters",
        watches: DEAD_LETTERS,
        statistic: "Maximum",
        period_s: 60,
        periods_reached: 1,
        periods: 1,
        threshold: 1.0,
        missing: Missing::NotBreaching,
        about: "a message could not be taken in; the aggregator's log has the reason",
    },
    Alarm {
        name: "aggregator-errors",
        watches: AGGREGATOR_ERRORS,
        statistic: "Sum",
        period_s: 300,
        periods_reached: 1,
        periods: 1,
        threshold: 1.0,
        missing: Missing::NotBreaching,
        about: "the aggregator failed; its messages come again, and its log has the reason",
    },
    Alarm {
        name: "partial-failures",
        watches: Watched::Own { metric: Metric::PartialFailures },
        statistic: "Sum",
        period_s: 300,
        // What passes within some minutes is none: the messages come again. What does not pass, as a call that is denied,
        // fails with each message that arrives, and with the same one each time that it comes again.
        periods_reached: 3,
        periods: 4,
        threshold: 1.0,
        missing: Missing::NotBreaching,
        about: "the aggregator gives messages back again and again, or CloudWatch refuses what it publishes; its log has \
                the reason",
    },
    Alarm {
        name: "rollup-errors",
        watches: ROLLUP_ERRORS,
        statistic: "Sum",
        // As long as from one window to the next: a rollup of windows that always fails does so once in each.
        period_s: 900,
        periods_reached: 2,
        periods: 3,
        threshold: 1.0,
        missing: Missing::NotBreaching,
        about: "the rollup fails again and again, of minutes or of windows; its log has the reason",
    },
    Alarm {
        name: "queue-age",
        watches: QUEUE_AGE,
        statistic: "Maximum",
        period_s: 60,
        periods_reached: 3,
        periods: 3,
        // Reached before a message that is handed over in vain is passed over, at its third receipt.
        threshold: 600.0,
        missing: Missing::NotBreaching,
        about: "samples lie in the queue for ten minutes: the aggregator is stopped, throttled or too slow",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::catalogue::Per;

    #[test]
    fn an_alarm_on_ours_needs_no_dimension_and_a_period_of_cloudwatch() {
        for alarm in ALARMS {
            if let Watched::Own { metric } = alarm.watches {
                assert_eq!(metric.entry().per, Per::Fleet, "{}", alarm.name);
            }
            assert!(alarm.period_s.is_multiple_of(60) && alarm.period_s > 0);
            assert!((1..=alarm.periods).contains(&alarm.periods_reached));
        }
    }
}
