//! The mini program as the flows see it: every step is handed to JavaScript with a ticket, and the answer
//! comes back with that ticket. Answers to dropped tickets, and second answers, meet nobody.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::Poll;

use wasm_bindgen::prelude::*;

use super::convert::{answer_of, record_of, reply_of, to_js};
use crate::error::Error;
use crate::event::{Entry, Event};
use crate::platform::{Failure, Ms, Platform, Post, Reply};
use crate::token::{Answer, Record};

#[wasm_bindgen]
extern "C" {
    /// The JavaScript side (pkg-template/host.js). None of its methods throws. Times are ms.
    pub type Host;

    #[wasm_bindgen(method)]
    fn now(this: &Host) -> f64;
    /// The text at a path such as `data.msg` in a value of any shape.
    #[wasm_bindgen(method)]
    pub fn text(this: &Host, value: &JsValue, path: &str) -> Option<String>;
    /// The number at a path, or a text that is one (a status on old Android); NaN if there is none.
    #[wasm_bindgen(method)]
    pub fn number(this: &Host, value: &JsValue, path: &str) -> f64;
    /// The list of texts at a path, each ended by a line break.
    #[wasm_bindgen(method)]
    pub fn lines(this: &Host, value: &JsValue, path: &str) -> String;

    // The steps. Each is answered through `Core.answer`.
    #[wasm_bindgen(method)]
    fn sleep(this: &Host, ticket: u32, ms: f64);
    #[wasm_bindgen(method, js_name = checkSession)]
    fn check_session(this: &Host, ticket: u32);
    #[wasm_bindgen(method)]
    fn login(this: &Host, ticket: u32, timeout: f64);
    #[wasm_bindgen(method)]
    fn exchange(this: &Host, ticket: u32, url: &str, code: &str, timeout: f64);
    #[wasm_bindgen(method)]
    fn post(this: &Host, ticket: u32, url: &str, token: &str, data: JsValue, timeout: f64);
    #[wasm_bindgen(method)]
    fn read(this: &Host, ticket: u32, key: &str);
    /// Stores the record, or removes it if undefined.
    #[wasm_bindgen(method)]
    fn write(this: &Host, ticket: u32, key: &str, record: JsValue);
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

type Outcome = Result<JsValue, Failure>;

/// [`Platform`] over a [`Host`].
pub struct Bridge {
    host: Host,
    last: Cell<u32>,
    /// The steps under way; an outcome stays here until its flow is polled.
    open: RefCell<Vec<(u32, Option<Outcome>)>>,
}

impl Bridge {
    pub fn new(host: Host) -> Self {
        Self {
            host,
            last: Cell::default(),
            open: RefCell::default(),
        }
    }

    /// The JavaScript side.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Brings the answer of a step to whoever waits for it.
    pub fn answer(&self, ticket: u32, outcome: Outcome) {
        let mut open = self.open.borrow_mut();
        if let Some((_, waiting)) = open.iter_mut().find(|(number, _)| *number == ticket) {
            waiting.get_or_insert(outcome);
        }
    }

    /// Ends an operation that JavaScript started.
    pub fn finish(&self, op: u32, outcome: Result<JsValue, Error>) {
        match outcome {
            Ok(value) => self.host.finish(op, JsValue::UNDEFINED, value),
            Err(error) => self.host.finish(op, to_js(&error), JsValue::UNDEFINED),
        }
    }

    fn ticket(&self) -> Ticket<'_> {
        let ticket = self.last.get().wrapping_add(1);
        self.last.set(ticket);
        self.open.borrow_mut().push((ticket, None));
        Ticket(self, ticket)
    }
}

/// A step under way. Dropped before its answer came, it cancels the step.
struct Ticket<'a>(&'a Bridge, u32);

impl Ticket<'_> {
    async fn outcome(self) -> Outcome {
        poll_fn(|_| {
            let mut open = self.0.open.borrow_mut();
            match open
                .iter()
                .position(|(number, outcome)| *number == self.1 && outcome.is_some())
            {
                Some(at) => Poll::Ready(
                    open.swap_remove(at)
                        .1
                        .unwrap_or_else(|| Ok(JsValue::UNDEFINED)),
                ),
                None => Poll::Pending,
            }
        })
        .await
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let mut open = self.0.open.borrow_mut();
        let before = open.len();
        open.retain(|(number, _)| *number != self.1);
        let was_open = open.len() < before;
        drop(open);
        if was_open {
            self.0.host.cancel(self.1);
        }
    }
}

impl Platform for Bridge {
    type Response = JsValue;

    fn now(&self) -> Ms {
        self.host.now() as Ms
    }

    async fn sleep(&self, ms: Ms) {
        let ticket = self.ticket();
        self.host.sleep(ticket.1, ms as f64);
        // A timer has nothing to fail with.
        let _ = ticket.outcome().await;
    }

    async fn check_session(&self) -> Result<(), Failure> {
        let ticket = self.ticket();
        self.host.check_session(ticket.1);
        ticket.outcome().await.map(drop)
    }

    async fn login(&self, timeout: Ms) -> Result<String, Failure> {
        let ticket = self.ticket();
        self.host.login(ticket.1, timeout as f64);
        let result = ticket.outcome().await?;
        Ok(self.host.text(&result, "code").unwrap_or_default())
    }

    async fn exchange(&self, url: &str, code: &str, timeout: Ms) -> Result<Answer, Failure> {
        let ticket = self.ticket();
        self.host.exchange(ticket.1, url, code, timeout as f64);
        ticket
            .outcome()
            .await
            .map(|value| answer_of(&self.host, &value))
    }

    async fn post(
        &self,
        url: &str,
        post: Post<'_>,
        token: &str,
        timeout: Ms,
    ) -> Result<Reply<JsValue>, Failure> {
        let data = match post {
            Post::Profile(profile) => to_js(profile),
            Post::Phone(code) => to_js(code),
            Post::Logout => JsValue::UNDEFINED,
        };
        let ticket = self.ticket();
        self.host.post(ticket.1, url, token, data, timeout as f64);
        ticket
            .outcome()
            .await
            .map(|response| reply_of(&self.host, response))
    }

    async fn read(&self, key: &str) -> Result<Option<Record>, Failure> {
        let ticket = self.ticket();
        self.host.read(ticket.1, key);
        ticket
            .outcome()
            .await
            .map(|value| record_of(&self.host, &value))
    }

    async fn write(&self, key: &str, record: Option<&Record>) -> Result<(), Failure> {
        let ticket = self.ticket();
        self.host
            .write(ticket.1, key, record.map_or(JsValue::UNDEFINED, to_js));
        ticket.outcome().await.map(drop)
    }

    fn settled(&self, outcome: Result<(), &Error>) {
        self.host
            .settled(outcome.err().map_or(JsValue::UNDEFINED, to_js));
    }

    fn emit(&self, event: &Event) {
        self.host.emit(to_js(event));
    }

    fn log(&self, entry: &Entry) {
        self.host.log(to_js(entry));
    }
}
