//! Forms that add something count once: who sends one again from the same page, by a second click or by going back, adds
//! nothing and comes to where the first one led.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use crate::pages::answer;

/// Forms that are remembered of each person.
const KEPT_MAX: usize = 64;

/// Hashes of the forms of one person that were taken, and where each led.
type Kept = Arc<tokio::sync::Mutex<VecDeque<([u8; 32], HeaderValue)>>>;

/// Forms that were taken since the server started, by person. What was in them is not here.
#[derive(Default)]
pub struct Once(Mutex<BTreeMap<u32, Kept>>);

impl Once {
    /// Does what a form asks, unless the same was done. `sent` is the hash of the whole form, its key with it. Forms of one person wait
    /// for each other: the second click comes while the first one is at work.
    pub async fn run(&self, person: u32, sent: [u8; 32], work: impl Future<Output = Response>) -> Response {
        let kept = Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(person).or_default());
        let mut kept = kept.lock().await;
        if let Some((_, place)) = kept.iter().find(|(own, _)| *own == sent) {
            return answer::see_other(place.to_str().unwrap_or("/"));
        }
        let response = work.await;
        if response.status() == StatusCode::SEE_OTHER
            && let Some(place) = response.headers().get(LOCATION)
        {
            if kept.len() == KEPT_MAX {
                kept.pop_front();
            }
            kept.push_back((sent, place.clone()));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_form_counts_once_and_one_that_was_not_taken_counts_the_next_time() {
        let once = Once::default();
        let mut done = Vec::new();
        for (person, sent, taken) in [(1, 1, true), (1, 1, true), (1, 2, false), (1, 2, true), (2, 1, true)] {
            let work = async {
                done.push((person, sent, taken));
                if taken { answer::see_other("/there") } else { answer::page_with(StatusCode::UNPROCESSABLE_ENTITY, &vicinity_pages::Markup::default()) }
            };
            let response = once.run(person, [sent; 32], work).await;
            assert!(!taken || response.headers()[LOCATION] == "/there");
        }
        assert_eq!(done, [(1, 1, true), (1, 2, false), (1, 2, true), (2, 1, true)]);
    }

    #[tokio::test]
    async fn only_the_last_forms_of_a_person_are_remembered() {
        let once = Once::default();
        for sent in 0..=KEPT_MAX {
            once.run(1, [sent as u8; 32], async { answer::see_other("/") }).await;
        }
        let kept = Arc::clone(&once.0.lock().unwrap()[&1]);
        assert_eq!(kept.lock().await.len(), KEPT_MAX);
    }
}
