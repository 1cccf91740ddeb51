//! The token's life: one token, one login in flight at most, and what follows from every event.
//!
//! A synchronous state machine without a clock. Every method takes the time where it needs it, changes
//! the state, and leaves what the world must do in the outbox; the caller drains the outbox to idle
//! after each call that may have ordered something ([`Session::next_order`]).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::config::Config;
use crate::cooldown::Cooldown;
use crate::error::{Code, Error, Stage};
use crate::event::Event;
use crate::time::Ms;
use crate::token::{Age, Token};

/// Counts tokens and logouts. A request carries the number of its token, so that an answer can be told
/// from one that belongs to an earlier token or to the time before a logout.
pub type Generation = u32;

/// The number of one login flight.
pub type Flight = u32;

/// Who asks for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// A request: waits out the cooldown.
    Request,
    /// The app itself (`ensureLogin`, `loginWith…`): skips the cooldown.
    App,
    /// A call that waited: takes a token within its margin rather than wait again.
    Waiter,
}

/// What the asker may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// Use the current token, which has this number.
    Go(Generation),
    /// Wait until the session settles, then ask again.
    Wait,
    /// Give up with [`Session::last_error`]: a cooldown.
    Refused,
}

/// What to do with the answer to a request that carried a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Give it to the caller.
    Deliver,
    /// Send the request again, with the current token.
    Replay(Generation),
    /// Wait until the session settles, then send it again.
    Wait,
}

/// What the world must do, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Start this login flight; first ask wx.checkSession about the restored token if `check`.
    Fly {
        /// The flight's number.
        flight: Flight,
        /// Whether a restored token is to be checked first.
        check: bool,
    },
    /// Cut the flight off and abort what it has on the wire.
    Cut,
    /// Make the storage hold what the session holds: its token, or nothing.
    Store,
    /// Wake every waiting call.
    Settle(Result<(), Error>),
    /// Tell the listeners.
    Emit(Event),
}

/// The token and what is known of it.
#[derive(Debug)]
struct Held {
    token: Token,
    generation: Generation,
    /// A restored token is not, until wx.checkSession did not object.
    trusted: bool,
    /// The server has answered a request with this token by something else than "unauthorized".
    accepted: bool,
    /// It was refused before it was ever accepted; counted once.
    refused: bool,
    /// How many failures in a row preceded the login that brought it.
    failures_before: u32,
}

#[derive(Debug)]
struct InFlight {
    flight: Flight,
    /// The app was in the background meanwhile, so the deadline says nothing.
    hidden: bool,
    /// It is the one new attempt after a deadline passed in the background.
    second: bool,
}

/// What `wxp.session` shows; never the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The state in a word.
    pub status: Status,
    /// When the token expires, unix ms; none without a token or if unknown.
    pub expires_at: Option<Ms>,
    /// The number of the last login or logout.
    pub generation: Generation,
}

/// The session in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// No token.
    None = 0,
    /// A login is in flight.
    LoggingIn,
    /// There is a usable token.
    Active,
}

/// See the module's documentation.
pub struct Session {
    check: bool,
    margin: Ms,
    cooldown: Cooldown,
    held: Option<Held>,
    /// The token before it: answers and failures of its time may still come, and name it.
    former: String,
    generation: Generation,
    /// Requests with a lower number were sent before the last logout.
    floor: Generation,
    in_flight: Option<InFlight>,
    flights: Flight,
    /// A flight missed its deadline in the background and waits for the app to be shown.
    parked: bool,
    hidden: bool,
    /// Profile submits under way: no login starts meanwhile, it would change the session_key.
    holds: u32,
    /// Somebody waits although nothing flies: a hold or the background prevents it.
    wanted: bool,
    outbox: Vec<Order>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Session");
        fields
            .field("held", &self.held)
            .field("generation", &self.generation)
            .field("in_flight", &self.in_flight);
        fields
            .field("cooldown", &self.cooldown)
            .field("outbox", &self.outbox)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// A session without a token.
    pub fn new(config: &Config) -> Self {
        Self {
            check: config.check_session,
            margin: config.margin,
            cooldown: Cooldown::new(config),
            held: None,
            former: String::new(),
            generation: 0,
            floor: 0,
            in_flight: None,
            flights: 0,
            parked: false,
            hidden: false,
            holds: 0,
            wanted: false,
            outbox: Vec::new(),
        }
    }

    /// The next thing the world must do, if any. Drain it after every call that may have ordered something.
    pub fn next_order(&mut self) -> Option<Order> {
        if self.outbox.is_empty() {
            None
        } else {
            Some(self.outbox.remove(0))
        }
    }

    /// The token as text, for the header of a request that was allowed to go.
    pub fn bearer(&self) -> Option<&str> {
        self.held.as_ref().map(|held| held.token.value.as_str())
    }

