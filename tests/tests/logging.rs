//! What a person types in is kept whole or refused with the place of the mistake; what a newer version typed in is kept.

use serde_json::{Value, json};
use vicinity_tests::incidents;
use vicinity_tests::site::{Site, timeless};

#[test]
fn bad_lines_are_named_by_number_and_path_and_the_others_are_logged() {
    let site = Site::new();
    let device = site.device("phone");
    let path = incidents::fixtures("incidents").join("bad_lines.jsonl");
    let run = device.run(&["log", "--with-edits", path.to_str().unwrap()]);
    assert_eq!(run.code, Some(1));
    let complaints: Vec<&str> = run.stderr.lines().collect();
    let bad = [
        "line 3: violations: ",
        "line 5: occurred.at: ",
        "line 7: violations[",
    ];
    let kept = [
        "needs[2]: no code",
        "perpetrators[0].kind: no code",
        "phone_searched: no field",
        "place.setting: no code",
        "violations[3]: no code",
    ];
    let kept = kept.map(|what| format!("line 8: {what}"));
    let expected: Vec<&str> = bad
        .into_iter()
        .chain(kept.iter().map(String::as_str))
        .chain(["line 9: not JSON (column "])
        .collect();
    for (complaint, beginning) in complaints.iter().zip(&expected) {
        assert!(complaint.starts_with(*beginning), "{complaint}");
    }
    assert_eq!(complaints.len(), expected.len() + 1, "{complaints:?}");
    assert!(
        complaints
            .last()
            .unwrap()
            .contains("4 lines were not logged"),
        "{complaints:?}"
    );
    let mut logged: Vec<String> = run.stdout.lines().map(str::to_owned).collect();
    logged.sort();
    assert_eq!(logged.len(), 6);
    assert_eq!(device.ids(), logged);
}

