//! What a request may do next, given its token and its answer.
//!
//! A request is not an object here: everything that the core must remember of it stands in its
//! [`Permit`], one number that the caller keeps and brings back. So a request costs no allocation, and
//! one that is never answered leaves nothing behind.

use crate::config::Config;
use crate::origin::{Origin, is_absolute};
use crate::platform::Ms;
use crate::session::{Asker, Generation, Leave, Session, Verdict};

/// What the caller does with its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send it without a token; its answer needs no verdict.
    Plain = 0,
    /// Send it with the current token.
    Bearer = 1,
    /// Keep it until the session settles.
    Wait = 2,
    /// Reject it.
    Refuse = 3,
    /// Give the answer at hand to the caller.
    Deliver = 4,
}

/// What a request may do now, and what is to be remembered of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    /// What to do.
    pub action: Action,
    /// The url is relative: put `baseUrl` before it.
    pub join: bool,
    /// It was refused once and goes, or waits to go, a second time.
    pub replay: bool,
    /// The number of the token it carries.
    pub generation: Generation,
}

const JOIN: u32 = 1 << 3;
const REPLAY: u32 = 1 << 4;
const GENERATION: u32 = 5;

impl Permit {
    /// As one number.
    pub fn to_bits(self) -> u32 {
        let flag = |on: bool, bit: u32| if on { bit } else { 0 };
        self.action as u32
            | flag(self.join, JOIN)
            | flag(self.replay, REPLAY)
            | self.generation << GENERATION
    }

    /// From the number.
    pub fn from_bits(bits: u32) -> Self {
        let action = match bits & 7 {
            0 => Action::Plain,
            1 => Action::Bearer,
            2 => Action::Wait,
            3 => Action::Refuse,
            _ => Action::Deliver,
        };
        Self {
            action,
            join: bits & JOIN != 0,
            replay: bits & REPLAY != 0,
            generation: bits >> GENERATION,
        }
    }

    fn with(self, leave: Leave) -> Self {
        let (action, generation) = match leave {
            Leave::Go(generation) => (Action::Bearer, generation),
            Leave::Wait => (Action::Wait, self.generation),
            Leave::Refused => (Action::Refuse, self.generation),
        };
        Self {
            action,
            generation,
            ..self
        }
    }
}

/// Whether a new request may go, and how (rules 1, 8, 10). `own_authorization`: the caller brings a
/// header of its own, which is kept.
pub fn permit(
    session: &mut Session,
    config: &Config,
    url: &str,
    own_authorization: bool,
    now: Ms,
) -> Permit {
    let target = Origin::parse(url);
    let join = target.is_none() && !is_absolute(url);
    if !own_authorization && (join || target.is_some_and(|origin| config.has_home(origin))) {
        return Permit {
            join,
            ..relative(session, Asker::Request, now)
        };
    }
    Permit {
        action: Action::Plain,
        join,
        replay: false,
        generation: 0,
    }
}

/// The same for a request that goes home for sure. A relative url can't leave the origin: what is put before it ends its host
/// with a slash.
pub fn relative(session: &mut Session, asker: Asker, now: Ms) -> Permit {
    let plain = Permit {
        action: Action::Plain,
        join: true,
        replay: false,
        generation: 0,
    };
    plain.with(session.ask(asker, now))
}

/// Whether a request that waited may go now that the session has settled well.
pub fn resume(session: &mut Session, waited: Permit, now: Ms) -> Permit {
    waited.with(session.ask(Asker::Waiter, now))
}

/// What to do with a request that was sent with a token and answered by "unauthorized" (rules 9 and 13).
pub fn unauthorized(session: &mut Session, sent: Permit, now: Ms) -> Permit {
    match session.unauthorized(sent.generation, sent.replay, now) {
        Verdict::Deliver => Permit {
            action: Action::Deliver,
            ..sent
        },
        Verdict::Replay(generation) => Permit {
            action: Action::Bearer,
            replay: true,
            generation,
            ..sent
        },
        Verdict::Wait => Permit {
            action: Action::Wait,
            replay: true,
            ..sent
        },
    }
}

/// The default of `isUnauthorized`.
pub fn is_unauthorized(status: u16) -> bool {
    status == 401
}
