//! The small part that JavaScript plays: keeps each call of the app, does what its permit says, and
//! settles it once (`pkg-template/call.js`).

use miniprogram_login::config::join;
use miniprogram_login::error::{Code, Error, Failure, Stage, of_transport};
use miniprogram_login::platform::{Op, Profile};
use miniprogram_login::request::{Action, Permit, is_unauthorized};
use miniprogram_login::session::{Asker, Generation};

use crate::fake::{CallId, Outcome, Step, StepId, World};
use crate::harness::BASE;

/// What a call settled with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// A response, by its HTTP status.
    Response(u16),
    /// A token that may be used.
    Token(String),
    /// The logout's promise.
    Done,
    Rejected(Error),
}

#[derive(Clone, Debug)]
enum Kind {
    Request {
        url: String,
        own_authorization: bool,
    },
    Token,
    /// What the core finishes by itself; a phone submit brings its code.
    Op(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    Out,
    Settled(Settled),
}

/// A call of the app.
#[derive(Clone, Debug)]
pub struct Call {
    kind: Kind,
    state: State,
    permit: u32,
    answer: u16,
}

impl World {
    /// `requestNeedLogin`.
    pub fn request(&self, url: &str, own_authorization: bool) -> CallId {
        let id = self.make(Kind::Request {
            url: url.to_string(),
            own_authorization,
        });
        let permit = self.client().permit(url, own_authorization, self.now());
        self.act(id, permit);
        id
    }

    /// `ensureLogin` and `getToken`.
    pub fn ensure(&self) -> CallId {
        let id = self.make(Kind::Token);
        let permit = self.client().ask(Asker::App, self.now());
        self.act(id, permit);
        id
    }

    /// A tap on `loginWithProfile`: what to bring back with the consent.
    pub fn tap(&self) -> Option<Generation> {
        self.ledger.borrow_mut().called();
        self.client().tap()
    }

    /// The user consented.
    pub fn consent(&self, profile: Profile, tapped: Generation) -> CallId {
        let id = self.make(Kind::Op(String::new()));
        self.client().profile(op_of(id), &profile, tapped);
        id
    }

    /// `loginWithPhone`.
    pub fn phone(&self, code: &str) -> CallId {
        let id = self.make(Kind::Op(code.to_string()));
        self.client().phone(op_of(id), code.to_string());
        id
    }

    /// `logout`.
    pub fn logout(&self) -> CallId {
        let id = self.make(Kind::Op(String::new()));
        self.ledger.borrow_mut().logged_out();
        let client = self.client();
        client.tell_logout(op_of(id), client.logout());
        id
    }

    /// The code that a phone submit brought.
    pub fn phone_code(&self, op: Op) -> String {
        match &self.calls.borrow()[op as usize - 1].kind {
            Kind::Op(code) => code.clone(),
            other => panic!("{other:?} brings no phone code"),
        }
    }

    /// An operation ended; 0 is the start.
    pub fn finished(&self, op: Op, outcome: Result<Option<Outcome>, Error>) {
        let settled = match outcome {
            Ok(Some(Outcome::Posted { status, .. })) => Settled::Response(status),
            Ok(_) => Settled::Done,
            Err(error) => Settled::Rejected(error),
        };
        if op > 0 {
            self.settle(op as usize - 1, settled);
        }
    }

    /// `abort` of a request: its answer, if it still comes, meets nobody.
    pub fn abort(&self, id: CallId) {
        let open = |call: &Call| {
            matches!(call.kind, Kind::Request { .. }) && !matches!(call.state, State::Settled(_))
        };
        if self.calls.borrow().get(id).is_some_and(open) {
            self.settle(
                id,
                Settled::Rejected(Error::new(Code::Aborted, Stage::Request)),
            );
            let on_wire = self
                .pending
                .borrow()
                .iter()
                .find_map(|pending| match &pending.step {
                    Step::Request { call, .. } if *call == id => Some(pending.id),
                    _ => None,
                });
            on_wire.map(|step| self.take(step));
        }
    }

    /// A request on the wire is answered with this HTTP status.
    pub fn respond(&self, step: StepId, status: u16) {
        self.respond_judged(step, status, is_unauthorized(status));
    }

    /// The same, with what the app's `isUnauthorized` says.
    pub fn respond_judged(&self, step: StepId, status: u16, unauthorized: bool) {
        let id = self.off_the_wire(step);
        let permit = Permit::from_bits(self.calls.borrow()[id].permit);
        if permit.action() == Action::Plain {
            return self.settle(id, Settled::Response(status));
        }
        self.calls.borrow_mut()[id].answer = status;
        let next = self.client().verdict(permit, unauthorized);
        self.act(id, next);
    }

