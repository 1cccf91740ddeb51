//! One `wxp`: carries out what the session orders, and lets flows wait for it.

use alloc::rc::Rc;
use alloc::string::{String, ToString};
use core::cell::{Cell, RefCell};
use core::fmt;
use core::future::{Future, poll_fn};
use core::task::Poll;

use crate::config::Config;
use crate::error::{Code, Error, Stage};
use crate::event::{Entry, Event};
use crate::login::{fly, within};
use crate::platform::{Failure, Ms, Platform};
use crate::request::{self, Action, Permit};
use crate::session::{Asker, Generation, Leave, Order, Session, Snapshot};
use crate::task::{TaskId, Tasks};
use crate::token::Record;

/// wx's storage answers at once or, on a broken client, never.
const STORAGE_DEADLINE: Ms = 3_000;

/// A handle to one `wxp`'s core; clones share it.
pub struct Client<P: Platform>(Rc<Inner<P>>);

struct Inner<P> {
    config: Config,
    platform: P,
    session: RefCell<Session>,
    tasks: Tasks,
    flight: Cell<TaskId>,
    /// How often the session settled, and how it did last.
    settled: RefCell<(u32, Result<(), Error>)>,
    unsaved: Cell<bool>,
    storing: Cell<bool>,
}

impl<P: Platform> Clone for Client<P> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<P: Platform> fmt::Debug for Client<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("session", &self.0.session)
            .finish_non_exhaustive()
    }
}

impl<P: Platform> Client<P> {
    /// A client without a session. Call [`Self::start`] next.
    pub fn new(config: Config, platform: P) -> Self {
        let session = RefCell::new(Session::new(&config));
        Self(Rc::new(Inner {
            config,
            platform,
            session,
            tasks: Tasks::default(),
            flight: Cell::default(),
            settled: RefCell::new((0, Ok(()))),
            unsaved: Cell::default(),
            storing: Cell::default(),
        }))
    }

    /// Takes over the stored token, if there is a usable one.
    pub async fn start(&self) {
        let config = self.config();
        let started = self.platform().now();
        match within(
            self.platform(),
            STORAGE_DEADLINE,
            self.platform().read(&config.storage_key),
        )
        .await
        {
            Some(Ok(record)) => {
                let token =
                    record.and_then(|record| record.token(&config.binding, self.platform().now()));
                if let Some(token) = token {
                    self.update(|session, _| session.restore(token));
                }
            }
            Some(Err(failure)) => self.storage_failed(started, &failure, None),
            None => self.storage_failed(started, &silent(), None),
        }
    }

    /// The options.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The mini program.
    pub fn platform(&self) -> &P {
        &self.0.platform
    }

    /// Changes the session, then carries out what it orders.
    pub fn update<R>(&self, change: impl FnOnce(&mut Session, Ms) -> R) -> R {
        self.update_at(self.platform().now(), change)
    }

    /// Runs a flow beside the others.
    pub fn spawn(&self, flow: impl Future<Output = ()> + 'static) {
        self.0.tasks.spawn(flow);
        self.0.tasks.run();
    }

    /// Lets the flows go on after something they wait for has come.
    pub fn run(&self) {
        self.0.tasks.run();
    }

    /// How many flows are under way.
    pub fn flows(&self) -> usize {
        self.0.tasks.len()
    }

    /// Drops every flow, and with it what is on the wire.
    pub fn dispose(&self) {
        self.0.tasks.close();
    }

    /// Whether a request may go; see [`request::permit`].
    pub fn permit(
        &self,
        url: &str,
        own_authorization: bool,
        asker: Asker,
        now: Ms,
    ) -> (Permit, Option<Error>) {
        let seen = self.settles();
        let permit = self.update_at(now, |session, now| {
            request::permit(session, self.config(), url, own_authorization, asker, now)
        });
        self.catch_up(seen, permit, now)
    }

    /// Whether a call that waited may go on; see [`request::resume`].
    pub fn resume(&self, waited: Permit, now: Ms) -> (Permit, Option<Error>) {
        let seen = self.settles();
        let permit = self.update_at(now, |session, now| request::resume(session, waited, now));
        self.catch_up(seen, permit, now)
    }

    /// What to do with an answer; see [`request::verdict`].
    pub fn verdict(&self, sent: Permit, unauthorized: bool, now: Ms) -> (Permit, Option<Error>) {
        let seen = self.settles();
        let permit = self.update_at(now, |session, now| {
            request::verdict(session, sent, unauthorized, now)
        });
        self.catch_up(seen, (permit, None), now)
    }

    /// If the session settled while the caller was being told to wait (wx may call back inside the call), it
    /// must not wait for the next time.
    fn catch_up(
        &self,
        seen: u32,
        told: (Permit, Option<Error>),
        now: Ms,
    ) -> (Permit, Option<Error>) {
        if told.0.action != Action::Wait || seen == self.settles() {
            return told;
        }
        let outcome = self.0.settled.borrow().1.clone();
        match outcome {
            Ok(()) => self.resume(told.0, now),
            Err(error) => (
                Permit {
                    action: Action::Refuse,
                    ..told.0
                },
                Some(error),
            ),
        }
    }

    fn settles(&self) -> u32 {
        self.0.settled.borrow().0
    }

    /// The current token's text.
    pub fn bearer(&self) -> Option<String> {
        self.0.session.borrow().bearer().map(ToString::to_string)
    }

    /// A token that is not expired, and its number.
    pub fn usable(&self) -> Option<(Generation, String)> {
        let session = self.0.session.borrow();
        let generation = session.usable(self.platform().now())?;
        Some((generation, session.bearer()?.to_string()))
    }

    /// The session's [`Session::floor`].
    pub fn floor(&self) -> Generation {
        self.0.session.borrow().floor()
    }

