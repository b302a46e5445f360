//! Statements on a device.

use std::path::Path;

use serde_json::json;
use vicinity_core::batch::Erasure;
use vicinity_core::edit::Edit;
use vicinity_core::ids::IncidentId;
use vicinity_store::device::{Delivered, DeviceStore};
use vicinity_store::statement::Carried;

use super::stage::Phone;
use crate::person::{Person, consented, incident_id};

const ALL: usize = 1 << 20;

/// A phone with an incident and a statement that the hub has all changes of.
fn acknowledged<S: DeviceStore>(make: impl Fn(&Path) -> S) -> (Phone<S>, IncidentId) {
    let mut phone = Phone::new(make);
    let id = incident_id(1);
    let mut person = Person::logs(id, 1, &consented());
    person.edits(&json!({"statement": {"class": "narrative", "text": "what she said"}}));
    phone.store.write(&[person.written(2)]).expect("written");
    assert!(
        phone
            .store
            .unsealed(ALL, 9, &[])
            .expect("statements")
            .is_empty(),
        "the hub does not have the incident yet"
    );
    phone.acks(id, person.chunks());
    (phone, id)
}

/// Sealed it is offered no more; delivered it is forgotten, except for that.
pub fn a_statement_is_sealed_delivered_and_forgotten<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let (mut phone, id) = acknowledged(make);
    let plain = phone
        .store
        .unsealed(ALL, 9, &[])
        .expect("statements")
        .remove(0);
    assert_eq!(
        (plain.incident, plain.class.as_str(), plain.body.as_slice()),
        (id, "narrative", b"what she said".as_slice())
    );
    assert!(
        phone
            .store
            .unsealed(ALL, 9, &[id])
            .expect("statements")
            .is_empty()
    );
    assert_eq!(
        phone.store.carried(id).expect("a list"),
        [(plain.entry.clone(), Carried::Plain)]
    );
    phone
        .store
        .keep_blob([3; 32], &[1, 2, 3, 4, 5], &[(id, plain.entry.clone())])
        .expect("kept");
    assert!(
        phone
            .store
            .unsealed(ALL, 9, &[])
            .expect("statements")
            .is_empty()
    );
    assert_eq!(
        phone.store.carried(id).expect("a list"),
        [(plain.entry.clone(), Carried::Sealed)]
    );
    let blob = phone
        .store
        .next_blob()
        .expect("an answer")
        .expect("a batch");
    assert_eq!((blob.hash, blob.total, blob.begun), ([3; 32], 5, false));
    assert_eq!(
        phone.store.blob_piece(blob.number, 3, 9).expect("a piece"),
        [4, 5]
    );
    assert!(
        phone
            .store
            .next_blob()
            .expect("an answer")
            .expect("a batch")
            .begun
    );
    assert_eq!(phone.store.statements(id).expect("texts").len(), 1);
    assert_eq!(
        phone
            .store
            .blob_delivered(blob.number, &[], true)
            .expect("noted"),
        1
    );
    assert_eq!(phone.store.next_blob().expect("an answer"), None);
    assert!(phone.store.statements(id).expect("texts").is_empty());
    assert_eq!(
        phone.store.carried(id).expect("a list"),
        [(plain.entry, Carried::Delivered)]
    );
    assert!(
        phone
            .store
            .unsealed(ALL, 9, &[])
            .expect("statements")
            .is_empty()
    );
}

/// Nothing is lost.
pub fn what_the_hub_does_not_take_is_unsealed_again<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let (mut phone, id) = acknowledged(make);
    for refuse in [true, false] {
        let plain = phone
            .store
            .unsealed(ALL, 9, &[])
            .expect("statements")
            .remove(0);
        phone
            .store
            .keep_blob([3; 32], &[1], &[(id, plain.entry.clone())])
            .expect("kept");
        let number = phone
            .store
            .next_blob()
            .expect("an answer")
            .expect("a batch")
            .number;
        if refuse {
            assert_eq!(
                phone
                    .store
                    .blob_delivered(number, &[0], true)
                    .expect("noted"),
                0
            );
        } else {
            phone.store.unseal_blob(number).expect("noted");
        }
        assert_eq!(phone.store.next_blob().expect("an answer"), None);
        assert_eq!(
            phone
                .store
                .unsealed(ALL, 9, &[])
                .expect("statements")
                .remove(0)
                .body,
            b"what she said"
        );
    }
}

