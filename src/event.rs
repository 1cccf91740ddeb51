//! What the app can listen to. Payloads carry no secret.

use crate::error::{Error, Stage};
use crate::time::Ms;

/// An event of a `wxp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A login succeeded.
    Login {
        /// The new token's number, one more than the last.
        generation: u32,
        /// When the token expires, unix ms; unknown if none.
        expires_at: Option<Ms>,
    },
    /// `logout()` took effect.
    Logout,
    /// The token ended: by its life, by a 401, or by checkSession.
    Expired,
    /// Something failed; also what no call is rejected with, such as a storage failure.
    Error {
        /// What failed.
        error: Error,
    },
}

impl Event {
    /// Its name for `wxp.on`.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Login { .. } => "login",
            Event::Logout => "logout",
            Event::Expired => "expired",
            Event::Error { .. } => "error",
        }
    }
}

/// What the `log` option receives: one step of a flow ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which step.
    pub stage: Stage,
    /// How long it took, ms.
    pub ms: Ms,
    /// What failed; nothing if it went well.
    pub error: Option<Error>,
}
