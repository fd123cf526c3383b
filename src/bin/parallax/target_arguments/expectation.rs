//! What the page must satisfy.

use std::time::Duration;

use clap::Args;
use http::HeaderName;
use parallax::probe::target::Expectations;
use regex_lite::RegexBuilder;
use serde_json::Value;

use super::quantity;
use crate::exit::Problem;

/// A pattern that compiles to more than this is a mistake, or an attack on whoever runs it.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// As typed.
#[derive(Debug, Args)]
pub(super) struct ExpectationArguments {
    /// The status is one of these; without it a page that answers 500 has answered, as in curl
    #[arg(long, help_heading = "Checks", value_name = "CODE", value_delimiter = ',', value_parser = quantity::whole(100_u16..=599), allow_negative_numbers = true)]
    expect_status: Vec<u16>,
    /// The body contains this text
    #[arg(long, help_heading = "Checks", value_name = "TEXT")]
    expect_contains: Option<String>,
    /// The body matches this regular expression
    #[arg(long, help_heading = "Checks", value_name = "REGEX")]
    expect_matches: Option<String>,
    /// The JSON body has this value there: /status=ok
    #[arg(long, help_heading = "Checks", value_name = "POINTER=VALUE")]
    expect_json: Vec<String>,
    /// The response has this header with this value
    #[arg(long, help_heading = "Checks", value_name = "NAME: VALUE")]
    expect_header: Vec<String>,
    /// The certificate is good for at least this many days
    #[arg(long, help_heading = "Checks", value_name = "DAYS", value_parser = quantity::whole(0_i32..=36_500), allow_negative_numbers = true)]
    expect_certificate_days: Option<i32>,
    /// The exchange takes no longer than this
    #[arg(long, help_heading = "Checks", value_name = "SECONDS", value_parser = quantity::seconds, allow_negative_numbers = true)]
    expect_max_time: Option<Duration>,
}

impl ExpectationArguments {
    /// What was typed, checked.
    pub(super) fn expectations(&self) -> Result<Expectations, Problem> {
        let body_matches = match &self.expect_matches {
            None => None,
            Some(pattern) => {
                Some(RegexBuilder::new(pattern).size_limit(PATTERN_BYTES_MAX).build().map_err(|error| {
                    Problem::input(format!("--expect-matches is not a regular expression: {error}"))
                })?)
            }
        };
        Ok(Expectations {
            status: self.expect_status.clone(),
            body_contains: self.expect_contains.clone(),
            body_matches,
            json: self.expect_json.iter().map(|typed| json(typed)).collect::<Result<_, _>>()?,
            headers: self.expect_header.iter().map(|typed| header(typed)).collect::<Result<_, _>>()?,
            certificate_days_left: self.expect_certificate_days,
            max_time: self.expect_max_time,
        })
    }
}

/// A JSON pointer (RFC 6901) and the value it must lead to; what is no JSON is text.
fn json(typed: &str) -> Result<(String, Value), Problem> {
    let (pointer, value) = typed
        .split_once('=')
        .ok_or_else(|| Problem::input("--expect-json: no `=` in it; write POINTER=VALUE, as in /status=ok"))?;
    if !pointer.is_empty() && !pointer.starts_with('/') {
        return Err(Problem::input(format!(
            "--expect-json: a pointer begins with a slash; write /{}=…",
            pointer.escape_default()
        )));
    }
    Ok((pointer.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()))))
}

fn header(typed: &str) -> Result<(String, String), Problem> {
    let (name, value) = typed
        .split_once(':')
        .ok_or_else(|| Problem::input("--expect-header: no colon in it; write --expect-header 'Name: value'"))?;
    let name = HeaderName::from_bytes(name.trim().as_bytes())
        .map_err(|_| Problem::input("--expect-header: the name before the colon is not a header's name"))?;
    Ok((name.as_str().to_owned(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_json_value_is_json_where_it_can_be_and_text_otherwise() {
        assert_eq!(json("/a/0=12").unwrap(), ("/a/0".to_owned(), Value::from(12)));
        assert_eq!(json("/status=ok").unwrap().1, Value::from("ok"));
        assert_eq!(json("/equation=a=b").unwrap().1, Value::from("a=b"));
        assert!(json("status=ok").is_err() && json("/status").is_err());
    }

    #[test]
    fn a_header_is_a_name_and_a_value() {
        assert_eq!(header("X-Cache:  HIT ").unwrap(), ("x-cache".to_owned(), "HIT".to_owned()));
        assert!(header("X-Cache").is_err() && header("X Cache: HIT").is_err());
    }
}
