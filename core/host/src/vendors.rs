//! The threads that vendors' calls run on: one processor fewer than there are, and
//! below the priority of everything else, so that a plugin that computes for its
//! whole deadline costs its neighbours little.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::time::Duration;

use crate::permits::lock;
use crate::{CallError, Error};

type Task = Box<dyn FnOnce() + Send>;

/// The pool of threads.
pub(crate) struct Vendors {
    queue: Arc<Queue>,
    threads: Mutex<Vec<std::thread::JoinHandle<()>>>,
}

#[derive(Default)]
struct Queue {
    tasks: Mutex<(VecDeque<Task>, bool)>,
    arrived: Condvar,
}

/// How much a background thread gives way. Idle class would do so entirely, but a
/// thread that holds a lock of the journal while it never runs stops everybody.
const NICE: i32 = 10;

/// Lowers the calling thread below the requests of first-party plugins.
pub(crate) fn give_way() {
    // SAFETY: `gettid` and `setpriority` take plain numbers and touch no memory; on
    // Linux a thread's id names that thread alone.
    let lowered = unsafe {
        let thread = libc::gettid();
        libc::setpriority(libc::PRIO_PROCESS, libc::id_t::try_from(thread).unwrap_or(0), NICE)
    };
    if lowered != 0 {
        log::warn!("a background thread keeps its priority: {}", std::io::Error::last_os_error());
    }
}

impl Vendors {
    /// Starts the threads.
    pub(crate) fn start() -> Result<Self, Error> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let queue = Arc::new(Queue::default());
        let mut threads = Vec::new();
        for _ in 0..cores.saturating_sub(1).max(1) {
            let queue = Arc::clone(&queue);
            threads.push(std::thread::Builder::new().name("tram-vendor".into()).stack_size(2 << 20).spawn(
                move || {
                    give_way();
                    while let Some(task) = queue.next() {
                        task();
                    }
                },
            )?);
        }
        Ok(Self { queue, threads: Mutex::new(threads) })
    }

    /// Runs a call on one of the threads and waits for it.
    pub(crate) fn run<R: Send + 'static>(
        &self,
        patience: Duration,
        call: impl FnOnce() -> Result<R, CallError> + Send + 'static,
    ) -> Result<R, CallError> {
        let (sender, receiver) = mpsc::sync_channel(1);
        {
            let mut tasks = lock(&self.queue.tasks);
            if tasks.1 {
                return Err(CallError::Busy);
            }
            tasks.0.push_back(Box::new(move || {
                // The caller may have stopped waiting.
                let _ = sender.send(call());
            }));
        }
        self.queue.arrived.notify_one();
        receiver.recv_timeout(patience).unwrap_or(Err(CallError::Busy))
    }

    /// Ends the threads after what they are at.
    pub(crate) fn stop(&self) {
        {
            let mut tasks = lock(&self.queue.tasks);
            tasks.0.clear();
            tasks.1 = true;
        }
        self.queue.arrived.notify_all();
        for thread in lock(&self.threads).drain(..) {
            let _ = thread.join();
        }
    }
}

impl Queue {
    fn next(&self) -> Option<Task> {
        let mut tasks = lock(&self.tasks);
        loop {
            if let Some(task) = tasks.0.pop_front() {
                return Some(task);
            }
            if tasks.1 {
                return None;
            }
            tasks = self.arrived.wait(tasks).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
