//! The room that knows JavaScript: one exported class per `wxp`, which forwards to the pure rooms.
//!
//! Calls into a [`Core`] never throw: whatever one throws is a trap, and the instance is dead (rule 18).

mod convert;
mod host;

use std::cell::RefCell;

use lol_alloc::{AssumeSingleThreaded, FreeListAllocator};
use wasm_bindgen::prelude::*;

use crate::client::Client;
use crate::config::Config;
use crate::error::{Code, Error, Stage, of_profile, of_transport};
use crate::platform::PhoneCode;
use crate::request::{Action, Permit, is_unauthorized};
use crate::session::Asker;
use crate::submit;
use convert::{Options, failure, profile_of, to_js};
use host::Bridge;

pub use host::Host;

/// A tenth of the size of the default allocator, which matters more here than its speed: a request allocates once.
#[allow(unsafe_code)]
// SAFETY: a mini program's logic layer has one thread, and the module shares no memory.
#[global_allocator]
static ALLOCATOR: AssumeSingleThreaded<FreeListAllocator> =
    unsafe { AssumeSingleThreaded::new(FreeListAllocator::new()) };

/// One `wxp`'s core. Times are unix ms; permits are [`Permit`]s as numbers; `op` numbers come back in
/// `Host.finish`.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Core {
    client: Client<Bridge>,
    refusal: RefCell<Option<Error>>,
}

#[wasm_bindgen]
impl Core {
    /// Reads the options. `app` says whose they are: appId and envVersion.
    /// Gives a `Core`, or the error as plain data.
    pub fn create(options: &JsValue, app: &str, host: Host) -> Result<Core, JsValue> {
        let config = Config::read(&Options(&host, options), app).map_err(|error| to_js(&error))?;
        let client = Client::new(config, Bridge::new(host));
        Ok(Core {
            client,
            refusal: RefCell::default(),
        })
    }

    /// Whether a request may go.
    pub fn permit(&self, url: &str, own_authorization: bool, now: f64) -> u32 {
        self.note(
            self.client
                .permit(url, own_authorization, Asker::Request, now as u64),
        )
    }

    /// Whether there is a token, for `ensureLogin` and `getToken`.
    pub fn ensure(&self, now: f64) -> u32 {
        self.note(self.client.permit("", false, Asker::App, now as u64))
    }

    /// Whether a call that waited may go on.
    pub fn resume(&self, permit: u32, now: f64) -> u32 {
        self.note(self.client.resume(Permit::from_bits(permit), now as u64))
    }

    /// What to do with an answer. `judged`: what `isUnauthorized` said, if the app gave one.
    pub fn verdict(&self, permit: u32, status: u16, judged: Option<bool>, now: f64) -> u32 {
        let unauthorized = judged.unwrap_or_else(|| is_unauthorized(status));
        self.note(
            self.client
                .verdict(Permit::from_bits(permit), unauthorized, now as u64),
        )
    }

    /// The current token.
    pub fn bearer(&self) -> Option<String> {
        self.client.bearer()
    }

    /// Why the last permit was [`Action::Refuse`], or the last tap -1.
    pub fn refusal(&self) -> JsValue {
        self.refusal
            .take()
            .map_or(JsValue::UNDEFINED, |error| to_js(&error))
    }

    /// What a failed request (or, if `profile`, a failed getUserProfile) rejects with.
    pub fn failure(&self, error: &JsValue, profile: bool) -> JsValue {
        let failure = failure(self.host(), error);
        let (code, stage) = match profile {
            true => (of_profile(&failure), Stage::Profile),
            false => (of_transport(&failure), Stage::Request),
        };
        to_js(&self.client.wx_error(code, stage, &failure))
    }

    /// A tap on `loginWithProfile`: what to bring back with the consent, or -1 if there is no session to
    /// go with it; then a silent login was started.
    pub fn tap(&self, now: f64) -> i32 {
        if self.client.usable().is_some() {
            return self.client.floor() as i32;
        }
        self.ensure(now);
        *self.refusal.borrow_mut() = Some(Error::new(Code::NotLoggedIn, Stage::Profile));
        -1
    }

    /// Starts an operation, which ends with `Host.finish`: 0 takes over the stored token, 1 submits the profile `value` (`tapped` is
    /// what [`Self::tap`] gave), 2 submits the phone code `value`, 3 ends the session, before it returns, and tells the server.
    pub fn begin(&self, op: u32, what: u32, value: JsValue, tapped: u32) {
        let client = self.client.clone();
        let leaving = (what == 3).then(|| client.logout());
        self.client.spawn(async move {
            let outcome = match what {
                0 => {
                    client.start().await;
                    Ok(JsValue::UNDEFINED)
                }
                1 => {
                    submit::profile(
                        &client,
                        profile_of(client.platform().host(), &value),
                        tapped,
                    )
                    .await
                }
                2 => {
                    submit::phone(
                        &client,
                        PhoneCode {
                            code: value.as_string().unwrap_or_default(),
                        },
                    )
                    .await
                }
                _ => {
                    submit::logout(&client, leaving.flatten()).await;
                    Ok(JsValue::UNDEFINED)
                }
            };
            client.platform().finish(op, outcome);
        });
    }

    /// A ticket's step went well, with this value, or failed with what wx said.
    pub fn answer(&self, ticket: u32, ok: bool, value: JsValue) {
        let outcome = if ok {
            Ok(value)
        } else {
            Err(failure(self.host(), &value))
        };
        self.client.platform().answer(ticket, outcome);
        self.client.run();
    }

    /// What `wxp.session` shows.
    pub fn session(&self, now: f64) -> JsValue {
        to_js(&self.client.snapshot(now as u64))
    }

    /// What the app's life brings: 0 it was hidden, 1 it was shown, 2 the network came back.
    pub fn signal(&self, what: u32) {
        self.client.update(|session, now| match what {
            0 => session.hide(),
            1 => session.show(now),
            _ => session.online(),
        });
    }

    /// Drops everything under way.
    pub fn dispose(&self) {
        self.client.dispose();
    }

    fn host(&self) -> &Host {
        self.client.platform().host()
    }

    fn note(&self, (permit, refusal): (Permit, Option<Error>)) -> u32 {
        if permit.action == Action::Refuse {
            *self.refusal.borrow_mut() = refusal;
        }
        permit.to_bits()
    }
}
