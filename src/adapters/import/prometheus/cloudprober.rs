//! Probes of cloudprober: differences of its sums.

use std::collections::BTreeMap;

use crate::adapters::import::total::failed;
use crate::measurement::outcome::{Answer, Outcome};
use crate::measurement::units::UnixMillis;

use super::answer::Series;

/// The sums at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    latency: Option<f64>,
    success: Option<f64>,
    total: Option<f64>,
}

/// One probe of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// When cloudprober's run began, by the time that it exports with its sums.
    pub at: UnixMillis,
    /// How long it took, in the probe's unit; absent where it failed.
    pub latency: Option<f64>,
    /// How it ended.
    pub outcome: Outcome,
}

/// The names of the three sums.
#[must_use]
pub fn metrics(prefix: &str) -> [String; 3] {
    ["latency", "success", "total"].map(|name| format!("{prefix}{name}"))
}

/// Sums by their time.
#[must_use]
pub fn sums(series: &[Series], prefix: &str) -> BTreeMap<UnixMillis, Sums> {
    let mut sums: BTreeMap<UnixMillis, Sums> = BTreeMap::new();
    for one in series {
        let name = one.metric.get("__name__").and_then(|name| name.strip_prefix(prefix)).unwrap_or_default();
        for point in &one.values {
            let at = sums.entry(point.at()).or_default();
            let place = match name {
                "latency" => &mut at.latency,
                "success" => &mut at.success,
                "total" => &mut at.total,
                _ => continue,
            };
            *place = Some(point.value());
        }
    }
    sums
}

/// Reads sums in their order.
#[derive(Clone, Debug, Default)]
pub struct Probes {
    last: Option<[f64; 3]>,
}

impl Probes {
    /// The probe that lies between the last sums and these; nothing where there is none, or the sums began anew.
    ///
    /// # Errors
    /// Several probes lie between them, and a mean of several is no sample.
    pub fn next(&mut self, at: UnixMillis, sums: Sums) -> Result<Option<Probe>, String> {
        let Sums { latency: Some(latency), success: Some(success), total: Some(total) } = sums else {
            return Err("latency, success and total do not stand side by side".to_owned());
        };
        let Some([latency_before, success_before, total_before]) = self.last.replace([latency, success, total]) else {
            return Ok(None);
        };
        let (more, good) = (total - total_before, success - success_before);
        if more < 0.0 || good < 0.0 {
            // It was started anew: what lies before its first export is not known.
            return Ok(None);
        }
        match (more as u64, good as u64) {
            (0, _) => Ok(None),
            (1, 0) => {
                let outcome = failed("cloudprober counts no success".to_owned());
                Ok(Some(Probe { at, latency: None, outcome }))
            }
            (1, 1) => {
                let outcome = Outcome::Answered(Answer::default());
                Ok(Some(Probe { at, latency: Some(latency - latency_before), outcome }))
            }
            (several, _) => Err(format!(
                "{several} probes lie between two values, and their mean is no sample; let cloudprober export each run \
                 (stats_export_interval_msec no longer than interval_msec, requests_per_probe 1) and scrape as often"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(latency: f64, success: f64, total: f64) -> Sums {
        Sums { latency: Some(latency), success: Some(success), total: Some(total) }
    }

    #[test]
    fn one_probe_between_two_sums_is_a_sample() {
        let mut probes = Probes::default();
        let mut next = |at: i64, sums| probes.next(UnixMillis(at), sums);
        assert_eq!(next(1, sums(1_000.0, 5.0, 6.0)), Ok(None), "what lies before the first is not known");
        assert_eq!(next(2, sums(1_250.5, 6.0, 7.0)).unwrap().unwrap().latency, Some(250.5));
        assert_eq!(next(3, sums(1_250.5, 6.0, 7.0)), Ok(None), "scraped twice between two runs");
        let failed = next(4, sums(1_250.5, 6.0, 8.0)).unwrap().unwrap();
        assert!(failed.latency.is_none() && !failed.outcome.is_good());
        assert_eq!(next(5, sums(100.0, 1.0, 1.0)), Ok(None), "started anew");
        assert_eq!(next(6, sums(300.0, 2.0, 2.0)).unwrap().unwrap().latency, Some(200.0));
    }

    #[test]
    fn a_mean_of_several_is_refused() {
        let mut probes = Probes::default();
        assert_eq!(probes.next(UnixMillis(1), sums(0.0, 0.0, 0.0)), Ok(None));
        assert!(probes.next(UnixMillis(2), sums(500.0, 2.0, 2.0)).unwrap_err().contains("2 probes lie between"));
        assert!(probes.next(UnixMillis(3), Sums::default()).unwrap_err().contains("side by side"));
    }
}
