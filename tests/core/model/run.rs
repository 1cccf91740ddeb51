//! One schedule of a scenario: what may happen next, and the doing of it.

use std::cell::Cell;
use std::rc::Rc;

use miniprogram_login::client::Client;
use miniprogram_login::error::Stage;
use miniprogram_login::event::Event;
use miniprogram_login::session::LogoutEpoch;
use miniprogram_login::token::Token;
use serde_json::json;

use crate::harness::{App, Options, other_copy_logs_in, secret};
use crate::json::Json;
use crate::ledger::SECRET;
use crate::wire::{done, failure, granted, login_code, response, thrown};
use crate::world::{CallId, EPOCH, Outcome, Step, StepId, World};

/// What the app, its user or the phone does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Request,
    /// A request to an origin that is none of the app's.
    Foreign,
    Ensure,
    Phone,
    /// `loginWith`.
    LoginWith,
    /// `setToken`.
    SetToken,
    /// A tap on `loginWithProfile`; the consent is a step of its own.
    Tap,
    /// Of the call that was made as the n-th.
    Abort(CallId),
    Logout,
    /// The app ends the wxp.
    Dispose,
    Hide,
    Show,
    Online,
    /// Another copy of the package, on the same storage, logs in.
    Elsewhere,
    /// Time passes, ms.
    Pass(u64),
    /// The clock is set forward or back, ms.
    Jump(i64),
}

/// How a step can end. The first way of a list is the usual one, the others are faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Ok,
    Fail,
    /// Cut off by WeChat since the app was hidden.
    Interrupted,
    /// The server says the code was bad; wx says the session timed out.
    Rejected,
    Status(u16),
}

/// What was in the storage at launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    Nothing,
    Fresh,
    /// Within its margin.
    Ageing,
    Expired,
}

/// What may happen, of which the explorer tries every order.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    pub name: &'static str,
    pub stored: Stored,
    /// Each of these happens in its order; among them, in any.
    pub actors: &'static [&'static [Act]],
    pub check: &'static [Way],
    pub login: &'static [Way],
    pub exchange: &'static [Way],
    pub reply: &'static [Way],
    pub post: &'static [Way],
    /// Without ways, the storage answers at once, as for `write`.
    pub read: &'static [Way],
    pub write: &'static [Way],
    /// The life of the server's tokens, s.
    pub life: Option<i64>,
    /// Whether the app gave `login.body` and `login.readToken`.
    pub hooks: bool,
    /// What the app does inside a listener, or its `log`, when it first hears of this.
    pub listener: Option<(Heard, Act)>,
    /// wx and the server answer inside the call, in the usual way.
    pub at_once: bool,
    /// Whether deadlines may pass.
    pub deadlines: bool,
    /// How many faults there may be in one schedule.
    pub faults: usize,
    pub max_logins: u32,
}

/// What a listener, or the app's `log`, hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    Log(Stage),
    Login,
    Logout,
    Expired,
    Error,
}

/// The scenario in which all goes well; others differ from it.
pub const CALM: Scenario = Scenario {
    name: "",
    stored: Stored::Nothing,
    actors: &[],
    check: &[Way::Ok],
    login: &[Way::Ok],
    exchange: &[Way::Ok],
    reply: &[Way::Status(200)],
    post: &[Way::Status(200)],
    read: &[],
    write: &[],
    life: None,
    hooks: false,
    listener: None,
    at_once: false,
    deadlines: true,
    faults: usize::MAX,
    max_logins: 1,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Act(usize),
    Consent(usize),
    End(StepId, usize),
    Timer,
}

/// One schedule under way.
pub struct Run<'a> {
    scenario: &'a Scenario,
    app: App,
    next_act: Vec<usize>,
    consents: Vec<LogoutEpoch>,
    faults: usize,
    moves: Vec<Move>,
}

impl<'a> Run<'a> {
    pub fn new(scenario: &'a Scenario) -> Self {
        let app = launch(scenario);
        app.hooks.set((scenario.hooks, scenario.hooks));
        if let Some((heard, act)) = scenario.listener {
            let first = Cell::new(true);
            let react = move |world: &Rc<World>, now| {
                if heard == now && first.replace(false) {
                    perform(world, act);
                }
            };
            match heard {
                Heard::Log(_) => {
                    app.log_to(move |world, entry| react(world, Heard::Log(entry.stage)))
                }
                _ => app.listen(move |world, event| react(world, heard_of(event))),
            }
        }
        let (reads, writes) = (!scenario.read.is_empty(), !scenario.write.is_empty());
        let at_once = scenario.at_once;
        let scenario_ = *scenario;
        app.reflex(move |world, step| match step {
            Step::Write { .. } if !writes => world.storage_says(step),
            Step::Read { .. } if !reads => world.storage_says(step),
            Step::CheckSession
            | Step::Login { .. }
            | Step::Body { .. }
            | Step::Exchange { .. }
            | Step::ReadToken
                if at_once =>
            {
                Some(outcome(world, step, Way::Ok, &scenario_))
            }
            _ => None,
        });
        let next_act = vec![0; scenario.actors.len()];
        let mut run = Self {
            scenario,
            app,
            next_act,
            consents: Vec::new(),
            faults: 0,
            moves: Vec::new(),
        };
        run.look();
        run
    }

