//! A response of wx.request, as far as it is judged.

use std::fmt;

use crate::platform::Outcome;
use crate::value::{Value, code, fields, fields_of, text};

/// A response; what is missing counts as absent.
#[derive(Default)]
pub struct Response<V> {
    /// The HTTP status; 0 if there is none.
    pub status: u16,
    data: Option<V>,
    header: Option<V>,
}

/// What the app's server says in a body; all of it may be missing.
#[derive(Default)]
pub struct Body<V> {
    /// The field `code`.
    pub code: Option<i32>,
    /// Whether that field, if there is one, says that all went well.
    pub says_ok: bool,
    /// The server's words: the field `msg`, `message` or `errmsg`.
    pub message: Option<String>,
    /// The field `data`.
    pub data: Option<V>,
}

impl<V> fmt::Debug for Response<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl<V> fmt::Debug for Body<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

impl<V: Value> Response<V> {
    /// Reads what wx gave.
    pub fn read(given: &V) -> Self {
        let [status, data, header] = fields(given, ["statusCode", "data", "header"]);
        let status = code(&status).and_then(|status| status.try_into().ok());
        Self {
            status: status.unwrap_or(0),
            data,
            header,
        }
    }

    /// Its body. One that comes as text is parsed first: iOS leaves JSON so that holds U+2028.
    pub fn body(&self) -> Body<V> {
        let parsed = text(&self.data).and_then(|json| V::parse_json(&json));
        let body = parsed.as_ref().or(self.data.as_ref());
        let names = ["code", "msg", "message", "errmsg", "data"];
        let [body_code, msg, message, errmsg, data] = fields_of(body, names);
        let words = text(&msg).or_else(|| text(&message));
        Body {
            code: code(&body_code),
            says_ok: body_code.is_none() || matches!(code(&body_code), Some(0 | 200)),
            message: words.or_else(|| text(&errmsg)),
            data,
        }
    }

    /// Whether a post of ours succeeded: any 2xx whose body does not object.
    pub fn is_success(&self, body: &Body<V>) -> bool {
        (200..300).contains(&self.status) && body.says_ok
    }

    /// The server's clock when it answered (the header `Date`), unix s.
    pub fn date(&self) -> Option<i64> {
        // Network stacks write header names in these ways.
        let [written, lower, upper] = fields_of(self.header.as_ref(), ["Date", "date", "DATE"]);
        let ms = V::parse_date(&text(&written.or(lower).or(upper))?)?;
        Some((ms / 1000.0) as i64)
    }
}

/// What a post of ours ended with. PC clients have been seen to give an answer of 400 or more to
/// `fail`: it is an answer all the same (rule 11).
pub fn answer_in<V: Value>(outcome: Outcome<V>) -> Outcome<V> {
    outcome.or_else(|failure| match Response::read(&failure).status {
        400.. => Ok(failure),
        _ => Err(failure),
    })
}

/// The default of `isUnauthorized`.
pub fn is_unauthorized(status: u16) -> bool {
    status == 401
}
