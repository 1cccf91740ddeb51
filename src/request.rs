//! What a request may do next, given its token and its answer.
//!
//! A request is not an object here: everything that the core must remember of it stands in its
//! [`Permit`], one number that the caller keeps and brings back. So a request costs no allocation, and
//! one that is never answered leaves nothing behind.

use core::fmt;

use crate::config::Config;
use crate::origin::{Origin, is_absolute};
use crate::time::Ms;

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

/// What a request may do now, and what is to be remembered of it, in one number.
///
/// ```
/// use miniprogram_login::request::{Action, Permit};
///
/// let permit = Permit::from_bits(0b1_01_001);
/// assert_eq!(permit.action(), Action::Bearer);
/// assert!(permit.join() && !permit.replay());
/// assert_eq!(permit.generation(), 1);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Permit(u32);

const ACTION: u32 = 7;
const JOIN: u32 = 1 << 3;
const REPLAY: u32 = 1 << 4;
const GENERATION: u32 = 5;

impl Permit {
    /// From the number.
    pub fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// As a number.
    pub fn to_bits(self) -> u32 {
        self.0
    }

    /// What to do.
    pub fn action(self) -> Action {
        match self.0 & ACTION {
            0 => Action::Plain,
            1 => Action::Bearer,
            2 => Action::Wait,
            3 => Action::Refuse,
            _ => Action::Deliver,
        }
    }

    /// The url is relative: put `baseUrl` before it.
    pub fn join(self) -> bool {
        self.0 & JOIN != 0
    }

    /// It was refused once and goes, or waits to go, a second time.
    pub fn replay(self) -> bool {
        self.0 & REPLAY != 0
    }

    /// The number of the token it carries.
    pub fn generation(self) -> Generation {
        self.0 >> GENERATION
    }

    /// The same with another thing to do.
    pub fn to(self, action: Action) -> Self {
        Self(self.0 & !ACTION | action as u32)
    }

    fn with(self, leave: Leave) -> Self {
        match leave {
            Leave::Go(generation) => self.bearing(generation),
            Leave::Wait => self.to(Action::Wait),
            Leave::Refused => self.to(Action::Refuse),
        }
    }

    fn bearing(self, generation: Generation) -> Self {
        Self(self.0 & (JOIN | REPLAY) | Action::Bearer as u32 | generation << GENERATION)
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("action", &self.action())
            .field("join", &self.join())
            .field("replay", &self.replay())
            .field("generation", &self.generation())
            .finish()
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
    let plain = Permit(if join { JOIN } else { 0 });
    // A relative url can't leave the origin: what is put before it ends its host with a slash.
    let home = join || target.is_some_and(|origin| config.has_home(origin));
    if own_authorization || !home {
        return plain;
    }
    plain.with(session.ask(Asker::Request, now))
}

/// The same where no url needs a look: it is relative, or there is none.
pub fn ask(session: &mut Session, asker: Asker, now: Ms) -> Permit {
    Permit(JOIN).with(session.ask(asker, now))
}

/// Whether a request that waited may go now that the session has settled well.
pub fn resume(session: &mut Session, waited: Permit, now: Ms) -> Permit {
    waited.with(session.ask(Asker::Waiter, now))
}

/// What to do with a request that was sent with a token and answered by "unauthorized" (rules 9 and 13).
pub fn unauthorized(session: &mut Session, sent: Permit, now: Ms) -> Permit {
    let again = Permit(sent.0 | REPLAY);
    match session.unauthorized(sent.generation(), sent.replay(), now) {
        Verdict::Deliver => sent.to(Action::Deliver),
        Verdict::Replay(generation) => again.bearing(generation),
        Verdict::Wait => again.to(Action::Wait),
    }
}

/// The default of `isUnauthorized`.
pub fn is_unauthorized(status: u16) -> bool {
    status == 401
}