    /// How many things may happen next.
    pub fn choices(&self) -> usize {
        self.moves.len()
    }

    /// What the choice is, in words.
    pub fn describe(&self, choice: usize) -> String {
        match self.moves[choice] {
            Move::Act(actor) => format!("{:?}", self.scenario.actors[actor][self.next_act[actor]]),
            Move::Consent(_) => "Consent".to_string(),
            Move::Timer => "Timer".to_string(),
            Move::End(id, way) => {
                let pending = self.app.pending.borrow();
                let step = &pending
                    .iter()
                    .find(|pending| pending.id == id)
                    .expect("it is pending")
                    .step;
                format!("{:?} of {step:?}", self.ways(step)[way])
            }
        }
    }

    /// Lets it happen.
    pub fn take(&mut self, choice: usize) -> Result<(), String> {
        match self.moves[choice] {
            Move::Timer => self.app.fire_timer(),
            Move::Consent(at) => {
                let tapped = self.consents.remove(at);
                self.app.consent_of_a_user(tapped);
            }
            Move::Act(actor) => {
                let act = self.scenario.actors[actor][self.next_act[actor]];
                self.next_act[actor] += 1;
                self.consents.extend(perform(&self.app, act));
            }
            Move::End(id, way) => {
                self.finish(id, way);
                self.faults += usize::from(way > 0);
            }
        }
        self.look();
        self.app.ledger.borrow().check()
    }

    /// Nothing more happens: what must hold then?
    pub fn end(&self) -> Result<(), String> {
        let app = &self.app;
        app.ledger.borrow().check()?;
        if let Some(left) = app.left_over() {
            return Err(left);
        }
        if self.logins() > self.scenario.max_logins {
            return Err(format!("{} logins", self.logins()));
        }
        if !app.closed.get() {
            app.dispose();
        }
        app.left_over().map_or(Ok(()), Err)
    }

    /// How often wx.login was called.
    pub fn logins(&self) -> u32 {
        self.app.ledger.borrow().logins
    }

    fn finish(&self, id: StepId, way: usize) {
        let app = &self.app;
        let step = app
            .pending
            .borrow()
            .iter()
            .find(|pending| pending.id == id)
            .expect("it is pending")
            .step
            .clone();
        let way = self.ways(&step)[way];
        match (&step, way) {
            (Step::Request { .. }, Way::Status(status)) => app.respond(id, status),
            (Step::Request { .. }, _) => {
                app.break_off(id, failure("request:fail timeout", Some(5)))
            }
            _ => {
                let outcome = outcome(app, &step, way, self.scenario);
                app.answer(id, outcome);
            }
        }
    }

    fn ways(&self, step: &Step) -> &'static [Way] {
        let ways = match step {
            Step::CheckSession => self.scenario.check,
            Step::Login { .. } => self.scenario.login,
            Step::Exchange { .. } => self.scenario.exchange,
            Step::Request { .. } => self.scenario.reply,
            Step::Post { .. } => self.scenario.post,
            Step::Write { .. } => self.scenario.write,
            Step::Read { .. } => self.scenario.read,
            Step::Body { .. } | Step::ReadToken => self.scenario.exchange,
            Step::Sleep { .. } => &[],
        };
        if self.faults >= self.scenario.faults {
            &ways[..ways.len().min(1)]
        } else {
            ways
        }
    }

    fn look(&mut self) {
        let mut moves = Vec::with_capacity(self.moves.len() + 4);
        if self.app.closed.get() {
            self.moves = moves;
            return;
        }
        for (actor, acts) in self.scenario.actors.iter().enumerate() {
            match acts.get(self.next_act[actor]) {
                // An abort of what is not under way is no event.
                Some(Act::Abort(call))
                    if *call >= self.app.calls.borrow().len()
                        || self.app.outcome(*call).is_some() => {}
                Some(_) => moves.push(Move::Act(actor)),
                None => {}
            }
        }
        moves.extend((0..self.consents.len()).map(Move::Consent));
        let mut timers = false;
        for pending in self.app.pending.borrow().iter() {
            timers |= matches!(pending.step, Step::Sleep { .. });
            moves.extend((0..self.ways(&pending.step).len()).map(|way| Move::End(pending.id, way)));
        }
        // With nothing else left, time passes at last.
        if timers && (self.scenario.deadlines || moves.is_empty()) {
            moves.push(Move::Timer);
        }
        self.moves = moves;
    }
}

