//! What leaves a device, and what never does.

use std::path::Path;

use serde_json::json;
use vicinity_core::batch::{DocumentHeads, Group};
use vicinity_core::edit::Edit;
use vicinity_core::ids::ScopeDigest;
use vicinity_store::device::{DeviceStore, Written};

use super::stage::{ALL_BYTES, Phone, changes_of, count, names};
use crate::person::{Person, consented, hash, incident_id, now_plus, with_consents};

fn writes<S: DeviceStore>(phone: &mut Phone<S>, written: Written) {
    phone.store.write(&[written]).expect("written");
}

/// At once.
pub fn what_was_written_is_in_the_view_and_in_the_outbox<S: DeviceStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut phone = Phone::new(make);
    let id = incident_id(1);
    let mut person = Person::logs(id, 1, &consented());
    person.edits_times(1);
    let other = Person::logs(incident_id(2), 2, &consented()).written(1);
    phone
        .store
        .write(&[other, person.written(2)])
        .expect("written");
    let row = phone
        .store
        .incident(id)
        .expect("a reading")
        .expect("an incident");
    assert_eq!((row.heads, row.incident), (person.heads(), person.view()));
    assert_eq!(phone.store.chunks(id).expect("chunks"), person.chunks());
    let outbox = phone.outbox();
    assert_eq!(
        (count(&outbox), changes_of(&outbox, id)),
        (3, names(person.chunks()))
    );
    assert!(outbox.iter().all(|group| !group.relayed));
    let mut walked = Vec::new();
    phone
        .store
        .each_incident(&mut |incident, _| {
            walked.push(incident);
            Ok(())
        })
        .expect("a walk");
    assert_eq!(walked, [incident_id(1), incident_id(2)]);
    assert_eq!(phone.store.standing().expect("a standing").unsent, 3);
}

/// Only an acknowledgement that names a change takes it out.
pub fn an_outbox_keeps_what_is_not_acknowledged<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    let id = incident_id(1);
    let mut person = Person::logs(id, 1, &consented());
    person.edits_times(2);
    writes(&mut phone, person.written(3));
    assert_eq!(count(&phone.outbox()), 3);
    let standing = phone.acks(id, &person.chunks()[..2]);
    assert_eq!(
        (standing.unsent, standing.rejected, standing.received),
        (1, 0, 0)
    );
    assert_eq!(
        changes_of(&phone.outbox(), id),
        names(&person.chunks()[2..])
    );
    phone.acks(incident_id(9), &person.chunks()[2..]);
    assert_eq!(
        count(&phone.outbox()),
        1,
        "an acknowledgement of another incident"
    );
    phone.acks(id, person.chunks());
    assert_eq!(phone.outbox(), []);
    assert_eq!(phone.store.chunks(id).expect("chunks"), person.chunks());
}

/// However small, a page holds at least one change.
pub fn an_outbox_by_small_pages_gives_everything_once_and_ends<S: DeviceStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut phone = Phone::new(make);
    let mut people = [1, 2].map(|number| Person::logs(incident_id(number), number, &consented()));
    for _ in 0..3 {
        for person in &mut people {
            person.edits_times(1);
            let unwritten = if person.chunks().len() == 2 { 2 } else { 1 };
            writes(&mut phone, person.written(unwritten));
        }
    }
    let (mut after, mut groups, mut pages) = (0, Vec::new(), 0);
    loop {
        let page = phone.store.outbox(after, 1).expect("an outbox");
        assert!(page.at > after, "every page goes on");
        after = page.at;
        pages += 1;
        groups.extend(page.groups);
        if !page.more {
            break;
        }
    }
    assert_eq!((count(&groups), pages), (8, 8));
    for (number, person) in (1..).zip(&people) {
        assert_eq!(
            changes_of(&groups, incident_id(number)),
            names(person.chunks())
        );
    }
    let behind = phone.store.outbox(after, ALL_BYTES).expect("an outbox");
    assert_eq!(
        (behind.groups, behind.more, behind.at),
        (vec![], false, after)
    );
}

/// Not its heads, not its changes, not even if a hub asks.
pub fn an_incident_without_consent_is_held_back_until_it_is_granted<S: DeviceStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut phone = Phone::new(make);
    let id = incident_id(1);
    let mut person = Person::logs(id, 1, &with_consents(&["national_deid"]));
    writes(&mut phone, person.written(1));
    assert_eq!(
        (
            phone.outbox(),
            phone.store.standing().expect("a standing").unsent
        ),
        (vec![], 0)
    );
    let need = DocumentHeads {
        incident: id,
        heads: Vec::new(),
    };
    assert_eq!(
        phone.store.missing(&need, 0, ALL_BYTES).expect("an answer"),
        (vec![], false)
    );
    assert_eq!(phone.store.heads(None, 10).expect("heads").have, []);
    person.edits(&json!({"consent": {"scope": "hub_response", "state": "granted"}}));
    writes(&mut phone, person.written(1));
    assert_eq!(changes_of(&phone.outbox(), id), names(person.chunks()));
    person.edits(&json!({"consent": {"scope": "hub_response", "state": "withdrawn"}}));
    writes(&mut phone, person.written(1));
    assert_eq!(
        phone.outbox(),
        [],
        "withdrawn before anything of it was sent"
    );
}

