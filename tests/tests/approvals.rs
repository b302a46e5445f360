//! A hub that turned against its people, or an admin who did, tries to open statements.

use serde_json::{Value, json};
use vicinity_client::keys::Opener;
use vicinity_sync::statement::Batch;
use vicinity_tests::database;
use vicinity_tests::device::Device;
use vicinity_tests::program;
use vicinity_tests::proxy::Proxy;
use vicinity_tests::sealed;
use vicinity_tests::site::Site;

fn incident(said: &str) -> Value {
    json!({
        "reported_at": "2026-10-05T09:00:00Z", "violations": ["robbery_theft"], "consents": ["hub_response"],
        "statements": [{"class": "narrative", "text": said}],
    })
}

/// Whether a responder's device opens the only statement of an incident.
#[track_caller]
fn opens(device: &Device, id: &str) -> bool {
    device.sync();
    let lines = device.run(&["statements", id, "--json"]).json_lines();
    let name = lines[0]["statement"].as_str().expect("a name").to_owned();
    device.run(&["open", &name]).code == Some(0)
}

#[track_caller]
fn keys(device: &Device) -> Value {
    device.run(&["keys", "--json"]).json_lines().remove(0)
}

#[track_caller]
fn says(phone: &Device, said: &str) -> String {
    let id = phone.log(&[incident(said)]).remove(0);
    phone.run(&["sync"]);
    id
}

/// How far the phone has brought the only statement of an incident.
#[track_caller]
fn here(phone: &Device, id: &str) -> Value {
    phone.run(&["statements", id, "--json"]).json_lines()[0]["here"].clone()
}

#[test]
fn a_device_that_a_turned_admin_invites_opens_nothing() {
    let (site, hub) = Site::with_hub();
    let responder = site.enrolled("office", "responder");
    let phone = site.enrolled("phone", "educator");
    let old = says(&phone, "before");
    let intruder = site.enrolled("intruder", "responder");
    intruder.sync();
    for _ in 0..2 {
        assert_eq!(responder.sync()["rewrapped"], 0);
        intruder.sync();
    }
    let new = says(&phone, "after");
    assert!(!opens(&intruder, &old) && !opens(&intruder, &new));
    assert!(opens(&responder, &old) && opens(&responder, &new));
    // It approves itself without success, and its own root is refused while somebody is approved.
    intruder.run(&["approve", &intruder.digits()]).failed();
    intruder.run(&["begin-keys", "--yes"]).failed();
    // It is shown: at the hub, and to the responder.
    let rows = site.hub_run("keyset", &["--json"]).json_lines();
    let approved: Vec<bool> = rows
        .iter()
        .map(|row| row["approved"].as_bool().unwrap())
        .collect();
    assert_eq!(approved, [true, false]);
    let waiting = responder.run(&["approve", "--json"]).json_lines();
    assert_eq!(waiting[0]["digits"], intruder.digits().as_str());
    // Approved by a person, it opens old and new, and says since when and by whom.
    let _hub = hub.kill_and_restart();
    responder.approves(&intruder);
    assert!(opens(&intruder, &old) && opens(&intruder, &new));
    let rows = site.hub_run("keyset", &["--json"]).json_lines();
    assert_eq!(
        (&rows[1]["by"], &rows[1]["approved"]),
        (&json!(1), &json!(true))
    );
}

#[test]
fn a_recovery_key_that_is_set_silently_opens_nothing() {
    let (site, hub) = Site::with_hub();
    let proxy = Proxy::start(&hub.address);
    site.enrolled("office", "responder");
    let secret = site.path("recovery");
    let made = program::run([
        "hub",
        "keygen",
        "--recovery",
        "--out",
        secret.to_str().unwrap(),
    ])
    .done();
    site.hub_run("recovery-key", &[made.trim()]).done();
    let phone = site.enrolled_through("phone", "educator", &proxy.address);
    says(&phone, "said");
    let blob: Vec<u8> = proxy
        .pieces()
        .into_iter()
        .flat_map(|piece| piece.bytes)
        .collect();
    let batch = Batch::decode(&blob).unwrap();
    let opener = Opener::from_secret_string(&std::fs::read_to_string(&secret).unwrap()).unwrap();
    assert!(
        std::panic::catch_unwind(|| sealed::open(&opener, &batch, 0)).is_err(),
        "sealed to the responder alone"
    );
    assert_eq!(keys(&phone)["approved"].as_array().unwrap().len(), 1);
}

