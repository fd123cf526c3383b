//! Which monitor a series is of, and what its numbers are the length of.

use crate::adapters::import::server::nearest::shown;
use crate::adapters::import::value::Unit;

use super::selector::Labels;

/// The phases of `probe_http_duration_seconds`.
pub const PHASES: [&str; 5] = ["resolve", "connect", "tls", "processing", "transfer"];
/// The version in which the phase `tls` came to be the handshake alone.
const TLS_ALONE: [u32; 3] = [0, 19, 0];

/// What a series is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Monitor {
    /// `blackbox_exporter`: one value a probe.
    Blackbox {
        /// A phase instead of the whole probe.
        phase: Option<String>,
    },
    /// cloudprober: sums over probes.
    Cloudprober {
        /// Before the names of its metrics.
        prefix: String,
    },
}

impl Monitor {
    /// By the series' name and labels.
    ///
    /// # Errors
    /// It is no latency that is known.
    pub fn of(labels: &Labels) -> Result<Self, String> {
        let metric = labels.get("__name__").map_or("", String::as_str);
        match metric {
            "probe_duration_seconds" => Ok(Self::Blackbox { phase: None }),
            "probe_http_duration_seconds" => match labels.get("phase") {
                Some(phase) if PHASES.contains(&phase.as_str()) => Ok(Self::Blackbox { phase: Some(phase.clone()) }),
                Some(phase) => Err(format!("--query: no phase {} is known", shown(phase))),
                None => Err("--query: probe_http_duration_seconds has no label phase here".to_owned()),
            },
            _ => Self::of_cloudprober(metric),
        }
    }

    /// By a metric's name, before any series is known.
    ///
    /// # Errors
    /// It is no latency that is known.
    pub fn check(metric: &str) -> Result<(), String> {
        match metric {
            "probe_duration_seconds" | "probe_http_duration_seconds" => Ok(()),
            _ => Self::of_cloudprober(metric).map(drop),
        }
    }

    fn of_cloudprober(metric: &str) -> Result<Self, String> {
        if let Some(prefix) = metric.strip_suffix("latency") {
            return Ok(Self::Cloudprober { prefix: prefix.to_owned() });
        }
        if ["latency_bucket", "latency_sum", "latency_count"].iter().any(|end| metric.ends_with(end)) {
            return Err(format!(
                "--query: {} is a distribution, in which samples are no longer told apart; let cloudprober keep plain \
                 sums (no latency_distribution)",
                shown(metric)
            ));
        }
        Err(format!(
            "--query: {} is no series whose start and stop are known; those are probe_duration_seconds and \
             probe_http_duration_seconds of blackbox_exporter, and latency of cloudprober. For another, see \
             `parallax import csv`",
            shown(metric)
        ))
    }

    /// The tool, as a sample's method; phases are sources of their own.
    #[must_use]
    pub fn tool(&self) -> String {
        match self {
            Self::Blackbox { phase: None } => "blackbox_exporter".to_owned(),
            Self::Blackbox { phase: Some(phase) } => format!("blackbox_exporter:{phase}"),
            Self::Cloudprober { .. } => "cloudprober".to_owned(),
        }
    }

    /// What its number starts and stops at.
    ///
    /// # Errors
    /// It depends on the version, which is not known.
    pub fn stopwatch(&self, version: Option<&str>) -> Result<String, String> {
        match self {
            Self::Cloudprober { .. } => Ok("cloudprober/latency".to_owned()),
            Self::Blackbox { phase: None } => Ok("blackbox_exporter/probe_duration_seconds".to_owned()),
            Self::Blackbox { phase: Some(phase) } => {
                let name = format!("blackbox_exporter/probe_http_duration_seconds:{phase}");
                if phase != "tls" {
                    return Ok(name);
                }
                match version.map(numbers) {
                    Some(Some(version)) if version < TLS_ALONE => Ok(format!("{name}-before-0.19.0")),
                    Some(Some(_)) => Ok(name),
                    _ => {
                        Err("--query: before 0.19.0 the phase tls held connecting, too, and no single version of the \
                              exporter is known here; say it with --tool-version"
                            .to_owned())
                    }
                }
            }
        }
    }

    /// What 1 means.
    ///
    /// # Errors
    /// It is not known, or is said otherwise.
    pub fn unit(&self, typed: Option<Unit>) -> Result<Unit, String> {
        match (self, typed) {
            (Self::Blackbox { .. }, None | Some(Unit::Seconds)) => Ok(Unit::Seconds),
            (Self::Blackbox { .. }, Some(_)) => {
                Err("--unit: the series is in seconds, as its name says; leave it out".to_owned())
            }
            (Self::Cloudprober { .. }, Some(unit)) => Ok(unit),
            (Self::Cloudprober { .. }, None) => {
                Err("--unit: say the probe's latency_unit; cloudprober's default is us".to_owned())
            }
        }
    }
}

/// The first three numbers of a version.
fn numbers(version: &str) -> Option<[u32; 3]> {
    let mut parts = version.trim_start_matches('v').split(['.', '-', '+', '~']).map(str::parse);
    let mut next = || parts.next()?.ok();
    Some([next()?, next()?, next().unwrap_or(0)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(metric: &str, phase: &str) -> Result<Monitor, String> {
        let mut labels = Labels::from([("__name__".to_owned(), metric.to_owned())]);
        if !phase.is_empty() {
            labels.insert("phase".to_owned(), phase.to_owned());
        }
        Monitor::of(&labels)
    }

    #[test]
    fn a_phase_is_another_source_and_another_stopwatch() {
        let whole = of("probe_duration_seconds", "").unwrap();
        let tls = of("probe_http_duration_seconds", "tls").unwrap();
        assert_eq!((whole.tool().as_str(), tls.tool().as_str()), ("blackbox_exporter", "blackbox_exporter:tls"));
        assert_eq!(whole.stopwatch(None).unwrap(), "blackbox_exporter/probe_duration_seconds");
        for (version, name) in
            [("0.18.0", "tls-before-0.19.0"), ("0.19.0", "tls"), ("v0.23.0-4", "tls"), ("1.0", "tls")]
        {
            assert_eq!(
                tls.stopwatch(Some(version)).unwrap(),
                format!("blackbox_exporter/probe_http_duration_seconds:{name}")
            );
        }
        for version in [None, Some("main"), Some("")] {
            assert!(tls.stopwatch(version).unwrap_err().contains("--tool-version"));
        }
    }

    #[test]
    fn what_is_no_known_latency_is_refused() {
        for (metric, said) in [
            ("scrape_duration_seconds", "no series whose start and stop are known"),
            ("probe_success", "no series whose start and stop are known"),
            ("latency_bucket", "distribution"),
            ("cloudprober_latency_sum", "distribution"),
        ] {
            assert!(Monitor::check(metric).unwrap_err().contains(said), "{metric}");
        }
        assert!(of("probe_http_duration_seconds", "lunch").unwrap_err().contains("no phase `lunch`"));
        assert_eq!(of("cloudprober_latency", "").unwrap(), Monitor::Cloudprober { prefix: "cloudprober_".into() });
    }

    #[test]
    fn units_are_of_the_name_or_said() {
        let whole = of("probe_duration_seconds", "").unwrap();
        assert!(whole.unit(Some(Unit::Millis)).unwrap_err().contains("in seconds"));
        let sums = of("latency", "").unwrap();
        assert!(sums.unit(None).unwrap_err().contains("latency_unit"));
        assert_eq!(sums.unit(Some(Unit::Micros)), Ok(Unit::Micros));
    }
}
