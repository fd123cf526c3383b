//! Where a probe runs: everything that it can see of its own surroundings.
