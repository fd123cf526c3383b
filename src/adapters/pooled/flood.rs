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

/// Returns once more than any header has was read since it was first asked for: after two looks at the earliest, and
/// never where the kernel does not count.
///
/// To be dropped as soon as the header is there, since a body may be longer.
pub(super) async fn header_without_end(marks: &Marks) {
    let mut first = None;
    loop {
        tokio::time::sleep(LOOK).await;
        let Some(read) = kernel::consumed(&marks.connections()) else { continue };
        if read.saturating_sub(*first.get_or_insert(read)) > u64::from(HEADER_MAX) {
            return;
        }
    }
}
