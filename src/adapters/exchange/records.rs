//! Where the records of TLS end in what the socket brings (RFC 8446, 5.1): a type, two bytes of version, two of length.

const HEADER: usize = 5;

/// Follows the records of one direction from the first on.
#[derive(Default)]
pub(super) struct Records {
    header: [u8; HEADER],
    filled: usize,
    left: usize,
}

impl Records {
    /// These bytes came next. Whether a record begins with one of them.
    pub(super) fn follow(&mut self, mut bytes: &[u8]) -> bool {
        let mut begins = false;
        while !bytes.is_empty() {
            if self.left == 0 {
                begins |= self.filled == 0;
                let (more, rest) = bytes.split_at(bytes.len().min(HEADER - self.filled));
                self.header[self.filled..self.filled + more.len()].copy_from_slice(more);
                self.filled += more.len();
                if self.filled == HEADER {
                    self.left = usize::from(u16::from_be_bytes([self.header[3], self.header[4]]));
                    self.filled = 0;
                }
                bytes = rest;
            } else {
                let taken = self.left.min(bytes.len());
                self.left -= taken;
                bytes = &bytes[taken..];
            }
        }
        begins
    }

    /// Bytes up to the end of the record that has begun; none between two records.
    pub(super) fn left(&self) -> Option<usize> {
        (self.left > 0).then_some(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDS: [u8; 16] = [23, 3, 3, 0, 3, b'a', b'b', b'c', 21, 3, 3, 0, 0, 23, 3, 3];

    #[test]
    fn the_end_of_a_record_is_known_however_its_bytes_are_cut() {
        for piece in 1..=RECORDS.len() {
            let mut records = Records::default();
            let mut seen = 0;
            for bytes in RECORDS.chunks(piece) {
                let begins = [0, 8, 13].iter().any(|at| (seen..seen + bytes.len()).contains(at));
                assert_eq!(records.follow(bytes), begins, "{seen} bytes in pieces of {piece}");
                seen += bytes.len();
                let left = if (5..8).contains(&seen) { Some(8 - seen) } else { None };
                assert_eq!(records.left(), left, "{seen} bytes in pieces of {piece}");
            }
        }
    }

    #[test]
    fn the_longest_length_is_taken_as_it_is() {
        let mut records = Records::default();
        records.follow(&[23, 3, 3, 0xff, 0xff, 0]);
        assert_eq!(records.left(), Some(0xfffe));
    }
}
