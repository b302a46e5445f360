//! Tells browsers that something came in, by an event that says nothing else: what is new they ask for as always.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;
use tokio_stream::wrappers::WatchStream;
use tokio_stream::{Stream, StreamExt};

use crate::pages::answer::PageError;
use crate::pages::desk::Office;
use crate::pages::seated::Seated;
use crate::routes::pages;

/// Seconds between signs of life, so that nothing between here and the browser takes the line for dead.
const ALIVE_SECONDS: u64 = 25;
/// The count that ends every stream: a server that stops must not wait for browsers.
const ENDED: u64 = u64::MAX;

/// Who is told.
pub struct Live(watch::Sender<u64>);

impl Default for Live {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Clone for Live {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl Live {
    /// Something came in.
    pub fn tell(&self) {
        self.0.send_if_modified(|count| {
            let goes_on = *count != ENDED;
            if goes_on {
                *count += 1;
            }
            goes_on
        });
    }

    /// Ends every stream, now and from now on.
    pub fn end(&self) {
        self.0.send_replace(ENDED);
    }

    fn changes(&self) -> impl Stream<Item = Result<Event, Infallible>> + Send + use<> {
        // The first value is how it stood when the browser asked.
        let first = *self.0.borrow();
        let counts = WatchStream::new(self.0.subscribe()).take_while(|count| *count != ENDED).filter(move |count| *count != first);
        // Browsers pass over an event without data.
        counts.map(|_| Ok(Event::default().event("changed").data("1")))
    }
}

pages! {
    /// A line over which a browser hears that something came in.
    Listen: "GET" "/live" Settle on "/",
}

/// `GET /live`.
///
/// # Errors
/// None of its own.
pub async fn listen<S: Office>(server: Arc<S>, _: Seated<Listen>) -> Result<Response, PageError> {
    let alive = KeepAlive::new().interval(Duration::from_secs(ALIVE_SECONDS));
    Ok(Sse::new(server.desk().live.changes()).keep_alive(alive).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_browser_hears_what_comes_after_it_asked_and_the_end() {
        let live = Live::default();
        live.tell();
        let mut changes = Box::pin(live.changes());
        live.tell();
        assert!(changes.next().await.is_some());
        live.end();
        live.tell();
        assert!(changes.next().await.is_none());
        assert!(Box::pin(live.changes()).next().await.is_none());
    }
}
