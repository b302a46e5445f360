//! What leaves an educator's phone.

use std::path::Path;

use serde_json::json;
use vicinity_core::batch::{DocumentHeads, Erasure};
use vicinity_store::device::{Delivered, DeviceStore, KEPT_DAYS};

use super::stage::Phone;
use crate::person::{Person, consented, incident_id, now, now_plus};

const DAY: i64 = 24 * 3600;
const KEPT: i64 = KEPT_DAYS * DAY;

fn leaving<S: DeviceStore>(phone: &mut Phone<S>, seconds: i64) -> Vec<DocumentHeads> {
    phone
        .store
        .leaving(now_plus(seconds), 10)
        .expect("a reading")
}

/// An incident that was written here and delivered.
fn delivered<S: DeviceStore>(phone: &mut Phone<S>) -> Person {
    let mut person = Person::logs(incident_id(1), 1, &consented());
    phone.store.write(&[person.written(1)]).expect("written");
    assert_eq!(leaving(phone, 0), [], "nothing of it is at the hub");
    phone.acks(incident_id(1), person.chunks());
    person
}

/// Written here, or taken from the hub: the days begin again.
pub fn what_the_hub_has_leaves_after_14_days_without_a_change<S: DeviceStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut phone = Phone::new(make);
    let mut person = delivered(&mut phone);
    assert_eq!(leaving(&mut phone, 0), []);
    assert_eq!(leaving(&mut phone, KEPT - 1), []);
    let heads = |person: &Person| DocumentHeads {
        incident: incident_id(1),
        heads: person.heads(),
    };
    assert_eq!(leaving(&mut phone, KEPT), [heads(&person)]);
    assert_eq!(
        phone.store.leaving(now_plus(KEPT), 0).expect("a reading"),
        [],
        "at most so many"
    );
    let mut others = Person::copies(incident_id(1), 2, person.chunks());
    others.edits_times(1);
    phone.pulls(incident_id(1), others.chunks());
    assert_eq!(leaving(&mut phone, KEPT), []);
    assert_eq!(leaving(&mut phone, 2 * KEPT), [heads(&others)]);
    person.edits_times(1);
    phone.store.write(&[person.written(1)]).expect("written");
    assert_eq!(leaving(&mut phone, 2 * KEPT), []);
    phone.acks(incident_id(1), person.chunks());
    assert_eq!(leaving(&mut phone, 2 * KEPT), []);
    assert_eq!(leaving(&mut phone, 3 * KEPT).len(), 1);
}

/// A change, a statement, a code that waits for its key.
pub fn what_the_hub_lacks_in_part_does_not_leave<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    let mut with_statement = consented();
    with_statement["statements"] = json!([{"class": "narrative", "text": "as she told it"}]);
    let mut told = Person::logs(incident_id(2), 2, &with_statement);
    phone.store.write(&[told.written(1)]).expect("written");
    phone.acks(incident_id(2), told.chunks());
    let mut coded = Person::logs(incident_id(3), 3, &consented());
    let written = vicinity_store::device::Written {
        unhashed_code: Some("SN04211".to_owned()),
        ..coded.written(1)
    };
    phone.store.write(&[written]).expect("written");
    phone.acks(incident_id(3), coded.chunks());
    let mut half = Person::logs(incident_id(4), 4, &consented());
    half.edits_times(1);
    phone.store.write(&[half.written(2)]).expect("written");
    phone.acks(incident_id(4), &half.chunks()[..1]);
    assert_eq!(leaving(&mut phone, 0), []);
    assert_eq!(leaving(&mut phone, 10 * KEPT), []);
    // The statement is delivered: from then on it is wholly there.
    let plain = phone
        .store
        .unsealed(1 << 20, 10, &[])
        .expect("statements")
        .remove(0);
    phone
        .store
        .keep_blob([1; 32], b"sealed", &[(plain.incident, plain.entry)])
        .expect("kept");
    let blob = phone.store.next_blob().expect("a batch").expect("a batch");
    phone
        .store
        .blob_delivered(blob.number, &[], true)
        .expect("noted");
    assert_eq!(leaving(&mut phone, 10 * KEPT), []);
    let left: Vec<_> = leaving(&mut phone, 11 * KEPT)
        .into_iter()
        .map(|document| document.incident)
        .collect();
    assert_eq!(left, [incident_id(2)]);
}

/// It keeps nothing for years.
pub fn a_clock_set_back_begins_the_days_anew<S: DeviceStore>(make: impl Fn(&Path) -> S) {
    let mut phone = Phone::new(make);
    delivered(&mut phone);
    leaving(&mut phone, 4000 * DAY);
    assert_eq!(leaving(&mut phone, 0), []);
    assert_eq!(leaving(&mut phone, KEPT).len(), 1);
}

/// A phone tells a person that it has left, and not that there never was such an incident.
pub fn what_left_is_known_until_it_comes_back_or_is_erased<S: DeviceStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut phone = Phone::new(make);
    let person = delivered(&mut phone);
    let id = incident_id(1);
    let has_left = |phone: &mut Phone<S>| phone.store.has_left(id).expect("a reading");
    assert!(!has_left(&mut phone));
    phone.delivers(&Delivered {
        removed: &[id],
        ..Delivered::default()
    });
    assert!(has_left(&mut phone));
    assert_eq!(phone.store.leaving(now(), 10).expect("a reading"), []);
    phone.pulls(id, person.chunks());
    assert!(!has_left(&mut phone));
    phone.delivers(&Delivered {
        removed: &[id],
        ..Delivered::default()
    });
    phone.delivers(&Delivered {
        erase: &[Erasure {
            incident: id,
            proof: [1; 64],
        }],
        ..Delivered::default()
    });
    assert!(!has_left(&mut phone));
}
