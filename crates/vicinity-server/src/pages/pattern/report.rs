//! A quarter's report.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::response::Response;
use vicinity_core::access::Action;
use vicinity_core::published::{ALL, last_closed};
use vicinity_core::text;
use vicinity_pages::frame::Tier;
use vicinity_pages::pattern::{self, ASKS_MAX_LETTERS, ReportView};
use vicinity_store::advocacy::{AdvocacyLog, Asks, LogFilter, LogPage};
use vicinity_store::review::COUNTED_MAX;

use super::advocacy::line;
use super::{AREA_MAX, Counts, PatternServer, View, patterns};
use crate::net::routes::Routes;
use crate::pages::answer::{self, PageError};
use crate::pages::form::Form;
use crate::pages::months::{month_of, moved, of_quarter, quarter_of};
use crate::pages::signed_in::{PageRequest, SignedIn};

/// Quarters to choose of: three years.
const QUARTERS: i32 = 12;
/// Codes of one table.
const CODES_MAX: usize = 8;
const HAPPENED: [&str; 8] = [
    "perpetrator",
    "violation_group",
    "population",
    "setting",
    "gender",
    "state_perpetrator",
    "extortion",
    "healthcare_refusal",
];
const DONE: [&str; 3] = ["referral", "pep", "ec"];

patterns! {
    /// The report.
    ReportPage: "GET" "/report" SEE,
    /// Writing what it asks for.
    WriteAsks: "POST" "/report" WRITE,
}

pub(super) fn routes<S: PatternServer>(routes: Routes<S>) -> Routes<S> {
    routes
        .signed_in::<ReportPage<S>, _>(page)
        .signed_in::<WriteAsks<S>, _>(write)
}

/// What a report is made of.
struct Found {
    counts: Counts,
    before: Counts,
    months: Vec<String>,
    median_minutes: Option<u32>,
    logged: LogPage,
    asks: Option<Asks>,
}

/// Whose figures a report has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Readers {
    /// Those of this server: exact ones.
    Own,
    /// Others of a hub's: small counts left out, and the quarter as one, in bands.
    OthersOfHub,
    /// Others of a country's: what was published.
    OthersOfCountry,
}

/// Reads a quarter, up to a month that is not over.
fn find<S: PatternServer>(
    store: &mut S::Store,
    quarter: &str,
    last: &str,
    area: &str,
    readers: Readers,
) -> Result<Found, PageError> {
    let months: Vec<String> = of_quarter(quarter).ok_or(PageError::NotFound)?.into();
    let before: Vec<String> = of_quarter(&quarter_of(&moved(&months[0], -1)))
        .ok_or(PageError::NotFound)?
        .into();
    let filter = LogFilter {
        from: format!("{}-01", months[0]),
        to: format!("{}-31", months[2]),
        kind: String::new(),
        area: area.to_owned(),
    };
    let (logged, asks) = (store.advocacy(&filter, 0)?, store.asks(quarter)?);
    if readers == Readers::OthersOfHub {
        let (counts, before) = (
            S::to_pass_on(store, quarter, months)?,
            S::to_pass_on(store, quarter, before)?,
        );
        return Ok(Found {
            counts,
            before,
            months: vec![quarter.to_owned()],
            median_minutes: None,
            logged,
            asks,
        });
    }
    // What is yet to come is not left out of a sum.
    let months: Vec<String> = months
        .into_iter()
        .filter(|month| month.as_str() <= last)
        .collect();
    let view = if readers == Readers::Own {
        View::Internal
    } else {
        View::Published
    };
    let median_minutes = S::median_minutes(store, &months)?;
    let (counts, earlier) = (
        S::counts(store, months.clone(), view)?,
        S::counts(store, before, view)?,
    );
    Ok(Found {
        counts,
        before: earlier,
        months,
        median_minutes,
        logged,
        asks,
    })
}

fn chosen(query: &Form, last: &str) -> String {
    Some(query.get("quarter"))
        .filter(|quarter| of_quarter(quarter).is_some())
        .map_or_else(|| quarter_of(last), str::to_owned)
}

async fn page<S: PatternServer>(
    server: Arc<S>,
    request: SignedIn<ReportPage<S>>,
) -> Result<Response, PageError> {
    let this_month = month_of(request.frame.now, &request.frame.zone);
    let readers = match (request.query.get("for"), request.frame.place) {
        ("others", Tier::Hub) => Readers::OthersOfHub,
        ("others", Tier::National) => Readers::OthersOfCountry,
        _ => Readers::Own,
    };
    let for_others = readers == Readers::OthersOfHub;
    // What is passed on is not got back: while the clock is in doubt only what is closed by either time is.
    let closed = last_closed(request.frame.surely_come());
    let quarter = chosen(
        &request.query,
        &if for_others {
            moved(&closed, -2)
        } else {
            this_month.clone()
        },
    );
    // What is passed on of a quarter that continues differs from day to day, and the difference is one person.
    if for_others && of_quarter(&quarter).is_none_or(|months| months[2] > closed) {
        return Err(PageError::Refused("report-open"));
    }
    let area: String = request.query.get("area").chars().take(AREA_MAX).collect();
    let read = {
        let (quarter, area, last) = (quarter.clone(), area.clone(), this_month.clone());
        move |store: &mut S::Store| find::<S>(store, &quarter, &last, &area, readers)
    };
    let Found {
        counts,
        before,
        months,
        median_minutes,
        logged,
        asks,
    } = server.gate().count(&request, read).await?;
    let parts = |dimension: &'static str| counts.parts(&months, &area, dimension, CODES_MAX);
    let view = ReportView {
        quarters: (0..QUARTERS)
            .map(|back| quarter_of(&moved(&this_month, -3 * back)))
            .collect(),
        areas: counts.areas(),
        figures: counts.figures(),
        incidents: (
            counts.incidents(&months, &area),
            before.incidents(before.months(), &area),
        ),
        months: if for_others {
            Vec::new()
        } else {
            months
                .iter()
                .map(|month| (month.clone(), counts.cell(month, &area, ALL, "")))
                .collect()
        },
        happened: HAPPENED.map(parts).into(),
        response: parts("response"),
        median_minutes: median_minutes.filter(|_| area.is_empty()),
        done: DONE.map(parts).into(),
        actions: logged.total,
        counted_max: COUNTED_MAX,
        advocacy: logged
            .lines
            .into_iter()
            .map(|logged| line(logged, &counts, &this_month))
            .collect(),
        asks: asks.map(|asks| asks.text).unwrap_or_default(),
        quarter,
        area,
    };
    Ok(answer::page(&pattern::report(&request.frame, &view)))
}

async fn write<S: PatternServer>(
    server: Arc<S>,
    request: SignedIn<WriteAsks<S>>,
) -> Result<Response, PageError> {
    let (quarter, now) = (request.form.get("quarter").to_owned(), request.frame.now);
    of_quarter(&quarter).ok_or(PageError::Form)?;
    let asks = Asks {
        text: request.form.get("asks").to_owned(),
        person: request.session.handle.clone(),
    };
    if !text::fits(&asks.text, ASKS_MAX_LETTERS) {
        return Err(PageError::Refused("report-asks-long"));
    }
    let back = format!("/report?quarter={quarter}");
    server
        .gate()
        .write(&request, move |store| {
            Ok(store.set_asks(&quarter, &asks, now)?)
        })
        .await?;
    Ok(answer::done(&back, "saved"))
}
