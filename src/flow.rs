//! What is under way: each flow waits for one step of the platform, or for the session to settle.
//!
//! No executor and no futures. A flow goes on inside the very call that brings its answer: it needs no
//! microtask (a macrotask on iOS 15 and older), a trap reaches the JavaScript that made the call and can be
//! told to the app, and the tests drive the same code step by step.

use alloc::string::String;
use alloc::vec::Vec;

use crate::error::Stage;
use crate::platform::{Op, Ticket};
use crate::session::{Flight, Generation};
use crate::time::Ms;

/// What a flow does when it goes on.
pub enum Job {
    /// The stored record was asked for.
    Restore(Op),
    /// This token (none: its removal) is being stored.
    Store(String),
    /// wx.checkSession was asked about a restored token.
    Check(Flight),
    /// wx.login was asked for a code.
    Login(Attempt),
    /// This code is being exchanged.
    Exchange(Attempt, String),
    /// A profile waits for the login in flight to end.
    Profile(Profile),
    /// A phone code waits for a token.
    Phone(Phone),
    /// Something was posted with the session's token.
    Post(Post),
}

/// A flight, and whether it is at its second code.
#[derive(Clone, Copy)]
pub struct Attempt {
    /// The flight.
    pub flight: Flight,
    /// The server refused its first code.
    pub second: bool,
}

impl Attempt {
    /// With its first code.
    pub fn first(flight: Flight) -> Self {
        Self {
            flight,
            second: false,
        }
    }

    /// With a fresh one.
    pub fn again(self) -> Self {
        Self {
            second: true,
            ..self
        }
    }
}

/// A profile that the user consented to.
#[derive(Clone, Copy)]
pub struct Profile {
    /// The operation that brought it.
    pub op: Op,
    /// The session's floor at the tap.
    pub tapped: Generation,
}

/// The code of a phone button.
pub struct Phone {
    /// The operation that brought it.
    pub op: Op,
    /// A secret: texts of others must not repeat it.
    pub code: String,
    /// The session's floor when it came.
    pub floor: Generation,
    /// It was refused with a 401 once and goes a second time.
    pub replayed: bool,
}

/// What was posted.
pub struct Post {
    /// What ends with its answer.
    pub op: Op,
    /// What it is about.
    pub stage: Stage,
    /// The number of its token.
    pub generation: Generation,
    /// Its token: texts of others must not repeat it.
    pub token: String,
    /// What can be posted once more.
    pub phone: Option<Phone>,
}

/// One flow.
pub struct Flow {
    /// How it goes on.
    pub job: Job,
    /// The step it waits for; 0 if it waits for the session.
    pub step: Ticket,
    /// Its deadline; 0 if it has none.
    pub timer: Ticket,
    /// When the step began, unix ms.
    pub started: Ms,
}

/// The flows under way.
#[derive(Default)]
pub struct Flows {
    all: Vec<Flow>,
    last: Ticket,
}

impl Flows {
    /// A number that no step had before.
    pub fn ticket(&mut self) -> Ticket {
        self.last += 1;
        self.last
    }

    /// Adds a flow.
    pub fn put(&mut self, flow: Flow) {
        self.all.push(flow);
    }

    /// Takes out the first flow that is so.
    pub fn take(&mut self, is: impl Fn(&Flow) -> bool) -> Option<Flow> {
        let at = self.all.iter().position(is)?;
        Some(self.all.remove(at))
    }

    /// Whether one is so.
    pub fn any(&self, is: impl Fn(&Flow) -> bool) -> bool {
        self.all.iter().any(is)
    }

    /// Gives the flow that waits for this step a deadline, if it has none; the deadline's ticket.
    pub fn arm(&mut self, step: Ticket) -> Option<Ticket> {
        let timer = self.last + 1;
        let bare = |flow: &&mut Flow| flow.step == step && flow.timer == 0;
        self.all.iter_mut().find(bare)?.timer = timer;
        self.last = timer;
        Some(timer)
    }

    /// Takes out those that wait for the session.
    pub fn take_waiting(&mut self) -> Vec<Flow> {
        let (waiting, others) = core::mem::take(&mut self.all)
            .into_iter()
            .partition(|flow| flow.step == 0);
        self.all = others;
        waiting
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }
}
