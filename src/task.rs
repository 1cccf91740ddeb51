//! What drives the flows: a list of futures, polled whenever something that they may wait for has come.
//!
//! No executor of JavaScript's is used. A flow then moves on inside the very call that brought the
//! answer: it needs no microtask (a macrotask on iOS 15 and older), a trap reaches the JavaScript that
//! made the call and can be told to the app, and the tests drive the same code step by step.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Waker};

/// The number of a flow.
pub type TaskId = u32;

type Flow = Pin<Box<dyn Future<Output = ()>>>;

/// The flows under way.
#[derive(Default)]
pub struct Tasks {
    running: RefCell<Vec<(TaskId, Flow)>>,
    spawned: RefCell<Vec<(TaskId, Flow)>>,
    last: Cell<TaskId>,
    /// To be dropped instead of polled.
    stopped: RefCell<Vec<TaskId>>,
    closed: Cell<bool>,
    polling: Cell<bool>,
    again: Cell<bool>,
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks")
            .field("polling", &self.polling)
            .finish_non_exhaustive()
    }
}

impl Tasks {
    /// Adds a flow. It starts with the next [`Self::run`].
    pub fn spawn(&self, flow: impl Future<Output = ()> + 'static) -> TaskId {
        let id = self.last.get() + 1;
        self.last.set(id);
        self.spawned.borrow_mut().push((id, Box::pin(flow)));
        id
    }

    /// Polls every flow until none of them can go on. Called from inside a flow (a callback of wx that
    /// comes synchronously), it asks the outer call for another round.
    pub fn run(&self) {
        self.again.set(true);
        if self.polling.replace(true) {
            return;
        }
        while self.again.replace(false) || !self.spawned.borrow().is_empty() {
            let mut running = self.running.borrow_mut();
            running.append(&mut self.spawned.borrow_mut());
            let mut context = Context::from_waker(Waker::noop());
            running.retain_mut(|(id, flow)| {
                let dead = self.closed.get() || self.stopped.borrow().contains(id);
                !dead && flow.as_mut().poll(&mut context).is_pending()
            });
            let gone = |id: &TaskId| running.iter().all(|(other, _)| other != id);
            let spawned = self.spawned.borrow();
            self.stopped
                .borrow_mut()
                .retain(|id| !gone(id) || spawned.iter().any(|(other, _)| other == id));
        }
        self.polling.set(false);
    }

    /// Drops a flow with the next [`Self::run`], before it is polled again.
    pub fn stop(&self, id: TaskId) {
        self.stopped.borrow_mut().push(id);
        self.again.set(true);
    }

    /// Drops every flow, and every one that is spawned later.
    pub fn close(&self) {
        self.closed.set(true);
        self.run();
    }

    /// How many flows are under way.
    pub fn len(&self) -> usize {
        self.spawned.borrow().len() + self.running.try_borrow().map_or(0, |running| running.len())
    }

    /// Whether no flow is under way.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
