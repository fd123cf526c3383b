//! How long the header of an HTTP/1 response is.

/// Counts a header's bytes, given in pieces of any size; interim responses (1xx) ahead of it count with it.
#[derive(Debug, Default)]
pub(super) struct HeadLength {
    counted: u64,
    /// Bytes since the block began.
    of_block: usize,
    /// The first digit of the status.
    class: u8,
    /// Nothing but a carriage return since the last line feed.
    line_is_empty: bool,
    done: bool,
}

/// `HTTP/1.1 200`: where the first digit of the status stands.
const CLASS_AT: usize = 9;

impl HeadLength {
    /// Bytes of a header that has not ended yet, interim responses with it.
    pub(super) fn pending(&self) -> u64 {
        if self.done { 0 } else { self.counted }
    }

    /// The next bytes; the length of the whole header once its end is among them.
    pub(super) fn follow(&mut self, bytes: &[u8]) -> Option<u64> {
        for byte in bytes {
            if self.done {
                return None;
            }
            self.counted += 1;
            if self.of_block == CLASS_AT {
                self.class = *byte;
            }
            self.of_block += 1;
            match *byte {
                b'\n' if self.line_is_empty => {
                    if self.class != b'1' {
                        self.done = true;
                        return Some(self.counted);
                    }
                    (self.of_block, self.class, self.line_is_empty) = (0, 0, false);
                }
                b'\n' => self.line_is_empty = true,
                b'\r' => {}
                _ => self.line_is_empty = false,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_ends_at_the_empty_line_in_pieces_of_any_size() {
        let header = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";
        let bytes = [header.as_slice(), b"\r\n\r\n"].concat();
        for size in 1..bytes.len() {
            let mut head = HeadLength::default();
            let found: Vec<u64> = bytes.chunks(size).filter_map(|piece| head.follow(piece)).collect();
            assert_eq!(found, [header.len() as u64], "{size}");
        }
    }

    #[test]
    fn an_interim_response_is_not_the_end() {
        let bytes = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\n\n";
        assert_eq!(HeadLength::default().follow(bytes), Some(bytes.len() as u64));
        assert_eq!(HeadLength::default().follow(b"no header at all"), None);
    }
}
