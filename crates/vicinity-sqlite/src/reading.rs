//! Opening a database in a folder that cannot be written: on a disk that turned read-only, or a card that is locked.

use std::cell::Cell;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::damage;
use crate::db::{BUSY_WAIT, Db, Result, failure, pragma, unopened};
use vicinity_store::StoreError;
use vicinity_store::key::DatabaseKey;

impl Db {
    /// Opens a database, and where its folder cannot be written, for reading alone. Whether it can be written comes with it.
    pub(crate) fn open_or_read(
        path: &Path,
        key: &DatabaseKey,
        migrations: &[&str],
    ) -> Result<(Self, bool)> {
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

    /// Nothing is written, not even a lock. What is in the log of a program that died is read with it.
    fn open_to_read(path: &Path, key: &DatabaseKey, known: i64) -> Result<Self> {
        let way = Way::of(path);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || -> rusqlite::Result<(Connection, i64)> {
            let conn = Connection::open_with_flags(address(path, way), flags)?;
            conn.execute_batch(&pragma(key))?;
            if way == Way::OwnIndex {
                // Before anything is read: from then on the index of the log is looked for beside the file.
                conn.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
                // The log stays as it is when this is closed, too.
                conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            }
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
            _ => unopened(path, source),
        })?;
        match found {
            found if found > known => Err(StoreError::Newer { found, known }),
            found if found < known => Err(StoreError::Older { path: text() }),
            _ => Ok(Self {
                conn,
                loaded: Cell::new(0),
            }),
        }
    }
}

/// How a file that cannot be written is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// There is no log: the file as it is, for nobody else can write it either.
    AsItIs,
    /// With its log, and the index of that beside it.
    WithIndex,
    /// With its log, and an index of its own in memory: there is none beside it, and none can be made. It needs locks of nobody.
    OwnIndex,
}

impl Way {
    fn of(path: &Path) -> Self {
        let has_log = std::fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0);
        match (has_log, beside(path, "-shm").exists()) {
            (false, _) => Self::AsItIs,
            (true, true) => Self::WithIndex,
            (true, false) => Self::OwnIndex,
        }
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A path as SQLite takes it with options.
fn address(path: &Path, way: Way) -> String {
    let escaped = path
        .display()
        .to_string()
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    let options = match way {
        Way::AsItIs => "&immutable=1",
        Way::WithIndex => "",
        // SQLite takes no log with `nolock`; this makes none either, and an index of its own does without.
        Way::OwnIndex => "&vfs=unix-none",
    };
    format!("file:{escaped}?mode=ro{options}")
}

/// Whether a file is there and cannot be written. Nothing is written to find out.
fn takes_no_writes(path: &Path) -> bool {
    let refused = [ErrorKind::ReadOnlyFilesystem, ErrorKind::PermissionDenied];
    std::fs::OpenOptions::new()
        .write(true)
        .open(path)
        .is_err_and(|error| refused.contains(&error.kind()))
}

fn is_of_the_folder(error: &StoreError) -> bool {
    match error {
        StoreError::ReadOnly => true,
        error => matches!(
            failure(error),
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIGRATIONS: &[&str] =
        &["CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID"];

    /// A folder with a database in which something is kept; these files are left beside it as by a program that died.
    fn folder(left: &[&str]) -> (tempfile::TempDir, PathBuf, DatabaseKey) {
        let (folder, key) = (tempfile::tempdir().unwrap(), DatabaseKey::new([1; 32]));
        let path = folder.path().join("a 100% #?.db");
        let db = Db::open(&path, &key, MIGRATIONS).unwrap();
        db.set_setting("it", b"is here").unwrap();
        if !left.is_empty() {
            let copy = folder.path().join("copy.db");
            for ending in [""].iter().chain(left) {
                std::fs::copy(beside(&path, ending), beside(&copy, ending)).unwrap();
            }
            return (folder, copy, key);
        }
        (folder, path, key)
    }

    #[test]
    fn what_was_kept_is_read_and_nothing_is_written() {
        for left in [&[][..], &["-wal", "-shm"], &["-wal"]] {
            let (folder, path, key) = folder(left);
            let files = || {
                let mut names: Vec<_> = std::fs::read_dir(folder.path())
                    .unwrap()
                    .map(|entry| entry.unwrap().file_name())
                    .collect();
                names.sort();
                (names, std::fs::read(&path).unwrap())
            };
            let before = files();
            let db = Db::open_to_read(&path, &key, 1).unwrap();
            assert_eq!(
                db.setting("it").unwrap().as_deref(),
                Some(b"is here".as_slice()),
                "{left:?}"
            );
            assert!(matches!(
                db.set_setting("it", b"else"),
                Err(StoreError::ReadOnly)
            ));
            drop(db);
            assert_eq!(files(), before);
            assert!(matches!(
                Db::open_to_read(&path, &DatabaseKey::new([2; 32]), 1),
                Err(StoreError::WrongKey { .. })
            ));
            assert!(matches!(
                Db::open_to_read(&path, &key, 2),
                Err(StoreError::Older { .. })
            ));
            assert!(matches!(
                Db::open_to_read(&path, &key, 0),
                Err(StoreError::Newer { .. })
            ));
        }
    }

    #[test]
    fn a_folder_that_can_be_written_is_written() {
        let (_folder, path, key) = folder(&[]);
        let (db, writes) = Db::open_or_read(&path, &key, MIGRATIONS).unwrap();
        db.set_setting("it", b"else").unwrap();
        assert!(writes);
    }
}
