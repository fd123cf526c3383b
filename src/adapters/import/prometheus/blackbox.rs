//! Probes of `blackbox_exporter`: what the series of one scrape say together.

use std::collections::BTreeMap;

use crate::adapters::import::total::failed;
use crate::measurement::outcome::{Answer, Check, FailedCheck, Outcome};
use crate::measurement::units::UnixMillis;

use super::answer::Series;

/// The whole probe.
pub const DURATION: &str = "probe_duration_seconds";
/// One phase.
pub const PHASE: &str = "probe_http_duration_seconds";
const SUCCESS: &str = "probe_success";
const STATUS: &str = "probe_http_status_code";
const REGEX: &str = "probe_failed_due_to_regex";

/// All that is read, a phase beside them.
pub const METRICS: [&str; 4] = [DURATION, SUCCESS, STATUS, REGEX];

/// One scrape, and so one probe.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scrape {
    duration: Option<f64>,
    phase: Option<f64>,
    success: Option<f64>,
    status: Option<f64>,
    regex: Option<f64>,
}

/// One probe of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// When the scrape began, and with it the probe.
    pub at: UnixMillis,
    /// How long the probe, or its phase, took; a failed probe took until it failed.
    pub seconds: f64,
    /// How it ended.
    pub outcome: Outcome,
}

/// Scrapes by their time.
#[must_use]
pub fn scrapes(series: &[Series]) -> BTreeMap<UnixMillis, Scrape> {
    let mut scrapes: BTreeMap<UnixMillis, Scrape> = BTreeMap::new();
    for one in series {
        let name = one.metric.get("__name__").map_or("", String::as_str);
        for point in &one.values {
            let scrape = scrapes.entry(point.at()).or_default();
            let place = match name {
                DURATION => &mut scrape.duration,
                PHASE => &mut scrape.phase,
                SUCCESS => &mut scrape.success,
                STATUS => &mut scrape.status,
                REGEX => &mut scrape.regex,
                _ => continue,
            };
            *place = Some(point.value());
        }
    }
    scrapes
}

/// Reads scrapes in their order, and leaves out values that were published again.
///
/// A probe's duration has nanoseconds: the same one twice in a row is one probe, shown twice, as Grafana Synthetic
/// Monitoring does for slow schedules.
#[derive(Clone, Debug, Default)]
pub struct Probes {
    of_phase: bool,
    last: Option<(f64, Option<f64>)>,
    /// Values left out so far.
    pub repeated: u64,
}

impl Probes {
    /// Of the whole probe, or of a phase.
    #[must_use]
    pub fn new(of_phase: bool) -> Self {
        Self { of_phase, ..Self::default() }
    }

    /// The probe behind a scrape; nothing where there is none, or none that is new.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn next(&mut self, at: UnixMillis, scrape: Scrape) -> Result<Option<Probe>, String> {
        let Some(duration) = scrape.duration else { return Ok(None) };
        let this = (duration, scrape.success);
        if self.last.replace(this) == Some(this) && duration > 0.0 {
            self.repeated += 1;
            return Ok(None);
        }
        let Some(success) = scrape.success else {
            return Err(format!("no {SUCCESS} beside it, so a failed probe cannot be told from a page"));
        };
        let Some(status) = scrape.status else {
            return Err(format!("no {STATUS} beside it: the module's prober is not http, and measures no page"));
        };
        let seconds = match (self.of_phase, scrape.phase) {
            (false, _) => duration,
            (true, Some(phase)) => phase,
            // A probe that failed before its phase has none.
            (true, None) if success == 0.0 => 0.0,
            (true, None) => return Ok(None),
        };
        let outcome = outcome(success == 1.0, status, scrape.regex == Some(1.0));
        Ok(Some(Probe { at, seconds, outcome }))
    }
}

