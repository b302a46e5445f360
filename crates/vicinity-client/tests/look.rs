//! When a device looks at every page of its file.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use vicinity_client::device::{Device, Machine};
use vicinity_core::time::Timestamp;
use vicinity_sqlite::{DATABASE_FILE, SqliteDevice};
use vicinity_store::DatabaseKey;
use vicinity_store::device::{DeviceSetting, DeviceStore};

fn key() -> DatabaseKey {
    DatabaseKey::new([1; 32])
}

/// Whether a command at this second finds damage.
fn finds(folder: &Path, second: i64) -> bool {
    let machine = Machine {
        now: Box::new(move || Timestamp::from_second(second).unwrap()),
        random: Box::new(|bytes| bytes.fill(9)),
        wait: Box::new(|_| ()),
        boot: Box::new(|| None),
    };
    Device::open(folder, &key(), machine)
        .unwrap()
        .damaged()
        .unwrap()
        .is_some()
}

#[test]
fn damage_of_a_small_file_is_found_by_the_next_command_and_of_a_large_one_within_a_day_and_said_until_it_is_mended()
 {
    for (bytes, is_large) in [(100_000, false), (10 << 20, true)] {
        let folder = tempfile::tempdir().unwrap();
        let mut store = SqliteDevice::open(folder.path(), &key()).unwrap();
        store
            .set_settings(&[(DeviceSetting::BundleNeed, Some(vec![7; bytes]))])
            .unwrap();
        store
            .set_settings(&[(DeviceSetting::BundleNeed, None)])
            .unwrap();
        drop(store);
        let (day, now) = (24 * 60 * 60, 1_795_000_000);
        assert!(!finds(folder.path(), now));
        let path = folder.path().join(DATABASE_FILE);
        let mut file = std::fs::read(&path).unwrap();
        // Where that fact was: no command reads it.
        let place = file.len() - 5 * 4096;
        file[place] ^= 1;
        std::fs::write(&path, &file).unwrap();
        assert_eq!(finds(folder.path(), now + 60), !is_large);
        assert!(finds(folder.path(), now - 60), "the clock was set back");
        assert!(finds(folder.path(), now + day));
        assert!(
            finds(folder.path(), now + day + 60),
            "what was found damaged is looked at each time"
        );
        file[place] ^= 1;
        std::fs::write(&path, &file).unwrap();
        assert!(!finds(folder.path(), now + day + 120));
    }
}
