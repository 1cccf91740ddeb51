//! The small part that JavaScript plays: keeps each call of the app, runs a request's fast path,
//! and settles each call once (`pkg-template`).

use std::rc::Rc;

use miniprogram_login::client::Client;
use miniprogram_login::config::join;
use miniprogram_login::error::{Code, Error, Stage};
use miniprogram_login::login::More;
use miniprogram_login::platform::Answered;
use miniprogram_login::request::{Action, Permit, Refused};
use miniprogram_login::response::Response;
use miniprogram_login::session::LogoutEpoch;

use serde_json::Value;

use crate::fake::Fake;
use crate::harness::BASE;
use crate::json::Json;
use crate::wire::{failure, response};
use crate::world::{CallId, Outcome, Pending, Step, StepId, To, World};

/// What a call settled with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// A response, by its HTTP status.
    Response(u16),
    /// A token that may be used.
    Token(String),
    /// A promise of nothing but its end.
    Done,
    Rejected(Error),
}

/// A call of the app.
#[derive(Debug)]
pub struct Call {
    /// Where a request goes to; nowhere for what is none.
    url: Option<String>,
    settled: Option<Settled>,
    /// The app ended it: what the core settles it with reaches nobody.
    ended: bool,
    /// What is known of the answer that a request got last.
    pub answered: Answered,
}

impl World {
    /// `requestNeedLogin`.
    pub fn request(self: &Rc<Self>, url: &str, own_authorization: bool) -> CallId {
        let now = self.now();
        let home = url.starts_with('/') && !own_authorization;
        let permit = self.enter(|client| match home {
            true => client.permit_home(now),
            false => client.permit(url, own_authorization, now),
        });
        // It crosses to JavaScript as a number.
        let permit = Permit::from_bits(permit.to_bits());
        let url = match home || permit.join() {
            true => join(BASE, url),
            false => url.to_string(),
        };
        let call = self.make(Some(url.clone()));
        let token = match permit.action() {
            Action::Wait => {
                self.enter(|client| self.hand_over(client, call, None));
                return call;
            }
            Action::Plain | Action::Own => None,
            Action::Bearer => self.client().bearer(permit.generation()),
        };
        assert!(
            !own_authorization || token.is_none(),
            "the caller's own Authorization is kept"
        );
        self.begin(Pending {
            id: self.instance.number(),
            step: Step::Request { call, url, token },
            to: To::Verdict(permit),
        });
        call
    }

    /// `ensureLogin` and `getToken`.
    pub fn ensure(self: &Rc<Self>) -> CallId {
        let (call, client) = (self.make(None), self.client());
        self.settle_later(
            call,
            || client.ensure(),
            |token| Some(Settled::Token(token)),
        );
        call
    }

    /// `loginWith`. Its texts are secrets.
    pub fn login_with(self: &Rc<Self>, data: Value) -> CallId {
        let (call, client) = (self.make(None), self.client());
        let texts = data.as_object().expect("an object").values();
        let secrets = texts.filter_map(Value::as_str).map(Into::into).collect();
        let more = More {
            data: Json(data),
            secrets,
        };
        self.settle_later(call, || client.login_with(more), |()| Some(Settled::Done));
        call
    }

    /// `setToken`: why it is none, if it is none.
    pub fn set_token(&self, token: &str, expires_in: Option<i64>) -> Result<(), String> {
        self.ledger.borrow_mut().given(token);
        self.enter(|client| client.set_token(token, expires_in))
    }

    /// A tap on `loginWithProfile`: what to bring back with the consent.
    pub fn tap(&self) -> Result<LogoutEpoch, Error> {
        self.ledger.borrow_mut().called();
        self.enter(Client::tap)
    }

    /// The user consented.
    pub fn consent(self: &Rc<Self>, profile: Json, tapped: LogoutEpoch) -> CallId {
        let (call, client) = (self.make(None), self.client());
        self.settle_later(call, || client.profile(profile, tapped), answered);
        call
    }

    /// `loginWithPhone`.
    pub fn phone(self: &Rc<Self>, code: &str) -> CallId {
        let (call, client) = (self.make(None), self.client());
        self.settle_later(call, || client.phone(code.to_string()), answered);
        call
    }

    /// `logout`.
    pub fn logout(self: &Rc<Self>) -> CallId {
        let (call, client) = (self.make(None), self.client());
        self.ledger.borrow_mut().logged_out();
        let told = || client.logout();
        self.settle_later(call, told, |()| Some(Settled::Done));
        call
    }

    /// `abort` of a request: it rejects at once, and nothing of it goes on.
    pub fn abort(&self, call: CallId) {
        let is_open = |call: &Call| call.url.is_some() && call.settled.is_none();
        if !self.calls.borrow().get(call).is_some_and(is_open) {
            return;
        }
        self.end(call, Code::Aborted);
        let of_call = |step: &Step| matches!(step, Step::Request { call: of, .. } if *of == call);
        let queued = self
            .instance
            .take(|world, pending| std::ptr::eq(world, self) && of_call(&pending.step));
        let step = queued.or_else(|| {
            let mut pending = self.pending.borrow_mut();
            let at = pending.iter().position(|step| of_call(&step.step))?;
            Some(pending.remove(at))
        });
        if let Some(Pending { to, .. }) = step {
            self.bring(to, Err(failure("request:fail abort", None)));
        }
    }