    /// The current token and the one before it, empty if none: what texts of others must not repeat.
    pub fn secrets(&self) -> [&str; 2] {
        [self.bearer().unwrap_or_default(), &self.former]
    }

    /// The current token.
    pub fn token(&self) -> Option<&Token> {
        self.held.as_ref().map(|held| &held.token)
    }

    /// What the last login failed with; none since one that went well.
    pub fn last_error(&self) -> Option<&Error> {
        self.cooldown.last_error()
    }

    /// The number below which everything happened before the last logout.
    pub fn floor(&self) -> Generation {
        self.floor
    }

    /// Takes over the token of an earlier launch. It was accepted then; whether its session_key still
    /// holds is not known.
    pub fn restore(&mut self, token: Token) {
        if self.generation == 0 {
            self.hold_token(token, !self.check, true);
        }
    }

    /// Asks for a token to use now.
    pub fn ask(&mut self, asker: Asker, now: Ms) -> Leave {
        if let Some(held) = &self.held {
            match held.token.age(now, self.margin) {
                Age::Fresh if held.trusted => return Leave::Go(held.generation),
                Age::Ageing if held.trusted => {
                    let no_renewal =
                        self.holds > 0 || asker == Asker::Waiter || self.resting(asker, now);
                    if no_renewal {
                        return Leave::Go(held.generation);
                    }
                }
                Age::Expired => self.discard(),
                Age::Fresh | Age::Ageing => {}
            }
        }
        if self.in_flight.is_some() {
            return Leave::Wait;
        }
        if self.holds > 0 || self.parked {
            self.wanted = true;
            return Leave::Wait;
        }
        if self.resting(asker, now) {
            return Leave::Refused;
        }
        self.take_off(now, false);
        Leave::Wait
    }

    /// Whether there is a token to use right now, without starting anything.
    pub fn usable(&self, now: Ms) -> Option<Generation> {
        let held = self.held.as_ref()?;
        (held.token.age(now, 0) != Age::Expired).then_some(held.generation)
    }

    /// A request that carried token number `generation` was answered, and not by "unauthorized".
    pub fn accepted(&mut self, generation: Generation) {
        if let Some(held) = &mut self.held
            && held.generation == generation
        {
            held.accepted = true;
        }
    }

    /// A request that carried token number `generation` was answered by "unauthorized" (rule 9). `replayed`: it was its
    /// second answer.
    pub fn unauthorized(&mut self, generation: Generation, replayed: bool, now: Ms) -> Verdict {
        let current = self
            .held
            .as_mut()
            .filter(|held| held.generation == generation);
        if generation < self.floor {
            return Verdict::Deliver;
        }
        let is_current = current.is_some();
        if let Some(held) = current
            && !held.accepted
            && !held.refused
        {
            held.refused = true;
            let error = Error::from_server(Code::LoginFailed, Stage::Request, 401, None, None);
            self.cooldown.failed_after(held.failures_before, error, now);
        }
        if replayed || (is_current && self.resting(Asker::Request, now)) {
            return Verdict::Deliver;
        }
        if is_current {
            self.discard();
        }
        match self.ask(Asker::Request, now) {
            Leave::Go(generation) => Verdict::Replay(generation),
            Leave::Wait => Verdict::Wait,
            Leave::Refused => Verdict::Deliver,
        }
    }

    /// The server refused the token of a profile or phone submit: renew it, whatever its age.
    pub fn refuse(&mut self, generation: Generation) {
        if self
            .held
            .as_ref()
            .is_some_and(|held| held.generation == generation)
        {
            self.discard();
        }
    }

    /// wx.checkSession did not object to the restored token: the flight ends well.
    pub fn checked(&mut self, flight: Flight) {
        if self.is_flying(flight) {
            self.in_flight = None;
            if let Some(held) = &mut self.held {
                held.trusted = true;
            }
            self.outbox.push(Order::Settle(Ok(())));
        }
    }

    /// wx.checkSession says the session timed out: the flight goes on to the login.
    pub fn check_failed(&mut self, flight: Flight) {
        if self.is_flying(flight) && self.held.as_ref().is_some_and(|held| !held.trusted) {
            self.discard();
        }
    }

    /// The flight ended with a token or an error. A dead flight changes nothing. Who waited is woken before the
    /// listeners are told: what a listener then starts is not swept away by the end of this flight.
    pub fn landed(&mut self, flight: Flight, outcome: Result<Token, Error>, now: Ms) {
        if !self.is_flying(flight) {
            return;
        }
        self.in_flight = None;
        match outcome {
            Ok(token) => {
                let failures_before = self.cooldown.reset();
                let expires_at = token.expires_at();
                self.hold_token(token, true, false);
                if let Some(held) = &mut self.held {
                    held.failures_before = failures_before;
                }
                self.outbox.push(Order::Settle(Ok(())));
                self.outbox.push(Order::Store);
                self.outbox.push(Order::Emit(Event::Login {
                    generation: self.generation,
                    expires_at,
                }));
            }
            Err(error) => {
                if error.counts() {
                    self.cooldown.failed(error.clone(), now);
                }
                // Inside its margin the token still serves those who waited for its renewal (rule 10).
                let settled = match &mut self.held {
                    Some(held) if held.token.age(now, 0) != Age::Expired => {
                        held.trusted = true;
                        Ok(())
                    }
                    _ => Err(error.clone()),
                };
                self.outbox.push(Order::Settle(settled));
                self.outbox.push(Order::Emit(Event::Error { error }));
            }
        }
    }

