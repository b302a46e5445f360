//! The pages of a hub's board.

mod acting;
mod areas;
mod case;
mod checks;
mod hub;
mod linking;

use std::sync::Arc;

use axum::response::Response;
use vicinity_core::board::Group;
use vicinity_core::clocks;
use vicinity_core::codes::{self, ViolationGroup};
use vicinity_core::ids::IncidentId;
use vicinity_core::incident::Incident;
use vicinity_core::time::Timestamp;
use vicinity_pages::board::{self, Choices, Danger, Line, List};
use vicinity_store::board::{BoardFilter, PAGE_ROWS};
use vicinity_store::row::IncidentRow;

use crate::api::server::HubServer;
use crate::net::routes::Routes;
use crate::pages::answer::{self, PageError};
use crate::pages::exports;
use crate::pages::form::Form;
use crate::pages::pattern::{self, PatternServer};
use crate::pages::routes::pages;
use crate::pages::signed_in::SignedIn;
use crate::pages::site::PageServer;

/// How many incidents are shown of those that one search finds.
const FOUND_MAX: usize = 50;
/// Digits of an id by which people know an incident.
const SHORT_DIGITS: usize = 8;

pages! {
    /// Who needs help now.
    Board: "GET" "/" SeeBoard,
    /// Looking for one incident.
    Find: "GET" "/find" SeeBoard,
}

/// Adds the pages of a hub.
#[must_use]
pub fn routes<S: HubServer + PatternServer>(routes: Routes<S>) -> Routes<S> {
    let board = routes
        .signed_in::<Board, _>(list)
        .signed_in::<Find, _>(find);
    exports::of_hub(pattern::routes(areas::routes(hub::routes(acting::routes(
        case::routes(board),
    )))))
}

async fn list<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<Board>,
) -> Result<Response, PageError> {
    let choices = choices(&request.query);
    let page: u32 = request.query.get("page").parse().unwrap_or(0);
    let (filter, now) = (filter(&choices), request.frame.now);
    let (found, areas) = hub
        .gate()
        .read(&request, move |store| {
            Ok((store.board(&filter, page, now)?, store.areas(100)?))
        })
        .await?;
    let lines = found
        .rows
        .iter()
        .map(|(id, row)| line(*id, row, now))
        .collect();
    let pages = u32::try_from(found.total.div_ceil(PAGE_ROWS as u64)).unwrap_or(u32::MAX);
    let list = List {
        choices,
        areas,
        lines,
        total: found.total,
        page,
        pages,
        open: found.open,
        overdue: found.overdue,
    };
    Ok(answer::page(&board::list(&request.frame, &list)))
}

/// What the address asks for. Without a word the open ones. What is none of the codes that can be chosen counts as nothing, and an
/// area that is none too: it is in addresses and in what is asked of the store.
fn choices(query: &Form) -> Choices {
    let of = |name: &str, codes: &[&str]| {
        Some(query.get(name))
            .filter(|value| codes.contains(value))
            .unwrap_or_default()
            .to_owned()
    };
    let groups = ViolationGroup::ALL
        .each_ref()
        .map(|(group, _)| group.name());
    let is_area = |value: &&str| {
        value.len() <= 40
            && value
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || character == '-')
    };
    let is_status =
        |value: &str| ["", "open", "closed"].contains(&value) || codes::STATUSES.knows(value);
    let status = Some(query.get("status"))
        .filter(|value| query.has("status") && is_status(value))
        .unwrap_or("open");
    Choices {
        status: status.to_owned(),
        level: of("level", codes::TRIAGE_LEVELS.codes),
        kind: of("kind", codes::PERPETRATOR_KINDS.codes),
        group: of("group", &groups),
        area: Some(query.get("area"))
            .filter(is_area)
            .unwrap_or_default()
            .to_owned(),
        setting: of("setting", codes::SETTINGS.codes),
        clock: of("clock", &clocks::NAMES),
        only: of("only", &["overdue", "conflicts", "questions"]),
    }
}

fn filter(choices: &Choices) -> BoardFilter {
    let Choices {
        status,
        level,
        kind,
        group,
        area,
        setting,
        clock,
        only,
    } = choices.clone();
    BoardFilter {
        status,
        level,
        kind,
        group,
        area,
        setting,
        clock,
        only,
    }
}

