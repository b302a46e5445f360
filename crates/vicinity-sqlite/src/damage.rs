//! What is reported of a database's file that is not what was written.

use std::path::Path;

use vicinity_store::StoreError;
use vicinity_store::error::Damage;

/// What a file is called, and what to do where it is damaged, by its name.
fn kind_of(path: &Path) -> (&'static str, &'static str) {
    match path.file_name().and_then(|name| name.to_str()) {
        Some("hub.db") => (
            "the hub's database",
            "keep a copy of the folder and restore the newest backup into a new folder (`vicinity hub restore`): devices bring what came since",
        ),
        Some("keys.db") => (
            "the file of keys that open the hub's statements",
            "keep a copy of the folder and restore the newest backup into a new folder (`vicinity hub restore`), with the file .keys beside it",
        ),
        Some("national.db") => (
            "national's database",
            "keep a copy of the folder and put back the newest copy of it from before",
        ),
        Some("people.db") => (
            "the file of people who sign in",
            "put it aside, start the server and invite everybody again (`people invite`): it is in no backup",
        ),
        Some("device.db") => (
            "the device's database",
            "keep a copy of its folder, sync what still goes, then wipe the device and enrol it anew: what its hub has comes back",
        ),
        _ => ("a database", "keep a copy of it and put back an older one"),
    }
}

/// The error of a file that does not open: its first page is damaged, or the key is another one's.
pub(crate) fn closed(path: &Path) -> StoreError {
    let (kind, advice) = kind_of(path);
    StoreError::WrongKey {
        kind,
        path: path.display().to_string(),
        advice,
    }
}

/// Damage of a file.
pub(crate) fn damage(path: &Path) -> Damage {
    let (kind, advice) = kind_of(path);
    Damage {
        kind,
        path: path.display().to_string(),
        advice,
    }
}
