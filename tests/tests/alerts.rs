//! Alerts: to everybody who works in an area, about nobody who was harmed, and for a limited time.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde_json::{Value, json};
use vicinity_core::alert::Alert;
use vicinity_sync::alert::{ALERT_PATH, AlertRequest};
use vicinity_sync::uplink;
use vicinity_tests::by_hand::ByHand;
use vicinity_tests::database;
use vicinity_tests::device::Device;
use vicinity_tests::program::Run;
use vicinity_tests::search::holds;
use vicinity_tests::server::Server;
use vicinity_tests::site::Site;
use vicinity_tests::wait;

const TEXT: &str = "zqxj grey van, two men, near the station";

fn incident(area: &str, consents: &[&str]) -> Value {
    json!({
        "reported_at": "2026-10-05T09:00:00Z", "violations": ["abducted_restrained"], "consents": consents,
        "place": {"area": area}, "survivor": {"code": "SN04211"},
    })
}

fn second_from_now(seconds: i64) -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
        .cast_signed()
        + seconds
}

fn seconds_from_now(seconds: i64) -> String {
    Timestamp::from_second(second_from_now(seconds))
        .unwrap()
        .to_string()
}

fn in_a_month() -> String {
    seconds_from_now(30 * 86_400)[..10].to_owned()
}

fn publish(device: &Device, incident: &str, area: &str, until: &str, text: &str) -> Run {
    device.run_with(
        &[
            "alert",
            "publish",
            "--incident",
            incident,
            "--area",
            area,
            "--until",
            until,
            "-",
        ],
        text,
    )
}

#[track_caller]
fn alerts(device: &Device) -> Vec<Value> {
    device.run(&["alerts", "--json"]).json_lines()
}

/// What the device shows once it has asked its hub.
#[track_caller]
fn asked(device: &Device) -> Vec<Value> {
    device.sync();
    alerts(device)
}

/// A hub with a responder, who has an incident of which an alert may be made.
fn with_nurse() -> (Site, Server, Device, String) {
    let (site, hub) = Site::with_hub();
    let nurse = site.enrolled("nurse", "responder");
    let id = nurse
        .log(&[incident("SN-DK-01", &["hub_response", "aggressor_alert"])])
        .remove(0);
    nurse.sync();
    (site, hub, nurse, id)
}

fn is_in(site: &Site, name: &str, text: &str) -> bool {
    holds(&database::bytes(&site.path(name)), text)
}

#[test]
fn an_alert_reaches_every_device_of_its_hub_and_of_hubs_in_its_area_and_goes_again() {
    let (here, there, far) = (Site::new(), Site::new(), Site::new());
    let _national = here.national();
    let hubs = [&here, &there, &far].map(|site| site.hub(&["--upstream", &here.invite_hub()]));
    let (nurse, phone) = (
        here.enrolled("nurse", "responder"),
        here.enrolled("phone", "educator"),
    );
    let (near, other) = (
        there.enrolled("near", "educator"),
        far.enrolled("other", "responder"),
    );
    near.log(&[incident("SN-DK-09", &["hub_response", "national_deid"])]);
    let theirs = other
        .log(&[incident("MX-JAL-01", &["hub_response", "national_deid"])])
        .remove(0);
    let id = phone
        .log(&[incident("SN-DK-01", &["hub_response", "aggressor_alert"])])
        .remove(0);
    for device in [&near, &other, &phone, &nurse] {
        device.sync();
    }
    wait::until("projections", || {
        Some(here.national_export()).filter(|rows| rows.len() == 2)
    });

    let alert = publish(&nurse, &id, "SN-DK", &in_a_month(), TEXT)
        .done()
        .trim()
        .to_owned();
    let told =
        json!({"id": alert, "area": "SN-DK", "text": TEXT, "until": in_a_month() + "T23:59:59Z"});
    assert_eq!(
        (alerts(&nurse), alerts(&phone)),
        (vec![told.clone()], vec![])
    );
    assert_eq!(
        asked(&phone),
        std::slice::from_ref(&told),
        "an educator's phone, too"
    );
    wait::until("the other hub", || {
        Some(asked(&near)).filter(|alerts| *alerts == [told.clone()])
    });
    // The far hub has been at national since, and has taken what it received there.
    other.edit(
        &theirs,
        &json!([{"action": {"code": "shelter", "done_at": "2026-10-06T10:00:00Z"}}]),
    );
    other.sync();
    wait::until("the far hub's word", || {
        here.national_export()
            .iter()
            .any(|row| row["actions"] == json!(["shelter"]))
            .then_some(())
    });
    hubs[2].told_national();
    assert_eq!(asked(&other), [Value::Null; 0], "another area");
    assert!(is_in(&here, "national", TEXT));
    assert!(
        !is_in(&here, "national", &id) && !is_in(&there, "hub", &id),
        "nothing leads to the incident"
    );

    // A sync with nothing new does not bring it again.
    let steady = phone.sync();
    assert_eq!(steady["requests"], 1);
    here.enrolled("late", "educator").sync();

    nurse.run(&["alert", "withdraw", &alert]).done();
    assert_eq!((alerts(&nurse), asked(&phone)), (vec![], vec![]));
    wait::until("the other hub", || Some(asked(&near)).filter(Vec::is_empty));
    for (site, name) in [
        (&here, "hub"),
        (&here, "national"),
        (&here, "phone"),
        (&there, "hub"),
        (&there, "near"),
    ] {
        assert!(!is_in(site, name, TEXT), "{name}");
    }
    assert!(phone.sync()["bytes_up"].as_u64().unwrap() <= steady["bytes_up"].as_u64().unwrap());
}

