//! A batch of messages: each is taken in, set aside, or given back to the queue.

pub mod group;
pub mod message;
pub mod port;
pub mod take_in;
