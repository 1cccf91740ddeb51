//! The JavaScript side, as it is called. Nothing here calls back: what is ordered goes to the queue
//! (rule 20).

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The mini program (pkg-template/host.js). None of its methods throws. Times are ms.
    pub type Host;

    // The steps. Each is answered once through `Core.answer`, with its ticket.
    #[wasm_bindgen(method)]
    pub(super) fn sleep(this: &Host, ticket: u32, ms: f64);
    #[wasm_bindgen(method, js_name = checkSession)]
    pub(super) fn check_session(this: &Host, ticket: u32);
    #[wasm_bindgen(method)]
    pub(super) fn login(this: &Host, ticket: u32, timeout: f64);
    #[wasm_bindgen(method, js_name = exchangeBody)]
    pub(super) fn exchange_body(this: &Host, ticket: u32, code: &str, data: &JsValue);
    #[wasm_bindgen(method, js_name = readToken)]
    pub(super) fn read_token(this: &Host, ticket: u32, response: &JsValue);
    #[wasm_bindgen(method, js_name = request)]
    pub(super) fn post(
        this: &Host,
        ticket: u32,
        url: &str,
        data: &JsValue,
        token: Option<&str>,
        timeout: f64,
    );
    #[wasm_bindgen(method, js_name = getStorage)]
    pub(super) fn load(this: &Host, ticket: u32, key: &str);
    /// `record` is undefined where it is to be removed.
    #[wasm_bindgen(method, js_name = setStorage)]
    pub(super) fn store(this: &Host, ticket: u32, key: &str, record: &JsValue);
    /// Sends a request of the app with the token of this number.
    #[wasm_bindgen(method, js_name = sendWith)]
    pub(super) fn send(this: &Host, ticket: u32, call: &Call, generation: u32);
    /// Removes what is stored, and gives no answer.
    #[wasm_bindgen(method)]
    pub(super) fn remove(this: &Host, key: &str);
    /// Nobody wants the answer any more.
    #[wasm_bindgen(method)]
    pub(super) fn cancel(this: &Host, ticket: u32);
    /// Whether the step has left the queue.
    #[wasm_bindgen(method, js_name = hasBegun)]
    pub(super) fn has_begun(this: &Host, ticket: u32) -> bool;

    /// Whether the app gave `login.body`.
    #[wasm_bindgen(method, getter, js_name = hasBody)]
    pub(super) fn has_body(this: &Host) -> bool;
    /// Whether the app gave `login.readToken`.
    #[wasm_bindgen(method, getter, js_name = hasReadToken)]
    pub(super) fn has_read_token(this: &Host) -> bool;

    /// Whether the app gave `log`.
    #[wasm_bindgen(method, getter, js_name = hasLog)]
    pub(super) fn has_log(this: &Host) -> bool;

    /// The text of the token that requests carry from now on, under its number.
    #[wasm_bindgen(method)]
    pub(super) fn token(this: &Host, generation: u32, text: &str);
    /// An [`crate::event::Event`].
    #[wasm_bindgen(method)]
    pub(super) fn tell(this: &Host, event: JsValue);
    /// A [`crate::event::LogEntry`].
    #[wasm_bindgen(method)]
    pub(super) fn log(this: &Host, entry: JsValue);
}

#[wasm_bindgen]
extern "C" {
    /// A call of the app (pkg-template/call.js): its promise, or its callbacks.
    #[derive(Clone)]
    pub type Call;

    /// Resolves it, unless it has settled.
    #[wasm_bindgen(method)]
    pub(super) fn settle(this: &Call, value: &JsValue);
    /// Rejects it with an [`crate::error::Error`], unless it has settled.
    #[wasm_bindgen(method)]
    pub(super) fn fail(this: &Call, error: JsValue);
    /// The HTTP status of its last answer.
    #[wasm_bindgen(method, getter)]
    pub(super) fn status(this: &Call) -> u16;
    /// What the app's `isUnauthorized` says of its last answer.
    #[wasm_bindgen(method, getter)]
    pub(super) fn judged(this: &Call) -> Option<bool>;
}
