//! The picture: exact counts for coordinators, or what is published, drawn.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::Response;
use vicinity_core::counts::{PAIRS, two_of};
use vicinity_core::gate::steps_of;
use vicinity_core::published::{ALL, COUNTRY, Cell, last_closed};
use vicinity_core::time::month_number;
use vicinity_pages::pattern::CodeCount;
use vicinity_pages::review::{self, Choice, Internal, Pair, Panel, Picture};
use vicinity_store::StoreError;
use vicinity_store::review::ReviewStore;

use crate::api::server::NationalServer;
use crate::net::routes::Routes;
use crate::pages::answer::{self, PageError};
use crate::pages::months::{ends, month_of, stretch};
use crate::pages::pattern::{Counts, View};
use crate::pages::routes::pages;
use crate::pages::signed_in::SignedIn;
use crate::pages::site::PageServer;
use crate::storage::published;

/// Codes of one panel: the most frequent.
const CODES_MAX: usize = 12;
/// Dimensions as small multiples, and as sums.
const PANELS: [&str; 5] = [
    "perpetrator",
    "violation_group",
    "population",
    "setting",
    "gender",
];
const SUMS: [&str; 7] = [
    "response",
    "pep",
    "ec",
    "referral",
    "state_perpetrator",
    "extortion",
    "healthcare_refusal",
];

pages! {
    /// The picture.
    PicturePage: "GET" "/picture" SeeReview,
}

pub(super) fn routes<S: NationalServer + PageServer>(routes: Routes<S>) -> Routes<S> {
    routes.signed_in::<PicturePage, _>(page)
}

async fn page<S: NationalServer + PageServer>(
    national: Arc<S>,
    request: SignedIn<PicturePage>,
) -> Result<Response, PageError> {
    let months = stretch(
        request.query.get("from"),
        request.query.get("to"),
        &month_of(request.frame.now, &request.frame.zone),
    );
    let area = request.query.get("area").to_owned();
    let is_open_end = month_number(request.query.get("to")).is_none();
    let closed = last_closed(request.frame.surely_come());
    let picture = match View::of(&request.query) {
        View::Internal => {
            let read = move |store: &mut (dyn ReviewStore + 'static)| {
                let internal = internal(store, &months, &area, &closed)?;
                let window = store.window(ends(&months).0, ends(&months).1)?;
                let counts = Counts::internal(months.clone(), window);
                Ok(picture_of(&months, &counts, &area, Some(internal)))
            };
            national.gate().count(&request, read).await?
        }
        View::Published => {
            let read = move |store: &mut (dyn ReviewStore + 'static)| {
                let found = published::months(store, ends(&months).0, ends(&months).1)?;
                let mut months = months;
                // Unless another end is chosen, the picture ends with the last month that is published.
                if is_open_end
                    && let Some(last) = months.iter().rposition(|month| found.contains_key(month))
                {
                    months.truncate(last + 1);
                }
                let counts = Counts::published(months.clone(), found);
                Ok(picture_of(&months, &counts, &area, None))
            };
            national.gate().count(&request, read).await?
        }
    };
    Ok(answer::page(&review::picture(&request.frame, &picture)))
}

/// What exact figures come with.
fn internal(
    store: &mut dyn ReviewStore,
    months: &[String],
    area: &str,
    closed: &str,
) -> Result<Internal, StoreError> {
    let (from, to) = ends(months);
    let tables = store.tables_by_hub()?;
    let hubs = store.hubs()?;
    let is_without = |number: u32| tables.iter().all(|row| row.hub != number);
    Ok(Internal {
        as_of: tables.iter().map(|row| row.taken_at).min(),
        hubs_without: hubs.iter().filter(|hub| is_without(hub.number)).count() as u64,
        seen: store.seen(from, to)?.values().sum(),
        survivors: store.survivors(from, to)?.values().sum(),
        pairs: pairs(&store.pairs(from, to)?, area),
        open: months
            .iter()
            .filter(|month| month.as_str() > closed)
            .cloned()
            .collect(),
    })
}

/// Pairs of an area, or of the whole country: codes in their order where they have one, otherwise the most frequent first.
fn pairs(cells: &BTreeMap<Cell, u64>, area: &str) -> Vec<Pair> {
    let of_area = cells
        .iter()
        .filter(|((of, ..), _)| area == COUNTRY || of == area);
    let mut counts: BTreeMap<(&str, &str, &str, &str), u64> = BTreeMap::new();
    for ((_, dimensions, codes), count) in of_area {
        if let (Some((one, other)), Some((code, with))) = (two_of(dimensions), two_of(codes)) {
            *counts.entry((one, other, code, with)).or_default() += count;
        }
    }
    PAIRS
        .into_iter()
        .map(|dimensions| pair(dimensions, &counts))
        .collect()
}

fn pair(
    dimensions: (&'static str, &'static str),
    counts: &BTreeMap<(&str, &str, &str, &str), u64>,
) -> Pair {
    let own = || {
        counts
            .iter()
            .filter(|((one, other, ..), _)| (*one, *other) == dimensions)
            .map(|((.., code, with), count)| (*code, *with, *count))
    };
    let sorted = |dimension: &str, of: &dyn Fn((&str, &str, u64)) -> String| {
        let mut sums: BTreeMap<String, u64> = BTreeMap::new();
        own().for_each(|cell| *sums.entry(of(cell)).or_default() += cell.2);
        let mut codes: Vec<(String, u64)> = sums.into_iter().collect();
        let place = |code: &str| steps_of(dimension).iter().position(|step| *step == code);
        codes.sort_by_key(|(code, sum)| (place(code), std::cmp::Reverse(*sum), code.clone()));
        codes.into_iter().map(|(code, _)| code).collect::<Vec<_>>()
    };
    let columns = sorted(dimensions.1, &|(_, with, _)| with.to_owned());
    let row = |code: String| {
        let of = |column: &String| {
            let name = (dimensions.0, dimensions.1, code.as_str(), column.as_str());
            counts.get(&name).copied().unwrap_or(0)
        };
        let counts = columns.iter().map(of).collect();
        (code, counts)
    };
    Pair {
        dimensions,
        rows: sorted(dimensions.0, &|(code, ..)| code.to_owned())
            .into_iter()
            .map(row)
            .collect(),
        columns,
    }
}

fn picture_of(
    months: &[String],
    counts: &Counts,
    area: &str,
    internal: Option<Internal>,
) -> Picture {
    let panel = |dimension: &'static str| {
        let codes = counts.codes(months, area, dimension, CODES_MAX);
        let codes = codes
            .into_iter()
            .map(|code| (code.clone(), counts.series(area, dimension, &code)))
            .collect();
        Panel {
            dimension,
            codes,
            rest: counts.rest(months, area, dimension),
        }
    };
    let areas = counts.areas();
    Picture {
        internal,
        incidents: counts.series(area, ALL, ""),
        areas: areas
            .iter()
            .map(|area| CodeCount {
                code: area.clone(),
                ..counts.sum(months, area, ALL, "")
            })
            .collect(),
        panels: PANELS.map(panel).into(),
        sums: SUMS
            .map(|dimension| counts.parts(months, area, dimension, CODES_MAX))
            .into(),
        choice: Choice {
            from: months.first().cloned().unwrap_or_default(),
            to: months.last().cloned().unwrap_or_default(),
            area: area.to_owned(),
            areas,
        },
        months: months.to_vec(),
    }
}
