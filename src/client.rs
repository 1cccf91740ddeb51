//! One `wxp`: carries out what the session orders, and lets flows wait for it.

use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::fmt;
use core::future::Future;

use futures::channel::oneshot;
use futures::future::{AbortHandle, abortable};

use crate::config::Config;
use crate::error::{Code, Error, Stage};
use crate::event::{Entry, Event};
use crate::login::{fly, within};
use crate::platform::{Failure, Ms, Platform};
use crate::request::{self, Permit};
use crate::session::{Asker, Generation, Leave, Order, Session, Snapshot};
use crate::submit;
use crate::task::Tasks;
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
    flight: RefCell<Option<AbortHandle>>,
    waiters: RefCell<Vec<oneshot::Sender<Result<(), Error>>>>,
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
        f.debug_struct("Client").field("session", &self.0.session).finish_non_exhaustive()
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
            flight: RefCell::default(),
            waiters: RefCell::default(),
            unsaved: Cell::default(),
            storing: Cell::default(),
        }))
    }

    /// Takes over the stored token, if there is a usable one.
    pub async fn start(self) {
        let config = self.config();
        let started = self.platform().now();
        match within(self.platform(), STORAGE_DEADLINE, self.platform().read(&config.storage_key)).await {
            Some(Ok(record)) => {
                let token = record.and_then(|record| record.token(&config.binding, self.platform().now()));
                if let Some(token) = token {
                    self.update(|session, _| session.restore(token));
                }
            }
            Some(Err(failure)) => self.storage_failed(started, &failure),
            None => self.storage_failed(started, &silent()),
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
        self.0.waiters.take();
    }

    /// Whether a request may go; see [`request::permit`].
    pub fn permit(&self, url: &str, own_authorization: bool, asker: Asker, now: Ms) -> (Permit, Option<Error>) {
        self.update_at(now, |session, now| request::permit(session, self.config(), url, own_authorization, asker, now))
    }

    /// Whether a call that waited may go on; see [`request::resume`].
    pub fn resume(&self, waited: Permit, now: Ms) -> (Permit, Option<Error>) {
        self.update_at(now, |session, now| request::resume(session, waited, now))
    }

    /// What to do with an answer; see [`request::verdict`].
    pub fn verdict(&self, sent: Permit, unauthorized: bool, now: Ms) -> Permit {
        self.update_at(now, |session, now| request::verdict(session, sent, unauthorized, now))
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
            match self.update(|session, now| session.ask(asker, now)) {
                Leave::Go(generation) => return Ok((generation, self.bearer().unwrap_or_default())),
                Leave::Wait => self.settling().await?,
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
        let (sender, receiver) = oneshot::channel();
        self.0.waiters.borrow_mut().push(sender);
        receiver.await.unwrap_or_else(|_| Err(Error::new(Code::Disposed, Stage::Login)))
    }

    /// Keeps logins from starting until the guard is dropped.
    pub fn hold(&self) -> Hold<P> {
        self.update(|session, _| session.hold());
        Hold(self.clone())
    }

    /// Ends the session now; the returned flow tells the server.
    pub fn logout(&self, now: Ms) -> impl Future<Output = ()> + use<P> {
        let token = self.bearer();
        self.update_at(now, |session, _| session.logout());
        let client = self.clone();
        async move {
            if let Some(token) = token {
                submit::logout(client, token).await;
            }
        }
    }

    /// Tells the listeners about an error that no call is rejected with.
    pub fn emit_error(&self, error: Error) {
        self.platform().emit(&Event::Error { error });
    }

    fn update_at<R>(&self, now: Ms, change: impl FnOnce(&mut Session, Ms) -> R) -> R {
        let result = change(&mut self.0.session.borrow_mut(), now);
        let mut acted = false;
        loop {
            // The borrow must end before an order is carried out: listeners call back.
            let order = self.0.session.borrow_mut().next_order();
            let Some(order) = order else { break };
            acted = true;
            self.carry_out(order);
        }
        if acted {
            self.0.tasks.run();
        }
        result
    }

    fn carry_out(&self, order: Order) {
        match order {
            Order::Fly { flight, check } => {
                let (flow, handle) = abortable(fly(self.clone(), flight, check));
                *self.0.flight.borrow_mut() = Some(handle);
                self.0.tasks.spawn(async move {
                    // Cut off or not, what came of it is in the session.
                    let _ = flow.await;
                });
            }
            Order::Cut => {
                if let Some(handle) = self.0.flight.borrow_mut().take() {
                    handle.abort();
                }
            }
            Order::Store => {
                self.0.unsaved.set(true);
                if !self.0.storing.replace(true) {
                    self.0.tasks.spawn(store(self.clone()));
                }
            }
            Order::Settle(outcome) => {
                for waiter in self.0.waiters.take() {
                    // A waiter that was dropped no longer wants to know.
                    let _ = waiter.send(outcome.clone());
                }
                self.platform().settled(outcome.as_ref().map(|()| ()));
            }
            Order::Emit(event) => self.platform().emit(&event),
        }
    }

    fn storage_failed(&self, started: Ms, failure: &Failure) {
        let token = self.bearer().unwrap_or_default();
        let error = Error::from_wx(Code::StorageFailed, Stage::Storage, failure, &[&token]);
        self.log(Stage::Storage, started, Some(&error));
        self.emit_error(error);
    }

    fn log(&self, stage: Stage, started: Ms, error: Option<&Error>) {
        let ms = self.platform().now().saturating_sub(started);
        self.platform().log(&Entry { stage, ms, error: error.cloned() });
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

/// Logs how long a step of a flow took and how it ended.
pub async fn timed<P: Platform, T>(
    client: &Client<P>,
    stage: Stage,
    step: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let started = client.platform().now();
    let outcome = step.await;
    client.log(stage, started, outcome.as_ref().err());
    outcome
}

/// Writes until the storage holds what the session holds; one write at a time, so that none overtakes
/// a later one.
async fn store<P: Platform>(client: Client<P>) {
    let config = client.config();
    let platform = client.platform();
    while client.0.unsaved.replace(false) {
        let started = platform.now();
        let record = client.0.session.borrow().token().map(|token| Record::new(token, &config.binding));
        match within(platform, STORAGE_DEADLINE, platform.write(&config.storage_key, record.as_ref())).await {
            Some(Ok(())) => {}
            Some(Err(failure)) => client.storage_failed(started, &failure),
            None => client.storage_failed(started, &silent()),
        }
    }
    client.0.storing.set(false);
}

fn silent() -> Failure {
    Failure { err_msg: "no answer".to_string(), ..Failure::default() }
}
