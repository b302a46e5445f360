//! What was put into a hub's database, or taken out of it, behind the program's back is named.

use serde_json::{Value, json};
use vicinity_tests::by_hand::ByHand;
use vicinity_tests::database::{number, tamper};
use vicinity_tests::device::copy_folder;
use vicinity_tests::program;
use vicinity_tests::server::Server;
use vicinity_tests::site::Site;

fn incident(area: &str) -> Value {
    json!({
        "incident": {"reported_at": "2026-10-05T09:00:00Z", "violations": ["robbery_theft"], "place": {"area": area},
                     "consents": ["hub_response", "national_deid"], "statements": [{"class": "narrative", "text": "told"}]},
        "edits": [{"set": {"field": "danger_now", "value": "yes"}}],
    })
}

/// A hub that holds incidents of two devices, and has given a statement to open twice.
fn stage() -> (Site, Server, Vec<String>) {
    let (site, hub) = Site::with_hub();
    let (phone, nurse) = (
        site.enrolled("phone", "educator"),
        site.enrolled("nurse", "responder"),
    );
    phone.sync();
    phone.trusts(&nurse);
    let ids = phone.log(&[incident("KG-01"), incident("KG-02"), incident("KG-03")]);
    phone.sync();
    nurse.log(&[incident("KG-04")]);
    nurse.sync();
    for id in &ids[..2] {
        let lines = nurse.run(&["statements", id, "--json"]).json_lines();
        nurse
            .run(&["open", lines[0]["statement"].as_str().unwrap()])
            .done();
    }
    (site, hub, ids)
}

/// What `verify` says of a hub that is whole: its counts.
#[track_caller]
fn proved(site: &Site) -> Value {
    site.hub_run("verify", &["--json"]).json_lines().remove(0)
}

/// What `verify` says of a hub that is not: where, and what does not fit.
#[track_caller]
fn misfits(site: &Site) -> Vec<(String, i64, String)> {
    let run = site.hub_run("verify", &["--json"]);
    assert_eq!(run.code, Some(1), "{}{}", run.stdout, run.stderr);
    let mut lines: Vec<Value> = run.stdout.lines().map(program::json).collect();
    let counts = lines.pop().unwrap();
    assert_eq!(counts["misfits"].as_u64().unwrap(), lines.len() as u64);
    let of = |line: Value| {
        (
            line["in"].as_str().unwrap().to_owned(),
            line["row"].as_i64().unwrap(),
            line["misfit"].as_str().unwrap().to_owned(),
        )
    };
    lines.into_iter().map(of).collect()
}

#[test]
fn an_honest_hub_is_proven_while_it_runs_also_after_restarts_and_rebases() {
    let (site, hub, ids) = stage();
    let counts = proved(&site);
    let changes = number(
        &site.path("hub"),
        "SELECT count(*) FROM feed WHERE kind = 0",
    );
    assert_eq!(
        (
            counts["signed"].as_i64(),
            counts["misfits"].as_i64(),
            counts["audit"].as_i64()
        ),
        (Some(changes), Some(0), Some(2))
    );
    // A copied phone begins a new life, rebases, and repeats what the hub has.
    let phone = site.device("phone");
    let copy = phone.copy_to(&site.path("copy"));
    phone.edit(
        &ids[0],
        &json!([{"set": {"field": "held_now", "value": "no"}}]),
    );
    copy.edit(
        &ids[1],
        &json!([{"set": {"field": "held_now", "value": "no"}}]),
    );
    phone.sync();
    copy.sync();
    let _hub = hub.kill_and_restart();
    assert_eq!(proved(&site)["signed"].as_i64(), Some(changes + 2));
    assert_eq!(
        number(
            &site.path("hub"),
            "SELECT count(*) FROM envelopes WHERE body IS NULL"
        ),
        0
    );
}

