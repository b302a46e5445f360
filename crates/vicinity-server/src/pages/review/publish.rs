//! Publishing a month.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::response::Response;
use vicinity_core::counts::review::{Choice, HubShare, incidents};
use vicinity_core::published::last_closed;
use vicinity_core::time::Timestamp;
use vicinity_pages::review::{self, HubPart, PublishView, PublishedLine};
use vicinity_store::StoreError;
use vicinity_store::country::PublishedMonth;
use vicinity_store::national::HubRow;
use vicinity_store::review::ReviewStore;

use crate::api::server::NationalServer;
use crate::net::routes::Routes;
use crate::pages::answer::{self, PageError};
use crate::pages::form::Form;
use crate::pages::months::months_to;
use crate::pages::routes::pages;
use crate::pages::signed_in::SignedIn;
use crate::pages::site::PageServer;
use crate::storage::published::{self, Draft, PublishError};

/// Closed months that a person may choose of.
const MONTHS: usize = 36;

pages! {
    /// What would be published, and what was.
    PublishPage: "GET" "/publish" SeeReview,
    /// Publishing.
    Publish: "POST" "/publish" PublishMonth,
}

pub(super) fn routes<S: NationalServer + PageServer>(routes: Routes<S>) -> Routes<S> {
    routes
        .signed_in::<PublishPage, _>(page)
        .signed_in::<Publish, _>(publish)
}

impl From<PublishError> for PageError {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Store(error) => error.into(),
            PublishError::Doubt => Self::Refused("publish-refused-doubt"),
            PublishError::Twice(_) => Self::Refused("publish-refused-twice"),
            PublishError::Month
            | PublishError::Open { .. }
            | PublishError::Nothing(_)
            | PublishError::NoHub(_) => Self::Refused("publish-refused-month"),
        }
    }
}

/// What a form chose, of these hubs.
fn choice(form: &Form, hubs: &[HubRow]) -> Choice {
    let is_without = |hub: &&HubRow| form.get(&format!("without-{}", hub.number)) == "yes";
    Choice {
        without: hubs
            .iter()
            .filter(is_without)
            .map(|hub| hub.number)
            .collect::<BTreeSet<u32>>(),
        seen_only: form.get("seen") == "yes",
    }
}

async fn page<S: NationalServer + PageServer>(
    national: Arc<S>,
    request: SignedIn<PublishPage>,
) -> Result<Response, PageError> {
    let (now, is_doubted) = (request.frame.now, request.frame.clock_ahead.is_some());
    let (query, chosen) = (request.query.clone(), request.query.get("month").to_owned());
    let read = move |store: &mut (dyn ReviewStore + 'static)| {
        let hubs = store.hubs()?;
        let done = store.published("", "\u{ffff}")?;
        let open = open_months(store, &done, now)?;
        let choice = choice(&query, &hubs);
        let draft = if open.contains(&chosen) && !is_doubted {
            Some(published::draft(store, &chosen, &choice, now, false)?)
        } else {
            None
        };
        Ok(view(draft, choice, open, &hubs, done))
    };
    let view = national.gate().count(&request, read).await?;
    Ok(answer::page(&review::publish(&request.frame, &view)))
}

/// Closed months that hubs counted and nobody has published, the latest first.
fn open_months(
    store: &mut dyn ReviewStore,
    done: &[PublishedMonth],
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let months = months_to(&last_closed(now), MONTHS);
    let (Some(first), Some(last)) = (months.first(), months.last()) else {
        return Ok(Vec::new());
    };
    let counted = store.survivors(first, last)?;
    let is_open = |month: &String| {
        counted.contains_key(month) && done.iter().all(|published| published.month != *month)
    };
    Ok(months.into_iter().rev().filter(is_open).collect())
}

fn view(
    draft: Option<Draft>,
    choice: Choice,
    open: Vec<String>,
    hubs: &[HubRow],
    done: Vec<PublishedMonth>,
) -> PublishView {
    let part = |share: &HubShare| HubPart {
        number: share.hub,
        name: hubs
            .iter()
            .find(|hub| hub.number == share.hub)
            .and_then(|hub| hub.name.clone()),
        incidents: share.incidents.all,
        seen: share.incidents.seen,
        own_cells: share.own_cells,
        is_without: choice.without.contains(&share.hub),
    };
    let line = |of: PublishedMonth| PublishedLine {
        incidents: incidents(&of.cells),
        month: of.month,
        person: of.person,
        at: of.at,
        without: of.choice.without.len(),
        is_seen_only: of.choice.seen_only,
    };
    PublishView {
        month: draft
            .as_ref()
            .map_or_else(String::new, |draft| draft.month.clone()),
        open,
        hubs: draft
            .iter()
            .flat_map(|draft| &draft.shares)
            .map(part)
            .collect(),
        is_seen_only: choice.seen_only,
        incidents: draft.as_ref().and_then(|draft| incidents(&draft.cells)),
        cells: draft.as_ref().map_or(0, |draft| draft.cells.cells().len()),
        survivors: draft.as_ref().map_or(0, |draft| draft.survivors),
        published: done.into_iter().rev().map(line).collect(),
    }
}

async fn publish<S: NationalServer + PageServer>(
    national: Arc<S>,
    request: SignedIn<Publish>,
) -> Result<Response, PageError> {
    if request.form.get("sure") != "yes" {
        return Err(PageError::Refused("publish-refused-sure"));
    }
    let (now, is_doubted) = (request.frame.now, request.frame.clock_ahead.is_some());
    let (form, person) = (request.form.clone(), request.session.handle.clone());
    let step = move |store: &mut (dyn ReviewStore + 'static)| {
        let choice = choice(&form, &store.hubs()?);
        let draft = published::draft(store, form.get("month"), &choice, now, is_doubted)?;
        Ok(published::publish(store, draft, choice, &person, now)?)
    };
    national.gate().write(&request, step).await?;
    tracing::info!("a month was published");
    Ok(answer::done("/publish", "published"))
}
