//! People who received clinical care after violence, as PEPFAR's indicator GEND_GBV counts them: people rather than incidents,
//! by the kind of violence, by age and by gender, in the months in which the care was given.
//!
//! A hub makes this table for itself: its counts are exact, and none of it leaves the hub.

use std::collections::{BTreeMap, BTreeSet};

use crate::codes::{self, ViolationGroup};
use crate::ids::IncidentId;
use crate::incident::{Entry, Incident};
use crate::projection::UNKNOWN;
use crate::time;

/// Actions that are clinical care: the services of the minimum package that have a code here.
pub const CLINICAL: [&str; 8] = [
    "medical_injury",
    "pep_start",
    "pep_complete",
    "emergency_contraception",
    "sti_prophylaxis",
    "hepb_tetanus",
    "hiv_test",
    "forensic",
];
/// The indicator's age bands, by the first year of each.
const AGES: [(i64, &str); 11] = [
    (50, "50+"),
    (45, "45-49"),
    (40, "40-44"),
    (35, "35-39"),
    (30, "30-34"),
    (25, "25-29"),
    (20, "20-24"),
    (15, "15-19"),
    (10, "10-14"),
    (0, "0-9"),
    (i64::MIN, UNKNOWN),
];

/// What a person is counted under. One person may have lines of several kinds, and counts once in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Sexual violence.
    Sexual,
    /// Physical or emotional violence without sexual violence.
    PhysicalOrEmotional,
    /// Completed PEP: also counted above.
    PepCompleted,
}

impl Kind {
    /// Its name in the file.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Sexual => "sexual",
            Self::PhysicalOrEmotional => "physical_or_emotional",
            Self::PepCompleted => "pep_completed",
        }
    }
}

/// A line of the table: the kind, the age band and the gender.
pub type Line = (Kind, &'static str, String);

/// The table while incidents are read.
#[derive(Debug, Default)]
pub struct PeopleInCare(BTreeMap<Line, BTreeSet<String>>);

impl PeopleInCare {
    /// Adds an incident's person, if she received clinical care in a month that `holds`. Incidents with one survivor's code are one
    /// person; an incident without a code is a person of its own.
    pub fn add(&mut self, id: IncidentId, incident: &Incident, holds: impl Fn(&str) -> bool) {
        let given = |codes: &[&str]| {
            incident
                .entries("actions")
                .filter(|action| {
                    action
                        .text("code")
                        .is_some_and(|code| codes.contains(&code))
                })
                .any(|action| month_done(&action, incident).is_some_and(|month| holds(&month)))
        };
        if !given(&CLINICAL) {
            return;
        }
        let person = incident
            .text("survivor.code")
            .map_or_else(|| id.to_string(), str::to_owned);
        let (age, gender) = (age_band(incident), gender(incident));
        let mut count = |kind| {
            self.0
                .entry((kind, age, gender.clone()))
                .or_default()
                .insert(person.clone());
        };
        count(kind(incident));
        if given(&["pep_complete"]) {
            count(Kind::PepCompleted);
        }
    }

    /// How many people each line has, in order. A line without people is not there.
    pub fn lines(&self) -> impl Iterator<Item = (&Line, usize)> {
        self.0.iter().map(|(line, people)| (line, people.len()))
    }
}

fn kind(incident: &Incident) -> Kind {
    let is_sexual = incident
        .codes("violations")
        .any(|code| ViolationGroup::of(code) == Some(ViolationGroup::Sexual));
    if is_sexual {
        Kind::Sexual
    } else {
        Kind::PhysicalOrEmotional
    }
}

/// The month in which an action was done, by the clocks at the hub; of one that was done at an unknown time, the month of the
/// report.
fn month_done(action: &Entry<'_>, incident: &Incident) -> Option<String> {
    let at = match action.instant("done_at") {
        None if action.text("outcome") != Some("done") => return None,
        None => incident.reported_at()?,
        Some(at) => at,
    };
    Some(time::month(incident.local_zone().to_datetime(at).date()))
}

fn age_band(incident: &Incident) -> &'static str {
    let years = incident
        .register("survivor.age")
        .and_then(serde_json::Value::as_i64)
        .unwrap_or(i64::MIN);
    AGES.iter()
        .find(|(first, _)| *first <= years)
        .map_or(UNKNOWN, |(_, band)| band)
}

