//! An incident's placement on a board: what the list is sorted and filtered by, and when time alone changes it.
//!
//! A placement is stored as a row, so that a list of tens of thousands reads no incident. It is a cache: it is computed from the
//! facts and the time.
//!
//! # The order
//!
//! Open incidents come before closed ones, and within each level of triage they are sorted like this, one [`Group`] a line:
//!
//! 1. in danger or held now, with a clock that presses: by the time that is left;
//! 2. in danger or held now: the newest report first;
//! 3. with a clock that presses (first contact, response, PEP, forensic, emergency contraception): by the time that is left.
//!    What runs from the report presses until a day after it was due, a window until it is over;
//! 4. in danger or held as it was reported more than a week ago, and only watched since (status `monitoring`): newest first. An
//!    incident with new danger is moved back to `responding`;
//! 5. without a response, and past the time in which that presses: newest first;
//! 6. with a follow-up to come, or missed by less than two weeks: by when it is due.
//!
//! Incidents that no clock asks anything of any more come after all levels, by level, the newest first: their
//! windows are over and their follow-ups were missed long ago.

use jiff::{SignedDuration, Timestamp};

use crate::clocks::{Basis, Clock};
use crate::codes::ViolationGroup;
use crate::incident::Incident;
use crate::triage::{self, Level};
use crate::{clocks, consent, projection, status};

/// Hours after an incident at which its triage or the window of a clock may change.
const TURNS_HOURS: [i64; 2] = [72, 120];

/// Days after the report for which a danger counts as present, although the incident is only watched.
const DANGER_DAYS: i64 = 7;

/// The groups of a level, in their order. [`Group::Over`] comes after all levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// In danger or held now, and a clock presses.
    DangerDue,
    /// In danger or held now.
    Danger,
    /// A clock presses.
    Due,
    /// In danger or held, as was reported long ago, and watched since.
    DangerTold,
    /// Nobody has responded, and that presses no more.
    Unanswered,
    /// A follow-up is to come, or can be made good.
    Later,
    /// Nothing can be done about any clock.
    Over,
}

/// An incident's placement on a board at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Whether the response has ended.
    pub closed: bool,
    /// The status of the response.
    pub status: String,
    /// How urgent it is.
    pub level: Level,
    /// Its group within the level.
    pub group: Group,
    /// Seconds by which those of one group are sorted: when the clock is due, or how new the report is.
    pub sort: i64,
    /// The next clock that can still be met; none for a closed incident.
    pub clock: Option<&'static str>,
    /// When that is due, if known.
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
    /// By what it is counted: dimension and code, as at national, but regardless of consent.
    pub facets: Vec<(&'static str, String)>,
    /// Whether it may be counted at national: its survivor agreed to `hub_response` and to `aggregate_count`.
    pub countable: bool,
    /// The hash of its survivor's code; empty without one.
    pub survivor: String,
    /// Minutes from the report to the first response, rounded up to the full hour.
    pub response_minutes: Option<u32>,
    /// When time alone may change this; `None` if it cannot.
    pub turns_at: Option<Timestamp>,
}

impl Placement {
    /// The order of the open ones, and of the closed ones among themselves: the smallest first, then by `sort`.
    #[must_use]
    pub fn rank(&self) -> u8 {
        let level = match self.level {
            Level::Red => 0,
            Level::Amber => 1,
            Level::Green => 2,
        };
        if self.group == Group::Over {
            OVER + level
        } else {
            level * 10 + self.group as u8
        }
    }
}

/// The smallest rank of those that are over: what is below can still be acted on.
const OVER: u8 = 30;

/// Whether a person is reported to be in danger now; conflicting answers count as yes.
#[must_use]
pub fn is_in_danger(incident: &Incident) -> bool {
    incident.may_be("danger_now", "yes")
}

/// Whether a person is reported to be held now; conflicting answers count as yes.
#[must_use]
pub fn is_held(incident: &Incident) -> bool {
    incident.may_be("held_now", "yes")
}

fn group(incident: &Incident, next: Option<&Clock>, status: &str, now: Timestamp) -> Group {
    let presses = next.is_some_and(|clock| clock.presses(now));
    let told_long_ago = status == "monitoring" && danger_fades(incident).is_some_and(|at| now > at);
    match (is_in_danger(incident) || is_held(incident), next) {
        (true, _) if presses => Group::DangerDue,
        (true, _) if told_long_ago => Group::DangerTold,
        (true, _) => Group::Danger,
        (false, _) if presses => Group::Due,
        (false, Some(clock)) if clock.from == Basis::Report => Group::Unanswered,
        (false, Some(_)) => Group::Later,
        (false, None) => Group::Over,
    }
}

