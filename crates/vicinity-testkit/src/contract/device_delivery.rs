//! What a hub's answer brings to a device.

use std::path::Path;

use serde_json::json;
use vicinity_core::batch::{Cursor, DocumentHeads, HeadsPage};
use vicinity_core::guard::Refusal;
use vicinity_core::ids::ScopeDigest;
use vicinity_store::device::{Delivered, DeviceSetting, DeviceStore, cursor_of};

use super::stage::{ALL_BYTES, Phone, changes_of, count, names};
use crate::person::{Person, consented, hash, incident_id};

/// They came from the hub: it has them.
pub fn changes_from_the_hub_are_in_the_view_and_not_in_the_outbox<S: DeviceStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut phone = Phone::new(make);
    let id = incident_id(1);
    let mut other = Person::logs(id, 1, &consented());
    other.edits_times(1);
    phone.pulls(id, other.chunks());
    let row = phone
        .store
        .incident(id)
        .expect("a reading")
        .expect("an incident");
    assert_eq!((row.heads, row.incident), (other.heads(), other.view()));
    assert_eq!(phone.store.chunks(id).expect("chunks"), other.chunks());
    assert_eq!(phone.outbox(), []);
    // What was written here meanwhile is merged, not overwritten.
    let mut person = Person::copies(id, 2, other.chunks());
    person.edits(&json!({"add": {"set": "needs", "code": "shelter"}}));
    phone.store.write(&[person.written(1)]).expect("written");
    let answer = other.edits(&json!({"add": {"set": "needs", "code": "legal_advice"}}));
    phone.pulls(id, &[answer]);
    let row = phone
        .store
        .incident(id)
        .expect("a reading")
        .expect("an incident");
    assert!(row.incident.has("needs", "shelter") && row.incident.has("needs", "legal_advice"));
    assert_eq!((row.heads.len(), count(&phone.outbox())), (2, 1));
}

/// Once each.
pub fn a_delivery_counts_what_was_new<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    let id = incident_id(1);
    let mut other = Person::logs(id, 1, &consented());
    other.edits_times(2);
    assert_eq!(phone.pulls(id, &other.chunks()[..2]).received, 2);
    assert_eq!(phone.pulls(id, other.chunks()).received, 1);
    let standing = phone.pulls(id, other.chunks());
    assert_eq!(
        (standing.received, standing.unsent, standing.rejected),
        (0, 0, 0)
    );
    assert_eq!(phone.store.standing().expect("a standing"), standing);
}

/// Also over several answers, and with their author.
pub fn what_waits_for_ancestors_is_taken_when_they_come<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    let id = incident_id(1);
    let mut other = Person::logs(id, 1, &consented());
    other.edits_times(1);
    assert_eq!(phone.pulls(id, &other.chunks()[1..]).received, 0);
    assert_eq!(phone.store.incident(id).expect("a reading"), None);
    assert_eq!(phone.pulls(id, &other.chunks()[..1]).received, 2);
    assert_eq!(
        phone
            .store
            .incident(id)
            .expect("a reading")
            .map(|row| row.heads),
        Some(other.heads())
    );
    assert_eq!(
        phone
            .store
            .author(id, hash(&other.chunks()[1]))
            .expect("an author"),
        Some((false, 3))
    );
}

/// It stays in the document here, and somebody has to look.
pub fn a_refused_change_is_counted_and_not_sent_again<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    let id = incident_id(1);
    let mut person = Person::logs(id, 1, &consented());
    person.edits_times(1);
    phone.store.write(&[person.written(2)]).expect("written");
    phone.acks(id, &person.chunks()[..1]);
    let rejected = [(id, hash(&person.chunks()[1]), Refusal::SeqReused)];
    let standing = phone.delivers(&Delivered {
        rejected: &rejected,
        ..Delivered::default()
    });
    assert_eq!((standing.unsent, standing.rejected), (0, 1));
    assert_eq!(phone.outbox(), []);
    let need = DocumentHeads {
        incident: id,
        heads: Vec::new(),
    };
    let (groups, _) = phone.store.missing(&need, 0, ALL_BYTES).expect("an answer");
    assert_eq!(changes_of(&groups, id), names(&person.chunks()[..1]));
    assert_eq!(phone.store.chunks(id).expect("chunks").len(), 2);
}

