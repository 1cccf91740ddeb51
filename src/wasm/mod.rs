//! The room that knows JavaScript: one exported class per `wxp`, which forwards to the pure rooms.
//!
//! Calls into a [`Core`] never throw: whatever one throws is a trap, and the instance is dead (rule 18).

mod convert;
mod host;
mod platform;

use lol_alloc::{AssumeSingleThreaded, FreeListAllocator};
use wasm_bindgen::prelude::*;

use crate::client::Client;
use crate::error::{Stage, of_profile, of_transport};
use crate::platform::Platform;
use crate::request::{Permit, is_unauthorized};
use crate::session::Asker;
use convert::{profile_of, text};

pub use host::Host;

/// A tenth of the size of the default allocator, which matters more here than its speed: a request allocates once at most.
#[allow(unsafe_code)]
// SAFETY: a mini program's logic layer has one thread, and the module shares no memory.
#[global_allocator]
static ALLOCATOR: AssumeSingleThreaded<FreeListAllocator> =
    unsafe { AssumeSingleThreaded::new(FreeListAllocator::new()) };

/// A panic is a trap, nothing more: its message would reach nobody, and the machinery to print it is a tenth of the module.
#[cfg(feature = "package")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// One `wxp`'s core. Times are unix ms; permits are [`Permit`]s as numbers; `op` numbers come back in
/// `Host.finish`.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Core {
    client: Client<Host>,
}

#[wasm_bindgen]
impl Core {
    /// Reads the options. `texts` are, each on a line: appId and envVersion, baseUrl, the urls of login, profile, phone
    /// and logout, storage.key, and then the allowed origins; empty where unset. A time is NaN where unset.
    /// Gives a `Core`, or tells `Host.refused` why not.
    #[allow(clippy::too_many_arguments)]
    pub fn create(
        host: Host,
        texts: &str,
        never_check: bool,
        login_timeout: f64,
        check_timeout: f64,
        margin: f64,
        cooldown_first: f64,
        cooldown_max: f64,
    ) -> Option<Core> {
        let times = [
            login_timeout,
            check_timeout,
            margin,
            cooldown_first,
            cooldown_max,
        ];
        match convert::config(texts, never_check, times) {
            Ok(config) => Some(Core {
                client: Client::new(config, host),
            }),
            Err(error) => {
                host.refused(host.error_of(&error));
                None
            }
        }
    }

    /// Whether a request may go.
    pub fn permit(&self, url: &str, own_authorization: bool, now: f64) -> u32 {
        self.client
            .permit(url, own_authorization, now as u64)
            .to_bits()
    }

    /// [`Self::permit`] for a url that begins with a slash, without `Authorization` of its own: its text says nothing more.
    pub fn relative(&self, now: f64) -> u32 {
        self.client.ask(Asker::Request, now as u64).to_bits()
    }

    /// Whether there is a token, for `ensureLogin` and `getToken`.
    pub fn ensure(&self) -> u32 {
        self.client.ask(Asker::App, self.client.now()).to_bits()
    }

    /// Whether a call that waited may go on.
    pub fn resume(&self, permit: u32) -> u32 {
        self.client.resume(Permit::from_bits(permit)).to_bits()
    }

    /// What to do with an answer. `judged` is what the app's `isUnauthorized` said: 1 it is, 0 it is not, -1 there is none.
    pub fn verdict(&self, permit: u32, status: u16, judged: i32) -> u32 {
        let unauthorized = match judged {
            -1 => is_unauthorized(status),
            judged => judged == 1,
        };
        self.client
            .verdict(Permit::from_bits(permit), unauthorized)
            .to_bits()
    }

    /// Tells `Host.bearer` the current token.
    pub fn bearer(&self) {
        self.host().bearer(&self.client.bearer());
    }

    /// The `WxpError` by which the last permit was a refusal, or the last tap -1.
    pub fn refusal(&self) -> JsValue {
        self.client
            .refusal()
            .map_or(JsValue::UNDEFINED, |error| self.host().error_of(&error))
    }

    /// The `WxpError` of a failed request or, if `profile`, of a failed getUserProfile.
    pub fn failure(&self, error: JsValue, profile: bool) -> JsValue {
        let failure = Platform::failure(self.host(), &error);
        let (code, stage) = match profile {
            true => (of_profile(&failure), Stage::Profile),
            false => (of_transport(&failure), Stage::Request),
        };
        self.host()
            .error_of(&self.client.wx_error(code, stage, &failure))
    }

    /// A tap on `loginWithProfile`: what to bring back with the consent, or -1 if there is no session to
    /// go with it.
    pub fn tap(&self) -> i32 {
        self.client.tap().map_or(-1, |floor| floor as i32)
    }

    /// Starts an operation, which ends with `Host.finish`: 0 takes over the stored token, 1 submits the profile `value` (`tapped` is
    /// what [`Self::tap`] gave), 2 submits the phone code in `value`, 3 ends the session, before it returns, and tells the server.
    pub fn begin(&self, op: u32, what: u32, value: JsValue, tapped: u32) {
        let host = self.host();
        match what {
            0 => self.client.start(op),
            1 => self.client.profile(op, &profile_of(host, &value), tapped),
            2 => self.client.phone(op, text(host, &value, "code")),
            _ => self.client.tell_logout(op, self.client.logout()),
        }
    }

    /// A ticket's step went well, with this value, or failed with what wx said.
    pub fn answer(&self, ticket: u32, ok: bool, value: JsValue) {
        self.client.answer(ticket, ok, value);
    }

    /// What `wxp.session` shows.
    pub fn session(&self) -> JsValue {
        self.host().snapshot_of(self.client.snapshot())
    }

    /// What the app's life brings: 0 it was hidden, 1 it was shown, 2 the network came back.
    pub fn signal(&self, what: u32) {
        self.client.update(|session, now| match what {
            0 => session.hide(),
            1 => session.show(now),
            _ => session.online(),
        });
    }

    fn host(&self) -> &Host {
        self.client.platform()
    }
}
