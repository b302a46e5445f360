use jiff::tz::TimeZone;

use super::*;
use crate::reading::Reading;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// An incident of a hub whose people live by UTC.
fn in_utc(facts: Value) -> Incident {
    Incident::from_row(facts, Vec::new()).read_by(Reading {
        zone: Some(TimeZone::UTC),
        ..Reading::default()
    })
}

fn find(facts: Value, name: &str, now: &str) -> Option<Clock> {
    clocks(&in_utc(facts), at(now))
        .into_iter()
        .find(|clock| clock.name == name)
}

fn state(facts: &Value, name: &str, now: &str) -> Option<&'static str> {
    find(facts.clone(), name, now).map(|clock| clock.state.code())
}

#[test]
fn the_first_hour_is_for_red_only() {
    let red = json!({"reported_at": "2026-11-23T09:00:00Z", "danger_now": "yes"});
    assert_eq!(
        state(&red, "first_contact_1h", "2026-11-23T10:00:00Z"),
        Some("running")
    );
    assert_eq!(
        state(&red, "first_contact_1h", "2026-11-23T10:00:01Z"),
        Some("overdue")
    );
    let green = json!({"reported_at": "2026-11-23T09:00:00Z"});
    assert_eq!(
        state(&green, "first_contact_1h", "2026-11-23T10:00:00Z"),
        None
    );
    assert_eq!(
        state(&green, "response_24h", "2026-11-23T10:00:00Z"),
        Some("running")
    );
}

#[test]
fn a_missed_first_contact_stays_on_the_list_when_red_fades() {
    let facts = json!({"reported_at": "2026-11-23T09:00:00Z", "violations": ["unwanted_touch"], "occurred": {"at": "2026-11-23", "precision": "day"}});
    assert_eq!(
        state(&facts, "first_contact_1h", "2026-12-23T09:00:00Z"),
        Some("overdue")
    );
}

#[test]
fn a_response_is_an_action_an_offer_or_a_transition() {
    let with =
        |key: &str, entry: Value| json!({"reported_at": "2026-11-23T09:00:00Z", key: [entry]});
    let now = "2026-11-30T09:00:00Z";
    for (key, entry, expected) in [
        (
            "actions",
            json!({"code": "shelter", "done_at": "2026-11-23T10:00:00Z"}),
            "met",
        ),
        (
            "actions",
            json!({"code": "shelter", "done_at": "2026-11-25T10:00:00Z"}),
            "late",
        ),
        (
            "actions",
            json!({"code": "shelter", "offered_at": "2026-11-23T10:00:00Z"}),
            "met",
        ),
        (
            "actions",
            json!({"code": "shelter", "offered_at": "2026-11-23T10:00:00Z", "accepted": "declined"}),
            "overdue",
        ),
        ("actions", json!({"code": "shelter"}), "overdue"),
        (
            "transitions",
            json!({"to": "responding", "at": "2026-11-23T10:00:00Z"}),
            "met",
        ),
        (
            "transitions",
            json!({"to": "closed_lost", "at": "2026-11-23T10:00:00Z"}),
            "overdue",
        ),
    ] {
        assert_eq!(
            state(&with(key, entry.clone()), "response_24h", now),
            Some(expected),
            "{entry}"
        );
    }
}

#[test]
fn the_clinic_clocks_run_from_the_incident() {
    let facts =
        json!({"violations": ["rape"], "occurred": {"at": "2026-11-22", "precision": "day"}});
    for (now, expected) in [
        ("2026-11-25T00:00:00Z", "running"),
        ("2026-11-25T00:00:01Z", "uncertain"),
        ("2026-11-26T00:00:00Z", "uncertain"),
        ("2026-11-26T00:00:01Z", "missed_window"),
    ] {
        assert_eq!(state(&facts, "pep_72h", now), Some(expected), "{now}");
        assert_eq!(state(&facts, "forensic_72h", now), Some(expected), "{now}");
        assert_eq!(state(&facts, "ec_120h", now), Some("running"), "{now}");
    }
    assert_eq!(
        find(facts, "pep_72h", "2026-11-22T12:00:00Z")
            .unwrap()
            .due_at,
        Some(at("2026-11-25T00:00:00Z"))
    );
}

