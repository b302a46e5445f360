//! An incident's place on a board: what a list is sorted and filtered by, and when time alone will change that.
//!
//! A place is kept as a row, so that a list of tens of thousands needs no incident read. It is a cache: the facts and the
//! clock give it again.

use jiff::{SignedDuration, Timestamp};

use crate::codes::ViolationGroup;
use crate::incident::Incident;
use crate::triage::{self, Level};
use crate::{clocks, consent, projection, status};

/// Hours after an incident at which its triage or the window of a clock may change.
const TURNS_HOURS: [i64; 2] = [72, 120];

/// An incident's place on a board at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Whether the response has ended.
    pub closed: bool,
    /// Where the response stands.
    pub status: String,
    /// How urgent it is.
    pub level: Level,
    /// The clock to look at next; none for a closed incident.
    pub clock: Option<&'static str>,
    /// When that is due, where anybody knows.
    pub due_at: Option<Timestamp>,
    /// When it was reported.
    pub reported_at: Option<Timestamp>,
    /// The hub's area.
    pub area: String,
    /// The setting.
    pub setting: String,
    /// Kinds of perpetrators, each once.
    pub kinds: Vec<String>,
    /// Groups of violations, each once.
    pub groups: Vec<&'static str>,
    /// Fields in which people wrote different values.
    pub conflicts: u32,
    /// The month it is counted in, as `2026-11`, or `unknown`.
    pub month: String,
    /// By what it is counted: dimension and code, as at national but whatever the survivor agreed to.
    pub facets: Vec<(&'static str, String)>,
    /// Whether it may be counted elsewhere: its survivor agreed to that, and to its being here and there.
    pub countable: bool,
    /// Minutes from the report to the first response, rounded up to the full hour.
    pub response_minutes: Option<u32>,
    /// When time alone may change this; `None` if it cannot.
    pub turns_at: Option<Timestamp>,
}

