//! The metadata endpoint of a Lambda sandbox, which knows the availability zone.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::{Surroundings, word};

/// It answers from inside the sandbox, so this is plenty; a probe does not wait longer for a nicety.
const PATIENCE: Duration = Duration::from_millis(500);
const RESPONSE_MAX: usize = 16 * 1024;

/// The zone's id, such as `use1-az1`; `None` without the endpoint's variables or if anything goes wrong.
pub(super) fn availability_zone(seen: &Surroundings<'_>) -> Option<String> {
    let authority = seen.word("AWS_LAMBDA_METADATA_API")?;
    // Longer than a word that is kept, and never kept.
    let token = (seen.variable)("AWS_LAMBDA_METADATA_TOKEN")?;
    if token.is_empty() || token.contains(|c: char| !c.is_ascii_graphic()) || authority.contains(char::is_whitespace) {
        return None;
    }
    let request = format!(
        "GET /2026-01-15/metadata/execution-environment HTTP/1.1\r\nHost: {authority}\r\n\
         Authorization: Bearer {token}\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
    );
    zone(&authority, &request).ok().flatten()
}

fn zone(authority: &str, request: &str) -> io::Result<Option<String>> {
    let end = Instant::now() + PATIENCE;
    let address = authority.to_socket_addrs()?.next().ok_or(io::ErrorKind::NotFound)?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let (mut response, mut part) = (Vec::new(), [0; 2048]);
    while response.len() < RESPONSE_MAX {
        // A response whose end is known by its JSON needs no end of the connection.
        if let Some(zone) = parse(&response) {
            return Ok(Some(zone));
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut part)? {
            0 => break,
            read => response.extend_from_slice(part.get(..read).unwrap_or_default()),
        }
    }
    Ok(parse(&response))
}

/// From a whole response, be its body plain or in one chunk.
fn parse(response: &[u8]) -> Option<String> {
    let text = str::from_utf8(response).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split_whitespace().nth(1)?;
    let json = body.get(body.find('{')?..=body.rfind('}')?)?;
    let json: serde_json::Value = serde_json::from_str(json).ok().filter(|_| status == "200")?;
    json.get("AvailabilityZoneID")?.as_str().and_then(word)
}
