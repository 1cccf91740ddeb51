//! What every flow of one `wxp` works with: the options, the mini program, the session.

use std::cell::RefCell;
use std::fmt;

use futures::FutureExt;
use futures::future::{Either, LocalBoxFuture, select};

use crate::config::Config;
use crate::error::{Code, Error, Stage};
use crate::event::{Event, LogEntry};
use crate::failure::Failure;
use crate::platform::{Outcome, Platform, Step};
use crate::session::{Access, Asker, Flight, Generation, LogoutEpoch, Session};
use crate::time::Ms;

/// See the module's documentation.
pub struct Context<P: Platform> {
    /// The options.
    pub config: Config,
    /// The mini program.
    pub platform: P,
    session: RefCell<Session>,
}

impl<P: Platform> fmt::Debug for Context<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

/// How a step ended.
#[derive(Debug)]
pub enum Ended<V> {
    /// It was answered, or failed.
    Answered(Outcome<V>),
    /// It was not answered in time.
    Late,
    /// A logout or a given token came before it began, and it did not begin.
    Withdrawn,
}

/// What became of a step when a logout or a given token came.
#[derive(Debug)]
pub enum Carried<P: Platform> {
    /// It had ended before.
    Answered(Outcome<P::Value>),
    /// It had not begun: nothing of it went out.
    Withdrawn,
    /// It was under way; this is the rest of it.
    Outlived(P::Step),
}

impl<P: Platform> Context<P> {
    /// For a wxp that has just been created.
    pub fn new(config: Config, platform: P, session: Session) -> Self {
        Self {
            config,
            platform,
            session: RefCell::new(session),
        }
    }

    /// The mini program's clock, unix ms.
    pub fn now(&self) -> Ms {
        self.platform.now()
    }

    /// Looks at the session, or changes it. No flow holds it across an await.
    pub fn with<R>(&self, what: impl FnOnce(&mut Session) -> R) -> R {
        what(&mut self.session.borrow_mut())
    }

    /// The same where the time matters.
    pub fn update<R>(&self, what: impl FnOnce(&mut Session, Ms) -> R) -> R {
        let now = self.now();
        self.with(|session| what(session, now))
    }

    /// A token to use now: waits for the session to settle if need be.
    ///
    /// # Errors
    /// What the login failed with, or `logged_out` if a logout came since `epoch`.
    pub async fn access(&self, asker: Asker, epoch: LogoutEpoch) -> Result<Generation, Error> {
        let mut asker = asker;
        loop {
            self.still_in(epoch, Stage::Logout)?;
            match self.update(|session, now| session.ask(asker, now)) {
                Access::Granted(generation) => return Ok(generation),
                Access::Denied(error) => return Err(error),
                Access::Wait => self.settled().await?,
            }
            asker = Asker::Waiter;
        }
    }

    /// Waits until the session settles.
    ///
    /// # Errors
    /// What it settles with.
    pub async fn settled(&self) -> Result<(), Error> {
        let settled = self.with(|session| session.settled());
        let gone = |_| Err(Error::new(Code::Disposed, Stage::Load));
        settled.await.unwrap_or_else(gone)
    }

    // Futures that are raced come boxed: by value, each layer would hold the next one twice, and
    // move it byte by byte.

    /// What the future gives, or none if that takes longer than `ms`.
    pub async fn within<T>(&self, ms: Ms, future: LocalBoxFuture<'_, T>) -> Option<T> {
        match select(future, self.platform.sleep(ms)).await {
            Either::Left((value, _)) => Some(value),
            Either::Right(_) => None,
        }
    }

    /// What the future gives, or none if a logout or a given token comes first: then it is dropped.
    pub async fn unless_cut<T>(&self, future: LocalBoxFuture<'_, T>) -> Option<T> {
        let cut = self.with(|session| session.until_cut());
        match select(cut, future).await {
            Either::Left(_) => None,
            Either::Right((value, _)) => Some(value),
        }
    }

    /// Sees a step through that may carry the session's token.
    pub async fn finish(&self, step: P::Step, ms: Ms) -> Ended<P::Value> {
        let carried = async {
            match self.carry(step).await {
                Carried::Answered(outcome) => Ended::Answered(outcome),
                Carried::Outlived(step) => Ended::Answered(step.await),
                Carried::Withdrawn => Ended::Withdrawn,
            }
        };
        let ended = self.within(ms, carried.boxed_local()).await;
        ended.unwrap_or(Ended::Late)
    }

    /// Waits for a step, until a logout or a given token comes.
    pub async fn carry(&self, step: P::Step) -> Carried<P> {
        let cut = self.with(|session| session.until_cut());
        match select(step, cut).await {
            Either::Left((outcome, _)) => Carried::Answered(outcome),
            Either::Right((_, step)) if step.has_begun() => Carried::Outlived(step),
            Either::Right(_) => Carried::Withdrawn,
        }
    }

    /// # Errors
    /// `logged_out` if this login flight is no longer the session's.
    pub fn still_in_flight(&self, flight: Flight) -> Result<(), Error> {
        if self.with(|session| session.is_in_flight(flight)) {
            Ok(())
        } else {
            Err(Error::new(Code::LoggedOut, Stage::Login))
        }
    }

    /// # Errors
    /// `logged_out` if a logout came since `epoch`.
    pub fn still_in(&self, epoch: LogoutEpoch, stage: Stage) -> Result<(), Error> {
        if self.logout_epoch() == epoch {
            Ok(())
        } else {
            Err(Error::new(Code::LoggedOut, stage))
        }
    }

    /// The epoch that a flow begins in.
    pub fn logout_epoch(&self) -> LogoutEpoch {
        self.with(|session| session.logout_epoch())
    }

    /// A token that is not over, and its number.
    pub fn usable(&self) -> Option<(Generation, String)> {
        let now = self.now();
        self.with(|session| {
            let generation = session.usable(now)?;
            Some((generation, session.bearer(generation)?.into()))
        })
    }

    /// The text of the token of this number; none if it is not the current one.
    pub fn bearer(&self, generation: Generation) -> Option<String> {
        self.with(|session| session.bearer(generation).map(Into::into))
    }

    /// No login starts until this is dropped.
    pub fn pause_logins(&self) -> PausedLogins<'_, P> {
        self.with(|session| session.pause_logins());
        PausedLogins(self)
    }

    /// An error that wx reported, without what it may repeat of our tokens and of what is `known`.
    pub fn wx_error(&self, code: Code, stage: Stage, failure: &Failure, known: &[&str]) -> Error {
        self.with(|session| {
            let known = [&session.secrets()[..], known].concat();
            Error::of_wx(code, stage, failure, &known)
        })
    }

    /// Tells the listeners about an error that no call is rejected with.
    pub fn tell_error(&self, error: Error) {
        self.platform.tell(&Event::Error { error });
    }

    /// Logs how long a step took that began at `started`, and how it ended.
    pub fn log(&self, stage: Stage, started: Ms, error: Option<&Error>) {
        let ms = self.now().saturating_sub(started);
        self.platform.log(&LogEntry {
            stage,
            ms: u32::try_from(ms).unwrap_or(u32::MAX),
            error: error.cloned(),
        });
    }
}

/// See [`Context::pause_logins`].
pub struct PausedLogins<'a, P: Platform>(&'a Context<P>);

impl<P: Platform> fmt::Debug for PausedLogins<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PausedLogins")
    }
}

impl<P: Platform> Drop for PausedLogins<'_, P> {
    fn drop(&mut self) {
        self.0.update(|session, now| session.resume_logins(now));
    }
}
