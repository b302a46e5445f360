//! The SQLite engine: one file encrypted by SQLCipher under a random raw key, WAL, `synchronous=FULL`, `STRICT` tables,
//! numbered migrations.

use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, ToSql};

use vicinity_core::hex;
use vicinity_store::hub::INVITE_SECONDS;
use vicinity_store::{DatabaseKey, StoreError};
use zeroize::Zeroizing;

use crate::damage;

pub(crate) type Result<T> = core::result::Result<T, StoreError>;

/// How long a step waits for another process, and how often it looks: often, for a hub that has much to do leaves its file free for
/// a moment only.
pub(crate) const BUSY_WAIT: Duration = Duration::from_secs(10);
const BUSY_LOOK: Duration = Duration::from_millis(2);
/// How long emptying the log waits for readers: the hub's one writing thread must not stand still for an export.
const LOG_WAIT: Duration = Duration::from_millis(500);

/// A connection whose every step is a transaction of its own, or a savepoint inside a larger one.
pub(crate) struct Db {
    pub(crate) conn: Connection,
    /// Operations of documents that were loaded since it was opened.
    pub(crate) loaded: Cell<u64>,
}

/// Waits for another process, unless it has waited [`BUSY_WAIT`].
pub(crate) fn wait_a_little(looks: i32) -> bool {
    let waited = BUSY_LOOK.saturating_mul(looks.max(0).cast_unsigned());
    if waited < BUSY_WAIT {
        std::thread::sleep(BUSY_LOOK);
    }
    waited < BUSY_WAIT
}

pub(crate) fn sql<T>(step: &'static str, result: rusqlite::Result<T>) -> Result<T> {
    result.map_err(|source| match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => StoreError::Full,
        Some(rusqlite::ErrorCode::ReadOnly) => StoreError::ReadOnly,
        _ => StoreError::Engine {
            step,
            may_be_full: lacks_room(&source),
            source: source.into(),
        },
    })
}

/// A database that could not be opened.
pub(crate) fn unopened(path: &Path, source: rusqlite::Error) -> StoreError {
    StoreError::Open {
        path: path.display().to_string(),
        may_be_full: lacks_room(&source),
        source: source.into(),
    }
}

/// SQLite does not always say that it lacked room.
fn lacks_room(source: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, DiskFull, SystemIoFailure};
    matches!(
        source.sqlite_error_code(),
        Some(DiskFull | SystemIoFailure | CannotOpen)
    )
}

/// SQLite's own code of a failure, if it is one of SQLite's.
pub(crate) fn failure(error: &StoreError) -> Option<rusqlite::ErrorCode> {
    let (StoreError::Open { source, .. } | StoreError::Engine { source, .. }) = error else {
        return None;
    };
    source
        .downcast_ref::<rusqlite::Error>()?
        .sqlite_error_code()
}

impl Db {
    pub(crate) fn open(path: &Path, key: &DatabaseKey, migrations: &[&str]) -> Result<Self> {
        let open = || -> rusqlite::Result<Connection> {
            let mut conn = Connection::open(path)?;
            conn.execute_batch(&pragma(key))?;
            conn.busy_handler(Some(wait_a_little))?;
            conn.pragma_update(None, "journal_mode", "WAL")?;
            conn.pragma_update(None, "synchronous", "FULL")?;
            conn.pragma_update(None, "foreign_keys", true)?;
            conn.pragma_update(None, "cache_size", -8192)?;
            conn.pragma_update(None, "temp_store", "MEMORY")?;
            conn.pragma_update(None, "trusted_schema", false)?;
            // What is withdrawn is overwritten, not only forgotten.
            conn.pragma_update(None, "secure_delete", true)?;
            conn.set_prepared_statement_cache_capacity(64);
            Ok(conn)
        };
        let conn = open().map_err(|source| match source.sqlite_error_code() {
            // SQLCipher cannot tell a wrong key from a file that is not a database.
            Some(rusqlite::ErrorCode::NotADatabase) => damage::closed(path),
            Some(rusqlite::ErrorCode::DatabaseCorrupt) => damage::damage(path).into(),
            _ => unopened(path, source),
        })?;
        let mut db = Self {
            conn,
            loaded: Cell::new(0),
        };
        let migrated = db.migrate(migrations);
        db.told(migrated)?;
        Ok(db)
    }

