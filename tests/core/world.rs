//! The phone, the app and the server, as far as the core of one wxp meets them. Every step ends
//! when the test says: now, later, in any order, or never.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::channel::oneshot;
use miniprogram_login::client::Client;
use miniprogram_login::event::{Event, LogEntry};
use miniprogram_login::platform;
use miniprogram_login::request::Permit;
use miniprogram_login::time::Ms;

use crate::calls::Call;
use crate::door::{Entry, Instance};
use crate::fake::Fake;
use crate::json::Json;
use crate::ledger::Ledger;
use crate::wire::{done, failure};

/// When every test begins, unix ms.
pub const EPOCH: Ms = 1_700_000_000_000;

/// The number of a step.
pub type StepId = u32;

/// The number of a call of the app.
pub type CallId = usize;

/// How a step ends.
pub type Outcome = platform::Outcome<Json>;

/// What is posted on top of a session.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    Profile(Json),
    Phone(String),
    Logout,
}

/// Something that was started and has not been answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Sleep {
        ms: Ms,
        due: Ms,
    },
    CheckSession,
    Login {
        timeout: Ms,
    },
    /// `login.body`, or the body of a `loginWith`.
    Body {
        code: String,
        data: Option<Json>,
    },
    Exchange {
        url: String,
        data: Json,
        timeout: Ms,
    },
    /// `login.readToken`.
    ReadToken,
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
        /// What the storage holds after it.
        record: Json,
    },
    /// A request of the app.
    Request {
        call: CallId,
        url: String,
        token: Option<String>,
    },
}

/// Where the answer to a step goes.
#[derive(Debug)]
pub enum To {
    /// To a flow of the core, which waits for it.
    Core(oneshot::Sender<Outcome>),
    /// To the app, as this permit of its request says.
    Verdict(Permit),
    /// To the app, as it comes.
    App,
}

/// A step, ordered or under way.
#[derive(Debug)]
pub struct Pending {
    pub id: StepId,
    pub step: Step,
    pub to: To,
}

/// Answers steps inside the entry that starts them, as some clients of WeChat do.
pub type Reflex = Rc<dyn Fn(&Rc<World>, &Step) -> Option<Outcome>>;

/// What the app does when an event reaches it.
pub type Listener = Rc<dyn Fn(&Rc<World>, &Event)>;

/// What the app does when a log entry reaches it.
pub type Logger = Rc<dyn Fn(&Rc<World>, &LogEntry)>;

/// See the module's documentation.
#[derive(Default)]
pub struct World {
    pub instance: Rc<Instance>,
    /// Time that only passes: what timers go by.
    pub passed: Cell<Ms>,
    /// What the clock was set forward by, or back.
    pub skew: Cell<i64>,
    /// What is under way.
    pub pending: RefCell<Vec<Pending>>,
    pub started: RefCell<Vec<Step>>,
    pub events: RefCell<Vec<Event>>,
    pub log: RefCell<Vec<LogEntry>>,
    /// What the storage holds.
    pub storage: RefCell<Json>,
    pub calls: RefCell<Vec<Call>>,
    pub ledger: RefCell<Ledger>,
    pub reflex: RefCell<Option<Reflex>>,
    pub listener: RefCell<Option<Listener>>,
    /// The app's `log` option, which may call back too.
    pub logger: RefCell<Option<Logger>>,
    /// Whether the app gave `login.body` and `login.readToken`.
    pub hooks: Cell<(bool, bool)>,
    pub closed: Cell<bool>,
    /// How many futures there are.
    pub flows: Rc<Cell<usize>>,
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

    /// Runs a future of this wxp, and counts it while it lives.
    pub fn spawn(&self, future: impl Future<Output = ()> + 'static) {
        let counted = Counted::new(&self.flows);
        self.instance.executor.spawn(async move {
            let _counted = counted;
            future.await;
        });
    }

