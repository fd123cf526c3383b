//! A response header without end.
//!
//! The client's parser forgets each interim response (1xx), so a server may send them for ever; and it reads where we
//! cannot count, in a task of its own. But the kernel counts what is read from a connection.

use std::time::Duration;

use super::marks::Marks;
use crate::adapters::exchange::HEADER_MAX;
use crate::adapters::kernel;

/// How often the kernel is asked, while the header does not come.
const LOOK: Duration = Duration::from_millis(50);

/// What no header has: the largest one, and no handshake of TLS or a proxy before it takes the rest.
const MOST: u64 = HEADER_MAX as u64 + 128 * 1024;

/// Returns once more was read than any header has; never where the kernel does not count.
///
/// Of a kept connection what was read before the first look does not count. To be dropped as soon as the header is there,
/// since a body may be longer.
pub(super) async fn header_without_end(marks: &Marks) {
    let mut before = None;
    loop {
        tokio::time::sleep(LOOK).await;
        let [new, kept] = marks.connections().map(|made| kernel::consumed(&made).unwrap_or(0));
        if new + kept.saturating_sub(*before.get_or_insert(kept)) > MOST {
            return;
        }
    }
}
