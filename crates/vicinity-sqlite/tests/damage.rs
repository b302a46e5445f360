//! A byte that flips in a closed database is noticed, wherever it is, and what to do is reported.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::Path;

use vicinity_sqlite::{SqliteDevice, SqliteHub, SqliteNational, SqlitePeople};
use vicinity_store::error::Damage;
use vicinity_store::hub::HubStore;
use vicinity_store::{DatabaseKey, StoreError};

fn key() -> DatabaseKey {
    DatabaseKey::new([1; 32])
}

type Look = fn(&Path) -> Result<Option<Damage>, StoreError>;

/// A hub's folder, national's, and a device's in one, with something on many pages of each.
fn full(folder: &Path) {
    let mut hub = SqliteHub::open(folder, &key(), [7; 16]).unwrap();
    (0..40).for_each(|at| {
        hub.set_setting(&format!("setting {at}"), &[at; 3000])
            .unwrap()
    });
    SqliteNational::open(folder, &key()).unwrap();
    SqlitePeople::open(folder, &key()).unwrap();
    SqliteDevice::open(folder, &key()).unwrap();
}

const FILES: [(&str, &str, Look); 5] = [
    ("hub.db", "the hub's database", |folder| {
        SqliteHub::open(folder, &key(), [7; 16])?.damaged()
    }),
    ("keys.db", "keys that open the hub's statements", |folder| {
        SqliteHub::open(folder, &key(), [7; 16])?.damaged_keys()
    }),
    ("national.db", "national's database", |folder| {
        SqliteNational::open(folder, &key())?.damaged()
    }),
    ("people.db", "people who sign in", |folder| {
        SqlitePeople::open(folder, &key())?.damaged()
    }),
    ("device.db", "the device's database", |folder| {
        SqliteDevice::open(folder, &key())?.damaged()
    }),
];

/// Replaces a database and its log with a closed one.
fn put(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
    for ending in ["-wal", "-shm"] {
        std::fs::remove_file(format!("{}{ending}", path.display())).ok();
    }
}

#[test]
fn a_flipped_byte_is_found_wherever_it_lies_and_the_file_and_what_to_do_are_named() {
    let folder = tempfile::tempdir().unwrap();
    full(folder.path());
    for (file, kind, look) in FILES {
        assert_eq!(look(folder.path()).unwrap(), None, "{file} is whole");
        let path = folder.path().join(file);
        let whole = std::fs::read(&path).unwrap();
        // Each page at another place, and the first and the last bytes of the file.
        let places =
            (0..whole.len())
                .step_by(4096 / 4 + 37)
                .chain([0, 15, 16, 99, whole.len() - 1]);
        for place in places {
            let mut wounded = whole.clone();
            wounded[place] ^= 0x10;
            put(&path, &wounded);
            let said = match look(folder.path()) {
                Ok(damage) => damage.map(|damage| damage.to_string()),
                Err(error @ (StoreError::WrongKey { .. } | StoreError::DamagedFile(_))) => {
                    Some(error.to_string())
                }
                Err(error) => panic!("{file} at {place}: {error}"),
            };
            let said = said.unwrap_or_else(|| panic!("{file} at {place} is not noticed"));
            assert!(
                said.contains(kind) && said.contains("damaged") && said.contains(file),
                "{said}"
            );
            assert!(
                [
                    "restore the newest backup",
                    "put back",
                    "invite everybody",
                    "enrol it anew"
                ]
                .iter()
                .any(|todo| said.contains(todo)),
                "{said}"
            );
        }
        // Cut at a page's end.
        put(&path, &whole[..whole.len() - 4096]);
        assert!(
            !matches!(look(folder.path()), Ok(None)),
            "{file} that was cut"
        );
        put(&path, &whole);
    }
}