    /// Writes a copy into a new file under another key, from one snapshot; writers wait meanwhile. `leaving_out` is run on the
    /// copy, and what it deletes is overwritten there. Durable when this returns.
    pub(crate) fn copy_into(
        &mut self,
        path: &Path,
        key: &DatabaseKey,
        leaving_out: &str,
    ) -> Result<()> {
        let step = "copying the database";
        let version: i64 = sql(
            step,
            self.conn
                .pragma_query_value(None, "user_version", |row| row.get(0)),
        )?;
        sql(
            step,
            self.conn.execute(
                "ATTACH DATABASE ?1 AS copy KEY ?2",
                (path.display().to_string(), &*raw(key)),
            ),
        )?;
        let copied = sql(
            step,
            self.conn.execute_batch(&format!(
                "BEGIN IMMEDIATE; SELECT sqlcipher_export('copy'); {leaving_out}; COMMIT"
            )),
        )
        .and_then(|()| {
            sql(
                step,
                self.conn
                    .execute_batch(&format!("PRAGMA copy.user_version = {version}")),
            )
        });
        if copied.is_err() && !self.conn.is_autocommit() {
            // What failed is reported; a failing rollback leaves nothing to undo.
            self.conn.execute_batch("ROLLBACK").ok();
        }
        sql(step, self.conn.execute_batch("DETACH DATABASE copy"))?;
        self.told(copied)?;
        let synced = std::fs::File::open(path).and_then(|file| file.sync_all());
        synced.map_err(|source| StoreError::File {
            path: path.display().to_string(),
            source,
        })
    }

    /// Runs the migrations that the file has not seen, each in a transaction of its own.
    pub(crate) fn migrate(&mut self, migrations: &[&str]) -> Result<()> {
        let known = migrations.len() as i64;
        let found: i64 = sql(
            "reading the schema version",
            self.conn
                .pragma_query_value(None, "user_version", |row| row.get(0)),
        )?;
        if found > known {
            return Err(StoreError::Newer { found, known });
        }
        for (at, migration) in migrations.iter().enumerate().skip(found as usize) {
            self.immediate(|db| {
                // Another process may have been here between the look and the lock.
                let now: i64 = sql(
                    "reading the schema version",
                    db.conn
                        .pragma_query_value(None, "user_version", |row| row.get(0)),
                )?;
                if now > at as i64 {
                    return Ok(());
                }
                sql("migrating", db.conn.execute_batch(migration))?;
                sql(
                    "migrating",
                    db.conn.pragma_update(None, "user_version", at as i64 + 1),
                )
            })?;
        }
        Ok(())
    }

    /// A step that happens complete or not at all. Inside another step it is a savepoint.
    pub(crate) fn immediate<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let (begin, commit, undo) = if self.conn.is_autocommit() {
            ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")
        } else {
            (
                "SAVEPOINT step",
                "RELEASE step",
                "ROLLBACK TO step; RELEASE step",
            )
        };
        sql("beginning", self.conn.execute_batch(begin))?;
        let result = step(self)
            .and_then(|value| sql("committing", self.conn.execute_batch(commit)).map(|()| value));
        if result.is_err() && !self.conn.is_autocommit() {
            // SQLite rolls back by itself after some errors; a failing rollback leaves nothing to undo.
            self.conn.execute_batch(undo).ok();
        }
        result
    }

    /// From now on this connection cannot write.
    pub(crate) fn only_reading(&self) -> Result<()> {
        sql(
            "giving up writing",
            self.conn.pragma_update(None, "query_only", true),
        )
    }

    /// Ends a transaction: kept if that is wanted.
    pub(crate) fn end(&self, wanted: bool) -> Result<()> {
        if self.conn.is_autocommit() {
            // An error made SQLite roll everything back.
            return Err(StoreError::RolledBack);
        }
        if !wanted {
            return sql("undoing", self.conn.execute_batch("ROLLBACK"));
        }
        let committed = sql("committing", self.conn.execute_batch("COMMIT"));
        if committed.is_err() {
            // SQLite rolls back by itself after some errors; a failing rollback leaves nothing to undo.
            self.conn.execute_batch("ROLLBACK").ok();
        }
        committed
    }

    /// Reads from one snapshot, while others may write.
    pub(crate) fn as_of_one_moment<T>(
        &mut self,
        step: impl FnOnce(&Self) -> Result<T>,
    ) -> Result<T> {
        sql("beginning", self.conn.execute_batch("BEGIN DEFERRED"))?;
        let result = step(self);
        // Nothing was written: there is nothing that could fail to be kept.
        self.conn.execute_batch("ROLLBACK").ok();
        result
    }

    /// Writes the log into the database and empties it, so that no older version of a page stays. `false` if another
    /// process reads an older state just now.
    pub(crate) fn truncate_log(&mut self) -> Result<bool> {
        let step = "emptying the log";
        sql(step, self.conn.busy_timeout(LOG_WAIT))?;
        let busy = sql(
            step,
            self.conn
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
                    row.get::<_, i64>(0)
                }),
        );
        sql(step, self.conn.busy_handler(Some(wait_a_little)))?;
        Ok(busy? == 0)
    }

    pub(crate) fn execute(
        &self,
        step: &'static str,
        query: &str,
        params: &[&dyn ToSql],
    ) -> Result<usize> {
        self.told(sql(
            step,
            self.conn
                .prepare_cached(query)
                .and_then(|mut statement| statement.execute(params)),
        ))
    }

    pub(crate) fn one<T>(
        &self,
        step: &'static str,
        query: &str,
        params: &[&dyn ToSql],
        read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        self.told(sql(
            step,
            self.conn
                .prepare_cached(query)
                .and_then(|mut statement| statement.query_row(params, read).optional()),
        ))
    }

    pub(crate) fn all<T>(
        &self,
        step: &'static str,
        query: &str,
        params: &[&dyn ToSql],
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        self.told(sql(
            step,
            self.conn
                .prepare_cached(query)
                .and_then(|mut statement| statement.query_map(params, read)?.collect()),
        ))
    }

    pub(crate) fn count(&self, step: &'static str, query: &str) -> Result<u64> {
        Ok(self
            .one(step, query, &[], |row| row.get::<_, i64>(0))?
            .unwrap_or(0) as u64)
    }

    pub(crate) fn setting(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.one(
            "reading a setting",
            "SELECT value FROM meta WHERE key = ?1",
            &[&key],
            |row| row.get(0),
        )
    }

    pub(crate) fn set_setting(&self, key: &str, value: &[u8]) -> Result<()> {
        self.execute(
            "keeping a setting",
            "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            &[&key, &value],
        )?;
        Ok(())
    }

    pub(crate) fn invite(
        &mut self,
        code_hash: [u8; 32],
        role: &str,
        expires_at: i64,
    ) -> Result<()> {
        self.immediate(|db| {
            db.execute(
                "keeping an invitation",
                "INSERT INTO invites (code_hash, role, expires_at) VALUES (?1, ?2, ?3)",
                &[&code_hash, &role, &expires_at],
            )
            .map(drop)
        })
    }

    /// Cuts the terms of invitations to the longest that there is.
    pub(crate) fn cut_invites(&self, now: i64) -> Result<u64> {
        let longest = now.saturating_add(INVITE_SECONDS);
        // Looked for first: most of the time there is nothing, and reading costs no write.
        if self
            .one(
                "reading invitations",
                "SELECT 1 FROM invites WHERE expires_at > ?1 LIMIT 1",
                &[&longest],
                |_| Ok(()),
            )?
            .is_none()
        {
            return Ok(0);
        }
        self.execute(
            "cutting invitations",
            "UPDATE invites SET expires_at = ?1 WHERE expires_at > ?1",
            &[&longest],
        )
        .map(|cut| cut as u64)
    }

    /// Uses an invitation: its role, if it is open or was used by the same.
    pub(crate) fn name_invited(&mut self, code_hash: [u8; 32], name: &str) -> Result<()> {
        let query = "UPDATE invites SET name = ?2 WHERE code_hash = ?1 AND used_by IS NULL";
        self.immediate(|db| {
            db.execute("naming an invitation", query, &[&code_hash, &name])
                .map(drop)
        })
    }

    /// The role that an invitation is for, and the name that was given with it.
    pub(crate) fn use_invite(
        &self,
        code_hash: [u8; 32],
        user: &[u8],
        now: i64,
    ) -> Result<Option<(String, Option<String>)>> {
        self.cut_invites(now)?;
        let query = "UPDATE invites SET used_by = ?2 WHERE code_hash = ?1 AND expires_at > ?3 AND (used_by IS NULL OR used_by = ?2) RETURNING role, name";
        self.one(
            "using an invitation",
            query,
            &[&code_hash, &user, &now],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }
}

