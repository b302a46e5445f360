//! What a survivor told goes from an educator's phone to a responder's device, and is read nowhere between.

use std::path::Path;

use serde_json::{Value, json};
use vicinity_client::keys::Opener;
use vicinity_sync::statement::{Batch, Piece, StatementRequest};
use vicinity_sync::uplink;
use vicinity_tests::database;
use vicinity_tests::device::Device;
use vicinity_tests::proxy::Proxy;
use vicinity_tests::search::holds;
use vicinity_tests::site::Site;

/// A statement's text. It compresses badly, so that no compression hides it from a search.
const SAID: &str = "zqxjcanary-they-took-her-phone-8153-at-the-bridge";

fn incident(said: &str) -> Value {
    json!({
        "reported_at": "2026-10-05T09:00:00Z", "violations": ["robbery_theft"], "consents": ["hub_response"],
        "statements": [{"class": "narrative", "text": said}],
    })
}

/// The statements of an incident as a device lists them.
#[track_caller]
fn lines(device: &Device, id: &str) -> Vec<Value> {
    device.run(&["statements", id, "--json"]).json_lines()
}

/// The name of an incident's only statement.
#[track_caller]
fn name(device: &Device, id: &str) -> String {
    lines(device, id)[0]["statement"]
        .as_str()
        .expect("a statement has a name")
        .to_owned()
}

#[track_caller]
fn opens(device: &Device, id: &str) -> String {
    device
        .run(&["open", &name(device, id)])
        .done()
        .trim_end()
        .to_owned()
}

#[test]
fn a_statement_is_read_by_a_responder_and_by_nobody_on_the_way() {
    let (site, hub) = Site::with_hub();
    let proxy = Proxy::start(&hub.address);
    let responder = site.enrolled("office", "responder");
    let phone = site.enrolled_through("phone", "educator", &proxy.address);
    let id = phone.log(&[incident(SAID)]).remove(0);
    assert!(
        holds(&database::bytes(&phone.home), SAID),
        "the search finds what is there"
    );
    assert_eq!(lines(&phone, &id)[0]["here"], "plain");

    assert_eq!(phone.sync()["statements"], 1);
    let line = lines(&phone, &id).remove(0);
    assert_eq!(
        (&line["here"], &line["at_hub"], &line["bytes"]),
        (&json!("delivered"), &json!(true), &json!(SAID.len()))
    );
    assert!(
        !holds(&database::bytes(&phone.home), SAID),
        "it is gone from the phone"
    );

    responder.sync();
    assert_eq!(lines(&responder, &id)[0]["at_hub"], true);
    assert_eq!(opens(&responder, &id), SAID);
    assert!(
        !holds(&database::bytes(&responder.home), SAID),
        "what was opened is not kept"
    );

    // An incident's own words are in the hub's database, in clear: the search would have found the statement.
    let at_hub = database::bytes(hub.data());
    assert!(holds(&at_hub, "robbery_theft") && !holds(&at_hub, SAID));
    assert!(!holds(&database::keys(hub.data()), SAID));
    assert!(!hub.log().contains(SAID) && !hub.log().contains(&id));
    let wire = proxy.opened();
    assert!(holds(&wire, "robbery_theft") && !holds(&wire, SAID));
    assert!(!proxy.bodies("/v1/sync").is_empty() && !proxy.pieces().is_empty());

    let audit = site.hub_run("audit", &["--json"]).json_lines();
    assert_eq!((audit.len(), &audit[0]["device"]), (1, &json!(1)));
    assert!(!audit[0].to_string().contains(&id));
}

#[test]
fn the_recovery_key_opens_what_the_responders_can() {
    let (site, hub) = Site::with_hub();
    let proxy = Proxy::start(&hub.address);
    let secret = site.path("recovery");
    let made = vicinity_tests::program::run([
        "hub",
        "keygen",
        "--recovery",
        "--out",
        secret.to_str().unwrap(),
    ])
    .done();
    site.hub_run("recovery-key", &[made.trim()]).done();
    let responder = site.enrolled("office", "responder");
    let waiting = responder.run(&["approve", "--json"]).json_lines().remove(0);
    responder
        .run(&["approve", waiting["digits"].as_str().unwrap()])
        .done();
    let phone = site.enrolled_through("phone", "educator", &proxy.address);
    let id = phone.log(&[incident(SAID)]).remove(0);
    assert_eq!(phone.sync()["statements"], 1);

    let blob = proxy
        .pieces()
        .into_iter()
        .flat_map(|piece| piece.bytes)
        .collect::<Vec<u8>>();
    let batch = Batch::decode(&blob).unwrap();
    let opener = Opener::from_secret_string(&std::fs::read_to_string(&secret).unwrap()).unwrap();
    let opened = vicinity_tests::sealed::open(&opener, &batch, 0);
    assert_eq!(
        (opened.0.to_string(), opened.1.as_slice()),
        (id, SAID.as_bytes())
    );
    assert_eq!(mode(&secret), 0o600);
    // A secret is never written over.
    vicinity_tests::program::run(["hub", "keygen", "--out", secret.to_str().unwrap()]).failed();
}

