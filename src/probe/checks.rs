//! What a page must satisfy, and why it does not.

use std::borrow::Cow;
use std::fmt::Write;

use serde_json::Value;

use crate::measurement::counted::counted;
use crate::measurement::outcome::{Check, FailedCheck};
use crate::measurement::units::Micros;

use super::target::Expectations;

/// The most characters of a found value that a reason shows.
const FOUND_MAX: usize = 80;

/// What the last hop brought.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The status code.
    pub status: u16,
    /// The response header.
    pub headers: &'a [(String, String)],
    /// The decoded body, as far as it was read.
    pub body: &'a [u8],
    /// Reading stopped at the size limit: there was more.
    pub truncated: bool,
    /// Whole days until the certificate ends; absent without one.
    pub certificate_days_left: Option<i32>,
    /// The whole exchange.
    pub elapsed: Micros,
}

/// The checks that do not hold, in the order of [`Check`]; none for a page as expected.
///
/// Reasons are one short sentence each with what was expected and what was found: a found value is cut at 80 characters
/// and made safe for a terminal, the body itself is never shown, nor is the value of a header that carries credentials.
#[must_use]
pub fn judge(expect: &Expectations, seen: &Seen<'_>) -> Vec<FailedCheck> {
    let mut failed = Vec::new();
    let mut note = |check, reason: Option<String>| failed.extend(reason.map(|reason| FailedCheck { check, reason }));
    note(Check::Status, status(&expect.status, seen.status));
    if expect.body_contains.is_some() || expect.body_matches.is_some() {
        let body = String::from_utf8_lossy(seen.body);
        note(Check::BodyContains, contains(expect.body_contains.as_deref(), &body, seen));
        note(Check::BodyMatches, matches(expect.body_matches.as_ref(), &body, seen));
    }
    if !expect.json.is_empty() {
        let document = document(seen);
        match document {
            Ok(document) => expect.json.iter().for_each(|(at, value)| note(Check::Json, json(at, value, &document))),
            Err(reason) => note(Check::Json, Some(reason)),
        }
    }
    for (name, value) in &expect.headers {
        note(Check::Header, header(name, value, seen.headers));
    }
    note(Check::CertificateDaysLeft, certificate(expect.certificate_days_left, seen.certificate_days_left));
    note(Check::MaxTime, time(expect.max_time.map(Micros::from), seen.elapsed));
    failed
}

fn status(expected: &[u16], found: u16) -> Option<String> {
    if expected.is_empty() || expected.contains(&found) {
        return None;
    }
    let expected = expected.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
    Some(format!("expected status {}, found {found}", cut(&expected)))
}

fn contains(expected: Option<&str>, body: &str, seen: &Seen<'_>) -> Option<String> {
    let expected = expected.filter(|expected| !body.contains(expected))?;
    Some(format!("expected the body to contain {}, not found in {}", quoted(expected), extent(seen)))
}

fn matches(expected: Option<&regex_lite::Regex>, body: &str, seen: &Seen<'_>) -> Option<String> {
    let expected = expected.filter(|expected| !expected.is_match(body))?;
    Some(format!("expected the body to match {}, no match in {}", quoted(expected.as_str()), extent(seen)))
}

fn extent(seen: &Seen<'_>) -> String {
    let bytes = seen.body.len();
    if seen.truncated {
        format!("the first {bytes} bytes (the body was cut at the size limit)")
    } else {
        format!("its {bytes} bytes")
    }
}

fn document(seen: &Seen<'_>) -> Result<Value, String> {
    let body = seen.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(seen.body);
    serde_json::from_slice(body).map_err(|error| {
        let place = format!("line {} column {}", error.line(), error.column());
        match (seen.truncated, body.is_empty()) {
            (true, _) => {
                format!("expected JSON, found a body that was cut at the size limit after {} bytes", body.len())
            }
            (false, true) => "expected JSON, found an empty body".to_owned(),
            (false, false) => format!("expected JSON, found a body that is none (it breaks at {place})"),
        }
    })
}

fn json(pointer: &str, expected: &Value, document: &Value) -> Option<String> {
    let wanted = || format!("expected {} at JSON pointer {}", cut(&expected.to_string()), quoted(pointer));
    match document.pointer(pointer) {
        Some(found) if equal(found, expected) => None,
        Some(found) => Some(format!("{}, found {}", wanted(), cut(&found.to_string()))),
        None => Some(format!("{}, found nothing there", wanted())),
    }
}

/// Equality in which 1 and 1.0 are the same number: TOML and JSON differ in how they write one.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || ((a.is_f64() || b.is_f64()) && a.as_f64() == b.as_f64()),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        (a, b) => a == b,
    }
}

