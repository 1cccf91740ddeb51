//! How many logins in a row have failed, and how long automatic ones rest for it (rule 3).

use std::fmt;

use crate::config::Config;
use crate::error::Error;
use crate::time::Ms;

/// See the module's documentation.
pub struct Cooldown {
    first: Ms,
    max: Ms,
    failures: u32,
    last_error: Option<Error>,
    rest: Option<Rest>,
}

/// A rest, as a start and a length: a clock that is set back beyond its start ends it.
#[derive(Debug)]
struct Rest {
    since: Ms,
    length: Ms,
}

impl fmt::Debug for Cooldown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cooldown")
            .field("failures", &self.failures)
            .field("rest", &self.rest)
            .finish_non_exhaustive()
    }
}

impl Cooldown {
    /// Nothing has failed.
    pub fn new(config: &Config) -> Self {
        Self {
            first: config.cooldown_first,
            max: config.cooldown_max,
            failures: 0,
            last_error: None,
            rest: None,
        }
    }

    /// One more login failed. From the second in a row on, the next ones rest.
    pub fn failed(&mut self, error: Error, now: Ms) {
        self.failures += 1;
        self.last_error = Some(error);
        if self.failures >= 2 {
            let doublings = (self.failures - 2).min(31);
            // Compared the other way round, so that nothing overflows.
            let length = if self.first <= self.max >> doublings {
                self.first << doublings
            } else {
                self.max
            };
            self.rest = Some(Rest { since: now, length });
        }
    }

    /// The same for a login that seemed to have gone well; `before`: how many failures preceded it.
    pub fn failed_after(&mut self, before: u32, error: Error, now: Ms) {
        self.failures = before;
        self.failed(error, now);
    }

    /// A login went well; gives how many failures preceded it.
    pub fn reset(&mut self) -> u32 {
        self.rest = None;
        self.last_error = None;
        std::mem::take(&mut self.failures)
    }

    /// The next login need not rest.
    pub fn end(&mut self) {
        self.rest = None;
    }

    /// While automatic logins rest: what the last one failed with.
    /// A clock that was set back ends it.
    pub fn error_at(&self, now: Ms) -> Option<&Error> {
        let rest = self.rest.as_ref()?;
        let over = now < rest.since || now - rest.since >= rest.length;
        self.last_error.as_ref().filter(|_| !over)
    }
}
