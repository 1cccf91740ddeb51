//! A mini program whose every step completes when the test says: now, later, in any order, or never.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::channel::oneshot;
use miniprogram_login::client::Client;
use miniprogram_login::error::Error;
use miniprogram_login::event::{Entry, Event};
use miniprogram_login::platform::{Failure, Ms, Platform, Post, Reply};
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

/// How a step ends.
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
    waiting: Option<oneshot::Sender<Outcome>>,
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
    pub client: RefCell<Option<Client<Fake>>>,
}

impl World {
    /// The core under test.
    pub fn client(&self) -> Client<Fake> {
        self.client
            .borrow()
            .clone()
            .expect("the world outlives its client only when a test ends")
    }

    /// The phone's clock, unix ms.
    pub fn now(&self) -> Ms {
        (EPOCH + self.passed.get()).saturating_add_signed(self.skew.get())
    }

    /// Starts a step; `waiting` gets its outcome.
    pub fn start(&self, step: Step, waiting: Option<oneshot::Sender<Outcome>>) -> StepId {
        self.ledger
            .borrow_mut()
            .started(&step, &self.pending.borrow());
        let id = self.last.get() + 1;
        self.last.set(id);
        self.started.borrow_mut().push(step.clone());
        self.pending
            .borrow_mut()
            .push(Pending { id, step, waiting });
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
            waiting: Some(waiting),
            ..
        }) = self.take(id)
        else {
            return false;
        };
        self.ledger.borrow_mut().answered(&step, &outcome);
        let wanted = waiting.send(outcome).is_ok();
        self.client().run();
        wanted
    }

    async fn step(self: &Rc<Self>, step: Step) -> Outcome {
        let (sender, receiver) = oneshot::channel();
        let id = self.start(step.clone(), Some(sender));
        let _ticket = Ticket(Rc::clone(self), id);
        let reflex = self.reflex.borrow().clone();
        if let Some(outcome) = reflex.and_then(|reflex| reflex(self, &step)) {
            self.answer(id, outcome);
        }
        receiver
            .await
            .unwrap_or_else(|_| Outcome::Failed(Failure::default()))
    }
}

/// Withdraws its step when it is dropped before the answer came.
struct Ticket(Rc<World>, StepId);

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.take(self.1);
    }
}

/// The platform over a [`World`].
#[derive(Clone)]
pub struct Fake(pub Rc<World>);

impl Fake {
    async fn done(&self, step: Step) -> Result<(), Failure> {
        match self.0.step(step).await {
            Outcome::Failed(failure) => Err(failure),
            _ => Ok(()),
        }
    }
}

fn wrong(step: &str, outcome: &Outcome) -> ! {
    panic!("{step} can't end with {outcome:?}")
}

impl Platform for Fake {
    type Response = u16;

    fn now(&self) -> Ms {
        self.0.now()
    }

    async fn sleep(&self, ms: Ms) {
        let due = self.0.passed.get() + ms;
        self.0.step(Step::Sleep { ms, due }).await;
    }

    async fn check_session(&self) -> Result<(), Failure> {
        self.done(Step::CheckSession).await
    }

    async fn login(&self, timeout: Ms) -> Result<String, Failure> {
        match self.0.step(Step::Login { timeout }).await {
            Outcome::Code(code) => Ok(code),
            Outcome::Failed(failure) => Err(failure),
            other => wrong("wx.login", &other),
        }
    }

    async fn exchange(&self, url: &str, code: &str, timeout: Ms) -> Result<Answer, Failure> {
        let step = Step::Exchange {
            url: url.to_string(),
            code: code.to_string(),
            timeout,
        };
        match self.0.step(step).await {
            Outcome::Exchanged(answer) => Ok(answer),
            Outcome::Failed(failure) => Err(failure),
            other => wrong("the exchange", &other),
        }
    }

    async fn post(
        &self,
        url: &str,
        post: Post<'_>,
        token: &str,
        timeout: Ms,
    ) -> Result<Reply<u16>, Failure> {
        let body = match post {
            Post::Profile(_) => Body::Profile,
            Post::Phone(phone) => Body::Phone(phone.code.clone()),
            Post::Logout => Body::Logout,
        };
        let step = Step::Post {
            url: url.to_string(),
            body,
            token: token.to_string(),
            timeout,
        };
        match self.0.step(step).await {
            Outcome::Posted { status, body_code } => Ok(Reply {
                status,
                body_code,
                response: status,
            }),
            Outcome::Failed(failure) => Err(failure),
            other => wrong("a post", &other),
        }
    }

    async fn read(&self, key: &str) -> Result<Option<Record>, Failure> {
        match self
            .0
            .step(Step::Read {
                key: key.to_string(),
            })
            .await
        {
            Outcome::Record(record) => Ok(record),
            Outcome::Failed(failure) => Err(failure),
            other => wrong("a read", &other),
        }
    }

    async fn write(&self, key: &str, record: Option<&Record>) -> Result<(), Failure> {
        let token = record.map(|record| record.token.clone());
        self.done(Step::Write {
            key: key.to_string(),
            token,
        })
        .await
    }

    fn settled(&self, outcome: Result<(), &Error>) {
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