fn mode(path: &Path) -> u32 {
    std::os::unix::fs::MetadataExt::mode(&path.metadata().unwrap()) & 0o777
}

#[test]
fn without_anybody_to_seal_to_a_statement_stays_on_the_phone() {
    let (site, _hub) = Site::with_hub();
    let phone = site.enrolled("phone", "educator");
    let id = phone.log(&[incident(SAID)]).remove(0);
    assert_eq!(phone.sync()["statements"], 0);
    assert_eq!(lines(&phone, &id)[0]["here"], "plain");
    let responder = site.enrolled("office", "responder");
    assert_eq!(phone.sync()["statements"], 0, "compared first");
    phone.trusts(&responder);
    assert_eq!(phone.sync()["statements"], 1);
    responder.sync();
    assert_eq!(opens(&responder, &id), SAID);
}

#[test]
fn a_statement_in_whose_place_another_stands_stays_with_its_author() {
    let (site, hub) = Site::with_hub();
    let phone = site.enrolled("phone", "educator");
    let id = phone.log(&[incident(SAID)]).remove(0);
    phone.sync();
    // Another device was there first, under the same name.
    let named = name(&phone, &id);
    let entry = named.rsplit(['/', ':', '.']).next().unwrap();
    database::tamper(
        hub.data(),
        &format!(
            "INSERT INTO statements (doc, entry, class, device, received_at, bytes, body) SELECT doc, '{entry}', 'narrative', 99, 0, 1, x'00' FROM documents"
        ),
    );
    site.enrolled("office", "responder");
    assert_eq!(
        phone.sync()["statements"],
        0,
        "it is not counted as delivered"
    );
    assert_eq!(lines(&phone, &id)[0]["here"], "plain");
    assert!(
        holds(&database::bytes(&phone.home), SAID),
        "and nothing is lost"
    );
}

#[test]
fn without_consent_a_statement_stays_on_the_phone() {
    let (site, _hub) = Site::with_hub();
    site.enrolled("office", "responder");
    let phone = site.enrolled("phone", "educator");
    let mut silent = incident(SAID);
    silent["consents"] = json!([]);
    let id = phone.log(&[silent]).remove(0);
    assert_eq!(phone.sync()["statements"], 0);
    assert_eq!(lines(&phone, &id)[0]["here"], "plain");
    phone.edit(
        &id,
        &json!([{"consent": {"scope": "hub_response", "state": "granted"}}]),
    );
    assert_eq!(phone.sync()["statements"], 1);
}

#[test]
fn an_educator_opens_nothing() {
    let (site, _hub) = Site::with_hub();
    let responder = site.enrolled("office", "responder");
    let phone = site.enrolled("phone", "educator");
    let id = phone.log(&[incident(SAID)]).remove(0);
    phone.sync();
    assert!(site.hub_run("audit", &["--json"]).json_lines().is_empty());
    let complaint = phone.run(&["open", &name(&phone, &id)]).failed();
    assert_eq!(
        complaint.matches("only a responder's device").count(),
        1,
        "said once: {complaint}"
    );
    responder.sync();
    responder.run(&["open", &format!("{id}/none")]).failed();
}

#[test]
fn a_new_responder_reads_old_statements_once_another_has_synced() {
    let (site, hub) = Site::with_hub();
    let first = site.enrolled("office", "responder");
    let phone = site.enrolled("phone", "educator");
    let id = phone.log(&[incident(SAID)]).remove(0);
    phone.sync();
    let second = site.enrolled("office2", "responder");
    second.sync();
    let complaint = second.run(&["open", &name(&second, &id)]).failed();
    assert!(complaint.contains("another responder"), "{complaint}");
    assert_eq!(first.sync()["rewrapped"], 0, "nobody approved it");
    first.approves(&second);
    assert_eq!(first.sync()["rewrapped"], 0, "done with the approval");
    assert_eq!(opens(&second, &id), SAID);
    assert_eq!(opens(&first, &id), SAID);
    // Restarted, it is all still there.
    let _hub = hub.kill_and_restart();
    assert_eq!(opens(&second, &id), SAID);
}

