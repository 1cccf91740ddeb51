//! Rule 20: the one door into the core. Nothing calls in while the core is at work; what it orders
//! waits in one queue, first in, first out, until the outermost call has returned.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use miniprogram_login::client::Client;
use miniprogram_login::event::{Event, LogEntry};

use crate::executor::Executor;
use crate::fake::Fake;
use crate::world::{Pending, StepId, World};

/// What the core ordered.
pub enum Entry {
    Start(Pending),
    Tell(Event),
    Log(LogEntry),
}

/// One instance of the core: what all its wxps share.
#[derive(Default)]
pub struct Instance {
    pub executor: Executor,
    queue: RefCell<VecDeque<(Rc<World>, Entry)>>,
    at_work: Cell<bool>,
    draining: Cell<bool>,
    last: Cell<StepId>,
}

impl Instance {
    /// A number for one more step.
    pub fn number(&self) -> StepId {
        self.last.set(self.last.get() + 1);
        self.last.get()
    }

    /// The core orders something.
    pub fn order(&self, world: &Rc<World>, entry: Entry) {
        assert!(self.at_work.get(), "an order that nobody at work gave");
        let entry = (Rc::clone(world), entry);
        self.queue.borrow_mut().push_back(entry);
    }

    /// Whether the step is still to begin.
    pub fn is_queued(&self, id: StepId) -> bool {
        let queue = self.queue.borrow();
        queue
            .iter()
            .any(|entry| is_start(entry, |_, step| step.id == id))
    }

    /// Takes the step from the queue, which has not begun, for which this holds.
    pub fn take(&self, is: impl Fn(&World, &Pending) -> bool) -> Option<Pending> {
        let mut queue = self.queue.borrow_mut();
        let at = queue.iter().position(|entry| is_start(entry, &is))?;
        match queue.remove(at) {
            Some((_, Entry::Start(pending))) => Some(pending),
            _ => None,
        }
    }

    /// Nothing of this world's begins any more, and nobody of it is told anything.
    pub fn forget(&self, world: &World) {
        let mut queue = self.queue.borrow_mut();
        queue.retain(|(other, _)| !std::ptr::eq(&**other, world));
    }

    /// Whether all that was ordered has been done.
    pub fn is_idle(&self) -> bool {
        self.queue.borrow().is_empty() && !self.draining.get()
    }

    /// A call into the core. The outermost one is followed by all that it led to.
    pub fn enter<R>(&self, call: impl FnOnce() -> R) -> R {
        self.turn(|| self.work(call))
    }

    /// What calls in more than once, as one entry may, before what that led to follows.
    pub fn turn<R>(&self, turn: impl FnOnce() -> R) -> R {
        let outermost = !self.draining.replace(true);
        let result = turn();
        if outermost {
            self.drain();
            self.draining.set(false);
        }
        result
    }

    fn drain(&self) {
        loop {
            self.work(|| self.executor.run());
            // Who waited has gone on; now one entry, which may call in.
            let next = self.queue.borrow_mut().pop_front();
            let Some((world, entry)) = next else { return };
            world.perform(entry);
        }
    }

    fn work<R>(&self, work: impl FnOnce() -> R) -> R {
        assert!(
            !self.at_work.replace(true),
            "somebody calls in while the core is at work"
        );
        let result = work();
        self.at_work.set(false);
        result
    }
}

fn is_start((world, entry): &(Rc<World>, Entry), is: impl Fn(&World, &Pending) -> bool) -> bool {
    matches!(entry, Entry::Start(pending) if is(world, pending))
}

impl World {
    /// A call into this world's client.
    pub fn enter<R>(&self, call: impl FnOnce(&Client<Fake>) -> R) -> R {
        let client = self.client();
        self.instance.enter(|| call(&client))
    }
}
