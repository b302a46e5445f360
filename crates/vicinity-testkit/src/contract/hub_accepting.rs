//! What a hub takes, and what it refuses.

use std::path::Path;

use serde_json::json;
use vicinity_core::admit::{ORPHANS_MAX, Verdict};
use vicinity_core::batch::{Group, GroupChange};
use vicinity_core::guard::Refusal;
use vicinity_store::hub::{HubStore, Role};
use vicinity_store::policy;

use super::stage::{Hub, changes_of, names};
use crate::person::{Person, consented, group, hash, incident_id, now, with_consents};

const STORED: Verdict = Verdict::Stored;
const PENDING: Verdict = Verdict::Pending;

fn refused(refusal: Refusal) -> Verdict {
    Verdict::Rejected(refusal)
}

/// What was accepted can be read at once, by row, by chunk and by feed.
pub fn an_accepted_change_is_in_the_feed_and_in_the_view<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    let (ada, ben) = (hub.enrols(Role::Educator), hub.enrols(Role::Responder));
    let id = incident_id(1);
    let mut person = Person::logs(id, 1, &consented());
    person.edits(&json!({"set": {"field": "danger_now", "value": "yes"}}));
    assert_eq!(hub.takes(&ada, &[person.group()]), [STORED, STORED]);
    assert_eq!(hub.view(id).text("danger_now"), Some("yes"));
    let row = hub
        .store
        .incident(id)
        .expect("a reading")
        .expect("an incident");
    assert_eq!((row.heads, row.incident), (person.heads(), person.view()));
    assert_eq!(hub.store.chunks(id).expect("chunks"), person.chunks());
    assert_eq!(
        hub.store
            .author(id, hash(&person.chunks()[1]))
            .expect("an author"),
        Some(ada.number)
    );
    let pull = hub.gives(&ben, hub.start);
    assert_eq!(changes_of(&pull.groups, id), names(person.chunks()));
    assert_eq!(hub.store.counts().expect("counts").feed_seq, 2);
}

/// A batch that was cut before its answer comes again.
pub fn accepting_twice_gives_duplicates_and_changes_nothing<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    let ada = hub.enrols(Role::Educator);
    let mut person = Person::logs(incident_id(1), 1, &consented());
    person.edits_times(3);
    hub.takes(&ada, &[person.group()]);
    let before = hub.footprint();
    let mut twice_in_one = person.group();
    twice_in_one.changes.extend(person.group().changes);
    assert_eq!(hub.takes(&ada, &[twice_in_one]), [Verdict::Duplicate; 8]);
    assert_eq!(hub.footprint(), before);
}

/// Anyone who names a large document a thousand times, with nothing new, costs the hub looks at an index.
pub fn what_is_known_is_said_so_without_loading_anything<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    let (ada, ben) = (hub.enrols(Role::Educator), hub.enrols(Role::Responder));
    let mut person = Person::logs(incident_id(1), 1, &consented());
    person.edits_times(20);
    hub.takes(&ada, &[person.group()]);
    let before = (hub.store.loaded(), hub.footprint());
    let one = group(incident_id(1), &person.chunks()[3..4]);
    let relayed = Group {
        relayed: true,
        ..one.clone()
    };
    assert_eq!(
        hub.takes(&ada, &vec![one; 500]),
        vec![Verdict::Duplicate; 500]
    );
    assert_eq!(
        hub.takes(&ben, &vec![relayed; 500]),
        vec![Verdict::Duplicate; 500]
    );
    let mut orphan = person.clone();
    orphan.edits_times(2);
    assert_eq!(
        hub.takes(
            &ada,
            &vec![group(incident_id(1), &orphan.chunks()[22..]); 500]
        ),
        vec![PENDING; 500]
    );
    assert_eq!(
        (hub.store.loaded(), hub.footprint().1),
        (before.0, before.1.1)
    );
}

