//! Rows in the columns of the GBVIMS Incident Recorder, in its order.
//!
//! A projection fills the columns that national may know. A hub's own workbook fills more, from the incident itself. Other
//! columns stay empty: nothing is guessed. Where the Recorder has a word for one
//! of our codes it is used; where it has none, or its lists are each deployment's own, our code stands.

use serde_json::Value;
use vicinity_core::codes::{REFERRAL_STATES, service_group};
use vicinity_core::ids::ProjectionId;

/// A projection as it is exported.
#[derive(Debug, Clone, Copy)]
pub struct Incident<'a> {
    /// Its id.
    pub projection: ProjectionId,
    /// The number of the hub it came from.
    pub hub: u32,
    /// Its content.
    pub body: &'a Value,
    /// The incident that it was made from; only at its own hub.
    pub own: Option<&'a vicinity_core::incident::Incident>,
}

type Fill = fn(&Incident<'_>) -> String;

/// Fills a column that always stays empty.
fn nothing(_: &Incident<'_>) -> String {
    String::new()
}

/// The columns, and what goes into each.
const COLUMNS: [(&str, Fill); 41] = [
    ("INCIDENT ID", |incident| incident.projection.to_string()),
    ("SURVIVOR CODE", nothing),
    ("CASE MANAGER CODE", nothing),
    ("DATE OF INTERVIEW", |incident| month(incident, "report")),
    ("DATE OF INCIDENT", |incident| month(incident, "incident")),
    ("DATE OF BIRTH", nothing),
    ("SEX", |incident| {
        worded(
            text(incident.body, "gender"),
            &[("woman", "F"), ("man", "M")],
        )
    }),
    ("ETHNICITY", nothing),
    ("COUNTRY OF ORIGIN", nothing),
    ("CIVIL / MARITAL STATUS", |incident| {
        own(incident, "survivor.marital_status", &MARITAL_STATUSES)
    }),
    ("DISPLACEMENT STATUS AT REPORT", |incident| {
        own(incident, "survivor.displacement", &DISPLACEMENTS)
    }),
    ("PERSON WITH DISABILITY?", |incident| {
        own(incident, "survivor.disability", &DISABILITIES)
    }),
    ("UNACCOMPANIED OR SEPARATED CHILD?", |incident| {
        own(incident, "survivor.unaccompanied_child", &UNACCOMPANIED)
    }),
    ("STAGE OF DISPLACEMENT AT INCIDENT", |incident| {
        own(incident, "displacement_stage", &STAGES)
    }),
    ("INCIDENT TIME OF DAY", |incident| {
        text(incident.body, "time_of_day").to_owned()
    }),
    ("INCIDENT LOCATION", |incident| {
        text(incident.body, "setting").to_owned()
    }),
    ("INCIDENT COUNTY", |incident| {
        text(incident.body, "admin1").to_owned()
    }),
    ("INCIDENT DISTRICT", nothing),
    ("INCIDENT CAMP / TOWN", nothing),
    ("GBV TYPE", |incident| {
        worded(text(incident.body, "gbvims"), &TYPES)
    }),
    ("HARMFUL TRADITIONAL PRACTICE", nothing),
    (
        "MONEY, GOODS, BENEFITS AND / OR SERVICES EXCHANGED ?",
        nothing,
    ),
    ("TYPE OF ABDUCTION", nothing),
    ("PREVIOUSLY REPORTED THIS INCIDENT?", |incident| {
        own(incident, "reported_elsewhere", &YES_NO)
    }),
    ("PREVIOUS GBV INCIDENTS?", |incident| {
        own(incident, "previous_incidents", &YES_NO)
    }),
    ("No. ALLEGED PRIMARY PERPETRATOR(S)", |incident| {
        perpetrators(incident, |one| text(one, "count_band").to_owned())
    }),
    ("ALLEGED PERPETRATOR SEX", |incident| {
        perpetrators(incident, |one| worded(text(one, "sex"), &SEXES))
    }),
    ("PREVIOUS INCIDENT WITH THIS PERPETRATOR", |incident| {
        perpetrators(incident, |one| worded(text(one, "repeat"), &YES_NO))
    }),
    ("ALLEGED PERPETRATOR AGE GROUP", |incident| {
        perpetrators(incident, |one| worded(text(one, "age_group"), &AGE_GROUPS))
    }),
    ("ALLEGED PERPETRATOR - SURVIVOR RELATIONSHIP", |incident| {
        kinds(incident, false)
    }),
    ("ALLEGED PERPETRATOR OCCUPATION", |incident| {
        kinds(incident, true)
    }),
    ("REFERRED TO YOU FROM?", |incident| {
        own(incident, "referred_from", &REFERRED_FROM)
    }),
    ("SAFE HOUSE / SHELTER", |incident| {
        service(incident, "shelter")
    }),
    ("HEALTH / MEDICAL SERVICES", |incident| {
        service(incident, "medical")
    }),
    ("PSYCHOSOCIAL SERVICES", |incident| {
        service(incident, "psychosocial")
    }),
    ("WANTS LEGAL ACTION?", |incident| {
        own(incident, "wants_legal_action", &LEGAL_ACTION)
    }),
    ("LEGAL ASSISTANCE SERVICES", |incident| {
        service(incident, LEGAL)
    }),
    ("POLICE / OTHER SECURITY ACTOR", police),
    ("LIVELIHOODS PROGRAM", nothing),
    ("CONSENT GIVEN", |incident| {
        (if incident.body["countable"] == true {
            "Yes"
        } else {
            "No"
        })
        .to_owned()
    }),
    ("REPORTING AGENCY CODE", |incident| incident.hub.to_string()),
];

const TYPES: [(&str, &str); 7] = [
    ("rape", "Rape"),
    ("sexual_assault", "Sexual Assault"),
    ("physical_assault", "Physical Assault"),
    ("forced_marriage", "Forced Marriage"),
    (
        "denial_of_resources",
        "Denial of Resources, Opportunities, or Services",
    ),
    ("psychological", "Psychological / Emotional Abuse"),
    ("non_gbv", "Non-GBV"),
];

const SEXES: [(&str, &str); 4] = [
    ("male", "M"),
    ("female", "F"),
    ("both", "Both"),
    ("unknown", "Unknown"),
];

const YES_NO: [(&str, &str); 3] = [("yes", "Yes"), ("no", "No"), ("unknown", "Unknown")];

const AGE_GROUPS: [(&str, &str); 7] = [
    ("0-11", "Age 0 - 11"),
    ("12-17", "Age 12 - 17"),
    ("18-25", "Age 18 - 25"),
    ("26-40", "Age 26 - 40"),
    ("41-60", "Age 41 - 60"),
    ("61+", "Age 61 & Older"),
    ("unknown", "Unknown"),
];

const MARITAL_STATUSES: [(&str, &str); 5] = [
    ("single", "Single"),
    ("married_cohabiting", "Married / Cohabiting"),
    ("divorced_separated", "Divorced / Separated"),
    ("widowed", "Widowed"),
    ("unknown", "Unknown"),
];

const DISPLACEMENTS: [(&str, &str); 9] = [
    ("resident", "Resident"),
    ("idp", "IDP"),
    ("refugee", "Refugee"),
    ("asylum_seeker", "Asylum Seeker"),
    ("stateless", "Stateless Person"),
    ("returnee", "Returnee"),
    ("foreign_national", "Foreign National"),
    ("not_applicable", "N/A"),
    ("unknown", "Unknown"),
];

const STAGES: [(&str, &str); 8] = [
    ("not_displaced", "Not Displaced / Home Community"),
    ("before", "Pre-Displacement"),
    ("during_flight", "During Flight"),
    ("during_refuge", "During Refuge"),
    ("during_return", "During Return / Transit"),
    ("after", "Post-Displacement"),
    ("other", "Other"),
    ("unknown", "Unknown"),
];

const DISABILITIES: [(&str, &str); 5] = [
    ("none", "No"),
    ("physical_disability", "Physical Disability"),
    ("mental_disability", "Mental Disability"),
    ("both", "Both"),
    ("unknown", "Unknown"),
];

const UNACCOMPANIED: [(&str, &str); 5] = [
    ("no", "No"),
    ("unaccompanied", "Unaccompanied Minor"),
    ("separated", "Separated Child"),
    ("other_vulnerable_child", "Other Vulnerable Child"),
    ("unknown", "Unknown"),
];

const REFERRED_FROM: [(&str, &str); 13] = [
    ("self_referred", "Self Referral / First Point of Contact"),
    ("health_services", "Health / Medical Services"),
    (
        "psychosocial_services",
        "Psychosocial / Counseling Services",
    ),
    ("police_security", "Police / Other Security Actor"),
    ("safe_house", "Safe House / Shelter"),
    ("legal_services", "Legal Assistance Services"),
    ("livelihoods_programme", "Livelihoods Program"),
    ("school", "Teacher / School Official"),
    ("community_leader", "Community or Camp Leader"),
    (
        "other_organisation",
        "Other Humanitarian or Development Actor",
    ),
    ("other_government", "Other Government Service"),
    ("other", "Other"),
    ("unknown", "Unknown"),
];

const LEGAL_ACTION: [(&str, &str); 4] = [
    ("yes", "Yes"),
    ("no", "No"),
    ("undecided", "Undecided at Time of Report"),
    ("unknown", "Unknown"),
];

/// What a service, or the survivor, answered: the Recorder has one word for it where nobody was referred.
const ANSWERS: [(&str, &str); 4] = [
    ("declined", "Referral declined by survivor"),
    ("unavailable", "Service unavailable"),
    (
        "already_received",
        "Services already received from another agency",
    ),
    ("not_applicable", "Service not applicable"),
];

const LEGAL: &str = "legal";
/// Actions of the group "legal" with a column of their own, in a hub's workbook only.
const POLICE: [&str; 2] = ["police_negotiation", "complaint_filed"];

/// Kinds of perpetrators that are occupations. The other kinds are relations to the survivor.
const OCCUPATIONS: [&str; 9] = [
    "police",
    "military",
    "border_prison_guard",
    "other_official",
    "gang_extortion",
    "extremist_vigilante",
    "rescue_group",
    "health_worker",
    "ngo_staff",
];

/// The names of the columns.
#[must_use]
pub fn heading() -> [&'static str; 41] {
    COLUMNS.map(|(name, _)| name)
}

/// A projection's cells.
#[must_use]
pub fn cells(incident: &Incident<'_>) -> [String; 41] {
    COLUMNS.map(|(_, fill)| fill(incident))
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// The Recorder's word for a code, or the code itself if the Recorder has no word.
fn worded(code: &str, words: &[(&str, &str)]) -> String {
    words
        .iter()
        .find(|(known, _)| *known == code)
        .map_or(code, |(_, word)| word)
        .to_owned()
}

/// The month, if it is of that; a day is not known here, and none is made up.
fn month(incident: &Incident<'_>, basis: &str) -> String {
    if text(incident.body, "month_basis") == basis {
        text(incident.body, "month").to_owned()
    } else {
        String::new()
    }
}

/// All perpetrators, in the same order in every column.
fn perpetrators(incident: &Incident<'_>, word: impl Fn(&Value) -> String) -> String {
    incident.body["perpetrators"]
        .as_array()
        .into_iter()
        .flatten()
        .map(word)
        .collect::<Vec<_>>()
        .join(" & ")
}

fn kinds(incident: &Incident<'_>, occupations: bool) -> String {
    let kinds = incident.body["perpetrators"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| text(one, "kind"));
    kinds
        .filter(|kind| OCCUPATIONS.contains(kind) == occupations)
        .collect::<Vec<_>>()
        .join(" & ")
}

/// A code from the incident itself, in the Recorder's words; empty at national.
fn own(incident: &Incident<'_>, field: &str, words: &[(&str, &str)]) -> String {
    incident
        .own
        .and_then(|own| own.text(field))
        .map_or_else(String::new, |code| worded(code, words))
}

/// Whether an action of the incident belongs to a column.
type IsOf<'a> = &'a dyn Fn(&str) -> bool;

/// The answers to referrals to these services, each once.
fn answers(own: &vicinity_core::incident::Incident, is_of: IsOf<'_>) -> Vec<String> {
    let mut answers: Vec<String> = own
        .entries("referrals")
        .filter(|referral| referral.text("service").is_some_and(is_of))
        .filter_map(|referral| referral.text("answer").map(|code| worded(code, &ANSWERS)))
        .collect();
    answers.sort_unstable();
    answers.dedup();
    answers
}

/// What the Recorder says of a service group: referred, given here, and at the hub also what was answered.
fn service(incident: &Incident<'_>, group: &str) -> String {
    match incident.own {
        Some(own) => own_service(own, &|code| {
            service_group(code) == group && !(group == LEGAL && POLICE.contains(&code))
        }),
        None => {
            let body = incident.body;
            let given = body["actions"].as_array().into_iter().flatten();
            said(
                body["referrals"][group].is_string(),
                given.into_iter().any(|given| given == group),
                Vec::new(),
            )
        }
    }
}

/// A projection never names an action of the police by itself.
fn police(incident: &Incident<'_>) -> String {
    incident.own.map_or_else(String::new, |own| {
        own_service(own, &|code| POLICE.contains(&code))
    })
}

fn own_service(own: &vicinity_core::incident::Incident, is_of: IsOf<'_>) -> String {
    let referred = own.entries("referrals").any(|referral| {
        referral.text("service").is_some_and(is_of)
            && REFERRAL_STATES
                .codes
                .iter()
                .any(|state| referral.instant(state).is_some())
    });
    let given = own.entries("actions").any(|action| {
        action.text("code").is_some_and(is_of)
            && (action.instant("done_at").is_some() || action.text("outcome") == Some("done"))
    });
    said(referred, given, answers(own, is_of))
}

fn said(referred: bool, given: bool, answers: Vec<String>) -> String {
    [
        (referred, "Referred"),
        (given, "Service provided by your agency"),
    ]
    .into_iter()
    .filter(|(is, _)| *is)
    .map(|(_, word)| word.to_owned())
    .chain(answers)
    .collect::<Vec<_>>()
    .join(" & ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use vicinity_core::codes::{
        ACTION_CODES, AGE_GROUPS as GROUPS, PERPETRATOR_KINDS, SERVICE_GROUPS,
    };

    /// The cells that are not empty, with their columns.
    fn shown(body: &Value) -> Vec<(&'static str, String)> {
        let incident = Incident {
            projection: ProjectionId::from_bytes([7; 16]),
            hub: 3,
            body,
            own: None,
        };
        heading()
            .into_iter()
            .zip(cells(&incident))
            .filter(|(_, cell)| !cell.is_empty())
            .collect()
    }

    fn cell(body: &Value, column: &str) -> String {
        shown(body)
            .into_iter()
            .find(|(name, _)| *name == column)
            .map(|(_, cell)| cell)
            .unwrap_or_default()
    }

    #[test]
    fn a_projection_fills_what_it_has_something_for() {
        let body = json!({
            "month": "2026-11", "month_basis": "incident", "gender": "woman", "time_of_day": "night", "setting": "street", "admin1": "SN-DK",
            "gbvims": "physical_assault", "countable": true, "age_band": "18-24", "populations": ["fsw"],
            "perpetrators": [{"kind": "police", "count_band": "2-3", "sex": "male", "age_group": "26-40", "repeat": "yes", "known_before": "no"}],
            "actions": ["legal"], "referrals": {"medical": "sent"},
        });
        let expected = [
            ("INCIDENT ID", ProjectionId::from_bytes([7; 16]).to_string()),
            ("DATE OF INCIDENT", "2026-11".to_owned()),
            ("SEX", "F".to_owned()),
            ("INCIDENT TIME OF DAY", "night".to_owned()),
            ("INCIDENT LOCATION", "street".to_owned()),
            ("INCIDENT COUNTY", "SN-DK".to_owned()),
            ("GBV TYPE", "Physical Assault".to_owned()),
            ("No. ALLEGED PRIMARY PERPETRATOR(S)", "2-3".to_owned()),
            ("ALLEGED PERPETRATOR SEX", "M".to_owned()),
            ("PREVIOUS INCIDENT WITH THIS PERPETRATOR", "Yes".to_owned()),
            ("ALLEGED PERPETRATOR AGE GROUP", "Age 26 - 40".to_owned()),
            ("ALLEGED PERPETRATOR OCCUPATION", "police".to_owned()),
            ("HEALTH / MEDICAL SERVICES", "Referred".to_owned()),
            (
                "LEGAL ASSISTANCE SERVICES",
                "Service provided by your agency".to_owned(),
            ),
            ("CONSENT GIVEN", "Yes".to_owned()),
            ("REPORTING AGENCY CODE", "3".to_owned()),
        ];
        assert_eq!(shown(&body), expected);
    }

    #[test]
    fn a_month_of_the_report_is_not_the_incidents() {
        let body = json!({"month": "2026-11", "month_basis": "report"});
        assert_eq!(
            (
                cell(&body, "DATE OF INTERVIEW"),
                cell(&body, "DATE OF INCIDENT")
            ),
            ("2026-11".to_owned(), String::new())
        );
    }

    #[test]
    fn nobodys_gender_is_bent_to_fit_a_column() {
        for (gender, written) in [
            ("woman", "F"),
            ("man", "M"),
            ("trans_woman", "trans_woman"),
            ("nonbinary", "nonbinary"),
            ("unknown", "unknown"),
        ] {
            assert_eq!(cell(&json!({"gender": gender}), "SEX"), written);
        }
    }

    #[test]
    fn several_perpetrators_keep_their_order_in_every_column() {
        let one = |kind: &str, sex: &str, count: &str| json!({"kind": kind, "sex": sex, "count_band": count, "repeat": "unknown", "age_group": "61+"});
        let body =
            json!({"perpetrators": [one("client", "male", "1"), one("police", "both", "4+")]});
        assert_eq!(cell(&body, "No. ALLEGED PRIMARY PERPETRATOR(S)"), "1 & 4+");
        assert_eq!(cell(&body, "ALLEGED PERPETRATOR SEX"), "M & Both");
        assert_eq!(
            cell(&body, "ALLEGED PERPETRATOR - SURVIVOR RELATIONSHIP"),
            "client"
        );
        assert_eq!(cell(&body, "ALLEGED PERPETRATOR OCCUPATION"), "police");
    }

    #[test]
    fn a_service_can_be_given_and_referred_to() {
        let body = json!({"actions": ["shelter"], "referrals": {"shelter": "completed"}});
        assert_eq!(
            cell(&body, "SAFE HOUSE / SHELTER"),
            "Referred & Service provided by your agency"
        );
        assert_eq!(cell(&body, "LEGAL ASSISTANCE SERVICES"), "");
    }

    #[test]
    fn only_a_hubs_own_workbook_names_what_was_done_with_the_police() {
        let own = vicinity_core::incident::Incident::from_row(
            json!({
                "actions": [{"id": "a", "code": "complaint_filed", "outcome": "done"}, {"id": "b", "code": "forensic", "outcome": "pending"}],
                "referrals": [{"id": "c", "service": "lawyer_sent", "sent": "2026-11-23T11:00:00Z"}],
            }),
            Vec::new(),
        );
        let body = json!({"actions": ["legal"], "referrals": {"legal": "sent"}});
        let columns = |own| {
            let incident = Incident {
                projection: ProjectionId::from_bytes([7; 16]),
                hub: 0,
                body: &body,
                own,
            };
            let cells: Vec<_> = heading().into_iter().zip(cells(&incident)).collect();
            [
                "LEGAL ASSISTANCE SERVICES",
                "POLICE / OTHER SECURITY ACTOR",
                "HEALTH / MEDICAL SERVICES",
            ]
            .map(|column| {
                cells
                    .iter()
                    .find(|(name, _)| *name == column)
                    .map(|(_, cell)| cell.clone())
                    .unwrap_or_default()
            })
        };
        assert_eq!(
            columns(None),
            ["Referred & Service provided by your agency", "", ""]
        );
        assert_eq!(
            columns(Some(&own)),
            ["Referred", "Service provided by your agency", ""]
        );
    }

    #[test]
    fn a_hubs_own_workbook_fills_what_only_the_hub_knows() {
        let own = vicinity_core::incident::Incident::from_row(
            json!({
                "survivor": {"disability": "physical_disability", "displacement": "idp", "marital_status": "widowed", "unaccompanied_child": "separated"},
                "displacement_stage": "during_flight", "reported_elsewhere": "yes", "previous_incidents": "no",
                "referred_from": "community_leader", "wants_legal_action": "undecided",
                "referrals": [
                    {"id": "a", "service": "shelter", "answer": "unavailable"},
                    {"id": "b", "service": "relocation", "answer": "declined"},
                    {"id": "c", "service": "legal_advice", "answer": "a_newer_answer"},
                ],
            }),
            Vec::new(),
        );
        let body = json!({});
        let row = |own| {
            let incident = Incident {
                projection: ProjectionId::from_bytes([7; 16]),
                hub: 0,
                body: &body,
                own,
            };
            heading()
                .into_iter()
                .zip(cells(&incident))
                .filter(|(_, cell)| !cell.is_empty())
                .collect::<Vec<_>>()
        };
        let filled = row(Some(&own));
        for (column, word) in [
            ("CIVIL / MARITAL STATUS", "Widowed"),
            ("DISPLACEMENT STATUS AT REPORT", "IDP"),
            ("PERSON WITH DISABILITY?", "Physical Disability"),
            ("UNACCOMPANIED OR SEPARATED CHILD?", "Separated Child"),
            ("STAGE OF DISPLACEMENT AT INCIDENT", "During Flight"),
            ("PREVIOUSLY REPORTED THIS INCIDENT?", "Yes"),
            ("PREVIOUS GBV INCIDENTS?", "No"),
            ("REFERRED TO YOU FROM?", "Community or Camp Leader"),
            ("WANTS LEGAL ACTION?", "Undecided at Time of Report"),
            (
                "SAFE HOUSE / SHELTER",
                "Referral declined by survivor & Service unavailable",
            ),
            ("LEGAL ASSISTANCE SERVICES", "a_newer_answer"),
        ] {
            assert!(
                filled.contains(&(column, word.to_owned())),
                "{column}: {filled:?}"
            );
        }
        let at_national: Vec<&str> = row(None).into_iter().map(|(column, _)| column).collect();
        assert_eq!(
            at_national,
            ["INCIDENT ID", "CONSENT GIVEN", "REPORTING AGENCY CODE"]
        );
    }

    #[test]
    fn the_recorder_has_a_word_for_every_code_of_its_own_lists() {
        use vicinity_core::codes;
        let words = |words: &[(&'static str, &str)]| {
            words.iter().map(|(code, _)| *code).collect::<Vec<_>>()
        };
        for (list, known) in [
            (&codes::MARITAL_STATUSES, words(&MARITAL_STATUSES)),
            (&codes::DISPLACEMENTS, words(&DISPLACEMENTS)),
            (&codes::DISPLACEMENT_STAGES, words(&STAGES)),
            (&codes::DISABILITIES, words(&DISABILITIES)),
            (&codes::UNACCOMPANIED, words(&UNACCOMPANIED)),
            (&codes::REFERRED_FROM, words(&REFERRED_FROM)),
            (&codes::WANTS_LEGAL_ACTION, words(&LEGAL_ACTION)),
            (&codes::REFERRAL_ANSWERS, words(&ANSWERS)),
        ] {
            assert_eq!(list.codes, known, "{}", list.name);
        }
    }

    #[test]
    fn every_code_that_is_sorted_into_a_column_is_one() {
        assert!(OCCUPATIONS.iter().all(|kind| PERPETRATOR_KINDS.knows(kind)));
        assert!(
            POLICE
                .iter()
                .all(|code| ACTION_CODES.knows(code) && service_group(code) == LEGAL)
        );
        assert!(SERVICE_GROUPS.knows(LEGAL));
        assert_eq!(AGE_GROUPS.map(|(code, _)| code), *GROUPS.codes);
    }
}
