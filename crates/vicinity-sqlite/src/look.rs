//! Whether a database's file is what was written: each page carries a proof of its own, and all of them are checked here.
//! A page that nobody reads would else stay damaged unseen until it is needed.

use std::path::PathBuf;

use vicinity_store::error::Damage;

use crate::damage::damage;
use crate::db::{Db, Result, failure, sql};

/// Looks at a page that somebody may have been writing at that moment: a page that is damaged is so each time.
const LOOKS: usize = 3;

impl Db {
    /// Looks at every page of the file, also at those that hold nothing: 32 bytes of each are its proof. Reads beside anyone who
    /// writes. Takes some 4 seconds a gigabyte.
    pub(crate) fn damaged(&self) -> Result<Option<Damage>> {
        let step = "looking at every page";
        for look in 1..=LOOKS {
            let found = self
                .conn
                .prepare("PRAGMA cipher_integrity_check")
                .and_then(|mut statement| statement.exists([]));
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
        use rusqlite::ErrorCode::{
            DatabaseCorrupt, NotADatabase, OutOfMemory, SystemIoFailure, Unknown,
        };
        match result {
            Err(error)
                if matches!(
                    failure(&error),
                    Some(DatabaseCorrupt | NotADatabase | OutOfMemory | SystemIoFailure | Unknown)
                ) =>
            {
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