/// Merging groups changes neither who is reported to have written what, nor the order of the verdicts.
pub fn groups_of_one_document_load_it_once_and_each_change_keeps_its_verdict<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(&make);
    let (ada, ben) = (hub.enrols(Role::Educator), hub.enrols(Role::Responder));
    let mut person = Person::logs(incident_id(1), 1, &consented());
    hub.takes(&ada, &[person.group()]);
    let theirs = person.edits(&json!({"set": {"field": "danger_now", "value": "yes"}}));
    let forged = person
        .clone()
        .edits(&json!({"set": {"field": "held_now", "value": "no"}}));
    let mut own = Person::copies(incident_id(1), 2, person.chunks());
    let mine = own.edits(&json!({"add": {"set": "needs", "code": "shelter"}}));
    let other = Person::logs(incident_id(2), 3, &consented());
    let (relayed, loaded) = (
        |chunk: &Vec<u8>| Group {
            relayed: true,
            ..group(incident_id(1), std::slice::from_ref(chunk))
        },
        hub.store.loaded(),
    );
    let groups = [
        group(incident_id(1), std::slice::from_ref(&mine)),
        other.group(),
        group(incident_id(1), &[forged]),
        relayed(&theirs),
        relayed(&person.chunks()[0]),
        group(incident_id(1), &[vec![1, 2, 3]]),
    ];
    let verdicts = hub.takes(&ben, &groups);
    assert_eq!(
        verdicts[..5],
        [
            STORED,
            STORED,
            refused(Refusal::ForeignActor),
            STORED,
            Verdict::Duplicate
        ]
    );
    assert!(
        matches!(verdicts[5], Verdict::Rejected(_)),
        "{:?}",
        verdicts[5]
    );
    let author = |hub: &mut Hub<S>, chunk: &[u8]| {
        hub.store
            .author(incident_id(1), hash(chunk))
            .expect("an author")
    };
    assert_eq!(
        (author(&mut hub, &mine), author(&mut hub, &theirs)),
        (Some(ben.number), Some(ada.number))
    );
    let once = hub.store.loaded() - loaded;
    // The same in one group each: both documents were loaded once.
    let mut apart = Hub::new(&make);
    let (ada, ben) = (apart.enrols(Role::Educator), apart.enrols(Role::Responder));
    apart.takes(&ada, &[group(incident_id(1), &person.chunks()[..1])]);
    let loaded = apart.store.loaded();
    apart.takes(&ben, &[relayed(&theirs), other.group()]);
    let more = apart.store.loaded() - loaded;
    assert!(
        once > more && once < 2 * more,
        "{once} operations, and {more} without one of them"
    );
}

/// What decides on a device's share: an upper bound of what is loaded then, and next to nothing where nothing is new.
pub fn what_it_will_cost_is_known_before_anything_is_loaded<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    let ada = hub.enrols(Role::Educator);
    let mut person = Person::logs(incident_id(1), 1, &consented());
    person.edits_times(200);
    hub.takes(&ada, &[person.group()]);
    let weigh = |hub: &mut Hub<S>, groups: &[Group]| {
        let documents = policy::by_incident(groups);
        documents
            .iter()
            .map(|(incident, changes)| hub.store.weigh(&ada, *incident, changes).expect("a weight"))
            .sum::<u64>()
    };
    let known = vec![group(incident_id(1), &person.chunks()[3..4]); 4000];
    let before = hub.store.loaded();
    assert!(weigh(&mut hub, &known) < 1000);
    let new = [group(incident_id(1), &person.edits_times(1))];
    let weight = weigh(&mut hub, &new);
    assert_eq!(hub.store.loaded(), before, "weighing loads nothing");
    hub.takes(&ada, &new);
    let loaded = hub.store.loaded() - before;
    assert!(
        loaded > 200 && policy::in_one_piece(weight) >= loaded,
        "{weight} for {loaded}"
    );
    assert!(
        policy::in_one_piece(weight - 2 * policy::DOCUMENT_OPS) <= loaded,
        "{weight} for {loaded}"
    );
}

/// Two branches of one restored phone: automerge would reject the whole call.
pub fn a_reused_number_of_an_actor_is_refused_and_the_rest_of_the_batch_lands<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    let ada = hub.enrols(Role::Educator);
    let mut person = Person::logs(incident_id(1), 1, &consented());
    let mut restored = person.clone();
    person.edits(&json!({"set": {"field": "danger_now", "value": "yes"}}));
    let reused = restored.edits(&json!({"set": {"field": "held_now", "value": "yes"}}));
    hub.takes(&ada, &[person.group()]);
    let next = person.edits(&json!({"add": {"set": "needs", "code": "shelter"}}));
    let other = Person::logs(incident_id(2), 2, &consented());
    let verdicts = hub.takes(
        &ada,
        &[group(incident_id(1), &[reused, next]), other.group()],
    );
    assert_eq!(verdicts, [refused(Refusal::SeqReused), STORED, STORED]);
    let view = hub.view(incident_id(1));
    assert!(view.has("needs", "shelter") && view.text("held_now").is_none());
}

