//! The module that knows JavaScript: one exported class per `wxp`, which forwards to the client.
//!
//! A call into a [`Core`] throws an [`crate::error::Error`] as a plain object, where its signature
//! says so; whatever else it throws is a trap, and the instance is dead (rule 18).

mod host;
mod js;
mod platform;

use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicBool, Ordering};

use lol_alloc::{AssumeSingleThreaded, FreeListAllocator};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::client::{Client, Work};
use crate::config::Config;
use crate::error::Error;
use crate::login::More;
use crate::platform::Answered;
use crate::request::{Permit, Refused};
use crate::time::Ms;
use crate::value::Value;
use js::{Js, to_js};
use platform::MiniProgram;

pub use host::{Call, Host};

/// A tenth of the size of the default allocator, which matters more here than its speed: a request
/// that may go at once allocates nothing.
#[allow(unsafe_code)]
// SAFETY: a mini program's logic layer has one thread, and the module shares no memory.
#[global_allocator]
static ALLOCATOR: AssumeSingleThreaded<FreeListAllocator> =
    unsafe { AssumeSingleThreaded::new(FreeListAllocator::new()) };

/// Gives the allocator what lies free in the memory that the module comes with. By itself it asks
/// for more at the first allocation, and a phone may refuse.
#[wasm_bindgen]
#[allow(unsafe_code)]
pub fn prepare() {
    unsafe extern "C" {
        // The linker's, around what is neither stack nor data.
        static __heap_base: u8;
        static __heap_end: u8;
    }
    static DONE: AtomicBool = AtomicBool::new(false);
    let (start, end) = (&raw const __heap_base, &raw const __heap_end);
    if DONE.swap(true, Ordering::Relaxed) {
        return;
    }
    // SAFETY: nothing else uses what lies between, as the allocator takes new pages alone, and it is
    // given once.
    unsafe {
        let size = end.addr() - start.addr();
        ALLOCATOR.dealloc(
            start.cast_mut(),
            Layout::from_size_align_unchecked(size & !7, 8),
        );
    }
}

/// One `wxp`'s core. Times are unix ms; permits are [`Permit`]s as numbers. What takes a `call` is
/// done after this call, and settles it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Core {
    client: Client<MiniProgram>,
}

#[wasm_bindgen]
impl Core {
    /// A core with these options. `owner` is appId and envVersion, as far as wx tells.
    ///
    /// # Errors
    /// `config`.
    #[wasm_bindgen(constructor)]
    pub fn new(host: Host, options: JsValue, owner: &str) -> Result<Core, JsValue> {
        let config = Config::read(&Js(options), owner).map_err(plain)?;
        Ok(Core {
            client: Client::new(config, MiniProgram::new(host)),
        })
    }

    /// Takes over the stored token, if there is a usable one.
    pub fn restore(&self, call: Call) {
        settle(call, self.client.restore(), nothing);
    }

    /// Whether a request may go, and how.
    pub fn permit(&self, url: &str, own_authorization: bool, now: f64) -> u32 {
        let permit = self.client.permit(url, own_authorization, now as Ms);
        permit.to_bits()
    }

    /// [`Self::permit`] for a url that leads home, of a request without `Authorization` of its own.
    #[wasm_bindgen(js_name = permitHome)]
    pub fn permit_home(&self, now: f64) -> u32 {
        self.client.permit_home(now as Ms).to_bits()
    }

    /// Whether an answer is the one to deliver. `judged` is what the app's `isUnauthorized` said.
    pub fn verdict(&self, permit: u32, status: u16, judged: Option<bool>) -> bool {
        let permit = Permit::from_bits(permit);
        self.client.verdict(permit, Answered { status, judged })
    }

    /// A request that may not go yet.
    pub fn send(&self, call: Call) {
        self.request(call, None);
    }

    /// A request with an answer that is not the one to deliver.
    pub fn replay(&self, call: Call, permit: u32, response: JsValue) {
        let refused = Refused {
            generation: Permit::from_bits(permit).generation(),
            response: Js(response),
        };
        self.request(call, Some(refused));
    }

