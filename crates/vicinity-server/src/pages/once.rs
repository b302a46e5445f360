//! Forms that add something count once: who sends one again from the same page, by a second click, by going back or after the
//! server was started again, adds nothing and comes to where the first one led.
//!
//! That a form was taken is written in the same transaction as what it did (`Gate::write`); where it led, once that is known.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::Response;
use vicinity_store::forms::Forms;

use crate::access::gate::{CallerStore, Gate};
use crate::pages::answer::{self, PageError};

/// PasswordQueue of people: forms of one person wait for each other, for the second click comes while the first one is at work.
#[derive(Default)]
pub struct Once(Mutex<BTreeMap<u32, Arc<tokio::sync::Mutex<()>>>>);

impl Once {
    /// Does what a form asks, unless the same was done. `sent` is the hash of the whole form, its key with it.
    ///
    /// # Errors
    /// The store could not say whether it was done; nothing was done then.
    pub async fn run<P: Forms + CallerStore + ?Sized + 'static>(
        &self,
        forms: &Gate<P>,
        person: u32,
        sent: [u8; 32],
        work: impl Future<Output = Response>,
    ) -> Result<Response, PageError> {
        let turn = Arc::clone(
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(person)
                .or_default(),
        );
        let _turn = turn.lock().await;
        if let Some(place) = forms.taken(sent).await? {
            return Ok(answer::see_other(&place));
        }
        let response = work.await;
        let place = response
            .headers()
            .get(LOCATION)
            .filter(|_| response.status() == StatusCode::SEE_OTHER);
        let place = place
            .and_then(|place| place.to_str().ok())
            .map(str::to_owned);
        // What was done is done: that its place could not be noted is no failure of it.
        if let Err(error) = forms.note_taken(person, sent, place).await {
            tracing::warn!(?error, "where a form led was not noted");
        }
        Ok(response)
    }
}
