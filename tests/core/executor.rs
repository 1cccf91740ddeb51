//! Runs futures as the queue of wasm-bindgen-futures does: who is woken first goes on first, and
//! one that is spawned comes after those that were woken before.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

/// The numbers of the tasks that can go on, in order.
type Ready = Arc<Mutex<VecDeque<usize>>>;

/// See the module's documentation.
#[derive(Default)]
pub struct Executor {
    /// None where one has ended, or is being polled.
    tasks: RefCell<Vec<Option<Task>>>,
    ready: Ready,
}

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    wakeup: Arc<Wakeup>,
}

struct Wakeup {
    task: usize,
    queued: AtomicBool,
    ready: Ready,
}

impl Wake for Wakeup {
    fn wake(self: Arc<Self>) {
        if !self.queued.swap(true, Ordering::Relaxed) {
            self.ready.lock().unwrap().push_back(self.task);
        }
    }
}

impl Executor {
    /// One more task; its first poll comes with the next [`Self::run`].
    pub fn spawn(&self, future: impl Future<Output = ()> + 'static) {
        let mut tasks = self.tasks.borrow_mut();
        let wakeup = Arc::new(Wakeup {
            task: tasks.len(),
            queued: AtomicBool::new(false),
            ready: Arc::clone(&self.ready),
        });
        Arc::clone(&wakeup).wake();
        let future = Box::pin(future);
        tasks.push(Some(Task { future, wakeup }));
    }

    /// Polls until nobody can go on.
    pub fn run(&self) {
        while let Some(at) = self.next() {
            let Some(mut task) = self.tasks.borrow_mut()[at].take() else {
                continue;
            };
            task.wakeup.queued.store(false, Ordering::Relaxed);
            let waker = Waker::from(Arc::clone(&task.wakeup));
            let poll = task.future.as_mut().poll(&mut Context::from_waker(&waker));
            if poll.is_pending() {
                self.tasks.borrow_mut()[at] = Some(task);
            }
        }
    }

    /// Drops every task where it stands.
    pub fn clear(&self) {
        let tasks = self.tasks.take();
        drop(tasks);
    }

    fn next(&self) -> Option<usize> {
        self.ready.lock().unwrap().pop_front()
    }
}
