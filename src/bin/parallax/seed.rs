//! A seed nobody chose: short enough to be typed again.

use parallax::adapters::random;

/// Another one each time.
pub(crate) fn any() -> u64 {
    u32::from_ne_bytes(random::bytes()).into()
}
