//! What the flows need of a mini program. The SDK implements it over `wx`; the tests, over a fake whose
//! every step completes when the test says.

#![allow(async_fn_in_trait)] // everything here runs on one thread

use alloc::string::String;
use core::fmt;

use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::event::{Entry, Event};
use crate::token::{Answer, Record};

/// A point in time (unix) or a duration, in milliseconds.
pub type Ms = u64;

/// Serializes a time as a JavaScript number, which is exact for any time there will be.
pub fn as_number<S: Serializer>(ms: &Ms, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(*ms as f64)
}

/// The same for a time that may be unknown.
pub fn as_number_or_none<S: Serializer>(ms: &Option<Ms>, serializer: S) -> Result<S::Ok, S::Error> {
    ms.map(|ms| ms as f64).serialize(serializer)
}

/// What wx, or a function given by the app, failed with.
#[derive(Clone, Default)]
pub struct Failure {
    /// wx's text, unredacted.
    pub err_msg: String,
    /// wx's error number.
    pub errno: Option<i32>,
    /// Whether a function given by the app threw.
    pub hook: bool,
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("errno", &self.errno)
            .field("hook", &self.hook)
            .finish_non_exhaustive()
    }
}

/// The encrypted profile as `wx.getUserProfile` gave it; the body of `POST profile.url`.
#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// AES-128-CBC under the session_key, base64.
    pub encrypted_data: String,
    /// Its initialisation vector, base64.
    pub iv: String,
    /// The profile as text, which `signature` signs.
    pub raw_data: String,
    /// Hex SHA-1 of `rawData` and the session_key.
    pub signature: String,
    /// Whether it is the anonymous one ("微信用户") that WeChat gives since 2022.
    #[serde(skip)]
    pub anonymous: bool,
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile")
            .field("anonymous", &self.anonymous)
            .finish_non_exhaustive()
    }
}

/// What is posted to the server with the session's token.
#[derive(Clone, Copy, Debug)]
pub enum Post<'a> {
    /// The profile.
    Profile(&'a Profile),
    /// The code of a phone button.
    Phone(&'a PhoneCode),
    /// Nothing: a logout.
    Logout,
}

/// The one-time code of `<button open-type="getPhoneNumber">`.
#[derive(Clone, Serialize)]
pub struct PhoneCode {
    /// Valid once, for five minutes; not a login code.
    pub code: String,
}

impl fmt::Debug for PhoneCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneCode")
    }
}

/// The server's answer to a [`Post`].
#[derive(Clone, Debug)]
pub struct Reply<R> {
    /// HTTP status.
    pub status: u16,
    /// The field `code` of the body, if there is one.
    pub body_code: Option<i32>,
    /// The answer as wx gave it, for the caller.
    pub response: R,
}

/// A mini program, as far as a login goes.
///
/// Every future may be dropped before it completes: the platform then aborts what is on the wire and
/// ignores what still comes.
pub trait Platform: 'static {
    /// An answer as wx gave it.
    type Response: 'static;

    /// The clock, unix ms. It may jump.
    fn now(&self) -> Ms;
    /// Completes after `ms`, or later if the app was in the background.
    async fn sleep(&self, ms: Ms);
    /// `wx.checkSession`.
    async fn check_session(&self) -> Result<(), Failure>;
    /// `wx.login`; the code. May never complete.
    async fn login(&self, timeout: Ms) -> Result<String, Failure>;
    /// `POST login.url` with this code, through `login.body` and `login.readToken`.
    async fn exchange(&self, url: &str, code: &str, timeout: Ms) -> Result<Answer, Failure>;
    /// `POST url` with this token.
    async fn post(
        &self,
        url: &str,
        post: Post<'_>,
        token: &str,
        timeout: Ms,
    ) -> Result<Reply<Self::Response>, Failure>;
    /// The stored record, if there is one that can be read.
    async fn read(&self, key: &str) -> Result<Option<Record>, Failure>;
    /// Stores the record, or removes it.
    async fn write(&self, key: &str, record: Option<&Record>) -> Result<(), Failure>;

    /// Tells every waiting call to ask again, or to reject with this error.
    fn settled(&self, outcome: Result<(), &Error>);
    /// Tells the app's listeners.
    fn emit(&self, event: &Event);
    /// Tells the app's `log`.
    fn log(&self, entry: &Entry);
}
