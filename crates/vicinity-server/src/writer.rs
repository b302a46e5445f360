//! One thread owns the store. Requests queue before it; those that wait together are committed with one fsync, and
//! nobody is answered before that.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

/// Requests that may wait. One more is answered with "busy".
const QUEUE_MAX: usize = 128;
/// Requests under one commit.
const TOGETHER_MAX: usize = 32;

/// Why a step was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriterError {
    /// The queue is full.
    #[error("too many requests wait")]
    Busy,
    /// The commit failed, or the step panicked: nothing of it was kept.
    #[error("the step was not kept")]
    NotKept,
}

/// A store that a writer can own.
pub trait Stored: Send + 'static {
    /// What a step sees.
    type Port: ?Sized;

    /// Runs steps under one commit, and keeps nothing if `steps` says `false`.
    ///
    /// # Errors
    /// Nothing of the steps was kept.
    fn together(&mut self, steps: &mut dyn FnMut(&mut Self::Port) -> bool) -> Result<(), vicinity_store::StoreError>;
}

trait Job<P: ?Sized>: Send {
    /// Whether it came to its end.
    fn run(&mut self, port: &mut P) -> bool;
    fn finish(self: Box<Self>, kept: bool);
}

struct Step<F, T> {
    step: Option<F>,
    result: Option<T>,
    reply: oneshot::Sender<Result<T, WriterError>>,
}

impl<P: ?Sized, T: Send, F: FnOnce(&mut P) -> T + Send> Job<P> for Step<F, T> {
    fn run(&mut self, port: &mut P) -> bool {
        if let Some(step) = self.step.take() {
            // A bug in one request's step must not take the thread, and with it everybody's store, down.
            self.result = catch_unwind(AssertUnwindSafe(|| step(port))).ok();
        }
        self.result.is_some()
    }

    fn finish(self: Box<Self>, kept: bool) {
        let result = self.result.filter(|_| kept).ok_or(WriterError::NotKept);
        // Whoever asked may have gone: what was kept stays kept.
        self.reply.send(result).ok();
    }
}

/// The way to the thread that owns a store.
pub struct Writer<P: ?Sized> {
    queue: SyncSender<Box<dyn Job<P>>>,
}

impl<P: ?Sized> Clone for Writer<P> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone() }
    }
}

impl<P: ?Sized + 'static> Writer<P> {
    /// Starts the thread. It ends when the last `Writer` is dropped and the queue is empty; join it to know that.
    #[must_use]
    pub fn start(store: impl Stored<Port = P>) -> (Self, JoinHandle<()>) {
        let (queue, jobs) = mpsc::sync_channel(QUEUE_MAX);
        let thread = std::thread::spawn(move || work(store, &jobs));
        (Self { queue }, thread)
    }

    /// Does a step and waits until it is durable.
    ///
    /// # Errors
    /// The queue is full, or nothing of the step was kept.
    pub async fn step<T: Send + 'static>(&self, step: impl FnOnce(&mut P) -> T + Send + 'static) -> Result<T, WriterError> {
        let (reply, answer) = oneshot::channel();
        let job: Box<dyn Job<P>> = Box::new(Step { step: Some(step), result: None, reply });
        self.queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => WriterError::Busy,
            TrySendError::Disconnected(_) => WriterError::NotKept,
        })?;
        answer.await.unwrap_or(Err(WriterError::NotKept))
    }
}

/// Ends a store's threads: those that read first, one by one, then the one that writes. Two connections that close at the same moment
/// each take the other for one that stays, and leave what was written last in the log beside the database.
pub async fn end<P: ?Sized + 'static>(reading: [JoinHandle<()>; 2], last: Writer<P>, writing: JoinHandle<()>) {
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

fn work<S: Stored>(mut store: S, jobs: &Receiver<Box<dyn Job<S::Port>>>) {
    while let Ok(first) = jobs.recv() {
        let mut together = vec![first];
        while together.len() < TOGETHER_MAX
            && let Ok(next) = jobs.try_recv()
        {
            together.push(next);
        }
        // A step that panicked may have left anything behind: all that ran beside it is taken back, and asked again.
        let kept = store.together(&mut |port| together.iter_mut().all(|job| job.run(port)));
        if let Err(error) = &kept {
            tracing::error!(%error, requests = together.len(), "commit failed");
        }
        together.into_iter().for_each(|job| job.finish(kept.is_ok()));
    }
}
