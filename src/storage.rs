//! The stored record: taken over at the start, kept as the session says. A cache: its failures are events.

use alloc::string::{String, ToString};

use crate::client::{Answered, Client};
use crate::error::{Code, Error, Failure, Stage};
use crate::flow::Job;
use crate::platform::{Op, Platform};
use crate::time::Ms;
use crate::token::Record;

/// wx's storage answers at once or, on a broken client, never.
const STORAGE_DEADLINE: Ms = 3_000;

impl<P: Platform> Client<P> {
    /// Takes over the stored token, if there is a usable one; then ends the operation.
    pub fn start(&self, op: Op) {
        self.step(Job::Restore(op), 0, STORAGE_DEADLINE, |platform, ticket| {
            platform.read(ticket, &self.config.storage_key);
        });
    }

    pub(crate) fn restored(&self, op: Op, started: Ms, answer: Answered<P>) {
        match answer {
            Some(Ok(value)) => {
                let now = self.platform.now();
                let record = self.platform.record(&value);
                let token = record.and_then(|record| record.token(&self.config.binding, now));
                if let Some(token) = token {
                    self.update(|session, _| session.restore(token));
                }
            }
            failed => self.storage_failed(started, failed, ""),
        }
        self.platform.finish(op, Ok(None));
    }

    /// Makes the storage hold what the session holds; one write at a time, so that none overtakes a later
    /// one.
    pub(crate) fn store(&self) {
        if self
            .flows
            .borrow()
            .any(|flow| matches!(flow.job, Job::Store(_)))
        {
            return self.unsaved.set(true);
        }
        let record = self
            .session
            .borrow()
            .token()
            .map(|token| Record::new(token, &self.config.binding));
        let token = record
            .as_ref()
            .map_or_else(String::new, |record| record.token.clone());
        self.step(
            Job::Store(token),
            0,
            STORAGE_DEADLINE,
            |platform, ticket| {
                platform.write(ticket, &self.config.storage_key, record.as_ref());
            },
        );
    }

    /// `token` is what was being written; it may be neither the current one nor the one before.
    pub(crate) fn stored(&self, token: &str, started: Ms, answer: Answered<P>) {
        if !matches!(answer, Some(Ok(_))) {
            self.storage_failed(started, answer, token);
        }
        if self.unsaved.replace(false) {
            self.store();
        }
    }

    fn storage_failed(&self, started: Ms, answer: Answered<P>, written: &str) {
        let failure = match answer {
            Some(Err(failure)) => failure,
            _ => Failure {
                err_msg: "no answer".to_string(),
                ..Failure::default()
            },
        };
        let error = {
            let session = self.session.borrow();
            let [current, former] = session.secrets();
            Error::from_wx(
                Code::StorageFailed,
                Stage::Storage,
                &failure,
                &[current, former, written],
            )
        };
        self.log(Stage::Storage, started, Some(&error));
        self.emit_error(error);
    }
}
