//! What only tests do with a function in the lab's sandbox: they freeze it, and look at what it says and how it ends.

use std::thread;
use std::time::Duration;

use super::fake_lambda::{FakeLambda, impatient};

impl FakeLambda {
    /// Freezes it once it has nothing to do, as Lambda does between invocations.
    pub fn freeze(&self) {
        self.ready();
        self.0.freeze();
    }

    /// Waits until it has ended by itself; its exit status.
    pub fn exit(&mut self) -> Option<i32> {
        let stop = impatient();
        while !stop() {
            if let Some(status) = self.0.ended() {
                return status.code();
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("the function does not end");
    }

    /// What it wrote so far, once there are so many lines.
    pub fn lines(&self, count: usize) -> Vec<String> {
        self.found(self.0.lines(count, &impatient()), "the function does not say as much")
    }
}
