//! Forms that were sent: each counts once.

use std::path::Path;

use vicinity_store::forms::{FORMS_MAX, Forms};

/// A form that is sent again leads where it led the first time, also after a restart; the oldest of a person is forgotten.
pub fn the_last_forms_of_a_person_are_remembered_also_when_the_store_is_opened_again<S: Forms>(
    make: impl Fn(&Path) -> S,
) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = make(folder.path());
    assert_eq!(store.form([0; 32]).expect("an answer"), None);
    for sent in 0..=FORMS_MAX as u8 {
        store.note_form(1, [sent; 32], "/here").expect("an answer");
    }
    store.note_form(2, [200; 32], "/board").expect("an answer");
    store.note_form(2, [200; 32], "/there").expect("an answer");
    let place = |store: &mut S, sent: u8| store.form([sent; 32]).expect("an answer");
    let here = Some("/here".to_owned());
    assert_eq!(
        (place(&mut store, 0), place(&mut store, 1)),
        (None, here.clone()),
        "the oldest of a person goes"
    );
    assert_eq!(
        place(&mut store, 200),
        Some("/there".to_owned()),
        "where it led in the end"
    );
    store.forget_form([200; 32]).expect("an answer");
    assert_eq!(place(&mut store, 200), None);
    drop(store);
    assert_eq!(place(&mut make(folder.path()), FORMS_MAX as u8), here);
}
