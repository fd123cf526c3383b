//! What of a URL may be kept and shown.

use url::Url;

/// What stands where a secret could have stood.
pub const MARK: &str = "REDACTED";

/// The longest text that comes out, in bytes.
pub const LENGTH_MAX: usize = 512;

/// A URL without what could be secret: user name, password and fragment removed, each value of the query replaced by
/// [`MARK`]; at most [`LENGTH_MAX`] bytes, the end cut off and marked `...`.
///
/// A parameter without `=` may be a token itself, so it is replaced as well. The path stays: it says which page it was.
#[must_use]
pub fn url(url: &Url) -> String {
    let mut shown = url.clone();
    // Fails where a URL cannot have a user (`data:`, `mailto:`): then there is none.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_fragment(None);
    if let Some(query) = url.query() {
        shown.set_query(Some(&without_values(query)));
    }
    cut(shown.into())
}

fn without_values(query: &str) -> String {
    let parameter = |text: &str| match text.split_once('=') {
        Some((key, _)) => format!("{key}={MARK}"),
        None if text.is_empty() => String::new(),
        None => MARK.to_owned(),
    };
    query.split('&').map(parameter).collect::<Vec<_>>().join("&")
}

fn cut(mut text: String) -> String {
    if text.len() > LENGTH_MAX {
        text.truncate(text.floor_char_boundary(LENGTH_MAX - 3));
        text.push_str("...");
    }
    text
}

/// A text from outside (an error message, a header value) for a kept sentence: each URL in it as [`url()`] shows it,
/// control characters replaced by spaces, at most [`LENGTH_MAX`] bytes.
#[must_use]
pub fn text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().min(LENGTH_MAX + 64));
    let mut rest = text;
    while let Some(start) = scheme_start(rest) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| c.is_whitespace() || "\"'`<>()".contains(c)).unwrap_or(from.len());
        let (found, after) = from.split_at(end);
        let found_bare = found.trim_end_matches([',', ';', '.', ':', ']', '}']);
        shown.push_str(before);
        match Url::parse(found_bare) {
            Ok(parsed) => shown.push_str(&url(&parsed)),
            Err(_) => shown.push_str(MARK),
        }
        shown.push_str(&found[found_bare.len()..]);
        rest = after;
        if shown.len() > LENGTH_MAX {
            rest = "";
        }
    }
    shown.push_str(rest);
    cut(shown.chars().map(|c| if c.is_control() { ' ' } else { c }).collect())
}

/// Where the first URL starts: the scheme's first letter.
fn scheme_start(text: &str) -> Option<usize> {
    let mark = text.find("://")?;
    let scheme = text[..mark].bytes().rev().take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b)).count();
    Some(mark - scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(input: &str) -> String {
        url(&Url::parse(input).unwrap())
    }

    #[test]
    fn credentials_fragment_and_query_values_go_and_keys_stay() {
        assert_eq!(
            shown("https://ann:s3cret@example.com:8443/p/a?token=s3cret&page=2&s3cret&&empty=#s3cret"),
            "https://example.com:8443/p/a?token=REDACTED&page=REDACTED&REDACTED&&empty=REDACTED"
        );
        assert_eq!(shown("https://s3cret@example.com/"), "https://example.com/");
        assert_eq!(shown("http://example.com/?"), "http://example.com/?");
        assert_eq!(shown("http://example.com/?a=b=s3cret"), "http://example.com/?a=REDACTED");
        assert_eq!(shown("http://[::1]:80/x#y"), "http://[::1]/x");
    }

    #[test]
    fn a_huge_url_is_cut_on_a_character() {
        let long = shown(&format!("https://example.com/{}", "ü".repeat(5_000)));
        assert!(long.len() <= LENGTH_MAX && long.ends_with("..."), "{long}");
        let long = text(&"ü".repeat(5_000));
        assert!(long.len() <= LENGTH_MAX && long.ends_with("..."), "{long}");
    }

    #[test]
    fn urls_inside_a_message_lose_their_secrets_too() {
        assert_eq!(
            text(
                "error sending request for url (https://u:s3cret@h.example/x?k=s3cret): refused by http://p:s3cret@q."
            ),
            "error sending request for url (https://h.example/x?k=REDACTED): refused by http://q/."
        );
        assert_eq!(text("got http://[s3cret and no more"), "got REDACTED and no more");
        assert_eq!(text("a\u{1b}[2Jb\nc"), "a [2Jb c");
        for plain in ["", "nothing here", "://", "a://"] {
            assert!(text(plain).len() < 32, "{plain}");
        }
    }
}
