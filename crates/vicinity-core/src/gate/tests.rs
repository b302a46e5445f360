//! Rows of hubs that are not to be trusted.

use serde_json::{Value, json};

use super::*;
use crate::incident::Incident;
use crate::projection;

fn now() -> Timestamp {
    "2026-11-24T09:00:00Z".parse().unwrap()
}

/// A row with something in every field.
fn row() -> Value {
    let facts = json!({
        "occurred": {"at": "2026-11-22T23:30", "precision": "hour"}, "reported_at": "2026-11-23T09:00:00Z", "time_of_day": "night",
        "place": {"setting": "street", "area": "SN-DK-01"}, "channel": "outreach", "reporter_role": "peer_educator",
        "survivor": {"age": 24, "gender": "woman", "populations": ["fsw"]}, "violations": ["rape", "robbery_theft", "a_newer_code"],
        "perpetrators": [{"kind": "police", "count_band": "2-3"}, {"kind": "client"}], "motives": ["sex_work"], "needs": ["shelter"],
        "actions": [{"code": "pep_start", "done_at": "2026-11-23T11:00:00Z"}],
        "referrals": [{"service": "legal_advice", "sent": "2026-11-23T11:00:00Z"}],
    });
    serde_json::to_value(projection::coarse(
        &Incident::from_row(facts, Vec::new()),
        now(),
    ))
    .unwrap()
}

fn takes(row: &Value) -> bool {
    serde_json::from_value::<Projection>(row.clone()).is_ok_and(|row| row.is_well_formed(now()))
}

fn with(changes: &[(&str, Value)]) -> Value {
    let mut row = row();
    for (pointer, value) in changes {
        *row.pointer_mut(pointer)
            .unwrap_or_else(|| panic!("{pointer}")) = value.clone();
    }
    row
}

#[track_caller]
fn is_refused(pointer: &str, values: &[Value]) {
    for value in values {
        let row = with(&[(pointer, value.clone())]);
        assert!(!takes(&row), "{pointer}: {value}");
    }
}

#[test]
fn a_row_as_hubs_make_it_is_taken() {
    assert!(takes(&row()), "{}", row());
}

#[test]
fn no_field_holds_what_is_in_no_list() {
    let fields = row().as_object().unwrap().clone();
    for (field, value) in &fields {
        let others = match value {
            Value::String(_) => vec![json!("Amina"), json!(""), json!(12), Value::Null],
            Value::Array(_) => vec![json!(["Amina"]), json!([""]), json!("x"), Value::Null],
            Value::Null => vec![json!("Amina"), json!(""), json!("2026-Q4"), json!(12)],
            Value::Object(_) => vec![
                json!({"Amina": "sent"}),
                json!({"legal": "Amina"}),
                json!({"": 1}),
                json!([]),
                Value::Null,
            ],
            _ => vec![json!("Amina"), json!(-1), json!(u32::MAX), json!(1.5)],
        };
        for other in others {
            assert!(
                !takes(&with(&[(&format!("/{field}"), other.clone())])),
                "{field}: {other}"
            );
        }
    }
}

#[test]
fn where_nothing_is_known_a_set_is_empty() {
    for set in ["/populations", "/violations", "/needs"] {
        is_refused(set, &[json!(["unknown"])]);
    }
}

#[test]
fn services_are_groups_and_a_response_is_a_band() {
    is_refused(
        "/response",
        &[json!(60), json!("within_2h"), json!("withheld")],
    );
    is_refused("/needs", &[json!(["complaint_filed"]), json!(["withheld"])]);
    is_refused(
        "/actions",
        &[json!(["complaint_filed"]), json!({"legal": 1})],
    );
    is_refused(
        "/referrals",
        &[
            json!({"complaint_filed": "sent"}),
            json!({"legal": 1}),
            json!({"legal": "failed"}),
        ],
    );
    is_refused("/schema", &[json!(0), json!(2), json!(SCHEMA + 1)]);
    assert!(takes(&with(&[(
        "/referrals",
        json!({"legal": "completed", "other": "sent"})
    )])));
}

/// A value that is withheld by itself shows which one it was, and a code beside it may say so.
#[test]
fn what_is_withheld_is_what_one_step_withholds() {
    for field in [
        "/gender",
        "/age_band",
        "/admin1",
        "/setting",
        "/time_of_day",
        "/triage",
        "/ec",
        "/month",
        "/month_basis",
    ] {
        is_refused(field, &[json!("withheld")]);
    }
    for step in &Step::ALL[1..] {
        let full: Projection = serde_json::from_value(row()).unwrap();
        let row = serde_json::to_value(full.clone().at(*step)).unwrap();
        assert!(takes(&row), "{step:?}");
        let shown = serde_json::to_value(&full).unwrap();
        for (field, value) in row.as_object().unwrap() {
            if *value != shown[field] {
                let mut other = row.clone();
                other[field] = shown[field].clone();
                let is_another_step = Step::ALL
                    .iter()
                    .any(|step| other == serde_json::to_value(full.clone().at(*step)).unwrap());
                assert_eq!(takes(&other), is_another_step, "{step:?}: {field} shows");
            }
        }
    }
}

