//! What a device is given along the feed.

use std::path::Path;

use vicinity_core::admit::Verdict;
use vicinity_core::batch::{Cursor, DocumentHeads, Group};
use vicinity_core::ids::{ChangeHash, IncidentId};
use vicinity_store::device::{Delivered, DeviceStore};
use vicinity_store::hub::{HubStore, Peer, Role};

use super::stage::{ALL_BYTES, Hub, changes_of, count, names};
use crate::engine::DeviceEngine;
use crate::person::{Person, consented, group, hash, incident_id};

/// Such a device has to compare everything.
pub fn a_cursor_of_another_epoch_or_chain_or_beyond_the_head_is_refused<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    let ben = hub.enrols(Role::Responder);
    let mut person = Person::logs(incident_id(1), 1, &consented());
    person.edits_times(2);
    hub.takes(&ben, &[person.group()]);
    let good = hub.gives(&ben, hub.start).cursor;
    assert_eq!(good.seq, 3);
    let other = |bytes: [u8; 16]| bytes.map(|byte| byte ^ 1);
    let bad = [
        Cursor {
            epoch: other(good.epoch),
            ..good
        },
        Cursor {
            chain: other(good.chain),
            ..good
        },
        Cursor {
            seq: good.seq + 1,
            ..good
        },
        Cursor {
            seq: good.seq - 1,
            ..good
        },
        Cursor {
            seq: u64::MAX,
            ..good
        },
        Cursor {
            chain: good.chain,
            ..hub.start
        },
    ];
    for cursor in bad {
        assert_eq!(
            hub.store
                .pull(&ben, Some(cursor), None, &[], ALL_BYTES)
                .expect("an answer"),
            None,
            "{cursor:?}"
        );
    }
    assert_eq!(hub.gives(&ben, good).groups, []);
}

/// However slow the link.
pub fn pulling_by_small_pages_gives_everything_once_and_ends<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    let (ada, ben) = (hub.enrols(Role::Educator), hub.enrols(Role::Responder));
    let mut people: Vec<Person> = (1..=3)
        .map(|number| Person::logs(incident_id(number), number, &consented()))
        .collect();
    for _ in 0..3 {
        for person in &mut people {
            person.edits_times(1);
            hub.takes(&ada, &[person.group()]);
        }
    }
    let (mut cursor, mut groups, mut pages) = (hub.start, Vec::new(), 0);
    loop {
        let pull = hub
            .store
            .pull(&ben, Some(cursor), None, &[], 1)
            .expect("a pull")
            .expect("a cursor of this feed");
        assert!(pull.cursor.seq > cursor.seq, "every page goes on");
        cursor = pull.cursor;
        pages += 1;
        groups.extend(pull.groups);
        if !pull.more {
            break;
        }
    }
    assert_eq!((count(&groups), pages), (12, 12));
    for (number, person) in (1..).zip(&people) {
        assert_eq!(
            changes_of(&groups, incident_id(number)),
            names(person.chunks())
        );
    }
    assert_eq!(cursor, hub.gives(&ben, hub.start).cursor);
}

/// A restored phone lacks what its former life had sent.
pub fn a_life_of_a_device_is_not_given_what_it_pushed_and_another_life_is<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    let ada = hub.enrols(Role::Educator);
    let id = incident_id(1);
    let mut person = Person::logs(id, 1, &consented());
    person.edits_times(2);
    // One that had to wait is its own anyway.
    hub.takes(&ada, &[group(id, &person.chunks()[2..])]);
    hub.takes(&ada, &[group(id, &person.chunks()[..2])]);
    let pull = hub.gives(&ada, hub.start);
    assert_eq!((count(&pull.groups), pull.cursor.seq), (0, 3));
    let restored = Peer {
        incarnation: ada.incarnation + 1,
        ..ada
    };
    assert_eq!(
        changes_of(&hub.gives(&restored, hub.start).groups, id),
        names(person.chunks())
    );
}

