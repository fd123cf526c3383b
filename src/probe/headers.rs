//! What response headers say of the server and of the edge in between.

use std::time::Duration;

use crate::measurement::hop::{Cdn, ServerTiming};
use crate::measurement::units::Micros;

/// The most entries of `Server-Timing` that are kept.
const ENTRIES_MAX: usize = 16;
/// The longest name, description or cache word, in bytes.
const WORD_MAX: usize = 64;

/// The entries of all `Server-Timing` headers (W3C Server Timing): name, `dur` in milliseconds, `desc`.
///
/// At most 16 entries; names and descriptions are cut at 64 bytes and freed of control characters. A duration that is
/// no number, negative, not finite or longer than a day is absent, as is one that was not given; of two, the first
/// counts. An entry without a name is left out.
pub fn server_timing<'a>(values: impl Iterator<Item = &'a str>) -> Vec<ServerTiming> {
    values.flat_map(|value| split(value, b',')).filter_map(entry).take(ENTRIES_MAX).collect()
}

fn entry(text: &str) -> Option<ServerTiming> {
    let mut parts = split(text, b';');
    let name = word(parts.next()?.trim())?;
    let (mut duration, mut description) = (None, None);
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let value = unquoted(value.trim());
        match key.trim().to_ascii_lowercase().as_str() {
            "dur" => {
                duration.get_or_insert(millis(&value));
            }
            "desc" => {
                description.get_or_insert(word(&value));
            }
            _ => {}
        }
    }
    Some(ServerTiming { name, duration_us: duration.flatten(), description: description.flatten() })
}

fn millis(text: &str) -> Option<Micros> {
    let millis: f64 = text.trim().parse().ok()?;
    let length = Duration::try_from_secs_f64(millis / 1_000.0).ok()?;
    Some(Micros::from(length)).filter(|length| *length <= ServerTiming::DURATION_MAX)
}

/// The pieces between separators that do not stand inside a quoted string.
fn split(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (mut quoted, mut escaped) = (false, false);
        for (index, byte) in text.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                _ if byte == separator && !quoted => {
                    rest = Some(&text[index + 1..]);
                    return Some(&text[..index]);
                }
                _ => {}
            }
        }
        rest = None;
        Some(text)
    })
}

fn unquoted(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"') else { return text.to_owned() };
    let mut out = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

/// A word fit to be kept: no control characters, at most 64 bytes, not empty.
fn word(text: &str) -> Option<String> {
    let mut word: String = text.chars().take(WORD_MAX).filter(|c| !c.is_control()).collect();
    word.truncate(word.floor_char_boundary(WORD_MAX));
    let word = word.trim();
    (!word.is_empty()).then(|| word.to_owned())
}

/// Which edge answered and whether from its cache; names of headers are compared without regard to case.
///
/// Point of presence: `x-amz-cf-pop`, else the part of `cf-ray` after the dash, else the last of `x-served-by` (the
/// edge nearest to us). Cache: `x-cache`, else `cf-cache-status`, else `cache-status`.
#[must_use]
pub fn cdn(headers: &[(String, String)]) -> Cdn {
    let first =
        |name: &str| headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
    let last =
        |name: &str| headers.iter().rfind(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
    let pop = first("x-amz-cf-pop")
        .or_else(|| first("cf-ray").and_then(|ray| ray.rsplit_once('-')).map(|(_, pop)| pop))
        .or_else(|| last("x-served-by").and_then(|names| names.rsplit(',').next()));
    let cache = first("x-cache").or_else(|| first("cf-cache-status")).or_else(|| first("cache-status"));
    Cdn {
        pop: pop.and_then(|pop| word(pop.trim())),
        cache: cache.and_then(|cache| word(cache.trim())),
        age_s: first("age").and_then(|age| age.trim().parse().ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(value: &str) -> Vec<(String, Option<u64>, Option<String>)> {
        server_timing([value].into_iter())
            .into_iter()
            .map(|t| (t.name, t.duration_us.map(|d| d.0), t.description))
            .collect()
    }

    #[test]
    fn the_examples_of_the_specification_are_read() {
        assert_eq!(
            timing(r#"miss, db;dur=53, app;dur=47.2, customView, dc;desc=atl, cache;desc="Cache Read";dur=23.2"#),
            [
                ("miss".into(), None, None),
                ("db".into(), Some(53_000), None),
                ("app".into(), Some(47_200), None),
                ("customView".into(), None, None),
                ("dc".into(), None, Some("atl".into())),
                ("cache".into(), Some(23_200), Some("Cache Read".into())),
            ]
        );
    }

    #[test]
    fn separators_and_escapes_inside_quotes_belong_to_the_text() {
        assert_eq!(
            timing(r#"a;desc="x, y; dur=9 \" z";dur=1"#),
            [("a".into(), Some(1_000), Some("x, y; dur=9 \" z".into()))]
        );
        assert_eq!(
            timing(r#"a;desc="never closed, b;dur=1"#),
            [("a".into(), None, Some("never closed, b;dur=1".into()))]
        );
        assert_eq!(timing(r#"a;desc="ends in \"#), [("a".into(), None, Some("ends in".into()))]);
        assert_eq!(timing(r#"a;DUR="12""#), [("a".into(), Some(12_000), None)]);
    }

    #[test]
    fn nonsense_durations_are_absent_not_zero() {
        for nonsense in ["NaN", "inf", "-1", "1e300", "x", "", "86400001", "--"] {
            assert_eq!(timing(&format!("a;dur={nonsense}")), [("a".into(), None, None)], "{nonsense}");
        }
        assert_eq!(timing("a;dur=1;dur=2"), [("a".into(), Some(1_000), None)]);
        assert_eq!(timing("a;dur=0"), [("a".into(), Some(0), None)]);
    }

    #[test]
    fn a_hostile_header_stays_small() {
        let many = format!("{};dur=1;desc=\"{}\",", "n".repeat(5_000), "ü\u{1b}".repeat(5_000)).repeat(100);
        let entries = server_timing([many.as_str(), many.as_str()].into_iter());
        assert_eq!(entries.len(), 16);
        for entry in entries {
            assert!(
                entry.name.len() <= 64 && entry.description.is_some_and(|d| d.len() <= 64 && !d.contains('\u{1b}'))
            );
        }
        for nothing in ["", ",,,;;;", ";dur=1", "  ", "\u{1}"] {
            assert!(timing(nothing).is_empty(), "{nothing:?}");
        }
    }

    fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn each_network_names_its_edge_in_its_own_way() {
        let cloudfront =
            cdn(&headers(&[("X-Amz-Cf-Pop", "NRT57-P2"), ("X-Cache", "Hit from cloudfront"), ("Age", "17")]));
        assert_eq!(
            cloudfront,
            Cdn { pop: Some("NRT57-P2".into()), cache: Some("Hit from cloudfront".into()), age_s: Some(17) }
        );
        let cloudflare =
            cdn(&headers(&[("cf-ray", "8a1b2c3d4e5f-NRT"), ("cf-cache-status", "DYNAMIC"), ("age", "-1")]));
        assert_eq!(cloudflare, Cdn { pop: Some("NRT".into()), cache: Some("DYNAMIC".into()), age_s: None });
        let fastly = cdn(&headers(&[("x-served-by", "cache-iad-1, cache-tyo-2"), ("x-served-by", "cache-hnd-3 ")]));
        assert_eq!(fastly.pop.as_deref(), Some("cache-hnd-3"));
        assert!(cdn(&headers(&[("cf-ray", "nodash"), ("server", "x")])).is_empty());
        assert!(cdn(&[]).is_empty());
    }
}
