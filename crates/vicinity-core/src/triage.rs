//! Triage: who needs help first. Computed from the facts; a person may raise it, and lower it with a reason.
//!
//! Doubt is urgent: where two people disagree about a fact the more urgent one counts, an unknown time counts as just
//! now, and of the time span that an imprecise time means its latest instant counts. What nobody said is not a yes:
//! an incident about which little is known must not drown those that are known to be urgent.
//!
//! A closed incident keeps the level its facts give. Closing ends the response and says nothing of how grave it was; a
//! list that wants open work first sorts by status, then by level.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::codes::TRIAGE_LEVELS;
use crate::incident::Incident;

/// How urgent an incident is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The rest.
    Green,
    /// Soon.
    Amber,
    /// Now.
    Red,
}

impl Level {
    /// The level a code names.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match TRIAGE_LEVELS.folded(code) {
            "red" => Some(Self::Red),
            "amber" => Some(Self::Amber),
            "green" => Some(Self::Green),
            _ => None,
        }
    }

    /// The code that names the level.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Amber => "amber",
            Self::Green => "green",
        }
    }
}

/// Sexual violence that starts the clinic's clocks. Harassment alone does not: nobody was touched.
const SEXUAL_VIOLENCE: [&str; 6] = [
    "rape",
    "gang_rape",
    "attempted_rape",
    "unwanted_touch",
    "condom_refused_removed",
    "sex_demanded_by_official",
];
const WEAPON: [&str; 2] = ["weapon_threat", "weapon_used"];
/// A threat that can be carried out, or a perpetrator who keeps coming back.
const CREDIBLE_THREAT: [&str; 7] = [
    "blackmail",
    "sextortion",
    "coerced_to_inform",
    "threat_harm",
    "threat_outing",
    "threat_children",
    "stalking",
];
/// Nobody records whether extortion continues, so it is taken to.
const EXTORTION: &str = "extortion_bribe";

const ADULT_YEARS: i64 = 18;
const RED_HOURS: i64 = 72;
const AMBER_HOURS: i64 = 120;

/// The level that the facts give.
#[must_use]
pub fn computed(incident: &Incident, now: Timestamp) -> Level {
    if is_red(incident, now) {
        Level::Red
    } else if is_amber(incident, now) {
        Level::Amber
    } else {
        Level::Green
    }
}

/// The level that counts. A person's raise always does, a lowering only with a reason; where two people decided at the
/// same time, the higher of the two.
#[must_use]
pub fn level(incident: &Incident, now: Timestamp) -> Level {
    let computed = computed(incident, now);
    incident
        .claims("triage")
        .map(|decision| decided(decision, computed))
        .max()
        .unwrap_or(computed)
}

fn decided(decision: &Value, computed: Level) -> Level {
    let text = |key: &str| decision.get(key).and_then(Value::as_str);
    let has_reason = text("reason").is_some_and(|reason| !reason.trim().is_empty());
    match text("level")
        .or(decision.as_str())
        .and_then(Level::from_code)
    {
        Some(level) if level >= computed || has_reason => level,
        _ => computed,
    }
}

fn is_red(incident: &Incident, now: Timestamp) -> bool {
    let said_yes = [
        "danger_now",
        "held_now",
        "weapon",
        "severe_injury",
        "suicide_risk",
    ]
    .into_iter()
    .any(|field| incident.may_be(field, "yes"));
    said_yes
        || has_any(incident, &WEAPON)
        || is_minor(incident)
        || sexual_violence_within(incident, now, RED_HOURS)
}

fn is_amber(incident: &Incident, now: Timestamp) -> bool {
    let injured = incident
        .codes("violations")
        .any(|code| crate::codes::PHYSICAL.knows(code))
        || incident.has("needs", "medical_injury");
    injured
        || has_any(incident, &CREDIBLE_THREAT)
        || incident.has("violations", EXTORTION)
        || sexual_violence_within(incident, now, AMBER_HOURS)
}

fn has_any(incident: &Incident, violations: &[&str]) -> bool {
    incident
        .codes("violations")
        .any(|code| violations.contains(&code))
}

fn is_minor(incident: &Incident) -> bool {
    let young = incident
        .claims("survivor.age")
        .any(|age| age.as_i64().is_some_and(|years| years < ADULT_YEARS));
    young || incident.has("survivor.populations", "minor")
}

