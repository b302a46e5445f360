//! Tells browsers that something came in, by an event that says nothing else: what is new they ask for as always. Before each
//! event, and now and then between, it is looked whether the session continues; a stream ends with its session.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::response::sse::Event;
use tokio::sync::watch;
use tokio::time::{Instant, interval_at};
use tokio_stream::wrappers::{IntervalStream, WatchStream};
use tokio_stream::{Stream, StreamExt};

/// Time between signs of life, so that nothing between here and the browser takes the line for dead.
pub(crate) const ALIVE: Duration = Duration::from_secs(25);
/// Streams of one session: people have several tabs. One more is refused, and its page shows what is new when it is loaded.
const STREAMS_MAX: u32 = 8;
/// The count that ends every stream: a server that stops must not wait for browsers.
const ENDED: u64 = u64::MAX;

/// Streams by their session's token hash.
type Streams = Arc<Mutex<BTreeMap<[u8; 32], u32>>>;

/// The browsers that listen. Clones are the same browsers.
#[derive(Clone)]
pub struct Live {
    count: watch::Sender<u64>,
    streams: Streams,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            count: watch::Sender::new(0),
            streams: Streams::default(),
        }
    }
}

impl Live {
    /// Something came in.
    pub fn tell(&self) {
        self.count.send_if_modified(|count| {
            let goes_on = *count != ENDED;
            if goes_on {
                *count += 1;
            }
            goes_on
        });
    }

    /// Ends every stream, now and from now on.
    pub fn end(&self) {
        self.count.send_replace(ENDED);
    }

    /// A place for one more stream of a session; `None` if it has as many as it may.
    pub(crate) fn slot(&self, session: [u8; 32]) -> Option<StreamSlot> {
        let mut streams = locked(&self.streams);
        let taken = streams.entry(session).or_insert(0);
        if *taken >= STREAMS_MAX {
            return None;
        }
        *taken += 1;
        Some(StreamSlot {
            streams: Arc::clone(&self.streams),
            session,
        })
    }

    /// The news for a browser, as long as its session continues.
    pub(crate) fn changes<F: Future<Output = bool> + Send, G: Fn() -> F + Send>(
        &self,
        slot: StreamSlot,
        alive: Duration,
        goes_on: G,
    ) -> impl Stream<Item = Result<Event, Infallible>> + Send + use<F, G> {
        // The first value is the state at the browser's request.
        let first = *self.count.borrow();
        let counts = WatchStream::new(self.count.subscribe()).map(Some);
        let beats = IntervalStream::new(interval_at(Instant::now() + alive, alive)).map(|_| None);
        let heard = counts
            .merge(beats)
            .take_while(|count| *count != Some(ENDED))
            .filter(move |count| *count != Some(first));
        let looked = heard.then(move |count| {
            let goes_on = goes_on();
            async move { goes_on.await.then_some(count) }
        });
        looked.map_while(move |looked| {
            let _ = &slot;
            // Browsers pass over an event without data.
            looked.map(|count| {
                Ok(count.map_or_else(
                    || Event::default().comment(""),
                    |_| Event::default().event("changed").data("1"),
                ))
            })
        })
    }
}

/// A stream among those of its session, until it is dropped.
pub(crate) struct StreamSlot {
    streams: Streams,
    session: [u8; 32],
}

impl Drop for StreamSlot {
    fn drop(&mut self) {
        let mut streams = locked(&self.streams);
        if let Some(taken) = streams.get_mut(&self.session) {
            *taken -= 1;
            if *taken == 0 {
                streams.remove(&self.session);
            }
        }
    }
}

fn locked(streams: &Mutex<BTreeMap<[u8; 32], u32>>) -> MutexGuard<'_, BTreeMap<[u8; 32], u32>> {
    streams.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    const SESSION: [u8; 32] = [1; 32];

    #[tokio::test]
    async fn a_browser_hears_what_comes_after_it_asked_and_the_end() {
        let live = Live::default();
        let changes = || Box::pin(live.changes(live.slot(SESSION).unwrap(), ALIVE, || ready(true)));
        live.tell();
        let mut listening = changes();
        live.tell();
        assert!(listening.next().await.is_some());
        live.end();
        live.tell();
        assert!(listening.next().await.is_none());
        assert!(changes().next().await.is_none());
    }

    #[tokio::test]
    async fn a_stream_ends_with_its_session_whether_something_comes_in_or_nothing_does() {
        for (alive, comes_in) in [(ALIVE, true), (Duration::from_millis(1), false)] {
            let (live, signed_in) = (Live::default(), AtomicBool::new(true));
            let mut changes = Box::pin(live.changes(live.slot(SESSION).unwrap(), alive, || {
                ready(signed_in.load(Ordering::Relaxed))
            }));
            live.tell();
            assert!(changes.next().await.is_some());
            signed_in.store(false, Ordering::Relaxed);
            if comes_in {
                live.tell();
            }
            assert!(
                changes.next().await.is_none(),
                "something comes in: {comes_in}"
            );
        }
    }

    #[tokio::test]
    async fn a_session_has_so_many_streams_and_one_that_ends_makes_room() {
        let live = Live::default();
        let mut places: Vec<_> = (0..STREAMS_MAX)
            .map(|_| live.slot(SESSION).unwrap())
            .collect();
        assert!(live.slot(SESSION).is_none());
        assert!(live.slot([2; 32]).is_some());
        drop(live.changes(places.pop().unwrap(), ALIVE, || ready(true)));
        places.push(live.slot(SESSION).unwrap());
        places.clear();
        assert!(locked(&live.streams).is_empty());
    }
}