/// An educator's phone that is searched has nothing to tell.
pub fn responders_are_told_who_wrote_and_educators_are_not<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    let (ada, ben) = (hub.enrols(Role::Educator), hub.enrols(Role::Responder));
    let person = Person::logs(incident_id(1), 1, &consented());
    hub.takes(&ada, &[person.group()]);
    let mut answer = Person::copies(incident_id(1), 2, person.chunks());
    answer.edits_times(1);
    hub.takes(&ben, &[answer.group()]);
    let writers = |groups: &[Group]| {
        groups
            .iter()
            .flat_map(|group| &group.changes)
            .map(|change| change.by)
            .collect::<Vec<_>>()
    };
    assert_eq!(writers(&hub.gives(&ben, hub.start).groups), [ada.number]);
    assert_eq!(writers(&hub.gives(&ada, hub.start).groups), [0]);
}

/// By naming the heads the hub has.
pub fn ancestors_are_asked_for_while_a_pushed_change_waits<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    let ada = hub.enrols(Role::Educator);
    let id = incident_id(1);
    let mut person = Person::logs(id, 1, &consented());
    person.edits_times(2);
    let mut need = |pushed: &[Vec<u8>]| {
        hub.takes(&ada, &[group(id, pushed)]);
        hub.store
            .pull(&ada, Some(hub.start), None, &[id], ALL_BYTES)
            .expect("a pull")
            .expect("a cursor of this feed")
            .need
    };
    let heads_of = |chunks: &[Vec<u8>]| {
        vec![DocumentHeads {
            incident: id,
            heads: chunks.iter().map(|chunk| hash(chunk)).collect(),
        }]
    };
    assert_eq!(need(&person.chunks()[2..]), heads_of(&[]));
    assert_eq!(need(&person.chunks()[..1]), heads_of(&person.chunks()[..1]));
    assert_eq!(need(&person.chunks()[1..2]), []);
}

/// The end check of a sync.
pub fn digests_of_hub_and_device_agree_after_an_exchange<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    let (ada, ben) = (hub.enrols(Role::Educator), hub.enrols(Role::Responder));
    let (mut adas, mut bens) = (DeviceEngine::new(), DeviceEngine::new());
    for number in 1..=3 {
        let (phone, actor) = if number == 1 {
            (&mut bens, 20)
        } else {
            (&mut adas, number)
        };
        phone
            .write(&[Person::logs(incident_id(number), actor, &consented()).written(1)])
            .expect("written");
    }
    let places = [(ada, hub.start), (ben, hub.start)];
    let mut digests = Vec::new();
    for (phone, (peer, cursor)) in [&mut adas, &mut bens].into_iter().zip(places) {
        digests.push(exchange(&mut hub, phone, &peer, cursor));
    }
    assert!(digests.iter().all(|(hubs, devices)| hubs == devices));
    assert_ne!(digests[0].0, digests[1].0, "the responder sees more");
    // The responder answers, and the educator fetches the answer.
    let mut answer = Person::copies(
        incident_id(2),
        21,
        &bens.chunks(incident_id(2)).expect("chunks"),
    );
    answer.edits_times(2);
    bens.write(&[answer.written(2)]).expect("written");
    for (phone, (peer, cursor)) in [&mut bens, &mut adas]
        .into_iter()
        .zip([places[1], places[0]])
    {
        let (hubs, devices) = exchange(&mut hub, phone, &peer, cursor);
        assert_eq!(hubs, devices);
    }
    assert_eq!(
        adas.incident(incident_id(2))
            .expect("a reading")
            .map(|row| row.heads),
        Some(answer.heads())
    );
}

type Digests = (
    vicinity_core::ids::ScopeDigest,
    vicinity_core::ids::ScopeDigest,
);

/// One request: the outbox, verdicts, pull and delivery; the digests of both ends.
fn exchange<S: HubStore>(
    hub: &mut Hub<S>,
    phone: &mut DeviceEngine,
    peer: &Peer,
    cursor: Cursor,
) -> Digests {
    let groups = phone.outbox(0, ALL_BYTES).expect("an outbox").groups;
    let verdicts = hub.takes(peer, &groups);
    assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Stored));
    let acked: Vec<(IncidentId, ChangeHash)> = groups
        .iter()
        .flat_map(|group| {
            group
                .changes
                .iter()
                .map(|change| (group.incident, hash(&change.chunk)))
        })
        .collect();
    let pull = hub.gives(peer, cursor);
    let delivered = Delivered {
        acked: &acked,
        groups: &pull.groups,
        removed: &pull.removed,
        cursor: Some(pull.cursor),
        ..Delivered::default()
    };
    (
        pull.digest,
        phone.deliver(&delivered).expect("a delivery").digest,
    )
}
