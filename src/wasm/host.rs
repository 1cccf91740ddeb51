//! The JavaScript side, as it is called.

use alloc::string::String;

use wasm_bindgen::prelude::*;

use crate::error::Error;
use crate::session::Snapshot;
use crate::time::Ms;

#[wasm_bindgen]
extern "C" {
    /// The JavaScript side (pkg-template/host.js). None of its methods throws. Times are ms.
    pub type Host;

    #[wasm_bindgen(method)]
    pub(super) fn now(this: &Host) -> f64;
    /// The text at a path such as `data.msg` in a value of any shape.
    #[wasm_bindgen(method)]
    pub(super) fn text(this: &Host, value: &JsValue, path: &str) -> Option<String>;
    /// The number at a path, or a text that is one (a status on old Android); NaN if there is none.
    #[wasm_bindgen(method)]
    pub(super) fn number(this: &Host, value: &JsValue, path: &str) -> f64;

    // The steps. Each is answered through `Core.answer`.
    #[wasm_bindgen(method)]
    pub(super) fn sleep(this: &Host, ticket: u32, ms: f64);
    #[wasm_bindgen(method, js_name = checkSession)]
    pub(super) fn check_session(this: &Host, ticket: u32);
    #[wasm_bindgen(method)]
    pub(super) fn login(this: &Host, ticket: u32, timeout: f64);
    #[wasm_bindgen(method)]
    pub(super) fn exchange(this: &Host, ticket: u32, url: &str, code: &str, timeout: f64);
    /// The body has these fields, separated by spaces, of the value that the operation began with.
    #[wasm_bindgen(method)]
    pub(super) fn post(
        this: &Host,
        ticket: u32,
        op: u32,
        url: &str,
        token: &str,
        fields: &str,
        timeout: f64,
    );
    #[wasm_bindgen(method)]
    pub(super) fn read(this: &Host, ticket: u32, key: &str);
    #[wasm_bindgen(method)]
    pub(super) fn remove(this: &Host, ticket: u32, key: &str);
    /// Stores `{version, binding, token, received, life}`.
    #[wasm_bindgen(method)]
    #[allow(clippy::too_many_arguments)]
    pub(super) fn write(
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
    pub(super) fn cancel(this: &Host, ticket: u32);

    /// A `WxpError`. `code` and `stage` are places in the tables that the build makes (xtask/src/build/tables.rs), `errno` is
    /// NaN and `status` 0 if there is none.
    #[wasm_bindgen(method)]
    #[allow(clippy::too_many_arguments)]
    pub(super) fn error(
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
    pub(super) fn snapshot(this: &Host, status: u32, expires_at: f64, generation: u32) -> JsValue;

    /// Why there is no `Core`.
    #[wasm_bindgen(method)]
    pub(super) fn refused(this: &Host, error: JsValue);
    /// The current token; empty if there is none.
    #[wasm_bindgen(method)]
    pub(super) fn bearer(this: &Host, token: &str);
    /// Wakes the waiting calls; `error` is undefined if all is well.
    #[wasm_bindgen(method)]
    pub(super) fn settled(this: &Host, error: JsValue);
    /// An operation of the app ended; `error` is undefined if it went well.
    #[wasm_bindgen(method)]
    pub(super) fn finish(this: &Host, op: u32, error: JsValue, value: JsValue);
    /// An event; `generation` is 0 and `expires_at` NaN where it has none, `error` undefined.
    #[wasm_bindgen(method)]
    pub(super) fn emit(this: &Host, name: &str, generation: u32, expires_at: f64, error: JsValue);
    #[wasm_bindgen(method)]
    pub(super) fn log(this: &Host, stage: u32, ms: f64, error: JsValue);
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

/// NaN where there is none.
pub fn number_of(ms: Option<Ms>) -> f64 {
    ms.map_or(f64::NAN, |ms| ms as f64)
}
