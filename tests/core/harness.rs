//! A test's hands: makes calls, answers steps, moves time, reads what came of it.

use std::collections::HashMap;
use std::ops::Deref;
use std::rc::Rc;

use miniprogram_login::client::Client;
use miniprogram_login::config::{Config, Given};
use miniprogram_login::error::{Code, Error, Failure};
use miniprogram_login::event::{Entry, Event};
use miniprogram_login::time::Ms;

use miniprogram_login::token::{Answer, Record, Token};

use crate::calls::Settled;
use crate::fake::{CallId, EPOCH, Fake, Outcome, Step, StepId, World};
use crate::ledger::SECRET;

/// The origin and path of the app's server.
pub const BASE: &str = "https://api.example.com/v1";

/// Options by their path.
#[derive(Clone, Default)]
pub struct Options {
    texts: HashMap<String, String>,
    lists: HashMap<String, Vec<String>>,
    times: HashMap<String, Ms>,
}

impl Options {
    /// What most tests use: every url set.
    pub fn usual() -> Self {
        let urls = [
            ("baseUrl", BASE),
            ("login.url", "/login"),
            ("profile.url", "/profile"),
            ("phone.url", "/phone"),
        ];
        urls.iter().fold(Self::default(), |options, (name, url)| {
            options.text(name, url)
        })
    }

    pub fn text(mut self, name: &str, value: &str) -> Self {
        self.texts.insert(name.to_string(), value.to_string());
        self
    }

    pub fn ms(mut self, name: &str, value: Ms) -> Self {
        self.times.insert(name.to_string(), value);
        self
    }

    pub fn texts(mut self, name: &str, values: &[&str]) -> Self {
        self.lists.insert(
            name.to_string(),
            values.iter().map(ToString::to_string).collect(),
        );
        self
    }

    /// Reads them.
    pub fn read(&self) -> Result<Config, Error> {
        self.read_for("wx-app|release")
    }

    /// Reads them for an app of this name.
    pub fn read_for(&self, app: &str) -> Result<Config, Error> {
        let text = |name: &str| self.texts.get(name).map_or("", String::as_str);
        let ms = |name: &str| self.times.get(name).copied();
        let origins = self.lists.get("allowedOrigins");
        let origins = origins.map(|origins| origins.join("\n"));
        Config::read(&Given {
            app,
            base_url: text("baseUrl"),
            login_url: text("login.url"),
            profile_url: text("profile.url"),
            phone_url: text("phone.url"),
            logout_url: text("logout.url"),
            storage_key: text("storage.key"),
            allowed_origins: origins.as_deref().unwrap_or_default(),
            never_check: text("checkSession") == "never",
            login_timeout: ms("login.timeout"),
            check_timeout: ms("checkSessionTimeout"),
            margin: ms("expiryMargin"),
            cooldown_first: ms("cooldown.first"),
            cooldown_max: ms("cooldown.max"),
        })
    }
}

/// What wx says when it fails.
pub fn failure(err_msg: &str, errno: Option<i32>) -> Failure {
    Failure {
        err_msg: err_msg.to_string(),
        errno,
        hook: false,
    }
}

/// An exchange's good answer.
pub fn granted(token: &str, expires_in: Option<i64>) -> Answer {
    Answer {
        status: 200,
        body_code: Some(0),
        token: Some(token.to_string()),
        expires_in,
        ..Answer::default()
    }
}

/// An exchange's answer that grants nothing.
pub fn refused(status: u16, body_code: Option<i32>) -> Answer {
    Answer {
        status,
        body_code,
        ..Answer::default()
    }
}

/// An error as the app sees it: plain data.
pub fn said(error: &Error) -> serde_json::Value {
    serde_json::json!({
        "code": error.code.name(),
        "stage": error.stage.name(),
        "option": error.option(),
        "detail": error.detail(),
        "errMsg": error.err_msg(),
        "errno": error.errno(),
        "statusCode": error.status_code(),
    })
}

/// An app with its core. Checks the ledger, and that nothing is left over, when the test ends well.
pub struct App {
    world: Rc<World>,
}

impl Deref for App {
    type Target = Rc<World>;

    fn deref(&self) -> &Rc<World> {
        &self.world
    }
}

impl App {
    /// Just launched, with an empty storage that answers at once.
    pub fn new() -> Self {
        Self::launched(&Options::usual(), None)
    }

    /// Just launched with these options.
    pub fn with(options: &Options) -> Self {
        Self::launched(options, None)
    }

