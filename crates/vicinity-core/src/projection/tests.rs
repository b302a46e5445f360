use super::*;
use crate::fields::{self, EntryKind, Kind};
use crate::ladder::Step;
use crate::reading::Reading;
use serde_json::{Map, Value, json};

const MARKER: &str = "Zqxj-Marker";

fn now() -> Timestamp {
    "2026-11-24T09:00:00Z".parse().unwrap()
}

fn with_consent(mut facts: Value) -> Incident {
    let grant = |at: usize, scope: &str| json!({"id": format!("{MARKER}{at}"), "scope": scope, "state": "granted", "by": MARKER, MARKER: MARKER});
    facts["consents"] = json!([
        grant(0, "hub_response"),
        grant(1, "national_deid"),
        grant(2, "aggregate_count"),
        grant(3, MARKER)
    ]);
    Incident::from_row(facts, Vec::new())
}

fn project_facts(facts: Value) -> Projection {
    project(&with_consent(facts), now()).unwrap()
}

/// A well-formed value of a kind, with the marker wherever a text is free.
fn register_value(kind: Kind, marked: bool) -> Value {
    match kind {
        Kind::Code(list) if !marked => list.codes[0].into(),
        Kind::Age if !marked => json!(24),
        Kind::Occurred if !marked => {
            json!({"at": "2026-11-22T23:30", "precision": "hour", MARKER: MARKER})
        }
        Kind::Occurred => json!({"at": MARKER, "precision": MARKER}),
        Kind::Zone if !marked => "Africa/Dakar".into(),
        Kind::Instant if !marked => json!("2026-11-23T09:11:12Z"),
        Kind::Area if !marked => format!("SN-DK-{MARKER}").into(),
        _ => MARKER.into(),
    }
}

fn entry_value(kind: EntryKind, marked: bool) -> Value {
    match kind {
        EntryKind::Code(list) if !marked => list.codes[0].into(),
        EntryKind::Instant if !marked => json!("2026-11-23T13:14:15Z"),
        EntryKind::Count if !marked => json!(7_654_321),
        EntryKind::Ids => json!([MARKER]),
        _ => MARKER.into(),
    }
}

/// An incident with the marker in every place there is. With `marked` false, codes and times are real ones, so that
/// every part of the projection has something to say.
fn planted(marked: bool) -> Value {
    let mut facts = Map::from_iter([
        (MARKER.to_owned(), MARKER.into()),
        (
            "triage".to_owned(),
            json!({"level": "red", "reason": MARKER, MARKER: MARKER}),
        ),
    ]);
    facts.insert(
        "status".into(),
        if marked { MARKER } else { "responding" }.into(),
    );
    let mut put = |name: &str, value: Value| match name.split_once('.') {
        Some((outer, inner)) => {
            facts
                .entry(outer)
                .or_insert_with(|| json!({MARKER: MARKER}))[inner] = value
        }
        None => drop(facts.insert(name.to_owned(), value)),
    };
    for field in fields::FIELDS {
        put(field.name, register_value(field.kind, marked));
    }
    for set in fields::SETS {
        let mut codes: Vec<&str> = if marked {
            Vec::new()
        } else {
            set.lists.iter().map(|list| list.codes[0]).collect()
        };
        codes.push(MARKER);
        put(set.name, json!(codes));
    }
    for map in fields::ENTRY_MAPS {
        let mut entry = Map::from_iter([
            ("id".to_owned(), MARKER.into()),
            (MARKER.to_owned(), MARKER.into()),
        ]);
        entry.extend(
            map.fields
                .iter()
                .map(|(name, kind)| ((*name).to_owned(), entry_value(*kind, marked))),
        );
        put(map.name, json!([entry]));
    }
    Value::Object(facts)
}

fn assert_no_marker(projection: &Projection) {
    let text = serde_json::to_string(projection).unwrap();
    assert!(
        !text.to_lowercase().contains(&MARKER.to_lowercase()),
        "{text}"
    );
    assert!(
        !["13:14", "11:12", "23:30", "7654321"]
            .iter()
            .any(|exact| text.contains(exact)),
        "{text}"
    );
}

