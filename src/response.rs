//! A response of wx.request, as far as it is judged.

use std::fmt;

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
    /// The field `msg`.
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
        let [status, data, header] = fields(given, &["statusCode", "data", "header"]);
        let status = code(&status).and_then(|status| status.try_into().ok());
        Self {
            status: status.unwrap_or(0),
            data,
            header,
        }
    }

    /// Its body.
    pub fn body(&self) -> Body<V> {
        let [body_code, message, data] = fields_of(&self.data, &["code", "msg", "data"]);
        Body {
            code: code(&body_code),
            message: text(&message),
            data,
        }
    }

    /// The server's clock when it answered (the header `Date`), unix s.
    pub fn date(&self) -> Option<i64> {
        // Network stacks write header names in these ways.
        let [written, lower, upper] = fields_of(&self.header, &["Date", "date", "DATE"]);
        let ms = V::parse_date(&text(&written.or(lower).or(upper))?)?;
        Some((ms / 1000.0) as i64)
    }
}

/// The default of `isUnauthorized`.
pub fn is_unauthorized(status: u16) -> bool {
    status == 401
}