fn launch(scenario: &Scenario) -> App {
    let options = Options::usual();
    let token = |received, life| Token {
        value: secret("stored"),
        received,
        life,
        given: false,
    };
    let token = match scenario.stored {
        Stored::Nothing => return App::with(&options),
        Stored::Fresh => token(EPOCH, Some(1_000_000)),
        Stored::Ageing => token(EPOCH - 995_000, Some(1_000_000)),
        Stored::Expired => token(EPOCH - 1_000_000, Some(1_000_000)),
    };
    App::restored(&options, &token)
}

fn heard_of(event: &Event) -> Heard {
    match event {
        Event::Login { .. } => Heard::Login,
        Event::Logout => Heard::Logout,
        Event::Expired => Heard::Expired,
        Event::Error { .. } => Heard::Error,
    }
}

/// Does it; a tap with a session known gives what its consent brings back.
fn perform(world: &Rc<World>, act: Act) -> Option<LogoutEpoch> {
    match act {
        Act::Request => drop(world.request("/home", false)),
        Act::Foreign => drop(world.request("https://elsewhere.example.org/", false)),
        Act::Ensure => drop(world.ensure()),
        Act::Phone => drop(world.phone(&secret("13800138000"))),
        Act::LoginWith => drop(world.login_with(json!({ "phoneCode": secret("phone") }))),
        Act::SetToken => drop(world.set_token(&secret("given"), None)),
        Act::Abort(call) => world.abort(call),
        Act::Logout => drop(world.logout()),
        Act::Dispose => world.dispose(),
        Act::Hide => world.enter(Client::hide),
        Act::Show => world.enter(Client::show),
        Act::Online => world.enter(Client::online),
        Act::Pass(ms) => world.passed.set(world.passed.get() + ms),
        Act::Jump(ms) => world.skew.set(world.skew.get() + ms),
        Act::Elsewhere => {
            let token = Token {
                value: secret("elsewhere"),
                received: world.now(),
                life: None,
                given: false,
            };
            other_copy_logs_in(world, &token);
        }
        Act::Tap => return world.tap().ok(),
    }
    None
}

/// The outcome of a step that ends this way. Faults bring secrets in their texts.
fn outcome(world: &World, step: &Step, way: Way, scenario: &Scenario) -> Outcome {
    let fail = |text: &str| Err(failure(text, None));
    let token = || secret(&format!("token-{}", world.ledger.borrow().logins));
    match (step, way) {
        (_, Way::Interrupted) => Err(failure("fail:interrupted", Some(600_003))),
        (Step::CheckSession, Way::Rejected) => {
            fail("checkSession:fail session time out, need relogin")
        }
        (Step::CheckSession, Way::Fail) => fail("checkSession:fail"),
        (Step::Login { .. }, Way::Ok) => {
            let name = format!("code-{}", world.ledger.borrow().logins);
            Ok(login_code(&secret(&name)))
        }
        (Step::Login { .. }, _) => fail("login:fail"),
        (Step::Body { code, .. }, Way::Ok) => Ok(login_code(code)),
        (Step::Body { code, .. }, _) => Err(thrown(&format!("login.body: {code}"))),
        (Step::Exchange { data, .. }, Way::Rejected) => {
            let code = data.text("code").unwrap_or_default();
            Ok(response(200, Some(40_029)).with("data.msg", format!("invalid code {code}")))
        }
        (Step::Exchange { .. }, Way::Ok) => Ok(granted(&token(), scenario.life)),
        (Step::Exchange { data, .. }, _) => fail(&format!("request:fail timeout {:?}", data.0)),
        (Step::ReadToken, Way::Ok) => Ok(Json(token().into())),
        (Step::ReadToken, _) => Err(thrown("login.readToken")),
        (Step::Post { .. }, Way::Status(status)) => Ok(response(status, None)),
        (Step::Post { token, .. }, _) => fail(&format!("request:fail timeout {token}")),
        (Step::Write { token, .. }, Way::Fail) => fail(&format!(
            "setStorage:fail {}",
            token.as_deref().unwrap_or(SECRET_FREE)
        )),
        (Step::Read { .. }, Way::Ok) => Ok(world.storage.borrow().clone()),
        (Step::Read { .. }, _) => fail("getStorage:fail"),
        _ => Ok(done()),
    }
}

const SECRET_FREE: &str = "nothing to store";

/// Only to be sure that the mark of secrets is what `secret` uses.
#[test]
fn secrets_are_marked() {
    assert!(secret("x").contains(SECRET));
}
