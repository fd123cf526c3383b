//! The request, as curl would send it.

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use http::{Method, Request, Uri, Version};
use http_body_util::Empty;
use url::Url;

use super::failure::Broken;
use super::tunnel;
use crate::measurement::outcome::Cause;
use crate::probe::target::{HttpMethod, Target};

/// What we call ourselves where the target does not say otherwise.
pub(super) const OUR_NAME: &str = concat!("parallax/", env!("CARGO_PKG_VERSION"));

/// Headers that another origin may see; the value of any other may be meant for the first origin alone.
pub(in crate::adapters) const HARMLESS: [&str; 6] =
    ["accept", "accept-encoding", "accept-language", "cache-control", "pragma", "user-agent"];

/// Headers that would change how the message is framed.
pub(in crate::adapters) const FRAMING: [&str; 6] =
    ["connection", "content-length", "keep-alive", "te", "transfer-encoding", "upgrade"];

/// How a request is addressed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::adapters) enum Form {
    /// HTTP/1.1 to the server itself, or through a tunnel.
    Origin,
    /// HTTP/1.1 to a proxy.
    Absolute,
    /// HTTP/2.
    Http2,
}

/// Whether both are asked with the same secrets: scheme, host and port are equal.
pub(in crate::adapters) fn same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host() == other.host()
        && one.port_or_known_default() == other.port_or_known_default()
}

/// `host` or `host:port`, as in `Host`.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// A request for `url`, which may be a redirect away from the target's own.
pub(in crate::adapters) fn build(target: &Target, url: &Url, form: Form) -> Result<Request<Empty<Bytes>>, Broken> {
    let at_home = same_origin(&target.url, url);
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(HOST, value("Host", &authority(url))?);
    headers.insert(USER_AGENT, HeaderValue::from_static(OUR_NAME));
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    if !target.accept_encoding.is_empty() {
        let codings: Vec<_> = target.accept_encoding.iter().map(|coding| coding.as_str()).collect();
        headers.insert(ACCEPT_ENCODING, value("Accept-Encoding", &codings.join(", "))?);
    }
    if let Some(credentials) = tunnel::basic(url) {
        headers.insert(AUTHORIZATION, secret("Authorization", &credentials)?);
    }
    set_own(&mut headers, target, at_home)?;
    if let (Form::Absolute, Some(credentials)) = (form, target.proxy.as_ref().and_then(tunnel::basic)) {
        headers.insert(http::header::PROXY_AUTHORIZATION, secret("Proxy-Authorization", &credentials)?);
    }
    let uri = match form {
        Form::Origin => path(url),
        Form::Absolute => format!("{}://{}{}", url.scheme(), authority(url), path(url)),
        Form::Http2 => {
            let host = headers.remove(HOST);
            let host = host.as_ref().and_then(|host| host.to_str().ok()).map_or_else(|| authority(url), str::to_owned);
            format!("{}://{host}{}", url.scheme(), path(url))
        }
    };
    let uri: Uri = uri.parse().map_err(|_| Broken::new(Cause::Other, "the URL cannot be put into a request"))?;
    let mut request = Request::new(Empty::new());
    *request.method_mut() = match target.http_method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Head => Method::HEAD,
    };
    *request.uri_mut() = uri;
    *request.version_mut() = if form == Form::Http2 { Version::HTTP_2 } else { Version::HTTP_11 };
    *request.headers_mut() = headers;
    Ok(request)
}

fn path(url: &Url) -> String {
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}

/// The target's own headers, each in place of ours of that name; one given twice is sent twice.
fn set_own(headers: &mut HeaderMap, target: &Target, at_home: bool) -> Result<(), Broken> {
    let mut set: Vec<HeaderName> = Vec::new();
    for (name, content) in &target.headers {
        let shown = name.escape_default();
        let name: HeaderName = name.parse().map_err(|_| {
            Broken::new(Cause::Other, format!("`{shown}` cannot be the name of a header; change `headers`"))
        })?;
        if FRAMING.contains(&name.as_str()) || !(at_home || HARMLESS.contains(&name.as_str())) {
            continue;
        }
        let content = secret(name.as_str(), content.expose())?;
        if set.contains(&name) {
            headers.append(name, content);
        } else {
            headers.insert(name.clone(), content);
            set.push(name);
        }
    }
    Ok(())
}

fn value(name: &str, content: &str) -> Result<HeaderValue, Broken> {
    HeaderValue::from_str(content).map_err(|_| {
        Broken::new(Cause::Other, format!("the value of the header `{name}` has a character that cannot be sent"))
    })
}

fn secret(name: &str, content: &str) -> Result<HeaderValue, Broken> {
    let mut value = value(name, content)?;
    // Not indexed by HTTP/2, and not shown by `Debug`.
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measurement::identity::TargetId;
    use crate::probe::target::Secret;

    fn target(url: &str) -> Target {
        Target::new(TargetId::new("t").unwrap(), Url::parse(url).unwrap())
    }

    #[test]
    fn secrets_stay_at_their_origin() {
        let mut target = target("https://me:pw@site.example/");
        for name in ["Authorization", "X-Token", "Cookie", "Host", "Accept-Language"] {
            target.headers.push((name.to_owned(), Secret::new("value".to_owned())));
        }
        for other in ["http://site.example/", "https://site.example:8443/", "https://other.example/"] {
            let request = build(&target, &Url::parse(other).unwrap(), Form::Origin).unwrap();
            let names: Vec<_> = request.headers().keys().map(HeaderName::as_str).collect();
            assert_eq!(names, ["host", "user-agent", "accept", "accept-language"], "{other}");
            assert_ne!(request.headers()[HOST], "value");
        }
        let home = build(&target, &Url::parse("https://site.example:443/next").unwrap(), Form::Origin).unwrap();
        assert_eq!(home.headers()[AUTHORIZATION], "value");
        assert_eq!(home.headers()["x-token"], "value");
    }

    #[test]
    fn a_request_is_addressed_as_its_reader_expects() {
        let target = target("http://site.example:8080/a?b=c#d");
        let uri = |form| build(&target, &target.url, form).unwrap().uri().to_string();
        assert_eq!(uri(Form::Origin), "/a?b=c");
        assert_eq!(uri(Form::Absolute), "http://site.example:8080/a?b=c");
        assert_eq!(uri(Form::Http2), "http://site.example:8080/a?b=c");
        assert_eq!(build(&target, &target.url, Form::Origin).unwrap().headers()[HOST], "site.example:8080");
    }

    #[test]
    fn a_header_that_cannot_be_sent_is_named_without_its_value() {
        let mut target = target("http://site.example/");
        target.headers.push(("X-Token".to_owned(), Secret::new("hidden\r\nInjected: yes".to_owned())));
        let broken = build(&target, &target.url, Form::Origin).unwrap_err();
        assert!(broken.detail.contains("x-token") && !broken.detail.contains("hidden"), "{broken:?}");
    }
}
