//! How time is written.

/// A point in time (unix) or a duration, in milliseconds.
pub type Ms = u64;
