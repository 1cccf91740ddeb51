//! A mini program whose every step completes when the test says: now, later, in any order, or never.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use miniprogram_login::client::Client;
use miniprogram_login::error::{Error, Failure};
use miniprogram_login::event::{Entry, Event};
use miniprogram_login::platform::{Op, Platform, Reply, Ticket};
use miniprogram_login::time::Ms;
use miniprogram_login::token::{Answer, Record};

use crate::calls::Call;
use crate::ledger::Ledger;

/// When every test begins, unix ms.
pub const EPOCH: Ms = 1_700_000_000_000;

/// The number of a pending step.
pub type StepId = u32;

/// The number of a call of the app.
pub type CallId = usize;

/// What is posted on top of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    Profile,
    Phone(String),
    Logout,
}

/// Something that was started and has not been answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Sleep {
        ms: Ms,
        due: Ms,
    },
    CheckSession,
    Login {
        timeout: Ms,
    },
    Exchange {
        url: String,
        code: String,
        timeout: Ms,
    },
    Post {
        url: String,
        body: Body,
        token: String,
        timeout: Ms,
    },
    Read {
        key: String,
    },
    Write {
        key: String,
        token: Option<String>,
    },
    /// A request of the app, on the wire.
    Request {
        call: CallId,
        url: String,
        token: Option<String>,
    },
}

/// How a step ends; what wx or the server gives, of any shape.
#[derive(Clone, Debug)]
pub enum Outcome {
    Done,
    Code(String),
    Exchanged(Answer),
    Posted { status: u16, body_code: Option<i32> },
    Record(Option<Record>),
    Failed(Failure),
}

/// A pending step.
#[derive(Debug)]
pub struct Pending {
    pub id: StepId,
    pub step: Step,
    /// None for a request of the app: its answer goes through a verdict.
    ticket: Option<Ticket>,
}

/// Answers steps inside the call that starts them, as some clients of WeChat do.
pub type Reflex = Rc<dyn Fn(&Rc<World>, &Step) -> Option<Outcome>>;

/// What the app does when an event reaches it.
pub type Listener = Rc<dyn Fn(&Rc<World>, &Event)>;

/// What the app does when a log entry reaches it.
pub type Logger = Rc<dyn Fn(&Rc<World>, &Entry)>;

/// The phone, the app and the server, as far as the core meets them.
#[derive(Default)]
pub struct World {
    /// Time that only passes: what timers go by.
    pub passed: Cell<Ms>,
    /// What the clock was set forward by, or back.
    pub skew: Cell<i64>,
    pub pending: RefCell<Vec<Pending>>,
    last: Cell<StepId>,
    pub started: RefCell<Vec<Step>>,
    pub events: RefCell<Vec<Event>>,
    pub log: RefCell<Vec<Entry>>,
    pub calls: RefCell<Vec<Call>>,
    pub ledger: RefCell<Ledger>,
    pub reflex: RefCell<Option<Reflex>>,
    pub listener: RefCell<Option<Listener>>,
    /// The app's `log` option, which may call back too.
    pub logger: RefCell<Option<Logger>>,
    pub client: RefCell<Option<Rc<Client<Fake>>>>,
}

impl World {
    /// The core under test.
    pub fn client(&self) -> Rc<Client<Fake>> {
        self.client
            .borrow()
            .clone()
            .expect("the world outlives its client only when a test ends")
    }

    /// The phone's clock, unix ms.
    pub fn now(&self) -> Ms {
        (EPOCH + self.passed.get()).saturating_add_signed(self.skew.get())
    }

    /// Starts a step; with a ticket, its outcome goes to the core.
    pub fn start(&self, step: Step, ticket: Option<Ticket>) -> StepId {
        self.ledger
            .borrow_mut()
            .started(&step, &self.pending.borrow());
        let id = self.last.get() + 1;
        self.last.set(id);
        self.started.borrow_mut().push(step.clone());
        self.pending.borrow_mut().push(Pending { id, step, ticket });
        id
    }

    /// Takes a step from the pending ones; none if it was dropped or answered before.
    pub fn take(&self, id: StepId) -> Option<Pending> {
        let mut pending = self.pending.borrow_mut();
        let at = pending.iter().position(|step| step.id == id)?;
        Some(pending.remove(at))
    }