    /// `dispose`: every call rejects, and what the app has on the wire is aborted.
    pub fn dispose(&self) {
        self.ledger.borrow_mut().disposed();
        let calls = self.calls.borrow().len();
        for call in 0..calls {
            if !self.is_over(call) {
                self.end(call, Code::Disposed);
            }
        }
        self.enter(Client::dispose);
        self.pending.borrow_mut().clear();
    }

    /// A request on the wire is answered with this HTTP status.
    pub fn respond(self: &Rc<Self>, step: StepId, status: u16) {
        self.respond_with(step, Ok(response(status, None)), None);
    }

    /// The same, with what the app's `isUnauthorized` says.
    pub fn respond_judged(self: &Rc<Self>, step: StepId, status: u16, unauthorized: bool) {
        self.respond_with(step, Ok(response(status, None)), Some(unauthorized));
    }

    /// A request on the wire fails with what wx says.
    pub fn break_off(self: &Rc<Self>, step: StepId, failure: Json) {
        self.respond_with(step, Err(failure), None);
    }

    fn respond_with(self: &Rc<Self>, step: StepId, outcome: Outcome, judged: Option<bool>) {
        let (call, to) = match self.take(step) {
            Some(Pending {
                step: Step::Request { call, .. },
                to,
                ..
            }) => (call, to),
            other => panic!("no request on the wire: {other:?}"),
        };
        let status = outcome.as_ref().map_or(0, status);
        let answered = Answered { status, judged };
        self.calls.borrow_mut()[call].answered = answered;
        match (to, outcome) {
            (to @ To::Core(_), outcome) => {
                self.bring(to, outcome);
            }
            (To::Verdict(permit), Ok(response)) if permit.action() == Action::Bearer => {
                self.judge(call, permit, answered, response);
            }
            (_, Ok(_)) => self.settle(call, Settled::Response(status)),
            (_, Err(failure)) => {
                let error = self.enter(|client| client.request_failed(&failure));
                self.settle(call, Settled::Rejected(error));
            }
        }
    }

    /// The answer to a request of the fast path.
    fn judge(self: &Rc<Self>, call: CallId, permit: Permit, answered: Answered, response: Json) {
        if self.enter(|client| client.verdict(permit, answered)) {
            return self.settle(call, Settled::Response(answered.status));
        }
        let refused = Refused {
            generation: permit.generation(),
            response,
        };
        self.enter(|client| self.hand_over(client, call, Some(refused)));
    }

    /// What the fast path can't do is the core's.
    fn hand_over(
        self: &Rc<Self>,
        client: &Client<Fake>,
        call: CallId,
        refused: Option<Refused<Json>>,
    ) {
        let sent = client.send(call, refused);
        self.settle_with(call, sent, |response| answered(response?));
    }

    fn settle_later<T, F>(
        self: &Rc<Self>,
        call: CallId,
        future: impl FnOnce() -> F,
        settled: impl FnOnce(T) -> Option<Settled> + 'static,
    ) where
        F: Future<Output = Result<T, Error>> + 'static,
    {
        self.instance
            .enter(|| self.settle_with(call, future(), settled));
    }

    /// The call settles with what the future gives, if that is anything.
    fn settle_with<T>(
        self: &Rc<Self>,
        call: CallId,
        future: impl Future<Output = Result<T, Error>> + 'static,
        settled: impl FnOnce(T) -> Option<Settled> + 'static,
    ) {
        let world = Rc::clone(self);
        self.spawn(async move {
            let settled = match future.await {
                Ok(value) => settled(value),
                Err(error) => Some(Settled::Rejected(error)),
            };
            settled.inspect(|settled| world.settle(call, settled.clone()));
        });
    }

    /// What the call settled with, if it did.
    pub fn outcome(&self, call: CallId) -> Option<Settled> {
        self.calls.borrow()[call].settled.clone()
    }

    /// Whether the call has settled.
    pub fn is_over(&self, call: CallId) -> bool {
        self.calls.borrow()[call].settled.is_some()
    }

    /// Calls that have not settled.
    pub fn open_calls(&self) -> usize {
        let calls = self.calls.borrow();
        calls.iter().filter(|call| call.settled.is_none()).count()
    }

    /// Where the request goes to.
    pub fn url_of(&self, call: CallId) -> String {
        let url = self.calls.borrow()[call].url.clone();
        url.expect("only a request is sent")
    }

    fn make(&self, url: Option<String>) -> CallId {
        self.ledger.borrow_mut().called();
        let mut calls = self.calls.borrow_mut();
        calls.push(Call {
            url,
            settled: None,
            ended: false,
            answered: NOTHING,
        });
        calls.len() - 1
    }

    /// The app, not the core, ends the call.
    fn end(&self, call: CallId, code: Code) {
        self.settle(call, Settled::Rejected(Error::new(code, Stage::Request)));
        self.calls.borrow_mut()[call].ended = true;
    }

    fn settle(&self, call: CallId, settled: Settled) {
        if self.calls.borrow()[call].ended {
            return;
        }
        if let Settled::Rejected(error) = &settled {
            self.seen(error);
        }
        self.ledger.borrow_mut().settled(call);
        self.calls.borrow_mut()[call].settled = Some(settled);
    }
}

/// A request that has got no answer.
const NOTHING: Answered = Answered {
    status: 0,
    judged: None,
};

/// A call that an answer of the server settles.
fn answered(response: Json) -> Option<Settled> {
    Some(Settled::Response(status(&response)))
}

fn status(response: &Json) -> u16 {
    Response::read(response).status
}