#[test]
fn nothing_that_was_planted_anywhere_reaches_the_projection() {
    for marked in [true, false] {
        let incident = with_consent(planted(marked));
        let held = Value::Object(incident.facts().clone()).to_string();
        assert!(
            held.matches(MARKER).count() > 40,
            "the marker is in the incident, so that this test can fail"
        );
        let projection = project(&incident, now()).unwrap();
        assert_no_marker(&projection);
        assert!(projection.violations.contains(OTHER_UNLISTED) && projection.is_well_formed(now()));
    }
}

#[test]
fn nothing_is_projected_without_both_consents() {
    for scopes in [
        &["national_deid"][..],
        &["hub_response"],
        &["aggregate_count"],
        &[],
    ] {
        let consents: Vec<Value> = scopes
            .iter()
            .map(|scope| json!({"id": scope, "scope": scope, "state": "granted"}))
            .collect();
        assert_eq!(
            project(
                &Incident::from_row(json!({ "consents": consents }), Vec::new()),
                now()
            ),
            None,
            "{scopes:?}"
        );
    }
    let consents = json!([{"id": "a", "scope": "hub_response", "state": "granted"}, {"id": "b", "scope": "national_deid", "state": "granted"}]);
    let projection = project(
        &Incident::from_row(json!({ "consents": consents }), Vec::new()),
        now(),
    )
    .unwrap();
    assert!(!projection.countable);
}

#[test]
fn a_full_incident_projects_to_its_codes() {
    let projection = project_facts(planted(false));
    assert_eq!(
        (
            projection.month.as_str(),
            projection.quarter.as_deref(),
            projection.admin1.as_str()
        ),
        ("2026-11", None, "SN-DK")
    );
    assert_eq!(
        (
            projection.age_band.as_str(),
            projection.status.as_str(),
            projection.triage.as_str()
        ),
        ("18-24", "responding", "red")
    );
    assert_eq!(projection.perpetrators[0].kind, "police");
    assert_eq!(
        projection.actions,
        BTreeSet::from(["psychosocial".to_owned()])
    );
    assert_eq!(projection.referrals["psychosocial"], "completed");
    // The transition was logged at 13:14:15 for a report at 09:11:12.
    assert_eq!(projection.response, "within_24h");
    assert!(projection.countable);
}

#[test]
fn a_month_of_the_report_stands_in_for_an_unknown_one_of_the_incident() {
    let facts = json!({"reported_at": "2026-10-31T20:00:00Z", "place": {"area": "KG-GB-01"}, "occurred": {"precision": "unknown"}});
    let projection = project_facts(facts);
    assert_eq!(
        (projection.month.as_str(), projection.month_basis,),
        ("2026-11", MonthBasis::Report)
    );
    let projection = project_facts(json!({"occurred": {"at": "2026-09-14", "precision": "month"}}));
    assert_eq!(
        (projection.month.as_str(), projection.month_basis,),
        ("2026-09", MonthBasis::Incident)
    );
    assert_eq!(project_facts(json!({})).month, UNKNOWN);
}

#[test]
fn a_month_is_by_the_hub_s_local_time_and_never_one_that_cannot_be() {
    let read = |facts: Value, zone: &str| {
        let reading = Reading {
            zone: crate::zone::named(zone),
            received_at: Some(now()),
            ..Reading::default()
        };
        coarse(
            &Incident::from_row(facts, Vec::new()).read_by(reading),
            now(),
        )
    };
    let night = json!({"reported_at": "2026-10-31T18:30:00Z"});
    assert_eq!(
        read(night.clone(), "Asia/Phnom_Penh").month,
        "2026-11",
        "01:30 there"
    );
    assert_eq!(read(night, "Africa/Dakar").month, "2026-10");
    let buddhist = read(
        json!({"reported_at": "2569-11-23T09:00:00Z", "occurred": {"at": "2569-11-22", "precision": "day"}}),
        "Asia/Bangkok",
    );
    assert_eq!(
        (buddhist.month.as_str(), buddhist.response.as_str()),
        (UNKNOWN, "no_response")
    );
    let told = read(
        json!({"reported_at": "2026-11-23T09:00:00Z", "occurred": {"at": "2569-11-22", "precision": "day"}}),
        "Asia/Bangkok",
    );
    assert_eq!(
        (told.month.as_str(), told.month_basis),
        ("2026-11", MonthBasis::Report)
    );
}

