//! How much an arm does in a month: what the formulas start from.

use super::deployment::{Arm, Deployment};

/// Minutes of a day.
const DAY: u32 = 1_440;

/// What the program counts with itself; the formulas may use them too.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counting {
    pub(super) days: f64,
    pub(super) in_flight: f64,
    pub(super) sample_bytes: f64,
    pub(super) environment_bytes: f64,
    pub(super) message_bytes: f64,
    pub(super) sqs_unit_bytes: f64,
    pub(super) windows_per_day: f64,
}

/// One arm's month.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Usage {
    pub(super) invocations: f64,
    pub(super) samples: f64,
    pub(super) rounds: f64,
    pub(super) messages: f64,
    pub(super) message_units: f64,
    /// With each sample, those of its hour are counted again, itself included.
    pub(super) counted: f64,
    /// Windows of a target in which there is a sample.
    pub(super) summaries: f64,
    pub(super) watched: f64,
}

/// Names of what an arm uses, and of their sums for the fleet.
pub(super) const SUMMED: [&str; 8] =
    ["watched", "invocations", "samples", "rounds", "messages", "message_units", "counted", "summaries"];
/// Names that only an arm has.
pub(super) const OF_AN_ARM: [&str; 6] = ["memory_mb", "home", "away", "fresh", "pooled", "curl"];
/// Names that arms and the fleet have.
pub(super) const SHARED: [&str; 8] =
    ["regions", "targets", "slow_targets", "arms", "methods", "metrics", "keep_days", "tick_minutes"];

impl Usage {
    /// Counts a day's invocations one by one, because targets with grids of their own fall together only at times.
    pub(super) fn of(arm: &Arm, tick_minutes: u32, counting: &Counting) -> Self {
        let tick = tick_minutes.clamp(1, DAY);
        let mut usage = Self { watched: arm.every.len() as f64, ..Self::default() };
        for minute in (0..DAY).step_by(tick as usize) {
            usage.invocations += 1.0;
            let due = arm.every.iter().filter(|every| minute.is_multiple_of(**every)).count() as f64;
            if due == 0.0 {
                continue;
            }
            let bytes = due * counting.sample_bytes + counting.environment_bytes;
            let messages = (bytes / counting.message_bytes).ceil();
            usage.samples += due;
            usage.rounds += (due / counting.in_flight).ceil();
            usage.messages += messages;
            usage.message_units += (bytes / messages / counting.sqs_unit_bytes).ceil() * messages;
        }
        for every in &arm.every {
            let a_day = f64::from(DAY / (*every).clamp(1, DAY));
            // From one to as many as an hour has: half of that, and half of one.
            usage.counted += a_day * ((a_day / 24.0).max(1.0) + 1.0) / 2.0;
            usage.summaries += a_day.min(counting.windows_per_day);
        }
        let monthly = [
            &mut usage.invocations,
            &mut usage.samples,
            &mut usage.rounds,
            &mut usage.messages,
            &mut usage.message_units,
            &mut usage.counted,
            &mut usage.summaries,
        ];
        monthly.into_iter().for_each(|count| *count *= counting.days);
        usage
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            invocations: self.invocations + other.invocations,
            samples: self.samples + other.samples,
            rounds: self.rounds + other.rounds,
            messages: self.messages + other.messages,
            message_units: self.message_units + other.message_units,
            counted: self.counted + other.counted,
            summaries: self.summaries + other.summaries,
            watched: self.watched + other.watched,
        }
    }

    /// One of [`SUMMED`].
    pub(super) fn named(&self, name: &str) -> Option<f64> {
        Some(match name {
            "watched" => self.watched,
            "invocations" => self.invocations,
            "samples" => self.samples,
            "rounds" => self.rounds,
            "messages" => self.messages,
            "message_units" => self.message_units,
            "counted" => self.counted,
            "summaries" => self.summaries,
            _ => return None,
        })
    }
}

/// One of [`OF_AN_ARM`].
pub(super) fn of_an_arm(arm: &Arm, home: &str, name: &str) -> Option<f64> {
    let one_if = |right: bool| if right { 1.0 } else { 0.0 };
    Some(match name {
        "memory_mb" => f64::from(arm.memory_mb),
        "home" => one_if(arm.region == home),
        "away" => one_if(arm.region != home),
        "fresh" | "pooled" | "curl" => one_if(arm.method == name),
        _ => return None,
    })
}

/// One of [`SHARED`].
pub(super) fn shared(deployment: &Deployment, name: &str) -> Option<f64> {
    Some(match name {
        "regions" => deployment.regions().len() as f64,
        "targets" => f64::from(deployment.targets),
        "slow_targets" => f64::from(deployment.slow_targets),
        "arms" => deployment.arms.len() as f64,
        "methods" => deployment.methods().len() as f64,
        "metrics" => deployment.metrics.len() as f64,
        "keep_days" => deployment.keep_days,
        "tick_minutes" => f64::from(deployment.tick_minutes),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTING: Counting = Counting {
        days: 30.0,
        in_flight: 2.0,
        sample_bytes: 1_000.0,
        environment_bytes: 0.0,
        message_bytes: 4_000.0,
        sqs_unit_bytes: 1_500.0,
        windows_per_day: 96.0,
    };

    fn arm(every: &[u32]) -> Arm {
        Arm { region: "eu-west-1".into(), memory_mb: 1_769, method: "fresh".into(), every: every.to_vec() }
    }

    #[test]
    fn targets_with_grids_of_their_own_are_counted_where_they_fall() {
        let usage = Usage::of(&arm(&[2, 3]), 1, &COUNTING);
        assert_eq!((usage.invocations, usage.samples), (43_200.0, 21_600.0 + 14_400.0));
        // Of six minutes two have nothing, three one target and one both, in one round.
        assert_eq!((usage.rounds, usage.messages), (28_800.0, 28_800.0));
        assert_eq!(usage.message_units, 28_800.0 + 7_200.0);
    }

    #[test]
    fn a_message_too_large_is_several() {
        let usage = Usage::of(&arm(&[1_440; 9]), 1_440, &COUNTING);
        assert_eq!((usage.samples, usage.rounds), (270.0, 150.0));
        assert_eq!((usage.messages, usage.message_units), (90.0, 180.0));
    }

    #[test]
    fn an_hour_is_counted_again_with_each_sample_and_a_window_is_summed_up_once() {
        // 1 + 2 + … + 20 an hour; three quarters of an hour in which nothing is asked have no summary.
        let usage = Usage::of(&arm(&[3, 60]), 3, &COUNTING);
        assert_eq!(usage.counted, 30.0 * 24.0 * (210.0 + 1.0));
        assert_eq!(usage.summaries, 30.0 * (96.0 + 24.0));
    }

    #[test]
    fn every_name_promised_has_a_value() {
        let arm = arm(&[1]);
        let deployment = Deployment {
            home: "eu-west-1".into(),
            arms: vec![arm.clone()],
            targets: 1,
            slow_targets: 0,
            metrics: Vec::new(),
            keep_days: 90.0,
            tick_minutes: 1,
        };
        assert!(SUMMED.iter().all(|name| Usage::default().named(name).is_some()));
        assert!(OF_AN_ARM.iter().all(|name| of_an_arm(&arm, "eu-west-1", name).is_some()));
        assert!(SHARED.iter().all(|name| shared(&deployment, name).is_some()));
    }
}