#[test]
fn a_bad_line_is_the_only_one_that_is_not_kept_whatever_is_wrong_with_it() {
    let site = Site::new();
    let device = site.device("phone");
    let good = json!({"reported_at": "2026-11-01T09:00:00Z"});
    let long = "x".repeat(300_000);
    let bad = [
        json!({"violations": ["eviction"]}),
        json!([1, 2]),
        json!({"reported_at": "yesterday"}),
        json!({"reported_at": "2026-11-01T09:00:00Z", "survivor": {"age": 300}}),
        json!({"reported_at": "2026-11-01T09:00:00Z", "survivor": "a name"}),
        json!({"reported_at": "2026-11-01T09:00:00Z", "perpetrators": [{"kind": 7}]}),
        json!({"reported_at": "2026-11-01T09:00:00Z", "statements": [{"class": "narrative", "text": long}]}),
        json!({"reported_at": "2026-11-01T09:00:00Z", "danger_now": {"deep": "er"}}),
        json!({"reported_at": "2026-11-01T09:00:00Z", "occurred": {"at": "2026-02-30", "precision": "day"}}),
    ];
    let deep = format!(
        "{{\"reported_at\": \"2026-11-01T09:00:00Z\", \"newer\": {}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let mut lines: Vec<String> = bad
        .iter()
        .flat_map(|bad| [bad.to_string(), good.to_string()])
        .collect();
    lines.extend([
        deep,
        good.to_string(),
        "{".repeat(50),
        good.to_string(),
        "y".repeat(2_000_000),
        good.to_string(),
    ]);
    let run = device.run_with(&["log", "-"], &lines.join("\n"));
    assert_eq!(run.code, Some(1));
    let complaints: Vec<usize> = run
        .stderr
        .lines()
        .filter_map(|line| line.strip_prefix("line ")?.split(':').next()?.parse().ok())
        .collect();
    assert_eq!(
        complaints,
        (0..12).map(|at| 2 * at + 1).collect::<Vec<_>>(),
        "{}",
        run.stderr
    );
    assert_eq!((run.stdout.lines().count(), device.ids().len()), (12, 12));
    assert!(!run.stderr.contains("panicked"));
}

#[test]
fn an_incident_over_several_lines_is_one_incident() {
    let site = Site::new();
    let device = site.device("phone");
    let pretty =
        serde_json::to_string_pretty(&incidents::fixture("india.jsonl")[0]["incident"]).unwrap();
    assert_eq!(
        device
            .run_with(&["log", "-"], &pretty)
            .done()
            .lines()
            .count(),
        1
    );
    assert!(device.run_with(&["log", "-"], "").done().is_empty());
}

#[test]
fn codes_keys_and_consents_in_other_spellings_are_the_known_ones_and_unknown_ones_are_said() {
    let site = Site::new();
    let device = site.device("phone");
    let spelled = json!({"Reported at": "2026-11-01T09:00:00Z", "Violations": ["Rape", "rape "], "danger_now": "Yes", "consents": ["Hub_response", "National deid"]});
    let unknown = json!({"reported_at": "2026-11-01T09:00:00Z", "violations": ["rape", "a_kind_to_come"], "weather": "wet"});
    let run = device.run_with(
        &["log", "-"],
        &format!("\u{feff}{spelled}\r\n{unknown}\r\n"),
    );
    let remarks: std::collections::BTreeSet<&str> = run
        .stderr
        .lines()
        .filter_map(|line| line.split(": no ").next())
        .collect();
    assert_eq!(
        remarks.into_iter().collect::<Vec<_>>(),
        ["line 2: violations[1]", "line 2: weather"]
    );
    let ids: Vec<String> = run.done().lines().map(str::to_owned).collect();
    let shown = device.show(&ids[0]);
    assert_eq!(
        (&shown["violations"], &shown["danger_now"], &shown["triage"]),
        (&json!(["rape"]), &json!("yes"), &json!("red"))
    );
    assert_eq!(shown["consents"], json!(["hub_response", "national_deid"]));
    assert!(
        shown["clocks"]
            .as_array()
            .unwrap()
            .iter()
            .any(|clock| clock["name"] == "pep_72h"),
        "{shown}"
    );

    let edit = |edits: Value| device.run_with(&["edit", &ids[0], "-"], &edits.to_string());
    let withdrawn = edit(json!([{"consent": {"scope": "National_deid", "state": "withdrawn"}}]));
    assert_eq!((withdrawn.code, withdrawn.stderr.as_str()), (Some(0), ""));
    assert_eq!(device.show(&ids[0])["consents"], json!(["hub_response"]));
    assert!(
        edit(json!([{"consent": {"scope": "Hub-Response", "state": "withdrawn"}}]))
            .stderr
            .contains("hub_response is withdrawn")
    );
    let refused = edit(json!([{"consent": {"scope": "national", "state": "withdrawn"}}])).failed();
    assert!(
        refused.contains("edits[0].consent.scope: not a consent scope")
            && refused.contains("national_deid"),
        "{refused}"
    );
    let said = edit(json!([{"consent": {"scope": "contact_me", "state": "withdrawn"}}, {"remove": {"set": "needs", "code": "shelter"}}])).stderr;
    assert!(
        said.contains("edits[0].consent.scope: no grant")
            && said.contains("edits[1].remove.code: the set does not hold"),
        "{said}"
    );
    assert_eq!(
        device.show(&ids[0])["consent_log"]
            .as_array()
            .unwrap()
            .len(),
        5
    );
}

#[test]
fn a_key_that_stands_twice_is_refused_with_its_path_and_utf_16_is_named() {
    let site = Site::new();
    let device = site.device("phone");
    let twice = r#"{"reported_at": "2026-11-01T09:00:00Z", "statements": [{"class": "narrative", "text": "a"}], "statements": [{"class": "narrative", "text": "b"}]}"#;
    assert!(
        device
            .run_with(&["log", "-"], twice)
            .failed()
            .starts_with("line 1: statements: stands twice")
    );
    let id = device
        .log(&[json!({"reported_at": "2026-11-01T09:00:00Z"})])
        .remove(0);
    let edits = r#"[{"set": {"field": "danger_now", "value": "yes", "value": "no"}}]"#;
    assert!(
        device
            .run_with(&["edit", &id, "-"], edits)
            .failed()
            .contains("[0].set.value: stands twice")
    );
    let utf16: Vec<u8> = [
        vec![0xff, 0xfe],
        "{\"reported_at\": \"2026-11-01T09:00:00Z\"}"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect(),
    ]
    .concat();
    std::fs::write(site.path("utf16.json"), &utf16).unwrap();
    let path = site.path("utf16.json");
    assert!(
        device
            .run(&["log", path.to_str().unwrap()])
            .failed()
            .contains("line 1: UTF-16")
    );
    assert!(
        device
            .run(&["edit", &id, path.to_str().unwrap()])
            .failed()
            .contains("UTF-16")
    );
    assert_eq!(device.ids(), [id]);
}

#[test]
fn what_a_hostile_phone_wrote_is_shown_and_not_obeyed() {
    let site = Site::new();
    let device = site.device("phone");
    let reporter = "\u{1b}[2J\u{9b}31m\u{202e}drop\u{7f}";
    let id = device.log(&[json!({"reported_at": "2026-11-01T09:00:00Z", "reporter": reporter, "violations": ["\u{202e}epar"]})]).remove(0);
    assert_eq!(
        device.show(&id)["reporter"],
        reporter,
        "JSON means the same"
    );
    for arguments in [
        &["show", &id][..],
        &["show", &id, "--json"],
        &["list"],
        &["list", "--json"],
        &["list", "--pin-file", "\u{1b}[2J"],
    ] {
        let run = device.run(arguments);
        let printed = run.stdout + &run.stderr;
        assert!(
            !printed.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{7f}']),
            "{printed:?}"
        );
    }
    assert!(device.run(&["list"]).done().contains("\\u202eepar"));
}

/// The parts of an incident that this version has no word for.
fn strange() -> Value {
    json!({
        "reported_at": "2026-11-01T09:00:00Z", "consents": ["hub_response"],
        "violations": ["eviction", "a_kind_to_come"], "survivor": {"gender": "a_gender_to_come", "populations": ["a_population_to_come"]},
        "place": {"setting": "a_setting_to_come"}, "danger_now": "perhaps", "perpetrators": [{"kind": "a_perpetrator_to_come", "uniform": "blue"}],
        "a_field_to_come": {"with": ["a list", 1, true, null, {"deep": 2.5}]}, "another": "text", "number": -3,
    })
}

#[test]
fn unknown_codes_and_fields_pass_through_log_and_sync_unchanged() {
    let (site, _hub) = Site::with_hub();
    let (one, other) = (
        site.enrolled("one", "educator"),
        site.enrolled("other", "responder"),
    );
    let mut newer: Vec<Value> = [
        "senegal.jsonl",
        "cambodia.jsonl",
        "mexico.jsonl",
        "kyrgyzstan.jsonl",
        "india.jsonl",
    ]
    .iter()
    .flat_map(|file| [7, 17, 27, 37].map(|at| incidents::fixture(file)[at].clone()))
    .filter(|line| {
        line["incident"]["consents"]
            .to_string()
            .contains("hub_response")
    })
    .collect();
    assert!(newer.len() >= 10);
    let edits = json!([{"action": {"code": "an_action_to_come", "weather": "rain"}}, {"set": {"field": "a_register_to_come", "value": "v"}}]);
    newer.push(json!({"incident": strange(), "edits": edits}));
    let ids = one.log(&newer);
    let before = timeless(one.show_all());
    one.sync();
    other.sync();
    assert_eq!(timeless(other.show_all()), before);
    assert_eq!(timeless(site.hub_export()), before);

    let shown = other.show(ids.last().unwrap());
    let strange = strange();
    for field in [
        "violations",
        "danger_now",
        "a_field_to_come",
        "another",
        "number",
    ] {
        let mut held = shown[field].clone();
        if let Some(codes) = held.as_array_mut() {
            codes.sort_by_key(Value::to_string);
        }
        let mut typed = strange[field].clone();
        if let Some(codes) = typed.as_array_mut() {
            codes.sort_by_key(Value::to_string);
        }
        assert_eq!(held, typed, "{field}");
    }
    assert_eq!(
        (&shown["survivor"]["gender"], &shown["place"]["setting"]),
        (&strange["survivor"]["gender"], &strange["place"]["setting"])
    );
    assert_eq!(
        (
            &shown["perpetrators"][0]["kind"],
            &shown["perpetrators"][0]["uniform"]
        ),
        (&json!("a_perpetrator_to_come"), &json!("blue"))
    );
    assert_eq!(
        (
            &shown["actions"][0]["code"],
            &shown["actions"][0]["weather"]
        ),
        (&json!("an_action_to_come"), &json!("rain"))
    );
    assert_eq!(shown["a_register_to_come"], "v");
    // A phone that does not know the field edits around it.
    other.edit(
        ids.last().unwrap(),
        &json!([{"set": {"field": "danger_now", "value": "no"}}]),
    );
    other.sync();
    one.sync();
    assert_eq!(
        one.show(ids.last().unwrap())["a_field_to_come"],
        strange["a_field_to_come"]
    );
}

#[test]
fn a_command_with_one_bad_edit_changes_nothing() {
    let site = Site::new();
    let device = site.device("phone");
    let id = device
        .log(&[json!({"reported_at": "2026-11-01T09:00:00Z"})])
        .remove(0);
    let before = timeless(vec![device.show(&id)]);
    let bad = json!([{"action": {"code": "shelter"}}, {"set": {"field": "survivor.age", "value": "old"}}]);
    let complaint = device
        .run_with(&["edit", &id, "-"], &bad.to_string())
        .failed();
    assert!(
        complaint.contains("edits[1].set.") && complaint.contains("survivor.age"),
        "{complaint}"
    );
    for edits in [
        "no JSON",
        "{}",
        "[{\"unknown\": {}}]",
        "[{\"set\": {\"field\": \"reported_at\", \"value\": \"2026-11-02T09:00:00Z\"}}]",
    ] {
        device.run_with(&["edit", &id, "-"], edits).failed();
    }
    assert_eq!(timeless(vec![device.show(&id)]), before);
    assert!(
        device
            .run_with(&["edit", "00000000-0000-4000-8000-000000000000", "-"], "[]")
            .failed()
            .contains("no such incident")
    );
    assert!(
        device
            .run_with(&["edit", "nonsense", "-"], "[]")
            .failed()
            .contains("not an identifier")
    );
}

/// Another spelling of a field is no way around what is done with it: a survivor's code is hashed, a time is checked.
#[test]
fn a_part_of_a_field_is_not_written_by_its_path_and_what_is_derived_not_at_all() {
    let site = Site::new();
    let device = site.device("phone");
    for key in [
        "survivor.code",
        "place.area",
        "occurred.at",
        "clocks",
        "conflicts",
    ] {
        let run = device.run_with(
            &["log", "-"],
            &json!({"reported_at": "2026-10-05T09:00:00Z", key: "x"}).to_string(),
        );
        assert!(run.failed().contains(&format!("line 1: {key}")), "{key}");
    }
    let id = device
        .log(&[json!({"reported_at": "2026-10-05T09:00:00Z"})])
        .remove(0);
    for field in ["occurred.at", "occurred.precision", "clocks", "conflicts"] {
        device
            .run_with(
                &["edit", &id, "-"],
                &json!([{"set": {"field": field, "value": "2026-02-31T99:00"}}]).to_string(),
            )
            .failed();
    }
}

/// One line that no document can hold stops no other.
#[test]
fn a_line_that_is_too_large_is_named_and_the_others_are_logged() {
    let site = Site::new();
    let device = site.device("phone");
    let good = json!({"reported_at": "2026-10-05T09:00:00Z"}).to_string();
    let many: Vec<_> = (0..2000).map(|_| json!({"kind": "police"})).collect();
    let large = json!({"reported_at": "2026-10-05T09:00:00Z", "perpetrators": many}).to_string();
    let run = device.run_with(&["log", "-"], &format!("{good}\n{large}\n{good}\n"));
    assert_eq!(
        (run.code, run.stdout.lines().count()),
        (Some(1), 2),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("line 2: perpetrators") && run.stderr.contains("too large"),
        "{}",
        run.stderr
    );
    assert_eq!(device.list().len(), 2);
}

#[test]
fn a_date_that_cannot_be_by_this_device_s_clock_is_said_and_kept() {
    let site = Site::new();
    let device = site.device("phone");
    let told = json!({"reported_at": "2569-11-01T09:00:00Z", "occurred": {"at": "0001-01-01", "precision": "day"}});
    let run = device.run_with(&["log", "-"], &told.to_string());
    assert_eq!(
        (run.code, run.stdout.lines().count()),
        (Some(0), 1),
        "{}",
        run.stderr
    );
    for field in ["line 1: occurred: ", "line 1: reported_at: "] {
        assert!(
            run.stderr.lines().any(|line| line.starts_with(field)),
            "{}",
            run.stderr
        );
    }
}
