//! How far somebody who was exposed came: towards HIV prophylaxis (PEP), and towards emergency contraception (EC).
//!
//! An incident has one step of each cascade, the furthest that was reached, so that the counts of steps do not overlap and
//! none has to be subtracted from another.

use jiff::SignedDuration;

use crate::clocks;
use crate::incident::{Entry, Incident};
use crate::reading::Moment;

/// Neither exposed nor, for EC, able to conceive.
pub(crate) const NOT_EXPOSED: &str = "not_exposed";
/// The steps of PEP: reported too late for it, reported in time, offered (also if declined), started, completed.
pub(crate) const PEP: [&str; 6] = [
    NOT_EXPOSED,
    "too_late",
    "in_time",
    "offered",
    "started",
    "completed",
];
/// The steps of emergency contraception, which is one dose.
pub(crate) const EC: [&str; 5] = [NOT_EXPOSED, "too_late", "in_time", "offered", "completed"];

/// The step of PEP.
pub(crate) fn pep(incident: &Incident) -> &'static str {
    if !clocks::is_exposed(incident) {
        NOT_EXPOSED
    } else if is_done(incident, "pep_complete") {
        "completed"
    } else if is_done(incident, "pep_start") {
        "started"
    } else {
        before_it_began(incident, "pep_start", clocks::PEP_HOURS)
    }
}

/// The step of EC.
pub(crate) fn ec(incident: &Incident) -> &'static str {
    if !clocks::is_exposed(incident) || !clocks::may_conceive(incident) {
        NOT_EXPOSED
    } else if is_done(incident, "emergency_contraception") {
        "completed"
    } else {
        before_it_began(incident, "emergency_contraception", clocks::EC_HOURS)
    }
}

fn before_it_began(incident: &Incident, action: &str, hours: i64) -> &'static str {
    if actions(incident, action).next().is_some() {
        "offered"
    } else if is_too_late(incident, hours) {
        "too_late"
    } else {
        "in_time"
    }
}

fn actions<'a>(incident: &'a Incident, code: &'a str) -> impl Iterator<Item = Entry<'a>> {
    incident
        .entries("actions")
        .filter(move |action| action.text("code") == Some(code))
}

fn is_done(incident: &Incident, code: &str) -> bool {
    actions(incident, code)
        .any(|action| action.instant("done_at").is_some() || action.text("outcome") == Some("done"))
}

/// Whether the report came when it could not have helped any more, even if the incident was as late as it may have been. A
/// unknown time counts as in time, as it does for the clocks, and so does a time written by a clock whose error is unknown.
fn is_too_late(incident: &Incident, hours: i64) -> bool {
    let latest = incident.occurred_window().map(|(_, latest)| latest);
    let ends = latest.and_then(|at| at.checked_add(SignedDuration::from_hours(hours)).ok());
    incident
        .reported()
        .and_then(Moment::sure)
        .zip(ends)
        .is_some_and(|(reported, ends)| reported > ends)
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

    fn steps(facts: Value) -> (&'static str, &'static str) {
        let incident = in_utc(Incident::from_row(facts, Vec::new()));
        (pep(&incident), ec(&incident))
    }

    fn told(reported_at: &str, actions: Value) -> Value {
        json!({"occurred": {"at": "2026-11-01T10:00", "precision": "exact"}, "reported_at": reported_at, "violations": ["rape"], "actions": actions})
    }

    #[test]
    fn a_report_is_in_time_for_three_days_and_for_five() {
        assert_eq!(
            steps(told("2026-11-04T09:00:00Z", json!([]))),
            ("in_time", "in_time")
        );
        assert_eq!(
            steps(told("2026-11-05T12:00:00Z", json!([]))),
            ("too_late", "in_time")
        );
        assert_eq!(
            steps(told("2026-11-07T12:00:00Z", json!([]))),
            ("too_late", "too_late")
        );
        assert_eq!(
            steps(json!({"violations": ["rape"]})),
            ("in_time", "in_time"),
            "a time that nobody knows"
        );
    }

    #[test]
    fn an_offer_counts_even_if_it_was_declined_and_what_was_done_counts_as_done() {
        let offered = json!([{"id": "a", "code": "pep_start", "offered_at": "2026-11-01T12:00:00Z", "accepted": "declined"}]);
        assert_eq!(
            steps(told("2026-11-01T11:00:00Z", offered)),
            ("offered", "in_time")
        );
        let done = json!([{"id": "a", "code": "pep_start", "done_at": "2026-11-01T12:00:00Z"}, {"id": "b", "code": "emergency_contraception", "outcome": "done"}]);
        assert_eq!(
            steps(told("2026-11-01T11:00:00Z", done)),
            ("started", "completed")
        );
        let through =
            json!([{"id": "a", "code": "pep_complete", "done_at": "2026-11-29T12:00:00Z"}]);
        assert_eq!(steps(told("2026-11-01T11:00:00Z", through)).0, "completed");
    }

    #[test]
    fn who_was_not_exposed_or_cannot_conceive_is_in_no_cascade() {
        assert_eq!(
            steps(json!({"violations": ["extortion_bribe"]})),
            (NOT_EXPOSED, NOT_EXPOSED)
        );
        assert_eq!(
            steps(json!({"violations": ["rape"], "survivor": {"gender": "man"}})),
            ("in_time", NOT_EXPOSED)
        );
    }
}
