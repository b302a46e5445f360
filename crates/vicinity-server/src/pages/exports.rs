//! Files to take away, at a hub of its own projections alone, at national of all; and pushing counts to DHIS2.

use std::sync::Arc;

use axum::response::Response;
use vicinity_core::time::Timestamp;
use vicinity_export::dhis2::{Ids, Summary};
use vicinity_export::{Month, Months};
use vicinity_pages::exports::{self, Pushed};
use vicinity_store::board::BoardStore;
use vicinity_store::review::ReviewStore;

use crate::api::server::HubServer;
use crate::api::server::NationalServer;
use crate::net::dhis2::{PushError, Target};
use crate::net::routes::Routes;
use crate::pages::answer::{self, PageError};
use crate::pages::form::Form;
use crate::pages::routes::pages;
use crate::pages::signed_in::SignedIn;
use crate::pages::site::PageServer;
use crate::storage::export::{self, ExportError, Rows, Take, Taken};
use crate::storage::zone;

/// Rows that a browser is given at once: others wait for pages of that kind meanwhile. The command line knows no such end.
const ROWS_MAX: u64 = 50_000;

pages! {
    /// What a hub may give away.
    HubExports: "GET" "/exports" SeeBoard,
    /// A hub's own projections.
    HubRows: "GET" "/exports/rows" ExportRows on "/exports",
    /// What national may give away.
    NationalExports: "GET" "/exports" SeeReview,
    /// Projections.
    NationalRows: "GET" "/exports/rows" PrintProjections on "/exports",
    /// Counts.
    NationalCounts: "GET" "/exports/counts" PrintProjections on "/exports",
    /// Counts, to DHIS2.
    Push: "POST" "/exports/push" PrintProjections on "/exports",
}

/// Adds a hub's.
#[must_use]
pub fn of_hub<S: HubServer + PageServer>(routes: Routes<S>) -> Routes<S> {
    routes
        .signed_in::<HubExports, _>(at_hub)
        .signed_in::<HubRows, _>(hub_rows)
}

/// Adds national's.
#[must_use]
pub fn of_national<S: NationalServer + PageServer>(routes: Routes<S>) -> Routes<S> {
    let routes = routes
        .signed_in::<NationalExports, _>(at_national)
        .signed_in::<NationalRows, _>(national_rows);
    routes
        .signed_in::<NationalCounts, _>(national_counts)
        .signed_in::<Push, _>(push)
}

impl From<ExportError> for PageError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Store(error) => error.into(),
            ExportError::Workbook(_) => Self::Refused("exports-too-many"),
            ExportError::NonePublished => Self::Refused("published-none"),
            ExportError::Write(_) | ExportError::Unmapped(_) => Self::Failed,
        }
    }
}

impl From<PushError> for PageError {
    fn from(error: PushError) -> Self {
        match error {
            PushError::Address => Self::Refused("exports-bad-url"),
            PushError::Token => Self::Refused("exports-bad-token"),
            PushError::Unreachable => Self::Refused("exports-unreachable"),
            PushError::NotAllowed => Self::Refused("exports-not-allowed"),
            PushError::Strange(status) => Self::RefusedAbout("exports-strange", status.to_string()),
        }
    }
}

fn stretch(form: &Form) -> (String, String) {
    (form.get("from").to_owned(), form.get("to").to_owned())
}

fn months(form: &Form) -> Result<Months, PageError> {
    let month = |name: &str| {
        form.filled(name)
            .map(str::parse::<Month>)
            .transpose()
            .map_err(|_| PageError::Form)
    };
    Months::new(month("from")?, month("to")?).map_err(|_| PageError::Refused("exports-backwards"))
}

fn rows_form(form: &Form) -> Result<(Rows, &'static str, &'static str), PageError> {
    Ok(match form.get("form") {
        "csv" | "" => (Rows::Csv { tags: false }, "csv", "text/csv; charset=utf-8"),
        "hxl" => (Rows::Csv { tags: true }, "csv", "text/csv; charset=utf-8"),
        "xlsx" => (
            Rows::Xlsx,
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        "json" => (Rows::Json, "jsonl", "application/x-ndjson"),
        _ => return Err(PageError::Form),
    })
}

/// A file's name: what it is and which months it holds.
fn named(what: &str, months: &Months, ending: &str) -> String {
    let months: Vec<&str> = [Some(what), months.from(), months.to()]
        .into_iter()
        .flatten()
        .collect();
    format!("{}.{ending}", months.join("-"))
}

async fn at_hub<S: HubServer + PageServer>(
    _: Arc<S>,
    request: SignedIn<HubExports>,
) -> Result<Response, PageError> {
    Ok(answer::page(&exports::exports(
        &request.frame,
        &stretch(&request.query),
        None,
    )))
}

async fn at_national<S: NationalServer + PageServer>(
    _: Arc<S>,
    request: SignedIn<NationalExports>,
) -> Result<Response, PageError> {
    Ok(answer::page(&exports::exports(
        &request.frame,
        &stretch(&request.query),
        None,
    )))
}

async fn hub_rows<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<HubRows>,
) -> Result<Response, PageError> {
    let months = months(&request.query)?;
    if request.query.get("form") == "care" {
        return people_in_care(&*hub, &request, months).await;
    }
    let ((form, ending, content_type), now) = (rows_form(&request.query)?, request.frame.now);
    let name = named("incidents", &months, ending);
    let read = move |store: &mut (dyn BoardStore + 'static)| {
        if store.counts()?.incidents > ROWS_MAX {
            return Err(PageError::Refused("exports-too-many"));
        }
        // The zone that the rows were made in: pages hear of another one a little later.
        let zone = zone::name(store)?.unwrap_or_default();
        let (taken, mut bytes) = (
            Taken {
                months: &months,
                zone: Some(&zone),
                now,
            },
            Vec::new(),
        );
        export::rows(
            form,
            &taken,
            &mut |each: &mut Take<'_>| {
                store.each_own_projection(&mut |row, incident| each(row, Some(incident)))
            },
            &mut bytes,
        )?;
        Ok(bytes)
    };
    let bytes = hub.gate().count(&request, read).await?;
    tracing::info!(bytes = bytes.len(), "rows were taken away");
    Ok(answer::file(&name, content_type, bytes))
}

