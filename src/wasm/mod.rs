//! The room that knows JavaScript: one exported class per `wxp`, which forwards to the pure rooms.
//!
//! Calls into a [`Core`] never throw: whatever one throws is a trap, and the instance is dead (rule 18).

mod convert;
mod host;

use std::cell::RefCell;

use wasm_bindgen::prelude::*;

use crate::client::Client;
use crate::config::Config;
use crate::error::{Code, Error, Stage, of_profile, of_transport};
use crate::platform::PhoneCode;
use crate::request::{Action, Permit, is_unauthorized};
use crate::session::Asker;
use crate::submit;
use convert::{failure, option_source, profile_of, to_js};
use host::{Bridge, Host};

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
    /// Reads the options, a flat object by their paths. `app` says whose they are: appId and envVersion.
    /// Gives a `Core`, or the error as plain data.
    pub fn create(options: &JsValue, app: &str, host: Host) -> Result<Core, JsValue> {
        let config = Config::read(&option_source(options), app).map_err(|error| to_js(&error))?;
        let client = Client::new(config, Bridge::new(host));
        Ok(Core { client, refusal: RefCell::default() })
    }

    /// Takes over the stored token, then finishes `op`.
    pub fn start(&self, op: u32) {
        let client = self.client.clone();
        self.client.spawn(async move {
            client.clone().start().await;
            client.platform().finish(op, Ok(JsValue::UNDEFINED));
        });
    }

    /// Whether a request may go.
    pub fn permit(&self, url: &str, own_authorization: bool, now: f64) -> u32 {
        self.note(self.client.permit(url, own_authorization, Asker::Request, now as u64))
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
        self.client.verdict(Permit::from_bits(permit), unauthorized, now as u64).to_bits()
    }

    /// The current token.
    pub fn bearer(&self) -> Option<String> {
        self.client.bearer()
    }

    /// Why the last permit was [`Action::Refuse`], or the last tap -1.
    pub fn refusal(&self) -> JsValue {
        self.refusal.take().map_or(JsValue::UNDEFINED, |error| to_js(&error))
    }

    /// What a failed request (or, if `profile`, a failed getUserProfile) rejects with.
    pub fn failure(&self, error: &JsValue, profile: bool) -> JsValue {
        let failure = failure(error);
        let (code, stage) = match profile {
            true => (of_profile(&failure), Stage::Profile),
            false => (of_transport(&failure), Stage::Request),
        };
        let token = self.client.bearer().unwrap_or_default();
        to_js(&Error::from_wx(code, stage, &failure, &[&token]))
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

    /// Submits a profile; `tapped` is what [`Self::tap`] gave.
    pub fn profile(&self, op: u32, result: &JsValue, tapped: u32) {
        let client = self.client.clone();
        let profile = profile_of(result);
        self.client.spawn(async move {
            let outcome = submit::profile(client.clone(), profile, tapped).await;
            client.platform().finish(op, outcome);
        });
    }

    /// Submits a phone code.
    pub fn phone(&self, op: u32, code: String) {
        let client = self.client.clone();
        self.client.spawn(async move {
            let outcome = submit::phone(client.clone(), PhoneCode { code }).await;
            client.platform().finish(op, outcome);
        });
    }

    /// Ends the session before it returns; finishes `op` when the server was told.
    pub fn logout(&self, op: u32, now: f64) {
        let client = self.client.clone();
        let telling = self.client.logout(now as u64);
        self.client.spawn(async move {
            telling.await;
            client.platform().finish(op, Ok(JsValue::UNDEFINED));
        });
    }

    /// A ticket's step went well.
    pub fn done(&self, ticket: u32, value: JsValue) {
        self.answer(ticket, Ok(value));
    }

    /// A ticket's step failed with what wx said.
    pub fn failed(&self, ticket: u32, error: &JsValue) {
        self.answer(ticket, Err(failure(error)));
    }

    /// What `wxp.session` shows.
    pub fn session(&self, now: f64) -> JsValue {
        to_js(&self.client.snapshot(now as u64))
    }

    /// The app was shown, or hidden.
    pub fn visible(&self, shown: bool) {
        self.client.update(|session, now| if shown { session.show(now) } else { session.hide() });
    }

    /// The network came back.
    pub fn online(&self) {
        self.client.update(|session, _| session.online());
    }

    /// Drops everything under way.
    pub fn dispose(&self) {
        self.client.dispose();
    }

    fn answer(&self, ticket: u32, outcome: Result<JsValue, crate::platform::Failure>) {
        self.client.platform().answer(ticket, outcome);
        self.client.run();
    }

    fn note(&self, (permit, refusal): (Permit, Option<Error>)) -> u32 {
        if permit.action == Action::Refuse {
            *self.refusal.borrow_mut() = refusal;
        }
        permit.to_bits()
    }
}
