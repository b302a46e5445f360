//! Steps under one commit, one by one; and connections that only read.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use tempfile::TempDir;
use vicinity_sqlite::{SqliteHub, SqliteNational};
use vicinity_store::DatabaseKey;
use vicinity_store::board::BoardStore;
use vicinity_store::hub::HubStore;
use vicinity_store::national::NationalStore;

fn key() -> DatabaseKey {
    DatabaseKey::new([7; 32])
}

fn hub(folder: &TempDir) -> SqliteHub {
    SqliteHub::open(folder.path(), &key(), [1; 16]).unwrap()
}

fn national(folder: &TempDir) -> SqliteNational {
    SqliteNational::open(folder.path(), &key()).unwrap()
}

#[test]
fn of_steps_under_one_commit_only_the_one_that_fails_is_undone() {
    let folder = tempfile::tempdir().unwrap();
    let mut steps = ["a", "bug", "b"].into_iter();
    let next = &mut |store: &mut (dyn BoardStore + 'static)| {
        let name = steps.next()?;
        let step = || {
            store.set_setting(name, b"written").unwrap();
            assert_ne!(name, "bug");
        };
        Some(catch_unwind(AssertUnwindSafe(step)).is_ok())
    };
    hub(&folder).board_commit(next).unwrap();
    let kept = ["a", "bug", "b"].map(|name| hub(&folder).setting(name).unwrap().is_some());
    assert_eq!(kept, [true, false, true]);
}

#[test]
fn a_panic_at_national_leaves_nothing_and_the_others_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = national(&folder);
    for name in ["a", "bug", "b"] {
        let step = &mut |store: &mut SqliteNational| {
            let work = || {
                store.set_setting(name, b"written").unwrap();
                assert_ne!(name, "bug");
            };
            catch_unwind(AssertUnwindSafe(work)).is_ok()
        };
        store.commit_one(step).unwrap();
    }
    drop(store);
    let kept = ["a", "bug", "b"].map(|name| national(&folder).setting(name).unwrap().is_some());
    assert_eq!(kept, [true, false, true]);
}

#[test]
fn a_connection_that_only_reads_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    hub(&folder).set_setting("a", b"1").unwrap();
    let mut reading = hub(&folder).only_reading().unwrap();
    assert!(reading.set_setting("a", b"2").is_err());
    assert_eq!(reading.setting("a").unwrap().as_deref(), Some(&b"1"[..]));
    national(&folder).set_setting("a", b"1").unwrap();
    let mut reading = national(&folder).only_reading().unwrap();
    assert!(reading.set_setting("a", b"2").is_err());
    assert_eq!(reading.setting("a").unwrap().as_deref(), Some(&b"1"[..]));
}
