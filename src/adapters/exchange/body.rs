//! The body, to its end or to the size limit.

use http::header::{CONTENT_ENCODING, HeaderMap};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};

use super::failure::Broken;
use super::journal::Journal;
use super::running::Running;
use crate::adapters::decode::{self, Decoded};
use crate::measurement::outcome::Cause;
use crate::probe::target::Target;

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// As it came, before decoding; no more than the limit.
    pub(super) wire_bytes: u64,
    /// After decoding.
    pub(super) bytes: u64,
    /// Kept only where somebody will look at it.
    pub(super) content: Vec<u8>,
    /// There was more than the limit, on the wire or decoded.
    pub(super) truncated: bool,
    /// It is not known whether the connection could serve another request: the rest of the body is still on it.
    pub(super) unread: bool,
}

/// The codings named by `Content-Encoding`, in the order in which they were applied.
pub(in crate::adapters) fn codings(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let names = values.flat_map(|value| value.split(',')).map(|name| name.trim().to_ascii_lowercase());
    names.filter(|name| !name.is_empty() && name != "identity").collect()
}

/// Reads into `body`, which holds what was read also when the reading breaks off.
pub(super) async fn read(
    mut incoming: Incoming,
    running: &mut Running,
    keep: bool,
    limit: u64,
    journal: &Journal,
    body: &mut Body,
) -> Result<(), Broken> {
    while let Some(frame) = running.with(incoming.frame()).await {
        let frame = frame.map_err(|error| Broken::of_http(&error, journal))?;
        let Some(data) = frame.data_ref() else { continue };
        let room = limit - body.wire_bytes;
        let taken = room.min(data.len() as u64);
        body.wire_bytes += taken;
        if keep {
            body.content.extend_from_slice(&data[..usize::try_from(taken).unwrap_or(data.len())]);
        }
        if taken < data.len() as u64 {
            (body.truncated, body.unread) = (true, true);
            break;
        }
        // Nothing more is to come: whoever asks again waits until the connection has been looked at once more.
        if incoming.is_end_stream() {
            break;
        }
    }
    body.bytes = body.wire_bytes;
    Ok(())
}

/// Whether the body's codings are to be undone: only where some were asked for, as in curl.
pub(in crate::adapters) fn is_to_be_decoded(target: &Target, codings: &[String]) -> bool {
    !target.accept_encoding.is_empty() && !codings.is_empty()
}

/// Undoes the codings.
pub(super) fn decode(body: &mut Body, codings: &[String], limit: u64) -> Result<(), Broken> {
    if body.content.is_empty() {
        return Ok(());
    }
    let Decoded { content, truncated } = decode::decode(&body.content, codings, limit, body.truncated)
        .map_err(|error| Broken::new(Cause::Decoding, error.to_string()))?;
    body.truncated |= truncated;
    body.bytes = content.len() as u64;
    body.content = content;
    Ok(())
}