    /// Just launched, with this token in the storage.
    pub fn restored(options: &Options, token: &Token) -> Self {
        let config = options.read().expect("the test's options are right");
        Self::launched(options, Some(Record::new(token, &config.binding)))
    }

    /// A token that the server issued just now, for `life` ms.
    pub fn token(name: &str, life: Option<Ms>) -> Token {
        Token {
            value: secret(name),
            received: EPOCH,
            life,
        }
    }

    fn launched(options: &Options, record: Option<Record>) -> Self {
        let app = Self::loading(options);
        if let Some(record) = &record {
            app.ledger.borrow_mut().restored(&record.token);
        }
        app.start();
        app.end(
            |step| matches!(step, Step::Read { .. }),
            Outcome::Record(record),
        );
        app.storage_works();
        app
    }

    /// Not started yet, and its storage answers when the test says.
    pub fn loading(options: &Options) -> Self {
        let config = options.read().expect("the test's options are right");
        let world = Rc::new(World::default());
        let allowed = options.lists.get("allowedOrigins").cloned();
        world.ledger.borrow_mut().homes = allowed
            .into_iter()
            .flatten()
            .chain([BASE.to_string()])
            .collect();
        let client = Client::new(config, Fake(Rc::clone(&world)));
        *world.client.borrow_mut() = Some(Rc::new(client));
        Self { world }
    }

    /// Starts the core; its read of the storage is pending then.
    pub fn start(&self) {
        self.client().start(0);
    }

    /// From here on every write succeeds at once.
    pub fn storage_works(&self) {
        self.reflex(|_, step| matches!(step, Step::Write { .. }).then_some(Outcome::Done));
    }

    pub fn reflex(&self, reflex: impl Fn(&Rc<World>, &Step) -> Option<Outcome> + 'static) {
        *self.world.reflex.borrow_mut() = Some(Rc::new(reflex));
    }

    pub fn listen(&self, listener: impl Fn(&Rc<World>, &Event) + 'static) {
        *self.world.listener.borrow_mut() = Some(Rc::new(listener));
    }

    pub fn log_to(&self, logger: impl Fn(&Rc<World>, &Entry) + 'static) {
        *self.world.logger.borrow_mut() = Some(Rc::new(logger));
    }

    /// `requestNeedLogin` of the app's own server.
    pub fn get(&self) -> CallId {
        self.request("/home", false)
    }

    /// The one pending step of this kind.
    pub fn find(&self, is: impl Fn(&Step) -> bool) -> Option<StepId> {
        let pending = self.pending.borrow();
        let mut found = pending
            .iter()
            .filter(|pending| is(&pending.step))
            .map(|pending| pending.id);
        let first = found.next();
        assert!(
            found.next().is_none(),
            "more than one such step is pending: {pending:?}"
        );
        first
    }

    /// Ends the one pending step of this kind.
    #[track_caller]
    pub fn end(&self, is: impl Fn(&Step) -> bool, outcome: Outcome) {
        let Some(id) = self.find(is) else {
            panic!("no such step is pending: {:?}", self.pending.borrow())
        };
        assert!(self.answer(id, outcome), "the step's outcome is wanted");
        self.check();
    }

    #[track_caller]
    pub fn login_gives(&self, code: &str) {
        self.end(
            |step| matches!(step, Step::Login { .. }),
            Outcome::Code(secret(code)),
        );
    }

    #[track_caller]
    pub fn login_fails(&self, failure: Failure) {
        self.end(
            |step| matches!(step, Step::Login { .. }),
            Outcome::Failed(failure),
        );
    }

    #[track_caller]
    pub fn exchange_gives(&self, answer: Answer) {
        self.end(
            |step| matches!(step, Step::Exchange { .. }),
            Outcome::Exchanged(answer),
        );
    }

    #[track_caller]
    pub fn exchange_fails(&self, failure: Failure) {
        self.end(
            |step| matches!(step, Step::Exchange { .. }),
            Outcome::Failed(failure),
        );
    }

    #[track_caller]
    pub fn check_says(&self, outcome: Result<(), Failure>) {
        let outcome = outcome.map_or_else(Outcome::Failed, |()| Outcome::Done);
        self.end(|step| matches!(step, Step::CheckSession), outcome);
    }

    #[track_caller]
    pub fn posted(&self, status: u16, body_code: Option<i32>) {
        self.end(
            |step| matches!(step, Step::Post { .. }),
            Outcome::Posted { status, body_code },
        );
    }