fn sexual_violence_within(incident: &Incident, now: Timestamp, hours: i64) -> bool {
    let recent = |(_, latest): (Timestamp, Timestamp)| {
        now.duration_since(latest) < SignedDuration::from_hours(hours)
    };
    has_any(incident, &SEXUAL_VIOLENCE) && incident.occurred_window().is_none_or(recent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{Claim, Dispute};
    use crate::reading::Reading;
    use jiff::tz::TimeZone;
    use serde_json::json;

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

    fn now() -> Timestamp {
        at("2026-11-23T09:00:00Z")
    }

    fn of(facts: Value) -> Level {
        level(&in_utc(Incident::from_row(facts, Vec::new())), now())
    }

    fn disputed(field: &str, values: &[Value], facts: Value) -> Incident {
        let claims = values
            .iter()
            .map(|value| Claim {
                value: value.clone(),
                at: None,
                change: None,
                actor: None,
            })
            .collect();
        in_utc(Incident::from_row(
            facts,
            vec![Dispute {
                field: field.into(),
                claims,
            }],
        ))
    }

    #[test]
    fn each_grave_fact_makes_it_red() {
        for field in [
            "danger_now",
            "held_now",
            "weapon",
            "severe_injury",
            "suicide_risk",
        ] {
            assert_eq!(of(json!({field: "yes"})), Level::Red, "{field}");
            assert_eq!(of(json!({field: "no"})), Level::Green, "{field}");
            assert_eq!(of(json!({field: "unknown"})), Level::Green, "{field}");
        }
        for violation in ["weapon_threat", "weapon_used", "rape", "unwanted_touch"] {
            assert_eq!(
                of(json!({"violations": [violation]})),
                Level::Red,
                "{violation}"
            );
        }
        assert_eq!(of(json!({"survivor": {"age": 17}})), Level::Red);
        assert_eq!(of(json!({"survivor": {"age": 18}})), Level::Green);
        assert_eq!(
            of(json!({"survivor": {"populations": ["minor"]}})),
            Level::Red
        );
    }

    #[test]
    fn injury_threat_and_extortion_make_it_amber() {
        for violation in [
            "hit_push",
            "threat_harm",
            "threat_children",
            "extortion_bribe",
        ] {
            assert_eq!(
                of(json!({"violations": [violation]})),
                Level::Amber,
                "{violation}"
            );
        }
        assert_eq!(
            of(json!({"violations": ["sexual_harassment", "client_nonpayment", "a_newer_code"]})),
            Level::Green
        );
        assert_eq!(of(json!({})), Level::Green);
    }

    #[test]
    fn sexual_violence_fades_with_the_latest_time_it_can_mean() {
        let rape = |occurred: Value| of(json!({"violations": ["rape"], "occurred": occurred}));
        // The day ends on 2026-11-21T00:00Z, 57 hours ago; the hour of the 20th at 08 ended exactly 72 hours ago.
        assert_eq!(
            rape(json!({"at": "2026-11-20", "precision": "day"})),
            Level::Red
        );
        assert_eq!(
            rape(json!({"at": "2026-11-20T09:00Z", "precision": "hour"})),
            Level::Red
        );
        assert_eq!(
            rape(json!({"at": "2026-11-20T08:00Z", "precision": "hour"})),
            Level::Amber
        );
        assert_eq!(
            rape(json!({"at": "2026-11-18T08:00Z", "precision": "hour"})),
            Level::Green
        );
        assert_eq!(
            rape(json!({"at": "2026-11-01", "precision": "month"})),
            Level::Red
        );
        assert_eq!(
            rape(json!({"at": "2026-01-01", "precision": "unknown"})),
            Level::Red
        );
        assert_eq!(
            rape(json!({"at": "2026-01-01", "precision": "fortnight"})),
            Level::Red
        );
    }

    #[test]
    fn a_raise_counts_and_a_lowering_needs_a_reason() {
        assert_eq!(of(json!({"triage": {"level": "red"}})), Level::Red);
        assert_eq!(
            of(json!({"danger_now": "yes", "triage": {"level": "green"}})),
            Level::Red
        );
        assert_eq!(
            of(json!({"danger_now": "yes", "triage": {"level": "green", "reason": " "}})),
            Level::Red
        );
        assert_eq!(
            of(
                json!({"danger_now": "yes", "triage": {"level": "green", "reason": "she is safe at her aunt's"}})
            ),
            Level::Green
        );
        assert_eq!(
            of(json!({"triage": {"level": "purple", "reason": "x"}})),
            Level::Green
        );
        assert_eq!(of(json!({"triage": null})), Level::Green);
    }

    #[test]
    fn of_two_decisions_the_higher_counts() {
        let decisions = [
            json!({"level": "green", "reason": "a"}),
            json!({"level": "amber", "reason": "b"}),
        ];
        assert_eq!(
            level(
                &disputed("triage", &decisions, json!({"danger_now": "yes"})),
                now()
            ),
            Level::Amber
        );
    }

    #[test]
    fn where_people_disagree_the_more_urgent_fact_counts() {
        assert_eq!(
            level(
                &disputed(
                    "danger_now",
                    &[json!("no"), json!("yes")],
                    json!({"danger_now": "no"})
                ),
                now()
            ),
            Level::Red
        );
        assert_eq!(
            level(
                &disputed("survivor.age", &[json!(30), json!(16)], json!({})),
                now()
            ),
            Level::Red
        );
        let times = [
            json!({"at": "2026-01-01", "precision": "day"}),
            json!({"at": "2026-11-22", "precision": "day"}),
        ];
        assert_eq!(
            level(
                &disputed("occurred", &times, json!({"violations": ["rape"]})),
                now()
            ),
            Level::Red
        );
    }

    #[test]
    fn a_closed_incident_keeps_its_level() {
        assert_eq!(
            of(json!({"danger_now": "yes", "status": "closed_resolved"})),
            Level::Red
        );
    }
}
