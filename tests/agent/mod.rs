//! The agent: on schedule, nothing lost and nothing doubled, whatever ends it.

mod process;
mod scripted;
