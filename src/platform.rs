//! What the flows need of a mini program. The SDK implements it over `wx`; the tests, over a fake whose
//! every step completes when the test says.

use alloc::string::String;
use core::fmt;

use crate::error::{Error, Failure};
use crate::event::{Entry, Event};
use crate::time::Ms;
use crate::token::{Answer, Record};

/// The number of a step under way; never 0.
pub type Ticket = u32;

/// The number of an operation of the app, such as `logout()`, that the core ends by itself.
pub type Op = u32;

/// What `wx.getUserProfile` gave, as far as it is judged here.
#[derive(Clone, Default)]
pub struct Profile {
    /// The name that the user shows to others.
    pub nick_name: String,
    /// 0 unknown, 1 male, 2 female; none on clients that no longer give it.
    pub gender: Option<i32>,
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile").finish_non_exhaustive()
    }
}

/// The server's answer to a post.
#[derive(Clone, Copy, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The field `code` of the body, if there is one.
    pub body_code: Option<i32>,
}

/// A mini program, as far as a login goes.
///
/// A method with a ticket starts a step and returns at once. The step's end is told to
/// [`crate::client::Client::answer`] with that ticket: later, never, or inside the very call that starts it.
pub trait Platform: 'static {
    /// What wx or the server gave, of any shape.
    type Value: 'static;

    /// The clock, unix ms. It may jump.
    fn now(&self) -> Ms;
    /// Ends after `ms`, or later if the app was in the background.
    fn sleep(&self, ticket: Ticket, ms: Ms);
    /// `wx.checkSession`.
    fn check_session(&self, ticket: Ticket);
    /// `wx.login`.
    fn login(&self, ticket: Ticket, timeout: Ms);
    /// `POST login.url` with this code, through `login.body` and `login.readToken`.
    fn exchange(&self, ticket: Ticket, url: &str, code: &str, timeout: Ms);
    /// `POST url` with this token; the body has these `fields`, separated by spaces, of what the app gave to the operation.
    fn post(&self, ticket: Ticket, op: Op, url: &str, token: &str, fields: &str, timeout: Ms);
    /// Reads the stored record.
    fn read(&self, ticket: Ticket, key: &str);
    /// Stores the record, or removes it.
    fn write(&self, ticket: Ticket, key: &str, record: Option<&Record>);
    /// Nobody wants the step's answer any more: what is on the wire is aborted.
    fn cancel(&self, ticket: Ticket);

    /// What a step failed with.
    fn failure(&self, value: &Self::Value) -> Failure;
    /// The code that `wx.login` gave; empty if none.
    fn code(&self, value: &Self::Value) -> String;
    /// The exchange's answer.
    fn answer(&self, value: &Self::Value) -> Answer;
    /// The answer to a post.
    fn reply(&self, value: &Self::Value) -> Reply;
    /// What was stored, if it is a record.
    fn record(&self, value: &Self::Value) -> Option<Record>;

    /// Tells every waiting call to ask again, or to reject with this error.
    fn settled(&self, outcome: &Result<(), Error>);
    /// Ends an operation of the app, with the server's answer if there is one.
    fn finish(&self, op: Op, outcome: Result<Option<Self::Value>, Error>);
    /// Tells the app's listeners.
    fn emit(&self, event: &Event);
    /// Tells the app's `log`.
    fn log(&self, entry: &Entry);
}
