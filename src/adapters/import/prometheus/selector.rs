//! Selectors: `probe_duration_seconds{job="blackbox"}`.

use std::collections::BTreeMap;

use crate::adapters::import::server::nearest::shown;

/// A metric's name, and what its labels must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// The metric.
    pub metric: String,
    /// What stands between the braces.
    matchers: String,
}

/// The labels of one series.
pub type Labels = BTreeMap<String, String>;

impl Selector {
    /// Reads one as typed.
    ///
    /// # Errors
    /// It is more than a selector, or less.
    pub fn new(typed: &str) -> Result<Self, String> {
        let typed = typed.trim();
        let no = |reason: &str| {
            Err(format!(
                "{} {reason}; write one series, as in probe_duration_seconds{{job=\"blackbox\"}}",
                shown(typed)
            ))
        };
        let (metric, rest) = typed.split_at(typed.find(|c: char| !is_of_a_name(c)).unwrap_or(typed.len()));
        if metric.is_empty() || metric.starts_with(|c: char| c.is_ascii_digit()) {
            return no("does not begin with the name of a metric");
        }
        let metric = metric.to_owned();
        let rest = rest.trim();
        if rest.is_empty() {
            return Ok(Self { metric, matchers: String::new() });
        }
        match rest.strip_prefix('{').map(closing) {
            Some(Some((matchers, ""))) => Ok(Self { metric, matchers: matchers.trim().to_owned() }),
            Some(Some(_)) => no("is more than a selector: raw samples are asked for, without ranges and functions"),
            Some(None) => no("has a brace or a quote that does not close"),
            None => no("is more than a selector: raw samples are asked for, without ranges and functions"),
        }
    }

    /// Of a job, and of one of its instances.
    #[must_use]
    pub fn of(metric: &str, matchers: &[(&str, &str)]) -> Self {
        let matchers: Vec<String> = matchers.iter().map(|(name, value)| format!("{name}={}", quoted(value))).collect();
        Self { metric: metric.to_owned(), matchers: matchers.join(",") }
    }

    /// As the server reads it.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}{{{}}}", self.metric, self.matchers)
    }
}

/// Metrics of exactly these labels, over a range that ends when the query is evaluated.
///
/// Before version 3 a range held its first moment, since then it does not; the millisecond more makes both hold it.
#[must_use]
pub fn range(metrics: &[&str], labels: &Labels, range_ms: i64) -> String {
    let mut matchers = vec![format!("__name__=~{}", quoted(&metrics.join("|")))];
    matchers.extend(labels.iter().map(|(name, value)| format!("{name}={}", quoted(value))));
    format!("{{{}}}[{}ms]", matchers.join(","), range_ms + 1)
}

/// A series as a person reads it.
#[must_use]
pub fn series(labels: &Labels) -> String {
    let name = labels.get("__name__").map_or("", String::as_str);
    let others = labels.iter().filter(|(label, _)| *label != "__name__");
    let others: Vec<String> = others.map(|(label, value)| format!("{label}={}", quoted(value))).collect();
    format!("{name}{{{}}}", others.join(","))
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn is_of_a_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_' || character == ':'
}

/// What stands before the closing brace, and behind it.
fn closing(text: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match (quote, character) {
            (None, '}') => return Some((&text[..at], text[at + 1..].trim())),
            (None, '"' | '\'' | '`') => quote = Some(character),
            (Some('"' | '\''), '\\') => {
                characters.next();
            }
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_is_taken_as_it_is() {
        for (typed, text) in [
            ("probe_duration_seconds", "probe_duration_seconds{}"),
            (" latency{probe='a}b', dst=~\"x.*\"} ", "latency{probe='a}b', dst=~\"x.*\"}"),
            ("a:b{x=\"\\\"}\"}", "a:b{x=\"\\\"}\"}"),
        ] {
            assert_eq!(Selector::new(typed).unwrap().text(), text);
        }
        assert_eq!(
            Selector::of("m", &[("job", "a\"b\\"), ("instance", "x")]).text(),
            r#"m{job="a\"b\\",instance="x"}"#
        );
    }

    #[test]
    fn what_is_more_than_a_selector_is_refused() {
        for typed in [
            "",
            "{job=\"a\"}",
            "rate(x[5m])",
            "x[5m]",
            "x{a=\"b\"}[5m]",
            "x{a=\"b\"",
            "x{a=\"b}",
            "x + y",
            "5",
            "x{} offset 1h",
        ] {
            assert!(Selector::new(typed).unwrap_err().contains("write one series"), "{typed}");
        }
        assert!(!Selector::new("\u{1b}[2J").unwrap_err().contains('\u{1b}'));
    }

    #[test]
    fn a_range_holds_its_first_moment_in_every_version() {
        let labels = Labels::from([("job".to_owned(), "b".to_owned())]);
        assert_eq!(range(&["a", "b"], &labels, 1_000), "{__name__=~\"a|b\",job=\"b\"}[1001ms]");
    }
}