#[test]
fn an_unknown_time_of_exposure_says_so_until_care_is_given() {
    let facts = json!({"violations": ["gang_rape"]});
    assert_eq!(
        find(facts, "pep_72h", "2026-11-22T12:00:00Z").map(|clock| (clock.due_at, clock.state)),
        Some((None, State::UnknownTime))
    );
    let cared = json!({"violations": ["gang_rape"], "actions": [{"code": "pep_start", "done_at": "2026-11-22T10:00:00Z"}]});
    assert_eq!(
        state(&cared, "pep_72h", "2026-12-22T12:00:00Z"),
        Some("done_unknown"),
        "nobody knows whether in time"
    );
    assert_eq!(
        state(&cared, "forensic_72h", "2026-12-22T12:00:00Z"),
        Some("unknown_time")
    );
}

#[test]
fn emergency_contraception_is_for_whoever_may_conceive() {
    let may = [
        json!("woman"),
        json!("trans_man"),
        json!(null),
        json!("newer"),
    ]
    .map(|gender| (gender, true));
    let cannot = [json!("man"), json!("trans_woman")].map(|gender| (gender, false));
    for (gender, expected) in may.into_iter().chain(cannot) {
        let facts = json!({"violations": ["rape"], "survivor": {"gender": gender}});
        assert_eq!(
            state(&facts, "ec_120h", "2026-11-22T12:00:00Z").is_some(),
            expected,
            "{gender}"
        );
    }
    assert!(
        state(
            &json!({"violations": ["unwanted_touch"]}),
            "ec_120h",
            "2026-11-22T12:00:00Z"
        )
        .is_none()
    );
    assert!(
        state(
            &json!({"violations": ["unwanted_touch"]}),
            "pep_72h",
            "2026-11-22T12:00:00Z"
        )
        .is_none()
    );
}

#[test]
fn followups_run_from_the_first_care() {
    let actions = json!([{"code": "shelter", "done_at": "2026-11-30T10:00:00Z"}, {"code": "psychosocial", "done_at": "2026-11-23T10:00:00Z"}]);
    let facts = |done: Value| json!({"actions": actions, "followups": [{"done_at": done}]});
    let clock = find(facts(json!(null)), "followup_3m", "2026-12-01T00:00:00Z").unwrap();
    assert_eq!(
        (clock.due_at, clock.state),
        (Some(at("2027-02-23T10:00:00Z")), State::Running)
    );
    let two_weeks = |done: &str| state(&facts(json!(done)), "followup_2w", "2026-12-20T00:00:00Z");
    assert_eq!(two_weeks("2026-12-04T10:00:00Z"), Some("met"));
    assert_eq!(two_weeks("2026-12-04T09:59:59Z"), Some("overdue"));
    assert_eq!(
        state(&json!({}), "followup_2w", "2026-12-20T00:00:00Z"),
        None
    );
}

#[test]
fn followups_count_the_days_and_months_of_the_hub_s_zone() {
    let due = |zone: &str, care: &str, name: &str| {
        let facts = json!({"actions": [{"code": "pep_start", "done_at": care}]});
        let incident = Incident::from_row(facts, Vec::new()).read_by(Reading {
            zone: crate::zone::named(zone),
            ..Reading::default()
        });
        let found = clocks(&incident, at(care))
            .into_iter()
            .find(|clock| clock.name == name);
        found.and_then(|clock| clock.due_at).unwrap().to_string()
    };
    // At half past two on the morning of the first of December in Phnom Penh it is the last of November by UTC.
    let care = "2026-11-30T19:30:00Z";
    assert_eq!(
        due("Asia/Phnom_Penh", care, "followup_3m"),
        "2027-02-28T19:30:00Z",
        "on the first of March, there"
    );
    assert_eq!(due("UTC", care, "followup_3m"), "2027-02-28T19:30:00Z");
    assert_eq!(
        due("Asia/Phnom_Penh", "2026-08-30T19:30:00Z", "followup_6m"),
        "2027-02-27T19:30:00Z",
        "the 31st, and February has 28"
    );
    assert_eq!(
        due("UTC", "2026-08-30T19:30:00Z", "followup_6m"),
        "2027-02-28T19:30:00Z"
    );
    // In Kyiv the clocks go back on the 25th of October: at nine on the wall it stays.
    for (name, expected) in [
        ("followup_2w", "2026-11-03T07:00:00Z"),
        ("pep_adherence_d3", "2026-10-23T06:00:00Z"),
        ("pep_adherence_d14", "2026-11-03T07:00:00Z"),
    ] {
        assert_eq!(
            due("Europe/Kyiv", "2026-10-20T06:00:00Z", name),
            expected,
            "{name}"
        );
    }
}

