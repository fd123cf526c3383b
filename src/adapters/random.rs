//! The operating system's randomness, read in one place.

use std::hash::{BuildHasher, RandomState};

use rustls::crypto::ring;

/// Unpredictable bytes, from the operating system at each call: sandboxes resumed from one snapshot do not share them.
///
/// Where the operating system refuses (a `seccomp` filter, an early boot), the bytes still differ between calls and
/// processes, but are no secret; nothing here is used as a key.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if ring::default_provider().secure_random.fill(&mut bytes).is_err() {
        for (index, chunk) in bytes.chunks_mut(8).enumerate() {
            let weak =
                RandomState::new().hash_one((std::process::id(), std::time::Instant::now(), index)).to_ne_bytes();
            chunk.copy_from_slice(&weak[..chunk.len()]);
        }
    }
    bytes
}