#[test]
fn a_month_is_one_that_can_have_been_and_its_week_lies_in_it() {
    is_refused(
        "/month",
        &[
            "9999-12", "2569-11", "2027-01", "1800-01", "1924-12", "2026-00", "2026-13", "2026-13x",
        ]
        .map(Value::from),
    );
    let month = |month: &str| with(&[("/month", month.into())]);
    for can_be in ["2026-11", "2026-12", "2026-01", "1926-01"] {
        assert!(takes(&month(can_be)), "{can_be}");
    }
    assert!(
        !takes(&month("unknown")),
        "the month of an incident is known"
    );
    assert!(takes(&with(&[
        ("/month", "unknown".into()),
        ("/month_basis", "report".into())
    ])));
    let quarter = |quarter: &str| {
        let mut row = serde_json::to_value(
            serde_json::from_value::<Projection>(row())
                .unwrap()
                .at(Step::Quarter),
        )
        .unwrap();
        row["quarter"] = quarter.into();
        takes(&row)
    };
    for (text, can_be) in [
        ("2026-Q4", true),
        ("2025-Q1", true),
        ("2027-Q1", false),
        ("2026-Q5", false),
        ("1900-Q1", false),
        ("2026-11", false),
    ] {
        assert_eq!(quarter(text), can_be, "{text}");
    }
}

#[test]
fn what_follows_from_the_violations_is_what_follows() {
    let codes: Vec<String> = (0..10_000).map(|code| format!("{code:04}")).collect();
    is_refused(
        "/iccs",
        &[
            json!(["2217", "71234", "567890"]),
            json!([]),
            json!(["0401"]),
            json!(codes),
        ],
    );
    is_refused(
        "/violation_groups",
        &[
            json!([]),
            json!(["sexual"]),
            json!(["economic", "physical", "sexual"]),
        ],
    );
    is_refused("/gbvims", &[json!("non_gbv"), json!("physical_assault")]);
    is_refused(
        "/violations",
        &[
            json!([]),
            json!(["rape"]),
            json!(["hit_push", "rape", "robbery_theft"]),
        ],
    );
}

#[test]
fn a_step_follows_from_what_was_done() {
    is_refused("/pep", &["not_exposed", "taken"].map(Value::from));
    is_refused("/actions", &[json!([]), json!(["legal"])]);
    is_refused("/ec", &[json!("started")]);
    assert!(
        takes(&with(&[("/ec", "offered".into())]))
            && takes(&with(&[("/ec", "not_exposed".into())]))
    );
    let nothing = [
        ("/violations", json!([])),
        ("/violation_groups", json!([])),
        ("/iccs", json!([])),
        ("/gbvims", json!("non_gbv")),
    ];
    let steps = |pep: &str, ec: &str| {
        with(&[&nothing[..], &[("/pep", pep.into()), ("/ec", ec.into())]].concat())
    };
    assert!(takes(&steps("not_exposed", "not_exposed")));
    assert!(!takes(&steps("started", "not_exposed")) && !takes(&steps("not_exposed", "in_time")));
}

#[test]
fn perpetrators_are_sorted_and_no_more_than_anybody_names() {
    let perpetrators = row()["perpetrators"].as_array().unwrap().clone();
    let backwards: Vec<Value> = perpetrators.iter().rev().cloned().collect();
    is_refused(
        "/perpetrators",
        &[
            Value::Array(backwards),
            Value::Array(vec![perpetrators[0].clone(); PERPETRATORS_MAX + 1]),
        ],
    );
    assert!(takes(&with(&[(
        "/perpetrators",
        Value::Array(vec![perpetrators[0].clone(); PERPETRATORS_MAX])
    )])));
}

fn made_of(facts: &Value) -> Projection {
    projection::coarse(&Incident::from_row(facts.clone(), Vec::new()), now())
}

#[test]
fn what_a_hub_makes_of_any_incident_is_taken() {
    let many = |count: usize, entry: Value| Value::Array(vec![entry; count]);
    let done = json!({"code": "pep_start", "done_at": "2569-11-23T09:00:00Z"});
    for facts in [
        json!({}),
        json!({"perpetrators": many(100, json!({"kind": "police"}))}),
        json!({"violations": ["rape"], "actions": many(1200, done.clone()), "reported_at": "0001-01-01T00:00:00Z"}),
        json!({"violations": ["rape", "a_newer_code"], "actions": [done], "reported_at": "2026-11-23T09:00:00Z"}),
        json!({"referrals": many(1200, json!({"service": "shelter", "sent": "2026-11-23T09:00:00Z", "completed": "2026-11-23T09:00:00Z"}))}),
        json!({"occurred": {"at": "0001-01-01", "precision": "day"}}),
        json!({"occurred": {"at": "2021-01-01", "precision": "day"}}),
    ] {
        let projection = made_of(&facts);
        assert!(projection.is_well_formed(now()), "{facts}: {projection:?}");
    }
}

#[test]
fn a_year_that_has_no_form_is_unknown() {
    let projection = made_of(&json!({"occurred": {"at": "0001-01-01", "precision": "day"}}));
    assert_eq!(
        (projection.month.as_str(), projection.month_basis),
        (UNKNOWN, MonthBasis::Report)
    );
}

#[test]
fn of_many_perpetrators_the_first_are_named() {
    let facts = json!({"perpetrators": vec![json!({"kind": "police"}); 40]});
    assert_eq!(made_of(&facts).perpetrators.len(), PERPETRATORS_MAX);
}
