//! What the probe may cost; the tests hold it to the same, with room for a busy machine.

use super::bound::bound;

/// What was found; nothing where nothing was measured.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// Init of the probe less that of the minimal function, in milliseconds.
    pub init: Option<f64>,
    /// Processor time of a warm invocation as a part of the shell function's.
    pub warm: Option<f64>,
    /// The same of a start with its invocation.
    pub cold: Option<f64>,
}

/// How many times as much as is promised may be found.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Of init, a time on the wall.
    pub init: f64,
    /// Of processor times.
    pub cpu: f64,
}

impl Room {
    /// On a quiet machine.
    pub const NONE: Self = Self { init: 1.0, cpu: 1.0 };
}

impl Found {
    /// Prints each bound, and says whether all of them hold.
    pub fn keeps(self, room: Room) -> bool {
        let kept = [
            bound("init, ours less the minimal one's", self.init, 10.0 * room.init, " ms"),
            bound("processor time, warm to shell", self.warm, room.cpu / 80.0, ""),
            bound("processor time, cold to shell", self.cold, room.cpu / 20.0, ""),
        ];
        kept.into_iter().all(|kept| kept)
    }
}
