//! Log lines about what may happen a thousand times a second.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const PERIOD: Duration = Duration::from_secs(60);

/// Lets one of many through: the first, and then one a minute.
#[derive(Debug, Default)]
pub struct Seldom(Mutex<(Option<Instant>, u64)>);

impl Seldom {
    /// Counts an event. When it is time for a line, calls `say` with how many there were since the
    /// last one.
    pub fn happened(&self, say: impl FnOnce(u64)) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, count) = &mut *state;
        *count += 1;
        if last.is_none_or(|last| last.elapsed() >= PERIOD) {
            *last = Some(Instant::now());
            say(std::mem::take(count));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_told_and_the_rest_counted() {
        let (seldom, mut told) = (Seldom::default(), Vec::new());
        for _ in 0..3 {
            seldom.happened(|count| told.push(count));
        }
        {
            let mut state = seldom.0.lock().expect("a lock");
            assert_eq!(state.1, 2);
            state.0 = state.0.and_then(|last| last.checked_sub(PERIOD));
        }
        seldom.happened(|count| told.push(count));
        assert_eq!(told, [1, 3]);
    }
}
