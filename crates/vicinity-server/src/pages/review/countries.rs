//! Countries side by side.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::Response;
use vicinity_core::published::ALL;
use vicinity_pages::pattern::{Amount, CodeCount};
use vicinity_pages::review::{self, CountryView};
use vicinity_store::country::CountryRow;

use crate::api::server::NationalServer;
use crate::net::routes::Routes;
use crate::pages::answer::{self, PageError};
use crate::pages::months::{ends, month_of, stretch};
use crate::pages::routes::pages;
use crate::pages::signed_in::SignedIn;
use crate::pages::site::PageServer;

/// What is set beside each other: dimension and code.
const SHARES: [(&str, &str); 6] = [
    ("response", "within_24h"),
    ("state_perpetrator", "yes"),
    ("extortion", "yes"),
    ("healthcare_refusal", "yes"),
    ("pep", "completed"),
    ("referral", "completed"),
];

pages! {
    /// The countries below.
    CountriesPage: "GET" "/countries" SeeReview,
}

pub(super) fn routes<S: NationalServer + PageServer>(routes: Routes<S>) -> Routes<S> {
    routes.signed_in::<CountriesPage, _>(page)
}

async fn page<S: NationalServer + PageServer>(
    national: Arc<S>,
    request: SignedIn<CountriesPage>,
) -> Result<Response, PageError> {
    let months = stretch(
        request.query.get("from"),
        request.query.get("to"),
        &month_of(request.frame.now, &request.frame.zone),
    );
    let (from, to) = (ends(&months).0.to_owned(), ends(&months).1.to_owned());
    let rows = national
        .gate()
        .read(&request, move |store| Ok(store.countries(&from, &to)?))
        .await?;
    let published = |month: &String| {
        rows.iter()
            .flat_map(|row| &row.windows)
            .any(|window| window.month == *month)
    };
    let (first, last) = (
        months.iter().position(published),
        months.iter().rposition(published),
    );
    // What nobody has published yet is not drawn: it would look as if it were left out.
    let months = first.zip(last).map_or(months.clone(), |(first, last)| {
        months[first..=last].to_vec()
    });
    let views: Vec<CountryView> = rows.into_iter().map(|row| view(row, &months)).collect();
    Ok(answer::page(&review::countries(
        &request.frame,
        &months,
        &views,
    )))
}

fn view(row: CountryRow, months: &[String]) -> CountryView {
    let windows: BTreeMap<String, BTreeMap<(String, String), u64>> = row
        .windows
        .into_iter()
        .map(|window| (window.month, window.cells))
        .collect();
    let shows = |month: &String, dimension: &str, code: &str| {
        windows
            .get(month)
            .map(|cells| cells.get(&(dimension.to_owned(), code.to_owned())).copied())
    };
    // Published months only: a month that is yet to come is no gap in a sum.
    let of_published = |dimension: &str, code: &str| -> Vec<Option<u64>> {
        windows
            .keys()
            .filter_map(|month| shows(month, dimension, code))
            .collect()
    };
    let all = of_published(ALL, "");
    CountryView {
        name: row.country,
        last_seen: row.last_seen,
        incidents: months.iter().map(|month| shows(month, ALL, "")).collect(),
        all: Amount::of(&all),
        shares: SHARES
            .map(|(dimension, code)| {
                (
                    dimension,
                    CodeCount::of(code, &of_published(dimension, code), &all),
                )
            })
            .into(),
    }
}
