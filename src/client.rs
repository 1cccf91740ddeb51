//! One `wxp`: carries out what the session orders, and lets flows go on when their answers come.

use alloc::string::String;
use core::cell::{Cell, RefCell};
use core::fmt;

use crate::config::Config;
use crate::error::{Code, Error, Failure, Stage};
use crate::event::{Entry, Event};
use crate::flow::{Flow, Flows, Job};
use crate::platform::{Platform, Ticket};
use crate::request::{self, Action, Permit};
use crate::session::{Asker, Flight, Generation, Order, Session, Snapshot};
use crate::time::Ms;

/// How a step ended: with a value, with a failure, or not within its deadline.
pub(crate) type Answered<P> = Option<Result<<P as Platform>::Value, Failure>>;

/// One `wxp`'s core.
pub struct Client<P: Platform> {
    pub(crate) config: Config,
    pub(crate) platform: P,
    pub(crate) session: RefCell<Session>,
    pub(crate) flows: RefCell<Flows>,
    /// How often the session settled.
    pub(crate) settles: Cell<u32>,
    /// How it settled last.
    settled: RefCell<Result<(), Error>>,
    /// The session changed while it was being stored.
    pub(crate) unsaved: Cell<bool>,
    /// Why the last permit or tap was refused, until it is asked for.
    refusal: Cell<Option<Error>>,
}

impl<P: Platform> fmt::Debug for Client<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

impl<P: Platform> Client<P> {
    /// A client without a session. Call [`Self::start`] next.
    pub fn new(config: Config, platform: P) -> Self {
        let session = RefCell::new(Session::new(&config));
        Self {
            config,
            platform,
            session,
            flows: RefCell::default(),
            settles: Cell::default(),
            settled: RefCell::new(Ok(())),
            unsaved: Cell::default(),
            refusal: Cell::default(),
        }
    }

    /// The mini program.
    pub fn platform(&self) -> &P {
        &self.platform
    }

    /// The mini program's clock, unix ms.
    pub fn now(&self) -> Ms {
        self.platform.now()
    }

    /// Changes the session, then carries out what it orders.
    pub fn update<R>(&self, change: impl FnOnce(&mut Session, Ms) -> R) -> R {
        let now = self.platform.now();
        let result = change(&mut self.session.borrow_mut(), now);
        self.drain();
        result
    }

    /// A step went well, with this value, or failed with what wx said. The answer to a step that was cancelled,
    /// and a second answer, meet nobody.
    pub fn answer(&self, ticket: Ticket, ok: bool, value: P::Value) {
        let flow = self
            .flows
            .borrow_mut()
            .take(|flow| flow.step == ticket || flow.timer == ticket);
        let Some(flow) = flow else { return };
        let Flow {
            job,
            step,
            timer,
            started,
        } = flow;
        let answer = if ticket == timer {
            self.cancel(step);
            None
        } else if ok {
            Some(Ok(value))
        } else {
            Some(Err(self.platform.failure(&value)))
        };
        // A login has one deadline for all its steps.
        let goes_on = matches!(job, Job::Login(_) | Job::Exchange(..));
        if answer.is_some() && !goes_on {
            self.cancel(timer);
        }
        match job {
            Job::Restore(op) => self.restored(op, started, answer),
            Job::Store(token) => self.stored(&token, started, answer),
            Job::Check(flight) => self.checked(flight, started, answer),
            Job::Login(attempt) => self.logged_in(attempt, timer, started, answer),
            Job::Exchange(attempt, code) => self.exchanged(attempt, &code, timer, started, answer),
            Job::Post(post) => self.posted(post, started, answer),
            // These wait for the session, not for a step.
            Job::Profile(_) | Job::Phone(_) => {}
        }
    }

    /// How many flows are under way.
    pub fn flows(&self) -> usize {
        self.flows.borrow().len()
    }

    /// Starts a step and what is to be done with its answer. `timer` is the deadline that runs already, or 0; one
    /// of `deadline` ms starts if the step is not answered at once.
    pub(crate) fn step(
        &self,
        job: Job,
        timer: Ticket,
        deadline: Ms,
        start: impl FnOnce(&P, Ticket),
    ) {
        let ticket = self.enter(job, timer);
        start(&self.platform, ticket);
        let timer = self.flows.borrow_mut().arm(ticket);
        if let Some(timer) = timer {
            self.platform.sleep(timer, deadline);
        }
    }

    fn enter(&self, job: Job, timer: Ticket) -> Ticket {
        let started = self.platform.now();
        let mut flows = self.flows.borrow_mut();
        let step = flows.ticket();
        flows.put(Flow {
            job,
            step,
            timer,
            started,
        });
        step
    }

    /// Lets a flow wait until the session settles.
    pub(crate) fn wait(&self, job: Job) {
        self.flows.borrow_mut().put(Flow {
            job,
            step: 0,
            timer: 0,
            started: 0,
        });
    }

    pub(crate) fn cancel(&self, ticket: Ticket) {
        if ticket != 0 {
            self.platform.cancel(ticket);
        }
    }

    /// Whether a request may go; see [`request::permit`].
    pub fn permit(&self, url: &str, own_authorization: bool, now: Ms) -> Permit {
        let seen = self.settles.get();
        let permit = request::permit(
            &mut self.session.borrow_mut(),
            &self.config,
            url,
            own_authorization,
            now,
        );
        self.carry_on(seen, permit)
    }

    /// The same where no url needs a look: it is relative, or there is none (`ensureLogin`, `getToken`).
    pub fn ask(&self, asker: Asker, now: Ms) -> Permit {
        let seen = self.settles.get();
        let permit = request::ask(&mut self.session.borrow_mut(), asker, now);
        self.carry_on(seen, permit)
    }

