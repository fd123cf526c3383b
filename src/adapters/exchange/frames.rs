//! Enough of HTTP/2 to see a HEADERS frame go by (RFC 9113, section 4.1).

const HEADERS: u8 = 0x1;
const DATA: u8 = 0x0;
const CONTINUATION: u8 = 0x9;
const HEAD_LENGTH: usize = 9;

/// What a client sends ahead of its first frame.
pub(super) const PREFACE_LENGTH: usize = 24;

/// Follows one direction of a connection, given its bytes in pieces of any size.
#[derive(Debug)]
pub(super) struct Frames {
    skip: usize,
    head: [u8; HEAD_LENGTH],
    filled: usize,
    body_seen: bool,
}

/// What a piece of the stream held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// A HEADERS frame began.
    pub(super) headers: bool,
    /// Bytes of the frames that carry header fields, ahead of the first DATA frame.
    pub(super) header_bytes: u64,
}

impl Frames {
    /// Starts after `skip` bytes that are no frame.
    pub(super) fn new(skip: usize) -> Self {
        Self { skip, head: [0; HEAD_LENGTH], filled: 0, body_seen: false }
    }

    /// The next request's answer begins.
    pub(super) fn new_request(&mut self) {
        self.body_seen = false;
    }

    /// The next bytes.
    pub(super) fn follow(&mut self, mut bytes: &[u8]) -> Found {
        let mut found = Found::default();
        while !bytes.is_empty() {
            if self.skip > 0 {
                let skipped = self.skip.min(bytes.len());
                self.skip -= skipped;
                bytes = &bytes[skipped..];
                continue;
            }
            let taken = (HEAD_LENGTH - self.filled).min(bytes.len());
            self.head[self.filled..self.filled + taken].copy_from_slice(&bytes[..taken]);
            self.filled += taken;
            bytes = &bytes[taken..];
            if self.filled == HEAD_LENGTH {
                self.filled = 0;
                self.frame(&mut found);
            }
        }
        found
    }

    fn frame(&mut self, found: &mut Found) {
        let [a, b, c, kind, ..] = self.head;
        let length = u32::from_be_bytes([0, a, b, c]);
        self.skip = length as usize;
        self.body_seen |= kind == DATA;
        found.headers |= kind == HEADERS;
        if matches!(kind, HEADERS | CONTINUATION) && !self.body_seen {
            found.header_bytes += u64::from(length) + HEAD_LENGTH as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, length: u8) -> Vec<u8> {
        let mut frame = vec![0, 0, length, kind, 0, 0, 0, 0, 1];
        frame.extend(std::iter::repeat_n(HEADERS, usize::from(length)));
        frame
    }

    #[test]
    fn settings_are_no_headers_in_pieces_of_any_size() {
        let mut bytes = vec![HEADERS; PREFACE_LENGTH];
        bytes.extend([frame(4, 30), frame(8, 4)].concat());
        for size in 1..bytes.len() {
            let mut frames = Frames::new(PREFACE_LENGTH);
            assert!(bytes.chunks(size).all(|piece| frames.follow(piece) == Found::default()), "{size}");
            let mut pieces = frame(HEADERS, 20).chunks(size).map(|piece| frames.follow(piece)).collect::<Vec<_>>();
            pieces.retain(|found| found.headers);
            assert_eq!(pieces, [Found { headers: true, header_bytes: 29 }], "{size}");
        }
    }

    #[test]
    fn trailers_are_not_counted_as_header() {
        let mut frames = Frames::new(0);
        let found =
            frames.follow(&[frame(HEADERS, 10), frame(CONTINUATION, 5), frame(DATA, 9), frame(HEADERS, 7)].concat());
        assert_eq!(found.header_bytes, 33);
    }
}