fn sort(group: Group, next: Option<&Clock>, incident: &Incident) -> i64 {
    match group {
        Group::DangerDue | Group::Due | Group::Later => next
            .and_then(Clock::sorts_at)
            .map_or(i64::MAX, Timestamp::as_second),
        Group::Danger | Group::DangerTold | Group::Unanswered | Group::Over => incident
            .reported_at()
            .map_or(i64::MAX, |at| -at.as_second()),
    }
}

/// Until when a reported danger counts as present if the incident is only watched.
fn danger_fades(incident: &Incident) -> Option<Timestamp> {
    incident
        .reported_at()?
        .checked_add(SignedDuration::from_hours(24 * DANGER_DAYS))
        .ok()
}

/// Computes the placement of an incident at a moment.
#[must_use]
pub fn place(incident: &Incident, now: Timestamp) -> Placement {
    let clocks = clocks::clocks(incident, now);
    let closed = status::is_closed(incident);
    let next = clocks::next_due(&clocks, now).filter(|_| !closed);
    let status = status::status(incident);
    let group = if closed {
        Group::Over
    } else {
        group(incident, next, &status, now)
    };
    let mut kinds: Vec<String> = incident
        .entries("perpetrators")
        .filter_map(|entry| entry.text("kind").map(str::to_owned))
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut groups: Vec<&'static str> = incident
        .codes("violations")
        .filter_map(ViolationGroup::of)
        .map(ViolationGroup::name)
        .collect();
    groups.sort_unstable();
    groups.dedup();
    let counted = projection::coarse(incident, now);
    Placement {
        closed,
        status,
        level: triage::level(incident, now),
        group,
        sort: sort(group, next, incident),
        clock: next.map(|clock| clock.name),
        due_at: next.and_then(|clock| clock.due_at),
        reported_at: incident.reported_at(),
        area: incident.text("place.area").unwrap_or_default().to_owned(),
        setting: incident
            .text("place.setting")
            .unwrap_or_default()
            .to_owned(),
        kinds,
        groups,
        conflicts: incident.disputes().len() as u32,
        facets: counted.facets(),
        countable: counted.countable && consent::granted(incident, consent::HUB_RESPONSE, now),
        survivor: incident
            .text("survivor.code")
            .unwrap_or_default()
            .to_owned(),
        month: counted.month,
        response_minutes: projection::response_minutes(incident),
        turns_at: turns_at(incident, &clocks, now),
    }
}

