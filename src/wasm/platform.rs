//! The mini program as the flows see it: [`Platform`] over the JavaScript side.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::LocalBoxFuture;
use serde::Serialize;
use slab::Slab;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::host::{Call, Host};
use super::js::{Js, to_js};
use crate::event::{Event, LogEntry};
use crate::platform::{self, Answered, Bearer, Outcome, Platform, Post};
use crate::session::Generation;
use crate::time::Ms;
use crate::token::Record;

/// The number of a step that is under way; later ones may get it again.
type Ticket = u32;

/// What is under way in a mini program.
pub struct Steps {
    host: Host,
    /// Who waits, by ticket.
    open: RefCell<Slab<oneshot::Sender<Outcome<Js>>>>,
    closed: Cell<bool>,
}

/// The mini program.
pub struct MiniProgram {
    steps: Rc<Steps>,
    /// The number of the token that JavaScript knows.
    told: Cell<Generation>,
}

impl fmt::Debug for MiniProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MiniProgram").finish_non_exhaustive()
    }
}

impl MiniProgram {
    /// Over this JavaScript side.
    pub fn new(host: Host) -> Self {
        Self {
            steps: Rc::new(Steps {
                host,
                open: RefCell::default(),
                closed: Cell::default(),
            }),
            told: Cell::default(),
        }
    }

    /// A step that is under way was answered.
    pub fn answer(&self, ticket: Ticket, outcome: Outcome<Js>) {
        let step = self.steps.open.borrow_mut().try_remove(ticket as usize);
        if let Some(sender) = step {
            // Who waited may be gone.
            let _ = sender.send(outcome);
        }
    }

    fn step(&self, order: impl FnOnce(&Host, Ticket)) -> Step {
        let steps = Rc::clone(&self.steps);
        let (sender, answer) = oneshot::channel();
        let mut ticket = 0;
        if !steps.closed.get() {
            ticket = steps.open.borrow_mut().insert(sender) as Ticket;
            order(&steps.host, ticket);
        }
        Step {
            steps,
            ticket,
            answer,
        }
    }
}

/// A step under way.
pub struct Step {
    steps: Rc<Steps>,
    ticket: Ticket,
    answer: oneshot::Receiver<Outcome<Js>>,
}

impl Future for Step {
    type Output = Outcome<Js>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Without a sender the core was disposed of.
        let gone = |_| Err(Js::default());
        self.answer
            .poll_unpin(cx)
            .map(|answer| answer.unwrap_or_else(gone))
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        // Answered or closed, it has given its ticket back.
        if let Ok(None) = self.answer.try_recv() {
            self.steps.open.borrow_mut().remove(self.ticket as usize);
            self.steps.host.cancel(self.ticket);
        }
    }
}

impl platform::Step<Js> for Step {
    fn has_begun(&self) -> bool {
        self.steps.host.has_begun(self.ticket)
    }
}

impl Platform for MiniProgram {
    type Value = Js;
    type Call = Call;
    type Step = Step;

    fn now(&self) -> Ms {
        js_sys::Date::now() as Ms
    }

    fn spawn(&self, flow: LocalBoxFuture<'static, ()>) {
        spawn_local(flow);
    }

    fn value(&self, of: &impl Serialize) -> Js {
        Js(to_js(of))
    }

    fn sleep(&self, ms: Ms) -> Step {
        self.step(|host, ticket| host.sleep(ticket, ms as f64))
    }

    fn check_session(&self) -> Step {
        self.step(|host, ticket| host.check_session(ticket))
    }

    fn login(&self, timeout: Ms) -> Step {
        self.step(|host, ticket| host.login(ticket, timeout as f64))
    }

    fn exchange_body(&self, code: &str, data: Option<&Js>) -> Option<Step> {
        let given = data.is_some() || self.steps.host.has_body();
        let data = data.map_or(JsValue::UNDEFINED, |data| data.0.clone());
        given.then(|| self.step(|host, ticket| host.exchange_body(ticket, code, &data)))
    }

    fn read_token(&self, response: &Js) -> Option<Step> {
        let given = self.steps.host.has_read_token();
        given.then(|| self.step(|host, ticket| host.read_token(ticket, &response.0)))
    }

    fn post(&self, post: Post<'_, Js>) -> Step {
        let data = post.data.unwrap_or_default().0;
        self.step(|host, ticket| {
            host.post(ticket, post.url, &data, post.token, post.timeout as f64);
        })
    }

    fn load(&self, key: &str) -> Step {
        self.step(|host, ticket| host.load(ticket, key))
    }

    fn store(&self, key: &str, record: Option<&Record>) -> Step {
        let record = record.map_or(JsValue::UNDEFINED, to_js);
        self.step(|host, ticket| host.store(ticket, key, &record))
    }

    fn send(&self, call: &Call, token: Bearer<'_>) -> Step {
        let Bearer { generation, text } = token;
        if self.told.replace(generation) != generation {
            self.steps.host.token(generation, text);
        }
        self.step(|host, ticket| host.send(ticket, call, generation))
    }

    fn answer_to(&self, call: &Call) -> Answered {
        Answered {
            status: call.status(),
            judged: call.judged(),
        }
    }

    fn tell(&self, event: &Event) {
        self.steps.host.tell(to_js(event));
    }

    fn log(&self, entry: &LogEntry) {
        if self.steps.host.has_log() {
            self.steps.host.log(to_js(entry));
        }
    }

    fn close(&self, remove: Option<&str>) {
        if let Some(key) = remove {
            self.steps.host.remove(key);
        }
        self.steps.closed.set(true);
        // Each drop may wake a flow, which looks into the list.
        let open = self.steps.open.take();
        drop(open);
    }
}
