//! The pages of the national review.

mod countries;
mod picture;
mod queue;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use axum::response::Response;
use vicinity_core::access::Action;
use vicinity_core::band::Band;
use vicinity_core::time::{SignedDuration, Timestamp};
use vicinity_pages::review::{self, HubLine, NewsView};
use vicinity_store::StoreError;
use vicinity_store::national::HubRow;
use vicinity_store::review::{COUNTED_MAX, ReviewStore};

use crate::gate::Gate;
use crate::national::National;
use crate::pages::answer::{self, PageError};
use crate::pages::desk::Office;
use crate::pages::exports;
use crate::pages::months::{ends, month_of, months_to};
use crate::pages::pattern::{self, Counts, Observatory};
use crate::pages::seated::Seated;
use crate::published;
use crate::routes::{Routes, pages};

/// Days without a word after which a hub is called silent.
const SILENT_DAYS: i64 = 14;
/// Months of a hub's strip.
const STRIP_MONTHS: usize = 12;

pages! {
    /// What changed since the reader last looked.
    NewsPage: "GET" "/" SeeReview,
    /// Having looked.
    Looked: "POST" "/looked" Review on "/",
    /// Hubs, and which are silent.
    Hubs: "GET" "/hubs" SeeReview,
}

/// Adds the pages of a national server.
#[must_use]
pub fn routes(routes: Routes<National>) -> Routes<National> {
    let routes = routes.seated::<NewsPage, _>(news).seated::<Looked, _>(looked).seated::<Hubs, _>(hubs);
    exports::of_national(pattern::routes(countries::routes(picture::routes(queue::routes(routes)))))
}

impl Observatory for National {
    type Store = dyn ReviewStore;
    const SEE: Action = Action::SeeReview;
    const WRITE: Action = Action::Review;

    fn gate(&self) -> &Gate<Self::Store> {
        &self.gate
    }

    fn counts(store: &mut Self::Store, months: Vec<String>) -> Result<Counts, StoreError> {
        let (from, to) = ends(&months);
        let found = published::months(store, from, to)?;
        Ok(Counts::published(months, found))
    }

    /// What national shows may be passed on as it is.
    fn to_pass_on(store: &mut Self::Store, _: &str, months: Vec<String>) -> Result<Counts, StoreError> {
        Self::counts(store, months)
    }

    /// Rows say it; no count does.
    fn median_minutes(_: &mut Self::Store, _: &[String]) -> Result<Option<u32>, StoreError> {
        Ok(None)
    }
}

fn is_silent(hub: &HubRow, now: Timestamp) -> bool {
    let before = now.checked_sub(SignedDuration::from_hours(24 * SILENT_DAYS)).unwrap_or(now);
    // A time ahead of the clock was noted by one that was wrong: how long ago it was, nobody knows.
    hub.last_seen.is_none_or(|at| at < before || at.duration_since(now) > SignedDuration::from_hours(24))
}

async fn news(national: Arc<National>, seated: Seated<NewsPage>) -> Result<Response, PageError> {
    let (since, now) = (seated.session.looked_at, seated.frame.now);
    let (news, hubs) = national.gate.read(&seated, move |store| Ok((store.news(since)?, store.hubs()?))).await?;
    let view = NewsView {
        since: (since != Timestamp::UNIX_EPOCH).then_some(since),
        counted_max: COUNTED_MAX,
        new: news.new,
        changed: news.changed,
        gone: news.gone,
        answered: news.answered,
        waiting: news.waiting,
        silent: hubs.iter().filter(|hub| is_silent(hub, now)).map(|hub| (hub.number, hub.last_seen)).collect(),
    };
    Ok(answer::page(&review::news(&seated.frame, &view)))
}

async fn looked(national: Arc<National>, seated: Seated<Looked>) -> Result<Response, PageError> {
    let (person, now) = (seated.session.number, seated.frame.now);
    national.desk().people.step(move |people| people.looked(person, now)).await??;
    Ok(answer::done("/", "looked"))
}

async fn hubs(national: Arc<National>, seated: Seated<Hubs>) -> Result<Response, PageError> {
    let now = seated.frame.now;
    let months = months_to(&month_of(now, &seated.frame.zone), STRIP_MONTHS);
    let (from, to) = (months.first().cloned().unwrap_or_default(), months.last().cloned().unwrap_or_default());
    let (hubs, counts) = national.gate.read(&seated, move |store| Ok((store.hubs()?, store.hub_months(&from, &to)?))).await?;
    let counts: BTreeMap<(u32, String), u64> = counts.into_iter().map(|(hub, month, count)| ((hub, month), count)).collect();
    let slowed = national.shares.lock().unwrap_or_else(PoisonError::into_inner).refused();
    let line = |hub: &HubRow| HubLine {
        number: hub.number,
        last_seen: hub.last_seen,
        silent: is_silent(hub, now),
        slowed: slowed.get(&hub.number).copied(),
        months: months.iter().map(|month| Band::of(counts.get(&(hub.number, month.clone())).copied().unwrap_or(0))).collect(),
        rows: Band::of(hub.projections),
    };
    let lines: Vec<HubLine> = hubs.iter().map(line).collect();
    Ok(answer::page(&review::hubs(&seated.frame, &months, &lines)))
}