/// An approval that goes to the hub in a bundle: no old key is wrapped again in the same breath.
#[track_caller]
fn approve_by_file(site: &Site, by: &Device, other: &Device) {
    by.sync();
    by.run(&["approve", "--no-sync", &other.digits()]).done();
    let (file, reply) = (site.path("approval"), site.path("approval.reply"));
    let (file, reply) = (file.to_str().unwrap(), reply.to_str().unwrap());
    by.run(&["bundle", "export", file]).done();
    let hub = site.path("hub");
    let hub = hub.to_str().unwrap();
    let import = [
        "hub", "bundle", "import", "--data", hub, file, "--out", reply,
    ];
    vicinity_tests::program::run(import).done();
    by.run(&["bundle", "import", reply]).done();
}

#[test]
fn with_the_recovery_key_a_new_responder_opens_what_nobody_else_could() {
    let (site, _hub) = Site::with_hub();
    let secret = site.path("recovery");
    let made = vicinity_tests::program::run([
        "hub",
        "keygen",
        "--recovery",
        "--out",
        secret.to_str().unwrap(),
    ])
    .done();
    site.hub_run("recovery-key", &[made.trim()]).done();
    let first = site.enrolled("office", "responder");
    let waiting = first.run(&["approve", "--json"]).json_lines().remove(0);
    first
        .run(&["approve", waiting["digits"].as_str().unwrap()])
        .done();
    let phone = site.enrolled("phone", "educator");
    let id = phone.log(&[incident(SAID)]).remove(0);
    assert_eq!(phone.sync()["statements"], 1);
    let responder = site.enrolled("office2", "responder");
    responder.sync();
    responder.run(&["open", &name(&responder, &id)]).failed();
    let said = site
        .hub_run("recover", &["--key", secret.to_str().unwrap()])
        .done();
    assert!(said.starts_with("0 batches"), "not approved: {said}");
    // The approval goes by file, so that the phone has no part in wrapping again.
    approve_by_file(&site, &first, &responder);
    let said = site
        .hub_run("recover", &["--key", secret.to_str().unwrap()])
        .done();
    assert!(said.starts_with("1 batches"), "{said}");
    assert_eq!(opens(&responder, &id), SAID);
    std::fs::write(&secret, "no key").unwrap();
    assert!(
        site.hub_run("recover", &["--key", secret.to_str().unwrap()])
            .failed()
            .contains("holds no key")
    );
}

#[test]
fn a_responder_asks_once_for_keys_that_it_cannot_open() {
    let (site, _hub) = Site::with_hub();
    let first = site.enrolled("office", "responder");
    let phone = site.enrolled("phone", "educator");
    let log = |said: &str| {
        let id = phone.log(&[incident(said)]).remove(0);
        phone.sync();
        id
    };
    let early: Vec<String> = ["one", "two", "three"]
        .iter()
        .map(|said| log(said))
        .collect();
    let second = site.enrolled("office2", "responder");
    second.sync();
    approve_by_file(&site, &first, &second);
    assert!(second.sync()["requests"].as_u64() > Some(1), "it tries");
    assert_eq!(second.sync()["requests"], 1);
    // What is sealed to it since is none of those.
    phone.sync();
    let late = log("four");
    second.sync();
    assert_eq!(
        (
            opens(&second, &late).as_str(),
            second.sync()["requests"].as_u64()
        ),
        ("four", Some(1))
    );
    // Once the first responder was here, it reads all of them, and nobody has anything to try.
    assert_eq!(first.sync()["rewrapped"], 3);
    assert_eq!(
        (
            first.sync()["requests"].as_u64(),
            second.sync()["requests"].as_u64()
        ),
        (Some(1), Some(1))
    );
    assert_eq!(opens(&second, &early[2]), "three");
}