async fn people_in_care<S: HubServer + PageServer>(
    hub: &S,
    request: &SignedIn<HubRows>,
    months: Months,
) -> Result<Response, PageError> {
    let name = named("people-in-care", &months, "csv");
    let read = move |store: &mut (dyn BoardStore + 'static)| {
        if store.counts()?.incidents > ROWS_MAX {
            return Err(PageError::Refused("exports-too-many"));
        }
        Ok(export::people_in_care(store, &months)?)
    };
    let bytes = hub.gate().count(request, read).await?;
    tracing::info!(
        bytes = bytes.len(),
        "a table of people in care was taken away"
    );
    Ok(answer::file(&name, "text/csv; charset=utf-8", bytes))
}

fn rows_of(
    store: &mut (dyn ReviewStore + 'static),
    form: Rows,
    months: &Months,
    now: Timestamp,
) -> Result<Vec<u8>, PageError> {
    // As the rows are taken: a month that is not known is in the whole alone.
    let open_end = if months.from().is_none() {
        "\u{ffff}"
    } else {
        "9999-99"
    };
    let ends = (months.from().unwrap_or(""), months.to().unwrap_or(open_end));
    if store
        .hub_months(ends.0, ends.1)?
        .iter()
        .map(|(.., count)| count)
        .sum::<u64>()
        > ROWS_MAX
    {
        return Err(PageError::Refused("exports-too-many"));
    }
    let mut bytes = Vec::new();
    let mut source = |each: &mut Take<'_>| {
        store.each_projection(months.from(), months.to(), &mut |row| each(row, None))
    };
    export::rows(
        form,
        &Taken {
            months,
            zone: None,
            now,
        },
        &mut source,
        &mut bytes,
    )?;
    Ok(bytes)
}

async fn national_rows<S: NationalServer + PageServer>(
    national: Arc<S>,
    request: SignedIn<NationalRows>,
) -> Result<Response, PageError> {
    let (months, (form, ending, content_type), now) = (
        months(&request.query)?,
        rows_form(&request.query)?,
        request.frame.now,
    );
    let name = named("incidents", &months, ending);
    let bytes = national
        .gate()
        .count(&request, move |store| rows_of(store, form, &months, now))
        .await?;
    tracing::info!(bytes = bytes.len(), "rows were taken away");
    Ok(answer::file(&name, content_type, bytes))
}

async fn national_counts<S: NationalServer + PageServer>(
    national: Arc<S>,
    request: SignedIn<NationalCounts>,
) -> Result<Response, PageError> {
    let (months, form) = (
        months(&request.query)?,
        request.query.get("form").to_owned(),
    );
    let (name, content_type) = match form.as_str() {
        "dhis2" | "" => (named("dhis2", &months, "json"), "application/json"),
        "geojson" => (named("areas", &months, "geojson"), "application/geo+json"),
        _ => return Err(PageError::Form),
    };
    let read = move |store: &mut (dyn ReviewStore + 'static)| {
        Ok(if form == "geojson" {
            export::areas(store, &months, None)?.collection.to_string()
        } else {
            export::data_value_set(store, &months, &Ids::Codes)?
        })
    };
    let text = national.gate().count(&request, read).await?;
    Ok(answer::file(&name, content_type, text.into_bytes()))
}

async fn push<S: NationalServer + PageServer>(
    national: Arc<S>,
    request: SignedIn<Push>,
) -> Result<Response, PageError> {
    let (months, dry) = (months(&request.form)?, request.form.get("dry") == "yes");
    let target = Target::new(request.form.get("url"), request.form.get("token"))?;
    let payload = national
        .gate()
        .count(&request, move |store| {
            Ok(export::data_value_set(store, &months, &Ids::Codes)?)
        })
        .await?;
    let pushed = tokio::task::spawn_blocking(move || target.push(&payload, dry))
        .await
        .map_err(|_| PageError::Failed)??;
    tracing::info!(
        dry,
        imported = pushed.imported,
        updated = pushed.updated,
        ignored = pushed.ignored,
        "pushed to DHIS2"
    );
    Ok(answer::page(&exports::exports(
        &request.frame,
        &stretch(&request.form),
        Some(&view(pushed, dry)),
    )))
}

fn view(summary: Summary, dry: bool) -> Pushed {
    let whole = summary.is_whole();
    let Summary {
        status,
        imported,
        updated,
        unchanged,
        ignored,
        deleted,
        conflicts,
        description,
    } = summary;
    let counts = [
        ("exports-imported", imported),
        ("exports-updated", updated),
        ("exports-unchanged", unchanged),
        ("exports-ignored", ignored),
        ("exports-deleted", deleted),
    ];
    Pushed {
        dry,
        status,
        counts,
        whole,
        conflicts,
        description,
    }
}
