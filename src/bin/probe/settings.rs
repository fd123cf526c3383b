//! What the function is told in its environment.

use std::time::Duration;

use parallax::measurement::identity::{Method, Vantage};
use parallax::probe::schedule::grid::Grid;

/// All of it.
pub(crate) struct Settings {
    pub(crate) vantage: Vantage,
    pub(crate) method: Method,
    pub(crate) tick: Grid,
    pub(crate) home: String,
    pub(crate) queue: String,
    pub(crate) spool: String,
    pub(crate) table: String,
}

/// Reads it; `variable` answers what a variable holds.
///
/// # Errors
/// All that is missing or wrong, at once.
pub(crate) fn read(variable: &dyn Fn(&str) -> Option<String>) -> Result<Settings, String> {
    let mut wrong = Vec::new();
    let mut text = |name: &str| {
        let value = variable(name).filter(|value| !value.trim().is_empty());
        if value.is_none() {
            wrong.push(format!("{name} is not set"));
        }
        value.unwrap_or_default()
    };
    let (home, queue, spool) = (text("PARALLAX_HOME_REGION"), text("PARALLAX_QUEUE_URL"), text("PARALLAX_SPOOL_URL"));
    let table = text("PARALLAX_TARGETS_TABLE");
    let every = text("PARALLAX_EVERY_MINUTES");
    let method = text("PARALLAX_METHOD");
    let (region, memory) = (text("AWS_REGION"), text("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"));
    for name in ["AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_RUNTIME_API"] {
        text(name);
    }
    for (name, url) in [("PARALLAX_QUEUE_URL", &queue), ("PARALLAX_SPOOL_URL", &spool)] {
        if !url.is_empty() && !url.starts_with("https://") && !url.starts_with("http://") {
            wrong.push(format!("{name} is no URL of a queue"));
        }
    }
    let minutes = every.parse::<u64>().ok().and_then(|minutes| minutes.checked_mul(60));
    let tick = minutes.and_then(|seconds| Grid::new(Duration::from_secs(seconds)).ok());
    if tick.is_none() && !every.is_empty() {
        wrong.push("PARALLAX_EVERY_MINUTES is no number of minutes that divides a day".to_owned());
    }
    let method = match method.as_str() {
        "fresh" => Some(Method::Fresh),
        "pooled" => Some(Method::Pooled),
        "curl" => Some(Method::Curl),
        "" => None,
        _ => {
            wrong.push("PARALLAX_METHOD is none of fresh, pooled and curl".to_owned());
            None
        }
    };
    let vantage = Vantage::new(&format!("lambda/{region}/{memory}"));
    let vantage = vantage.map_err(|error| wrong.push(format!("AWS_REGION: {error}"))).ok();
    match (wrong.is_empty(), vantage, method, tick) {
        (true, Some(vantage), Some(method), Some(tick)) => {
            Ok(Settings { vantage, method, tick, home, queue, spool, table })
        }
        _ => Err(format!("{}; deploy the function with infra/deploy, which sets these", wrong.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(changed: &str, value: &str) -> Result<Settings, String> {
        let all = [
            ("PARALLAX_HOME_REGION", "ap-northeast-1"),
            ("PARALLAX_QUEUE_URL", "https://sqs.ap-northeast-1.amazonaws.com/1/q"),
            ("PARALLAX_SPOOL_URL", "https://sqs.eu-west-1.amazonaws.com/1/s"),
            ("PARALLAX_TARGETS_TABLE", "t"),
            ("PARALLAX_EVERY_MINUTES", "3"),
            ("PARALLAX_METHOD", "fresh"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769"),
            ("AWS_LAMBDA_FUNCTION_NAME", "f"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
        ];
        read(&|name| match all.iter().find(|(known, _)| *known == name) {
            Some(_) if name == changed => Some(value.to_owned()),
            found => found.map(|(_, value)| (*value).to_owned()),
        })
    }

    #[test]
    fn a_vantage_is_region_and_size() {
        let settings = with("", "").unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(settings.vantage.as_str(), "lambda/eu-west-1/1769");
        assert_eq!(settings.tick.every(), Duration::from_secs(180));
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once_by_its_variable() {
        for (name, value) in [
            ("PARALLAX_HOME_REGION", ""),
            ("PARALLAX_QUEUE_URL", "queue"),
            ("PARALLAX_SPOOL_URL", " "),
            ("PARALLAX_TARGETS_TABLE", ""),
            ("PARALLAX_EVERY_MINUTES", "7"),
            ("PARALLAX_EVERY_MINUTES", "99999999999999999999"),
            ("PARALLAX_METHOD", "slow"),
            ("AWS_REGION", "no region"),
            ("AWS_LAMBDA_RUNTIME_API", ""),
        ] {
            assert!(with(name, value).is_err_and(|why| why.starts_with(name)), "{name}={value}");
        }
        let why = read(&|_| None).err().unwrap_or_default();
        assert!(why.contains("PARALLAX_QUEUE_URL is not set, PARALLAX_SPOOL_URL is not set"), "{why}");
    }
}
