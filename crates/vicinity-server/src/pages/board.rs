//! The pages of a hub's board.

mod acting;
mod case;
mod checks;
mod hub;
mod linking;

use std::sync::Arc;

use axum::response::Response;
use vicinity_core::access::Action;
use vicinity_core::clocks;
use vicinity_core::ids::IncidentId;
use vicinity_core::time::Timestamp;
use vicinity_core::{status, triage};
use vicinity_pages::board::{self, Choices, Line, List};
use vicinity_store::StoreError;
use vicinity_store::board::{BoardFilter, BoardStore, PAGE_ROWS};
use vicinity_store::row::IncidentRow;

use crate::gate::Gate;
use crate::hub::Hub;
use crate::pages::answer::{self, PageError};
use crate::pages::exports;
use crate::pages::form::Form;
use crate::pages::months::ends;
use crate::pages::pattern::{self, Counts, Observatory};
use crate::pages::seated::Seated;
use crate::routes::{Routes, pages};

pages! {
    /// Who needs help now.
    Board: "GET" "/" SeeBoard,
}

/// Adds the pages of a hub.
#[must_use]
pub fn routes(routes: Routes<Hub>) -> Routes<Hub> {
    exports::of_hub(pattern::routes(hub::routes(linking::routes(acting::routes(case::routes(routes.seated::<Board, _>(list)))))))
}

impl Observatory for Hub {
    type Store = dyn BoardStore;
    const SEE: Action = Action::SeeBoard;
    const WRITE: Action = Action::Respond;

    fn gate(&self) -> &Gate<Self::Store> {
        &self.gate
    }

    fn counts(store: &mut Self::Store, months: Vec<String>) -> Result<Counts, StoreError> {
        let (from, to) = ends(&months);
        let window = store.window(from, to)?;
        Ok(Counts::exact(months, window))
    }

    fn to_pass_on(store: &mut Self::Store, name: &str, months: Vec<String>) -> Result<Counts, StoreError> {
        let (from, to) = ends(&months);
        Ok(Counts::as_one(name, store.countable_window(from, to)?))
    }

    fn median_minutes(store: &mut Self::Store, months: &[String]) -> Result<Option<u32>, StoreError> {
        let (from, to) = ends(months);
        let minutes = store.response_minutes(from, to)?;
        Ok(minutes.get(minutes.len().saturating_sub(1) / 2).copied())
    }
}

async fn list(hub: Arc<Hub>, seated: Seated<Board>) -> Result<Response, PageError> {
    let choices = choices(&seated.query);
    let page: u32 = seated.query.get("page").parse().unwrap_or(0);
    let (filter, now) = (filter(&choices), seated.frame.now);
    let (found, areas) = hub.gate.read(&seated, move |store| Ok((store.board(&filter, page, now)?, store.areas(100)?))).await?;
    let lines = found.rows.iter().map(|(id, row)| line(*id, row, now)).collect();
    let pages = u32::try_from(found.total.div_ceil(PAGE_ROWS as u64)).unwrap_or(u32::MAX);
    let list = List { choices, areas, lines, total: found.total, page, pages, open: found.open, overdue: found.overdue };
    Ok(answer::page(&board::list(&seated.frame, &list)))
}

/// What the address asks for. Without a word the open ones. Anything but a code or an area counts as nothing: it stands in
/// addresses and in what is asked of the store.
fn choices(query: &Form) -> Choices {
    let code = |name: &str| {
        let fits = |value: &&str| value.len() <= 40 && value.chars().all(|character| character.is_ascii_alphanumeric() || "_-+".contains(character));
        Some(query.get(name)).filter(fits).unwrap_or_default().to_owned()
    };
    let status = if query.has("status") { code("status") } else { "open".to_owned() };
    Choices {
        status,
        level: code("level"),
        kind: code("kind"),
        group: code("group"),
        area: code("area"),
        setting: code("setting"),
        clock: code("clock"),
        only: code("only"),
    }
}

fn filter(choices: &Choices) -> BoardFilter {
    let Choices { status, level, kind, group, area, setting, clock, only } = choices.clone();
    BoardFilter { status, level, kind, group, area, setting, clock, only }
}

fn line(id: IncidentId, row: &IncidentRow, now: Timestamp) -> Line {
    let incident = &row.incident;
    let clocks = clocks::clocks(incident, now);
    let place = vicinity_core::board::place(incident, now);
    Line {
        id: id.to_string(),
        level: triage::level(incident, now).code().to_owned(),
        status: status::status(incident),
        clock: if place.closed { None } else { clocks::next_due(&clocks).copied() },
        reported_at: place.reported_at,
        violations: incident.codes("violations").map(str::to_owned).collect(),
        kinds: place.kinds,
        setting: place.setting,
        area: place.area,
        conflicts: incident.disputes().len(),
    }
}

/// The incident that a path names.
fn incident_of(path: &Form) -> Result<IncidentId, PageError> {
    path.get("id").parse().map_err(|_| PageError::NotFound)
}
