//! What must hold whatever happens, in whatever order: watched in every test,
//! not only in the model.

use std::cell::RefCell;
use std::collections::HashMap;

use url::{Origin, Url};

use crate::world::{Body, CallId, Outcome, Pending, Step};

/// Stands in every secret that the tests make up, so that a leak of one is seen in any text.
pub const SECRET: &str = "sEcReT";

#[derive(Debug)]
struct Code {
    epoch: u32,
    /// Which wx.login gave it.
    login: u32,
    used: bool,
}

/// Keeps account of codes, tokens, logouts and calls, and of the rules that were broken.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Urls whose origins may see the token.
    pub homes: Vec<String>,
    /// Counts logouts.
    pub epoch: u32,
    /// How many calls were made since the last logout.
    callers: u32,
    codes: HashMap<String, Code>,
    tokens: HashMap<String, u32>,
    /// Calls that settled, in order.
    pub settled: Vec<CallId>,
    disposed: bool,
    pub logins: u32,
    broken: Vec<String>,
}

impl Ledger {
    /// Panics if a rule was broken.
    pub fn check(&self) -> Result<(), String> {
        if self.broken.is_empty() {
            Ok(())
        } else {
            Err(self.broken.join("; "))
        }
    }

    /// The app made a call that may need a token.
    pub fn called(&mut self) {
        self.callers += 1;
    }

    /// The app logs out: from here on nothing of before may be stored or sent.
    pub fn logged_out(&mut self) {
        self.epoch += 1;
        self.callers = 0;
    }

    /// The app disposes of the wxp: from here on nothing starts.
    pub fn disposed(&mut self) {
        self.disposed = true;
    }

    /// A token that was in the storage when the app was launched.
    pub fn restored(&mut self, token: &str) {
        self.tokens.insert(token.to_string(), self.epoch);
    }

    /// The app gave a token: what was sent before is delivered, what waits goes on.
    pub fn given(&mut self, token: &str) {
        self.tokens.insert(token.to_string(), self.epoch);
    }

    /// A call of the app settled.
    pub fn settled(&mut self, call: CallId) {
        if self.settled.contains(&call) {
            self.broke(format!("call {call} settled twice"));
        }
        self.settled.push(call);
    }

    /// A text that the app or its developer can see.
    pub fn text(&mut self, text: &str) {
        if text.contains(SECRET) {
            self.broke(format!("a secret in: {text}"));
        }
    }

    /// A step starts while the others are pending.
    pub fn started(&mut self, step: &Step, pending: &[Pending]) {
        self.demand(self.disposed, "a step that starts after the end");
        let any = |is: fn(&Step) -> bool| pending.iter().any(|other| is(&other.step));
        let is_login = |step: &Step| {
            matches!(
                step,
                Step::CheckSession
                    | Step::Login { .. }
                    | Step::Body { .. }
                    | Step::Exchange { .. }
                    | Step::ReadToken
            )
        };
        let is_profile = |step: &Step| {
            matches!(
                step,
                Step::Post {
                    body: Body::Profile(_),
                    ..
                }
            )
        };
        if is_login(step) {
            self.demand(any(is_login), "two logins in flight");
            self.demand(any(is_profile), "a login during a profile submit");
        }
        match step {
            Step::Login { .. } => {
                self.logins += 1;
                self.demand(
                    self.callers == 0,
                    "a login that nobody asked for since the logout",
                );
            }
            Step::Body { code, .. } => self.code(code, false),
            Step::Exchange { data, .. } => self.code(data.text("code").unwrap_or_default(), true),
            Step::Write {
                token: Some(token), ..
            } => {
                self.demand(
                    !self.is_current(token),
                    "a token stored after the logout that ended it",
                );
            }
            Step::Request { call, url, token } => {
                self.demand(
                    self.settled.contains(call),
                    "a call that settled goes on the wire",
                );
                if let Some(token) = token {
                    self.demand(!self.is_home(url), "a token sent to a foreign origin");
                    self.demand(url.contains(token), "a token in a url");
                    self.demand(
                        !self.is_current(token),
                        "a token sent after the logout that ended it",
                    );
                }
            }
            Step::Post {
                url, body, token, ..
            } => {
                self.demand(!self.is_home(url), "a token posted to a foreign origin");
                let ended = !self.is_current(token);
                self.demand(
                    ended != (*body == Body::Logout),
                    "a post with the wrong token",
                );
                self.demand(
                    is_profile(step) && any(is_login),
                    "a profile submit during a login",
                );
            }
            _ => {}
        }
    }

    /// A code goes to the app's `login.body`, or to the server.
    fn code(&mut self, code: &str, used: bool) {
        let (epoch, logins) = (self.epoch, self.logins);
        let Some(known) = self.codes.get_mut(code) else {
            return self.broke("a code that wx.login did not give".to_string());
        };
        let dead = known.epoch != epoch || known.login != logins;
        let again = known.used;
        known.used |= used;
        self.demand(again, "a code exchanged twice");
        self.demand(dead, "the code of a dead flight goes on");
    }

    /// A step was answered.
    pub fn answered(&mut self, step: &Step, outcome: &Outcome) {
        let Ok(given) = outcome else { return };
        match step {
            Step::Login { .. } => {
                let code = Code {
                    epoch: self.epoch,
                    login: self.logins,
                    used: false,
                };
                let name = given.text("code").unwrap_or_default();
                self.codes.insert(name.to_string(), code);
            }
            Step::Exchange { .. } => self.granted(given.text("data.data.authorizationToken")),
            Step::ReadToken => self.granted(given.0.as_str().or(given.text("token"))),
            _ => {}
        }
    }

    fn granted(&mut self, token: Option<&str>) {
        if let Some(token) = token {
            self.tokens.insert(token.to_string(), self.epoch);
        }
    }

    fn is_current(&self, token: &str) -> bool {
        self.tokens.get(token) == Some(&self.epoch)
    }

    fn is_home(&self, url: &str) -> bool {
        let target = origin(url);
        target.is_some() && self.homes.iter().any(|home| origin(home) == target)
    }

    fn demand(&mut self, broken: bool, rule: &str) {
        if broken {
            self.broke(rule.to_string());
        }
    }

    fn broke(&mut self, rule: String) {
        self.broken.push(rule);
    }
}

/// The origin of a url, remembered: a model test asks about few urls, and millions of times.
fn origin(url: &str) -> Option<Origin> {
    thread_local!(static KNOWN: RefCell<HashMap<String, Option<Origin>>> = RefCell::default());
    KNOWN.with_borrow_mut(|known| match known.get(url) {
        Some(origin) => origin.clone(),
        None => known
            .entry(url.to_string())
            .or_insert(Url::parse(url).ok().map(|url| url.origin()))
            .clone(),
    })
}