    /// An entry's turn has come.
    pub fn perform(self: &Rc<Self>, entry: Entry) {
        match entry {
            Entry::Start(pending) => self.begin_ordered(pending),
            Entry::Tell(event) => {
                self.seen(&event);
                self.events.borrow_mut().push(event.clone());
                let listener = self.listener.borrow().clone();
                listener.inspect(|listener| listener(self, &event));
            }
            Entry::Log(entry) => {
                self.seen(&entry);
                self.log.borrow_mut().push(entry.clone());
                let logger = self.logger.borrow().clone();
                logger.inspect(|logger| logger(self, &entry));
            }
        }
    }

    fn begin_ordered(self: &Rc<Self>, pending: Pending) {
        if let Step::Request { call, .. } = pending.step
            && self.is_over(call)
        {
            self.bring(pending.to, Err(failure("request:fail abort", None)));
            return;
        }
        let (id, step) = (pending.id, pending.step.clone());
        self.begin(pending);
        let reflex = self.reflex.borrow().clone();
        if let Some(outcome) = reflex.and_then(|reflex| reflex(self, &step)) {
            self.answer(id, outcome);
        }
    }

    /// The answer of a storage that works to a step that asks it.
    pub fn storage_says(&self, step: &Step) -> Option<Outcome> {
        match step {
            Step::Read { .. } => Some(Ok(self.storage.borrow().clone())),
            Step::Write { .. } => Some(Ok(done())),
            _ => None,
        }
    }

    /// A step is under way from here on.
    pub fn begin(&self, pending: Pending) {
        let mut others = self.pending.borrow_mut();
        self.ledger.borrow_mut().started(&pending.step, &others);
        self.started.borrow_mut().push(pending.step.clone());
        others.push(pending);
    }

    /// Takes a step from those under way; none if it was cancelled or answered before.
    pub fn take(&self, id: StepId) -> Option<Pending> {
        let mut pending = self.pending.borrow_mut();
        let at = pending.iter().position(|step| step.id == id)?;
        Some(pending.remove(at))
    }

    /// Brings the outcome of a step of the core's; false if nobody waits for it any more.
    pub fn answer(&self, id: StepId, outcome: Outcome) -> bool {
        let Some(Pending { step, to, .. }) = self.take(id) else {
            return false;
        };
        self.ledger.borrow_mut().answered(&step, &outcome);
        if let (Step::Write { record, .. }, Ok(_)) = (&step, &outcome) {
            *self.storage.borrow_mut() = record.clone();
        }
        self.bring(to, outcome)
    }

    /// The same, where it goes to.
    pub fn bring(&self, to: To, outcome: Outcome) -> bool {
        let To::Core(sender) = to else { return false };
        // Who waited may have gone.
        self.enter(|_| sender.send(outcome).is_ok())
    }

    /// A step is no longer waited for: what has not begun does not begin, what is under way is
    /// aborted, but for a request of the app.
    pub fn cancel(&self, id: StepId) {
        if self.instance.take(|_, step| step.id == id).is_some() {
            return;
        }
        let mut pending = self.pending.borrow_mut();
        let Some(at) = pending.iter().position(|step| step.id == id) else {
            return;
        };
        if matches!(pending[at].step, Step::Request { .. }) {
            pending[at].to = To::App;
        } else {
            pending.remove(at);
        }
    }

    /// What is under way that should not be, in words. One flow is always there: the one that
    /// carries out what the session orders.
    pub fn left_over(&self) -> Option<String> {
        let (calls, flows, pending) = (self.open_calls(), self.flows.get(), self.pending.borrow());
        let idle = calls == 0
            && flows == usize::from(!self.closed.get())
            && pending.is_empty()
            && self.instance.is_idle();
        (!idle).then(|| format!("{calls} open calls, {flows} flows, pending: {pending:?}"))
    }

    /// Something that the app sees.
    pub fn seen(&self, what: &(impl std::fmt::Debug + serde::Serialize)) {
        let mut ledger = self.ledger.borrow_mut();
        ledger.text(&format!("{what:?}"));
        ledger.text(&serde_json::to_string(what).unwrap());
    }
}

/// Counts itself.
struct Counted(Rc<Cell<usize>>);

impl Counted {
    fn new(count: &Rc<Cell<usize>>) -> Self {
        count.set(count.get() + 1);
        Self(Rc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}