#[test]
fn adherence_runs_from_the_first_dose() {
    let start = json!({"code": "pep_start", "done_at": "2026-11-01T10:00:00Z"});
    let facts = json!({"actions": [start], "followups": [{"done_at": "2026-11-03T12:00:00Z"}]});
    let states = |facts: &Value| {
        ["pep_adherence_d3", "pep_adherence_d14", "pep_adherence_d28"]
            .map(|name| state(facts, name, "2026-11-20T00:00:00Z"))
    };
    assert_eq!(
        states(&facts),
        [Some("met"), Some("overdue"), Some("running")]
    );
    let complete =
        json!({"actions": [start, {"code": "pep_complete", "done_at": "2026-11-29T10:00:00Z"}]});
    assert_eq!(states(&complete), [Some("met"); 3]);
}

#[test]
fn the_next_clock_is_the_pending_one_due_first() {
    let facts = json!({"reported_at": "2026-11-23T09:00:00Z", "violations": ["rape"], "occurred": {"at": "2026-11-21", "precision": "day"}});
    let all = clocks(
        &Incident::from_row(facts, Vec::new()),
        at("2026-11-23T09:30:00Z"),
    );
    assert_eq!(
        next_due(&all, at("2026-11-23T09:30:00Z")).map(|clock| clock.name),
        Some("first_contact_1h")
    );
    assert_eq!(
        to_json(&all)[0],
        json!({"name": "first_contact_1h", "from": "report", "due_at": "2026-11-23T10:00:00Z", "state": "running"})
    );
}

#[test]
fn of_what_was_missed_only_what_can_still_be_done_is_next() {
    let facts = json!({"reported_at": "2026-11-01T09:00:00Z", "violations": ["rape"], "occurred": {"at": "2026-11-01", "precision": "day"},
        "actions": [{"code": "pep_start", "done_at": "2026-11-01T10:00:00Z"}]});
    let next = |now: &str| {
        next_due(
            &clocks(&Incident::from_row(facts.clone(), Vec::new()), at(now)),
            at(now),
        )
        .map(|clock| clock.name)
    };
    for (now, expected) in [
        ("2026-11-01T10:00:00Z", Some("forensic_72h")),
        ("2026-11-05T10:00:00Z", Some("ec_120h")),
        ("2026-11-08T10:00:00Z", Some("pep_adherence_d3")),
        ("2026-11-18T10:00:01Z", Some("followup_2w")),
        ("2026-12-14T10:00:00Z", Some("followup_3m")),
        ("2027-12-01T10:00:00Z", None),
    ] {
        assert_eq!(next(now), expected, "{now}");
    }
}

#[test]
fn a_response_that_nobody_gave_stays_next_and_a_window_of_unknown_time_ends_with_the_report() {
    let of = |violations: Value, actions: Value| {
        let facts = json!({"reported_at": "2026-11-01T09:00:00Z", "violations": violations, "actions": actions});
        Incident::from_row(facts, Vec::new())
    };
    let next = |incident: &Incident, now: &str| {
        next_due(&clocks(incident, at(now)), at(now))
            .map(|clock| (clock.name, clock.presses(at(now))))
    };
    let nobody = of(json!(["eviction"]), json!([]));
    assert_eq!(
        next(&nobody, "2026-11-03T09:00:00Z"),
        Some(("response_24h", true))
    );
    assert_eq!(
        next(&nobody, "2027-11-03T09:00:00Z"),
        Some(("response_24h", false))
    );
    let unknown = of(
        json!(["rape"]),
        json!([{"code": "shelter", "offered_at": "2026-11-01T09:30:00Z"}]),
    );
    assert_eq!(
        next(&unknown, "2026-11-04T09:00:00Z"),
        Some(("pep_72h", true))
    );
    assert_eq!(
        next(&unknown, "2026-11-06T09:00:00Z"),
        Some(("ec_120h", true))
    );
    assert_eq!(next(&unknown, "2026-11-06T09:00:01Z"), None);
}

