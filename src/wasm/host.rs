//! The mini program as the flows see it: [`Platform`] over the JavaScript side.

use alloc::string::String;

use wasm_bindgen::prelude::*;

use super::convert::{answer_of, failure, record_of, reply_of, text};
use crate::error::Error;
use crate::event::{Entry, Event};
use crate::platform::{Failure, Ms, Op, Platform, Reply, Ticket};
use crate::session::Snapshot;
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

    // The steps. Each is answered through `Core.answer`.
    #[wasm_bindgen(method)]
    fn sleep(this: &Host, ticket: u32, ms: f64);
    #[wasm_bindgen(method, js_name = checkSession)]
    fn check_session(this: &Host, ticket: u32);
    #[wasm_bindgen(method)]
    fn login(this: &Host, ticket: u32, timeout: f64);
    #[wasm_bindgen(method)]
    fn exchange(this: &Host, ticket: u32, url: &str, code: &str, timeout: f64);
    /// The body has these fields, separated by spaces, of the value that the operation began with.
    #[wasm_bindgen(method)]
    fn post(this: &Host, ticket: u32, op: u32, url: &str, token: &str, fields: &str, timeout: f64);
    #[wasm_bindgen(method)]
    fn read(this: &Host, ticket: u32, key: &str);
    #[wasm_bindgen(method)]
    fn remove(this: &Host, ticket: u32, key: &str);
    /// Stores `{version, binding, token, received, life}`.
    #[wasm_bindgen(method)]
    #[allow(clippy::too_many_arguments)]
    fn write(
        this: &Host,
        ticket: u32,
        key: &str,
        version: u32,
        binding: &str,
        token: &str,
        received: f64,
        life: f64,
    );
    /// Nobody wants the answer any more: abort what can be aborted.
    #[wasm_bindgen(method)]
    fn cancel(this: &Host, ticket: u32);

    /// A `WxpError`. `code` and `stage` are places in the tables that the build makes (xtask/src/build/tables.rs), `errno` is
    /// NaN and `status` 0 if there is none.
    #[wasm_bindgen(method)]
    #[allow(clippy::too_many_arguments)]
    fn error(
        this: &Host,
        code: u32,
        stage: u32,
        option: &str,
        detail: &str,
        err_msg: Option<&str>,
        errno: f64,
        status: u32,
    ) -> JsValue;
    /// What `wxp.session` shows. `status` is a place in a table, `expires_at` NaN if unknown.
    #[wasm_bindgen(method)]
    fn snapshot(this: &Host, status: u32, expires_at: f64, generation: u32) -> JsValue;

    /// Why there is no `Core`.
    #[wasm_bindgen(method)]
    pub fn refused(this: &Host, error: JsValue);
    /// The current token; empty if there is none.
    #[wasm_bindgen(method)]
    pub fn bearer(this: &Host, token: &str);
    /// Wakes the waiting calls; `error` is undefined if all is well.
    #[wasm_bindgen(method)]
    fn settled(this: &Host, error: JsValue);
    /// An operation of the app ended; `error` is undefined if it went well.
    #[wasm_bindgen(method)]
    fn finish(this: &Host, op: u32, error: JsValue, value: JsValue);
    /// An event; `generation` is 0 and `expires_at` NaN where it has none, `error` undefined.
    #[wasm_bindgen(method)]
    fn emit(this: &Host, name: &str, generation: u32, expires_at: f64, error: JsValue);
    #[wasm_bindgen(method)]
    fn log(this: &Host, stage: u32, ms: f64, error: JsValue);
}

impl Host {
    /// The error as JavaScript's own.
    pub fn error_of(&self, error: &Error) -> JsValue {
        self.error(
            error.code as u32,
            error.stage as u32,
            error.option(),
            error.detail(),
            error.err_msg(),
            error.errno().map_or(f64::NAN, f64::from),
            error.status_code().unwrap_or(0).into(),
        )
    }

    /// What `wxp.session` shows.
    pub fn snapshot_of(&self, snapshot: Snapshot) -> JsValue {
        self.snapshot(
            snapshot.status as u32,
            number_of(snapshot.expires_at),
            snapshot.generation,
        )
    }
}

fn number_of(ms: Option<Ms>) -> f64 {
    ms.map_or(f64::NAN, |ms| ms as f64)
}

impl Platform for Host {
    type Value = JsValue;

    fn now(&self) -> Ms {
        self.now() as Ms
    }

    fn sleep(&self, ticket: Ticket, ms: Ms) {
        self.sleep(ticket, ms as f64);
    }

    fn check_session(&self, ticket: Ticket) {
        self.check_session(ticket);
    }

    fn login(&self, ticket: Ticket, timeout: Ms) {
        self.login(ticket, timeout as f64);
    }

    fn exchange(&self, ticket: Ticket, url: &str, code: &str, timeout: Ms) {
        self.exchange(ticket, url, code, timeout as f64);
    }

    fn post(&self, ticket: Ticket, op: Op, url: &str, token: &str, fields: &str, timeout: Ms) {
        self.post(ticket, op, url, token, fields, timeout as f64);
    }

    fn read(&self, ticket: Ticket, key: &str) {
        self.read(ticket, key);
    }

    fn write(&self, ticket: Ticket, key: &str, record: Option<&Record>) {
        match record {
            Some(record) => self.write(
                ticket,
                key,
                record.version,
                &record.binding,
                &record.token,
                record.received as f64,
                record.life as f64,
            ),
            None => self.remove(ticket, key),
        }
    }

    fn cancel(&self, ticket: Ticket) {
        self.cancel(ticket);
    }

    fn failure(&self, value: &JsValue) -> Failure {
        failure(self, value)
    }

    fn code(&self, value: &JsValue) -> String {
        text(self, value, "code")
    }

    fn answer(&self, value: &JsValue) -> Answer {
        answer_of(self, value)
    }

    fn reply(&self, value: &JsValue) -> Reply {
        reply_of(self, value)
    }

    fn record(&self, value: &JsValue) -> Option<Record> {
        record_of(self, value)
    }

    fn settled(&self, outcome: &Result<(), Error>) {
        self.settled(
            outcome
                .as_ref()
                .err()
                .map_or(JsValue::UNDEFINED, |error| self.error_of(error)),
        );
    }

    fn finish(&self, op: Op, outcome: Result<Option<JsValue>, Error>) {
        match outcome {
            Ok(value) => self.finish(op, JsValue::UNDEFINED, value.unwrap_or(JsValue::UNDEFINED)),
            Err(error) => self.finish(op, self.error_of(&error), JsValue::UNDEFINED),
        }
    }

    fn emit(&self, event: &Event) {
        let (generation, expires_at) = match event {
            Event::Login {
                generation,
                expires_at,
            } => (*generation, *expires_at),
            _ => (0, None),
        };
        let error = match event {
            Event::Error { error } => self.error_of(error),
            _ => JsValue::UNDEFINED,
        };
        self.emit(event.name(), generation, number_of(expires_at), error);
    }

    fn log(&self, entry: &Entry) {
        let error = entry
            .error
            .as_ref()
            .map_or(JsValue::UNDEFINED, |error| self.error_of(error));
        self.log(entry.stage as u32, entry.ms as f64, error);
    }
}