fn header(name: &str, expected: &str, headers: &[(String, String)]) -> Option<String> {
    let found: Vec<&str> =
        headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect();
    let expected = expected.trim();
    // Several headers of one name mean the same as one with the values joined (RFC 9110, 5.3).
    if found.contains(&expected) || (found.len() > 1 && found.join(", ") == expected) {
        return None;
    }
    let secret = carries_credentials(name);
    let show =
        |value: &str| if secret { Cow::Borrowed("a value that is not shown") } else { Cow::Owned(quoted(value)) };
    let name = cut(name);
    Some(match found.as_slice() {
        [] => format!("expected header {name} to be {}, found no such header", show(expected)),
        _ if secret => format!("expected header {name} to have a certain value, found another one (neither is shown)"),
        [one] => format!("expected header {name} to be {}, found {}", show(expected), show(one)),
        many => format!(
            "expected header {name} to be {}, found {} values: {}",
            show(expected),
            many.len(),
            show(&many.join(", "))
        ),
    })
}

fn carries_credentials(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["auth", "cookie", "token", "secret", "key", "session", "password", "credential", "signature", "csrf", "xsrf"]
        .iter()
        .any(|part| name.contains(part))
}

fn certificate(expected: Option<i32>, found: Option<i32>) -> Option<String> {
    let expected = expected?;
    let found = match found {
        Some(found) if found >= expected => return None,
        Some(found) if found < 0 => format!("one that ended {} ago", counted(found.unsigned_abs(), "day")),
        Some(found) => format!("{} left", counted(found, "day")),
        None => "no certificate".to_owned(),
    };
    Some(format!("expected a certificate good for {} more, found {found}", counted(expected, "day")))
}

fn time(expected: Option<Micros>, found: Micros) -> Option<String> {
    let expected = expected.filter(|expected| found > *expected)?;
    Some(format!("expected at most {:.1} ms, took {:.1} ms", expected.as_millis(), found.as_millis()))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", cut(text))
}