fn turns_at(incident: &Incident, clocks: &[Clock], now: Timestamp) -> Option<Timestamp> {
    let due = clocks
        .iter()
        .flat_map(Clock::turns)
        .chain(danger_fades(incident));
    let latest = incident.occurred_window().map(|(_, latest)| latest);
    let turns = TURNS_HOURS
        .into_iter()
        .filter_map(|hours| latest?.checked_add(SignedDuration::from_hours(hours)).ok());
    // Triage turns at the moment itself, a clock a moment after.
    let after = |at: Timestamp| at.checked_add(SignedDuration::from_secs(1)).ok();
    let consent = consent::next_expiry(incident, now);
    due.filter_map(after)
        .chain(turns.flat_map(|at| [Some(at), after(at)]).flatten())
        .chain(consent)
        .filter(|at| *at > now)
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::Reading;
    use jiff::tz::TimeZone;
    use serde_json::{Value, json};

    /// At a hub whose people live by UTC.
    fn in_utc(incident: Incident) -> Incident {
        incident.read_by(Reading {
            zone: Some(TimeZone::UTC),
            ..Reading::default()
        })
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn rape() -> Incident {
        let facts = json!({
            "occurred": {"at": "2026-11-22T10:00", "precision": "exact"}, "reported_at": "2026-11-22T12:00:00Z",
            "violations": ["extortion_bribe", "rape"], "perpetrators": [{"id": "a", "kind": "police"}, {"id": "b", "kind": "client"}, {"id": "c", "kind": "police"}],
            "place": {"area": "SN-DK-01", "setting": "street"}, "survivor": {"gender": "man"},
        });
        in_utc(Incident::from_row(facts, Vec::new()))
    }

    #[test]
    fn a_place_says_what_lists_are_sorted_and_filtered_by() {
        let place = place(&rape(), at("2026-11-22T12:30:00Z"));
        assert_eq!(
            (place.closed, place.level, place.clock),
            (false, Level::Red, Some("first_contact_1h"))
        );
        assert_eq!(
            (place.due_at, place.reported_at),
            (
                Some(at("2026-11-22T13:00:00Z")),
                Some(at("2026-11-22T12:00:00Z"))
            )
        );
        assert_eq!(
            (place.kinds, place.groups),
            (
                vec!["client".to_owned(), "police".to_owned()],
                vec!["economic", "sexual"]
            )
        );
        assert_eq!(
            (place.area.as_str(), place.setting.as_str(), place.conflicts),
            ("SN-DK-01", "street", 0)
        );
        assert_eq!(
            (place.month.as_str(), place.response_minutes),
            ("2026-11", None)
        );
        for facet in [
            ("admin1", "SN-DK"),
            ("perpetrator", "police"),
            ("response", "no_response"),
            ("state_perpetrator", "yes"),
        ] {
            assert!(
                place
                    .facets
                    .iter()
                    .any(|(dimension, code)| (*dimension, code.as_str()) == facet),
                "{facet:?} though nobody agreed to anything"
            );
        }
    }

    #[test]
    fn consent_to_counts_alone_decides_about_counts_and_only_while_it_holds() {
        let with = |consents: Value| {
            let mut facts = Value::Object(rape().facts().clone());
            facts["consents"] = consents;
            in_utc(Incident::from_row(facts, Vec::new()))
        };
        let grant = |id: &str, scope: &str| json!({"id": id, "scope": scope, "state": "granted"});
        let now = at("2026-11-22T12:30:00Z");
        let (response, deid, count) = (
            grant("a", "hub_response"),
            grant("b", "national_deid"),
            grant("c", "aggregate_count"),
        );
        assert!(place(&with(json!([response, deid, count])), now).countable);
        assert!(
            place(&with(json!([response, count])), now).countable,
            "consent to rows decides about rows alone"
        );
        assert!(!place(&with(json!([response, deid])), now).countable);
        assert!(!place(&with(json!([deid, count])), now).countable);
        let mut ends = count;
        ends["expires_at"] = "2026-11-22T12:45:00Z".into();
        let incident = with(json!([response, deid, ends]));
        let turns = place(&incident, now).turns_at.unwrap();
        assert_eq!(
            (
                place(&incident, now).countable,
                turns,
                place(&incident, turns).countable
            ),
            (true, at("2026-11-22T12:45:00Z"), false)
        );
    }

    /// From one turn to the next nothing may change: what is kept as a row would lie in between.
    #[test]
    fn between_two_turns_a_place_does_not_change() {
        let with = |more: Value| {
            let mut facts = rape().facts().clone();
            facts.extend(more.as_object().unwrap().clone());
            in_utc(Incident::from_row(Value::Object(facts), Vec::new()))
        };
        let care = json!([{"code": "shelter", "done_at": "2026-11-22T12:10:00Z"}, {"code": "pep_start", "done_at": "2026-11-22T13:00:00Z"}]);
        for incident in [
            rape(),
            with(json!({"occurred": {"at": "2026-11", "precision": "month"}})),
            with(json!({"occurred": null, "actions": care, "survivor": {"gender": "woman"}})),
            with(json!({"danger_now": "yes", "status": "monitoring", "actions": care})),
            with(
                json!({"actions": care, "followups": [{"id": "a-1", "due_at": "2026-11-30T23:59:59Z"}]}),
            ),
        ] {
            let mut now = at("2026-11-22T12:00:00Z");
            let mut turns = 0;
            while let Some(turn) = place(&incident, now).turns_at {
                let (before, kept) = (
                    turn.checked_sub(SignedDuration::from_secs(1)).unwrap(),
                    place(&incident, now),
                );
                assert_eq!(
                    Placement {
                        turns_at: kept.turns_at,
                        ..place(&incident, before)
                    },
                    kept,
                    "{now} {before}"
                );
                assert!(turn > now);
                now = turn;
                turns += 1;
            }
            assert!(turns >= 4, "{turns}");
            assert_eq!(
                place(&incident, at("2036-01-01T00:00:00Z")),
                place(&incident, now),
                "nothing turns any more"
            );
        }
    }

    /// Facts of an incident that was reported that many hours before the moment of these tests.
    fn reported(hours: i64, more: Value) -> Value {
        let reported = now()
            .checked_sub(SignedDuration::from_hours(hours))
            .unwrap();
        let mut facts = json!({"reported_at": reported.to_string(), "occurred": {"at": reported.to_string()[..16], "precision": "exact"}});
        facts
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        facts
    }

    fn now() -> Timestamp {
        at("2026-11-22T12:00:00Z")
    }

    fn stands(facts: &Value) -> (u8, i64) {
        let place = place(
            &in_utc(Incident::from_row(facts.clone(), Vec::new())),
            now(),
        );
        (place.rank(), place.sort)
    }

    #[test]
    fn whoever_is_in_danger_comes_first_then_what_can_still_be_done_in_time_and_what_is_over_last()
    {
        let care = |hours: i64| json!([{"code": "shelter", "done_at": now().checked_sub(SignedDuration::from_hours(hours)).unwrap().to_string()}]);
        let days = |days: i64| 24 * days;
        let in_order = [
            (
                "in danger since an hour",
                reported(1, json!({"danger_now": "yes", "violations": ["rape"]})),
            ),
            (
                "held, and the response is due in hours",
                reported(
                    10,
                    json!({"held_now": "yes", "actions": [{"code": "shelter", "offered_at": now().to_string(), "accepted": "declined"}]}),
                ),
            ),
            (
                "in danger, and somebody is at it",
                reported(
                    days(2),
                    json!({"danger_now": "yes", "status": "responding", "actions": care(30)}),
                ),
            ),
            (
                "in danger for months, and somebody is at it",
                reported(
                    days(90),
                    json!({"danger_now": "yes", "status": "responding", "actions": care(days(89))}),
                ),
            ),
            (
                "first contact missed an hour ago",
                reported(2, json!({"violations": ["rape"]})),
            ),
            (
                "PEP has two days left",
                reported(24, json!({"violations": ["rape"], "actions": care(23)})),
            ),
            (
                "in danger as was said months ago, watched",
                reported(
                    days(90),
                    json!({"danger_now": "yes", "status": "monitoring", "actions": care(days(89))}),
                ),
            ),
            (
                "nobody came for three days",
                reported(days(3), json!({"severe_injury": "yes"})),
            ),
            (
                "nobody came for a year",
                reported(days(365), json!({"severe_injury": "yes"})),
            ),
            (
                "a follow-up was due last week",
                reported(
                    days(21),
                    json!({"severe_injury": "yes", "actions": care(days(21))}),
                ),
            ),
            (
                "a follow-up comes in months",
                reported(
                    days(60),
                    json!({"severe_injury": "yes", "actions": care(days(60))}),
                ),
            ),
            (
                "amber: a response is due",
                reported(1, json!({"violations": ["hit_push"]})),
            ),
            (
                "green: nobody came for a year",
                reported(days(365), json!({"violations": ["eviction"]})),
            ),
            (
                "all follow-ups were missed",
                reported(
                    days(300),
                    json!({"severe_injury": "yes", "actions": care(days(300))}),
                ),
            ),
            (
                "all follow-ups were missed, and it is older",
                reported(
                    days(600),
                    json!({"severe_injury": "yes", "actions": care(days(600))}),
                ),
            ),
        ];
        let mut sorted = in_order.clone();
        sorted.sort_by_key(|(_, facts)| stands(facts));
        assert_eq!(sorted.map(|(name, _)| name), in_order.map(|(name, _)| name));
    }

    #[test]
    fn what_can_no_longer_be_done_is_no_next_clock() {
        let facts = reported(
            24 * 300,
            json!({"violations": ["rape"], "status": "monitoring", "actions": [{"code": "pep_start", "done_at": "2026-01-27T12:00:00Z"}]}),
        );
        let place = place(&in_utc(Incident::from_row(facts, Vec::new())), now());
        assert_eq!(
            (place.group, place.clock, place.due_at),
            (Group::Over, None, None)
        );
    }

    #[test]
    fn a_planned_followup_is_the_next_clock_of_who_was_cared_for() {
        let mut facts = reported(
            24 * 20,
            json!({"violations": ["eviction"], "actions": [{"code": "shelter", "done_at": "2026-11-03T12:00:00Z"}]}),
        );
        facts["followups"] = json!([{"id": "a-1", "done_at": "2026-11-16T12:00:00Z"}, {"id": "b-1", "due_at": "2026-11-24T23:59:59Z"}]);
        let place = place(&in_utc(Incident::from_row(facts, Vec::new())), now());
        assert_eq!(
            (place.group, place.clock, place.due_at),
            (
                Group::Later,
                Some("followup_planned"),
                Some(at("2026-11-24T23:59:59Z"))
            )
        );
    }

    #[test]
    fn a_closed_incident_has_no_next_clock() {
        let mut facts = Value::Object(rape().facts().clone());
        facts["status"] = "closed_declined".into();
        let place = place(
            &in_utc(Incident::from_row(facts, Vec::new())),
            at("2026-11-22T12:30:00Z"),
        );
        assert_eq!(
            (place.closed, place.clock, place.due_at),
            (true, None, None)
        );
    }
}