/// Where an incident stands now.
#[must_use]
pub fn place(incident: &Incident, now: Timestamp) -> Place {
    let clocks = clocks::clocks(incident, now);
    let closed = status::is_closed(incident);
    let next = clocks::next_due(&clocks).filter(|_| !closed);
    let mut kinds: Vec<String> = incident.entries("perpetrators").filter_map(|entry| entry.text("kind").map(str::to_owned)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut groups: Vec<&'static str> = incident.codes("violations").filter_map(ViolationGroup::of).map(ViolationGroup::name).collect();
    groups.sort_unstable();
    groups.dedup();
    let counted = projection::coarse(incident, now);
    Place {
        closed,
        status: status::status(incident),
        level: triage::level(incident, now),
        clock: next.map(|clock| clock.name),
        due_at: next.and_then(|clock| clock.due_at),
        reported_at: incident.instant("reported_at"),
        area: incident.text("place.area").unwrap_or_default().to_owned(),
        setting: incident.text("place.setting").unwrap_or_default().to_owned(),
        kinds,
        groups,
        conflicts: incident.disputes().len() as u32,
        facets: counted.facets(),
        countable: counted.countable && projection::is_consented(incident, now),
        month: counted.month,
        response_minutes: counted.response_minutes,
        turns_at: turns_at(incident, &clocks, now),
    }
}

fn turns_at(incident: &Incident, clocks: &[clocks::Clock], now: Timestamp) -> Option<Timestamp> {
    let due = clocks.iter().filter(|clock| clock.state.is_pending()).filter_map(|clock| clock.due_at);
    let latest = incident.occurred_window().map(|(_, latest)| latest);
    let turns = TURNS_HOURS.into_iter().filter_map(|hours| latest?.checked_add(SignedDuration::from_hours(hours)).ok());
    // Triage turns at the moment itself, a clock a moment after.
    let after = |at: Timestamp| at.checked_add(SignedDuration::from_secs(1)).ok();
    let consent = consent::next_expiry(incident, now);
    due.filter_map(after).chain(turns.flat_map(|at| [Some(at), after(at)]).flatten()).chain(consent).filter(|at| *at > now).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn rape() -> Incident {
        let facts = json!({
            "occurred": {"at": "2026-11-22T10:00", "precision": "exact"}, "reported_at": "2026-11-22T12:00:00Z",
            "violations": ["extortion_bribe", "rape"], "perpetrators": [{"id": "a", "kind": "police"}, {"id": "b", "kind": "client"}, {"id": "c", "kind": "police"}],
            "place": {"area": "SN-DK-01", "setting": "street"}, "survivor": {"gender": "man"},
        });
        Incident::from_row(facts, Vec::new())
    }

    #[test]
    fn a_place_says_what_lists_are_sorted_and_filtered_by() {
        let place = place(&rape(), at("2026-11-22T12:30:00Z"));
        assert_eq!((place.closed, place.level, place.clock), (false, Level::Red, Some("first_contact_1h")));
        assert_eq!((place.due_at, place.reported_at), (Some(at("2026-11-22T13:00:00Z")), Some(at("2026-11-22T12:00:00Z"))));
        assert_eq!((place.kinds, place.groups), (vec!["client".to_owned(), "police".to_owned()], vec!["economic", "sexual"]));
        assert_eq!((place.area.as_str(), place.setting.as_str(), place.conflicts), ("SN-DK-01", "street", 0));
        assert_eq!((place.month.as_str(), place.response_minutes), ("2026-11", None));
        for facet in [("admin1", "SN-DK"), ("perpetrator", "police"), ("response", "no_response"), ("state_perpetrator", "yes")] {
            assert!(place.facets.iter().any(|(dimension, code)| (*dimension, code.as_str()) == facet), "{facet:?} though nobody agreed to anything");
        }
    }

    #[test]
    fn only_who_agreed_to_all_of_it_is_counted_elsewhere_and_only_while_that_holds() {
        let with = |consents: Value| {
            let mut facts = Value::Object(rape().facts().clone());
            facts["consents"] = consents;
            Incident::from_row(facts, Vec::new())
        };
        let grant = |id: &str, scope: &str| json!({"id": id, "scope": scope, "state": "granted"});
        let now = at("2026-11-22T12:30:00Z");
        let (response, deid, count) = (grant("a", "hub_response"), grant("b", "national_deid"), grant("c", "aggregate_count"));
        assert!(place(&with(json!([response, deid, count])), now).countable);
        assert!(!place(&with(json!([response, count])), now).countable, "it may not leave the hub");
        assert!(!place(&with(json!([response, deid])), now).countable);
        let mut ends = count;
        ends["expires_at"] = "2026-11-22T12:45:00Z".into();
        let incident = with(json!([response, deid, ends]));
        let turns = place(&incident, now).turns_at.unwrap();
        assert_eq!((place(&incident, now).countable, turns, place(&incident, turns).countable), (true, at("2026-11-22T12:45:00Z"), false));
    }

    /// From one turn to the next nothing may change: what is kept as a row would lie in between.
    #[test]
    fn between_two_turns_a_place_does_not_change() {
        let incident = rape();
        let mut now = at("2026-11-22T12:00:00Z");
        let mut turns = 0;
        while let Some(turn) = place(&incident, now).turns_at {
            let (before, kept) = (turn.checked_sub(SignedDuration::from_secs(1)).unwrap(), place(&incident, now));
            assert_eq!(place(&incident, before), kept, "{now} {before}");
            assert!(turn > now);
            now = turn;
            turns += 1;
        }
        assert!(turns >= 4, "{turns}");
        assert_eq!(place(&incident, at("2036-01-01T00:00:00Z")), place(&incident, now), "nothing turns any more");
    }

    #[test]
    fn a_closed_incident_has_no_next_clock() {
        let mut facts = Value::Object(rape().facts().clone());
        facts["status"] = "closed_declined".into();
        let place = place(&Incident::from_row(facts, Vec::new()), at("2026-11-22T12:30:00Z"));
        assert_eq!((place.closed, place.clock, place.due_at), (true, None, None));
    }
}