/// The phone's clock was ahead when the incident was written.
pub fn what_a_clock_ahead_held_back_may_leave_when_the_clock_is_right<S: DeviceStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut phone = Phone::new(make);
    let mut incident = with_consents(&[]);
    incident["consents"] =
        json!([{"scope": "hub_response", "expires_at": now_plus(3600).to_string()}]);
    let mut person = Person::logs(incident_id(1), 1, &incident);
    writes(
        &mut phone,
        Written {
            granted: false,
            ..person.written(1)
        },
    );
    writes(
        &mut phone,
        Person::logs(incident_id(2), 2, &with_consents(&["national_deid"])).written(1),
    );
    phone.store.recheck_grants(now_plus(3600)).expect("a look");
    assert_eq!(phone.outbox(), [], "it has ended");
    phone.store.recheck_grants(now_plus(3599)).expect("a look");
    assert_eq!(
        (
            count(&phone.outbox()),
            changes_of(&phone.outbox(), incident_id(1))
        ),
        (1, names(person.chunks()))
    );
    phone.store.recheck_grants(now_plus(3600)).expect("a look");
    assert_eq!(count(&phone.outbox()), 1, "nothing is held back by it");
}

/// The hub has to know.
pub fn the_withdrawal_of_what_was_shared_is_sent<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    let id = incident_id(1);
    let mut person = Person::logs(id, 1, &consented());
    writes(&mut phone, person.written(1));
    phone.acks(id, person.chunks());
    let withdrawal =
        person.edits(&json!({"consent": {"scope": "hub_response", "state": "withdrawn"}}));
    writes(&mut phone, person.written(1));
    assert_eq!(changes_of(&phone.outbox(), id), names(&[withdrawal]));
    assert_eq!(phone.store.standing().expect("a standing").unsent, 1);
}

/// Its acknowledgement was lost, or it left the scope and came back: the withdrawal of what is there must not wait permanently.
pub fn what_the_hub_gives_back_it_has<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    let id = incident_id(1);
    let mut person = Person::logs(id, 1, &consented());
    person.edits(&json!({"consent": {"scope": "hub_response", "state": "withdrawn"}}));
    writes(
        &mut phone,
        Written {
            granted: false,
            ..person.written(2)
        },
    );
    assert_eq!(phone.outbox(), []);
    let orphan = &Person::logs(id, 2, &consented())
        .edits(&json!({"set": {"field": "weapon", "value": "yes"}}));
    phone.pulls(id, core::slice::from_ref(orphan));
    assert_eq!(phone.outbox(), [], "what it does not have proves nothing");
    phone.pulls(id, &person.chunks()[..1]);
    assert_eq!(changes_of(&phone.outbox(), id), names(person.chunks()));
    assert_eq!(
        phone.store.heads(None, 10).expect("heads").have,
        [DocumentHeads {
            incident: id,
            heads: person.heads()
        }]
    );
    let digest = ScopeDigest::default().replace(
        ScopeDigest::default(),
        ScopeDigest::term(id, &person.heads()),
    );
    assert_eq!(phone.store.standing().expect("a standing").digest, digest);
}

/// In one group: the hub decides by the group, and would refuse what came before the consent.
pub fn consent_given_later_travels_with_the_incident<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    let id = incident_id(1);
    let mut person = Person::logs(id, 1, &with_consents(&[]));
    writes(&mut phone, person.written(1));
    writes(
        &mut phone,
        Person::logs(incident_id(2), 2, &consented()).written(1),
    );
    person.edits(&json!({"consent": {"scope": "hub_response", "state": "granted"}}));
    writes(&mut phone, person.written(1));
    let outbox = phone.outbox();
    let of_it: Vec<&Group> = outbox.iter().filter(|group| group.incident == id).collect();
    assert_eq!(
        (of_it.len(), of_it[0].changes.len(), count(&outbox)),
        (1, 2, 3)
    );
}