/// At most 80 characters, with everything a terminal would act on written out.
fn cut(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().take(FOUND_MAX) {
        let acts = c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if acts {
            // Writing to a string cannot fail.
            let _ = write!(out, "{}", c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    if text.chars().nth(FOUND_MAX).is_some() {
        out.push_str("...");
    }
    out
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    const PAGE: Seen<'static> = Seen {
        status: 200,
        headers: &[],
        body: b"<p>the daily news</p>",
        truncated: false,
        certificate_days_left: Some(30),
        elapsed: Micros(250_000),
    };

    fn one(expect: &Expectations, seen: &Seen<'_>) -> (Check, String) {
        let mut failed = judge(expect, seen);
        assert_eq!(failed.len(), 1, "{failed:?}");
        let failed = failed.remove(0);
        (failed.check, failed.reason)
    }

    #[test]
    fn nothing_expected_is_always_met() {
        let bad = Seen { status: 500, body: b"", truncated: true, certificate_days_left: None, ..PAGE };
        assert_eq!(judge(&Expectations::default(), &bad), []);
    }

    #[test]
    fn a_page_that_satisfies_everything_passes_on_the_very_border() {
        let headers = [("Content-Type".to_owned(), " application/json ".to_owned())];
        let expect = Expectations {
            status: vec![200, 204],
            body_contains: Some("dai".into()),
            body_matches: Some(regex_lite::Regex::new("n.ws").unwrap()),
            json: vec![("/k".into(), json!("daily news")), ("".into(), json!({ "k": "daily news" }))],
            headers: vec![("content-type".into(), "application/json".into())],
            certificate_days_left: Some(30),
            max_time: Some(Duration::from_millis(250)),
        };
        assert_eq!(judge(&expect, &Seen { headers: &headers, body: br#"{"k":"daily news"}"#, ..PAGE }), []);
    }

    #[test]
    fn each_failure_says_what_was_expected_and_what_was_found() {
        let expect = Expectations { status: vec![200, 301], ..Expectations::default() };
        let failed = one(&expect, &Seen { status: 503, ..PAGE });
        assert_eq!(failed, (Check::Status, "expected status 200, 301, found 503".into()));

        let expect = Expectations { max_time: Some(Duration::from_millis(100)), ..Expectations::default() };
        assert_eq!(one(&expect, &PAGE), (Check::MaxTime, "expected at most 100.0 ms, took 250.0 ms".into()));

        let expect = Expectations { certificate_days_left: Some(31), ..Expectations::default() };
        let reason = |left| one(&expect, &Seen { certificate_days_left: left, ..PAGE }).1;
        assert!(reason(Some(30)).ends_with("found 30 days left"), "{}", reason(Some(30)));
        assert!(reason(Some(-2)).ends_with("found one that ended 2 days ago"), "{}", reason(Some(-2)));
        assert!(reason(Some(i32::MIN)).contains("2147483648"), "{}", reason(Some(i32::MIN)));
        assert!(reason(None).ends_with("found no certificate"), "{}", reason(None));
    }

    #[test]
    fn a_body_check_on_a_truncated_body_says_so_and_never_shows_the_body() {
        let expect = Expectations {
            body_contains: Some("weather".into()),
            body_matches: Some(regex_lite::Regex::new("^nothing$").unwrap()),
            json: vec![("/a".into(), json!(1))],
            ..Expectations::default()
        };
        for failed in judge(&expect, &Seen { truncated: true, ..PAGE }) {
            assert!(failed.reason.contains("cut at the size limit"), "{failed:?}");
            assert!(!failed.reason.contains("daily"), "{failed:?}");
        }
        let whole: Vec<_> = judge(&expect, &PAGE).into_iter().map(|failed| failed.reason).collect();
        assert_eq!(whole[0], "expected the body to contain \"weather\", not found in its 21 bytes");
        assert_eq!(whole[2], "expected JSON, found a body that is none (it breaks at line 1 column 1)");
    }

    #[test]
    fn bytes_that_are_no_text_are_searched_all_the_same() {
        let expect = Expectations { body_contains: Some("news".into()), ..Expectations::default() };
        assert_eq!(judge(&expect, &Seen { body: b"\xff\xfe news \xff", ..PAGE }), []);
        assert_eq!(one(&expect, &Seen { body: b"\xff\xfe", ..PAGE }).0, Check::BodyContains);
    }

    #[test]
    fn json_pointers_follow_rfc_6901() {
        let body = br#"{"a/b":[{"m~n":1}],"":2,"f":1.0,"long":"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"}"#;
        let expect =
            |pointer: &str, value| Expectations { json: vec![(pointer.into(), value)], ..Expectations::default() };
        let seen = Seen { body, ..PAGE };
        for (pointer, value) in
            [("/a~1b/0/m~0n", json!(1)), ("/", json!(2)), ("/f", json!(1)), ("/a~1b/0/m~0n", json!(1.0))]
        {
            assert_eq!(judge(&expect(pointer, value), &seen), [], "{pointer}");
        }
        let reason = |pointer: &str, value| one(&expect(pointer, value), &seen).1;
        assert_eq!(reason("/f", json!("1")), "expected \"1\" at JSON pointer \"/f\", found 1.0");
        for missing in ["/a~1b/01", "/a~1b/-", "/nope", "a", "/a~1b/1"] {
            assert!(reason(missing, json!(1)).ends_with("found nothing there"), "{missing}");
        }
        let long = reason("/long", json!(1));
        assert!(long.ends_with("...") && long.len() < 160, "{long}");
    }

    #[test]
    fn hostile_json_is_no_json() {
        let deep = "[".repeat(1_000_000);
        let expect =
            Expectations { json: vec![("/a".into(), json!(1)), ("/b".into(), json!(1))], ..Expectations::default() };
        for body in [deep.as_bytes(), b"", b"{", b"\xff", b"1 2"] {
            assert_eq!(one(&expect, &Seen { body, ..PAGE }).0, Check::Json);
        }
        let expect = Expectations { json: vec![("".into(), json!(7))], ..Expectations::default() };
        assert_eq!(judge(&expect, &Seen { body: b"\xef\xbb\xbf7", ..PAGE }), []);
    }

    #[test]
    fn values_that_carry_credentials_are_not_shown() {
        let headers =
            [("set-cookie".to_owned(), "id=s3cret".to_owned()), ("x-api-key".to_owned(), "s3cret".to_owned())];
        for name in ["Set-Cookie", "X-Api-Key", "authorization"] {
            let expect = Expectations { headers: vec![(name.into(), "an0ther".into())], ..Expectations::default() };
            let (check, reason) = one(&expect, &Seen { headers: &headers, ..PAGE });
            assert_eq!(check, Check::Header);
            assert!(!reason.contains("s3cret") && !reason.contains("an0ther"), "{reason}");
        }
    }

    #[test]
    fn a_header_given_twice_is_met_by_either_and_by_both_joined() {
        let headers = [("vary".to_owned(), "a".to_owned()), ("Vary".to_owned(), "b".to_owned())];
        for (value, good) in [("a", true), ("b", true), ("a, b", true), ("c", false), ("", false)] {
            let expect = Expectations { headers: vec![("VARY".into(), value.into())], ..Expectations::default() };
            assert_eq!(judge(&expect, &Seen { headers: &headers, ..PAGE }).is_empty(), good, "{value}");
        }
    }

    #[test]
    fn what_a_terminal_would_act_on_is_written_out() {
        let headers = [("server".to_owned(), format!("\u{1b}]0;x\u{7}\u{202e}{}", "y".repeat(500)))];
        let expect = Expectations { headers: vec![("server".into(), "z".into())], ..Expectations::default() };
        let (_, reason) = one(&expect, &Seen { headers: &headers, ..PAGE });
        assert!(!reason.contains(['\u{1b}', '\u{7}', '\u{202e}']) && reason.len() < 200, "{reason}");
    }
}
