//! An HTTP proxy: `CONNECT` for HTTPS, and the credentials for both ways of using it.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;

use super::failure::Broken;
use super::journal::Journal;
use super::stream::Stream;
use crate::measurement::outcome::Cause;

/// No proxy has more to say than this in front of a tunnel.
const ANSWER_MAX: usize = 16 * 1024;

/// Asks the proxy for a tunnel to `authority` (`host:port`).
pub(super) async fn open(
    stream: &mut Stream,
    authority: &str,
    authorization: Option<&str>,
    user_agent: &str,
    journal: &Journal,
) -> Result<(), Broken> {
    let authorization = authorization.map(|value| format!("Proxy-Authorization: {value}\r\n")).unwrap_or_default();
    let request = format!(
        "CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{authorization}User-Agent: {user_agent}\r\n\
         Proxy-Connection: Keep-Alive\r\n\r\n"
    );
    let failed = |error: std::io::Error| {
        let cause = journal.broken().and_then(super::failure::cause_of_socket).unwrap_or(Cause::Proxy);
        Broken::new(cause, format!("the proxy broke off: {error}"))
    };
    stream.write_all(request.as_bytes()).await.map_err(failed)?;
    let mut answer = Vec::with_capacity(512);
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
        if answer.len() >= ANSWER_MAX {
            return Err(Broken::new(Cause::Proxy, "the proxy's answer has no end"));
        }
        if stream.read_buf(&mut answer).await.map_err(failed)? == 0 {
            return Err(Broken::new(Cause::Proxy, "the proxy closed the connection in place of an answer"));
        }
    }
    match status(&answer) {
        // A server that is spoken to over TLS does not speak first: what follows the answer is not from it.
        Some(200..=299) if answer.ends_with(b"\r\n\r\n") => Ok(()),
        Some(200..=299) => Err(Broken::new(Cause::Proxy, "the proxy sent more than its answer")),
        Some(status) => Err(Broken::new(Cause::Proxy, format!("the proxy answered CONNECT with status {status}"))),
        None => Err(Broken::new(Cause::Proxy, "the proxy's answer is not HTTP")),
    }
}

fn status(answer: &[u8]) -> Option<u16> {
    let line = answer.strip_prefix(b"HTTP/1.")?;
    std::str::from_utf8(line.get(2..5)?).ok()?.parse().ok()
}

/// `Basic …` of a URL's user name and password; `None` where it has neither.
pub(super) fn basic(url: &Url) -> Option<String> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let mut pair = decoded(url.username());
    pair.push(b':');
    pair.extend(decoded(url.password().unwrap_or("")));
    Some(format!("Basic {}", base64(&pair)))
}

/// `%41` is `A`; anything that is no such triple stays.
fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = bytes.get(at + 1..at + 3).filter(|_| byte == b'%');
        let code =
            code.and_then(|code| std::str::from_utf8(code).ok()).and_then(|code| u8::from_str_radix(code, 16).ok());
        decoded.push(code.unwrap_or(byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    decoded
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |index| u32::from(group.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for index in 0..4 {
            let sextet = (bits >> (18 - 6 * index)) & 63;
            text.push(if index > group.len() { '=' } else { char::from(ALPHABET[sextet as usize]) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        // RFC 4648, section 10.
        let examples = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for (length, expected) in examples.iter().enumerate() {
            assert_eq!(base64(&b"foobar"[..length]), *expected);
        }
    }

    #[test]
    fn credentials_are_decoded_before_they_are_encoded() {
        let of = |url: &str| basic(&Url::parse(url).unwrap());
        // RFC 7617, section 2.
        assert_eq!(of("http://Aladdin:open%20sesame@proxy/").unwrap(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(of("http://proxy/"), None);
        assert_eq!(decoded("%4"), b"%4");
        assert_eq!(decoded("%zz%"), b"%zz%");
    }

    #[test]
    fn only_http_has_a_status() {
        assert_eq!(status(b"HTTP/1.0 407 No\r\n"), Some(407));
        assert_eq!(status(b"SSH-2.0-OpenSSH"), None);
        assert_eq!(status(b"HTTP/1.1"), None);
    }
}
