//! Erased means gone: from hub, national and phones, even from devices that were away, and in spite of replays.

use serde_json::{Value, json};
use vicinity_tests::database;
use vicinity_tests::device::{Device, copy_folder};
use vicinity_tests::search::holds;
use vicinity_tests::site::Site;
use vicinity_tests::wait;

const PLANTED: [&str; 4] = ["ZZPLANT-AREA", "ZZPLANTEDIT", "ZZPLANTTOLD", "KG-QQX"];

fn planted(consents: &[&str]) -> Value {
    json!({
        "incident": {
            "reported_at": "2026-10-05T09:00:00Z", "violations": ["robbery_theft"], "consents": consents,
            "place": {"area": "KG-QQX-01", "exact_hint": "ZZPLANT-AREA"},
            "statements": [{"class": "narrative", "text": "ZZPLANTTOLD by her"}],
        },
        "edits": [{"set": {"field": "unlisted", "value": "ZZPLANTEDIT"}}],
    })
}

fn other() -> Value {
    json!({"reported_at": "2026-10-06T09:00:00Z", "violations": ["eviction"], "consents": ["hub_response", "national_deid"]})
}

const ALL: [&str; 3] = ["hub_response", "national_deid", "aggregate_count"];

/// Which of the planted strings, and of the bytes of the id where it may not be, a folder's database holds.
fn found(site: &Site, name: &str) -> Vec<&'static str> {
    let bytes = database::bytes(&site.path(name));
    PLANTED
        .into_iter()
        .filter(|planted| holds(&bytes, planted))
        .collect()
}

fn confirmed(site: &Site) -> Vec<(u64, bool)> {
    let rows = site.hub_run("erasures", &["--json"]).json_lines();
    assert_eq!(rows.len(), 1);
    let devices = rows[0]["devices"].as_array().unwrap();
    devices
        .iter()
        .map(|device| {
            (
                device["device"].as_u64().unwrap(),
                !device["confirmed_at"].is_null(),
            )
        })
        .collect()
}

fn log_is_empty(site: &Site) -> bool {
    std::fs::metadata(site.path("hub").join("hub.db-wal")).map_or(0, |file| file.len()) <= 64 * 1024
}

#[test]
fn what_was_erased_is_found_everywhere_before_and_nowhere_after() {
    let site = Site::new();
    let _national = site.national();
    let hub = site.hub(&["--upstream", &site.invite_hub()]);
    let (one, nurse, away) = (
        site.enrolled("one", "educator"),
        site.enrolled("nurse", "responder"),
        site.enrolled("away", "responder"),
    );
    one.sync();
    one.trusts(&nurse);
    let ids = one.log(&[planted(&ALL), other()]);
    for device in [&one, &nurse, &away] {
        device.sync();
    }
    wait::until("projections", || {
        Some(site.national_export()).filter(|rows| rows.len() == 2)
    });
    // The statement's text left the phone sealed, and is in no database in clear any more.
    for name in ["one", "hub", "nurse", "away"] {
        assert_eq!(
            found(&site, name),
            [PLANTED[0], PLANTED[1], PLANTED[3]],
            "{name}"
        );
    }
    assert_eq!(found(&site, "national"), [PLANTED[3]]);

    // Somebody writes while it is erased.
    away.edit(
        &ids[0],
        &json!([{"set": {"field": "unlisted", "value": "ZZPLANTEDIT late"}}]),
    );
    let said = site.hub_run("erase", &[&ids[0]]).done();
    assert!(said.contains("not seen since"), "{said}");
    assert_eq!(found(&site, "hub"), [""; 0]);
    // Who read just then held the log; the next process to open the hub empties it.
    wait::until("an empty log", || {
        let empty = log_is_empty(&site);
        if !empty {
            site.hub_run("list", &[]).done();
        }
        empty.then_some(())
    });
    assert!(
        !site
            .hub_export()
            .iter()
            .any(|incident| incident["id"] == ids[0])
    );
    assert!(
        site.hub_run("show", &[&ids[0]])
            .failed()
            .contains("no such incident")
    );
    let report = one.sync();
    assert_eq!(
        (&report["erased"], one.ids()),
        (&json!(1), ids[1..].to_vec())
    );
    assert_eq!(found(&site, "one"), [""; 0]);
    nurse.sync();
    assert_eq!(found(&site, "nurse"), [""; 0]);
    assert_eq!(confirmed(&site), [(1, true), (2, true), (3, false)]);
    wait::until("national", || {
        Some(site.national_export()).filter(|rows| rows.len() == 1)
    });

    // The one that was away comes back with an edit.
    away.sync();
    assert_eq!(confirmed(&site), [(1, true), (2, true), (3, true)]);
    for name in ["one", "nurse", "away", "hub", "national"] {
        assert_eq!(found(&site, name), [""; 0], "{name}");
    }
    wait::until("national's receipt", || {
        site.hub_run("erasures", &[])
            .done()
            .contains("erased on 5 of 5 places")
            .then_some(())
    });
    for device in [&one, &nurse, &away] {
        assert_eq!(
            (&device.sync()["requests"], device.ids()),
            (&json!(1), ids[1..].to_vec())
        );
    }
    assert!(
        site.hub_run("erase", &["00000000-0000-4000-8000-000000000000"])
            .failed()
            .contains("no such incident")
    );
    assert!(!hub.log().contains("panicked") && !hub.log().contains("ZZPLANT"));
}