    /// The pending login goes well; the token lives for `life` s, or as long as the server likes.
    #[track_caller]
    pub fn log_in(&self, token: &str, life: Option<i64>) {
        let code = format!("code-{}", self.logins());
        self.login_gives(&code);
        self.exchange_gives(granted(&secret(token), life));
    }

    /// Logged in by an `ensureLogin`.
    pub fn logged_in(token: &str, life: Option<i64>) -> Self {
        let app = Self::new();
        app.ensure();
        app.log_in(token, life);
        app
    }

    /// The call's request on the wire gets this HTTP status.
    #[track_caller]
    pub fn reply(&self, call: CallId, status: u16) {
        let id = self.on_wire(call);
        self.respond(id, status);
        self.check();
    }

    /// Where the call's request is on the wire.
    #[track_caller]
    pub fn on_wire(&self, call: CallId) -> StepId {
        let found =
            self.find(|step| matches!(step, Step::Request { call: other, .. } if *other == call));
        found.unwrap_or_else(|| {
            panic!(
                "call {call} is not on the wire: {:?}",
                self.pending.borrow()
            )
        })
    }

    /// The tokens that the call's requests carried, in order; without [`secret`]'s mark.
    pub fn sent(&self, call: CallId) -> Vec<Option<String>> {
        let started = self.started.borrow();
        let sent = started.iter().filter_map(|step| match step {
            Step::Request {
                call: other, token, ..
            } if *other == call => Some(token.clone()),
            _ => None,
        });
        sent.map(|token| token.map(|token| token.replace(&format!("{SECRET}-"), "")))
            .collect()
    }

    pub fn logins(&self) -> usize {
        self.count(|step| matches!(step, Step::Login { .. }))
    }

    pub fn exchanges(&self) -> usize {
        self.count(|step| matches!(step, Step::Exchange { .. }))
    }

    pub fn count(&self, is: impl Fn(&Step) -> bool) -> usize {
        self.started.borrow().iter().filter(|step| is(step)).count()
    }

    /// The stored token after the last write.
    pub fn stored(&self) -> Option<String> {
        let started = self.started.borrow();
        let last = started.iter().rev().find_map(|step| match step {
            Step::Write { token, .. } => Some(token.clone()),
            _ => None,
        });
        last.flatten()
            .map(|token| token.replace(&format!("{SECRET}-"), ""))
    }

    pub fn code(&self, call: CallId) -> Option<Code> {
        match self.outcome(call) {
            Some(Settled::Rejected(error)) => Some(error.code),
            _ => None,
        }
    }

    /// Time passes; timers that fall due meanwhile go off, in order.
    pub fn advance(&self, ms: Ms) {
        let end = self.passed.get() + ms;
        while self.next_timer().is_some_and(|(due, _)| due <= end) {
            self.fire_timer();
        }
        self.passed.set(end);
        self.check();
    }

    /// The timer that falls due next.
    pub fn next_timer(&self) -> Option<(Ms, StepId)> {
        let pending = self.pending.borrow();
        let timers = pending.iter().filter_map(|pending| match pending.step {
            Step::Sleep { due, .. } => Some((due, pending.id)),
            _ => None,
        });
        timers.min()
    }

    /// Time passes until the next timer goes off.
    pub fn fire_timer(&self) {
        if let Some((due, id)) = self.next_timer() {
            self.passed.set(self.passed.get().max(due));
            self.answer(id, Outcome::Done);
        }
    }

    pub fn hide(&self) {
        self.client().update(|session, _| session.hide());
    }

    pub fn show(&self) {
        self.client().update(|session, now| session.show(now));
        self.check();
    }

    pub fn online(&self) {
        self.client().update(|session, _| session.online());
    }

    #[track_caller]
    pub fn check(&self) {
        if let Err(broken) = self.ledger.borrow().check() {
            panic!("{broken}");
        }
    }

    /// Nothing is under way: no flow, no step, no open call.
    #[track_caller]
    pub fn assert_idle(&self) {
        assert_eq!(self.open_calls(), 0, "calls that never settled");
        assert!(
            self.pending.borrow().is_empty(),
            "pending: {:?}",
            self.pending.borrow()
        );
        assert_eq!(self.client().flows(), 0, "flows left over");
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let client = self.client();
            self.ledger.borrow_mut().text(&format!("{client:?}"));
            self.check();
        }
        // Breaks the circle of world and client.
        self.world.client.take();
    }
}

/// A text that must never be seen.
pub fn secret(name: &str) -> String {
    format!("{SECRET}-{name}")
}
