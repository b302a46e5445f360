//! The advocacy log.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::response::Response;
use vicinity_core::access::Action;
use vicinity_core::advocacy::{Advocacy, BadAdvocacy, LOG_MAX, is_note};
use vicinity_core::codes;
use vicinity_core::ids::AdvocacyId;
use vicinity_core::published::ALL;
use vicinity_pages::pattern::{self, AdvocacyLine, AdvocacyView};
use vicinity_store::advocacy::{AdvocacyLog, LOG_ROWS, LogFilter, LogPage, LoggedAdvocacy};

use super::{AREA_MAX, Counts, PatternServer, View, patterns};
use crate::net::routes::Routes;
use crate::pages::answer::{self, PageError};
use crate::pages::form::Form;
use crate::pages::months::{month_of, months_to, moved, stretch};
use crate::pages::signed_in::{PageRequest, SignedIn};

/// Months before and after an action that are set beside each other.
const AROUND: usize = 3;

patterns! {
    /// The log and the months.
    AdvocacyPage: "GET" "/advocacy" SEE,
    /// Writing an action down.
    WriteAdvocacy: "POST" "/advocacy" WRITE,
    /// Saying the outcome of one, or taking it out.
    ChangeAdvocacy: "POST" "/advocacy/{id}" WRITE on "/advocacy",
}

pub(super) fn routes<S: PatternServer>(routes: Routes<S>) -> Routes<S> {
    routes
        .signed_in::<AdvocacyPage<S>, _>(page)
        .signed_in::<WriteAdvocacy<S>, _>(write)
        .signed_in::<ChangeAdvocacy<S>, _>(change)
}

impl From<BadAdvocacy> for PageError {
    fn from(bad: BadAdvocacy) -> Self {
        Self::Refused(match bad {
            BadAdvocacy::Day => "advocacy-bad-day",
            BadAdvocacy::Area => "advocacy-bad-area",
            BadAdvocacy::Action | BadAdvocacy::Kind | BadAdvocacy::Outcome => return Self::Form,
        })
    }
}

/// What the reader looks at: a kind and an area.
fn aim(query: &Form) -> (String, String) {
    let kind = Some(query.get("kind"))
        .filter(|kind| codes::PERPETRATOR_KINDS.knows(kind))
        .unwrap_or_default()
        .to_owned();
    (kind, query.get("area").chars().take(AREA_MAX).collect())
}

async fn page<S: PatternServer>(
    server: Arc<S>,
    request: SignedIn<AdvocacyPage<S>>,
) -> Result<Response, PageError> {
    let (now, zone) = (request.frame.now, &request.frame.zone);
    let this_month = month_of(now, zone);
    let months = stretch(
        request.query.get("from"),
        request.query.get("to"),
        &this_month,
    );
    let (kind, area) = aim(&request.query);
    let ends = (
        months.first().cloned().unwrap_or_default(),
        months.last().cloned().unwrap_or_default(),
    );
    let read = {
        let around = months_to(&moved(&ends.1, AROUND as i32), months.len() + 2 * AROUND);
        let filter = LogFilter {
            from: format!("{}-01", ends.0),
            to: format!("{}-31", ends.1),
            kind: kind.clone(),
            area: area.clone(),
        };
        let page: u32 = request.query.get("page").parse().unwrap_or(0);
        let view = View::of(&request.query);
        move |store: &mut S::Store| {
            Ok((
                S::counts(store, around, view)?,
                store.advocacy(&filter, page)?,
            ))
        }
    };
    let (
        counts,
        LogPage {
            lines,
            total,
            page,
            pages,
        },
    ) = server.gate().count(&request, read).await?;
    let (dimension, code) = if kind.is_empty() {
        (ALL, "")
    } else {
        ("perpetrator", kind.as_str())
    };
    let view = AdvocacyView {
        stretch: ends,
        areas: counts.areas(),
        incidents: months
            .iter()
            .map(|month| counts.cell(month, &area, dimension, code))
            .collect(),
        lines: lines
            .into_iter()
            .map(|logged| line(logged, &counts, &this_month))
            .collect(),
        newest: total.saturating_sub(u64::from(page) * LOG_ROWS as u64),
        page: (page, pages),
        figures: counts.figures(),
        today: zone.to_datetime(now).date().to_string(),
        months,
        kind,
        area,
    };
    Ok(answer::page(&pattern::advocacy(&request.frame, &view)))
}