#[test]
fn what_the_hub_writes_itself_is_signed_by_the_hub() {
    let site = Site::new();
    let _national = site.national();
    let _hub = site.hub(&["--upstream", &site.invite_hub()]);
    let phone = site.enrolled("phone", "educator");
    phone.log(&[incident("KG-01")]);
    phone.sync();
    let rows = vicinity_tests::wait::until("a projection", || {
        Some(site.national_export()).filter(|rows| !rows.is_empty())
    });
    site.national_run(
        "ask",
        &[rows[0]["projection"].as_str().unwrap(), "verify_date"],
    )
    .done();
    phone.edit(
        &phone.ids()[0],
        &json!([{"set": {"field": "held_now", "value": "no"}}]),
    );
    phone.sync();
    vicinity_tests::wait::until("the question", || {
        (number(&site.path("hub"), "SELECT count(*) FROM questions") > 0).then_some(())
    });
    assert_eq!(proved(&site)["hubs_own"].as_i64(), Some(1));
}

#[test]
fn a_change_that_was_put_in_by_hand_is_named() {
    let (site, hub, _) = stage();
    drop(hub);
    let data = site.path("hub");
    let last = number(&data, "SELECT max(seq) FROM feed");
    copy_folder(&data, &site.path("whole"));
    // A change of the hub's own that is in no incident's log: one of the log again, by an actor of its own.
    let forged = |device: &str, envelope: &str| {
        format!(
            "INSERT INTO feed (seq, chain, kind, doc, device, incarnation, relayed, actor, actor_seq, received_at, chunk, envelope)
             SELECT seq + 1, chain, 0, (SELECT min(doc) FROM documents), {device}, incarnation, 0, randomblob(8), 1, received_at, chunk, {envelope}
             FROM feed WHERE seq = (SELECT max(seq) FROM feed)"
        )
    };
    for (device, envelope, expected) in [
        ("device", "NULL", "no envelope came with it"),
        ("0", "NULL", "no envelope came with it"),
        ("device", "envelope", "its envelope does not hold it"),
        ("0", "envelope", "its envelope is another device's"),
        ("device", "1000", "its envelope is not there"),
    ] {
        copy_folder(&site.path("whole"), &data);
        tamper(&data, &forged(device, envelope));
        let named = misfits(&site);
        assert!(
            named
                .iter()
                .all(|(of, row, _)| of == "feed" && *row == last + 1),
            "{named:?}"
        );
        assert!(
            named
                .iter()
                .any(|(.., misfit)| misfit.starts_with(expected)),
            "{expected}: {named:?}"
        );
        assert!(
            named
                .iter()
                .any(|(.., misfit)| misfit.starts_with("it is not linked")),
            "{named:?}"
        );
    }
}

#[test]
fn a_flipped_signature_and_a_removed_envelope_name_every_change_that_stood_on_them() {
    let (site, hub, _) = stage();
    drop(hub);
    let data = site.path("hub");
    copy_folder(&data, &site.path("whole"));
    let of_first = number(&data, "SELECT count(*) FROM feed WHERE envelope = 1");
    assert!(of_first > 1 && of_first < number(&data, "SELECT count(*) FROM feed WHERE kind = 0"));
    for (query, expected) in [
        (
            "UPDATE envelopes SET proof = zeroblob(64) WHERE id = 1",
            "its envelope is not signed by a key of its device",
        ),
        (
            "UPDATE envelopes SET counter = counter + 1 WHERE id = 1",
            "its envelope is not signed by a key of its device",
        ),
        (
            "UPDATE envelopes SET body = zeroblob(100) WHERE id = 1",
            "its envelope is not signed by a key of its device",
        ),
        (
            "UPDATE device_keys SET public_key = zeroblob(32) WHERE device = 1",
            "its envelope is not signed by a key of its device",
        ),
        (
            "DELETE FROM envelopes WHERE id = 1",
            "its envelope is not there",
        ),
    ] {
        copy_folder(&site.path("whole"), &data);
        tamper(&data, query);
        let named = misfits(&site);
        assert_eq!(named.len() as i64, of_first, "{query}: {named:?}");
        assert!(
            named.iter().all(|(.., misfit)| misfit == expected),
            "{named:?}"
        );
    }
}

