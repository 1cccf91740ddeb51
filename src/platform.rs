//! What the flows need of a mini program. The SDK implements it over `wx`; the tests, over a fake
//! whose every step ends when the test says.

use std::fmt;

use futures::future::LocalBoxFuture;
use serde::Serialize;

use crate::event::{Event, LogEntry};
use crate::session::Generation;
use crate::time::Ms;
use crate::token::Record;
use crate::value::Value;

/// How a step ended: with what wx, the server or a function of the app gave, or with what it failed
/// with.
pub type Outcome<V> = Result<V, V>;

/// A step that was ordered. Dropped, it is cancelled: what has not begun does not begin, and what
/// is on the wire is aborted, but for a request of the app ([`Platform::send`]).
pub trait Step<V>: Future<Output = Outcome<V>> + Unpin + 'static {
    /// Whether it has begun: until then, a step that is dropped leaves no trace.
    fn has_begun(&self) -> bool;
}

/// What an exchange posts by default, and a phone submit.
#[derive(Serialize)]
pub struct CodeBody<'a> {
    /// A secret, valid once.
    pub code: &'a str,
}

impl fmt::Debug for CodeBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeBody").finish_non_exhaustive()
    }
}

/// What is posted to the app's server.
pub struct Post<'a, V> {
    /// Where to.
    pub url: &'a str,
    /// The body; none for an empty one.
    pub data: Option<V>,
    /// The token that it carries; the exchange has none, and carries `login.header`.
    pub token: Option<&'a str>,
    /// wx's timeout, ms.
    pub timeout: Ms,
}

impl<V> fmt::Debug for Post<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// A token that a request carries.
#[derive(Clone, Copy)]
pub struct Bearer<'a> {
    /// Its number.
    pub generation: Generation,
    /// Its text.
    pub text: &'a str,
}

impl fmt::Debug for Bearer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bearer")
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// What is known of the answer to a request of the app.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// HTTP status; 0 if there is none.
    pub status: u16,
    /// What the app's `isUnauthorized` says; none if the app gave no such function.
    pub judged: Option<bool>,
}

/// A mini program, as far as a login goes.
///
/// All but the clock only order something: it is done, and answered, when the core is not at work
/// any more, first in, first out (rule 20). Of several answers to a step the first counts.
pub trait Platform: Sized + 'static {
    /// What wx or the server gave, of any shape.
    type Value: Value;
    /// A request of the app.
    type Call: 'static;
    /// A step under way.
    type Step: Step<Self::Value>;

    /// The clock, unix ms. It may jump.
    fn now(&self) -> Ms;
    /// Runs a flow, from the end of this call into the core on.
    fn spawn(&self, flow: LocalBoxFuture<'static, ()>);
    /// A value for JavaScript.
    fn value(&self, of: &impl Serialize) -> Self::Value;

    /// Ends after `ms`, or later if the app was in the background.
    fn sleep(&self, ms: Ms) -> Self::Step;
    /// `wx.checkSession`.
    fn check_session(&self) -> Self::Step;
    /// `wx.login`.
    fn login(&self, timeout: Ms) -> Self::Step;
    /// The body of the exchange, if that is more than the code: what `login.body` gives, if the app
    /// gave it, or the code with the `data` of a `loginWith`.
    fn exchange_body(&self, code: &str, data: Option<&Self::Value>) -> Option<Self::Step>;
    /// `login.readToken`, if the app gave it: the token in the exchange's answer.
    fn read_token(&self, response: &Self::Value) -> Option<Self::Step>;
    /// A post of the SDK's own.
    fn post(&self, post: Post<'_, Self::Value>) -> Self::Step;
    /// Reads the stored record.
    fn load(&self, key: &str) -> Self::Step;
    /// Stores the record, or removes it.
    fn store(&self, key: &str, record: Option<&Record>) -> Self::Step;

    /// Sends a request of the app with this token. Dropped, it stays on the wire, and its answer is
    /// delivered as it comes.
    fn send(&self, call: &Self::Call, token: Bearer<'_>) -> Self::Step;
    /// What is known of the answer that this request got last.
    fn answer_to(&self, call: &Self::Call) -> Answered;

    /// Tells the app's listeners.
    fn tell(&self, event: &Event);
    /// Tells the app's `log`.
    fn log(&self, entry: &LogEntry);
    /// Ends every step that is under way, as a failure, and every later one. What is stored under
    /// the key, if one is given, is removed all the same.
    fn close(&self, remove: Option<&str>);
}
