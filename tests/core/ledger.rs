//! What must hold whatever happens, in whatever order: watched in every test, not only in the model.

use std::cell::RefCell;
use std::collections::HashMap;

use url::{Origin, Url};

use crate::fake::{Body, CallId, Outcome, Pending, Step};

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
    /// Calls that settled.
    settled: Vec<CallId>,
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

    /// A token that was in the storage when the app was launched.
    pub fn restored(&mut self, token: &str) {
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
        let any = |is: fn(&Step) -> bool| pending.iter().any(|other| is(&other.step));
        let is_login = |step: &Step| {
            matches!(
                step,
                Step::CheckSession | Step::Login { .. } | Step::Exchange { .. }
            )
        };
        let is_profile = |step: &Step| {
            matches!(
                step,
                Step::Post {
                    body: Body::Profile,
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
            Step::Exchange { code, .. } => match self.codes.get_mut(code) {
                None => self.broke("a code that wx.login did not give".to_string()),
                Some(known) => {
                    let (used, dead) = (
                        known.used,
                        known.epoch != self.epoch || known.login != self.logins,
                    );
                    known.used = true;
                    self.demand(used, "a code exchanged twice");
                    self.demand(dead, "the code of a dead flight exchanged");
                }
            },
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

    /// A step was answered.
    pub fn answered(&mut self, step: &Step, outcome: &Outcome) {
        match (step, outcome) {
            (Step::Login { .. }, Outcome::Code(code)) => {
                self.codes.insert(
                    code.clone(),
                    Code {
                        epoch: self.epoch,
                        login: self.logins,
                        used: false,
                    },
                );
            }
            (Step::Exchange { .. }, Outcome::Exchanged(answer)) => {
                if let Some(token) = &answer.token {
                    self.tokens.insert(token.clone(), self.epoch);
                }
            }
            _ => {}
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