/// One incident by its id, the first eight digits of it, or the address of its page.
async fn find<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<Find>,
) -> Result<Response, PageError> {
    let now = request.frame.now;
    let rows = match sought(request.query.get("incident")) {
        Some((first, last)) => {
            hub.gate()
                .read(&request, move |store| {
                    Ok(store.between(first, last, FOUND_MAX)?)
                })
                .await?
        }
        None => Vec::new(),
    };
    if let [(id, _)] = rows.as_slice() {
        return Ok(answer::see_other(&format!("/incident/{id}")));
    }
    let lines: Vec<Line> = rows.iter().map(|(id, row)| line(*id, row, now)).collect();
    Ok(answer::page(&board::found(&request.frame, &lines)))
}

/// The first and the last id that can be meant.
fn sought(text: &str) -> Option<(IncidentId, IncidentId)> {
    let id = text.split_once("/incident/").map_or(text, |(_, rest)| rest);
    let id = id.split(['/', '?', '#']).next().unwrap_or_default();
    if let Ok(id) = id.parse() {
        return Some((id, id));
    }
    let begins = Some(id).filter(|id| {
        id.len() == SHORT_DIGITS && id.chars().all(|digit| digit.is_ascii_hexdigit())
    })?;
    let [first, last] =
        ["0", "f"].map(|digit| format!("{begins}{}", digit.repeat(32 - SHORT_DIGITS)).parse());
    Some((first.ok()?, last.ok()?))
}

/// Who is in danger or held now.
fn danger(incident: &Incident) -> Danger {
    Danger {
        danger: vicinity_core::board::is_in_danger(incident),
        held: vicinity_core::board::is_held(incident),
    }
}

fn line(id: IncidentId, row: &IncidentRow, now: Timestamp) -> Line {
    let incident = &row.incident;
    let clocks = clocks::clocks(incident, now);
    let place = vicinity_core::board::place(incident, now);
    Line {
        id: id.to_string(),
        level: place.level.code().to_owned(),
        status: place.status,
        clock: if place.closed {
            None
        } else {
            clocks::next_due(&clocks, now).copied()
        },
        reported_at: place.reported_at,
        violations: incident.codes("violations").map(str::to_owned).collect(),
        kinds: place.kinds,
        setting: place.setting,
        area: place.area,
        conflicts: incident.disputes().len(),
        danger: danger(incident),
        over: place.group == Group::Over && !place.closed,
    }
}

/// The incident that a path names.
fn incident_of(path: &Form) -> Result<IncidentId, PageError> {
    path.get("id").parse().map_err(|_| PageError::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_is_sought_by_eight_digits_by_its_id_or_by_the_address_of_its_page() {
        let id = "0d8a1b2c-3d4e-4f50-8a61-728394a5b6c7";
        let whole: IncidentId = id.parse().unwrap();
        for text in [
            id,
            &id.to_uppercase(),
            &format!("https://hub.example/incident/{id}?done=acted"),
            &format!("/incident/{id}/erase"),
        ] {
            assert_eq!(sought(text), Some((whole, whole)), "{text}");
        }
        let (first, last) = sought("0D8A1B2C").unwrap();
        assert!(
            first <= whole
                && whole <= last
                && first.to_string().starts_with("0d8a1b2c-0000")
                && last.to_string().starts_with("0d8a1b2c-ffff")
        );
        for text in ["", "0d8a", "0d8a1b2g", "a name of somebody", "0d8a1b2c3"] {
            assert_eq!(sought(text), None, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_chosen_counts_as_nothing() {
        let of = |query: &str| choices(&Form::parse(query.as_bytes()));
        for name in [
            "level", "kind", "group", "setting", "clock", "only", "status", "area",
        ] {
            let chosen = filter(&of(&format!("{name}=b%20ogus")));
            assert_eq!(chosen, filter(&of("")), "{name}");
        }
        assert_eq!(
            (
                of("status=&clock=pep_72h").status.as_str(),
                of("clock=followup_planned").clock.as_str()
            ),
            ("", "followup_planned")
        );
        assert_eq!(of("status=monitoring").status, "monitoring");
    }
}