/// A stolen phone must not be able to write in another's name, nor to take its numbers.
pub fn an_actor_of_another_device_is_refused_and_its_owner_goes_on<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    let (ada, eve) = (hub.enrols(Role::Educator), hub.enrols(Role::Responder));
    let mut person = Person::logs(incident_id(1), 1, &consented());
    hub.takes(&ada, &[person.group()]);
    let mut forger = person.clone();
    let forged = forger.edits(&json!({"set": {"field": "danger_now", "value": "unknown"}}));
    let mut honest = Person::copies(incident_id(1), 2, person.chunks());
    let fine = honest.edits(&json!({"add": {"set": "needs", "code": "shelter"}}));
    assert_eq!(
        hub.takes(&eve, &[group(incident_id(1), &[forged, fine])]),
        [refused(Refusal::ForeignActor), STORED]
    );
    let true_one = person.edits(&json!({"set": {"field": "danger_now", "value": "yes"}}));
    assert_eq!(
        hub.takes(&ada, &[group(incident_id(1), &[true_one])]),
        [STORED]
    );
    assert_eq!(
        hub.store.quarantine().expect("the quarantine"),
        [(Refusal::ForeignActor, 1)]
    );
}

/// After a hub was restored from a backup, phones bring what others had written.
pub fn a_device_may_relay_what_another_wrote<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    let (ada, ben) = (hub.enrols(Role::Educator), hub.enrols(Role::Responder));
    let mut person = Person::logs(incident_id(1), 1, &consented());
    hub.takes(&ada, &[person.group()]);
    let lost = person.edits(&json!({"set": {"field": "danger_now", "value": "yes"}}));
    let relayed = Group {
        relayed: true,
        ..group(incident_id(1), &[lost])
    };
    assert_eq!(hub.takes(&ben, &[relayed]), [STORED]);
    let own = person.edits(&json!({"set": {"field": "danger_now", "value": "no"}}));
    assert_eq!(hub.takes(&ada, &[group(incident_id(1), &[own])]), [STORED]);
}

/// Changes may come in any order, also over several requests.
pub fn orphans_wait_and_are_taken_when_their_ancestors_come<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    let (ada, ben) = (hub.enrols(Role::Educator), hub.enrols(Role::Responder));
    let id = incident_id(1);
    let mut person = Person::logs(id, 1, &consented());
    person.edits_times(3);
    let chunks = person.chunks();
    assert_eq!(
        hub.takes(&ada, &[group(id, &chunks[2..])]),
        [PENDING, PENDING]
    );
    assert_eq!(
        hub.takes(&ada, &[group(id, &chunks[2..])]),
        [PENDING, PENDING]
    );
    assert_eq!(hub.store.counts().expect("counts").waiting, 2);
    assert_eq!(hub.store.incident(id).expect("a reading"), None);
    assert_eq!(hub.takes(&ada, &[group(id, &chunks[..1])]), [STORED]);
    assert_eq!(hub.takes(&ada, &[group(id, &chunks[1..2])]), [STORED]);
    assert_eq!(hub.store.counts().expect("counts").waiting, 0);
    assert_eq!(
        hub.store
            .incident(id)
            .expect("a reading")
            .map(|row| row.heads),
        Some(person.heads())
    );
    assert_eq!(
        changes_of(&hub.gives(&ben, hub.start).groups, id),
        names(chunks)
    );
    assert_eq!(
        hub.store.author(id, hash(&chunks[3])).expect("an author"),
        Some(ada.number)
    );
}

/// Over all requests together: nobody fills the hub with what can never be read.
pub fn at_most_64_orphans_of_an_incident_wait<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    let ada = hub.enrols(Role::Educator);
    let id = incident_id(1);
    let mut person = Person::logs(id, 1, &consented());
    person.edits_times(ORPHANS_MAX + 2);
    let chunks = person.chunks();
    assert!(
        hub.takes(&ada, &[group(id, &chunks[1..41])])
            .iter()
            .all(|verdict| *verdict == PENDING)
    );
    let verdicts = hub.takes(&ada, &[group(id, &chunks[41..])]);
    assert_eq!(
        verdicts
            .iter()
            .filter(|verdict| **verdict == PENDING)
            .count(),
        ORPHANS_MAX - 40
    );
    assert_eq!(
        verdicts[ORPHANS_MAX - 40..],
        [refused(Refusal::TooManyOrphans); 2]
    );
    assert_eq!(
        hub.store.counts().expect("counts").waiting,
        ORPHANS_MAX as u64
    );
    assert_eq!(hub.takes(&ada, &[group(id, &chunks[..1])]), [STORED]);
    assert_eq!(hub.store.chunks(id).expect("chunks").len(), ORPHANS_MAX + 1);
    assert_eq!(
        hub.takes(&ada, &[group(id, &chunks[ORPHANS_MAX + 1..])]),
        [STORED, STORED]
    );
}

