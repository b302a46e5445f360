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
            // A week may be unknown.
            Value::String(_) if field == "iso_week" => vec![json!("Amina"), json!(""), json!(12)],
            Value::String(_) => vec![json!("Amina"), json!(""), json!(12), Value::Null],
            Value::Array(_) => vec![json!(["Amina"]), json!([""]), json!("x"), Value::Null],
            Value::Object(_) => vec![json!({"Amina": 1}), json!({"": 1}), json!([]), Value::Null],
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
fn numbers_have_an_end() {
    is_refused(
        "/response_minutes",
        &[
            json!(771_234_567),
            json!(61),
            json!(1),
            json!(RESPONSE_MAX_MINUTES + 60),
        ],
    );
    is_refused(
        "/actions",
        &[
            json!({"shelter": 0}),
            json!({"shelter": 1000}),
            json!({"shelter": u32::MAX}),
        ],
    );
    let counts =
        |sent: u32, completed: u32| json!({"shelter": {"sent": sent, "completed": completed}});
    is_refused(
        "/referrals",
        &[
            counts(0, 0),
            counts(1, 2),
            counts(1000, 0),
            counts(u32::MAX, 0),
        ],
    );
    is_refused("/schema", &[json!(0), json!(SCHEMA + 1)]);
    assert!(
        takes(&with(&[("/response_minutes", json!(RESPONSE_MAX_MINUTES))]))
            && takes(&with(&[("/response_minutes", Value::Null)]))
    );
}

#[test]
fn a_month_is_one_that_can_have_been_and_its_week_lies_in_it() {
    is_refused(
        "/month",
        &[
            "9999-12", "2569-11", "2027-01", "1800-01", "1924-12", "2026-00", "2026-13", "2026-10",
        ]
        .map(Value::from),
    );
    is_refused(
        "/iso_week",
        &[
            "2026-W00",
            "2026-W54",
            "2026-W53",
            "9999-W52",
            "2026-W10",
            "2026-W471",
        ]
        .map(Value::from),
    );
    is_refused("/month_basis", &[json!("report")]);
    let month = |month: &str| with(&[("/month", month.into()), ("/iso_week", Value::Null)]);
    for can_be in ["2026-11", "2026-12", "2026-01", "1926-01"] {
        assert!(takes(&month(can_be)), "{can_be}");
    }
    assert!(
        !takes(&month("unknown")),
        "the month of an incident is known"
    );
    assert!(takes(&with(&[
        ("/month", "unknown".into()),
        ("/iso_week", Value::Null),
        ("/month_basis", "report".into())
    ])));
    // The first days of January may lie in the last week of the year before.
    assert!(takes(&with(&[
        ("/month", "2021-01".into()),
        ("/iso_week", "2020-W53".into())
    ])));
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
    is_refused(
        "/pep",
        &["not_exposed", "too_late", "in_time", "offered", "completed"].map(Value::from),
    );
    is_refused(
        "/actions",
        &[
            json!({}),
            json!({"pep_start": 1, "pep_complete": 1}),
            json!({"pep_start": 1, "emergency_contraception": 1}),
        ],
    );
    is_refused("/ec", &[json!("completed")]);
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
        (
            projection.month.as_str(),
            projection.month_basis,
            projection.iso_week
        ),
        (UNKNOWN, MonthBasis::Report, None)
    );
}

#[test]
fn what_is_more_than_is_told_counts_as_the_most_that_is() {
    let done = json!({"code": "shelter", "done_at": "2036-11-23T09:00:00Z"});
    let facts = json!({"actions": vec![done; 1200], "perpetrators": vec![json!({"kind": "police"}); 40], "reported_at": "2026-11-23T09:00:00Z"});
    let projection = made_of(&facts);
    assert_eq!(
        (projection.actions["shelter"], projection.perpetrators.len()),
        (TIMES_MAX, PERPETRATORS_MAX)
    );
    assert!(
        projection
            .response_minutes
            .is_none_or(|minutes| minutes == RESPONSE_MAX_MINUTES)
    );
}