/// The consent may be in a later batch; when the hub has seen it, it asks for the rest.
pub fn what_was_refused_for_want_of_consent_stays_in_the_outbox<S: DeviceStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut phone = Phone::new(make);
    let id = incident_id(1);
    let mut person = Person::logs(id, 1, &consented());
    phone.store.write(&[person.written(1)]).expect("written");
    let rejected = [(id, hash(&person.chunks()[0]), Refusal::ConsentMissing)];
    let standing = phone.delivers(&Delivered {
        rejected: &rejected,
        ..Delivered::default()
    });
    assert_eq!((standing.unsent, standing.rejected), (1, 0));
    assert_eq!(changes_of(&phone.outbox(), id), names(person.chunks()));
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
    assert_eq!(changes_of(&groups, id), names(person.chunks()));
}

/// In one transaction with the changes and facts of its answer.
pub fn a_cursor_moves_with_what_it_stands_for<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    let cursor = Cursor {
        epoch: [1; 16],
        seq: u64::MAX - 1,
        chain: [2; 16],
        mac: [3; 8],
    };
    phone.delivers(&Delivered {
        cursor: Some(cursor),
        settings: &[(DeviceSetting::Skew, b"60".to_vec())],
        ..Delivered::default()
    });
    let mut kept = || {
        phone
            .store
            .setting(DeviceSetting::Cursor)
            .expect("a setting")
            .and_then(|bytes| cursor_of(&bytes))
    };
    assert_eq!(kept(), Some(cursor));
    phone.delivers(&Delivered::default());
    let mut kept = || {
        phone
            .store
            .setting(DeviceSetting::Cursor)
            .expect("a setting")
            .and_then(|bytes| cursor_of(&bytes))
    };
    assert_eq!(kept(), Some(cursor), "an answer without a cursor leaves it");
    assert_eq!(
        phone.store.setting(DeviceSetting::Skew).expect("a setting"),
        Some(b"60".to_vec())
    );
}

/// What the hub has never heard of cannot be the same at both ends.
pub fn only_shared_documents_count_in_heads_and_digest<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    let id = incident_id(1);
    let mut person = Person::logs(id, 1, &consented());
    phone
        .store
        .write(&[
            person.written(1),
            Person::logs(incident_id(2), 2, &consented()).written(1),
        ])
        .expect("written");
    assert_eq!(
        phone.store.standing().expect("a standing").digest,
        ScopeDigest::default()
    );
    assert_eq!(
        phone.store.heads(None, 10).expect("heads"),
        HeadsPage::default()
    );
    assert_eq!(
        phone.acks(id, person.chunks()).digest,
        ScopeDigest::term(id, &person.heads())
    );
    person.edits_times(1);
    phone.store.write(&[person.written(1)]).expect("written");
    assert_eq!(
        phone.store.standing().expect("a standing").digest,
        ScopeDigest::term(id, &person.heads())
    );
    assert_eq!(
        phone.store.heads(None, 10).expect("heads").have,
        [DocumentHeads {
            incident: id,
            heads: person.heads()
        }]
    );
    let other = Person::logs(incident_id(3), 3, &consented());
    let both = ScopeDigest::term(id, &person.heads()).replace(
        ScopeDigest::default(),
        ScopeDigest::term(incident_id(3), &other.heads()),
    );
    assert_eq!(phone.pulls(incident_id(3), other.chunks()).digest, both);
}

/// A page says how far it reaches; the last one reaches to the end.
pub fn heads_come_in_pages_by_id<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    for number in [3, 1, 2] {
        phone.pulls(
            incident_id(number),
            Person::logs(incident_id(number), number, &consented()).chunks(),
        );
    }
    let mut page = |after: Option<u8>, max: usize| {
        let page = phone
            .store
            .heads(after.map(incident_id), max)
            .expect("heads");
        assert_eq!(page.after, after.map(incident_id));
        (
            page.have
                .into_iter()
                .map(|document| document.incident)
                .collect::<Vec<_>>(),
            page.until,
        )
    };
    assert_eq!(
        page(None, 2),
        (vec![incident_id(1), incident_id(2)], Some(incident_id(2)))
    );
    assert_eq!(page(Some(2), 2), (vec![incident_id(3)], None));
    assert_eq!(page(None, 3), ([1, 2, 3].map(incident_id).to_vec(), None));
    assert_eq!(page(Some(3), 2), (vec![], None));
}

