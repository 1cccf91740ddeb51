//! The mini program as the flows see it: every step is handed to JavaScript with a ticket, and the answer
//! comes back with that ticket. Answers to dropped tickets, and second answers, meet nobody.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::channel::oneshot;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::convert::{answer_of, record_of, reply_of, to_js};
use crate::error::Error;
use crate::event::{Entry, Event};
use crate::platform::{Failure, Ms, Platform, Post, Reply};
use crate::token::{Answer, Record};

#[wasm_bindgen]
extern "C" {
    /// The JavaScript side. None of its methods throws.
    pub type Host;

    #[wasm_bindgen(method)]
    fn now(this: &Host) -> f64;
    /// Starts a step; `step` is a [`Step`].
    #[wasm_bindgen(method)]
    fn start(this: &Host, ticket: u32, step: JsValue);
    /// Nobody wants the answer any more: abort what can be aborted.
    #[wasm_bindgen(method)]
    fn cancel(this: &Host, ticket: u32);
    /// Wakes the waiting calls; `error` is undefined if all is well.
    #[wasm_bindgen(method)]
    fn settled(this: &Host, error: JsValue);
    #[wasm_bindgen(method)]
    fn emit(this: &Host, event: JsValue);
    #[wasm_bindgen(method)]
    fn log(this: &Host, entry: JsValue);
    /// An operation started by JavaScript ended; `error` is undefined if it went well.
    #[wasm_bindgen(method)]
    fn finish(this: &Host, op: u32, error: JsValue, value: JsValue);
}

/// What JavaScript is asked to do, as data.
#[derive(Serialize)]
#[serde(tag = "step", rename_all = "camelCase")]
enum Step<'a> {
    Sleep { ms: Ms },
    CheckSession,
    Login { timeout: Ms },
    Exchange { url: &'a str, code: &'a str, timeout: Ms },
    Post { url: &'a str, token: &'a str, data: Body<'a>, timeout: Ms },
    Read { key: &'a str },
    Write { key: &'a str, record: Option<&'a Record> },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Body<'a> {
    Profile(&'a crate::platform::Profile),
    Phone(&'a crate::platform::PhoneCode),
    Empty {},
}

type Outcome = Result<JsValue, Failure>;

/// [`Platform`] over a [`Host`].
pub struct Bridge(Rc<Desk>);

struct Desk {
    host: Host,
    last: Cell<u32>,
    open: RefCell<Vec<(u32, oneshot::Sender<Outcome>)>>,
}

impl Bridge {
    pub fn new(host: Host) -> Self {
        Self(Rc::new(Desk { host, last: Cell::default(), open: RefCell::default() }))
    }

    /// Brings the answer of a step to whoever waits for it.
    pub fn answer(&self, ticket: u32, outcome: Outcome) {
        if let Some(waiting) = self.0.take(ticket) {
            // A receiver that is gone no longer wants it.
            let _ = waiting.send(outcome);
        }
    }

    /// Ends an operation that JavaScript started.
    pub fn finish(&self, op: u32, outcome: Result<JsValue, Error>) {
        match outcome {
            Ok(value) => self.0.host.finish(op, JsValue::UNDEFINED, value),
            Err(error) => self.0.host.finish(op, to_js(&error), JsValue::UNDEFINED),
        }
    }

    async fn take(&self, step: Step<'_>) -> Outcome {
        let ticket = self.0.last.get().wrapping_add(1);
        self.0.last.set(ticket);
        let (sender, receiver) = oneshot::channel();
        self.0.open.borrow_mut().push((ticket, sender));
        let _ticket = Ticket(Rc::clone(&self.0), ticket);
        self.0.host.start(ticket, to_js(&step));
        receiver.await.unwrap_or_else(|_| Err(Failure::default()))
    }
}

impl Desk {
    fn take(&self, ticket: u32) -> Option<oneshot::Sender<Outcome>> {
        let mut open = self.open.borrow_mut();
        let at = open.iter().position(|(number, _)| *number == ticket)?;
        Some(open.swap_remove(at).1)
    }
}

/// Cancels its step when it is dropped before the answer came.
struct Ticket(Rc<Desk>, u32);

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.0.take(self.1).is_some() {
            self.0.host.cancel(self.1);
        }
    }
}

impl Platform for Bridge {
    type Response = JsValue;

    fn now(&self) -> Ms {
        self.0.host.now() as Ms
    }

    async fn sleep(&self, ms: Ms) {
        // A timer has nothing to fail with.
        let _ = self.take(Step::Sleep { ms }).await;
    }

    async fn check_session(&self) -> Result<(), Failure> {
        self.take(Step::CheckSession).await.map(drop)
    }

    async fn login(&self, timeout: Ms) -> Result<String, Failure> {
        let result = self.take(Step::Login { timeout }).await?;
        Ok(super::convert::text(&result, "code").unwrap_or_default())
    }

    async fn exchange(&self, url: &str, code: &str, timeout: Ms) -> Result<Answer, Failure> {
        self.take(Step::Exchange { url, code, timeout }).await.map(|value| answer_of(&value))
    }

    async fn post(&self, url: &str, post: Post<'_>, token: &str, timeout: Ms) -> Result<Reply<JsValue>, Failure> {
        let data = match post {
            Post::Profile(profile) => Body::Profile(profile),
            Post::Phone(code) => Body::Phone(code),
            Post::Logout => Body::Empty {},
        };
        self.take(Step::Post { url, token, data, timeout }).await.map(reply_of)
    }

    async fn read(&self, key: &str) -> Result<Option<Record>, Failure> {
        self.take(Step::Read { key }).await.map(|value| record_of(&value))
    }

    async fn write(&self, key: &str, record: Option<&Record>) -> Result<(), Failure> {
        self.take(Step::Write { key, record }).await.map(drop)
    }

    fn settled(&self, outcome: Result<(), &Error>) {
        self.0.host.settled(outcome.err().map_or(JsValue::UNDEFINED, to_js));
    }

    fn emit(&self, event: &Event) {
        self.0.host.emit(to_js(event));
    }

    fn log(&self, entry: &Entry) {
        self.0.host.log(to_js(entry));
    }
}
