//! One thread owns a database, and commits the requests that wait together with one fsync.
//!
//! **Why.** SQLite has one writer, and an fsync costs far more than the work of a request. With one thread there are no lock waits
//! and no retries. In the benchmark W6 (`docs/BENCH.md`) 50 devices bring 20 incidents each at once: 150 requests, 1.09 s of wall
//! time and 0.73 s of the hub's processor, with fsync on.
//!
//! **Durability.** A caller gets its result after the commit that has its step, in WAL with `synchronous=FULL`: one fsync of the log.
//! What was answered survives a crash and a power cut. A step that panics is rolled back to its savepoint, alone. A step that
//! returns an error is committed: each call of the store that fails is undone by itself. If the commit fails, no step of the group
//! is kept, and each caller gets [`WriterError::NotKept`]. National commits each step by itself: its hubs are few.
//!
//! **Latency.** A step waits for the group that runs, then for its own group and its fsync. A group takes at most 32 steps
//! (`TOGETHER_MAX`) and no further step after 32,000 operations (`REQUEST_OPS`, meant as 250 ms of a small hub's processor: one
//! load of a document of 9,801 changes took 72 ms). There is no timer: a step that comes alone is committed alone, at once. After
//! each 32,000 operations the thread sleeps 6 ms, so that other processes get at the file.
//!
//! **Fairness.** Each device has a line of 16 steps at most, and lines take turns; all lines hold 128. Pages, health checks and the
//! server's own jobs go first, and have 128 places of their own. One step too many gets [`WriterError::Busy`].
//!
//! **Reading.** Devices are answered on this thread, because an answer reads what its request wrote. Pages are not: a writer over a
//! connection that cannot write runs each of the two readers ([`crate::storage::stores`]).

mod lines;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;
use vicinity_sync::message::Refused;

use crate::net::error::ApiError;
pub use crate::storage::writer::lines::Line;
use crate::storage::writer::lines::Lines;
pub(crate) use crate::storage::writer::lines::NOBODY;

/// Operations of one request, and of all requests under one commit: meant to be 250 ms of a small hub's processor, after one load of a
/// document of 9,801 changes took 72 ms.
pub const REQUEST_OPS: u64 = 32_000;
/// What any step costs that says nothing else of itself: a signature, some rows.
pub const STEP_OPS: u64 = 100;
/// Requests under one commit.
const TOGETHER_MAX: usize = 32;
/// After as much work as one commit may be: so long the store's file is free for other processes, which look every 2 ms.
const PAUSE: Duration = Duration::from_millis(6);

/// Why a step was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriterError {
    /// The queue is full.
    #[error("too many requests wait")]
    Busy,
    /// The commit failed, or the step panicked: none of it was kept.
    #[error("the step was not kept")]
    NotKept,
}

impl From<WriterError> for ApiError {
    fn from(error: WriterError) -> Self {
        Self::Refused(match error {
            WriterError::Busy => Refused::Busy,
            WriterError::NotKept => Refused::Failed,
        })
    }
}

/// A store that a writer can own.
pub trait Stored: Send + 'static {
    /// What a step sees.
    type Port: ?Sized;

    /// Runs steps under one commit: `next` runs one and says whether it is to be kept, or that there is none. A step that is not
    /// to be kept is undone, and only that. A store may run fewer than there are.
    ///
    /// # Errors
    /// Nothing of the steps was kept.
    fn together(
        &mut self,
        next: &mut dyn FnMut(&mut Self::Port) -> Option<bool>,
    ) -> Result<(), vicinity_store::StoreError>;
}

trait Job<P: ?Sized>: Send {
    /// Whether it finished, and how much work it was.
    fn run(&mut self, port: &mut P) -> (bool, u64);
    fn finish(self: Box<Self>, kept: bool);
}

struct ClosureJob<F, T> {
    step: Option<F>,
    result: Option<T>,
    reply: oneshot::Sender<Result<T, WriterError>>,
}

impl<P: ?Sized, T: Send, F: FnOnce(&mut P, &mut u64) -> T + Send> Job<P> for ClosureJob<F, T> {
    fn run(&mut self, port: &mut P) -> (bool, u64) {
        let mut ops = STEP_OPS;
        if let Some(step) = self.step.take() {
            // A bug in one request's step must not take the thread, and with it everybody's store, down.
            self.result = catch_unwind(AssertUnwindSafe(|| step(port, &mut ops))).ok();
        }
        (self.result.is_some(), ops)
    }

    fn finish(self: Box<Self>, kept: bool) {
        let result = self.result.filter(|_| kept).ok_or(WriterError::NotKept);
        // The caller may have gone: a kept step stays kept.
        self.reply.send(result).ok();
    }
}

/// What waits, and whether somebody may still add to it.
struct Queue<P: ?Sized> {
    jobs: Mutex<(Lines<Box<dyn Job<P>>>, bool)>,
    changed: Condvar,
}

