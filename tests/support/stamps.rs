//! Receive stamps from the first packet on, for tests that are about them.

use std::sync::OnceLock;

use parallax::adapters::kernel::HAS_RECEIVE_STAMPS;
use parallax::adapters::kernel::stamping::Stamping;

/// The kernel stamps every packet from here to the end of this process, on a platform that has stamps.
///
/// It begins a moment after the first socket asks, and on a busy machine that can be longer than a prober waits.
pub fn held() {
    static HELD: OnceLock<Option<Stamping>> = OnceLock::new();
    HELD.get_or_init(|| {
        HAS_RECEIVE_STAMPS.then(|| (0..100).find_map(|_| Stamping::hold().ok()).expect("a kernel that stamps"))
    });
}
