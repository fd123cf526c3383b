//! Where a redirect leads.

use http::header::{HeaderMap, LOCATION};
use url::Url;

use super::failure::Broken;
use crate::measurement::outcome::Cause;

/// The next URL; `None` where the response is the answer: not a redirect, or one that names no place (as in curl).
///
/// # Errors
/// A `Location` that is no URL, or of another scheme than HTTP.
pub(in crate::adapters) fn next(status: u16, headers: &HeaderMap, from: &Url) -> Result<Option<Url>, Broken> {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = headers.get(LOCATION).filter(|location| !location.is_empty()) else { return Ok(None) };
    let bad = |why: &str| Broken::new(Cause::BadRedirect, format!("status {status} with a `Location` {why}"));
    let location = std::str::from_utf8(location.as_bytes()).map_err(|_| bad("that is not text"))?;
    let next = from.join(location).map_err(|_| bad("that is not a URL"))?;
    match next.scheme() {
        "http" | "https" if next.has_host() => Ok(Some(next)),
        _ => Err(bad("that is neither http nor https")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn led(status: u16, location: &[u8]) -> Result<Option<String>, Cause> {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, http::HeaderValue::from_bytes(location).unwrap());
        let from = Url::parse("https://a.example/b/c?d").unwrap();
        next(status, &headers, &from).map(|url| url.map(String::from)).map_err(|broken| broken.cause)
    }

    #[test]
    fn a_location_is_read_relative_to_its_page() {
        assert_eq!(led(301, b"x"), Ok(Some("https://a.example/b/x".to_owned())));
        assert_eq!(led(308, b"//o.example"), Ok(Some("https://o.example/".to_owned())));
        assert_eq!(led(302, b"http://0x7f.1/"), Ok(Some("http://127.0.0.1/".to_owned())));
    }

    #[test]
    fn what_leads_nowhere_is_an_answer_and_what_leads_astray_is_a_failure() {
        assert_eq!(led(200, b"x"), Ok(None));
        assert_eq!(led(304, b"x"), Ok(None));
        assert_eq!(led(302, b""), Ok(None));
        for location in [b"ftp://a.example/".as_slice(), b"file:///etc/passwd", b"javascript:1", b"http://", b"\xff"] {
            assert_eq!(led(302, location), Err(Cause::BadRedirect), "{location:?}");
        }
    }
}