#[test]
fn a_planned_followup_is_a_clock_until_it_or_a_later_one_is_done() {
    let with = |done: Value, others: Value| {
        let planned = json!({"id": "a-1", "due_at": "2026-11-25T23:59:59Z", "done_at": done});
        json!({"followups": [planned, {"id": "b-1", "done_at": others}]})
    };
    let of = |facts: &Value, now: &str| state(facts, "followup_planned", now);
    let open = with(json!(null), json!("2026-11-24T10:00:00Z"));
    assert_eq!(
        (
            of(&open, "2026-11-25T10:00:00Z"),
            of(&open, "2026-11-26T10:00:00Z")
        ),
        (Some("running"), Some("overdue"))
    );
    assert_eq!(
        of(
            &with(json!("2026-11-24T10:00:00Z"), json!(null)),
            "2026-11-26T10:00:00Z"
        ),
        Some("met")
    );
    assert_eq!(
        of(
            &with(json!(null), json!("2026-11-26T09:00:00Z")),
            "2026-11-26T10:00:00Z"
        ),
        Some("late")
    );
    assert_eq!(
        of(
            &json!({"followups": [{"done_at": "2026-11-24T10:00:00Z"}]}),
            "2026-11-26T10:00:00Z"
        ),
        None
    );
    assert_eq!(
        find(open, "followup_planned", "2026-11-25T10:00:00Z")
            .unwrap()
            .from
            .code(),
        "planned"
    );
}

#[test]
fn times_at_the_edge_of_the_calendar_give_no_due_time() {
    let facts = json!({"reported_at": "9999-12-30T22:00:00Z", "actions": [{"code": "pep_start", "done_at": "9999-12-30T22:00:00Z"}]});
    assert_eq!(
        find(facts, "followup_6m", "2026-11-22T12:00:00Z").map(|clock| clock.state),
        Some(State::UnknownTime)
    );
}

/// At a hub that first heard of it at a time, with what it knows of clocks.
fn at_hub(facts: Value, received: &str, zone: Option<&str>, times: &[(&str, Moment)]) -> Incident {
    let times = times
        .iter()
        .map(|(place, moment)| ((*place).to_owned(), *moment))
        .collect();
    let reading = Reading {
        zone: zone.and_then(crate::zone::named),
        received_at: Some(at(received)),
        times,
    };
    Incident::from_row(facts, Vec::new()).read_by(reading)
}

fn of(incident: &Incident, name: &str, now: &str) -> (Option<Timestamp>, State) {
    let clock = clocks(incident, at(now))
        .into_iter()
        .find(|clock| clock.name == name)
        .unwrap();
    (clock.due_at, clock.state)
}

#[test]
fn the_pep_window_is_read_by_the_clocks_of_the_place() {
    for (local, area, due) in [
        ("2026-11-22T23:30", "PG-NCD-01", "2026-11-25T13:30:00Z"),
        ("2026-11-22T23:30", "kh-12-03", "2026-11-25T16:30:00Z"),
        ("2026-11-22T23:30", "RU-MOW", "2026-11-25T20:30:00Z"),
        ("2026-11-22T23:30", "RW-01", "2026-11-25T21:30:00Z"),
        ("2026-11-22T23:30", "ID-PA-71", "2026-11-25T14:30:00Z"),
        ("2026-07-01T12:00", "UA-30", "2026-07-04T09:00:00Z"),
        ("2026-11-22T23:30", "MK-85", "2026-11-25T22:30:00Z"),
        // Is unknown where: as early as it may have been.
        ("2026-11-22T23:30", "our street", "2026-11-25T09:30:00Z"),
    ] {
        let facts = json!({"violations": ["rape"], "occurred": {"at": local, "precision": "exact"}, "place": {"area": area}});
        let incident = Incident::from_row(facts, Vec::new());
        assert_eq!(
            of(&incident, "pep_72h", "2026-11-23T00:00:00Z").0,
            Some(at(due)),
            "{area}"
        );
    }
}

