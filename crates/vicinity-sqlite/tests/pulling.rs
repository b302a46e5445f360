//! What one pull may cost.
#![allow(clippy::unwrap_used, reason = "tests")]

use vicinity_core::batch::{DocumentHeads, HeadsPage};
use vicinity_core::ids::{ChangeHash, DeviceId, IncidentId};
use vicinity_sqlite::SqliteHub;
use vicinity_store::DatabaseKey;
use vicinity_store::hub::{HubStore, Peer, Role};
use vicinity_store::policy;
use vicinity_testkit::person::{Counting, Person, consented, group, incident_id, now, now_plus};

/// Incidents at the hub, of `CHANGES` changes each.
const INCIDENTS: u8 = 16;
const CHANGES: usize = 1001;
/// What one pull may cost, and what one incident more than that costs: each change is read in one piece with the others, and given.
const PULL_OPS: u64 = 20_000 + policy::in_one_piece(CHANGES as u64) + CHANGES as u64 + 500;

fn full(folder: &std::path::Path) -> (SqliteHub, Peer) {
    let mut hub = SqliteHub::open(folder, &DatabaseKey::new([7; 32]), [1; 16]).unwrap();
    let mut peers = [Role::Educator, Role::Responder].map(|role| {
        hub.invite([role.code().len() as u8; 32], role, now_plus(60))
            .unwrap();
        let device = DeviceId::from_random([role.code().len() as u8; 16]);
        hub.enrol([role.code().len() as u8; 32], device, [1; 32], now())
            .unwrap()
            .unwrap()
    });
    peers.iter_mut().for_each(|peer| peer.incarnation = 1);
    let [educator, responder] = peers;
    let mut person = Person::logs(incident_id(1), 1, &consented());
    person.edits_times(CHANGES - 1);
    for number in 1..=INCIDENTS {
        hub.accept(
            &educator,
            None,
            &[group(incident_id(number), person.chunks())],
            now(),
            &mut Counting::default(),
        )
        .unwrap();
    }
    (hub, responder)
}

/// Rebases to the end. Gives how many changes came, how many incidents are asked for, and how many pulls it took.
fn rebase(hub: &mut SqliteHub, peer: &Peer, have: &[DocumentHeads]) -> (usize, usize, usize) {
    let (mut after, mut given, mut need, mut pulls) = (None, 0, 0, 0);
    loop {
        let have = have
            .iter()
            .filter(|document| Some(document.incident) > after)
            .cloned()
            .collect();
        let before = hub.loaded();
        let pull = hub
            .pull(
                peer,
                None,
                Some(&HeadsPage {
                    after,
                    until: None,
                    have,
                }),
                &[],
                usize::MAX,
            )
            .unwrap()
            .unwrap();
        let cost = hub.loaded() - before;
        assert!(cost <= PULL_OPS, "{cost} operations in one pull");
        given += pull
            .groups
            .iter()
            .map(|group| group.changes.len())
            .sum::<usize>();
        need += pull.need.len();
        pulls += 1;
        let Some(until) = pull.rebased_until else {
            return (given, need, pulls);
        };
        after = Some(until);
    }
}

#[test]
fn large_incidents_are_given_by_several_pulls_none_of_which_costs_more_than_its_bound() {
    let folder = tempfile::tempdir().unwrap();
    let (mut hub, responder) = full(folder.path());
    let (given, need, pulls) = rebase(&mut hub, &responder, &[]);
    assert_eq!((given, need), (CHANGES * usize::from(INCIDENTS), 0));
    assert!(pulls > 1, "all in one pull");
}

#[test]
fn what_is_looked_at_counts_also_where_nothing_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let (mut hub, responder) = full(folder.path());
    // Each has all that the hub has, and says that it has one change more.
    let heads = |id: IncidentId, hub: &mut SqliteHub| {
        [
            hub.incident(id).unwrap().unwrap().heads,
            vec![ChangeHash([9; 32])],
        ]
        .concat()
    };
    let have: Vec<_> = (1..=INCIDENTS)
        .map(incident_id)
        .map(|incident| DocumentHeads {
            incident,
            heads: heads(incident, &mut hub),
        })
        .collect();
    let (given, need, _) = rebase(&mut hub, &responder, &have);
    assert_eq!((given, need), (0, usize::from(INCIDENTS)));
    let before = hub.loaded();
    hub.pull(
        &responder,
        None,
        Some(&HeadsPage {
            after: None,
            until: None,
            have,
        }),
        &[],
        1,
    )
    .unwrap();
    assert!(hub.loaded() - before >= CHANGES as u64);
}

#[test]
fn the_feed_is_followed_by_several_pulls_none_of_which_costs_more_than_its_bound() {
    let folder = tempfile::tempdir().unwrap();
    let (mut hub, responder) = full(folder.path());
    hub.set_setting(policy::CURSOR_KEY, &[5; 16]).unwrap();
    let mut cursor = policy::cursor(Some(&[5; 16]), [1; 16], 0, [0; 16]);
    let (mut given, mut pulls, mut more) = (0, 0, true);
    while more {
        let before = hub.loaded();
        let pull = hub
            .pull(&responder, Some(cursor), None, &[], usize::MAX)
            .unwrap()
            .unwrap();
        assert!(hub.loaded() - before <= PULL_OPS);
        given += pull
            .groups
            .iter()
            .map(|group| group.changes.len())
            .sum::<usize>();
        (cursor, more, pulls) = (pull.cursor, pull.more, pulls + 1);
    }
    assert_eq!(given, CHANGES * usize::from(INCIDENTS));
    assert!(pulls > 1, "all in one pull");
}
