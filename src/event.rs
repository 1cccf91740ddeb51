//! What the app can listen to. Payloads carry no secret.

use serde::{Serialize, Serializer};

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

/// An event on its way to JavaScript.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Plain<'a> {
    r#type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Option<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Error>,
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut plain = Plain::default();
        match self {
            Event::Login {
                generation,
                expires_at,
            } => {
                plain.r#type = "login";
                plain.generation = Some(*generation);
                plain.expires_at = Some(expires_at.map(|ms| ms as f64));
            }
            Event::Logout => plain.r#type = "logout",
            Event::Expired => plain.r#type = "expired",
            Event::Error { error } => {
                plain.r#type = "error";
                plain.error = Some(error);
            }
        }
        plain.serialize(serializer)
    }
}

/// What the `log` option receives: one step of a flow ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// Which step.
    pub stage: Stage,
    /// How long it took, ms.
    pub ms: u32,
    /// What failed; nothing if it went well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
}
