//! The picture: what may be published, drawn.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::response::Response;
use vicinity_core::published::{ALL, COUNTRY, Month};
use vicinity_pages::review::{self, Choice, Panel, Picture, Step};

use super::{months_to, parsed};
use crate::national::National;
use crate::pages::answer::{self, PageError};
use crate::pages::seated::Seated;
use crate::published;
use crate::routes::{Routes, pages};

/// Months that are shown unless somebody chooses others, and at most.
const MONTHS: usize = 12;
const MONTHS_MAX: usize = 36;
/// Codes of one panel: the most frequent.
const CODES_MAX: usize = 12;
/// Dimensions as small multiples, and as sums.
const PANELS: [&str; 5] = ["perpetrator", "violation_group", "population", "setting", "gender"];
const SUMS: [&str; 7] = ["response", "pep", "ec", "referral", "state_perpetrator", "extortion", "healthcare_refusal"];

pages! {
    /// The picture.
    PicturePage: "GET" "/picture" SeeReview,
}

pub(super) fn routes(routes: Routes<National>) -> Routes<National> {
    routes.seated::<PicturePage, _>(page)
}

async fn page(national: Arc<National>, seated: Seated<PicturePage>) -> Result<Response, PageError> {
    let now = seated.frame.now.to_string().chars().take(7).collect::<String>();
    let to = Some(seated.query.get("to")).filter(|month| parsed(month).is_some()).map_or(now, str::to_owned);
    let months = stretch(seated.query.get("from"), &to);
    let (first, last) = (months.first().cloned().unwrap_or_default(), months.last().cloned().unwrap_or_default());
    let found = national.gate.read(&seated, move |store| Ok(published::months(store, &first, &last)?)).await?;
    let area = seated.query.get("area").to_owned();
    let picture = picture_of(months, &found, &area);
    Ok(answer::page(&review::picture(&seated.frame, &picture)))
}

/// The months from one to another, at most so many; the last year up to `to` where `from` is none.
fn stretch(from: &str, to: &str) -> Vec<String> {
    let count = parsed(from).zip(parsed(to)).map_or(MONTHS, |((from_year, from_month), (year, month))| {
        let months = i64::from(year * 12 + month) - i64::from(from_year * 12 + from_month) + 1;
        usize::try_from(months.max(1)).unwrap_or(1).min(MONTHS_MAX)
    });
    months_to(to, count)
}

fn picture_of(months: Vec<String>, found: &BTreeMap<String, Month>, area: &str) -> Picture {
    let codes = |dimension: &str| {
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        for ((own, of, code), count) in found.values().flat_map(Month::cells) {
            if own == area && of == dimension {
                *sums.entry(code).or_default() += count;
            }
        }
        let mut codes: Vec<(&str, u64)> = sums.into_iter().collect();
        codes.sort_by_key(|(code, sum)| (core::cmp::Reverse(*sum), *code));
        codes.into_iter().take(CODES_MAX).map(|(code, _)| code.to_owned()).collect::<Vec<_>>()
    };
    let series = |area: &str, dimension: &str, code: &str| {
        months.iter().map(|month| found.get(month).and_then(|published| published.cell(area, dimension, code))).collect::<Vec<_>>()
    };
    let step = |area: &str, dimension: &str, code: &str, name: &str| {
        let values = series(area, dimension, code);
        let shows = values.iter().any(Option::is_some);
        Step { code: name.to_owned(), count: shows.then(|| values.iter().flatten().sum()), at_least: values.iter().any(Option::is_none) }
    };
    let areas: BTreeSet<String> =
        found.values().flat_map(Month::cells).filter(|((area, of, _), _)| area != COUNTRY && of == ALL).map(|((area, ..), _)| area.clone()).collect();
    let panel =
        |dimension: &'static str| Panel { dimension, codes: codes(dimension).into_iter().map(|code| (code.clone(), series(area, dimension, &code))).collect() };
    let sums = |dimension: &'static str| (dimension, codes(dimension).iter().map(|code| step(area, dimension, code, code)).collect());
    Picture {
        incidents: series(area, ALL, ""),
        areas: areas.iter().map(|area| step(area, ALL, "", area)).collect(),
        panels: PANELS.map(panel).into(),
        steps: SUMS.map(sums).into(),
        choice: Choice {
            from: months.first().cloned().unwrap_or_default(),
            to: months.last().cloned().unwrap_or_default(),
            area: area.to_owned(),
            areas: areas.iter().cloned().collect(),
        },
        months,
    }
}