    /// Whether a call that waited may go on; see [`request::resume`].
    pub fn resume(&self, waited: Permit) -> Permit {
        let seen = self.settles.get();
        let now = self.platform.now();
        let permit = request::resume(&mut self.session.borrow_mut(), waited, now);
        self.carry_on(seen, permit)
    }

    /// What to do with an answer; see [`request::unauthorized`].
    pub fn verdict(&self, sent: Permit, unauthorized: bool) -> Permit {
        if !unauthorized {
            self.session.borrow_mut().accepted(sent.generation());
            return sent.to(Action::Deliver);
        }
        let seen = self.settles.get();
        let now = self.platform.now();
        let permit = request::unauthorized(&mut self.session.borrow_mut(), sent, now);
        self.carry_on(seen, permit)
    }

    /// Carries out what the session ordered while it made this permit. One that lets the request go at once ordered nothing.
    fn carry_on(&self, seen: u32, permit: Permit) -> Permit {
        match permit.action() {
            Action::Plain | Action::Bearer => permit,
            _ => {
                self.drain();
                self.catch_up(seen, permit)
            }
        }
    }

    pub(crate) fn refuse(&self, error: Error) {
        self.refusal.set(Some(error));
    }

    /// Why the last permit was [`Action::Refuse`], or the last tap gave nothing.
    pub fn refusal(&self) -> Option<Error> {
        self.refusal.take()
    }

    /// If the session settled while the caller was being told to wait (wx may call back inside the call), it
    /// must not wait for the next time.
    fn catch_up(&self, seen: u32, told: Permit) -> Permit {
        let error = match told.action() {
            Action::Refuse => {
                let error = self.session.borrow().last_error().cloned();
                // A listener has brought a login about that went well.
                if error.is_none() {
                    return self.resume(told);
                }
                error
            }
            Action::Wait if seen != self.settles.get() => match self.settled() {
                Ok(()) => return self.resume(told),
                Err(error) => Some(error),
            },
            _ => return told,
        };
        self.refusal.set(error);
        told.to(Action::Refuse)
    }

    /// The current token's text; empty if there is none.
    pub fn bearer(&self) -> String {
        self.session.borrow().bearer().unwrap_or_default().into()
    }

    /// A token that is not expired, and its number.
    pub fn usable(&self) -> Option<(Generation, String)> {
        let now = self.platform.now();
        let session = self.session.borrow();
        let generation = session.usable(now)?;
        Some((generation, session.bearer()?.into()))
    }

    /// The session's [`Session::floor`].
    pub fn floor(&self) -> Generation {
        self.session.borrow().floor()
    }

    /// What `wxp.session` shows.
    pub fn snapshot(&self) -> Snapshot {
        let now = self.platform.now();
        self.session.borrow().snapshot(now)
    }

    /// Whether the flight is still the session's.
    pub fn is_flying(&self, flight: Flight) -> bool {
        self.session.borrow().is_flying(flight)
    }

    /// Ends the session now; gives the token that it ended, if any, for [`Self::tell_logout`].
    pub fn logout(&self) -> String {
        let token = self.bearer();
        self.update(|session, _| session.logout());
        token
    }

    /// Tells the listeners about an error that no call is rejected with.
    pub(crate) fn emit_error(&self, error: Error) {
        self.platform.emit(&Event::Error { error });
    }

    fn drain(&self) {
        loop {
            // The borrow must end before an order is carried out: listeners call back.
            let order = self.session.borrow_mut().next_order();
            let Some(order) = order else { break };
            self.carry_out(order);
        }
    }

    fn carry_out(&self, order: Order) {
        match order {
            Order::Fly { flight, check } => self.fly(flight, check),
            Order::Cut => {
                let cut = self.flows.borrow_mut().take(|flow| {
                    matches!(flow.job, Job::Check(_) | Job::Login(_) | Job::Exchange(..))
                });
                if let Some(flow) = cut {
                    self.cancel(flow.step);
                    self.cancel(flow.timer);
                }
            }
            Order::Store => self.store(),
            Order::Settle(outcome) => self.settle(outcome),
            Order::Emit(event) => self.platform.emit(&event),
        }
    }

    fn settle(&self, outcome: Result<(), Error>) {
        self.settles.set(self.settles.get().wrapping_add(1));
        *self.settled.borrow_mut() = outcome.clone();
        // First, as those who begin to wait while the others are told wait for what comes next.
        let waiting = self.flows.borrow_mut().take_waiting();
        self.platform.settled(&outcome);
        for flow in waiting {
            match flow.job {
                Job::Profile(profile) => self.submit_profile(profile),
                Job::Phone(phone) => self.phone_settled(phone, outcome.clone()),
                _ => {}
            }
        }
    }

    /// How the session settled last.
    pub(crate) fn settled(&self) -> Result<(), Error> {
        self.settled.borrow().clone()
    }

    /// An error that wx reported, without what it may repeat of our tokens.
    pub fn wx_error(&self, code: Code, stage: Stage, failure: &Failure) -> Error {
        Error::from_wx(code, stage, failure, &self.session.borrow().secrets())
    }

    /// Logs how long a step of a flow took and how it ended.
    pub(crate) fn log(&self, stage: Stage, started: Ms, error: Option<&Error>) {
        let ms = self.platform.now().saturating_sub(started);
        self.platform.log(&Entry {
            stage,
            ms,
            error: error.cloned(),
        });
    }
}
