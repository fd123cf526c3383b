//! The URL of a page and of a proxy.

use url::Url;

use crate::exit::Problem;

/// A page's URL: absolute, `http` or `https`.
pub(super) fn url(typed: &str) -> Result<Url, Problem> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(Problem::input("the URL is empty; write the page with its scheme, as in https://www.example.com/"));
    }
    if !typed.contains("://") {
        return Err(Problem::input(format!(
            "the URL has no scheme; write https://{shown} (or http:// where the page has no TLS)",
            shown = shown(typed)
        )));
    }
    let url = Url::parse(typed).map_err(|error| {
        Problem::input(format!("the URL cannot be read ({error}); write it as in https://www.example.com/"))
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Problem::input(format!(
            "the URL begins with {}://, and only http or https can be probed",
            url.scheme().escape_default()
        )));
    }
    Ok(url)
}

/// A proxy's URL; as in curl, one without a scheme is an HTTP proxy.
pub(super) fn proxy(typed: &str) -> Result<Url, Problem> {
    let absolute = if typed.contains("://") { typed.to_owned() } else { format!("http://{typed}") };
    let url = Url::parse(&absolute)
        .map_err(|error| Problem::input(format!("--proxy cannot be read ({error}); write http://HOST:PORT")))?;
    match url.scheme() {
        "http" => Ok(url),
        other => Err(Problem::input(format!(
            "--proxy begins with {}://, and only an http:// proxy can be used",
            other.escape_default()
        ))),
    }
}

/// What may be printed of a URL that could not be read: no user, no query, no control character, and not too much.
fn shown(typed: &str) -> String {
    let end = typed.find(['?', '#']).unwrap_or(typed.len());
    let safe = typed[..end].rsplit('@').next().unwrap_or_default();
    safe.escape_default().take(100).collect()
}