/// With its changes, and out of the digest.
pub fn a_removed_incident_is_gone<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    let id = incident_id(1);
    let other = Person::logs(id, 1, &consented());
    let whole = phone.pulls(id, other.chunks()).digest;
    let standing = phone.delivers(&Delivered {
        removed: &[id, incident_id(9)],
        ..Delivered::default()
    });
    assert_eq!(standing.digest, ScopeDigest::default());
    assert_eq!(phone.store.incident(id).expect("a reading"), None);
    assert_eq!(
        phone.store.chunks(id).expect("chunks"),
        Vec::<Vec<u8>>::new()
    );
    assert_eq!(phone.store.heads(None, 10).expect("heads").have, []);
    let back = phone.pulls(id, other.chunks());
    assert_eq!((back.received, back.digest), (1, whole));
}

/// It counts as shared no more, and nothing is lost.
pub fn a_removed_incident_with_unsent_work_or_a_statement_stays<S: DeviceStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut phone = Phone::new(make);
    let id = incident_id(1);
    let other = Person::logs(id, 1, &consented());
    phone.pulls(id, other.chunks());
    let mut person = Person::copies(id, 2, other.chunks());
    person.edits_times(1);
    phone.store.write(&[person.written(1)]).expect("written");
    let mut with_statement = consented();
    with_statement["statements"] = json!([{"class": "narrative", "text": "as she told it"}]);
    let mut told = Person::logs(incident_id(2), 3, &with_statement);
    phone.store.write(&[told.written(1)]).expect("written");
    phone.acks(incident_id(2), told.chunks());
    let standing = phone.delivers(&Delivered {
        removed: &[id, incident_id(2)],
        ..Delivered::default()
    });
    assert_eq!(standing.digest, ScopeDigest::default());
    assert_eq!(
        phone
            .store
            .incident(id)
            .expect("a reading")
            .map(|row| row.heads),
        Some(person.heads())
    );
    assert_eq!(phone.store.chunks(id).expect("chunks").len(), 2);
    assert_eq!(
        phone
            .store
            .statements(incident_id(2))
            .expect("statements")
            .len(),
        1
    );
    assert_eq!(phone.store.heads(None, 10).expect("heads").have, []);
}

/// This device, or the number its hub gave the writer.
pub fn a_change_knows_its_author<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    let id = incident_id(1);
    let other = Person::logs(id, 1, &consented());
    phone.pulls(id, other.chunks());
    let mut person = Person::copies(id, 2, other.chunks());
    person.edits_times(1);
    phone.store.write(&[person.written(1)]).expect("written");
    let mut author = |chunk: &[u8]| phone.store.author(id, hash(chunk)).expect("an author");
    assert_eq!(author(&other.chunks()[0]), Some((false, 3)));
    assert_eq!(author(&person.chunks()[0]).map(|(own, _)| own), Some(true));
    assert_eq!(
        phone
            .store
            .author(incident_id(2), hash(&other.chunks()[0]))
            .expect("an author"),
        None
    );
}

/// Small ones, replaced whole.
pub fn facts_are_kept_and_forgotten<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    assert_eq!(
        phone
            .store
            .setting(DeviceSetting::Enrolment)
            .expect("a setting"),
        None
    );
    let (enrolment, life) = (b"{}".to_vec(), vec![0, 255]);
    phone
        .store
        .set_settings(&[
            (DeviceSetting::Enrolment, Some(enrolment.clone())),
            (DeviceSetting::Incarnation, Some(life)),
        ])
        .expect("kept");
    phone
        .store
        .set_settings(&[
            (DeviceSetting::Incarnation, None),
            (DeviceSetting::BatchBytes, None),
        ])
        .expect("kept");
    assert_eq!(
        phone
            .store
            .setting(DeviceSetting::Enrolment)
            .expect("a setting"),
        Some(enrolment)
    );
    assert_eq!(
        phone
            .store
            .setting(DeviceSetting::Incarnation)
            .expect("a setting"),
        None
    );
}
