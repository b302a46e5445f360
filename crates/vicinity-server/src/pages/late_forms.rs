//! What somebody sent when their session had ended: kept in memory for a while, so that it comes back into its form once they have
//! signed in. On no disk, in no address, and only what came from a page that this server had made for that person.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use vicinity_core::time::Timestamp;
use vicinity_pages::frame::Frame;
use vicinity_pages::refill::{self, Sent};

/// Seconds for which something is kept.
const KEPT_SECONDS: i64 = 30 * 60;
/// Forms that are kept for one person.
const OF_PERSON_MAX: usize = 4;
/// Bytes of all that is kept; what is oldest goes first.
const BYTES_MAX: usize = 4 << 20;
/// Fields that are of the page, or that people are to say again.
const NEVER: [&str; 5] = ["csrf", "once", "sure", "token", "password"];

struct LateForm {
    person: u32,
    page: String,
    action: String,
    fields: Vec<(String, String)>,
    since: i64,
}

impl LateForm {
    fn bytes(&self) -> usize {
        let fields = self
            .fields
            .iter()
            .map(|(name, value)| name.len() + value.len() + 64);
        self.page.len() + self.action.len() + fields.sum::<usize>()
    }

    fn is_fresh(&self, now: Timestamp) -> bool {
        (0..=KEPT_SECONDS).contains(&now.as_second().saturating_sub(self.since))
    }
}

/// Forms that wait until their sender signs in.
#[derive(Default)]
pub struct LateForms(Mutex<VecDeque<LateForm>>);

impl LateForms {
    /// What is kept and not too old. A clock that was set back drops what is from later.
    fn fresh(&self, now: Timestamp) -> MutexGuard<'_, VecDeque<LateForm>> {
        let mut forms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        forms.retain(|form| form.is_fresh(now));
        forms
    }

    /// Keeps what somebody sent from a page. `false` if there was nothing in it to keep.
    pub fn keep(
        &self,
        person: u32,
        page: &str,
        action: &str,
        fields: &[(String, String)],
        now: Timestamp,
    ) -> bool {
        let fields: Vec<_> = fields
            .iter()
            .filter(|(name, _)| !NEVER.contains(&name.as_str()))
            .cloned()
            .collect();
        if fields.iter().all(|(_, value)| value.trim().is_empty()) {
            return false;
        }
        let mut forms = self.fresh(now);
        forms.retain(|form| (form.person, form.action.as_str()) != (person, action));
        if forms.iter().filter(|form| form.person == person).count() >= OF_PERSON_MAX
            && let Some(oldest) = forms.iter().position(|form| form.person == person)
        {
            forms.remove(oldest);
        }
        forms.push_back(LateForm {
            person,
            page: page.to_owned(),
            action: action.to_owned(),
            fields,
            since: now.as_second(),
        });
        while forms.iter().map(LateForm::bytes).sum::<usize>() > BYTES_MAX {
            forms.pop_front();
        }
        true
    }

    /// The page that the newest of what waits for somebody stood on.
    #[must_use]
    pub fn page_of(&self, person: u32, now: Timestamp) -> Option<String> {
        self.fresh(now)
            .iter()
            .rev()
            .find(|form| form.person == person)
            .map(|form| form.page.clone())
    }

    /// Forgets what was sent to a place: it has arrived by now.
    pub fn forget(&self, person: u32, action: &str, now: Timestamp) {
        self.fresh(now)
            .retain(|form| (form.person, form.action.as_str()) != (person, action));
    }

    /// What waits for somebody on a page.
    fn on(&self, person: u32, page: &str, now: Timestamp) -> Vec<(String, Vec<(String, String)>)> {
        let forms = self.fresh(now);
        let here = forms
            .iter()
            .filter(|form| form.person == person && form.page == page);
        here.map(|form| (form.action.clone(), form.fields.clone()))
            .collect()
    }

    /// A page with what waits for its reader back in its forms.
    pub async fn refilled(
        &self,
        person: u32,
        page: &str,
        frame: &Frame,
        response: Response,
    ) -> Response {
        let forms = self.on(person, page, frame.now);
        let is_page = response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        if forms.is_empty() || response.status() != StatusCode::OK || !is_page {
            return response;
        }
        let (head, body) = response.into_parts();
        // Made in memory a moment ago: it can be read.
        let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
            return Response::from_parts(head, Body::empty());
        };
        let mut html = String::from_utf8_lossy(&bytes).into_owned();
        for (action, fields) in &forms {
            html = refill::refilled(frame, &html, &Sent { action, fields });
        }
        Response::from_parts(head, Body::from(html))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn fields(text: &str) -> Vec<(String, String)> {
        vec![
            ("csrf".to_owned(), "x".to_owned()),
            ("note".to_owned(), text.to_owned()),
            ("sure".to_owned(), "yes".to_owned()),
        ]
    }

    #[test]
    fn what_was_typed_waits_for_who_typed_it_for_half_an_hour() {
        let kept = LateForms::default();
        assert!(kept.keep(1, "/report", "/report", &fields("two words"), at(0)));
        assert_eq!(
            kept.page_of(1, at(KEPT_SECONDS)).as_deref(),
            Some("/report")
        );
        assert_eq!(
            kept.on(1, "/report", at(0)),
            [(
                "/report".to_owned(),
                vec![("note".to_owned(), "two words".to_owned())]
            )]
        );
        assert!(
            kept.on(2, "/report", at(0)).is_empty()
                && kept.on(1, "/", at(0)).is_empty()
                && kept.page_of(2, at(0)).is_none()
        );
        assert!(
            kept.page_of(1, at(KEPT_SECONDS + 1)).is_none(),
            "and no longer"
        );
        assert!(kept.keep(1, "/report", "/report", &fields("again"), at(100)));
        assert!(
            kept.page_of(1, at(99)).is_none(),
            "nor if the clock was set back"
        );
    }

    #[test]
    fn what_has_arrived_or_says_nothing_is_not_kept() {
        let kept = LateForms::default();
        assert!(!kept.keep(1, "/", "/sign-out", &fields(" "), at(0)));
        kept.keep(1, "/a", "/a", &fields("x"), at(0));
        kept.keep(1, "/b", "/b", &fields("x"), at(0));
        kept.forget(1, "/b", at(0));
        assert_eq!(kept.page_of(1, at(0)).as_deref(), Some("/a"));
    }

    #[test]
    fn a_person_has_four_forms_and_all_together_some_megabytes() {
        let kept = LateForms::default();
        for number in 0..10 {
            kept.keep(1, "/p", &format!("/p/{number}"), &fields("x"), at(0));
        }
        kept.keep(1, "/p", "/p/9", &fields("y"), at(0));
        assert_eq!(kept.on(1, "/p", at(0)).len(), OF_PERSON_MAX);
        for person in 0..200 {
            kept.keep(person, "/p", "/p", &fields(&"x".repeat(60_000)), at(1));
        }
        let forms = kept.0.lock().unwrap();
        assert!(forms.iter().map(LateForm::bytes).sum::<usize>() <= BYTES_MAX && forms.len() > 60);
    }
}
