use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn find(facts: Value, name: &str, now: &str) -> Option<Clock> {
    clocks(&Incident::from_row(facts, Vec::new()), at(now)).into_iter().find(|clock| clock.name == name)
}

fn state(facts: &Value, name: &str, now: &str) -> Option<&'static str> {
    find(facts.clone(), name, now).map(|clock| clock.state.code())
}

#[test]
fn the_first_hour_is_for_red_only() {
    let red = json!({"reported_at": "2026-11-23T09:00:00Z", "danger_now": "yes"});
    assert_eq!(state(&red, "first_contact_1h", "2026-11-23T10:00:00Z"), Some("running"));
    assert_eq!(state(&red, "first_contact_1h", "2026-11-23T10:00:01Z"), Some("overdue"));
    let green = json!({"reported_at": "2026-11-23T09:00:00Z"});
    assert_eq!(state(&green, "first_contact_1h", "2026-11-23T10:00:00Z"), None);
    assert_eq!(state(&green, "response_24h", "2026-11-23T10:00:00Z"), Some("running"));
}

#[test]
fn a_missed_first_contact_stays_on_the_list_when_red_fades() {
    let facts = json!({"reported_at": "2026-11-23T09:00:00Z", "violations": ["unwanted_touch"], "occurred": {"at": "2026-11-23", "precision": "day"}});
    assert_eq!(state(&facts, "first_contact_1h", "2026-12-23T09:00:00Z"), Some("overdue"));
}

#[test]
fn a_response_is_an_action_an_offer_or_a_transition() {
    let with = |key: &str, entry: Value| json!({"reported_at": "2026-11-23T09:00:00Z", key: [entry]});
    let now = "2026-11-30T09:00:00Z";
    for (key, entry, expected) in [
        ("actions", json!({"code": "shelter", "done_at": "2026-11-23T10:00:00Z"}), "met"),
        ("actions", json!({"code": "shelter", "done_at": "2026-11-25T10:00:00Z"}), "late"),
        ("actions", json!({"code": "shelter", "offered_at": "2026-11-23T10:00:00Z"}), "met"),
        ("actions", json!({"code": "shelter", "offered_at": "2026-11-23T10:00:00Z", "accepted": "declined"}), "overdue"),
        ("actions", json!({"code": "shelter"}), "overdue"),
        ("transitions", json!({"to": "responding", "at": "2026-11-23T10:00:00Z"}), "met"),
        ("transitions", json!({"to": "closed_lost", "at": "2026-11-23T10:00:00Z"}), "overdue"),
    ] {
        assert_eq!(state(&with(key, entry.clone()), "response_24h", now), Some(expected), "{entry}");
    }
}

#[test]
fn the_clinic_clocks_run_from_the_incident() {
    let facts = json!({"violations": ["rape"], "occurred": {"at": "2026-11-22", "precision": "day"}});
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
    assert_eq!(find(facts, "pep_72h", "2026-11-22T12:00:00Z").unwrap().due_at, Some(at("2026-11-25T00:00:00Z")));
}

#[test]
fn an_unknown_time_of_exposure_says_so_until_care_is_given() {
    let facts = json!({"violations": ["gang_rape"]});
    assert_eq!(find(facts, "pep_72h", "2026-11-22T12:00:00Z").map(|clock| (clock.due_at, clock.state)), Some((None, State::UnknownTime)));
    let cared = json!({"violations": ["gang_rape"], "actions": [{"code": "pep_start", "done_at": "2026-11-22T10:00:00Z"}]});
    assert_eq!(state(&cared, "pep_72h", "2026-12-22T12:00:00Z"), Some("met"));
    assert_eq!(state(&cared, "forensic_72h", "2026-12-22T12:00:00Z"), Some("unknown_time"));
}

#[test]
fn emergency_contraception_is_for_whoever_may_conceive() {
    let may = [json!("woman"), json!("trans_man"), json!(null), json!("newer")].map(|gender| (gender, true));
    let cannot = [json!("man"), json!("trans_woman")].map(|gender| (gender, false));
    for (gender, expected) in may.into_iter().chain(cannot) {
        let facts = json!({"violations": ["rape"], "survivor": {"gender": gender}});
        assert_eq!(state(&facts, "ec_120h", "2026-11-22T12:00:00Z").is_some(), expected, "{gender}");
    }
    assert!(state(&json!({"violations": ["unwanted_touch"]}), "ec_120h", "2026-11-22T12:00:00Z").is_none());
    assert!(state(&json!({"violations": ["unwanted_touch"]}), "pep_72h", "2026-11-22T12:00:00Z").is_none());
}

