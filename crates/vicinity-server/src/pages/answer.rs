//! Answers to browsers: pages, ways on, and what is shown when something did not go well.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    LOCATION, REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, Response as HttpResponse, StatusCode};
use axum::response::Response;
use vicinity_core::value::{FieldError, Problem};
use vicinity_pages::frame::Frame;
use vicinity_pages::words::Said;
use vicinity_pages::{Markup, board, entry};

pub use crate::access::page_error::PageError;

/// Nothing from elsewhere, nothing inline, in nobody's frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

impl PageError {
    fn status(&self) -> StatusCode {
        match self {
            Self::SignIn | Self::Again(_) => StatusCode::SEE_OTHER,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::NotAllowed | Self::OtherReader => StatusCode::FORBIDDEN,
            Self::Form => StatusCode::BAD_REQUEST,
            Self::Refused(_) | Self::RefusedAbout(..) | Self::Field(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::SlowDown(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn text(&self, frame: &Frame) -> String {
        let refused = |reason: &str| frame.with("error-refused", &[("reason", Said::Text(reason))]);
        match self {
            Self::SignIn => frame.t("sign-in-expired"),
            Self::NotFound => frame.t("error-not-found"),
            Self::NotAllowed => frame.t("error-not-allowed"),
            Self::Form => frame.t("error-form"),
            Self::Again(_) => frame.t("done-back"),
            Self::OtherReader => frame.t("error-other-reader"),
            Self::Refused(id) => refused(&frame.t(id)),
            Self::RefusedAbout(id, about) => {
                refused(&frame.with(id, &[("about", Said::Text(about))]))
            }
            Self::Field(error) => refused(&field(frame, error)),
            Self::TooLarge => frame.t("error-too-large"),
            Self::SlowDown(seconds) => {
                let span = frame.words.span((*seconds).max(60));
                frame.with("sign-in-wait", &[("span", Said::Text(&span))])
            }
            Self::Busy => frame.t("error-busy"),
            Self::Failed => frame.t("error-failed"),
        }
    }

    /// What is reported to who can repair it: something does not fit, or changed meanwhile.
    #[must_use]
    pub fn refusal(&self, frame: &Frame) -> Option<String> {
        (self.status() == StatusCode::UNPROCESSABLE_ENTITY).then(|| self.text(frame))
    }

    /// The answer, in the reader's words.
    #[must_use]
    pub fn answer(&self, frame: &Frame) -> Response {
        match self {
            Self::SignIn => return see_other("/sign-in"),
            Self::Again(page) => return done(page, "back"),
            _ => {}
        }
        let mut response = page_with(self.status(), &entry::error(frame, &self.text(frame)));
        if let Self::SlowDown(seconds) = self {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(*seconds));
        }
        response
    }
}

/// What is wrong with a field, by the label that its form has.
fn field(frame: &Frame, error: &FieldError) -> String {
    let about = board::label_of(frame, &error.path);
    let about = Said::Text(&about);
    match error.problem {
        Problem::Missing => frame.with("refused-empty", &[("about", about)]),
        Problem::TooManyLetters(letters) => frame.with(
            "refused-long",
            &[("about", about), ("count", Said::Count(letters as u64))],
        ),
        Problem::ImpossibleTime(_) => frame.with("refused-date", &[("about", about)]),
        Problem::ReasonNeeded => frame.t("refused-reason"),
        Problem::IncidentFull => frame.t("refused-full"),
        _ => frame.with("refused-field", &[("about", about)]),
    }
}

fn guarded(response: &mut Response) {
    let fixed: [(HeaderName, &'static str); 5] = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=()",
        ),
    ];
    for (name, value) in fixed {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    // What a page shows stays on no disk of the reader's.
    response
        .headers_mut()
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

/// A page.
#[must_use]
pub fn page(markup: &Markup) -> Response {
    page_with(StatusCode::OK, markup)
}

/// A page with another status.
#[must_use]
pub fn page_with(status: StatusCode, markup: &Markup) -> Response {
    let mut response = HttpResponse::new(Body::from(markup.0.clone()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    guarded(&mut response);
    response
}

/// The way on after a form was taken: a page that can be loaded again without sending anything again.
#[must_use]
pub fn see_other(path: &str) -> Response {
    let mut response = HttpResponse::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    // Paths are this server's own; one that is no header's value would be a bug, and leads home.
    response.headers_mut().insert(
        LOCATION,
        HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/")),
    );
    guarded(&mut response);
    response
}

/// The way on, with a notice of what was done: the id of a text, without its `done-`.
#[must_use]
pub fn done(path: &str, what: &str) -> Response {
    see_other(&format!(
        "{path}{}done={what}",
        if path.contains('?') { '&' } else { '?' }
    ))
}

/// A file to download.
#[must_use]
pub fn file(name: &str, content_type: &'static str, content: Vec<u8>) -> Response {
    let mut response = HttpResponse::new(Body::from(content));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    // Names are this server's own, of letters, digits and dashes.
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    response.headers_mut().insert(
        CONTENT_DISPOSITION,
        disposition.unwrap_or(HeaderValue::from_static("attachment")),
    );
    guarded(&mut response);
    response
}

/// Something that pages are made with: browsers may keep it permanently, since its path changes with it.
#[must_use]
pub fn asset(content_type: &'static str, content: &'static str) -> Response {
    let mut response = HttpResponse::new(Body::from(content));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(
        CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    guarded(&mut response);
    response
}