#[test]
fn an_area_is_cut_to_its_first_level() {
    for (area, expected) in [
        ("SN-DK-01", "SN-DK"),
        ("kg-gb", "KG-GB"),
        ("FR-75C-12", "FR-75C"),
    ] {
        assert_eq!(admin1(area).as_deref(), Some(expected), "{area}");
    }
    for area in [
        "",
        "SN",
        "SN-",
        "SEN-DK",
        "SN-Dakar",
        "S1-DK",
        "Amina's house",
        "SN-é",
    ] {
        assert_eq!(admin1(area), None, "{area}");
    }
}

#[test]
fn a_row_names_the_band_of_a_response_and_none_where_it_would_be_negative() {
    let facts = |done: &str| json!({"reported_at": "2026-11-23T09:00:00Z", "actions": [{"code": "shelter", "done_at": done}]});
    let band = |done: &str| project_facts(facts(done)).response;
    for (done, response) in [
        ("2026-11-23T10:00:00Z", "within_1h"),
        ("2026-11-23T10:00:01Z", "within_24h"),
        ("2026-11-24T09:00:00Z", "within_24h"),
        ("2026-11-26T09:00:00Z", "within_72h"),
        ("2026-11-26T09:00:01Z", "later"),
    ] {
        assert_eq!(band(done), response);
    }
    assert_eq!(
        band("2026-11-23T08:00:00Z"),
        "no_response",
        "done before it was reported: how long it took is unknown"
    );
    let minutes = |done: &str| response_minutes(&Incident::from_row(facts(done), Vec::new()));
    assert_eq!(minutes("2026-11-23T09:00:01Z"), Some(60));
    assert_eq!(minutes("2026-11-23T08:00:00Z"), None);
    assert_eq!(minutes("2036-11-23T09:00:00Z"), Some(RESPONSE_MAX_MINUTES));
}

#[test]
fn no_action_of_the_police_or_the_law_shows_by_itself() {
    let said = |action: &str| {
        project_facts(json!({
            "reported_at": "2026-11-23T09:00:00Z", "needs": [action],
            "actions": [{"code": action, "done_at": "2026-11-23T11:00:00Z"}],
            "referrals": [{"service": action, "sent": "2026-11-23T11:00:00Z"}],
        }))
    };
    for action in ["complaint_filed", "police_negotiation", "bail_release"] {
        assert_eq!(said(action), said("legal_advice"), "{action}");
    }
}

/// Every value of the fields that the ladder may withhold, one field at a time.
fn variants(step: Step) -> Vec<Value> {
    let gender = codes::GENDERS
        .codes
        .iter()
        .map(|gender| json!({"survivor": {"gender": gender}}));
    let ages = [3, 17, 18, 24, 25, 70]
        .into_iter()
        .map(|age| json!({"survivor": {"age": age}}));
    let populations = codes::POPULATIONS
        .codes
        .iter()
        .map(|code| json!({"survivor": {"populations": [code]}}));
    let settings = codes::SETTINGS
        .codes
        .iter()
        .map(|code| json!({"place": {"setting": code}}));
    let times = codes::TIMES_OF_DAY
        .codes
        .iter()
        .map(|code| json!({"time_of_day": code}));
    let areas = ["SN-DK-01", "SN-TH-02", "KH-12"]
        .into_iter()
        .map(|area| json!({"place": {"area": area}}));
    let mut all: Vec<Value> = populations.chain(settings).chain(times).collect();
    all.extend(ages.filter(|_| step >= Step::Age));
    all.extend(gender.filter(|_| step >= Step::Gender));
    all.extend(areas.filter(|_| step >= Step::Area));
    all
}