#[test]
fn a_hub_that_begins_another_chain_is_shown_and_gets_no_statement() {
    let (site, hub) = Site::with_hub();
    let responder = site.enrolled("office", "responder");
    let phone = site.enrolled("phone", "educator");
    phone.sync();
    let restart = hub.stop();
    database::tamper(
        &site.path("hub"),
        "DELETE FROM meta WHERE key = 'key_chain'",
    );
    let _hub = restart();
    let intruder = site.enrolled("intruder", "responder");
    intruder.sync();
    let id = phone.log(&[incident("said")]).remove(0);
    let complaint = phone.run(&["sync"]).failed();
    assert!(complaint.contains("contradict"), "{complaint}");
    assert_eq!(
        (here(&phone, &id), &keys(&phone)["fork"]),
        (json!("plain"), &json!(true))
    );
    let complaint = responder.run(&["sync"]).failed();
    assert!(complaint.contains("contradict"), "{complaint}");
    phone
        .run(&["trust", "00000 00000 00000 00000 00000 00000"])
        .failed();
    assert_eq!(here(&phone, &id), "plain");
}

#[test]
fn a_restored_hub_gets_the_longer_chain_back_from_the_devices() {
    let (site, hub) = Site::with_hub();
    let first = site.enrolled("office", "responder");
    let second = site.enrolled("office2", "responder");
    let phone = site.enrolled("phone", "educator");
    let restart = hub.stop();
    let kept =
        "INSERT INTO meta (key, value) SELECT 'kept', value FROM meta WHERE key = 'key_chain'";
    database::tamper(&site.path("hub"), kept);
    let hub = restart();
    first.approves(&second);
    first.run(&["remove-key", &second.digits()]).done();
    phone.sync();
    let restart = hub.stop();
    let back = "UPDATE meta SET value = (SELECT value FROM meta WHERE key = 'kept') WHERE key = 'key_chain'";
    database::tamper(&site.path("hub"), back);
    let _hub = restart();
    phone.sync();
    let rows = site.hub_run("keyset", &["--json"]).json_lines();
    let approved = rows.iter().filter(|row| row["approved"] == true).count();
    assert_eq!(approved, 1);
    assert_eq!(keys(&phone)["fork"], false);
    let id = says(&phone, "said");
    assert!(
        opens(&first, &id) && !opens(&second, &id),
        "a replay brings no removed key back"
    );
}

#[test]
fn a_removed_device_approves_nobody_afterwards() {
    let (site, _hub) = Site::with_hub();
    let first = site.enrolled("office", "responder");
    let second = site.enrolled("office2", "responder");
    let third = site.enrolled("office3", "responder");
    let phone = site.enrolled("phone", "educator");
    first.approves(&second);
    second.sync();
    second
        .run(&["approve", "--no-sync", &third.digits()])
        .done();
    first.run(&["remove-key", &second.digits()]).done();
    second.sync();
    let id = says(&phone, "said");
    assert!(opens(&first, &id) && !opens(&second, &id) && !opens(&third, &id));
    assert_eq!(keys(&phone)["approved"].as_array().unwrap().len(), 1);
}

#[test]
fn a_revoked_responder_is_sealed_to_no_more() {
    let (site, _hub) = Site::with_hub();
    let first = site.enrolled("office", "responder");
    let second = site.enrolled("office2", "responder");
    let phone = site.enrolled("phone", "educator");
    first.approves(&second);
    phone.sync();
    assert_eq!(keys(&phone)["approved"].as_array().unwrap().len(), 2);
    site.hub_run("revoke", &["2"]).done();
    phone.sync();
    assert_eq!(keys(&phone)["approved"].as_array().unwrap().len(), 1);
}

#[test]
fn after_the_only_responder_is_lost_each_phone_compares_the_next_one() {
    let (site, _hub) = Site::with_hub();
    site.enrolled("office", "responder");
    let phone = site.enrolled("phone", "educator");
    phone.sync();
    site.hub_run("revoke", &["1"]).done();
    let next = site.enrolled("office2", "responder");
    next.sync();
    next.run(&["begin-keys", "--yes"]).done();
    let id = says(&phone, "said");
    assert_eq!(here(&phone, &id), "plain", "it waits for the comparison");
    assert_eq!(keys(&phone)["to_compare"], next.digits().as_str());
    phone.trusts(&next);
    phone.sync();
    assert!(opens(&next, &id));
}
