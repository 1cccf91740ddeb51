//! Time is a number that somebody gives: there is no clock here.

use serde::{Serialize, Serializer};

/// Milliseconds; a moment is unix ms.
pub type Ms = u64;

/// A moment as JavaScript's number; `null` if there is none.
pub(crate) fn as_number<S: Serializer>(at: &Option<Ms>, serializer: S) -> Result<S::Ok, S::Error> {
    at.map(|ms| ms as f64).serialize(serializer)
}

/// Whole milliseconds of JavaScript's number.
pub(crate) fn whole(number: f64) -> Option<Ms> {
    // `as` saturates, so the comparison also refuses NaN and what is out of range.
    let ms = number as Ms;
    (ms as f64 == number).then_some(ms)
}