    /// Brings the outcome of a step; false if nobody waits for it any more.
    pub fn answer(&self, id: StepId, outcome: Outcome) -> bool {
        let Some(Pending {
            step,
            ticket: Some(ticket),
            ..
        }) = self.take(id)
        else {
            return false;
        };
        self.ledger.borrow_mut().answered(&step, &outcome);
        let ok = !matches!(outcome, Outcome::Failed(_));
        self.client().answer(ticket, ok, outcome);
        true
    }
}

/// The platform over a [`World`].
#[derive(Clone)]
pub struct Fake(pub Rc<World>);

impl Fake {
    fn step(&self, ticket: Ticket, step: Step) {
        let id = self.0.start(step.clone(), Some(ticket));
        let reflex = self.0.reflex.borrow().clone();
        if let Some(outcome) = reflex.and_then(|reflex| reflex(&self.0, &step)) {
            self.0.answer(id, outcome);
        }
    }
}

fn wrong(step: &str, outcome: &Outcome) -> ! {
    panic!("{step} can't end with {outcome:?}")
}

impl Platform for Fake {
    type Value = Outcome;

    fn now(&self) -> Ms {
        self.0.now()
    }

    fn sleep(&self, ticket: Ticket, ms: Ms) {
        let due = self.0.passed.get().saturating_add(ms);
        self.step(ticket, Step::Sleep { ms, due });
    }

    fn check_session(&self, ticket: Ticket) {
        self.step(ticket, Step::CheckSession);
    }

    fn login(&self, ticket: Ticket, timeout: Ms) {
        self.step(ticket, Step::Login { timeout });
    }

    fn exchange(&self, ticket: Ticket, url: &str, code: &str, timeout: Ms) {
        let step = Step::Exchange {
            url: url.to_string(),
            code: code.to_string(),
            timeout,
        };
        self.step(ticket, step);
    }

    fn post(&self, ticket: Ticket, op: Op, url: &str, token: &str, fields: &str, timeout: Ms) {
        let body = match fields {
            "" => Body::Logout,
            "code" => Body::Phone(self.0.phone_code(op)),
            "encryptedData iv rawData signature" => Body::Profile,
            other => panic!("a body with {other}"),
        };
        let step = Step::Post {
            url: url.to_string(),
            body,
            token: token.to_string(),
            timeout,
        };
        self.step(ticket, step);
    }

    fn read(&self, ticket: Ticket, key: &str) {
        self.step(
            ticket,
            Step::Read {
                key: key.to_string(),
            },
        );
    }

    fn write(&self, ticket: Ticket, key: &str, record: Option<&Record>) {
        let step = Step::Write {
            key: key.to_string(),
            token: record.map(|record| record.token.clone()),
        };
        self.step(ticket, step);
    }

    fn cancel(&self, ticket: Ticket) {
        let mut pending = self.0.pending.borrow_mut();
        pending.retain(|step| step.ticket != Some(ticket));
    }

    fn failure(&self, value: &Outcome) -> Failure {
        match value {
            Outcome::Failed(failure) => failure.clone(),
            other => wrong("a failure", other),
        }
    }

    fn code(&self, value: &Outcome) -> String {
        match value {
            Outcome::Code(code) => code.clone(),
            other => wrong("wx.login", other),
        }
    }

    fn answer(&self, value: &Outcome) -> Answer {
        match value {
            Outcome::Exchanged(answer) => answer.clone(),
            other => wrong("the exchange", other),
        }
    }

    fn reply(&self, value: &Outcome) -> Reply {
        match *value {
            Outcome::Posted { status, body_code } => Reply { status, body_code },
            ref other => wrong("a post", other),
        }
    }

    fn record(&self, value: &Outcome) -> Option<Record> {
        match value {
            Outcome::Record(record) => record.clone(),
            other => wrong("a read", other),
        }
    }

    fn finish(&self, op: Op, outcome: Result<Option<Outcome>, Error>) {
        self.0.finished(op, outcome);
    }

    fn settled(&self, outcome: &Result<(), Error>) {
        self.0.settled(outcome);
    }

    fn emit(&self, event: &Event) {
        self.0.ledger.borrow_mut().text(&format!("{event:?}"));
        self.0.events.borrow_mut().push(event.clone());
        let listener = self.0.listener.borrow().clone();
        if let Some(listener) = listener {
            listener(&self.0, event);
        }
    }

    fn log(&self, entry: &Entry) {
        self.0.ledger.borrow_mut().text(&format!("{entry:?}"));
        self.0.log.borrow_mut().push(entry.clone());
        let logger = self.0.logger.borrow().clone();
        if let Some(logger) = logger {
            logger(&self.0, entry);
        }
    }
}
