//! The token's life: one token, one login in flight at most, and what follows from every event.
//!
//! A synchronous state machine without a clock: every method takes the time where it needs it, and
//! changes the state. What the world must do then goes to the outbox ([`Order`]), which
//! [`crate::client`] carries out; who waits for the session is woken first.

use std::collections::VecDeque;
use std::fmt;
use std::task::{Context, Poll, Waker};

use futures::channel::oneshot;
use serde::Serialize;

use crate::config::Config;
use crate::cooldown::Cooldown;
use crate::error::{Code, Error, Stage};
use crate::event::Event;
use crate::time::{self, Ms};
use crate::token::{Age, Token, hash};

/// Counts tokens and logouts. A request carries the number of its token, so that an answer can be
/// told from one that belongs to an earlier token or to the time before a logout.
pub type Generation = u32;

/// The [`Generation`] that the last logout began; 0 if there was none. Whoever waits compares it
/// with the one in which it began.
pub type LogoutEpoch = Generation;

/// How many ended tokens are remembered: what the storage may still hold, many times over.
const ENDED: usize = 32;

/// The number of one login flight, silent or the app's own.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Use the current token, which has this number.
    Granted(Generation),
    /// Wait until the session settles, then ask again.
    Wait,
    /// Give up with what the last login failed with: a cooldown.
    Denied(Error),
}

/// What to do with the answer to a request that carried a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Give it to the caller.
    Deliver,
    /// Ask for a token again and send the request once more.
    Replay,
}

/// What the world must do, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Start this login flight.
    LogIn {
        /// The flight's number.
        flight: Flight,
        /// Whether wx.checkSession is to be asked about the restored token first.
        check: bool,
    },
    /// Make the storage hold what the session holds, until [`Session::written`] says that it
    /// does.
    Store,
    /// Tell the listeners.
    Tell(Event),
}

/// The token and what is known of it.
#[derive(Debug)]
struct Held {
    token: Token,
    generation: Generation,
    standing: Standing,
    /// Until when it needs no second thought, unix ms.
    fresh_until: Ms,
}

/// What is known of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Restored: used only after wx.checkSession did not object.
    Unchecked,
    /// A login brought it, after so many failed ones; the server has not answered to it yet.
    Issued { failures_before: u32 },
    /// The server refused it before it ever accepted it; that was counted as a failed login.
    Refused,
    /// The server has answered a request with it by something else than "unauthorized".
    Accepted,
}

/// What there is of a login.
#[derive(Debug, PartialEq, Eq)]
enum Login {
    /// None is under way or waited for.
    Idle,
    /// One is wanted, and starts when no profile submit is under way any more.
    Paused,
    /// One is under way; `own`: one that the app began itself (rule 21).
    InFlight {
        flight: Flight,
        attempt: Attempt,
        own: bool,
    },
    /// None starts any more.
    Closed,
}

/// What the deadline of a flight's attempt means (rule 19).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    /// What it says.
    First,
    /// Nothing: the app was in the background meanwhile. Who waits gets one new attempt.
    InBackground,
    /// What it says: this is the new attempt.
    Second,
}

/// How far the storage is behind the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Storing {
    /// It holds what the session held last, or what another copy of the package wrote since.
    Done,
    /// The last write failed: it may hold anything.
    Failed,
    /// What the session holds is being written.
    Writing,
    /// Something is being written, or will be, and the session has changed since.
    Behind,
}

/// What `wxp.session` shows; never the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The state in a word.
    pub status: Status,
    /// When the token expires, unix ms; none without a token or if unknown.
    #[serde(serialize_with = "time::as_number")]
    pub expires_at: Option<Ms>,
    /// The number of the last login or logout.
    pub generation: Generation,
}

/// The session in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// No token.
    None,
    /// A login is in flight.
    LoggingIn,
    /// There is a usable token.
    Active,
}

/// How the session settled.
pub type Settled = Result<(), Error>;

