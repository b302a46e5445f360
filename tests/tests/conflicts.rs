//! Two people who change the same incidents without a network: nothing is lost, and what they disagree about is asked.

use serde_json::{Value, json};
use vicinity_tests::device::Device;
use vicinity_tests::site::{Site, timeless};

const INCIDENTS: usize = 200;

fn incident(at: usize) -> Value {
    json!({
        "reported_at": "2026-11-01T09:00:00Z", "violations": ["robbery_theft"], "danger_now": "no", "survivor": {"age": 20 + at % 30},
        "consents": ["hub_response"],
    })
}

fn edit_all(device: &Device, ids: &[String], edits: &Value) {
    for id in ids {
        device.edit(id, edits);
    }
}

/// Incident and field of each conflict, after a look at its two sides.
fn disputed(conflicts: &[Value]) -> Vec<(&str, &str)> {
    let looked_at = |conflict: &'_ Value| {
        let mut values: Vec<&str> = conflict["values"]
            .as_array()
            .unwrap()
            .iter()
            .map(|side| side["value"].as_str().unwrap())
            .collect();
        values.sort_unstable();
        assert_eq!(values, ["unknown", "yes"]);
    };
    conflicts.iter().for_each(looked_at);
    conflicts
        .iter()
        .map(|conflict| {
            (
                conflict["id"].as_str().unwrap(),
                conflict["field"].as_str().unwrap(),
            )
        })
        .collect()
}

#[test]
fn two_devices_that_edit_the_same_incidents_offline_keep_all_edits_and_ask_about_what_differs() {
    let (site, _hub) = Site::with_hub();
    let (one, other) = (
        site.enrolled("one", "responder"),
        site.enrolled("other", "responder"),
    );
    let mut ids = one.log(&(0..INCIDENTS).map(incident).collect::<Vec<_>>());
    ids.sort();
    one.sync();
    other.sync();

    std::thread::scope(|scope| {
        scope.spawn(|| {
            edit_all(&one, &ids, &json!([{"transition": {"to": "responding", "at": "2026-11-01T10:00:00Z"}}, {"set": {"field": "danger_now", "value": "yes"}}]))
        });
        scope.spawn(|| {
            edit_all(
                &other,
                &ids,
                &json!([{"action": {"code": "shelter", "done_at": "2026-11-01T11:00:00Z"}}, {"set": {"field": "danger_now", "value": "unknown"}}]),
            )
        });
    });
    for device in [&one, &other, &one] {
        device.sync();
    }

    let at_hub = timeless(site.hub_export());
    assert_eq!(timeless(one.list()), timeless(other.list()));
    for incident in &at_hub {
        assert_eq!(incident["status"], "responding");
        assert_eq!(incident["actions"][0]["code"], "shelter");
        assert_eq!(incident["conflicts"].as_array().unwrap().len(), 1);
    }
    for id in ids.iter().step_by(20) {
        let shown = timeless(vec![one.show(id), other.show(id)]);
        assert_eq!(shown[0], shown[1]);
        assert!(at_hub.contains(&shown[0]));
    }
    let (at_one, at_other, at_hub) = (
        one.conflicts(),
        other.conflicts(),
        site.hub_run("conflicts", &["--json"]).json_lines(),
    );
    let expected: Vec<_> = ids.iter().map(|id| (id.as_str(), "danger_now")).collect();
    for conflicts in [&at_one, &at_other, &at_hub] {
        assert_eq!(disputed(conflicts), expected);
    }
    assert!(
        at_hub[0]["values"]
            .as_array()
            .unwrap()
            .iter()
            .all(|side| side["device"].as_str().unwrap().starts_with("device "))
    );

    for (at, id) in ids.iter().enumerate() {
        let choice = if at % 2 == 0 {
            ["--take", "2"]
        } else {
            ["--value", "no"]
        };
        one.run(&["resolve", id, "danger_now", choice[0], choice[1]])
            .done();
    }
    assert!(one.conflicts().is_empty());
    one.sync();
    other.sync();
    assert!(other.conflicts().is_empty());
    assert!(
        site.hub_run("conflicts", &["--json"])
            .json_lines()
            .is_empty()
    );
    for (at, incident) in site.hub_export().iter().enumerate() {
        let expected = if at % 2 == 0 {
            at_one[at]["values"][1]["value"].clone()
        } else {
            json!("no")
        };
        assert_eq!(incident["danger_now"], expected);
    }
    assert_eq!(timeless(one.list()), timeless(other.list()));
}

#[test]
fn two_people_who_resolve_the_same_conflict_differently_are_asked_once_more() {
    let (site, _hub) = Site::with_hub();
    let (one, other) = (
        site.enrolled("one", "responder"),
        site.enrolled("other", "responder"),
    );
    let id = one.log(&[incident(0)]).remove(0);
    one.sync();
    other.sync();
    one.edit(
        &id,
        &json!([{"set": {"field": "danger_now", "value": "yes"}}]),
    );
    other.edit(
        &id,
        &json!([{"set": {"field": "danger_now", "value": "unknown"}}]),
    );
    for device in [&one, &other, &one] {
        device.sync();
    }
    one.run(&["resolve", &id, "danger_now", "--value", "no"])
        .done();
    other
        .run(&["resolve", &id, "danger_now", "--value", "yes"])
        .done();
    for device in [&one, &other, &one] {
        device.sync();
    }
    assert_eq!((one.conflicts().len(), other.conflicts().len()), (1, 1));
    assert!(
        one.run(&["resolve", &id, "held_now", "--take", "1"])
            .failed()
            .contains("no conflict")
    );
    other
        .run(&["resolve", &id, "danger_now", "--take", "1"])
        .done();
    other.sync();
    one.sync();
    assert!(
        one.conflicts().is_empty()
            && site
                .hub_run("conflicts", &["--json"])
                .json_lines()
                .is_empty()
    );
}

#[test]
fn a_value_that_one_person_confirms_and_another_one_changes_is_a_conflict() {
    let (site, _hub) = Site::with_hub();
    let (one, other) = (
        site.enrolled("one", "responder"),
        site.enrolled("other", "responder"),
    );
    let mut endangered = incident(0);
    endangered["danger_now"] = "yes".into();
    let id = one.log(&[endangered]).remove(0);
    one.sync();
    other.sync();
    one.edit(
        &id,
        &json!([{"set": {"field": "danger_now", "value": "yes"}}]),
    );
    other.edit(
        &id,
        &json!([{"set": {"field": "danger_now", "value": "no"}}]),
    );
    for device in [&one, &other, &one] {
        device.sync();
    }
    for conflicts in [
        one.conflicts(),
        other.conflicts(),
        site.hub_run("conflicts", &["--json"]).json_lines(),
    ] {
        assert_eq!(
            (conflicts.len(), &conflicts[0]["field"]),
            (1, &json!("danger_now"))
        );
    }
}
