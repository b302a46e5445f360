//! Opening a database in a folder that cannot be written: on a disk that turned read-only, or a card that is locked.

use std::cell::Cell;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{BUSY_WAIT, Db, Result, damage};
use crate::StoreError;
use crate::key::DatabaseKey;

impl Db {
    /// Opens a database, and where its folder cannot be written, for reading alone. Whether it can be written comes with it.
    pub(super) fn open_or_read(path: &Path, key: &DatabaseKey, migrations: &[&str]) -> Result<(Self, bool)> {
        let read = || Self::open_to_read(path, key, migrations.len() as i64).map(|db| (db, false));
        if takes_no_writes(path) {
            return read();
        }
        match Self::open(path, key, migrations) {
            Ok(db) => Ok((db, true)),
            // The file could be written, and its log beside it cannot be made.
            Err(error) if path.exists() && is_of_the_folder(&error) => read().map_err(|_| error),
            Err(error) => Err(error),
        }
    }

    /// Nothing is written, not even a lock. What is in the log of a program that died is read with it; without one the file is
    /// taken as it is, for nobody else can write it either.
    fn open_to_read(path: &Path, key: &DatabaseKey, known: i64) -> Result<Self> {
        let has_log = std::fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || -> rusqlite::Result<(Connection, i64)> {
            let conn = Connection::open_with_flags(address(path, !has_log), flags)?;
            conn.execute_batch(&key.pragma())?;
            conn.busy_timeout(BUSY_WAIT)?;
            conn.pragma_update(None, "cache_size", -8192)?;
            conn.pragma_update(None, "temp_store", "MEMORY")?;
            conn.pragma_update(None, "trusted_schema", false)?;
            conn.set_prepared_statement_cache_capacity(64);
            let version = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
            Ok((conn, version))
        };
        let text = || path.display().to_string();
        let (conn, found) = open().map_err(|source| match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => damage::closed(path),
            Some(ErrorCode::DatabaseCorrupt) => damage::damage(path).into(),
            _ => StoreError::Open { path: text(), source },
        })?;
        match found {
            found if found > known => Err(StoreError::Newer { found, known }),
            found if found < known => Err(StoreError::Older { path: text() }),
            _ => Ok(Self { conn, loaded: Cell::new(0) }),
        }
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A path as SQLite takes it with options.
fn address(path: &Path, immutable: bool) -> String {
    let escaped = path.display().to_string().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{escaped}?mode=ro{}", if immutable { "&immutable=1" } else { "" })
}

/// Whether a file is there and cannot be written. Nothing is written to find out.
fn takes_no_writes(path: &Path) -> bool {
    let refused = [ErrorKind::ReadOnlyFilesystem, ErrorKind::PermissionDenied];
    std::fs::OpenOptions::new().write(true).open(path).is_err_and(|error| refused.contains(&error.kind()))
}

fn is_of_the_folder(error: &StoreError) -> bool {
    match error {
        StoreError::ReadOnly => true,
        StoreError::Open { source, .. } | StoreError::Sql { source, .. } => {
            matches!(source.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIGRATIONS: &[&str] = &["CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID"];

    /// A folder with a database in which something is kept; its log is left behind as by a program that died, or not.
    fn folder(with_log: bool) -> (tempfile::TempDir, PathBuf, DatabaseKey) {
        let (folder, key) = (tempfile::tempdir().unwrap(), DatabaseKey::new([1; 32]));
        let path = folder.path().join("a 100% #?.db");
        let db = Db::open(&path, &key, MIGRATIONS).unwrap();
        db.set_meta("it", b"is here").unwrap();
        if with_log {
            let copy = folder.path().join("copy.db");
            for ending in ["", "-wal", "-shm"] {
                std::fs::copy(beside(&path, ending), beside(&copy, ending)).unwrap();
            }
            return (folder, copy, key);
        }
        (folder, path, key)
    }

    #[test]
    fn what_was_kept_is_read_and_nothing_is_written() {
        for with_log in [false, true] {
            let (folder, path, key) = folder(with_log);
            let files = || {
                let mut names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
                names.sort();
                (names, std::fs::read(&path).unwrap())
            };
            let before = files();
            let db = Db::open_to_read(&path, &key, 1).unwrap();
            assert_eq!(db.meta("it").unwrap().as_deref(), Some(b"is here".as_slice()), "{with_log}");
            assert!(matches!(db.set_meta("it", b"else"), Err(StoreError::ReadOnly)));
            drop(db);
            assert_eq!(files(), before);
            assert!(matches!(Db::open_to_read(&path, &DatabaseKey::new([2; 32]), 1), Err(StoreError::WrongKey { .. })));
            assert!(matches!(Db::open_to_read(&path, &key, 2), Err(StoreError::Older { .. })));
            assert!(matches!(Db::open_to_read(&path, &key, 0), Err(StoreError::Newer { .. })));
        }
    }

    #[test]
    fn a_folder_that_can_be_written_is_written() {
        let (_folder, path, key) = folder(false);
        let (db, writes) = Db::open_or_read(&path, &key, MIGRATIONS).unwrap();
        db.set_meta("it", b"else").unwrap();
        assert!(writes);
    }
}
