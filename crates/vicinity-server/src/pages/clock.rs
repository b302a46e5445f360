//! A person confirms the server's clock, where it is in doubt.

use std::sync::Arc;

use axum::response::Response;

use crate::hub::Hub;
use crate::national::National;
use crate::pages::answer::{self, PageError};
use crate::pages::desk::Office;
use crate::pages::form::Form;
use crate::pages::seated::Seated;
use crate::routes::{Routes, pages};

pages! {
    /// Confirming a hub's clock.
    HubClock: "POST" "/clock" ManageDevices on "/",
    /// Confirming national's clock.
    NationalClock: "POST" "/clock" Review on "/",
}

/// Adds the form of a hub.
#[must_use]
pub fn of_hub(routes: Routes<Hub>) -> Routes<Hub> {
    routes.seated::<HubClock, _>(confirm_hub)
}

/// Adds the form of a national server.
#[must_use]
pub fn of_national(routes: Routes<National>) -> Routes<National> {
    routes.seated::<NationalClock, _>(confirm_national)
}

async fn confirm_hub(hub: Arc<Hub>, seated: Seated<HubClock>) -> Result<Response, PageError> {
    check(&seated.form)?;
    let clock = hub.desk().clock.clone();
    hub.gate.write(&seated, move |store| Ok(clock.confirm(store)?)).await?;
    tracing::info!(person = seated.session.number, "the clock was confirmed");
    // What waited may go to national now.
    hub.told();
    Ok(answer::done("/", "clock"))
}

async fn confirm_national(national: Arc<National>, seated: Seated<NationalClock>) -> Result<Response, PageError> {
    check(&seated.form)?;
    let clock = national.desk().clock.clone();
    national.gate.write(&seated, move |store| Ok(clock.confirm(store)?)).await?;
    tracing::info!(person = seated.session.number, "the clock was confirmed");
    Ok(answer::done("/", "clock"))
}

fn check(form: &Form) -> Result<(), PageError> {
    if form.get("sure") == "yes" { Ok(()) } else { Err(PageError::Refused("refused-not-sure")) }
}
