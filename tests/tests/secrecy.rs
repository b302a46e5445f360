//! What a survivor reported is in no log, no metric and no error message.

use serde_json::{Value, json};
use vicinity_tests::by_hand::ByHand;
use vicinity_tests::http;
use vicinity_tests::site::Site;
use vicinity_tests::wait;

/// The planted word, in the forms in which texts and codes may hold it.
const CANARY: &str = "zqxjcanary";

fn planted(bad: &Value) -> Value {
    let mut incident = json!({
        "reported_at": "2026-10-05T09:00:00Z", "occurred": {"at": "2026-10-04T22:10", "precision": "hour"}, "place": {"setting": CANARY, "area": CANARY},
        "survivor": {"code": CANARY, "gender": CANARY, "populations": [CANARY]}, "reporter": CANARY, "violations": [CANARY], "needs": [CANARY],
        "perpetrators": [{"kind": CANARY, "note": CANARY}], "consents": ["hub_response", {"scope": "national_deid", "method": CANARY, "note": CANARY}],
        "statements": [{"class": CANARY, "text": CANARY}], CANARY: CANARY,
    });
    incident
        .as_object_mut()
        .unwrap()
        .extend(bad.as_object().unwrap().clone());
    incident
}

fn assert_silent(what: &str, text: &str) {
    assert!(
        !text.to_lowercase().contains(CANARY),
        "{what} tells: {text}"
    );
}

#[test]
fn nothing_that_a_survivor_told_stands_in_logs_and_metrics() {
    let site = Site::new();
    let national = site.national();
    let hub = site.hub(&["--upstream", &site.invite_hub()]);
    let device = site.enrolled("phone", "educator");
    let edits = json!([{"action": {"code": CANARY, "by": CANARY}}, {"transition": {"to": CANARY, "reason": CANARY}}, {"statement": {"class": CANARY, "text": CANARY}}]);
    let ids = device.log(&[
        json!({"incident": planted(&json!({})), "edits": edits}),
        planted(&json!({})),
    ]);
    device.sync();
    wait::until("projections", || {
        Some(site.national_export()).filter(|rows| rows.len() == 2)
    });
    // Refusals differ by their reason, and by nothing else.
    let mut hostile = ByHand::enrol(&site.invite("responder"), 10);
    let mut written = hostile.incident(0);
    written.edit(&json!({"action": {"code": CANARY}}));
    written.chunks[1][20] ^= 1;
    hostile.push(vec![written.group()]);
    for path in ["/v1/sync", "/v1/enrol"] {
        let answer = http::post(
            &hub.address,
            path,
            format!("{CANARY} {}", ids[0]).as_bytes(),
        );
        assert_silent("an answer", &answer.text().1);
    }
    for (what, server) in [("the hub's", &hub), ("national's", &national)] {
        let (log, metrics) = (server.log(), http::get(&server.address, "/metrics"));
        assert!(log.lines().count() > 1 && metrics.lines().count() > 10);
        for text in [&log, &metrics] {
            assert_silent(what, text);
            assert!(
                ids.iter().all(|id| !text.contains(id)),
                "{what} names an incident: {text}"
            );
        }
        // A log line holds these fields and no others.
        for line in log.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let known = [
                "timestamp",
                "level",
                "message",
                "device",
                "caller",
                "route",
                "hub",
                "role",
                "brought",
                "given",
                "millis",
                "refused",
                "rows",
                "questions",
                "error",
                "failures",
                "requests",
                "document",
            ];
            let unknown: Vec<_> = line
                .as_object()
                .unwrap()
                .keys()
                .filter(|key| !known.contains(&key.as_str()))
                .collect();
            assert!(unknown.is_empty(), "{unknown:?} in {line}");
        }
    }
    assert!(http::get(&hub.address, "/metrics").contains("vicinity_hub_incidents 3"));
}

#[test]
fn a_complaint_about_bad_input_says_where_and_never_what() {
    let site = Site::new();
    let device = site.device("phone");
    let long = CANARY.repeat(30_000);
    let bad = [
        json!({"reported_at": CANARY}),
        json!({"occurred": CANARY}),
        json!({"occurred": {"at": CANARY, "precision": "day"}}),
        json!({"survivor": CANARY}),
        json!({"survivor": {"age": CANARY}}),
        json!({"survivor": {"code": [CANARY]}}),
        json!({"violations": CANARY}),
        json!({"violations": [long]}),
        json!({"perpetrators": [{"kind": [CANARY]}]}),
        json!({"statements": [{"class": "narrative", "text": long}]}),
        json!({"statements": [{"class": "narrative", "text": [CANARY]}]}),
        json!({"danger_now": {CANARY: CANARY}}),
        json!({"consents": [{"scope": "hub_response", "state": CANARY, "expires_at": CANARY}]}),
    ];
    let mut lines: Vec<String> = bad.iter().map(|bad| planted(bad).to_string()).collect();
    lines.push(format!("{{\"reported_at\": {CANARY}"));
    lines.push(format!("{CANARY} is no JSON"));
    let run = device.run_with(&["log", "-"], &lines.join("\n"));
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert_silent("log", &run.stderr);
    assert_silent("log", &run.stdout);

    let id = device.log(&[planted(&json!({}))]).remove(0);
    for edits in [
        json!([{"set": {"field": "survivor.age", "value": CANARY}}]),
        json!([{"set": {"field": "reported_at", "value": CANARY}}]),
        json!([{"action": {"code": [CANARY]}}]),
        json!([{"action": {"code": "shelter", "done_at": CANARY}}]),
        json!([{"statement": {"class": "narrative", "text": long}}]),
        json!([{"answer": {"id": CANARY, "answer": "confirmed"}}]),
        json!(CANARY),
        json!([{CANARY: CANARY}]),
    ] {
        assert_silent(
            "edit",
            &device
                .run_with(&["edit", &id, "-"], &edits.to_string())
                .failed(),
        );
    }
    assert_silent(
        "edit",
        &device.run_with(&["edit", &id, "-"], CANARY).failed(),
    );
    assert_silent(
        "resolve",
        &device
            .run(&["resolve", &id, "danger_now", "--value", CANARY])
            .failed(),
    );
}
