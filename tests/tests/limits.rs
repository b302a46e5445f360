//! A device that has filled its share stops nobody else.

use serde_json::json;
use vicinity_core::admit::Verdict;
use vicinity_core::batch::Group;
use vicinity_tests::by_hand::{ByHand, group, request};
use vicinity_tests::database::{number, tamper};
use vicinity_tests::http;
use vicinity_tests::site::Site;

fn incident() -> serde_json::Value {
    json!({"reported_at": "2026-10-05T09:00:00Z", "violations": ["robbery_theft"], "consents": ["hub_response"]})
}

#[test]
fn a_device_that_has_filled_its_share_is_told_so_and_others_go_on() {
    let (site, hub) = Site::with_hub();
    let (full, other) = (
        site.enrolled("full", "educator"),
        site.enrolled("other", "educator"),
    );
    full.log(&[incident()]);
    full.sync();
    assert!(
        number(
            hub.data(),
            "SELECT stored_bytes FROM devices WHERE number = 1"
        ) > 0
    );
    tamper(
        hub.data(),
        "UPDATE devices SET stored_bytes = stored_bytes + 268435456 WHERE number = 1",
    );
    // It is still given what it lacks; only more of its own is refused.
    full.sync();
    full.log(&[incident()]);
    let said = full.run(&["sync"]).failed();
    assert!(said.contains("filled its share"), "{said}");
    other.log(&[incident()]);
    other.sync();
    assert_eq!(site.hub_export().len(), 2);
    tamper(
        hub.data(),
        "UPDATE devices SET stored_bytes = 0 WHERE number = 1",
    );
    full.sync();
    assert_eq!(site.hub_export().len(), 3, "nothing was lost meanwhile");
}

#[test]
fn refused_changes_of_one_device_leave_room_for_those_of_another() {
    let (site, hub) = Site::with_hub();
    let (mut full, mut other) = (
        ByHand::enrol(&site.invite("educator"), 1),
        ByHand::enrol(&site.invite("educator"), 2),
    );
    let refused =
        |device: &mut ByHand| -> Group { group(device.incident(0).id, vec![vec![7; 100 * 1024]]) };
    for _ in 0..25 {
        let group = refused(&mut full);
        assert_eq!(full.push(vec![group]).verdicts.len(), 1);
    }
    assert_eq!(
        number(hub.data(), "SELECT count(*) FROM quarantine"),
        20,
        "two MiB of them"
    );
    let group = refused(&mut other);
    other.push(vec![group]);
    assert_eq!(
        number(
            hub.data(),
            "SELECT count(*) FROM quarantine WHERE device = 2"
        ),
        1
    );
    // Nothing that was refused stays in an envelope.
    assert_eq!(number(hub.data(), "SELECT count(*) FROM envelopes"), 0);
}

#[test]
fn a_request_of_too_much_work_is_taken_in_parts_and_comes_to_its_end() {
    let (site, hub) = Site::with_hub();
    let mut device = ByHand::enrol(&site.invite("educator"), 1);
    let mut left: Vec<Group> = (0..600)
        .map(|_| device.incident(0))
        .map(|written| group(written.id, written.chunks))
        .collect();
    let mut requests = 0;
    while !left.is_empty() {
        let verdicts = device.push(left.clone()).verdicts;
        assert_eq!(verdicts.len(), left.len());
        let before = left.len();
        left = left
            .into_iter()
            .zip(&verdicts)
            .filter(|(_, verdict)| **verdict == Verdict::NotYet)
            .map(|(group, _)| group)
            .collect();
        assert!(left.len() < before, "each request gets on");
        requests += 1;
    }
    assert!(requests > 1, "all at once");
    assert_eq!(number(hub.data(), "SELECT count(*) FROM documents"), 600);
}

#[test]
fn naming_a_large_incident_thousands_of_times_is_answered_for_each() {
    let (site, hub) = Site::with_hub();
    let mut device = ByHand::enrol(&site.invite("educator"), 1);
    let written = device.incident(300);
    device.push(vec![group(written.id, written.chunks.clone())]);
    for groups in [500, 4000] {
        let named = vec![group(written.id, written.chunks[..1].to_vec()); groups];
        assert_eq!(
            device.push(named).verdicts,
            vec![Verdict::Duplicate; groups]
        );
    }
    assert_eq!(number(hub.data(), "SELECT count(*) FROM feed"), 301);
}

#[test]
fn asking_for_a_large_incident_again_and_again_spends_ones_own_share() {
    let (site, hub) = Site::with_hub();
    let (mut greedy, other) = (
        ByHand::enrol(&site.invite("educator"), 1),
        site.enrolled("other", "educator"),
    );
    let written = greedy.incident(2000);
    greedy.push(vec![group(written.id, written.chunks.clone())]);
    // A request without a place in the feed compares everything, and is given everything.
    let ask = |device: &mut ByHand| device.post(request(Vec::new()).encode()).status;
    let answered = (0..2000).take_while(|_| ask(&mut greedy) == 200).count();
    assert!(
        (100..1000).contains(&answered),
        "{answered} requests were answered"
    );
    assert_eq!(ask(&mut greedy), 429);
    assert!(http::get(&hub.address, "/metrics").contains("slow_down"));
    other.log(&[incident()]);
    other.sync();
    assert_eq!(site.hub_export().len(), 2);
}

#[test]
fn fifty_devices_enrol_and_push_at_once() {
    let (site, hub) = Site::with_hub();
    let links: Vec<String> = (0..50).map(|_| site.invite("educator")).collect();
    let devices: Vec<_> = links
        .into_iter()
        .zip(0u64..)
        .map(|(link, seed)| {
            std::thread::spawn(move || {
                let mut device = ByHand::enrol(&link, 100 + seed);
                let groups = (0..20).map(|_| device.incident(3).group()).collect();
                device.push(groups);
            })
        })
        .collect();
    devices
        .into_iter()
        .for_each(|device| device.join().expect("a device that was served"));
    assert_eq!(site.hub_export().len(), 50 * 20);
    let metrics = http::get(&hub.address, "/metrics");
    assert!(
        !metrics.contains("slow_down") && !metrics.contains("quota"),
        "{metrics}"
    );
}
