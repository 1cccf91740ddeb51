//! The platform over a [`World`]: every method only orders something (rule 20).

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures::channel::oneshot;
use futures::future::LocalBoxFuture;
use miniprogram_login::event::{Event, LogEntry};
use miniprogram_login::platform::{self, Answered, Bearer, Platform, Post};
use miniprogram_login::time::Ms;
use miniprogram_login::token::Record;
use serde_json::json;

use crate::door::Entry;
use crate::json::Json;
use crate::world::{Body, CallId, Outcome, Pending, Step, StepId, To, World};

/// See the module's documentation.
pub struct Fake(pub Rc<World>);

/// A step that the core ordered.
pub struct Ordered {
    world: Rc<World>,
    id: StepId,
    answer: oneshot::Receiver<Outcome>,
}

impl Future for Ordered {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let answer = Pin::new(&mut self.answer).poll(cx);
        // Without a sender the wxp was disposed of.
        answer.map(|answer| answer.unwrap_or_else(|_| Err(Json::default())))
    }
}

impl Drop for Ordered {
    fn drop(&mut self) {
        self.world.cancel(self.id);
    }
}

impl platform::Step<Json> for Ordered {
    fn has_begun(&self) -> bool {
        !self.world.instance.is_queued(self.id)
    }
}

impl Fake {
    fn order(&self, step: Step) -> Ordered {
        let (sender, answer) = oneshot::channel();
        let id = self.0.instance.number();
        if !self.0.closed.get() {
            let to = To::Core(sender);
            let pending = Pending { id, step, to };
            self.0.instance.order(&self.0, Entry::Start(pending));
        }
        let world = Rc::clone(&self.0);
        Ordered { world, id, answer }
    }

    fn tell(&self, entry: Entry) {
        if !self.0.closed.get() {
            self.0.instance.order(&self.0, entry);
        }
    }
}

impl Platform for Fake {
    type Value = Json;
    type Call = CallId;
    type Step = Ordered;

    fn now(&self) -> Ms {
        self.0.now()
    }

    fn spawn(&self, flow: LocalBoxFuture<'static, ()>) {
        self.0.spawn(flow);
    }

    fn value(&self, of: &impl serde::Serialize) -> Json {
        Json(json!(of))
    }

    fn sleep(&self, ms: Ms) -> Ordered {
        let due = self.0.passed.get().saturating_add(ms);
        self.order(Step::Sleep { ms, due })
    }

    fn check_session(&self) -> Ordered {
        self.order(Step::CheckSession)
    }

    fn login(&self, timeout: Ms) -> Ordered {
        self.order(Step::Login { timeout })
    }

    fn exchange_body(&self, code: &str, data: Option<&Json>) -> Option<Ordered> {
        let (given, _) = self.0.hooks.get();
        let (code, data) = (code.to_string(), data.cloned());
        (given || data.is_some()).then(|| self.order(Step::Body { code, data }))
    }

    fn read_token(&self, _: &Json) -> Option<Ordered> {
        let (_, given) = self.0.hooks.get();
        given.then(|| self.order(Step::ReadToken))
    }

    fn post(&self, post: Post<'_, Json>) -> Ordered {
        let (url, timeout) = (post.url.to_string(), post.timeout);
        let step = match post.token {
            None => Step::Exchange {
                url,
                data: post.data.expect("an exchange brings a code"),
                timeout,
            },
            Some(token) => Step::Post {
                url,
                body: Body::of(post.data),
                token: token.to_string(),
                timeout,
            },
        };
        self.order(step)
    }

    fn load(&self, key: &str) -> Ordered {
        let key = key.to_string();
        self.order(Step::Read { key })
    }

    fn store(&self, key: &str, record: Option<&Record>) -> Ordered {
        let key = key.to_string();
        let token = record.map(|record| record.token.clone());
        let record = Json(json!(record));
        self.order(Step::Write { key, token, record })
    }

    fn send(&self, call: &CallId, token: Bearer<'_>) -> Ordered {
        self.order(Step::Request {
            call: *call,
            url: self.0.url_of(*call),
            token: Some(token.text.to_string()),
        })
    }

    fn answer_to(&self, call: &CallId) -> Answered {
        self.0.calls.borrow()[*call].answered
    }

    fn tell(&self, event: &Event) {
        self.tell(Entry::Tell(event.clone()));
    }

    fn log(&self, entry: &LogEntry) {
        self.tell(Entry::Log(entry.clone()));
    }

    fn close(&self, remove: Option<&str>) {
        if let Some(key) = remove {
            let (key, token, record) = (key.to_string(), None, Json::default());
            let write = Step::Write { key, token, record };
            self.0.started.borrow_mut().push(write);
            *self.0.storage.borrow_mut() = Json::default();
        }
        self.0.closed.set(true);
        self.0.instance.forget(&self.0);
        let of_the_app = |pending: &Pending| !matches!(pending.to, To::Core(_));
        self.0.pending.borrow_mut().retain(of_the_app);
    }
}

impl Body {
    fn of(data: Option<Json>) -> Self {
        const PROFILE: [&str; 4] = ["encryptedData", "iv", "rawData", "signature"];
        let Some(data) = data else {
            return Self::Logout;
        };
        let fields = data.0.as_object().expect("a body is an object");
        match data.text("code") {
            Some(code) if fields.len() == 1 => Self::Phone(code.to_string()),
            _ if fields.keys().all(|name| PROFILE.contains(&name.as_str())) => Self::Profile(data),
            _ => panic!("a body with {data:?}"),
        }
    }
}

impl std::fmt::Debug for Fake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fake")
    }
}
