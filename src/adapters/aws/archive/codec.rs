//! JSON as bytes for an item, and back: one version byte, a checksum, the length, and deflate with a dictionary.
//!
//! Names and usual values of a sample stand in the dictionary, and after them what the item's own key says: so neither
//! costs an item more than a few bits. A dictionary that was released never changes; a better one is another version.

use std::sync::LazyLock;

use miniz_oxide::deflate::core::{CompressorOxide, TDEFLFlush, TDEFLStatus, compress_to_output};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

/// The version this program writes, and the newest it reads.
const VERSION: u8 = 1;
const DICTIONARY: &[u8] = include_bytes!("dictionary-1.txt");
/// Far more than the texts that intake lets through: what says more is damaged, and must not make us ask for the memory.
const TEXT_MAX: usize = 16_777_216;
const LEVEL: u8 = 9;
/// Raw deflate: a header of zlib's would be two bytes of nothing.
const RAW: i32 = -15;

/// Why bytes cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("was written by a later version (codec {0}; this program reads up to {VERSION}); update parallax")]
    Newer(u8),
    #[error("is damaged: {0}")]
    Damaged(&'static str),
}

/// The dictionary once gone through, ready for a text.
static PRIMED: LazyLock<CompressorOxide> = LazyLock::new(|| {
    let flags = miniz_oxide::deflate::core::create_comp_flags_from_zip_params(LEVEL.into(), RAW, 0);
    let mut compressor = CompressorOxide::new(flags);
    into(&mut compressor, DICTIONARY, TDEFLFlush::Sync, &mut Vec::new());
    compressor
});

/// `hint` is what the reader will know besides: texts that are likely in this one.
pub(super) fn encode(text: &[u8], hint: &[u8]) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend(crc32fast::hash(text).to_le_bytes());
    length(text.len(), &mut bytes);
    let mut compressor = PRIMED.clone();
    into(&mut compressor, hint, TDEFLFlush::Sync, &mut Vec::new());
    into(&mut compressor, text, TDEFLFlush::Finish, &mut bytes);
    bytes
}

fn into(compressor: &mut CompressorOxide, mut text: &[u8], flush: TDEFLFlush, out: &mut Vec<u8>) {
    loop {
        let (status, read) = compress_to_output(compressor, text, flush, |bytes| {
            out.extend_from_slice(bytes);
            true
        });
        text = text.get(read..).unwrap_or_default();
        if status != TDEFLStatus::Okay || text.is_empty() {
            return;
        }
    }
}

/// The text again.
///
/// # Errors
/// [`Unreadable`]: these bytes are no such text, or `hint` is not the one it was written with.
pub(super) fn decode(bytes: &[u8], hint: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let (version, rest) = bytes.split_first().ok_or(Unreadable::Damaged("it is empty"))?;
    if *version > VERSION {
        return Err(Unreadable::Newer(*version));
    }
    let short = Unreadable::Damaged("it ends too soon");
    let (sum, mut rest) = rest.split_first_chunk::<4>().ok_or(short.clone())?;
    let length = read_length(&mut rest).filter(|_| *version == VERSION).ok_or(short)?;
    if length > TEXT_MAX {
        return Err(Unreadable::Damaged("it says that it is longer than any text may be"));
    }
    let mut out = [DICTIONARY, hint].concat();
    let begin = out.len();
    out.resize(begin + length, 0);
    let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let (status, read, written) = decompress(&mut DecompressorOxide::new(), rest, &mut out, begin, flags);
    if status != TINFLStatus::Done || read != rest.len() || written != length {
        return Err(Unreadable::Damaged("it cannot be decompressed"));
    }
    let text = out.split_off(begin);
    if crc32fast::hash(&text) != u32::from_le_bytes(*sum) {
        return Err(Unreadable::Damaged("its checksum is another"));
    }
    Ok(text)
}

/// Seven bits a byte, the highest says that more follow.
fn length(mut length: usize, out: &mut Vec<u8>) {
    while length >= 0x80 {
        out.push(u8::try_from(length & 0x7F).unwrap_or(0) | 0x80);
        length >>= 7;
    }
    out.push(u8::try_from(length).unwrap_or(0));
}

fn read_length(bytes: &mut &[u8]) -> Option<usize> {
    let mut length = 0;
    for shift in [0, 7, 14, 21, 28] {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        length |= usize::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(length);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_dictionary_and_any_hint_lie_within_the_window() {
        let deflate_looks_back = 32_768;
        assert!(DICTIONARY.len() + 2_048 < deflate_looks_back, "{}", DICTIONARY.len());
    }

    #[test]
    fn the_first_dictionary_is_as_it_was_released() {
        assert_eq!((DICTIONARY.len(), crc32fast::hash(DICTIONARY)), (5_396, 1_290_491_297));
    }

    #[test]
    fn a_later_version_is_told_from_damage() {
        let mut bytes = encode(b"{}", b"");
        bytes[0] = 9;
        assert_eq!(decode(&bytes, b""), Err(Unreadable::Newer(9)));
        assert_eq!(decode(&[], b""), Err(Unreadable::Damaged("it is empty")));
        bytes[0] = 0;
        assert!(matches!(decode(&bytes, b""), Err(Unreadable::Damaged(_))));
    }

    #[test]
    fn another_hint_is_another_text() {
        let text = br#"{"id":"0199-some-long-id-0199-some-long-id"}"#;
        let bytes = encode(text, b"0199-some-long-id-0199-some-long-id");
        assert_eq!(decode(&bytes, b"0199-some-long-id-0199-some-long-id").as_deref(), Ok(&text[..]));
        assert!(matches!(decode(&bytes, b"0199-some-long-xx-0199-some-long-id"), Err(Unreadable::Damaged(_))));
    }

    proptest! {
        #[test]
        fn any_text_survives(text in prop::collection::vec(any::<u8>(), 0..5_000), hint in "[a-z0-9#/]{0,400}") {
            prop_assert_eq!(decode(&encode(&text, hint.as_bytes()), hint.as_bytes()), Ok(text));
        }

        #[test]
        fn a_long_text_survives(piece in "[a-z ]{1,60}", times in 1..8_000_usize) {
            let text = piece.repeat(times).into_bytes();
            prop_assert_eq!(decode(&encode(&text, b""), b""), Ok(text));
        }

        #[test]
        fn no_bytes_make_it_panic_or_pass(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(&bytes, b"hint");
        }

        #[test]
        fn one_changed_bit_is_noticed(text in "[a-z0-9\":,]{20,400}", at in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let mut bytes = encode(text.as_bytes(), b"");
            let place = at.index(bytes.len());
            bytes[place] ^= 1 << bit;
            // Padding after the last block says nothing.
            if let Ok(read) = decode(&bytes, b"") {
                prop_assert_eq!(read, text.into_bytes());
            }
        }
    }
}
