//! A test's hands: makes calls, answers steps, moves time, reads what came of it.

use std::ops::Deref;
use std::rc::Rc;

use miniprogram_login::client::Client;
use miniprogram_login::config::Config;
use miniprogram_login::error::{Code, Error};
use miniprogram_login::event::{Event, LogEntry};
use miniprogram_login::session::LogoutEpoch;
use miniprogram_login::time::Ms;
use miniprogram_login::token::{Record, Token};
use serde_json::json;

use crate::calls::Settled;
use crate::door::Instance;
use crate::fake::Fake;
use crate::json::Json;
use crate::ledger::SECRET;
use crate::wire::{done, granted, login_code, profile_of, response};
use crate::world::{CallId, EPOCH, Outcome, Step, StepId, World};

/// The origin and path of the app's server.
pub const BASE: &str = "https://api.example.com/v1";

/// The options of createWxp, as the app writes them.
#[derive(Clone)]
pub struct Options(Json);

impl Options {
    /// What most tests use: every url set.
    pub fn usual() -> Self {
        Self::bare()
            .set("profile.url", "/profile")
            .set("phone.url", "/phone")
    }

    /// No more than what is required.
    pub fn bare() -> Self {
        Self(Json::default())
            .set("baseUrl", BASE)
            .set("login.url", "/login")
    }

    pub fn set(self, name: &str, value: impl serde::Serialize) -> Self {
        Self(self.0.with(name, value))
    }

    /// Reads them.
    pub fn read(&self) -> Result<Config, Error> {
        self.read_for("wx-app|release")
    }

    /// Reads them for an app of this name.
    pub fn read_for(&self, app: &str) -> Result<Config, Error> {
        Config::read(&self.0, app)
    }
}

/// An error as the app sees it: plain data.
pub fn said(error: &Error) -> serde_json::Value {
    json!(error)
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
            given: false,
        }
    }

    fn launched(options: &Options, record: Option<Record>) -> Self {
        let app = Self::loading(options);
        if let Some(record) = &record {
            app.ledger.borrow_mut().restored(&record.token);
        }
        *app.storage.borrow_mut() = Json(json!(record));
        app.storage_works();
        app.start();
        app
    }

    /// Not started yet, and its storage answers when the test says.
    pub fn loading(options: &Options) -> Self {
        Self::loading_on(options, Rc::default())
    }

    /// Just launched, on an instance that has others too.
    pub fn beside(other: &Self) -> Self {
        let app = Self::loading_beside(other);
        app.storage_works();
        app.start();
        app
    }

    /// Not started yet, on an instance that has others too.
    pub fn loading_beside(other: &Self) -> Self {
        Self::loading_on(&Options::usual(), Rc::clone(&other.instance))
    }

    fn loading_on(options: &Options, instance: Rc<Instance>) -> Self {
        let config = options.read().expect("the test's options are right");
        let world = Rc::new(World {
            instance,
            ..World::default()
        });
        let homes = options.0.0["allowedOrigins"].as_array();
        let homes = homes.into_iter().flatten().filter_map(|home| home.as_str());
        world.ledger.borrow_mut().homes = homes.chain([BASE]).map(Into::into).collect();
        let fake = Fake(Rc::clone(&world));
        let client = world.instance.enter(|| Client::new(config, fake));
        *world.client.borrow_mut() = Some(Rc::new(client));
        Self { world }
    }

    /// Starts the core; its read of the storage is pending then.
    pub fn start(&self) {
        self.enter(|client| {
            let restored = client.restore();
            self.world.spawn(async { restored.await.unwrap() });
        });
    }

    /// From here on the storage answers at once.
    pub fn storage_works(&self) {
        self.reflex(|world, step| world.storage_says(step));
    }

    /// Another copy of the package, on the same storage, has logged in: the record is its own.
    pub fn other_copy_logs_in(&self, token: &Token) {
        other_copy_logs_in(self, token);
    }

    pub fn reflex(&self, reflex: impl Fn(&Rc<World>, &Step) -> Option<Outcome> + 'static) {
        *self.world.reflex.borrow_mut() = Some(Rc::new(reflex));
    }

    pub fn listen(&self, listener: impl Fn(&Rc<World>, &Event) + 'static) {
        *self.world.listener.borrow_mut() = Some(Rc::new(listener));
    }

    pub fn log_to(&self, logger: impl Fn(&Rc<World>, &LogEntry) + 'static) {
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
        let code = login_code(&secret(code));
        self.end(|step| matches!(step, Step::Login { .. }), Ok(code));
    }

    #[track_caller]
    pub fn login_fails(&self, failure: Json) {
        self.end(|step| matches!(step, Step::Login { .. }), Err(failure));
    }

    #[track_caller]
    pub fn exchange_gives(&self, answer: Json) {
        self.end(|step| matches!(step, Step::Exchange { .. }), Ok(answer));
    }

    #[track_caller]
    pub fn exchange_fails(&self, failure: Json) {
        self.end(|step| matches!(step, Step::Exchange { .. }), Err(failure));
    }

    #[track_caller]
    pub fn check_says(&self, outcome: Result<(), Json>) {
        let outcome = outcome.map(|()| done());
        self.end(|step| matches!(step, Step::CheckSession), outcome);
    }

    #[track_caller]
    pub fn posted(&self, status: u16, body_code: Option<i32>) {
        let answer = response(status, body_code);
        self.end(|step| matches!(step, Step::Post { .. }), Ok(answer));
    }

    #[track_caller]
    pub fn post_fails(&self, failure: Json) {
        self.end(|step| matches!(step, Step::Post { .. }), Err(failure));
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
        Self::logged_in_with(granted(&secret(token), life))
    }

    /// The same, by this answer of the server.
    pub fn logged_in_with(granted: Json) -> Self {
        let app = Self::new();
        app.ensure();
        app.login_gives("code-1");
        app.exchange_gives(granted);
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
            self.answer(id, Ok(done()));
        }
    }

    pub fn hide(&self) {
        self.enter(Client::hide);
    }

    pub fn show(&self) {
        self.enter(Client::show);
        self.check();
    }

    pub fn online(&self) {
        self.enter(Client::online);
    }

    /// The user consents, as most do.
    pub fn consent_of_a_user(&self, tapped: LogoutEpoch) -> CallId {
        self.consent(profile_of("Andy"), tapped)
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
        assert_eq!(self.left_over(), None);
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let client = self.client();
            self.ledger.borrow_mut().text(&format!("{client:?}"));
            self.check();
        }
        // Breaks the circle of world, client and flows.
        self.world.client.take();
        self.instance.executor.clear();
    }
}

/// See [`App::other_copy_logs_in`].
pub fn other_copy_logs_in(world: &World, token: &Token) {
    let config = Options::usual()
        .read()
        .expect("the usual options are right");
    world.ledger.borrow_mut().restored(&token.value);
    *world.storage.borrow_mut() = Json(json!(Record::new(token, &config.binding)));
}

/// What [`App::sent`] gives when these tokens were carried.
pub fn carried(tokens: &[&str]) -> Vec<Option<String>> {
    tokens.iter().map(|name| Some((*name).into())).collect()
}

/// A text that must never be seen.
pub fn secret(name: &str) -> String {
    format!("{SECRET}-{name}")
}
