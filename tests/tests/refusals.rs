//! What is no proper request gets its status and its code, and the servers live on.

use rand::{Rng, RngExt};
use vicinity_sync::compress::BODY_MAX_BYTES;
use vicinity_sync::enrol::ENROL_PATH;
use vicinity_sync::envelope::Envelope;
use vicinity_sync::message::SYNC_PATH;
use vicinity_sync::uplink::UPLINK_PATH;
use vicinity_tests::by_hand::{ByHand, request};
use vicinity_tests::site::Site;
use vicinity_tests::{http, incidents};

fn refused(answer: &http::Answer) -> (u16, String) {
    assert_ne!(answer.status, 200);
    answer.text()
}

fn code(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn garbage_and_bodies_that_are_too_large_are_refused() {
    let (site, hub) = Site::with_hub();
    let national = site.national();
    let mut dice = incidents::dice(51);
    let mut garbage = vec![
        Vec::new(),
        vec![0],
        vec![0x85],
        vec![0xff; 100],
        vec![0x9f; 5000],
        b"{\"device\": 1}".to_vec(),
    ];
    for _ in 0..200 {
        let mut bytes = vec![0; dice.random_range(1..3000)];
        dice.fill_bytes(&mut bytes);
        garbage.push(bytes);
    }
    for (address, path) in [
        (&hub.address, SYNC_PATH),
        (&hub.address, ENROL_PATH),
        (&national.address, UPLINK_PATH),
        (&national.address, ENROL_PATH),
    ] {
        for body in &garbage {
            assert_eq!(
                refused(&http::post(address, path, body)),
                code(400, "malformed"),
                "{path} {body:02x?}"
            );
        }
        // One byte too many, so that nothing is left unread when the server closes: else the answer may be lost.
        let max = BODY_MAX_BYTES + 4096;
        assert_eq!(
            refused(&http::post(address, path, &vec![0; max])),
            code(400, "malformed"),
            "{path}"
        );
        assert_eq!(
            refused(&http::post(address, path, &vec![0; max + 1])),
            code(413, "too_large"),
            "{path}"
        );
        // A body that does not say how long it is.
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
        let chunked = [head, chunk.repeat(max / 0x1000), "1\r\nx\r\n".to_owned()].concat();
        assert_eq!(
            refused(&http::exchange(address, chunked.as_bytes())),
            code(413, "too_large"),
            "{path}"
        );
    }
    assert_eq!(http::get(&hub.address, "/health"), "ok\n");
    assert_eq!(http::get(&national.address, "/health"), "ok\n");
    site.enrolled("phone", "educator").sync();
    assert!(!hub.log().contains("panicked") && !national.log().contains("panicked"));
}

#[test]
fn a_garbled_request_of_an_enrolled_device_is_refused_or_harmless() {
    let (site, hub) = Site::with_hub();
    let mut dice = incidents::dice(52);
    let mut device = ByHand::enrol(&site.invite("educator"), 6);
    let written = device.incident(3);
    let good = request(vec![written.group()]).encode();
    for _ in 0..300 {
        let mut body = good.clone();
        for _ in 0..dice.random_range(1..4) {
            let at = dice.random_range(0..body.len());
            body[at] = dice.random();
        }
        let answer = device.post(body);
        let known = [
            (400, "malformed"),
            (413, "too_large"),
            (426, "version"),
            (409, "rebase"),
        ];
        assert!(
            answer.status == 200 || known.contains(&(answer.status, answer.text().1.as_str())),
            "{:?}",
            answer.text()
        );
    }
    device.push(vec![written.group()]);
    assert!(
        site.hub_export()
            .iter()
            .any(|incident| incident["id"] == written.id.to_string())
    );
    assert!(!hub.log().contains("panicked"));
}

#[test]
fn wrong_proofs_unknown_devices_and_replays_are_told_apart() {
    let (site, hub) = Site::with_hub();
    let mut device = ByHand::enrol(&site.invite("educator"), 7);
    let body = request(vec![device.incident(0).group()]).encode();
    let post = |envelope: &[u8]| http::post(&hub.address, SYNC_PATH, envelope);

    let first = device.seal(body.clone());
    assert_eq!(post(&first).status, 200);
    assert_eq!(refused(&post(&first)), code(409, "replayed"), "a replay");
    let third = Envelope::seal(
        &device.secret,
        SYNC_PATH,
        device.device,
        device.incarnation,
        3,
        body.clone(),
    );
    assert_eq!(post(&third.encode()).status, 200);
    let second = Envelope::seal(
        &device.secret,
        SYNC_PATH,
        device.device,
        device.incarnation,
        2,
        body.clone(),
    );
    assert_eq!(
        refused(&post(&second.encode())),
        code(409, "device_rolled_back"),
        "an older counter"
    );

    device.counter = 3;
    let (not_enrolled, unfitting) = (code(401, "not_enrolled"), code(401, "wrong_proof"));
    let mut wrong_proof = Envelope::decode(&device.seal(body.clone())).unwrap();
    wrong_proof.proof[0] ^= 1;
    assert_eq!(
        refused(&post(&wrong_proof.encode())),
        unfitting,
        "a wrong proof"
    );
    wrong_proof.proof.clear();
    assert_eq!(
        refused(&post(&wrong_proof.encode())),
        code(400, "malformed"),
        "no proof"
    );
    let mut other_body = Envelope::decode(&device.seal(body.clone())).unwrap();
    other_body.body = request(Vec::new()).encode();
    assert_eq!(
        refused(&post(&other_body.encode())),
        unfitting,
        "another body under the proof"
    );
    let mut other_counter = Envelope::decode(&device.seal(body.clone())).unwrap();
    other_counter.counter += 1;
    assert_eq!(
        refused(&post(&other_counter.encode())),
        unfitting,
        "another counter under the proof"
    );
    let other_path = Envelope::seal(
        &device.secret,
        UPLINK_PATH,
        device.device,
        device.incarnation,
        9,
        body.clone(),
    );
    assert_eq!(
        refused(&post(&other_path.encode())),
        unfitting,
        "a proof for another path"
    );
    let unknown = Envelope::seal(
        &[7; 32],
        SYNC_PATH,
        vicinity_core::ids::DeviceId::from_random([7; 16]),
        1,
        1,
        body.clone(),
    );
    assert_eq!(
        refused(&post(&unknown.encode())),
        not_enrolled,
        "an unknown device"
    );

    // None of these moved the true device's counter.
    device.counter = 3;
    assert_eq!(device.post(body).status, 200);
    assert_eq!(site.hub_export().len(), 1);
}

#[test]
fn a_code_is_good_for_one_device_at_the_place_it_was_made_for() {
    let (site, _hub) = Site::with_hub();
    let national = site.national();
    let link = site.invite("educator");
    site.device("first").run(&["enrol", &link]).done();
    assert!(
        site.device("second")
            .run(&["enrol", &link])
            .failed()
            .contains("does not take this code")
    );
    // At its own hub a device may enrol again, and is the same: a restored hub may not know it.
    assert!(
        site.device("first")
            .run(&["enrol", &site.invite("educator")])
            .done()
            .contains("enrolled as device 1")
    );
    let for_hubs = site.invite_hub();
    assert!(
        site.device("third")
            .run(&[
                "enrol",
                &vicinity_tests::site::redirected(&for_hubs, &national.address)
            ])
            .failed()
            .contains("for a hub's --upstream")
    );
    let mistyped = format!(
        "{}{}{}",
        &link[..11],
        if &link[11..12] == "0" { "1" } else { "0" },
        &link[12..]
    );
    assert!(
        site.device("fourth")
            .run(&["enrol", &mistyped])
            .failed()
            .contains("does not take this code")
    );
    assert!(
        site.device("fifth")
            .run(&["enrol", "https://example.org"])
            .failed()
            .contains("not an enrolment link")
    );
    assert!(
        site.device("sixth")
            .run(&["sync"])
            .failed()
            .contains("not enrolled")
    );
}
