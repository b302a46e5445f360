//! The picture: what may be published, drawn.

use std::sync::Arc;

use axum::response::Response;
use vicinity_core::published::{ALL, COUNTRY};
use vicinity_core::time::month_number;
use vicinity_pages::pattern::CodeCount;
use vicinity_pages::review::{self, Choice, Panel, Picture};

use crate::api::server::NationalServer;
use crate::net::routes::Routes;
use crate::pages::answer::{self, PageError};
use crate::pages::months::{month_of, stretch};
use crate::pages::pattern::Counts;
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
    let mut months = stretch(
        request.query.get("from"),
        request.query.get("to"),
        &month_of(request.frame.now, &request.frame.zone),
    );
    let (first, last) = (
        months.first().cloned().unwrap_or_default(),
        months.last().cloned().unwrap_or_default(),
    );
    let found = national
        .gate()
        .count(&request, move |store| {
            Ok(published::months(store, &first, &last)?)
        })
        .await?;
    // Without a word it ends with the last month that shows: the one that continues seldom does, and every sum would be "at least".
    if month_number(request.query.get("to")).is_none()
        && let Some(last) = months.iter().rposition(|month| {
            found
                .get(month)
                .is_some_and(|month| month.incidents(COUNTRY).is_some())
        })
    {
        months.truncate(last + 1);
    }
    let picture = picture_of(
        &months,
        &Counts::published(months.clone(), found),
        request.query.get("area"),
    );
    Ok(answer::page(&review::picture(&request.frame, &picture)))
}

fn picture_of(months: &[String], counts: &Counts, area: &str) -> Picture {
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