/// What else was in it is not lost.
pub fn a_batch_with_a_statement_that_was_erased_is_sealed_anew_without_it<S: DeviceStore>(
    make: impl Fn(&Path) -> S,
) {
    let (mut phone, erased) = acknowledged(make);
    let kept = incident_id(2);
    let mut person = Person::logs(kept, 2, &consented());
    person.edits(&json!({"statement": {"class": "narrative", "text": "what another said"}}));
    phone.store.write(&[person.written(2)]).expect("written");
    phone.acks(kept, person.chunks());
    let named: Vec<_> = phone
        .store
        .unsealed(ALL, 9, &[])
        .expect("statements")
        .into_iter()
        .map(|plain| (plain.incident, plain.entry))
        .collect();
    assert_eq!(named.len(), 2);
    phone
        .store
        .keep_blob([3; 32], &[1, 2, 3], &named)
        .expect("kept");
    let order = Erasure {
        incident: erased,
        proof: [1; 64],
    };
    phone.delivers(&Delivered {
        erase: &[order],
        ..Delivered::default()
    });
    assert_eq!(
        phone.store.next_blob().expect("an answer"),
        None,
        "the sealed batch holds what was erased"
    );
    let again = phone.store.unsealed(ALL, 9, &[]).expect("statements");
    assert_eq!(
        again
            .iter()
            .map(|plain| (plain.incident, plain.body.as_slice()))
            .collect::<Vec<_>>(),
        [(kept, b"what another said".as_slice())]
    );
}

/// A bundle takes all that fit.
pub fn all_batches_that_wait_are_listed_smallest_first<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let (mut phone, id) = acknowledged(make);
    let entry = phone
        .store
        .unsealed(ALL, 9, &[])
        .expect("statements")
        .remove(0)
        .entry;
    phone
        .store
        .keep_blob([3; 32], &[1, 2, 3], &[(id, entry)])
        .expect("kept");
    phone.store.keep_blob([4; 32], &[1], &[]).expect("kept");
    phone.store.keep_blob([5; 32], &[1, 2], &[]).expect("kept");
    let waiting = phone.store.waiting_blobs().expect("a list");
    assert_eq!(
        waiting
            .iter()
            .map(|blob| (blob.hash[0], blob.total, blob.begun))
            .collect::<Vec<_>>(),
        [(4, 1, false), (5, 2, false), (3, 3, false)]
    );
    assert_eq!(
        phone.store.next_blob().expect("an answer"),
        Some(waiting[0])
    );
}

/// Also where its bytes could be read as one.
pub fn a_photo_or_recording_is_carried_and_is_no_text<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    let id = incident_id(1);
    let mut person = Person::logs(id, 1, &consented());
    person
        .applies(&Edit::attachment("photo", vec![0xff, 0xd8, 0xff, 0xd9]).expect("a small photo"));
    person.applies(&Edit::attachment("audio", vec![0; 9]).expect("a short recording"));
    person.edits(&json!({"statement": {"class": "narrative", "text": "what she said, at length"}}));
    phone.store.write(&[person.written(4)]).expect("written");
    phone.acks(id, person.chunks());
    let texts = phone.store.statements(id).expect("statements");
    assert_eq!(
        texts
            .iter()
            .map(|(_, text)| text.as_str())
            .collect::<Vec<_>>(),
        ["what she said, at length"]
    );
    let plain = phone.store.unsealed(ALL, 9, &[]).expect("statements");
    let classes: Vec<(&str, usize)> = plain
        .iter()
        .map(|statement| (statement.class.as_str(), statement.body.len()))
        .collect();
    assert_eq!(classes, [("photo", 4), ("audio", 9), ("narrative", 24)]);
    assert!(
        Edit::attachment(
            "photo",
            vec![0; vicinity_core::value::ATTACHMENT_MAX_BYTES + 1]
        )
        .is_err()
    );
}
