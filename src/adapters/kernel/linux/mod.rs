//! Linux: `SO_TIMESTAMPING`, `TCP_INFO`, the thread's clocks and `/proc`.

pub(super) mod connections;
pub(super) mod memory;
pub(super) mod receive;
pub(super) mod tcp;
pub(super) mod thread;