#[test]
fn followups_run_from_the_first_care() {
    let actions = json!([{"code": "shelter", "done_at": "2026-11-30T10:00:00Z"}, {"code": "psychosocial", "done_at": "2026-11-23T10:00:00Z"}]);
    let facts = |done: Value| json!({"actions": actions, "followups": [{"done_at": done}]});
    let clock = find(facts(json!(null)), "followup_3m", "2026-12-01T00:00:00Z").unwrap();
    assert_eq!((clock.due_at, clock.state), (Some(at("2027-02-23T10:00:00Z")), State::Running));
    let two_weeks = |done: &str| state(&facts(json!(done)), "followup_2w", "2026-12-20T00:00:00Z");
    assert_eq!(two_weeks("2026-12-04T10:00:00Z"), Some("met"));
    assert_eq!(two_weeks("2026-12-04T09:59:59Z"), Some("overdue"));
    assert_eq!(state(&json!({}), "followup_2w", "2026-12-20T00:00:00Z"), None);
}

#[test]
fn adherence_runs_from_the_first_dose() {
    let start = json!({"code": "pep_start", "done_at": "2026-11-01T10:00:00Z"});
    let facts = json!({"actions": [start], "followups": [{"done_at": "2026-11-03T12:00:00Z"}]});
    let states = |facts: &Value| ["pep_adherence_d3", "pep_adherence_d14", "pep_adherence_d28"].map(|name| state(facts, name, "2026-11-20T00:00:00Z"));
    assert_eq!(states(&facts), [Some("met"), Some("overdue"), Some("running")]);
    let complete = json!({"actions": [start, {"code": "pep_complete", "done_at": "2026-11-29T10:00:00Z"}]});
    assert_eq!(states(&complete), [Some("met"); 3]);
}

#[test]
fn the_next_clock_is_the_pending_one_due_first() {
    let facts = json!({"reported_at": "2026-11-23T09:00:00Z", "violations": ["rape"], "occurred": {"at": "2026-11-21", "precision": "day"}});
    let all = clocks(&Incident::from_row(facts, Vec::new()), at("2026-11-23T09:30:00Z"));
    assert_eq!(next_due(&all, at("2026-11-23T09:30:00Z")).map(|clock| clock.name), Some("first_contact_1h"));
    assert_eq!(to_json(&all)[0], json!({"name": "first_contact_1h", "from": "report", "due_at": "2026-11-23T10:00:00Z", "state": "running"}));
}

#[test]
fn of_what_was_missed_only_what_can_still_be_done_is_next() {
    let facts = json!({"reported_at": "2026-11-01T09:00:00Z", "violations": ["rape"], "occurred": {"at": "2026-11-01", "precision": "day"},
        "actions": [{"code": "pep_start", "done_at": "2026-11-01T10:00:00Z"}]});
    let next = |now: &str| next_due(&clocks(&Incident::from_row(facts.clone(), Vec::new()), at(now)), at(now)).map(|clock| clock.name);
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
    let next = |incident: &Incident, now: &str| next_due(&clocks(incident, at(now)), at(now)).map(|clock| (clock.name, clock.presses(at(now))));
    let nobody = of(json!(["eviction"]), json!([]));
    assert_eq!(next(&nobody, "2026-11-03T09:00:00Z"), Some(("response_24h", true)));
    assert_eq!(next(&nobody, "2027-11-03T09:00:00Z"), Some(("response_24h", false)));
    let unknown = of(json!(["rape"]), json!([{"code": "shelter", "offered_at": "2026-11-01T09:30:00Z"}]));
    assert_eq!(next(&unknown, "2026-11-04T09:00:00Z"), Some(("pep_72h", true)));
    assert_eq!(next(&unknown, "2026-11-06T09:00:00Z"), Some(("ec_120h", true)));
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
    assert_eq!((of(&open, "2026-11-25T10:00:00Z"), of(&open, "2026-11-26T10:00:00Z")), (Some("running"), Some("overdue")));
    assert_eq!(of(&with(json!("2026-11-24T10:00:00Z"), json!(null)), "2026-11-26T10:00:00Z"), Some("met"));
    assert_eq!(of(&with(json!(null), json!("2026-11-26T09:00:00Z")), "2026-11-26T10:00:00Z"), Some("late"));
    assert_eq!(of(&json!({"followups": [{"done_at": "2026-11-24T10:00:00Z"}]}), "2026-11-26T10:00:00Z"), None);
    assert_eq!(find(open, "followup_planned", "2026-11-25T10:00:00Z").unwrap().from.code(), "planned");
}

#[test]
fn times_at_the_edge_of_the_calendar_give_no_due_time() {
    let facts = json!({"reported_at": "9999-12-30T22:00:00Z", "actions": [{"code": "pep_start", "done_at": "9999-12-30T22:00:00Z"}]});
    assert_eq!(find(facts, "followup_6m", "2026-11-22T12:00:00Z").map(|clock| clock.state), Some(State::UnknownTime));
}