    /// The flight passed its deadline. If the app was in the background meanwhile, its waiters get one
    /// new attempt when the app is seen again (rule 19).
    pub fn overdue(&mut self, flight: Flight, error: Error, now: Ms) {
        match &self.in_flight {
            Some(late) if late.flight == flight && late.hidden && !late.second => {
                self.in_flight = None;
                self.parked = true;
                self.wanted = true;
                self.take_up(now);
            }
            _ => self.landed(flight, Err(error), now),
        }
    }

    /// Ends the session now (rule 13): a login in flight stores nothing, requests under way stay as they are.
    pub fn logout(&mut self) {
        self.generation += 1;
        self.floor = self.generation;
        self.drop_token();
        self.in_flight = None;
        self.parked = false;
        self.wanted = false;
        let error = Error::new(Code::LoggedOut, Stage::Logout);
        for order in [
            Order::Cut,
            Order::Settle(Err(error)),
            Order::Store,
            Order::Emit(Event::Logout),
        ] {
            self.outbox.push(order);
        }
    }

    /// A profile submit starts: no login until [`Self::release`].
    pub fn hold(&mut self) {
        self.holds += 1;
    }

    /// The submit was answered or timed out.
    pub fn release(&mut self, now: Ms) {
        self.holds = self.holds.saturating_sub(1);
        self.take_up(now);
    }

    /// The app went to the background.
    pub fn hide(&mut self) {
        self.hidden = true;
        if let Some(flying) = &mut self.in_flight {
            flying.hidden = true;
        }
    }

    /// The app is in front: the cooldown ends, a parked login gets its new attempt.
    pub fn show(&mut self, now: Ms) {
        self.hidden = false;
        self.cooldown.end();
        self.take_up(now);
    }

    /// The network came back: the cooldown ends.
    pub fn online(&mut self) {
        self.cooldown.end();
    }

    /// What `wxp.session` shows.
    pub fn snapshot(&self, now: Ms) -> Snapshot {
        let usable = self.usable(now).is_some();
        let status = match &self.in_flight {
            Some(_) => Status::LoggingIn,
            None if self.parked => Status::LoggingIn,
            None if usable => Status::Active,
            None => Status::None,
        };
        let expires_at = self.token().filter(|_| usable).and_then(Token::expires_at);
        Snapshot {
            status,
            expires_at,
            generation: self.generation,
        }
    }

    /// Whether this flight is the one under way.
    pub fn is_flying(&self, flight: Flight) -> bool {
        self.in_flight
            .as_ref()
            .is_some_and(|flying| flying.flight == flight)
    }

    fn hold_token(&mut self, token: Token, trusted: bool, accepted: bool) {
        self.drop_token();
        self.generation += 1;
        let generation = self.generation;
        self.held = Some(Held {
            token,
            generation,
            trusted,
            accepted,
            refused: false,
            failures_before: 0,
        });
    }

    fn drop_token(&mut self) {
        if let Some(held) = self.held.take() {
            self.former = held.token.value;
        }
    }

    fn discard(&mut self) {
        self.drop_token();
        self.outbox.push(Order::Store);
        self.outbox.push(Order::Emit(Event::Expired));
    }

    fn take_off(&mut self, now: Ms, second: bool) {
        self.flights += 1;
        let check = self
            .held
            .as_ref()
            .is_some_and(|held| !held.trusted && held.token.age(now, self.margin) == Age::Fresh);
        self.in_flight = Some(InFlight {
            flight: self.flights,
            hidden: self.hidden,
            second,
        });
        self.outbox.push(Order::Fly {
            flight: self.flights,
            check,
        });
    }

    /// Starts what could not start before, if somebody still waits for it.
    fn take_up(&mut self, now: Ms) {
        let prevented = self.holds > 0 || self.in_flight.is_some() || (self.parked && self.hidden);
        if !prevented && core::mem::take(&mut self.wanted) {
            let second = core::mem::take(&mut self.parked);
            self.take_off(now, second);
        }
    }

    /// Whether this asker must wait out a cooldown.
    fn resting(&self, asker: Asker, now: Ms) -> bool {
        asker == Asker::Request && self.cooldown.is_on(now)
    }
}
