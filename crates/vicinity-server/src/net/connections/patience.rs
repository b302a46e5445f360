//! How long one waits for the other end: a stream that fails when nothing of what is written is taken, and a timer for requests'
//! heads that does not run out while an answer is on its way.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// Seconds until a request's head must be there, also the next one's of a connection that is kept: longer than clients keep
/// one (15), so that none is closed while a request is on its way.
pub const HEAD_SECONDS: u64 = 20;
/// Seconds in which the other end must take something of what is written: a slow phone takes little, one that is gone nothing.
pub const TAKEN_SECONDS: u64 = 60;

/// A stream whose other end must go on taking what is written.
pub struct Patient<S> {
    stream: S,
    /// Something is written that the other end has no room for.
    behind: Arc<AtomicBool>,
    /// Runs while it is so.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            behind: Arc::default(),
            stalled: None,
        }
    }

    /// The timer for the heads of requests over this stream.
    pub fn head_timer(&self) -> HeadTimer {
        HeadTimer(Arc::clone(&self.behind))
    }

    fn watched(
        &mut self,
        written: Poll<io::Result<usize>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.behind.store(written.is_pending(), Ordering::Relaxed);
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| {
            Box::pin(tokio::time::sleep(Duration::from_secs(TAKEN_SECONDS)))
        });
        stalled
            .as_mut()
            .poll(context)
            .map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watched(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.watched(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Hyper's timer. Hyper waits for the next head as soon as it has an answer in its buffer, and would cut one off that a slow
/// link takes longer for.
pub struct HeadTimer(Arc<AtomicBool>);

impl hyper::rt::Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(Waiting {
            sleep: Box::pin(tokio::time::sleep_until(deadline.into())),
            behind: Arc::clone(&self.0),
        })
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into()
    }
}

struct Waiting {
    sleep: Pin<Box<Sleep>>,
    behind: Arc<AtomicBool>,
}

impl hyper::rt::Sleep for Waiting {}

impl Future for Waiting {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.sleep.as_mut().poll(context));
            if !self.behind.load(Ordering::Relaxed) {
                return Poll::Ready(());
            }
            self.sleep
                .as_mut()
                .reset(tokio::time::Instant::now() + Duration::from_secs(HEAD_SECONDS));
        }
    }
}