/// An action with the incidents that it aims at, before and after its own month.
pub(super) fn line(logged: LoggedAdvocacy, counts: &Counts, this_month: &str) -> AdvocacyLine {
    let LoggedAdvocacy {
        entry,
        hub,
        note,
        person,
    } = logged;
    let (dimension, code) = if entry.kind.is_empty() {
        (ALL, "")
    } else {
        ("perpetrator", entry.kind.as_str())
    };
    let sum = |last: i32| {
        counts
            .sum(
                &months_to(&moved(entry.month(), last), AROUND),
                &entry.area,
                dimension,
                code,
            )
            .amount
    };
    let is_over = moved(entry.month(), AROUND as i32).as_str() < this_month;
    let around = (sum(-1), is_over.then(|| sum(AROUND as i32)));
    let id = hub.is_none().then(|| entry.id.to_string());
    AdvocacyLine {
        id,
        day: entry.day,
        action: entry.action,
        kind: entry.kind,
        area: entry.area,
        outcome: entry.outcome,
        note,
        person,
        hub,
        around,
    }
}

async fn write<S: PatternServer>(
    server: Arc<S>,
    request: SignedIn<WriteAdvocacy<S>>,
) -> Result<Response, PageError> {
    let now = request.frame.now;
    let text = |name: &str| request.form.get(name).to_owned();
    let code =
        |name: &str, list: &'static codes::CodeList| list.folded(request.form.get(name)).to_owned();
    let entry = Advocacy {
        id: AdvocacyId::from_random(server.site().machine.bytes()),
        day: text("day"),
        action: code("action", &codes::ADVOCACY_ACTIONS),
        kind: code("kind", &codes::PERPETRATOR_KINDS),
        area: text("area").to_ascii_uppercase(),
        outcome: code("outcome", &codes::ADVOCACY_OUTCOMES),
    };
    entry.check(now)?;
    let logged = LoggedAdvocacy {
        entry,
        hub: None,
        note: text("note"),
        person: request.session.handle.clone(),
    };
    if !is_note(&logged.note) {
        return Err(PageError::Refused("advocacy-bad-note"));
    }
    if !server
        .gate()
        .write(&request, move |store| {
            Ok(store.log_advocacy(&logged, LOG_MAX, now)?)
        })
        .await?
    {
        return Err(PageError::Refused("advocacy-full"));
    }
    server.changed();
    Ok(answer::done("/advocacy", "advocacy"))
}

async fn change<S: PatternServer>(
    server: Arc<S>,
    request: SignedIn<ChangeAdvocacy<S>>,
) -> Result<Response, PageError> {
    let id: AdvocacyId = request
        .path
        .get("id")
        .parse()
        .map_err(|_| PageError::NotFound)?;
    let outcome = codes::ADVOCACY_OUTCOMES
        .folded(request.form.get("outcome"))
        .to_owned();
    let known = match request.form.get("do") {
        "outcome" if codes::ADVOCACY_OUTCOMES.knows(&outcome) => {
            server
                .gate()
                .write(&request, move |store| Ok(store.note_outcome(id, &outcome)?))
                .await?
        }
        "drop" => {
            server
                .gate()
                .write(&request, move |store| Ok(store.drop_advocacy(id)?))
                .await?
        }
        _ => return Err(PageError::Form),
    };
    if !known {
        return Err(PageError::NotFound);
    }
    server.changed();
    Ok(answer::done("/advocacy", "saved"))
}
