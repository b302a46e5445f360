//! A lost phone: only its own hub can order it to wipe itself, and the hub refuses everything it sends.

use serde_json::json;
use vicinity_core::ids::DeviceId;
use vicinity_sync::envelope::Envelope;
use vicinity_sync::message::SYNC_PATH;
use vicinity_sync::order::WipeOrder;
use vicinity_tests::by_hand::{ByHand, request};
use vicinity_tests::http;
use vicinity_tests::incidents;
use vicinity_tests::site::Site;

#[test]
fn a_revoked_device_wipes_itself_and_its_last_words_are_not_heard() {
    let (site, hub) = Site::with_hub();
    let (lost, other) = (
        site.enrolled("lost", "responder"),
        site.enrolled("other", "responder"),
    );
    let mut dice = incidents::dice(91);
    let logged = lost.log(&incidents::invented(&mut dice, 3));
    lost.sync();
    lost.edit(&logged[0], &json!([{"action": {"code": "last_words"}}]));

    site.hub_run("revoke", &["1"]).done();
    assert!(
        site.hub_run("revoke", &["17"])
            .failed()
            .contains("no such device")
    );
    let listed = site.hub_run("devices", &["--json"]).json_lines();
    assert_eq!(
        (&listed[0]["revoked"], &listed[1]["revoked"]),
        (&json!(true), &json!(false))
    );

    let said = lost.run(&["sync"]).failed();
    assert!(said.contains("wiped itself"), "{said}");
    let said = lost.run(&["list"]).failed();
    assert!(!said.contains(&logged[0]), "{said}");
    other.sync();
    assert_eq!(other.ids().len(), 3);
    assert!(!site.hub_export()[0].to_string().contains("last_words"));
    assert!(hub.log().contains("revoked"));
}

/// Whatever it asks, the order comes with the refusal; and the list of an erasure names it.
#[test]
fn a_revoked_device_wipes_itself_at_any_request_and_an_erasure_lists_it() {
    let (site, _hub) = Site::with_hub();
    let (lost, other) = (
        site.enrolled("lost", "responder"),
        site.enrolled("other", "responder"),
    );
    let said = json!({"reported_at": "2026-10-05T09:00:00Z", "consents": ["hub_response"], "statements": [{"class": "narrative", "text": "told"}]});
    let id = other.log(&[said]).remove(0);
    other.sync();
    lost.sync();
    let statement = lost.run(&["statements", &id, "--json"]).json_lines()[0]["statement"]
        .as_str()
        .unwrap()
        .to_owned();
    site.hub_run("revoke", &["1"]).done();
    let erased = site.hub_run("erase", &[&id]).done();
    assert!(
        erased.contains("device 1 is revoked") && !erased.contains("national"),
        "{erased}"
    );
    assert!(
        lost.run(&["open", &statement])
            .failed()
            .contains("wiped itself")
    );
    assert!(!lost.run(&["list"]).failed().contains(&id));
}

/// A server that answers every request with the same refusal.
fn impostor(body: String) -> String {
    use std::io::Write;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            drop(http::received(&stream));
            let head = format!(
                "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all((head + &body).as_bytes()).ok();
        }
    });
    address
}

#[test]
fn an_unsigned_or_wrongly_signed_revocation_wipes_nothing() {
    let order = WipeOrder::sign(&[6; 32], DeviceId::from_bytes([1; 16]), 1, 1).to_body();
    for body in [
        "revoked".to_owned(),
        "revoked ".to_owned() + &"0".repeat(128),
        order,
    ] {
        let (site, _hub) = Site::with_hub();
        let device = site.enrolled("phone", "educator");
        let logged = device.log(&incidents::invented(&mut incidents::dice(92), 2));
        let link = site.path("phone");
        vicinity_tests::database::set_address(&link, &impostor(body.clone()));
        let said = device.run(&["sync"]).failed();
        assert!(
            said.contains("revoked") && !said.contains("wiped"),
            "{said}"
        );
        assert_eq!(device.ids().len(), logged.len(), "{body}");
    }
}

#[test]
fn only_who_proves_to_be_the_device_gets_the_order() {
    let (site, hub) = Site::with_hub();
    let mut device = ByHand::enrol(&site.invite("educator"), 8);
    let body = request(vec![device.incident(0).group()]).encode();
    site.hub_run("revoke", &["1"]).done();
    let answer = device.post(body.clone());
    assert_eq!(answer.status, 403);
    let order = WipeOrder::of_body(&answer.body).unwrap();
    assert!(order.is_of(
        &device.hub_key,
        device.device,
        device.incarnation,
        device.counter
    ));
    let forged = Envelope::seal(
        &[7; 32],
        SYNC_PATH,
        device.device,
        device.incarnation,
        9,
        body,
    );
    assert_eq!(
        http::post(&hub.address, SYNC_PATH, &forged.encode()).text(),
        (401, "wrong_proof".to_owned())
    );
    assert_eq!(site.hub_export().len(), 0);
}
