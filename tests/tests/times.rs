//! Times as the people of a hub say them: lists and exports of a hub and its devices speak its local time and name the zone.

use serde_json::{Value, json};
use vicinity_tests::device::Device;
use vicinity_tests::server::Server;
use vicinity_tests::site::Site;

/// A hub in Phnom Penh, seven hours ahead of UTC, and a responder's phone there with an incident. One consent was taken on the last
/// day of October by UTC, and on the first of November there.
fn in_phnom_penh() -> (Site, Server, Device, String) {
    let site = Site::new();
    let hub = site.hub(&["--zone", "asia/phnom_penh"]);
    let phone = site.enrolled("phone", "responder");
    let incident = json!({"incident": {
        "occurred": {"at": "2026-10-31T22:00", "precision": "hour"}, "reported_at": "2026-10-31T18:00:00Z", "violations": ["hit_push"],
        "consents": ["hub_response"]}, "edits": [{"action": {"code": "shelter", "done_at": "2026-10-31T19:00:00Z"}}]});
    let id = phone.log(&[incident]).remove(0);
    phone.sync();
    (site, hub, phone, id)
}

fn due(shown: &Value, clock: &str) -> Value {
    shown["clocks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == clock)
        .unwrap()["due_at"]
        .clone()
}

#[test]
fn a_hub_and_its_devices_show_an_incident_in_the_hub_s_time_and_name_the_zone() {
    let (site, _hub, phone, id) = in_phnom_penh();
    let by_hub: Value = serde_json::from_str(&site.hub_run("show", &[&id]).done()).unwrap();
    for shown in [by_hub, site.hub_export().remove(0), phone.show(&id)] {
        assert_eq!(
            (&shown["time_zone"], &shown["reported_at"]),
            (
                &json!("Asia/Phnom_Penh"),
                &json!("2026-11-01T01:00:00+07:00")
            )
        );
        assert_eq!(shown["actions"][0]["done_at"], "2026-11-01T02:00:00+07:00");
        assert_eq!(
            shown["occurred"]["at"], "2026-10-31T22:00",
            "as it was told"
        );
        assert_eq!(
            (due(&shown, "followup_2w"), due(&shown, "followup_3m")),
            (
                json!("2026-11-15T02:00:00+07:00"),
                json!("2027-02-01T02:00:00+07:00")
            )
        );
    }
}

#[test]
fn lists_of_a_hub_and_of_its_devices_are_in_the_hub_s_time_and_name_the_zone_once() {
    let (site, _hub, phone, _) = in_phnom_penh();
    for list in [
        site.hub_run("list", &[]).done(),
        phone.run(&["list"]).done(),
    ] {
        assert!(list.contains("  2026-11-01 01:00  "), "{list}");
        assert_eq!(
            (list.matches("Asia/Phnom_Penh").count(), list.contains('Z')),
            (1, false),
            "{list}"
        );
    }
    for line in [
        site.hub_run("list", &["--json"]).json_lines().remove(0),
        phone.list().remove(0),
    ] {
        assert_eq!(
            (&line["time_zone"], &line["reported_at"]),
            (
                &json!("Asia/Phnom_Penh"),
                &json!("2026-11-01T01:00:00+07:00")
            )
        );
    }
    let devices = site.hub_run("devices", &[]).done();
    assert!(
        devices.contains("last seen (Asia/Phnom_Penh)") && !devices.contains('Z'),
        "{devices}"
    );
}

#[test]
fn a_device_that_has_not_learned_its_hub_s_zone_speaks_utc_and_says_so() {
    let site = Site::new();
    let phone = site.device("phone");
    let id = phone
        .log(&[json!({"reported_at": "2026-10-31T18:00:00Z", "place": {"area": "KH-12"}})])
        .remove(0);
    assert_eq!(
        (
            &phone.show(&id)["reported_at"],
            &phone.show(&id)["time_zone"]
        ),
        (&json!("2026-10-31T18:00:00Z"), &json!("UTC"))
    );
    let list = phone.run(&["list"]).done();
    assert!(
        list.contains("2026-10-31 18:00") && list.contains("times are of UTC"),
        "{list}"
    );
}