/// Runs steps in a transaction until there are no more. Each that says `false` is undone, and only that.
pub(crate) fn one_by_one<S>(
    store: &mut S,
    db: fn(&S) -> &Db,
    next: &mut dyn FnMut(&mut S) -> Option<bool>,
) -> Result<()> {
    loop {
        sql(
            "beginning a step",
            db(store).conn.execute_batch("SAVEPOINT request"),
        )?;
        let fine = next(store);
        let end = if fine == Some(false) {
            "ROLLBACK TO request; RELEASE request"
        } else {
            "RELEASE request"
        };
        // Where an error made SQLite roll everything back there is no such savepoint: then nothing was kept.
        sql("ending a step", db(store).conn.execute_batch(end))?;
        if fine.is_none() {
            return Ok(());
        }
    }
}

pub(crate) fn id16(bytes: Vec<u8>) -> Result<[u8; 16]> {
    bytes.try_into().map_err(|_| StoreError::Damaged("id"))
}

pub(crate) fn digest_of(bytes: Option<Vec<u8>>) -> Result<vicinity_core::ids::ScopeDigest> {
    let Some(bytes) = bytes else {
        return Ok(vicinity_core::ids::ScopeDigest::default());
    };
    Ok(vicinity_core::ids::ScopeDigest(u128::from_be_bytes(id16(
        bytes,
    )?)))
}

/// The statement that gives a key to SQLCipher raw: SQLCipher's own derivation takes 180 ms a connection.
pub(crate) fn pragma(key: &DatabaseKey) -> Zeroizing<String> {
    Zeroizing::new(format!("PRAGMA key = \"{}\"", *raw(key)))
}

/// A key as SQLCipher takes it raw: `x'…'`.
fn raw(key: &DatabaseKey) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(72));
    text.push_str("x'");
    text.push_str(&Zeroizing::new(hex::write(key.bytes())));
    text.push('\'');
    text
}
