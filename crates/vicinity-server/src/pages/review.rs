//! The pages of the national review.

mod countries;
mod picture;
mod publish;
mod queue;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use axum::response::Response;
use vicinity_core::band::Band;
use vicinity_core::time::{SignedDuration, Timestamp};
use vicinity_pages::review::{self, HubLine, NewsView};
use vicinity_store::national::HubRow;
use vicinity_store::review::COUNTED_MAX;
use vicinity_store::review::ReviewStore;

use crate::api::server::NationalServer;
use crate::net::routes::Routes;
use crate::pages::answer::{self, PageError};
use crate::pages::exports;
use crate::pages::months::{month_of, months_to};
use crate::pages::pattern::{self, PatternServer};
use crate::pages::routes::pages;
use crate::pages::signed_in::SignedIn;
use crate::pages::site::PageServer;

/// Days without a word after which a hub is called silent.
const SILENT_DAYS: i64 = 14;
/// Months of a hub's strip.
const STRIP_MONTHS: usize = 12;

pages! {
    /// What changed since the reader last looked.
    NewsPage: "GET" "/" SeeReview,
    /// Having looked.
    Looked: "POST" "/looked" Review on "/",
    /// Changing what people call a hub.
    NameHub: "POST" "/hubs/name" Review on "/hubs",
    /// Hubs, and which are silent.
    Hubs: "GET" "/hubs" SeeReview,
}

/// Adds the pages of a national server.
#[must_use]
pub fn routes<S: NationalServer + PatternServer>(routes: Routes<S>) -> Routes<S> {
    let routes = routes
        .signed_in::<NewsPage, _>(news)
        .signed_in::<Looked, _>(looked)
        .signed_in::<NameHub, _>(name_hub)
        .signed_in::<Hubs, _>(hubs);
    let routes = publish::routes(picture::routes(queue::routes(routes)));
    exports::of_national(pattern::routes(countries::routes(routes)))
}

fn is_silent(hub: &HubRow, now: Timestamp) -> bool {
    let before = now
        .checked_sub(SignedDuration::from_hours(24 * SILENT_DAYS))
        .unwrap_or(now);
    // A time ahead of the clock was noted by one that was wrong: how long ago it was, is unknown.
    hub.last_seen
        .is_none_or(|at| at < before || at.duration_since(now) > SignedDuration::from_hours(24))
}

async fn news<S: NationalServer + PageServer>(
    national: Arc<S>,
    request: SignedIn<NewsPage>,
) -> Result<Response, PageError> {
    let (since, now) = (request.session.looked_at, request.frame.now);
    let (news, hubs) = national
        .gate()
        .read(&request, move |store| {
            Ok((store.news(since)?, store.hubs()?))
        })
        .await?;
    let view = NewsView {
        since: (since != Timestamp::UNIX_EPOCH).then_some(since),
        counted_max: COUNTED_MAX,
        new: news.new,
        changed: news.changed,
        gone: news.gone,
        answered: news.answered,
        waiting: news.waiting,
        silent: hubs
            .iter()
            .filter(|hub| is_silent(hub, now))
            .map(|hub| (hub.number, hub.last_seen))
            .collect(),
    };
    Ok(answer::page(&review::news(&request.frame, &view)))
}

async fn looked<S: NationalServer + PageServer>(
    national: Arc<S>,
    request: SignedIn<Looked>,
) -> Result<Response, PageError> {
    let (person, now) = (request.session.number, request.frame.now);
    national
        .site()
        .people
        .step(move |people| people.looked(person, now))
        .await??;
    Ok(answer::done("/", "looked"))
}

async fn name_hub<S: NationalServer + PageServer>(
    national: Arc<S>,
    request: SignedIn<NameHub>,
) -> Result<Response, PageError> {
    let hub: u32 = request
        .form
        .get("hub")
        .parse()
        .map_err(|_| PageError::Form)?;
    let name = request.form.name("name")?.unwrap_or_default();
    let step = move |store: &mut (dyn ReviewStore + 'static)| Ok(store.name_hub(hub, &name)?);
    if !national.gate().write(&request, step).await? {
        return Err(PageError::NotFound);
    }
    Ok(answer::done("/hubs", "named"))
}

async fn hubs<S: NationalServer + PageServer>(
    national: Arc<S>,
    request: SignedIn<Hubs>,
) -> Result<Response, PageError> {
    let now = request.frame.now;
    let months = months_to(&month_of(now, &request.frame.zone), STRIP_MONTHS);
    let (from, to) = (
        months.first().cloned().unwrap_or_default(),
        months.last().cloned().unwrap_or_default(),
    );
    let (hubs, counts, reached) = national
        .gate()
        .read(&request, move |store| {
            Ok((
                store.hubs()?,
                store.hub_months(&from, &to)?,
                store.reached_by_hub(&from, &to)?,
            ))
        })
        .await?;
    let counts: BTreeMap<(u32, String), u64> = counts
        .into_iter()
        .map(|(hub, month, count)| ((hub, month), count))
        .collect();
    let slowed = national
        .shares()
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .refused();
    let line = |hub: &HubRow| HubLine {
        number: hub.number,
        name: hub.name.clone(),
        last_seen: hub.last_seen,
        silent: is_silent(hub, now),
        slowed: slowed.get(&hub.number).copied(),
        months: months
            .iter()
            .map(|month| {
                Band::of(
                    counts
                        .get(&(hub.number, month.clone()))
                        .copied()
                        .unwrap_or(0),
                )
            })
            .collect(),
        rows: Band::of(hub.projections),
        reached: reached
            .iter()
            .filter(|(number, _)| *number == hub.number)
            .map(|(_, of)| of.clone())
            .collect(),
    };
    let lines: Vec<HubLine> = hubs.iter().map(line).collect();
    Ok(answer::page(&review::hubs(&request.frame, &months, &lines)))
}