#[test]
fn only_a_responder_publishes_and_only_what_a_survivor_agreed_to() {
    let (site, _hub, nurse, id) = with_nurse();
    let phone = site.enrolled("phone", "educator");
    let hers = phone
        .log(&[incident("SN-DK-01", &["hub_response", "aggressor_alert"])])
        .remove(0);
    let without = nurse
        .log(&[incident("SN-DK-01", &["hub_response"])])
        .remove(0);
    assert!(
        publish(&phone, &hers, "SN-DK", &in_a_month(), TEXT)
            .failed()
            .contains("only a responder")
    );
    assert!(
        phone
            .run(&["alert", "withdraw", &"0".repeat(32)])
            .failed()
            .contains("only a responder")
    );
    assert!(
        publish(&nurse, &without, "SN-DK", &in_a_month(), TEXT)
            .failed()
            .contains("aggressor_alert")
    );
    assert!(
        publish(
            &nurse,
            "00000000-0000-4000-8000-000000000000",
            "SN-DK",
            &in_a_month(),
            TEXT
        )
        .failed()
        .contains("no such incident")
    );
    let ended = seconds_from_now(-5);
    let month = in_a_month();
    let cases = [
        ("SN-DK-01", month.as_str(), TEXT, "area"),
        ("SN-DK", ended.as_str(), TEXT, "within 90 days"),
        ("SN-DK", "2031-01-01", TEXT, "within 90 days"),
        ("SN-DK", "tomorrow", TEXT, "--until"),
        ("SN-DK", month.as_str(), "", "one line"),
        ("SN-DK", month.as_str(), "two\nlines", "one line"),
        ("SN-DK", month.as_str(), &"x".repeat(401), "one line"),
    ];
    for (area, until, text, says) in cases {
        let said = publish(&nurse, &id, area, until, text).failed();
        assert!(said.contains(says), "{said}");
    }
    assert!(
        nurse
            .run(&["alert", "withdraw", &"0".repeat(32)])
            .failed()
            .contains("no such alert")
    );
    assert!(
        nurse
            .run(&["alert", "withdraw", "nonsense"])
            .failed()
            .contains("not an alert")
    );
    assert_eq!((asked(&nurse), asked(&phone)), (vec![], vec![]));

    // The hub does not rely on what programs check.
    let alert = Alert {
        id: [1; 16],
        area: "SN-DK".into(),
        text: TEXT.into(),
        ends: second_from_now(600),
    };
    let mut turned = ByHand::enrol(&site.invite("educator"), 5);
    let body = uplink::encode(&AlertRequest::Publish {
        alert: alert.into(),
    });
    let answer = turned.post_to(ALERT_PATH, body);
    assert_eq!((answer.status, answer.body), (403, b"not_allowed".to_vec()));
    assert_eq!(asked(&phone), [Value::Null; 0]);
}

#[test]
fn an_alert_ends_by_itself_on_the_device_and_at_the_hub() {
    let (site, _hub, nurse, id) = with_nurse();
    let phone = site.enrolled("phone", "educator");
    publish(&nurse, &id, "SN-DK", &seconds_from_now(30), TEXT).done();
    assert_eq!(asked(&phone).len(), 1);
    assert!(is_in(&site, "phone", TEXT) && is_in(&site, "hub", TEXT));
    wait::until("the end", || alerts(&phone).is_empty().then_some(()));
    assert_eq!(alerts(&phone), [Value::Null; 0], "without a network, too");
    let late = site.enrolled("late", "educator");
    assert_eq!(asked(&late), [Value::Null; 0]);
    phone.sync();
    assert!(
        !is_in(&site, "phone", TEXT),
        "gone with the next list of the hub"
    );
    assert!(
        is_in(&site, "hub", TEXT),
        "the hub keeps it for some days: a clock may be wrong"
    );
}

#[test]
fn alerts_come_by_memory_card_too() {
    let (site, _hub, nurse, id) = with_nurse();
    let phone = site.enrolled("phone", "educator");
    publish(&nurse, &id, "SN-DK", &in_a_month(), TEXT).done();
    let (bundle, reply) = (site.path("a"), site.path("b"));
    let (bundle, reply) = (bundle.to_str().unwrap(), reply.to_str().unwrap());
    phone.run(&["bundle", "export", bundle]).done();
    let hub = site.path("hub");
    vicinity_tests::program::run([
        "hub",
        "bundle",
        "import",
        "--data",
        hub.to_str().unwrap(),
        bundle,
        "--out",
        reply,
    ])
    .done();
    phone.run(&["bundle", "import", reply]).done();
    assert_eq!(alerts(&phone).len(), 1);
}