impl<P: ?Sized> Queue<P> {
    fn locked(&self) -> MutexGuard<'_, (Lines<Box<dyn Job<P>>>, bool)> {
        // Nothing in here panics halfway.
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job, once there is one; nothing when there will be none.
    fn wait(&self) -> Option<Box<dyn Job<P>>> {
        let mut jobs = self.locked();
        loop {
            if let Some(job) = jobs.0.take_next() {
                return Some(job);
            }
            if jobs.1 {
                return None;
            }
            jobs = self
                .changed
                .wait(jobs)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn close(&self) {
        self.locked().1 = true;
        self.changed.notify_all();
    }
}

/// Closes the queue when the last who may add to it goes.
struct Closing<P: ?Sized>(Arc<Queue<P>>);

impl<P: ?Sized> Drop for Closing<P> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Closes the queue when the thread that takes from it ends, and drops what nobody will do.
struct Ended<P: ?Sized>(Arc<Queue<P>>);

impl<P: ?Sized> Drop for Ended<P> {
    fn drop(&mut self) {
        self.0.close();
        let left = std::mem::take(&mut self.0.locked().0);
        drop(left);
    }
}

/// The way to the thread that owns a store.
pub struct Writer<P: ?Sized> {
    queue: Arc<Closing<P>>,
}

impl<P: ?Sized> Clone for Writer<P> {
    fn clone(&self) -> Self {
        Self {
            queue: Arc::clone(&self.queue),
        }
    }
}

impl<P: ?Sized + 'static> Writer<P> {
    /// Starts the thread. It ends when the last `Writer` is dropped and the queue is empty; join it to know that.
    #[must_use]
    pub fn start(store: impl Stored<Port = P>) -> (Self, JoinHandle<()>) {
        let queue = Arc::new(Queue {
            jobs: Mutex::new((Lines::default(), false)),
            changed: Condvar::new(),
        });
        let jobs = Arc::clone(&queue);
        let thread = std::thread::spawn(move || work(store, &jobs));
        (
            Self {
                queue: Arc::new(Closing(queue)),
            },
            thread,
        )
    }

    /// Does a step before all that devices ask, and waits until it is durable.
    ///
    /// # Errors
    /// The queue is full, or nothing of the step was kept.
    pub async fn step<T: Send + 'static>(
        &self,
        step: impl FnOnce(&mut P) -> T + Send + 'static,
    ) -> Result<T, WriterError> {
        self.weighed(Line::First, move |port, _| step(port)).await
    }

    /// Does a step in its line's turn, and waits until it is durable. The step says how much work it is, in operations.
    ///
    /// # Errors
    /// The queue or the line is full, or nothing of the step was kept.
    pub async fn weighed<T: Send + 'static>(
        &self,
        line: Line,
        step: impl FnOnce(&mut P, &mut u64) -> T + Send + 'static,
    ) -> Result<T, WriterError> {
        let (reply, answer) = oneshot::channel();
        let job: Box<dyn Job<P>> = Box::new(ClosureJob {
            step: Some(step),
            result: None,
            reply,
        });
        self.add(line, job)?;
        answer.await.unwrap_or(Err(WriterError::NotKept))
    }

    /// Steps that wait before all that devices ask.
    #[cfg(test)]
    pub(crate) fn waiting_first(&self) -> usize {
        self.queue.0.locked().0.first()
    }

    fn add(&self, line: Line, job: Box<dyn Job<P>>) -> Result<(), WriterError> {
        let mut jobs = self.queue.0.locked();
        if jobs.1 {
            return Err(WriterError::NotKept);
        }
        jobs.0.push(line, job).map_err(|_| WriterError::Busy)?;
        self.queue.0.changed.notify_one();
        Ok(())
    }
}

/// Ends a store's threads: those that read first, one by one, then the one that writes. Two connections that close at the same moment
/// each take the other for one that stays, and leave what was written last in the log beside the database.
pub async fn end<P: ?Sized + 'static>(
    reading: [JoinHandle<()>; 2],
    last: Writer<P>,
    writing: JoinHandle<()>,
) {
    let ending = move || {
        // A thread that panicked has ended, too.
        for thread in reading {
            thread.join().ok();
        }
        drop(last);
        writing.join().ok();
    };
    tokio::task::spawn_blocking(ending).await.ok();
}

fn work<S: Stored>(mut store: S, queue: &Arc<Queue<S::Port>>) {
    let _ended = Ended(Arc::clone(queue));
    let mut since_pause = 0u64;
    while let Some(first) = queue.wait() {
        let (mut waiting, mut ran, mut ops) = (Some(first), Vec::new(), 0u64);
        let kept = store.together(&mut |port| {
            let has_room = ran.len() < TOGETHER_MAX && ops < REQUEST_OPS;
            let mut job = waiting.take().or_else(|| {
                if has_room {
                    queue.locked().0.take_next()
                } else {
                    None
                }
            })?;
            let (fine, took) = job.run(port);
            ops = ops.saturating_add(took);
            ran.push((job, fine));
            Some(fine)
        });
        if let Err(error) = &kept {
            tracing::error!(%error, requests = ran.len(), "commit failed");
        }
        if let Some(job) = waiting {
            // The store could not even begin.
            job.finish(false);
        }
        ran.into_iter()
            .for_each(|(job, fine)| job.finish(fine && kept.is_ok()));
        since_pause = since_pause.saturating_add(ops);
        if since_pause >= REQUEST_OPS {
            std::thread::sleep(PAUSE);
            since_pause = 0;
        }
    }
}

#[cfg(test)]
mod tests;
