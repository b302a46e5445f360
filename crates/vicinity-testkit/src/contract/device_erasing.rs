//! Erasing on a device.

use std::path::Path;

use serde_json::json;
use vicinity_core::batch::Erasure;
use vicinity_core::ids::{IncidentId, ScopeDigest};
use vicinity_store::StoreError;
use vicinity_store::device::{Delivered, DeviceStore};

use super::stage::Phone;
use crate::person::{Person, consented, incident_id};

fn order(number: u8) -> Erasure {
    Erasure {
        incident: incident_id(number),
        proof: [number; 64],
    }
}

/// Unlike what only left the scope.
pub fn what_is_erased_goes_with_unsent_work_and_statements<S: DeviceStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut phone = Phone::new(make);
    let mut with_statement = consented();
    with_statement["statements"] = json!([{"class": "narrative", "text": "as she told it"}]);
    let mut told = Person::logs(incident_id(1), 3, &with_statement);
    phone.store.write(&[told.written(1)]).expect("written");
    phone.acks(incident_id(1), told.chunks());
    told.edits_times(1);
    phone.store.write(&[told.written(1)]).expect("written");
    let standing = phone.delivers(&Delivered {
        erase: &[order(1), order(5)],
        ..Delivered::default()
    });
    assert_eq!(
        (
            standing.erased,
            standing.untold,
            standing.unsent,
            standing.digest
        ),
        (1, 2, 0, ScopeDigest::default())
    );
    assert_eq!(
        phone.store.incident(incident_id(1)).expect("a reading"),
        None
    );
    assert!(
        phone
            .store
            .chunks(incident_id(1))
            .expect("changes")
            .is_empty()
    );
    assert!(
        phone
            .store
            .statements(incident_id(1))
            .expect("statements")
            .is_empty()
    );
    assert!(phone.outbox().is_empty());
}

/// Not by its hub, not by a command that began before.
pub fn what_was_erased_is_not_taken_and_not_written_again<S: DeviceStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut phone = Phone::new(make);
    let mut person = Person::logs(incident_id(1), 1, &consented());
    phone.pulls(incident_id(1), person.chunks());
    phone.delivers(&Delivered {
        erase: &[order(1)],
        ..Delivered::default()
    });
    assert_eq!(phone.pulls(incident_id(1), person.chunks()).received, 0);
    assert!(matches!(
        phone.store.write(&[person.written(1)]),
        Err(StoreError::Erased)
    ));
    assert_eq!(
        phone.store.incident(incident_id(1)).expect("a reading"),
        None
    );
    assert_eq!(phone.store.heads(None, 10).expect("heads").have, []);
}

/// A hub restored from before learns of all.
pub fn erasures_are_told_until_the_hub_knows_and_all_anew_when_asked<S: DeviceStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut phone = Phone::new(make);
    phone.delivers(&Delivered {
        erase: &[order(2), order(1), order(3)],
        ..Delivered::default()
    });
    assert_eq!(
        phone.store.erasures(false, 2).expect("erasures"),
        [order(1), order(2)]
    );
    let told: [IncidentId; 2] = [incident_id(1), incident_id(2)];
    assert_eq!(
        phone
            .delivers(&Delivered {
                told: &told,
                ..Delivered::default()
            })
            .untold,
        1
    );
    assert_eq!(
        phone.store.erasures(false, 9).expect("erasures"),
        [order(3)]
    );
    assert_eq!(
        phone.store.erasures(true, 9).expect("erasures"),
        [order(1), order(2), order(3)]
    );
    assert_eq!(phone.store.standing().expect("a standing").untold, 3);
    let all = [1, 2, 3].map(incident_id);
    phone.delivers(&Delivered {
        told: &all,
        ..Delivered::default()
    });
    // The hub asks again: it lost the receipt.
    assert_eq!(
        phone
            .delivers(&Delivered {
                erase: &[order(2)],
                ..Delivered::default()
            })
            .untold,
        1
    );
}