fn merge(into: &mut Value, from: &Value) {
    for (key, value) in from.as_object().unwrap() {
        match value {
            Value::Object(_) if key != "occurred" => merge(&mut into[key], value),
            value => into[key] = value.clone(),
        }
    }
}

/// This derives which codes a withheld value takes along: where another value gives another row, one was forgotten.
#[test]
fn a_row_says_the_same_whatever_the_value_that_it_withholds() {
    let bases = [
        json!({"violations": ["rape"], "actions": [{"code": "emergency_contraception", "done_at": "2026-11-23T10:00:00Z"}]}),
        json!({"violations": ["rape", "insult_humiliation"], "reported_at": "2026-11-30T09:00:00Z"}),
        json!({"violations": ["extortion_bribe"], "perpetrators": [{"kind": "police"}]}),
        json!({"violations": ["hit_push"], "needs": ["emergency_contraception", "complaint_filed"]}),
    ];
    let mut told_apart = BTreeSet::new();
    for step in Step::ALL {
        for base in &bases {
            let mut full = json!({
                "reported_at": "2026-11-23T09:00:00Z", "occurred": {"at": "2026-11-22", "precision": "day"}, "time_of_day": "night",
                "survivor": {"age": 30, "gender": "woman", "populations": ["fsw"]}, "place": {"setting": "street", "area": "SN-DK-01"},
            });
            merge(&mut full, base);
            let usual = project_facts(full.clone());
            let mut others: Vec<Value> = variants(step)
                .iter()
                .map(|change| {
                    let mut other = full.clone();
                    merge(&mut other, change);
                    other
                })
                .collect();
            if step >= Step::Quarter {
                // All of it a month later: how soon the report came is in the row.
                let later = full.to_string().replace("2026-11", "2026-12");
                others.push(serde_json::from_str(&later).unwrap());
            }
            for facts in others {
                let other = project_facts(facts.clone());
                if usual != other {
                    told_apart.insert(step.name());
                }
                if step > Step::All {
                    assert_eq!(usual.clone().at(step), other.at(step), "{step:?} {facts}");
                }
            }
        }
    }
    assert_eq!(
        told_apart.len(),
        6,
        "the values differ where they are shown"
    );
}

/// What no function derives: a code of these sets names the person's gender, age, work or status.
#[test]
fn sets_that_describe_a_person_are_withheld_with_the_first_value() {
    for step in &Step::ALL[1..] {
        let row = project_facts(planted(false)).at(*step);
        let only = BTreeSet::from([WITHHELD.to_owned()]);
        assert_eq!((&row.populations, &row.motives), (&only, &only));
    }
}

#[test]
fn a_row_at_a_step_is_at_that_step_and_national_takes_it() {
    let full = project_facts(planted(false));
    for step in Step::ALL {
        let row = full.clone().at(step);
        assert_eq!(row.step(), step);
        assert!(row.is_well_formed(now()), "{row:?}");
        assert_eq!(row.clone().at(step), row);
        let quarter = (step == Step::Quarter).then_some("2026-Q4");
        assert_eq!(row.quarter.as_deref(), quarter);
    }
}

#[test]
fn perpetrators_stand_in_an_order_that_tells_nothing() {
    let list = |kinds: [&str; 3]| {
        project_facts(json!({"perpetrators": kinds.map(|kind| json!({"kind": kind}))})).perpetrators
    };
    assert_eq!(
        list(["police", "client", "gang_extortion"]),
        list(["gang_extortion", "police", "client"])
    );
}

#[test]
fn the_dictionary_knows_every_field_and_unknown_ones_are_refused() {
    let mut json = serde_json::to_value(project_facts(planted(false))).unwrap();
    let names: Vec<&str> = json
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let told: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, told);
    assert!(serde_json::from_value::<Projection>(json.clone()).is_ok());
    json["name"] = "x".into();
    assert!(serde_json::from_value::<Projection>(json).is_err());
}