/// The document names them by class and size only.
pub fn statements_never_leave<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    let id = incident_id(1);
    let mut incident = consented();
    incident["statements"] = json!([{"class": "narrative", "text": "Zqxj-Marker was there"}]);
    let mut person = Person::logs(id, 1, &incident);
    writes(&mut phone, person.written(1));
    person.edits(&json!({"statement": {"class": "contact", "text": "Zqxj-Marker again"}}));
    writes(&mut phone, person.written(1));
    let texts: Vec<String> = phone
        .store
        .statements(id)
        .expect("statements")
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    assert_eq!(texts.len(), 2);
    assert!(
        texts.contains(&"Zqxj-Marker was there".to_owned())
            && texts.contains(&"Zqxj-Marker again".to_owned())
    );
    let (missing, _) = phone
        .store
        .missing(
            &DocumentHeads {
                incident: id,
                heads: Vec::new(),
            },
            0,
            ALL_BYTES,
        )
        .expect("an answer");
    let sent: Vec<u8> = phone
        .outbox()
        .iter()
        .chain(&missing)
        .flat_map(|group| &group.changes)
        .flat_map(|change| change.chunk.clone())
        .collect();
    assert!(!sent.windows(11).any(|bytes| bytes == b"Zqxj-Marker"));
    let row = phone
        .store
        .incident(id)
        .expect("a reading")
        .expect("an incident");
    assert!(!vicinity_store::row::facts(&row.incident).contains("Zqxj-Marker"));
    assert_eq!(
        phone.store.statements(incident_id(2)).expect("statements"),
        []
    );
}

/// A hub that was restored from a backup asks, page by page.
pub fn what_a_hub_lacks_is_given_from_the_whole_document<S: DeviceStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut phone = Phone::new(make);
    let id = incident_id(1);
    let mut person = Person::logs(id, 1, &consented());
    person.edits_times(3);
    writes(&mut phone, person.written(4));
    phone.acks(id, person.chunks());
    let mut missing = |heads: Vec<_>, skip: usize, raw_bytes: usize| {
        phone
            .store
            .missing(
                &DocumentHeads {
                    incident: id,
                    heads,
                },
                skip,
                raw_bytes,
            )
            .expect("an answer")
    };
    let (groups, more) = missing(vec![hash(&person.chunks()[1])], 0, ALL_BYTES);
    assert_eq!(
        (changes_of(&groups, id), more),
        (names(&person.chunks()[2..]), false)
    );
    let (mut all, mut skip) = (Vec::new(), 0);
    loop {
        let (groups, more) = missing(Vec::new(), skip, 1);
        assert_eq!(count(&groups), 1);
        skip += 1;
        all.extend(groups);
        if !more {
            break;
        }
    }
    assert_eq!(
        (count(&all), changes_of(&all, id)),
        (4, names(person.chunks()))
    );
    assert_eq!(missing(person.heads(), 0, ALL_BYTES), (vec![], false));
}

/// So that the hub does not take them for this device's.
pub fn what_others_wrote_is_given_as_relayed<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    let id = incident_id(1);
    let mut other = Person::logs(id, 1, &consented());
    phone.pulls(id, other.chunks());
    let mut person = Person::copies(id, 2, other.chunks());
    person.edits_times(1);
    writes(&mut phone, person.written(1));
    let answer = other.edits(&json!({"add": {"set": "needs", "code": "shelter"}}));
    phone.pulls(id, core::slice::from_ref(&answer));
    let (groups, _) = phone
        .store
        .missing(
            &DocumentHeads {
                incident: id,
                heads: Vec::new(),
            },
            0,
            ALL_BYTES,
        )
        .expect("an answer");
    let told: Vec<(bool, Vec<_>)> = groups
        .iter()
        .map(|group| (group.relayed, changes_of(core::slice::from_ref(group), id)))
        .collect();
    let expected = [
        (true, names(&other.chunks()[..1])),
        (false, names(person.chunks())),
        (true, names(&[answer])),
    ];
    assert_eq!(told, expected);
    assert_eq!(changes_of(&phone.outbox(), id), names(person.chunks()));
}

/// Typed before enrolment gave it.
pub fn survivor_codes_wait_for_their_key<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    let id = incident_id(1);
    let mut person = Person::logs(id, 1, &consented());
    writes(
        &mut phone,
        Written {
            unhashed_code: Some("SN04211".to_owned()),
            ..person.written(1)
        },
    );
    person.edits_times(1);
    writes(&mut phone, person.written(1));
    assert_eq!(
        phone.store.unhashed_codes().expect("codes"),
        [(id, "SN04211".to_owned())]
    );
    person.applies(&Edit::survivor_code("0123456789abcdef"));
    writes(&mut phone, person.written(1));
    assert_eq!(phone.store.unhashed_codes().expect("codes"), []);
}