    /// A request on the wire fails with what wx says.
    pub fn break_off(&self, step: StepId, failure: &Failure) {
        let id = self.off_the_wire(step);
        let error = self
            .client()
            .wx_error(of_transport(failure), Stage::Request, failure);
        self.settle(id, Settled::Rejected(error));
    }

    /// What the call settled with, if it did.
    pub fn outcome(&self, id: CallId) -> Option<Settled> {
        match &self.calls.borrow()[id].state {
            State::Settled(settled) => Some(settled.clone()),
            _ => None,
        }
    }

    /// Calls that have not settled.
    pub fn open_calls(&self) -> usize {
        self.calls
            .borrow()
            .iter()
            .filter(|call| !matches!(call.state, State::Settled(_)))
            .count()
    }

    /// The session settled: every waiting call asks again, or is rejected.
    pub fn settled(&self, outcome: &Result<(), Error>) {
        let waiting: Vec<CallId> = {
            let calls = self.calls.borrow();
            (0..calls.len())
                .filter(|id| calls[*id].state == State::Waiting)
                .collect()
        };
        for id in waiting {
            if self.calls.borrow()[id].state != State::Waiting {
                continue;
            }
            match outcome {
                Err(error) => self.settle(id, Settled::Rejected(error.clone())),
                Ok(()) => {
                    // Being asked: what settles inside the call is the core's to catch up on.
                    self.calls.borrow_mut()[id].state = State::Out;
                    let waited = Permit::from_bits(self.calls.borrow()[id].permit);
                    let permit = self.client().resume(waited);
                    self.act(id, permit);
                }
            }
        }
    }

    fn make(&self, kind: Kind) -> CallId {
        self.ledger.borrow_mut().called();
        let mut calls = self.calls.borrow_mut();
        calls.push(Call {
            kind,
            state: State::Out,
            permit: 0,
            answer: 0,
        });
        calls.len() - 1
    }

    /// Does what a permit says. A call that settled meanwhile (aborted by a listener) does nothing more.
    fn act(&self, id: CallId, permit: Permit) {
        // Permits cross to JavaScript as numbers.
        let bits = permit.to_bits();
        let answer = {
            let call = &mut self.calls.borrow_mut()[id];
            if matches!(call.state, State::Settled(_)) {
                return;
            }
            call.permit = bits;
            call.answer
        };
        match Permit::from_bits(bits).action() {
            Action::Wait => self.calls.borrow_mut()[id].state = State::Waiting,
            Action::Refuse => {
                let refusal = self.client().refusal();
                let error = refusal.expect("a refusal comes with its error");
                self.settle(id, Settled::Rejected(error));
            }
            Action::Deliver => self.settle(id, Settled::Response(answer)),
            Action::Plain | Action::Bearer => self.go(id, permit),
        }
    }

    fn go(&self, id: CallId, permit: Permit) {
        let kind = self.calls.borrow()[id].kind.clone();
        let token = (permit.action() == Action::Bearer).then(|| self.client().bearer());
        match kind {
            Kind::Token => self.settle(id, Settled::Token(token.unwrap_or_default())),
            Kind::Op(_) => panic!("an operation of the core asks for no permit"),
            Kind::Request {
                url,
                own_authorization,
            } => {
                assert!(
                    !(own_authorization && token.is_some()),
                    "the caller's own Authorization is kept"
                );
                let url = if permit.join() { join(BASE, &url) } else { url };
                self.calls.borrow_mut()[id].state = State::Out;
                self.start(
                    Step::Request {
                        call: id,
                        url,
                        token,
                    },
                    None,
                );
            }
        }
    }

    fn off_the_wire(&self, step: StepId) -> CallId {
        match self.take(step).map(|pending| pending.step) {
            Some(Step::Request { call, .. }) => call,
            other => panic!("no request on the wire: {other:?}"),
        }
    }

    fn settle(&self, id: CallId, settled: Settled) {
        if let Settled::Rejected(error) = &settled {
            self.ledger.borrow_mut().text(&format!("{error:?}"));
        }
        self.ledger.borrow_mut().settled(id);
        self.calls.borrow_mut()[id].state = State::Settled(settled);
    }
}

/// 0 is the start.
fn op_of(call: CallId) -> Op {
    call as Op + 1
}