fn gender(incident: &Incident) -> String {
    incident
        .text("survivor.gender")
        .filter(|code| codes::GENDERS.knows(code))
        .unwrap_or(UNKNOWN)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn table(incidents: &[Value]) -> Vec<(&'static str, &'static str, String, usize)> {
        let mut people = PeopleInCare::default();
        for (at, facts) in (1..).zip(incidents) {
            let incident = Incident::from_row(facts.clone(), Vec::new());
            people.add(IncidentId::from_random([at; 16]), &incident, |month| {
                month == "2026-11"
            });
        }
        people
            .lines()
            .map(|((kind, age, gender), count)| (kind.code(), *age, gender.clone(), count))
            .collect()
    }

    fn cared_for(code: &str, violations: &[&str], action: &str, done_at: &str) -> Value {
        json!({
            "survivor": {"code": code, "age": 24, "gender": "trans_woman"}, "violations": violations,
            "reported_at": "2026-11-23T09:00:00Z", "actions": [{"id": "a", "code": action, "done_at": done_at}],
        })
    }

    #[test]
    fn two_incidents_of_one_person_are_one_person_and_those_without_a_code_are_each_their_own() {
        let at = "2026-11-24T09:00:00Z";
        let one = cared_for("h1", &["rape"], "pep_start", at);
        let mut nameless = one.clone();
        nameless["survivor"]["code"] = Value::Null;
        let incidents = [one.clone(), one, nameless.clone(), nameless];
        assert_eq!(
            table(&incidents),
            [("sexual", "20-24", "trans_woman".to_owned(), 3)]
        );
    }

    #[test]
    fn care_counts_in_the_month_in_which_it_was_given_and_other_help_does_not() {
        let kept = |incident: Value| table(&[incident]).len();
        assert_eq!(
            kept(cared_for(
                "h1",
                &["rape"],
                "forensic",
                "2026-12-01T00:30:00Z"
            )),
            0
        );
        assert_eq!(
            kept(cared_for(
                "h1",
                &["rape"],
                "forensic",
                "2026-11-30T23:30:00Z"
            )),
            1
        );
        assert_eq!(
            kept(cared_for(
                "h1",
                &["rape"],
                "legal_advice",
                "2026-11-24T09:00:00Z"
            )),
            0
        );
        let mut planned = cared_for("h1", &["rape"], "hiv_test", "2026-11-24T09:00:00Z");
        planned["actions"][0] =
            json!({"id": "a", "code": "hiv_test", "offered_at": "2026-11-24T09:00:00Z"});
        assert_eq!(kept(planned.clone()), 0, "offered is not given");
        planned["actions"][0]["outcome"] = "done".into();
        assert_eq!(
            kept(planned),
            1,
            "given at an unknown time: the month of the report"
        );
    }

    #[test]
    fn sexual_violence_decides_the_kind_and_completed_pep_is_counted_too() {
        let at = "2026-11-24T09:00:00Z";
        let unknown = json!({"violations": ["beaten_choked"], "reported_at": at, "actions": [{"id": "a", "code": "medical_injury", "outcome": "done"}]});
        assert_eq!(
            table(&[
                cared_for("h1", &["beaten_choked", "gang_rape"], "pep_complete", at),
                unknown,
            ]),
            [
                ("sexual", "20-24", "trans_woman".to_owned(), 1),
                ("physical_or_emotional", "unknown", "unknown".to_owned(), 1),
                ("pep_completed", "20-24", "trans_woman".to_owned(), 1),
            ]
        );
    }

    #[test]
    fn every_age_has_its_band() {
        let band = |age: i64| {
            age_band(&Incident::from_row(
                json!({"survivor": {"age": age}}),
                Vec::new(),
            ))
        };
        assert_eq!(
            [0, 9, 10, 14, 15, 19, 20, 49, 50, 120].map(band),
            [
                "0-9", "0-9", "10-14", "10-14", "15-19", "15-19", "20-24", "45-49", "50+", "50+"
            ]
        );
    }
}
