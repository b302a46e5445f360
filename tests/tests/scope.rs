//! An educator's phone holds her own incidents and those assigned to her, and no others.

use serde_json::{Value, json};
use vicinity_core::admit::Verdict;
use vicinity_core::guard::Refusal;
use vicinity_tests::by_hand::{ByHand, group};
use vicinity_tests::device::Device;
use vicinity_tests::incidents;
use vicinity_tests::site::{Site, timeless, timeless_one};

fn number(site: &Site, role: &str, nth: usize) -> String {
    let devices = site.hub_run("devices", &["--json"]).json_lines();
    devices
        .iter()
        .filter(|device| device["role"] == role)
        .nth(nth)
        .unwrap()["number"]
        .to_string()
}

/// The two devices' incidents, logged and synced.
fn logged(site: &Site) -> (Device, Vec<String>, Device, Vec<String>) {
    let mut dice = incidents::dice(81);
    let (ada, ben) = (
        site.enrolled("ada", "educator"),
        site.enrolled("ben", "educator"),
    );
    let hers = ada.log(&incidents::invented(&mut dice, 10));
    let his = ben.log(&incidents::invented(&mut dice, 10));
    for device in [&ada, &ben, &ada] {
        device.sync();
    }
    (ada, hers, ben, his)
}

fn sorted(ids: &[String]) -> Vec<String> {
    let mut ids = ids.to_vec();
    ids.sort();
    ids
}

#[test]
fn an_educator_sees_her_own_and_what_is_assigned_to_her_and_a_responder_sees_all() {
    let (site, _hub) = Site::with_hub();
    let (ada, hers, ben, his) = logged(&site);
    let responder = site.enrolled("responder", "responder");
    responder.sync();
    assert_eq!((ada.ids(), ben.ids()), (sorted(&hers), sorted(&his)));
    assert_eq!(
        responder.ids(),
        sorted(&[hers.clone(), his.clone()].concat())
    );

    // Older than everything the feed brings her from now on: she still receives all of it.
    let assigned = &his[3];
    site.hub_run("assign", &[assigned, &number(&site, "educator", 0)])
        .done();
    ada.sync();
    assert_eq!(
        timeless_one(ada.show(assigned)),
        timeless_one(ben.show(assigned))
    );
    assert_eq!(ada.ids().len(), 11);

    // Both work on it now.
    ada.edit(assigned, &json!([{"action": {"code": "by_ada"}}]));
    ben.edit(assigned, &json!([{"action": {"code": "by_ben"}}]));
    for device in [&ada, &ben, &ada, &responder] {
        device.sync();
    }
    let shown = timeless_one(responder.show(assigned));
    assert!(
        shown["actions"].to_string().contains("by_ada")
            && shown["actions"].to_string().contains("by_ben")
    );
    assert_eq!(timeless_one(ada.show(assigned)), shown);
    assert_eq!(timeless_one(ben.show(assigned)), shown);

    site.hub_run(
        "assign",
        &[assigned, &number(&site, "educator", 0), "--remove"],
    )
    .done();
    ada.sync();
    assert_eq!(ada.ids(), sorted(&hers));
    assert!(
        ada.run(&["show", assigned])
            .failed()
            .contains("has left this device")
    );
    assert_eq!(
        timeless_one(ben.show(assigned)),
        shown,
        "it stays with those who have it"
    );
    ben.edit(assigned, &json!([{"action": {"code": "later"}}]));
    ben.sync();
    assert_eq!(ada.sync()["received"], 0);

    // And back again, with what she missed.
    site.hub_run("assign", &[assigned, &number(&site, "educator", 0)])
        .done();
    ada.sync();
    assert_eq!(
        timeless_one(ada.show(assigned)),
        timeless_one(ben.show(assigned))
    );
    let unknown = site.hub_run("assign", &[assigned, "99"]).failed();
    assert!(unknown.contains("no such incident or device"), "{unknown}");
}

#[test]
fn work_on_an_incident_that_was_taken_away_is_refused_and_stays_on_the_phone() {
    let (site, _hub) = Site::with_hub();
    let (ada, _, _, his) = logged(&site);
    site.hub_run("assign", &[&his[0], &number(&site, "educator", 0)])
        .done();
    ada.sync();
    let before = timeless(site.hub_export());
    site.hub_run(
        "assign",
        &[&his[0], &number(&site, "educator", 0), "--remove"],
    )
    .done();
    ada.edit(&his[0], &json!([{"action": {"code": "too_late"}}]));
    let run = ada.run(&["sync", "--json"]);
    assert_eq!(run.code, Some(1), "it says that something was refused");
    assert!(run.stderr.contains("refused"), "{}", run.stderr);
    assert_eq!(
        timeless(site.hub_export()),
        before,
        "nothing of it is at the hub"
    );
    assert!(
        ada.show(&his[0]).to_string().contains("too_late"),
        "unsent work is never taken off a phone"
    );
    let listed = ada.run(&["list"]).done();
    assert!(
        !listed.contains("0 changes wait for the hub, 0 were refused"),
        "{listed}"
    );
    // The rest of her work continues.
    let new = ada.log(&incidents::fixture("mexico.jsonl")[..1]).remove(0);
    ada.run(&["sync"]);
    assert!(
        site.hub_export()
            .iter()
            .any(|incident| incident["id"] == new)
    );
    // Once it is hers again, it lands.
    site.hub_run("assign", &[&his[0], &number(&site, "educator", 0)])
        .done();
    ada.sync();
    assert!(
        site.hub_export()
            .iter()
            .any(|incident| incident.to_string().contains("too_late"))
    );
}

#[test]
fn a_change_of_an_incident_out_of_scope_is_refused_whatever_a_device_claims() {
    let (site, _hub) = Site::with_hub();
    let (mut author, mut stranger) = (
        ByHand::enrol(&site.invite("educator"), 8),
        ByHand::enrol(&site.invite("educator"), 9),
    );
    let written = author.incident(1);
    author.push(vec![written.group()]);
    let mut forged = written.clone();
    forged.actor = [77; 8];
    forged.edit(&json!({"action": {"code": "forged"}}));
    for relayed in [false, true] {
        let mut pushed = group(written.id, forged.chunks[2..].to_vec());
        pushed.relayed = relayed;
        let own = stranger.incident(0).group();
        let answer = stranger.push(vec![pushed, own]);
        assert_eq!(
            answer.verdicts,
            [Verdict::Rejected(Refusal::OutOfScope), Verdict::Stored]
        );
        assert!(
            answer
                .pull
                .groups
                .iter()
                .all(|group| group.incident != written.id),
            "and it is told nothing of it"
        );
        assert!(
            answer
                .pull
                .need
                .iter()
                .all(|need| need.incident != written.id)
        );
    }
    let held: Vec<Value> = site.hub_export();
    assert!(
        !held
            .iter()
            .any(|incident| incident.to_string().contains("forged"))
    );
}
