//! The response header, as `-D` wrote it: one block a response (a proxy's, each redirect's), the last one counts.

/// One response's header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    /// Bytes of the block as written.
    pub(super) bytes: u64,
    /// The empty line at its end was there.
    pub(super) complete: bool,
    /// Names in lower case, values trimmed, in order.
    pub(super) fields: Vec<(String, String)>,
}

/// Every block, in order; a block begins with a line `HTTP/…`.
pub(super) fn parse(text: &[u8]) -> Vec<Header> {
    let mut blocks: Vec<Header> = Vec::new();
    // Trailers of a chunked body follow the empty line and belong to no block.
    let mut open = false;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let words = String::from_utf8_lossy(line);
        if words.starts_with("HTTP/") {
            blocks.push(Header::default());
            open = true;
        }
        let Some(block) = blocks.last_mut().filter(|_| open) else { continue };
        block.bytes += line.len() as u64;
        let words = words.trim();
        if words.is_empty() {
            (open, block.complete) = (false, true);
        } else if let Some((name, value)) = words.split_once(':').filter(|_| !words.starts_with("HTTP/")) {
            block.fields.push((name.trim_end().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    blocks
}

/// The value of a field, the first where there are several.
pub(super) fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_block_is_the_answers_own() {
        let text = b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /a\r\n\r\n\
            HTTP/2 200 \r\nServer: x\r\nserver-timing: db;dur=1\r\n\r\nTrailer: t\r\n";
        let blocks = parse(text);
        assert_eq!(blocks.len(), 3);
        assert_eq!(field(&blocks[1].fields, "location"), Some("/a"));
        assert_eq!(blocks[2].fields.len(), 2);
        assert_eq!((blocks[2].bytes, blocks[2].complete), (51, true));
        assert!(!parse(b"HTTP/1.1 200 OK\r\nContent-Le")[0].complete);
    }

    #[test]
    fn anything_may_stand_in_the_file() {
        for text in [b"".as_slice(), b"\r\n\r\n", b"HTTP/", b"\xff\xfe: \x00\r\nHTTP/1.1 200\n:\n", b"no header"] {
            parse(text);
        }
    }
}