/// It would be asked after permanently.
pub fn an_orphan_that_turns_out_bad_stops_waiting<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    let ada = hub.enrols(Role::Educator);
    let id = incident_id(1);
    let mut person = Person::logs(id, 1, &consented());
    let mut chunks = person.chunks().to_vec();
    let other = Person::copies(id, 2, &chunks).edits_times(1);
    chunks.extend(other.clone());
    // A restored phone, which does not know that it had given this number before.
    let reused = Person::copies(id, 1, &chunks).edits_times(1).remove(0);
    person.edits(&json!({"set": {"field": "danger_now", "value": "yes"}}));
    assert_eq!(hub.takes(&ada, &[person.group()]), [STORED, STORED]);
    assert_eq!(
        hub.takes(&ada, &[group(id, core::slice::from_ref(&reused))]),
        [PENDING]
    );
    assert_eq!(hub.takes(&ada, &[group(id, &other)]), [STORED]);
    assert_eq!(hub.store.counts().expect("counts").waiting, 0);
    assert_eq!(
        hub.store.quarantine().expect("the quarantine"),
        [(Refusal::SeqReused, 1)]
    );
    assert_eq!(
        hub.takes(&ada, &[group(id, &[reused])]),
        [refused(Refusal::SeqReused)]
    );
}

/// Not a byte of it, not even among what was refused.
pub fn an_incident_without_consent_is_refused_and_leaves_nothing<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    let ada = hub.enrols(Role::Educator);
    let before = hub.footprint();
    let mut person = Person::logs(incident_id(1), 1, &with_consents(&["national_deid"]));
    person.edits_times(1);
    assert_eq!(
        hub.takes(&ada, &[person.group()]),
        [refused(Refusal::ConsentMissing); 2]
    );
    assert_eq!(hub.footprint(), before);
    person.edits(&json!({"consent": {"scope": "hub_response", "state": "granted"}}));
    assert_eq!(hub.takes(&ada, &[person.group()]), [STORED; 3]);
}

/// Once, however often it comes.
pub fn what_is_refused_is_kept_with_its_reason<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    let ada = hub.enrols(Role::Educator);
    let garbage = GroupChange {
        chunk: b"no change at all".to_vec(),
        by: 0,
    };
    let groups = [Group {
        incident: incident_id(1),
        relayed: false,
        changes: vec![garbage],
    }];
    for _ in 0..2 {
        assert_eq!(hub.takes(&ada, &groups), [refused(Refusal::Malformed)]);
    }
    assert_eq!(
        hub.store.quarantine().expect("the quarantine"),
        [(Refusal::Malformed, 1)]
    );
    let counts = hub.store.counts().expect("counts");
    assert_eq!(
        (counts.quarantined, counts.incidents, counts.feed_seq),
        (1, 0, 0)
    );
}

/// Ascending, whatever the order in which they came.
pub fn incidents_are_walked_in_the_order_of_their_ids<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    let ada = hub.enrols(Role::Educator);
    for number in [3, 1, 2] {
        hub.takes(
            &ada,
            &[Person::logs(incident_id(number), number, &consented()).group()],
        );
    }
    let (counts, incidents) = hub.footprint();
    assert_eq!(
        incidents
            .iter()
            .map(|(incident, _)| *incident)
            .collect::<Vec<_>>(),
        [1, 2, 3].map(incident_id)
    );
    assert_eq!(counts.incidents, 3);
}

/// All of them, also where one of them is about nothing.
pub fn a_group_commit_keeps_what_its_steps_did<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    let ada = hub.enrols(Role::Educator);
    let mut random = crate::person::Counting::default();
    let committed = hub.store.group_commit(&mut |store| {
        for number in [1, 2] {
            let person = Person::logs(incident_id(number), number, &consented());
            assert_eq!(
                store
                    .accept(&ada, None, &[person.group()], now(), &mut random)
                    .expect("an answer"),
                [STORED]
            );
        }
        assert!(
            !store
                .assign(incident_id(9), 1, true, now())
                .expect("an answer")
        );
        store.set_setting("name", b"Dakar").expect("a setting");
        true
    });
    committed.expect("a commit");
    let unwanted = hub.store.group_commit(&mut |store| {
        let person = Person::logs(incident_id(3), 3, &consented());
        assert_eq!(
            store
                .accept(&ada, None, &[person.group()], now(), &mut random)
                .expect("an answer"),
            [STORED]
        );
        false
    });
    assert!(unwanted.is_err());
    assert_eq!(hub.store.counts().expect("counts").incidents, 2);
    assert_eq!(
        hub.store.setting("name").expect("a setting"),
        Some(b"Dakar".to_vec())
    );
}

/// And replaced whole.
pub fn settings_are_kept<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    assert_eq!(hub.store.setting("name").expect("a setting"), None);
    for value in [&b"Dakar"[..], b"", b"Thies"] {
        hub.store.set_setting("name", value).expect("a setting");
        assert_eq!(
            hub.store.setting("name").expect("a setting").as_deref(),
            Some(value)
        );
    }
}
