//! `GET /live`: the stream by which a browser learns that something came in ([`crate::net::live`]).

use std::sync::Arc;

use axum::response::sse::Sse;
use axum::response::{IntoResponse, Response};

use crate::net::live::ALIVE;
use crate::pages::answer::PageError;
use crate::pages::routes::pages;
use crate::pages::signed_in::SignedIn;
use crate::pages::site::{PageServer, Site};

pages! {
    /// A line over which a browser hears that something came in.
    Listen: "GET" "/live" Settle on "/",
}

/// `GET /live`.
///
/// # Errors
/// Too many streams of this session.
pub async fn listen<S: PageServer>(
    server: Arc<S>,
    request: SignedIn<Listen>,
) -> Result<Response, PageError> {
    let session = request.token_hash;
    let slot = server.site().live.slot(session).ok_or(PageError::Busy)?;
    let asked = Arc::clone(&server);
    let goes_on = move || {
        let server = Arc::clone(&asked);
        async move { session_goes_on(server.site(), session).await }
    };
    Ok(Sse::new(server.site().live.changes(slot, ALIVE, goes_on)).into_response())
}

/// Where that cannot be found out the stream ends, and the browser asks again.
async fn session_goes_on(site: &Site, session: [u8; 32]) -> bool {
    let now = (site.machine.now)();
    matches!(
        site.people
            .step(move |people| people.session(session, false, now))
            .await,
        Ok(Ok(Some(_)))
    )
}
