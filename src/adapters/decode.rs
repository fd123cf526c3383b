//! Content codings undone: bytes in, bytes out, never more than asked for.

use std::io::{self, Read};

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// More codings on top of each other than this are an attack, not a page.
const CODINGS_MAX: usize = 5;

/// Why a body is not what its header says.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// A coding that we cannot undo.
    #[error("the content coding `{0}` is not known")]
    Unknown(String),
    /// More than five.
    #[error("the body has {0} content codings on top of each other")]
    TooMany(usize),
    /// The bytes are not of this coding.
    #[error("the body is not valid {coding}: {reason}")]
    Broken {
        /// Which.
        coding: String,
        /// What its decoder says.
        reason: io::Error,
    },
}

/// What came out.
#[derive(Debug, PartialEq, Eq)]
pub struct Decoded {
    /// No more bytes than the limit.
    pub content: Vec<u8>,
    /// There would have been more.
    pub truncated: bool,
}

/// Undoes `codings`, the names in `Content-Encoding` in its order (so the last is undone first): `gzip`, `x-gzip`,
/// `deflate`, `br`, `zstd`.
///
/// No step gives more than `limit` bytes. `partial` says that the input itself was cut off: then whatever can be decoded
/// is, and a broken end is no error.
///
/// # Errors
/// See [`DecodeError`].
pub fn decode(body: &[u8], codings: &[String], limit: u64, partial: bool) -> Result<Decoded, DecodeError> {
    if codings.len() > CODINGS_MAX {
        return Err(DecodeError::TooMany(codings.len()));
    }
    let mut decoded = Decoded { content: body.to_vec(), truncated: partial };
    for coding in codings.iter().rev() {
        decoded = undo(&decoded.content, coding, limit, decoded.truncated)?;
    }
    Ok(decoded)
}

fn undo(body: &[u8], coding: &str, limit: u64, partial: bool) -> Result<Decoded, DecodeError> {
    let mut reader: Box<dyn Read + '_> = match coding {
        "gzip" | "x-gzip" => Box::new(MultiGzDecoder::new(body)),
        // RFC 9110 means zlib; some servers send the bare stream.
        "deflate" if is_zlib(body) => Box::new(ZlibDecoder::new(body)),
        "deflate" => Box::new(DeflateDecoder::new(body)),
        "br" => Box::new(brotli_decompressor::Decompressor::new(body, 4_096)),
        "zstd" => Box::new(Zstd { left: body, frame: None }),
        _ => return Err(DecodeError::Unknown(coding.chars().take(32).flat_map(char::escape_default).collect())),
    };
    let mut content = Vec::new();
    let ended = reader.by_ref().take(limit.saturating_add(1)).read_to_end(&mut content);
    let over = content.len() as u64 > limit;
    content.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    match ended {
        Err(reason) if !partial && !over => Err(DecodeError::Broken { coding: coding.to_owned(), reason }),
        _ => Ok(Decoded { content, truncated: partial || over }),
    }
}

/// RFC 1950: the method is 8, and the first two bytes are a multiple of 31.
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [first, second, ..] if first & 0x0f == 8 && u16::from_be_bytes([*first, *second]) % 31 == 0)
}

/// Frames one after another, as RFC 8878 allows.
struct Zstd<'a> {
    left: &'a [u8],
    frame: Option<ruzstd::decoding::StreamingDecoder<&'a [u8], ruzstd::decoding::FrameDecoder>>,
}

impl Read for Zstd<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(frame) = &mut self.frame {
                let length = frame.read(buffer)?;
                if length > 0 || buffer.is_empty() {
                    return Ok(length);
                }
                self.left = frame.get_ref();
                self.frame = None;
            }
            if self.left.is_empty() {
                return Ok(0);
            }
            let frame = ruzstd::decoding::StreamingDecoder::new(self.left);
            self.frame = Some(frame.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn brotli(text: &[u8]) -> Vec<u8> {
        let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4_096, 5, 22);
        encoder.write_all(text).unwrap();
        encoder.into_inner()
    }

    fn zstd(text: &[u8]) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
    }

    fn undone(body: &[u8], codings: &[&str], limit: u64) -> Result<Decoded, DecodeError> {
        let codings: Vec<String> = codings.iter().map(|name| (*name).to_owned()).collect();
        decode(body, &codings, limit, false)
    }

    #[test]
    fn each_coding_is_undone() {
        let text = b"parallax ".repeat(2_000);
        let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        deflate.write_all(&text).unwrap();
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        zlib.write_all(&text).unwrap();
        for (coding, body) in [
            ("gzip", gzip(&text)),
            ("x-gzip", gzip(&text)),
            ("br", brotli(&text)),
            ("zstd", zstd(&text)),
            ("zstd", [zstd(&text[..9_000]), zstd(&text[9_000..])].concat()),
            ("deflate", deflate.finish().unwrap()),
            ("deflate", zlib.finish().unwrap()),
        ] {
            let decoded = undone(&body, &[coding], 1 << 20).unwrap();
            assert_eq!(decoded, Decoded { content: text.clone(), truncated: false }, "{coding}");
        }
    }

    #[test]
    fn codings_on_top_of_each_other_are_undone_from_the_last() {
        let body = brotli(&gzip(b"twice"));
        assert_eq!(undone(&body, &["gzip", "br"], 100).unwrap().content, b"twice");
        assert!(matches!(undone(&body, &["br"; 6], 100), Err(DecodeError::TooMany(6))));
    }

    #[test]
    fn a_bomb_ends_at_the_limit() {
        let zeros = vec![0; 4 << 20];
        for (coding, body) in [("gzip", gzip(&zeros)), ("br", brotli(&zeros)), ("zstd", zstd(&zeros))] {
            let decoded = undone(&body, &[coding], 1_000).unwrap();
            assert_eq!((decoded.content.len(), decoded.truncated), (1_000, true), "{coding}");
        }
        let exactly = undone(&gzip(&zeros), &["gzip"], 4 << 20).unwrap();
        assert!(!exactly.truncated);
    }

    #[test]
    fn a_body_that_breaks_off_is_an_error_unless_we_cut_it_ourselves() {
        let text: Vec<u8> =
            (0..60_000_u32).flat_map(|number| (number.wrapping_mul(2_654_435_761)).to_be_bytes()).collect();
        for (coding, body) in [("gzip", gzip(&text)), ("br", brotli(&text)), ("zstd", zstd(&text))] {
            let cut = &body[..body.len() / 2];
            assert!(matches!(undone(cut, &[coding], 1 << 20), Err(DecodeError::Broken { .. })), "{coding}");
            let decoded = decode(cut, &[coding.to_owned()], 1 << 20, true).unwrap();
            assert!(decoded.truncated && text.starts_with(&decoded.content), "{coding}");
        }
    }

    #[test]
    fn garbage_and_unknown_codings_are_errors() {
        for coding in ["gzip", "br", "zstd", "deflate"] {
            assert!(undone(b"<html>this is no coding</html>", &[coding], 100).is_err(), "{coding}");
        }
        assert!(
            matches!(undone(b"x", &["compress\u{1b}"], 100), Err(DecodeError::Unknown(name)) if !name.contains('\u{1b}'))
        );
    }
}