/// See the module's documentation.
pub struct Session {
    check: bool,
    margin: Ms,
    cooldown: Cooldown,
    held: Option<Held>,
    /// The token before it: answers and failures of its time may still come, and name it.
    former: String,
    /// The last [`ENDED`] tokens that this life has seen end, as hashes: none is taken up again (rule 9).
    ended: Vec<u64>,
    /// Whether a token ended that no login and no logout has followed.
    lost: bool,
    generation: Generation,
    logout_epoch: LogoutEpoch,
    /// The [`Generation`] that the last logout or given token began: what was sent before is
    /// delivered as it comes.
    epoch: Generation,
    login: Login,
    flights: Flight,
    /// The app's own logins that wait for their turn.
    turns: VecDeque<oneshot::Sender<Flight>>,
    hidden: bool,
    /// Profile submits under way: a login meanwhile would change the session_key.
    pauses: u32,
    storing: Storing,
    waiters: Vec<oneshot::Sender<Settled>>,
    /// Dropped by a logout or a given token, so that their receivers hear of it.
    until_cut: Vec<oneshot::Sender<()>>,
    /// Dropped when the app is in front.
    until_shown: Vec<oneshot::Sender<()>>,
    outbox: VecDeque<Order>,
    /// Who carries the orders out, while it waits for one.
    carrier: Option<Waker>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("held", &self.held)
            .field("generation", &self.generation)
            .field("login", &self.login)
            .field("cooldown", &self.cooldown)
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
            ended: Vec::new(),
            lost: false,
            generation: 0,
            logout_epoch: 0,
            epoch: 0,
            login: Login::Idle,
            flights: 0,
            turns: VecDeque::new(),
            hidden: false,
            pauses: 0,
            storing: Storing::Done,
            waiters: Vec::new(),
            until_cut: Vec::new(),
            until_shown: Vec::new(),
            outbox: VecDeque::new(),
            carrier: None,
        }
    }

    /// The current token.
    pub fn token(&self) -> Option<&Token> {
        self.held.as_ref().map(|held| &held.token)
    }

    /// The text of the current token, if it has this number.
    pub fn bearer(&self, generation: Generation) -> Option<&str> {
        let held = self.held.as_ref()?;
        (held.generation == generation).then_some(&held.token.value)
    }

    /// The current token and the one before it, empty if none:
    /// what texts of others must not repeat.
    pub fn secrets(&self) -> [&str; 2] {
        let current = self.token().map_or("", |token| &token.value);
        [current, &self.former]
    }

    /// See [`LogoutEpoch`].
    pub fn logout_epoch(&self) -> LogoutEpoch {
        self.logout_epoch
    }

    /// Whether this flight is the one under way.
    pub fn is_in_flight(&self, number: Flight) -> bool {
        matches!(self.login, Login::InFlight { flight, .. } if flight == number)
    }

    /// Whether a login is under way.
    pub fn is_logging_in(&self) -> bool {
        matches!(self.login, Login::InFlight { .. })
    }

    /// What `wxp.session` shows.
    pub fn snapshot(&self, now: Ms) -> Snapshot {
        let usable = self.usable(now).is_some();
        let status = if self.is_logging_in() {
            Status::LoggingIn
        } else if usable {
            Status::Active
        } else {
            Status::None
        };
        Snapshot {
            status,
            expires_at: self.token().filter(|_| usable).and_then(Token::expires_at),
            generation: self.generation,
        }
    }

    /// A token to use at once, without a second thought; whoever gets none has to [`Self::ask`].
    /// Changes nothing.
    pub fn ready(&self, now: Ms) -> Option<Generation> {
        let held = self.held.as_ref()?;
        (held.is_trusted() && now < held.fresh_until).then_some(held.generation)
    }

    /// A token that is not over, whatever else is known of it. Changes nothing.
    pub fn usable(&self, now: Ms) -> Option<Generation> {
        let held = self.held.as_ref()?;
        (held.token.age(now, 0) != Age::Expired).then_some(held.generation)
    }

    /// Asks for a token to use now; starts a login if one is needed.
    pub fn ask(&mut self, asker: Asker, now: Ms) -> Access {
        if let Some(held) = &self.held {
            match held.token.age(now, self.margin) {
                Age::Fresh if held.is_trusted() => return Access::Granted(held.generation),
                Age::Ageing if held.is_trusted() => {
                    let no_renewal = self.pauses > 0
                        || asker == Asker::Waiter
                        || matches!(self.login, Login::InFlight { own: true, .. })
                        || self.cooldown_of(asker, now).is_some();
                    if no_renewal {
                        return Access::Granted(held.generation);
                    }
                }
                Age::Expired => self.discard(),
                Age::Fresh | Age::Ageing => {}
            }
        }
        match self.login {
            Login::InFlight { .. } => return Access::Wait,
            Login::Closed => return Access::Denied(disposed()),
            _ if self.pauses > 0 => self.login = Login::Paused,
            _ => match self.cooldown_of(asker, now) {
                Some(error) => return Access::Denied(error.clone()),
                None => self.start_login(now),
            },
        }
        Access::Wait
    }

    /// Hears how the session settles next.
    pub fn settled(&mut self) -> oneshot::Receiver<Settled> {
        subscribe(&mut self.waiters)
    }

    /// Ends with the next logout or given token: what was begun before ends there.
    pub fn until_cut(&mut self) -> oneshot::Receiver<()> {
        subscribe(&mut self.until_cut)
    }

    /// Whether a refused request with token number `generation` may be sent again: no logout and no
    /// given token has come since.
    pub fn may_replay(&self, generation: Generation) -> bool {
        generation >= self.epoch
    }

    /// Whether the app gave the current token (rule 22): then wx.login has not made it.
    pub fn is_given(&self) -> bool {
        self.token().is_some_and(|token| token.given)
    }

    /// Takes over the token of an earlier launch. It was accepted then; whether its session_key
    /// still holds is not known, if it has one.
    pub fn restore(&mut self, token: Token, now: Ms) {
        if self.generation == 0 && token.age(now, 0) != Age::Expired {
            let standing = if self.check && !token.given {
                Standing::Unchecked
            } else {
                Standing::Accepted
            };
            self.hold(token, standing);
        }
    }

    /// A request that carried token number `generation` was answered, and not by "unauthorized".
    pub fn accepted(&mut self, generation: Generation) {
        if let Some(held) = &mut self.held
            && held.generation == generation
            && held.standing != Standing::Unchecked
        {
            held.standing = Standing::Accepted;
        }
    }

    /// A request that carried token number `generation` was answered by "unauthorized" (rule 9).
    /// `replayed`: it was its second answer.
    pub fn unauthorized(&mut self, generation: Generation, replayed: bool, now: Ms) -> Verdict {
        if !self.may_replay(generation) {
            return Verdict::Deliver;
        }
        let current = self
            .held
            .as_mut()
            .filter(|held| held.generation == generation);
        let is_current = current.is_some();
        if let Some(held) = current
            && let Standing::Issued { failures_before } = held.standing
        {
            held.standing = Standing::Refused;
            let error = Error::from_server(Code::LoginFailed, Stage::Request, 401, None, None);
            self.cooldown.failed_after(failures_before, error, now);
        }
        if replayed || (is_current && self.cooldown_of(Asker::Request, now).is_some()) {
            return Verdict::Deliver;
        }
        self.end_token(generation);
        match self.ask(Asker::Request, now) {
            Access::Denied(_) => Verdict::Deliver,
            Access::Granted(_) | Access::Wait => Verdict::Replay,
        }
    }

    /// The token of this number, if it is the current one, is no longer good, whatever its age.
    pub fn end_token(&mut self, generation: Generation) {
        if self.bearer(generation).is_some() {
            self.discard();
        }
    }

    /// wx.checkSession did not object to the restored token: the flight ends well.
    pub fn checked(&mut self, flight: Flight) {
        if self.is_in_flight(flight) {
            self.login = Login::Idle;
            self.trust();
            self.settle(&Ok(()));
            self.take_turn();
        }
    }

    /// wx.checkSession says the session timed out: the flight goes on to the login.
    pub fn check_failed(&mut self, flight: Flight) {
        if self.is_in_flight(flight) && self.held.as_ref().is_some_and(|held| !held.is_trusted()) {
            self.discard();
        }
    }

    /// Whether this flight is to replace a token: then the stored record is read first, as another
    /// copy of the package may have logged in (rule 9).
    pub fn replaces(&self, flight: Flight) -> bool {
        self.is_in_flight(flight) && (self.lost || self.held.is_some())
    }

    /// The storage holds this token, of our binding, when a flight begins that is to replace one. If
    /// it is new to this life, it becomes the current one, and the flight ends well; if it is the
    /// one that ended, the storage is to forget it.
    pub fn found(&mut self, flight: Flight, token: Token, now: Ms) {
        let is_held = self.token().is_some_and(|own| own.value == token.value);
        // Where a write of ours failed, or is under way, it may hold what a logout ended.
        if !self.is_in_flight(flight) || is_held || self.storing != Storing::Done {
            return;
        }
        if self.ended.contains(&hash(&token.value)) {
            self.store();
        } else if token.age(now, 0) != Age::Expired {
            self.login = Login::Idle;
            self.grant(token);
            self.take_turn();
        }
    }

    /// The flight ended with a token or an error; one that is no longer under way changes nothing.
    /// Who waited is woken before the listeners are told: what a listener then starts is not swept
    /// away by the end of this flight.
    pub fn finished(&mut self, flight: Flight, outcome: Result<Token, Error>, now: Ms) {
        let own = match self.login {
            Login::InFlight {
                flight: of, own, ..
            } if of == flight => own,
            _ => return,
        };
        self.login = Login::Idle;
        match outcome {
            Ok(token) => {
                self.grant(token);
                self.store();
            }
            // Its caller is told. Who waited asks again.
            Err(_) if own => self.settle(&Ok(())),
            Err(error) => {
                if error.counts() {
                    self.cooldown.failed(error.clone(), now);
                }
                // Inside its margin the token still serves those who waited for
                // its renewal (rule 10).
                if self.usable(now).is_some() {
                    self.trust();
                    self.settle(&Ok(()));
                } else {
                    self.settle(&Err(error.clone()));
                }
                self.order(Order::Tell(Event::Error { error }));
            }
        }
        self.take_turn();
    }

    /// The flight passed its deadline. If the app was in the background meanwhile, it has one new
    /// attempt (rule 19), and this ends when that may begin; if not, there is none.
    pub fn second_attempt(&mut self, late: Flight) -> Option<oneshot::Receiver<()>> {
        match &mut self.login {
            Login::InFlight {
                flight,
                attempt: attempt @ Attempt::InBackground,
                ..
            } if *flight == late => *attempt = Attempt::Second,
            _ => return None,
        }
        let shown = subscribe(&mut self.until_shown);
        if !self.hidden {
            self.until_shown.clear();
        }
        Some(shown)
    }

    /// A login of the app's own (rule 21): gives the number of its flight when its turn comes. A
    /// logout or a given token drops it.
    pub fn turn(&mut self) -> oneshot::Receiver<Flight> {
        let (sender, turn) = oneshot::channel();
        self.turns.push_back(sender);
        self.take_turn();
        turn
    }

    /// Takes over a session that another login of the app brought (rule 22). What was sent before is
    /// delivered as it comes; what waits goes on with this token.
    pub fn give(&mut self, token: Token) {
        let expires_at = token.expires_at();
        self.cooldown.reset();
        self.hold(token, Standing::Accepted);
        self.cut();
        self.settle(&Ok(()));
        self.store();
        self.tell_login(expires_at);
    }

    /// Ends the session now (rule 13): a login in flight stores nothing, requests under way stay as
    /// they are. Gives the token that it ended.
    pub fn logout(&mut self) -> Option<Token> {
        let ended = self.drop_token();
        self.lost = false;
        self.generation += 1;
        self.logout_epoch = self.generation;
        self.cut();
        self.settle(&Err(Error::new(Code::LoggedOut, Stage::Logout)));
        self.store();
        self.order(Order::Tell(Event::Logout));
        ended
    }

    /// A profile submit starts: no login until [`Self::resume_logins`].
    pub fn pause_logins(&mut self) {
        self.pauses += 1;
    }

    /// The submit was answered or timed out.
    pub fn resume_logins(&mut self, now: Ms) {
        self.pauses -= 1;
        self.take_turn();
        if self.login == Login::Paused && self.pauses == 0 {
            self.start_login(now);
        }
    }

    /// The app went to the background.
    pub fn hide(&mut self) {
        self.hidden = true;
        if let Login::InFlight { attempt, .. } = &mut self.login
            && *attempt == Attempt::First
        {
            *attempt = Attempt::InBackground;
        }
    }

    /// Whether the app is in the background, or was since the login under way began.
    pub fn was_hidden(&self) -> bool {
        let Login::InFlight { attempt, .. } = self.login else {
            return self.hidden;
        };
        self.hidden || attempt == Attempt::InBackground
    }

    /// The app is in front: the cooldown ends, a login gets its new attempt.
    pub fn show(&mut self) {
        self.hidden = false;
        self.until_shown.clear();
        self.cooldown.end();
    }

    /// The network came back: the cooldown ends.
    pub fn online(&mut self) {
        self.cooldown.end();
    }

    /// The next thing the world must do; none any more when the session is closed.
    pub fn poll_order(&mut self, cx: &mut Context<'_>) -> Poll<Option<Order>> {
        match self.outbox.pop_front() {
            Some(order) => Poll::Ready(Some(order)),
            None if self.login == Login::Closed => Poll::Ready(None),
            None => {
                self.carrier = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Nobody asks any more: who waits is told so, and the outbox ends. Gives whether a token that
    /// a logout ended may still be stored: no writing goes on to see to that.
    pub fn close(&mut self) -> bool {
        self.cut();
        self.login = Login::Closed;
        self.until_shown.clear();
        self.settle(&Err(disposed()));
        self.wake_carrier();
        self.held.is_none() && !self.lost && self.storing != Storing::Done
    }

    /// The session is being written as it is now.
    pub fn writing(&mut self) {
        self.storing = Storing::Writing;
    }

    /// The write ended. Gives whether the session has changed since; if not, the writing ends.
    pub fn written(&mut self, well: bool) -> bool {
        let behind = self.storing == Storing::Behind;
        if !behind {
            self.storing = if well { Storing::Done } else { Storing::Failed };
        }
        behind
    }

    fn store(&mut self) {
        if matches!(self.storing, Storing::Done | Storing::Failed) {
            self.order(Order::Store);
        }
        self.storing = Storing::Behind;
    }

    fn order(&mut self, order: Order) {
        self.outbox.push_back(order);
        self.wake_carrier();
    }

    fn wake_carrier(&mut self) {
        if let Some(carrier) = self.carrier.take() {
            carrier.wake();
        }
    }

    /// Wakes every waiting call, in the order in which they came.
    fn settle(&mut self, outcome: &Settled) {
        for waiter in std::mem::take(&mut self.waiters) {
            // Who was cut off meanwhile does not hear it.
            let _ = waiter.send(outcome.clone());
        }
    }

    /// A login brought this token: who waited goes on with it.
    fn grant(&mut self, token: Token) {
        let failures_before = self.cooldown.reset();
        let expires_at = token.expires_at();
        self.hold(token, Standing::Issued { failures_before });
        self.settle(&Ok(()));
        self.tell_login(expires_at);
    }

    fn tell_login(&mut self, expires_at: Option<Ms>) {
        let generation = self.generation;
        self.order(Order::Tell(Event::Login {
            generation,
            expires_at,
        }));
    }

    /// A new epoch: what was begun before ends.
    fn cut(&mut self) {
        self.epoch = self.generation;
        self.login = Login::Idle;
        self.turns.clear();
        self.until_cut.clear();
    }

    fn hold(&mut self, token: Token, standing: Standing) {
        self.drop_token();
        self.lost = false;
        self.generation += 1;
        self.held = Some(Held {
            generation: self.generation,
            standing,
            fresh_until: token.fresh_until(self.margin),
            token,
        });
    }

    fn drop_token(&mut self) -> Option<Token> {
        let token = self.held.take()?.token;
        self.former.clone_from(&token.value);
        if self.ended.len() == ENDED {
            self.ended.remove(0);
        }
        self.ended.push(hash(&token.value));
        Some(token)
    }

    fn discard(&mut self) {
        self.drop_token();
        self.lost = true;
        self.order(Order::Tell(Event::Expired));
    }

    fn trust(&mut self) {
        if let Some(held) = &mut self.held
            && held.standing == Standing::Unchecked
        {
            held.standing = Standing::Accepted;
        }
    }

    fn start_login(&mut self, now: Ms) {
        let check = self.held.as_ref().is_some_and(|held| {
            !held.is_trusted() && held.token.age(now, self.margin) == Age::Fresh
        });
        let flight = self.take_off(false);
        self.order(Order::LogIn { flight, check });
    }

    fn take_off(&mut self, own: bool) -> Flight {
        self.flights += 1;
        let flight = self.flights;
        let attempt = match self.hidden {
            true => Attempt::InBackground,
            false => Attempt::First,
        };
        self.login = Login::InFlight {
            flight,
            attempt,
            own,
        };
        flight
    }

    /// Starts the app's own login that waits longest, if one may start. A silent one that is wanted
    /// comes after it, if it is still needed then.
    fn take_turn(&mut self) {
        let free = matches!(self.login, Login::Idle | Login::Paused) && self.pauses == 0;
        if free && let Some(turn) = self.turns.pop_front() {
            let flight = self.take_off(true);
            // Its receiver lives as long as the core.
            let _ = turn.send(flight);
        }
    }

    /// Why this asker must not start a login now: what the last one failed with.
    fn cooldown_of(&self, asker: Asker, now: Ms) -> Option<&Error> {
        self.cooldown
            .error_at(now)
            .filter(|_| asker == Asker::Request)
    }
}

impl Held {
    fn is_trusted(&self) -> bool {
        self.standing != Standing::Unchecked
    }
}

fn disposed() -> Error {
    Error::new(Code::Disposed, Stage::Load)
}

/// One more who listens. Who no longer does is forgotten when the list would grow.
fn subscribe<T>(listeners: &mut Vec<oneshot::Sender<T>>) -> oneshot::Receiver<T> {
    if listeners.len() == listeners.capacity() {
        listeners.retain(|listener| !listener.is_canceled());
    }
    let (sender, receiver) = oneshot::channel();
    listeners.push(sender);
    receiver
}