#[test]
fn backups_of_hub_and_phone_from_before_an_erasure_bring_nothing_back() {
    let (site, hub) = Site::with_hub();
    let (one, nurse) = (
        site.enrolled("one", "educator"),
        site.enrolled("nurse", "responder"),
    );
    one.sync();
    one.trusts(&nurse);
    let ids = one.log(&[planted(&ALL), other()]);
    one.sync();
    nurse.sync();
    let start = hub.stop();
    copy_folder(&site.path("hub"), &site.path("backup"));
    let old_phone = nurse.copy_to(&site.path("old_phone"));
    let hub = start();
    site.hub_run("erase", &[&ids[0]]).done();
    one.sync();
    assert_eq!(found(&site, "one"), [""; 0]);

    let start = hub.stop();
    copy_folder(&site.path("backup"), &site.path("hub"));
    std::fs::remove_file(site.path("hub").join("epoch")).unwrap();
    let _hub = start();
    assert_eq!(found(&site, "hub").len(), 3, "the backup holds it again");
    one.sync();
    assert_eq!(
        found(&site, "hub"),
        [""; 0],
        "one phone that remembers is enough"
    );
    nurse.sync();
    assert_eq!(found(&site, "nurse"), [""; 0]);
    let back: Device = old_phone.copy_to(&nurse.home);
    assert_eq!(found(&site, "nurse").len(), 3);
    back.sync();
    assert_eq!(
        (found(&site, "nurse"), back.ids()),
        (vec![], ids[1..].to_vec())
    );
    assert_eq!(found(&site, "hub"), [""; 0]);
    assert_eq!(confirmed(&site), [(1, true), (2, true)]);
}

#[test]
fn a_withdrawal_of_hub_response_recalls_the_incident_from_everywhere() {
    let site = Site::new();
    let _national = site.national();
    let _hub = site.hub(&["--upstream", &site.invite_hub()]);
    let (one, nurse) = (
        site.enrolled("one", "educator"),
        site.enrolled("nurse", "responder"),
    );
    one.sync();
    one.trusts(&nurse);
    let ids = one.log(&[planted(&ALL), other()]);
    one.sync();
    nurse.sync();
    wait::until("projections", || {
        Some(site.national_export()).filter(|rows| rows.len() == 2)
    });
    nurse.edit(
        &ids[0],
        &json!([{"consent": {"scope": "hub_response", "state": "withdrawn"}}]),
    );
    assert_eq!(nurse.sync()["erased"], 1);
    one.sync();
    for name in ["one", "nurse", "hub"] {
        assert_eq!(found(&site, name), [""; 0], "{name}");
    }
    wait::until("national", || {
        Some(site.national_export()).filter(|rows| rows.len() == 1)
    });
    assert_eq!(found(&site, "national"), [""; 0]);
}
