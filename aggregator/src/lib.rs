//! Takes samples from the queue into the archive and into CloudWatch, and rolls them up.
