//! A person confirms the server's clock, where it is in doubt.

use std::sync::Arc;

use axum::response::Response;

use crate::api::server::HubServer;
use crate::api::server::NationalServer;
use crate::net::routes::Routes;
use crate::pages::answer::{self, PageError};
use crate::pages::form::Form;
use crate::pages::routes::pages;
use crate::pages::signed_in::SignedIn;
use crate::pages::site::PageServer;

pages! {
    /// Confirming a hub's clock.
    HubClock: "POST" "/clock" ManageDevices on "/",
    /// Confirming national's clock.
    NationalClock: "POST" "/clock" Review on "/",
}

/// Adds the form of a hub.
#[must_use]
pub fn of_hub<S: HubServer + PageServer>(routes: Routes<S>) -> Routes<S> {
    routes.signed_in::<HubClock, _>(confirm_hub)
}

/// Adds the form of a national server.
#[must_use]
pub fn of_national<S: NationalServer + PageServer>(routes: Routes<S>) -> Routes<S> {
    routes.signed_in::<NationalClock, _>(confirm_national)
}

async fn confirm_hub<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<HubClock>,
) -> Result<Response, PageError> {
    check(&request.form)?;
    let clock = hub.site().clock.clone();
    hub.gate()
        .write(&request, move |store| Ok(clock.confirm(store)?))
        .await?;
    tracing::info!(person = request.session.number, "the clock was confirmed");
    // What waited may go to national now.
    hub.changed();
    Ok(answer::done("/", "clock"))
}

async fn confirm_national<S: NationalServer + PageServer>(
    national: Arc<S>,
    request: SignedIn<NationalClock>,
) -> Result<Response, PageError> {
    check(&request.form)?;
    let clock = national.site().clock.clone();
    national
        .gate()
        .write(&request, move |store| Ok(clock.confirm(store)?))
        .await?;
    tracing::info!(person = request.session.number, "the clock was confirmed");
    Ok(answer::done("/", "clock"))
}

fn check(form: &Form) -> Result<(), PageError> {
    if form.get("sure") == "yes" {
        Ok(())
    } else {
        Err(PageError::Refused("refused-not-sure"))
    }
}
