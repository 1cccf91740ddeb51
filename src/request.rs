//! What a request may do next, given its token and its answer.
//!
//! The fast path is two synchronous questions: [`permit`] before it is sent, [`verdict`] on its
//! answer. What the core must remember of the request in between stands in its [`Permit`], one
//! number that the caller keeps and brings back: so it costs no allocation, and one that is never
//! answered leaves nothing behind. Whatever is not "go" and "deliver" is [`send`].

use std::fmt;
use std::rc::Rc;

use crate::config::Config;
use crate::context::{Carried, Context};
use crate::error::{Error, Stage};
use crate::failure::{Failure, of_transport};
use crate::origin::{Origin, is_absolute};
use crate::platform::{Answered, Bearer, Platform};
use crate::response::is_unauthorized;
use crate::session::{Asker, Generation, LogoutEpoch, Session, Verdict};
use crate::time::Ms;

/// What the caller does with its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send it without a token; its answer needs no verdict.
    Plain = 0,
    /// Send it with the current token.
    Bearer = 1,
    /// Leave it to [`send`].
    Wait = 2,
    /// Send it home as it is: it carries a token of its own, and its answer needs no verdict.
    Own = 3,
}

/// What a request may do now, and what is to be remembered of it, in one number. JavaScript takes
/// it apart by the constants below, which the build hands over.
///
/// ```
/// use miniprogram_login::request::{Action, Permit};
///
/// let permit = Permit::from_bits(0b1_1_01);
/// assert_eq!(permit.action(), Action::Bearer);
/// assert!(permit.join());
/// assert_eq!(permit.generation(), 1);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Permit(u32);

impl Permit {
    /// The bits of the [`Action`].
    pub const ACTION: u32 = 3;
    /// The bit that says: the url is relative, put `baseUrl` before it.
    pub const JOIN: u32 = 4;
    /// How many bits stand before the number of the token.
    pub const GENERATION: u32 = 3;

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
        match self.0 & Self::ACTION {
            0 => Action::Plain,
            1 => Action::Bearer,
            2 => Action::Wait,
            _ => Action::Own,
        }
    }

    /// The url is relative: put `baseUrl` before it.
    pub fn join(self) -> bool {
        self.0 & Self::JOIN != 0
    }

    /// The number of the token it carries.
    pub fn generation(self) -> Generation {
        self.0 >> Self::GENERATION
    }

    fn new(action: Action, join: bool, generation: Generation) -> Self {
        let join = if join { Self::JOIN } else { 0 };
        Self(action as u32 | join | generation << Self::GENERATION)
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("action", &self.action())
            .field("join", &self.join())
            .field("generation", &self.generation())
            .finish()
    }
}

/// Whether a request may go, and how (rules 1, 8, 10). `own_authorization`: the caller brings a
/// header of its own, which is kept. Changes nothing.
pub fn permit(
    session: &Session,
    config: &Config,
    url: &str,
    own_authorization: bool,
    now: Ms,
) -> Permit {
    let target = Origin::parse(url);
    let join = target.is_none() && !is_absolute(url);
    // A relative url can't leave the origin: what is put before it ends its host with a slash.
    let home = join || target.is_some_and(|origin| config.has_home(origin));
    match (home, own_authorization) {
        (true, false) => permit_home(session, join, now),
        (true, true) => Permit::new(Action::Own, join, 0),
        (false, _) => Permit::new(Action::Plain, join, 0),
    }
}

/// The same where the url is known to lead home.
#[inline(always)] // see Client::permit_home
pub fn permit_home(session: &Session, join: bool, now: Ms) -> Permit {
    match session.ready(now) {
        Some(generation) => Permit::new(Action::Bearer, join, generation),
        None => Permit::new(Action::Wait, join, 0),
    }
}

/// Whether the answer to a request that carried this token is the one to deliver; else it is
/// [`send`]'s.
#[inline(always)]
pub fn verdict(session: &mut Session, generation: Generation, answer: Answered) -> bool {
    let unauthorized = || is_unauthorized(answer.status);
    let deliver = !answer.judged.unwrap_or_else(unauthorized);
    if deliver {
        session.accepted(generation);
    }
    deliver
}

/// An answer that is no good for its request.
pub struct Refused<V> {
    /// The number of the token that the request carried.
    pub generation: Generation,
    /// The answer, which is delivered if there is no other.
    pub response: V,
}

impl<V> fmt::Debug for Refused<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused")
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// What the fast path can't do for a request: waits for the session, sends, judges the answer, and
/// after a refusal (rule 9), which may be the fast path's, does so once more. Gives the answer to
/// deliver; none if it will be delivered as it comes, since a logout (rule 13) or a given token
/// (rule 22) came first.
///
/// # Errors
/// What the login failed with; `logged_out` if a logout came since `epoch`, before the request was
/// sent; what wx failed with.
pub async fn send<P: Platform>(
    cx: Rc<Context<P>>,
    call: P::Call,
    epoch: LogoutEpoch,
    refused: Option<Refused<P::Value>>,
) -> Result<Option<P::Value>, Error> {
    let mut replay = false;
    let mut refused = refused;
    loop {
        if let Some(Refused {
            generation,
            response,
        }) = refused
        {
            let verdict = cx.update(|session, now| session.unauthorized(generation, replay, now));
            if verdict == Verdict::Deliver {
                return Ok(Some(response));
            }
            replay = true;
        }
        let generation = cx.access(Asker::Request, epoch).await?;
        let step = cx.with(|session| {
            let text = session.bearer(generation).unwrap_or_default();
            cx.platform.send(&call, Bearer { generation, text })
        });
        let response = match cx.carry(step).await {
            Carried::Answered(outcome) => outcome.map_err(|failure| failed(&cx, &failure))?,
            Carried::Withdrawn => {
                cx.still_in(epoch, Stage::Request)?;
                refused = None;
                continue;
            }
            Carried::Outlived(_) => return Ok(None),
        };
        let answer = cx.platform.answer_to(&call);
        if cx.with(|session| verdict(session, generation, answer)) {
            return Ok(Some(response));
        }
        refused = Some(Refused {
            generation,
            response,
        });
    }
}

/// What a request rejects with that wx failed to perform.
pub fn failed<P: Platform>(cx: &Context<P>, failure: &P::Value) -> Error {
    let failure = Failure::read(failure);
    cx.wx_error(of_transport(&failure), Stage::Request, &failure, &[])
}
