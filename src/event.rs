//! What the app can listen to. Payloads carry no secret.

use serde::Serialize;

use crate::error::{Error, Stage};
use crate::platform::Ms;

/// An event of a `wxp`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Event {
    /// A login succeeded.
    Login {
        /// The new token's number, one more than the last.
        generation: u32,
        /// When the token expires, unix ms; unknown if none.
        #[serde(
            rename = "expiresAt",
            serialize_with = "crate::platform::as_number_or_none"
        )]
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

/// What the `log` option receives: one step of a flow ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Which step.
    pub stage: Stage,
    /// How long it took, ms.
    #[serde(serialize_with = "crate::platform::as_number")]
    pub ms: Ms,
    /// What failed; nothing if it went well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
}