    /// The `WxpError` of a request that wx failed to perform.
    #[wasm_bindgen(js_name = requestFailed)]
    pub fn request_failed(&self, failure: JsValue) -> JsValue {
        plain(self.client.request_failed(&Js(failure)))
    }

    /// The text of the token of this number, if it is the current one.
    pub fn bearer(&self, generation: u32) -> Option<String> {
        self.client.bearer(generation)
    }

    /// Waits until there is a usable token.
    pub fn ensure(&self, call: Call) {
        settle(call, self.client.ensure(), nothing);
    }

    /// Settles with a usable token.
    pub fn token(&self, call: Call) {
        settle(call, self.client.ensure(), |token| Some(token.into()));
    }

    /// A login whose exchange carries `data` besides the code. `secrets`: the texts in it.
    #[wasm_bindgen(js_name = loginWith)]
    pub fn login_with(&self, call: Call, data: JsValue, secrets: JsValue) {
        let more = More {
            data: Js(data),
            secrets: Js(secrets).read().unwrap_or_default(),
        };
        settle(call, self.client.login_with(more), nothing);
    }

    /// Takes over a session that another login of the app brought; `expires_in` is its life, s. Gives
    /// why the text can't be a token, if it can't.
    #[wasm_bindgen(js_name = setToken)]
    pub fn set_token(&self, token: &str, expires_in: Option<f64>) -> Option<String> {
        let expires_in = expires_in.map(|seconds| seconds as i64);
        self.client.set_token(token, expires_in).err()
    }

    /// A tap on `loginWithProfile`: the epoch to bring back with the consent.
    ///
    /// # Errors
    /// `not_logged_in`.
    pub fn tap(&self) -> Result<u32, JsValue> {
        self.client.tap().map_err(plain)
    }

    /// Submits the profile that the user consented to at a tap in `epoch`.
    pub fn profile(&self, call: Call, consent: JsValue, epoch: u32) {
        settle(call, self.client.profile(Js(consent), epoch), js);
    }

    /// The `WxpError` of a failed getUserProfile.
    #[wasm_bindgen(js_name = profileFailed)]
    pub fn profile_failed(&self, failure: JsValue) -> JsValue {
        plain(self.client.profile_failed(&Js(failure)))
    }

    /// Submits a phone code.
    pub fn phone(&self, call: Call, code: String) {
        settle(call, self.client.phone(code), js);
    }

    /// Ends the session, before it returns; then tells the server.
    pub fn logout(&self, call: Call) {
        settle(call, self.client.logout(), nothing);
    }

    /// What `wxp.session` shows.
    pub fn session(&self) -> JsValue {
        to_js(&self.client.snapshot())
    }

    /// The app went to the background.
    pub fn hide(&self) {
        self.client.hide();
    }

    /// The app is in front.
    pub fn show(&self) {
        self.client.show();
    }

    /// The network came back.
    pub fn online(&self) {
        self.client.online();
    }

    /// A step went well, with this value, or failed with what wx said.
    pub fn answer(&self, ticket: u32, ok: bool, value: JsValue) {
        let outcome = if ok { Ok(Js(value)) } else { Err(Js(value)) };
        self.client.platform().answer(ticket, outcome);
    }

    /// Every flow ends, and the core with the last of them.
    pub fn dispose(self) {
        self.client.dispose();
    }

    fn request(&self, call: Call, refused: Option<Refused<Js>>) {
        let sent = self.client.send(call.clone(), refused);
        settle(call, sent, |response| response.map(|response| response.0));
    }
}

/// Does what a call of the app asks for, and settles the call with what `value` makes of it; if
/// that is nothing, the call is left alone.
fn settle<T: 'static>(call: Call, work: Work<T>, value: fn(T) -> Option<JsValue>) {
    spawn_local(async move {
        match work.await.map(value) {
            Ok(Some(value)) => call.settle(&value),
            Ok(None) => {}
            Err(error) => call.fail(to_js(&error)),
        }
    });
}

fn js(value: Js) -> Option<JsValue> {
    Some(value.0)
}

fn nothing<T>(_: T) -> Option<JsValue> {
    Some(JsValue::UNDEFINED)
}

fn plain(error: Error) -> JsValue {
    to_js(&error)
}