#[test]
fn a_removed_row_and_a_cut_audit_are_named() {
    let (site, hub, _) = stage();
    drop(hub);
    let data = site.path("hub");
    copy_folder(&data, &site.path("whole"));
    for (query, of, expected) in [
        (
            "DELETE FROM feed WHERE seq = 2",
            "feed",
            "rows are missing before it",
        ),
        (
            "UPDATE feed SET chunk = (SELECT chunk FROM feed WHERE seq = 2) WHERE seq = 3",
            "feed",
            "it is not linked",
        ),
        (
            "DELETE FROM documents WHERE doc = 1",
            "feed",
            "its incident is not there",
        ),
        (
            "DELETE FROM feed WHERE seq = (SELECT max(seq) FROM feed WHERE kind = 0)",
            "feed",
            "the newest change of its incident is not in the log",
        ),
        (
            "DELETE FROM feed WHERE seq > 2",
            "feed",
            "the newest change of its incident is not in the log",
        ),
        (
            "UPDATE feed SET kind = 3, chunk = NULL, actor = NULL, envelope = NULL WHERE doc = 1 AND kind = 0",
            "feed",
            "rows are marked as erased of more",
        ),
        (
            "DELETE FROM audit WHERE id = 1",
            "audit",
            "it is not linked",
        ),
        (
            "DELETE FROM audit WHERE id = 2",
            "audit",
            "readings are missing behind it",
        ),
        (
            "UPDATE audit SET at = at + 1 WHERE id = 1",
            "audit",
            "it is not linked",
        ),
    ] {
        copy_folder(&site.path("whole"), &data);
        tamper(&data, query);
        let named = misfits(&site);
        assert!(
            named
                .iter()
                .any(|(table, _, misfit)| table == of && misfit.starts_with(expected)),
            "{query}: {named:?}"
        );
    }
}

#[test]
fn after_an_erasure_no_envelope_holds_the_incident_and_the_rest_is_vouched_for() {
    let (site, _hub, ids) = stage();
    let data = site.path("hub");
    let before = proved(&site);
    site.hub_run("erase", &[&ids[0]]).done();
    let after = proved(&site);
    assert!(
        after["vouched"].as_i64() > Some(0) && after["erased"].as_i64() > Some(0),
        "{after}"
    );
    let count = |counts: &Value| {
        ["signed", "vouched", "erased"]
            .iter()
            .filter_map(|name| counts[name].as_i64())
            .sum::<i64>()
    };
    assert_eq!(count(&before), count(&after));
    // The nurse's envelope is as it was; of the phone's only hashes are left.
    assert!(after["signed"].as_i64() > Some(0));
    assert_eq!(
        number(
            &data,
            "SELECT count(*) FROM envelopes WHERE body IS NOT NULL AND device = 1"
        ),
        0
    );
    // A change that is put in afterwards and points there is named anyway.
    tamper(
        &data,
        "INSERT INTO feed (seq, chain, kind, doc, device, incarnation, relayed, actor, actor_seq, received_at, chunk, envelope)
         SELECT seq + 1, chain, 0, (SELECT max(doc) FROM documents), 1, (SELECT incarnation FROM envelopes WHERE device = 1), 0, randomblob(8), 1, received_at, chunk,
         (SELECT id FROM envelopes WHERE device = 1) FROM feed WHERE seq = (SELECT max(seq) FROM feed)",
    );
    assert!(
        misfits(&site)
            .iter()
            .any(|(.., misfit)| misfit == "its envelope does not hold it")
    );
    for id in &ids[1..] {
        site.hub_run("erase", &[id]).done();
    }
    assert_eq!(
        number(&data, "SELECT count(*) FROM envelopes WHERE device = 1"),
        0
    );
}

#[test]
fn an_envelope_that_also_holds_what_may_not_be_kept_is_cut_at_once() {
    let (site, _hub) = Site::with_hub();
    let mut device = ByHand::enrol(&site.invite("educator"), 9);
    let (kept, mut refused) = (device.incident(1), device.incident(0));
    refused.chunks.clear();
    let written = vicinity_tests::by_hand::Written::without_consent(refused.id, refused.actor);
    device.push(vec![kept.group(), written.group()]);
    let data = site.path("hub");
    assert_eq!(
        number(&data, "SELECT count(*) FROM envelopes WHERE body IS NULL"),
        1
    );
    assert_eq!(
        proved(&site)["vouched"].as_i64(),
        Some(kept.chunks.len() as i64)
    );
}
