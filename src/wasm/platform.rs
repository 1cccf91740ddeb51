//! The mini program as the flows see it: [`Platform`] over the JavaScript side.

use alloc::string::String;

use wasm_bindgen::prelude::*;

use super::convert::{answer_of, failure, record_of, reply_of, text};
use super::host::{Host, number_of};
use crate::error::{Error, Failure};
use crate::event::{Entry, Event};
use crate::platform::{Op, Platform, Reply, Ticket};
use crate::time::Ms;
use crate::token::{Answer, Record};

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