#[test]
fn a_hub_s_zone_counts_and_an_incident_elsewhere_may_name_its_own() {
    let facts = |place: Value| json!({"violations": ["rape"], "occurred": {"at": "2026-11-22T23:30", "precision": "exact"}, "place": place});
    let due = |place: Value| {
        of(
            &at_hub(
                facts(place),
                "2026-11-23T12:00:00Z",
                Some("Asia/Bishkek"),
                &[],
            ),
            "pep_72h",
            "2026-11-23T12:00:00Z",
        )
        .0
    };
    assert_eq!(
        due(json!({"area": "north quarter"})),
        Some(at("2026-11-25T17:30:00Z"))
    );
    assert_eq!(
        due(json!({"area": "north quarter", "zone": "Asia/Dubai"})),
        Some(at("2026-11-25T19:30:00Z"))
    );
}

#[test]
fn an_interval_of_a_clock_that_nobody_knows_is_unknown_and_never_met() {
    let facts = json!({"reported_at": "2026-11-23T09:00:00Z", "actions": [{"id": "a-1", "code": "shelter", "done_at": "2026-11-21T15:00:00Z"}]});
    let told = |times: &[(&str, Moment)]| {
        let incident = at_hub(facts.clone(), "2026-11-23T09:05:00Z", None, times);
        (
            of(&incident, "response_24h", "2026-11-30T00:00:00Z").1,
            response_took(&incident).map(|took| took.as_hours()),
        )
    };
    assert_eq!(
        told(&[]),
        (State::DoneUnknown, None),
        "done before it was reported"
    );
    assert_eq!(
        told(&[("a-1.done_at", Moment::Sure(at("2026-11-24T15:00:00Z")))]),
        (State::Late, Some(30)),
        "read with the clock's skew"
    );
    assert_eq!(
        told(&[("a-1.done_at", Moment::Unsure(at("2026-11-23T10:00:00Z")))]),
        (State::DoneUnknown, None)
    );
    assert_eq!(
        told(&[("a-1.done_at", Moment::Impossible)]),
        (State::DoneUnknown, None)
    );
    assert_eq!(
        told(&[
            ("a-1.done_at", Moment::Sure(at("2026-11-23T10:00:00Z"))),
            ("reported_at", Moment::Unsure(at("2026-11-23T09:00:00Z")))
        ]),
        (State::DoneUnknown, None)
    );
}

#[test]
fn a_time_that_cannot_be_counts_as_unknown_until_somebody_corrects_it() {
    for year in ["2569", "2027", "0001"] {
        let occurred = json!({"at": format!("{year}-11-22"), "precision": "day"});
        let mut facts = json!({"reported_at": format!("{year}-11-23T09:00:00Z"), "violations": ["rape"], "occurred": occurred});
        let read = |facts: &Value| {
            at_hub(
                facts.clone(),
                "2026-11-23T10:00:00Z",
                Some("Asia/Bangkok"),
                &[],
            )
        };
        let now = "2026-11-23T12:00:00Z";
        let wrong = read(&facts);
        assert_eq!(
            wrong.impossible_times(),
            ["occurred", "reported_at"],
            "{year}"
        );
        assert_eq!(
            (of(&wrong, "response_24h", now), of(&wrong, "pep_72h", now)),
            ((None, State::UnknownTime), (None, State::UnknownTime)),
            "{year}"
        );
        facts["reported_at_corrected"] = "2026-11-23T09:00:00Z".into();
        facts["occurred"] = json!({"at": "2026-11-22", "precision": "day"});
        let right = read(&facts);
        assert!(right.impossible_times().is_empty());
        assert_eq!(
            of(&right, "response_24h", now),
            (Some(at("2026-11-24T09:00:00Z")), State::Running)
        );
        assert_eq!(
            of(&right, "pep_72h", now),
            (Some(at("2026-11-24T17:00:00Z")), State::Running)
        );
    }
}

#[test]
fn a_device_judges_no_time_by_its_own_clock() {
    let facts = json!({"reported_at": "2569-11-23T09:00:00Z", "occurred": {"at": "2569-11-22", "precision": "day"}});
    assert!(
        Incident::from_row(facts, Vec::new())
            .impossible_times()
            .is_empty()
    );
}
