//! Whether a database's file is what was written: each page carries a proof of its own, and all of them are looked at here.
//! A page that nobody reads would else stay damaged unseen until it is needed.

use std::path::{Path, PathBuf};

use crate::db::{Db, Result, failure, sql};
use vicinity_store::StoreError;
use vicinity_store::error::Damage;

/// Looks at a page that somebody may have been writing at that moment: a page that is damaged is so each time.
const LOOKS: usize = 3;

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
        Some("national.db") => ("national's database", "keep a copy of the folder and put back the newest copy of it from before"),
        Some("people.db") => {
            ("the file of people who sign in", "put it aside, start the server and invite everybody again (`people invite`): it is in no backup")
        }
        Some("device.db") => {
            ("the device's database", "keep a copy of its folder, sync what still goes, then wipe the device and enrol it anew: what its hub has comes back")
        }
        _ => ("a database", "keep a copy of it and put back an older one"),
    }
}

/// The error of a file that does not open: its first page is damaged, or the key is another one's.
pub(crate) fn closed(path: &Path) -> StoreError {
    let (kind, advice) = kind_of(path);
    StoreError::WrongKey { kind, path: path.display().to_string(), advice }
}

/// Damage of a file.
pub(crate) fn damage(path: &Path) -> Damage {
    let (kind, advice) = kind_of(path);
    Damage { kind, path: path.display().to_string(), advice }
}

impl Db {
    /// Looks at every page of the file, also at those that hold nothing: 32 bytes of each are its proof. Reads beside whoever
    /// writes. Takes some 4 seconds a gigabyte.
    pub(crate) fn damaged(&self) -> Result<Option<Damage>> {
        let step = "looking at every page";
        for look in 1..=LOOKS {
            let found = self.conn.prepare("PRAGMA cipher_integrity_check").and_then(|mut statement| statement.exists([]));
            match found {
                Ok(false) => return Ok(None),
                _ if look < LOOKS => {}
                found => return sql(step, found).map(|_| Some(damage(&self.path()))),
            }
        }
        Ok(None)
    }

    /// Names the file where a step failed because a page of it is damaged: SQLite says no more than that something is wrong.
    pub(crate) fn told<T>(&self, result: Result<T>) -> Result<T> {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, OutOfMemory, SystemIoFailure, Unknown};
        match result {
            Err(error) if matches!(failure(&error), Some(DatabaseCorrupt | NotADatabase | OutOfMemory | SystemIoFailure | Unknown)) => {
                Err(match self.damaged() {
                    Ok(Some(damage)) => damage.into(),
                    _ => error,
                })
            }
            other => other,
        }
    }

    fn path(&self) -> PathBuf {
        self.conn.path().map(PathBuf::from).unwrap_or_default()
    }
}