    /// What `wxp.session` shows.
    pub fn snapshot(&self, now: Ms) -> Snapshot {
        self.0.session.borrow().snapshot(now)
    }

    /// Whether the flight is still the session's.
    pub fn is_flying(&self, flight: crate::session::Flight) -> bool {
        self.0.session.borrow().is_flying(flight)
    }

    /// A usable token and its number, after a login if need be.
    ///
    /// # Errors
    /// The login's error, or `logged_out`.
    pub async fn token(&self) -> Result<(Generation, String), Error> {
        let mut asker = Asker::App;
        loop {
            let seen = self.settles();
            match self.update(|session, now| session.ask(asker, now)) {
                Leave::Go(generation) => {
                    return Ok((generation, self.bearer().unwrap_or_default()));
                }
                Leave::Wait => self.settled_since(seen).await?,
                Leave::Refused(error) => return Err(error),
            }
            asker = Asker::Waiter;
        }
    }

    /// Completes when the session settles next.
    ///
    /// # Errors
    /// What it settled with.
    pub async fn settling(&self) -> Result<(), Error> {
        self.settled_since(self.settles()).await
    }

    async fn settled_since(&self, seen: u32) -> Result<(), Error> {
        poll_fn(|_| match &*self.0.settled.borrow() {
            (count, outcome) if *count != seen => Poll::Ready(outcome.clone()),
            _ => Poll::Pending,
        })
        .await
    }

    /// Keeps logins from starting until the guard is dropped.
    pub fn hold(&self) -> Hold<P> {
        self.update(|session, _| session.hold());
        Hold(self.clone())
    }

    /// Ends the session now; gives the token that it ended, for [`crate::submit::logout`].
    pub fn logout(&self) -> Option<String> {
        let token = self.bearer();
        self.update(|session, _| session.logout());
        token
    }

    /// Tells the listeners about an error that no call is rejected with.
    pub fn emit_error(&self, error: Error) {
        self.platform().emit(&Event::Error { error });
    }

    fn update_at<R>(&self, now: Ms, change: impl FnOnce(&mut Session, Ms) -> R) -> R {
        let mut session = self.0.session.borrow_mut();
        let result = change(&mut session, now);
        let idle = session.is_idle();
        drop(session);
        if !idle {
            self.drain();
        }
        result
    }

    fn drain(&self) {
        loop {
            // The borrow must end before an order is carried out: listeners call back.
            let order = self.0.session.borrow_mut().next_order();
            let Some(order) = order else { break };
            self.carry_out(order);
        }
        self.0.tasks.run();
    }

    fn carry_out(&self, order: Order) {
        match order {
            Order::Fly { flight, check } => {
                let task = self.0.tasks.spawn(fly(self.clone(), flight, check));
                self.0.flight.set(task);
            }
            Order::Cut => self.0.tasks.stop(self.0.flight.get()),
            Order::Store => {
                self.0.unsaved.set(true);
                if !self.0.storing.replace(true) {
                    self.0.tasks.spawn(store(self.clone()));
                }
            }
            Order::Settle(outcome) => {
                let count = self.0.settled.borrow().0.wrapping_add(1);
                *self.0.settled.borrow_mut() = (count, outcome.clone());
                match &outcome {
                    Ok(()) => self.platform().settled(Ok(())),
                    Err(error) => self.platform().settled(Err(error)),
                }
            }
            Order::Emit(event) => self.platform().emit(&event),
        }
    }

    /// `record`: what was being written; its token may be neither the current one nor the one before.
    fn storage_failed(&self, started: Ms, failure: &Failure, record: Option<&Record>) {
        let error = {
            let session = self.0.session.borrow();
            let [current, former] = session.secrets();
            let written = record.map_or("", |record| &record.token);
            Error::from_wx(
                Code::StorageFailed,
                Stage::Storage,
                failure,
                &[current, former, written],
            )
        };
        self.log(Stage::Storage, started, Some(&error));
        self.emit_error(error);
    }

    /// An error that wx reported, without what it may repeat of our tokens.
    pub fn wx_error(&self, code: Code, stage: Stage, failure: &Failure) -> Error {
        Error::from_wx(code, stage, failure, &self.0.session.borrow().secrets())
    }

    /// Logs how long a step of a flow took and how it ended.
    pub fn log(&self, stage: Stage, started: Ms, error: Option<&Error>) {
        let ms = self.platform().now().saturating_sub(started);
        self.platform().log(&Entry {
            stage,
            ms,
            error: error.cloned(),
        });
    }
}

/// See [`Client::hold`].
#[derive(Debug)]
pub struct Hold<P: Platform>(Client<P>);

impl<P: Platform> Drop for Hold<P> {
    fn drop(&mut self) {
        self.0.update(|session, now| session.release(now));
    }
}

/// Writes until the storage holds what the session holds; one write at a time, so that none overtakes
/// a later one.
async fn store<P: Platform>(client: Client<P>) {
    let config = client.config();
    let platform = client.platform();
    while client.0.unsaved.replace(false) {
        let started = platform.now();
        let record = client
            .0
            .session
            .borrow()
            .token()
            .map(|token| Record::new(token, &config.binding));
        match within(
            platform,
            STORAGE_DEADLINE,
            platform.write(&config.storage_key, record.as_ref()),
        )
        .await
        {
            Some(Ok(())) => {}
            Some(Err(failure)) => client.storage_failed(started, &failure, record.as_ref()),
            None => client.storage_failed(started, &silent(), None),
        }
    }
    client.0.storing.set(false);
}

fn silent() -> Failure {
    Failure {
        err_msg: "no answer".to_string(),
        ..Failure::default()
    }
}