fn outcome(success: bool, status: f64, regex: bool) -> Outcome {
    let status = if (100.0..1_000.0).contains(&status) { Some(status as u16) } else { None };
    let answered = |check: Option<(Check, String)>| {
        let failed_checks = check.map(|(check, reason)| FailedCheck { check, reason }).into_iter().collect();
        Outcome::Answered(Answer { status, failed_checks, ..Answer::default() })
    };
    match status {
        _ if success => answered(None),
        Some(_) if regex => answered(Some((Check::BodyMatches, "probe_failed_due_to_regex is 1".to_owned()))),
        Some(status) if !(200..300).contains(&status) => {
            answered(Some((Check::Status, format!("probe_success is 0 with status {status}"))))
        }
        Some(status) => failed(format!("probe_success is 0 although the status is {status}")),
        None => failed("probe_success is 0, and there is no status".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrape(duration: f64, success: f64, status: f64) -> Scrape {
        Scrape { duration: Some(duration), success: Some(success), status: Some(status), ..Scrape::default() }
    }

    #[test]
    fn a_failed_probe_is_no_quick_page() {
        let read = |scrape| Probes::new(false).next(UnixMillis(1), scrape).unwrap().unwrap();
        assert!(read(scrape(0.1, 1.0, 200.0)).outcome.is_good());
        assert!(read(scrape(0.1, 1.0, 500.0)).outcome.is_good(), "the module accepts that status");
        let refused = read(scrape(0.001, 0.0, 0.0));
        assert!(matches!(&refused.outcome, Outcome::Failed(failure) if failure.detail.contains("no status")));
        let broken = read(scrape(0.1, 0.0, 200.0));
        assert!(matches!(broken.outcome, Outcome::Failed(_)));
        for scrape in [scrape(0.1, 0.0, 500.0), Scrape { regex: Some(1.0), ..scrape(0.1, 0.0, 200.0) }] {
            let outcome = read(scrape).outcome;
            assert!(matches!(&outcome, Outcome::Answered(_)) && !outcome.is_timed(), "{outcome:?}");
        }
    }

    #[test]
    fn a_value_that_is_published_again_is_one_probe() {
        let mut probes = Probes::new(false);
        let durations = [0.012_345_678, 0.012_345_678, 0.013, 0.013, 0.012_345_678];
        let read = durations.iter().filter_map(|value| probes.next(UnixMillis(1), scrape(*value, 1.0, 200.0)).unwrap());
        assert_eq!(read.map(|probe| probe.seconds).collect::<Vec<_>>(), [0.012_345_678, 0.013, 0.012_345_678]);
        assert_eq!(probes.repeated, 2);
    }

    #[test]
    fn what_cannot_be_told_is_refused() {
        let mut probes = Probes::new(false);
        let mut no = |scrape| probes.next(UnixMillis(1), scrape).unwrap_err();
        assert!(no(Scrape { success: None, ..scrape(0.1, 0.0, 200.0) }).contains("probe_success"));
        assert!(no(Scrape { status: None, ..scrape(0.2, 1.0, 200.0) }).contains("not http"));
        assert_eq!(probes.next(UnixMillis(1), Scrape { duration: None, ..scrape(0.1, 1.0, 200.0) }), Ok(None));
    }

    #[test]
    fn a_phase_goes_by_its_own_value_and_the_probes_outcome() {
        let mut probes = Probes::new(true);
        let with = |phase, scrape: Scrape| Scrape { phase, ..scrape };
        let read = probes.next(UnixMillis(1), with(Some(0.004), scrape(0.1, 1.0, 200.0))).unwrap().unwrap();
        assert!((read.seconds - 0.004).abs() < 1e-12 && read.outcome.is_good());
        let failed = probes.next(UnixMillis(2), with(None, scrape(0.2, 0.0, 0.0))).unwrap().unwrap();
        assert!(!failed.outcome.is_good());
        // Equal phases are two probes where the probes' durations differ.
        assert!(probes.next(UnixMillis(3), with(Some(0.004), scrape(0.3, 1.0, 200.0))).unwrap().is_some());
    }
}