#[test]
fn a_cut_upload_goes_on_where_it_stood() {
    let (site, hub) = Site::with_hub();
    let proxy = Proxy::start(&hub.address);
    let responder = site.enrolled("office", "responder");
    let phone = site.enrolled_through("phone", "educator", &proxy.address);
    let long: Vec<String> = (0..4)
        .map(|at| format!("{SAID} {at} ").repeat(3000))
        .collect();
    let incidents: Vec<Value> = long.iter().map(|said| incident(said)).collect();
    let ids = phone.log(&incidents);
    proxy.cut_after(450_000);
    let cut = phone.run(&["sync", "--json"]);
    assert_eq!(cut.code, Some(1), "{}", cut.stderr);
    let first: Vec<u64> = proxy
        .pieces()
        .iter()
        .filter(|piece| !piece.bytes.is_empty())
        .map(|piece| piece.offset)
        .collect();
    assert_eq!(
        first,
        [0, 0],
        "a batch of one arrived, and the first piece of a batch of three; the next was cut"
    );
    proxy.mend();
    proxy.forget();
    assert_eq!(phone.sync()["statements"], 3);
    let pieces = proxy.pieces();
    assert!(
        pieces[0].bytes.is_empty(),
        "the device asks how much there is"
    );
    assert_eq!(pieces[1].offset, 200_000, "and sends the rest only");
    responder.sync();
    for (id, said) in ids.iter().zip(&long) {
        assert_eq!(&opens(&responder, id), said.trim_end());
    }
}

#[test]
fn the_hub_takes_no_statement_that_no_incident_of_the_sender_names() {
    let (site, _hub) = Site::with_hub();
    site.enrolled("office", "responder");
    let phone = site.enrolled("phone", "educator");
    let id = phone.log(&[incident(SAID)]).remove(0);
    phone.sync();
    let mut stranger = vicinity_tests::by_hand::ByHand::enrol(&site.invite("educator"), 7);
    let row = |incident: &str, entry: &str| {
        vicinity_sync::statement::SealedRow::new(
            incident.parse().unwrap(),
            entry.to_owned(),
            0,
            [1; 48],
            vec![2; 80],
        )
    };
    let entry = name(&phone, &id).split_once('/').unwrap().1.to_owned();
    let wrap = vicinity_sync::statement::WrapRow {
        id: [9; 16],
        bytes: vec![3; 200],
    };
    let blob = Batch {
        key_set: 1,
        wrap,
        classes: vec!["narrative".into()],
        statements: vec![row(&id, &entry), row(&id, "other")],
    }
    .encode();
    let piece = Piece {
        hash: vicinity_sync::statement::blob_hash(&blob),
        total: blob.len() as u64,
        offset: 0,
        bytes: blob.clone(),
    };
    let answer = stranger.post_to("/v1/blob", uplink::encode(&piece));
    let answer: vicinity_sync::statement::PieceAnswer = uplink::decode(&answer.body).unwrap();
    assert_eq!(answer.refused, Some(vec![0, 1]));
    // Bytes that are not what their name says are refused, and may come again.
    let bent = Piece {
        hash: [8; 32],
        ..piece
    };
    assert_eq!(
        stranger.post_to("/v1/blob", uplink::encode(&bent)).text(),
        (400, "malformed".to_owned())
    );
    assert_eq!(
        stranger
            .post_to(
                "/v1/blob",
                uplink::encode(&Piece {
                    total: 30_000_000,
                    ..bent
                })
            )
            .text(),
        (413, "too_large".to_owned())
    );
    // It may ask nothing either, and a request for one path is none for another.
    let ask = uplink::encode(&StatementRequest::OldWraps { after: 0 });
    assert_eq!(
        stranger.post_to("/v1/statement", ask.clone()).text(),
        (403, "not_allowed".to_owned())
    );
    assert_eq!(stranger.post(ask).status, 400);
}

#[test]
fn a_hundred_incidents_with_statements_go_in_few_requests() {
    let (site, hub) = Site::with_hub();
    let proxy = Proxy::start(&hub.address);
    site.enrolled("office", "responder");
    let phone = site.enrolled_through("phone", "educator", &proxy.address);
    let incidents: Vec<Value> = (0..100)
        .map(|at| incident(&format!("{SAID} {at}. ").repeat(4)))
        .collect();
    phone.log(&incidents);
    let report = phone.sync();
    assert_eq!(report["statements"], 100);
    eprintln!(
        "a sync of 100 incidents with statements: {report}, {} bytes on the wire",
        proxy.bytes()
    );
    assert!(report["requests"].as_u64().unwrap() <= 4, "{report}");
    assert!(report["bytes_up"].as_u64().unwrap() < 100 * 620, "{report}");
}
