//! People who sign in, on SQLite: `people.db`, encrypted as everything else in the folder.

use std::path::Path;

use rusqlite::Row;
use vicinity_core::time::Timestamp;

use crate::db::{Db, sql};
use vicinity_store::StoreError;
use vicinity_store::error::Damage;
use vicinity_store::key::DatabaseKey;
use vicinity_store::person::{
    CODE_STEP_SECONDS, Desk, LINK_SECONDS, NewPerson, NewSession, PasswordHash, PersonRow, Session,
    SignIn,
};

type Result<T> = core::result::Result<T, StoreError>;

const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/people_0001.sql"),
    include_str!("../migrations/people_0002_secret.sql"),
];

/// A session that nothing was asked in for so long has ended.
pub const IDLE_SECONDS: i64 = 30 * 60;
/// A session ends after so long, whatever is asked.
pub const SESSION_SECONDS: i64 = 12 * 3600;
/// How exactly it is kept when somebody was seen: not every page need be a write.
const SEEN_SECONDS: i64 = 60;
/// Sessions of one person that are kept: the oldest goes where there is one more. No clock ends what it may be wrong about.
const SESSIONS_MAX: usize = 20;

/// People who sign in at one server. Every method is one transaction, durable when it returns.
pub struct SqlitePeople {
    db: Db,
}

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn desk(code: &str) -> rusqlite::Result<Desk> {
    // Written by this file alone; anything else is damage, and nobody signs in by damage.
    Desk::from_code(code).ok_or(rusqlite::Error::InvalidQuery)
}

fn array<const N: usize>(row: &Row<'_>, at: usize) -> rusqlite::Result<[u8; N]> {
    row.get(at)
}

impl SqlitePeople {
    /// Looks at every page of the file, whatever lies on it: whether one is damaged. Takes some 4 seconds a gigabyte.
    ///
    /// # Errors
    /// The file cannot be read at all.
    pub fn damaged(&self) -> Result<Option<Damage>> {
        self.db.damaged()
    }
}

impl SqlitePeople {
    /// Opens or makes the file in a folder.
    ///
    /// # Errors
    /// The folder or its file cannot be used, or is of a newer version.
    pub fn open(folder: &Path, key: &DatabaseKey) -> Result<Self> {
        Ok(Self {
            db: Db::open(&folder.join("people.db"), key, MIGRATIONS)?,
        })
    }

    /// The secret by which this server knows its own pages and browsers; `fresh` becomes it the first time.
    ///
    /// # Errors
    /// Storage.
    pub fn secret(&mut self, fresh: [u8; 32]) -> Result<[u8; 32]> {
        self.db.immediate(|db| {
            db.execute(
                "keeping a secret",
                "INSERT OR IGNORE INTO secret (one, bytes) VALUES (1, ?1)",
                &[&fresh],
            )?;
            Ok(db
                .one("reading a secret", "SELECT bytes FROM secret", &[], |row| {
                    array(row, 0)
                })?
                .unwrap_or(fresh))
        })
    }

    /// Lets somebody sign in by a one-time link. Anyone who has that name already gets a new password and a new second factor by
    /// it, and is signed out until then.
    ///
    /// # Errors
    /// Storage.
    pub fn invite(&mut self, new: &NewPerson<'_>, now: Timestamp) -> Result<()> {
        self.db.immediate(|db| {
            let query = "DELETE FROM sessions WHERE person IN (SELECT number FROM people WHERE handle = ?1)";
            db.execute("signing out", query, &[&new.handle])?;
            let query = include_str!("../queries/people_invite.sql");
            db.execute("inviting", query, &[&new.handle, &new.desk.code(), &now.as_second(), &new.code_hash, &new.expires.as_second(), &new.totp]).map(drop)
        })
    }

    /// Cuts to their longest possible length what a clock that was ahead has made: links, sessions, and steps of codes
    /// that were used. Whatever reads one of these cuts first.
    ///
    /// # Errors
    /// Storage.
    pub fn cut(&mut self, now: Timestamp) -> Result<()> {
        let now = now.as_second();
        let (link, step) = (
            now.saturating_add(LINK_SECONDS),
            now.div_euclid(CODE_STEP_SECONDS) + 1,
        );
        let people = "invite_expires > ?1 OR totp_last > ?2 OR looked_at > ?3";
        // Looked for first: most of the time there is nothing, and reading costs no write.
        let query = format!(
            "SELECT 1 FROM people WHERE {people} UNION ALL SELECT 1 FROM sessions WHERE started_at > ?3 OR seen_at > ?3 LIMIT 1"
        );
        if self
            .db
            .one("reading terms", &query, &[&link, &step, &now], |_| Ok(()))?
            .is_none()
        {
            return Ok(());
        }
        self.db.immediate(|db| {
            let query = format!(
                "UPDATE people SET invite_expires = min(invite_expires, ?1), totp_last = min(totp_last, ?2), looked_at = min(looked_at, ?3)
                    WHERE {people}"
            );
            db.execute("cutting terms", &query, &[&link, &step, &now])?;
            let query = "UPDATE sessions SET started_at = min(started_at, ?1), seen_at = min(seen_at, ?1) WHERE started_at > ?1 OR seen_at > ?1";
            db.execute("cutting terms", query, &[&now]).map(drop)
        })
    }

    /// For whom a one-time link is, if it is still good: their number, name and the secret of their codes.
    ///
    /// # Errors
    /// Storage.
    pub fn invited(
        &mut self,
        code_hash: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<(u32, String, [u8; 20])>> {
        self.cut(now)?;
        let query = "SELECT number, handle, totp FROM people WHERE invite_hash = ?1 AND invite_expires > ?2";
        self.db.one(
            "reading an invitation",
            query,
            &[&code_hash, &now.as_second()],
            |row| Ok((row.get(0)?, row.get(1)?, array(row, 2)?)),
        )
    }

    /// Uses a one-time link: the password is set and the link is spent. `false` if it was not good any more.
    ///
    /// # Errors
    /// Storage.
    pub fn welcome(
        &mut self,
        code_hash: [u8; 32],
        password: &PasswordHash,
        now: Timestamp,
    ) -> Result<bool> {
        self.cut(now)?;
        self.db.immediate(|db| {
            let query = "UPDATE people SET salt = ?2, hash = ?3, invite_hash = NULL, invite_expires = NULL WHERE invite_hash = ?1 AND invite_expires > ?4";
            Ok(db.execute("setting a password", query, &[&code_hash, &password.salt, &password.hash, &now.as_second()])? == 1)
        })
    }

    /// What is needed to check whether somebody is who they say; `None` for a name that nobody has.
    ///
    /// # Errors
    /// Storage.
    pub fn sign_in_of(&mut self, handle: &str, now: Timestamp) -> Result<Option<SignIn>> {
        self.cut(now)?;
        let query = "SELECT number, handle, salt, hash, totp FROM people WHERE handle = ?1";
        self.db.one("reading a person", query, &[&handle], |row| {
            let (salt, hash): (Option<[u8; 16]>, Option<[u8; 32]>) = (row.get(2)?, row.get(3)?);
            let password = salt
                .zip(hash)
                .map(|(salt, hash)| PasswordHash { salt, hash });
            Ok(SignIn {
                number: row.get(0)?,
                handle: row.get(1)?,
                password,
                totp: array(row, 4)?,
            })
        })
    }

    /// Begins a session. `false` if the code of that step, or a later one, was used before.
    ///
    /// # Errors
    /// Storage.
    pub fn start_session(&mut self, new: &NewSession, now: Timestamp) -> Result<bool> {
        self.db.immediate(|db| {
            let seconds = now.as_second();
            let query = "UPDATE people SET totp_last = ?2, last_seen = ?3 WHERE number = ?1 AND totp_last < ?2 AND hash IS NOT NULL";
            if db.execute("beginning a session", query, &[&new.person, &new.totp_step.cast_signed(), &seconds])? != 1 {
                return Ok(false);
            }
            let query = "INSERT INTO sessions (token_hash, person, csrf, started_at, seen_at) VALUES (?1, ?2, ?3, ?4, ?4)";
            db.execute("beginning a session", query, &[&new.token_hash, &new.person, &new.csrf, &seconds])?;
            let query = include_str!("../queries/people_start_session.sql");
            db.execute("forgetting sessions", query, &[&new.person, &new.token_hash, &(SESSIONS_MAX as i64)])?;
            Ok(true)
        })
    }

    /// Who is signed in with what a browser keeps; `None` if nobody, or not any more. What a browser asks by itself, and not by
    /// anybody's hand, keeps no session from ending.
    ///
    /// # Errors
    /// Storage.
    pub fn session(
        &mut self,
        token_hash: [u8; 32],
        by_hand: bool,
        now: Timestamp,
    ) -> Result<Option<Session>> {
        self.cut(now)?;
        let seconds = now.as_second();
        let query = include_str!("../queries/people_session.sql");
        let found = self.db.one(
            "reading a session",
            query,
            &[
                &token_hash,
                &(seconds - IDLE_SECONDS),
                &(seconds - SESSION_SECONDS),
            ],
            |row| {
                let role: String = row.get(2)?;
                let session = Session {
                    number: row.get(0)?,
                    handle: row.get(1)?,
                    desk: desk(&role)?,
                    csrf: row.get(3)?,
                    language: row.get(4)?,
                    theme: row.get(5)?,
                    looked_at: time(row.get(6)?),
                };
                Ok((session, row.get::<_, i64>(7)?))
            },
        )?;
        let Some((session, seen_at)) = found else {
            return Ok(None);
        };
        if by_hand && seconds - seen_at >= SEEN_SECONDS {
            self.db.immediate(|db| {
                db.execute(
                    "noting a session",
                    "UPDATE sessions SET seen_at = ?2 WHERE token_hash = ?1",
                    &[&token_hash, &seconds],
                )?;
                db.execute(
                    "noting a session",
                    "UPDATE people SET last_seen = ?2 WHERE number = ?1",
                    &[&session.number, &seconds],
                )
            })?;
        }
        Ok(Some(session))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// Storage.
    pub fn end_session(&mut self, token_hash: [u8; 32]) -> Result<()> {
        self.db.immediate(|db| {
            db.execute(
                "signing out",
                "DELETE FROM sessions WHERE token_hash = ?1",
                &[&token_hash],
            )
            .map(drop)
        })
    }

    /// Keeps how somebody wants to read.
    ///
    /// # Errors
    /// Storage.
    pub fn set_reading(&mut self, person: u32, language: &str, theme: &str) -> Result<()> {
        let query = "UPDATE people SET language = ?2, theme = ?3 WHERE number = ?1";
        self.db.immediate(|db| {
            db.execute("keeping settings", query, &[&person, &language, &theme])
                .map(drop)
        })
    }

    /// Notes that somebody has looked at what is new.
    ///
    /// # Errors
    /// Storage.
    pub fn looked(&mut self, person: u32, now: Timestamp) -> Result<()> {
        self.db.immediate(|db| {
            db.execute(
                "noting a look",
                "UPDATE people SET looked_at = ?2 WHERE number = ?1",
                &[&person, &now.as_second()],
            )
            .map(drop)
        })
    }

    /// Everybody who may sign in, by name.
    ///
    /// # Errors
    /// Storage.
    pub fn people(&mut self) -> Result<Vec<PersonRow>> {
        let query =
            "SELECT number, handle, role, hash IS NOT NULL, last_seen FROM people ORDER BY handle";
        self.db.all("reading people", query, &[], |row| {
            let role: String = row.get(2)?;
            let last_seen = row.get::<_, Option<i64>>(4)?.map(time);
            Ok(PersonRow {
                number: row.get(0)?,
                handle: row.get(1)?,
                desk: desk(&role)?,
                has_password: row.get(3)?,
                last_seen,
            })
        })
    }

    /// Lets somebody sign in no more, and signs them out. `false` if nobody has that name.
    ///
    /// # Errors
    /// Storage.
    pub fn remove(&mut self, handle: &str) -> Result<bool> {
        self.db.immediate(|db| {
            Ok(db.execute(
                "removing a person",
                "DELETE FROM people WHERE handle = ?1",
                &[&handle],
            )? == 1)
        })
    }

    /// Runs steps under one commit until there are no more. Each that says `false` is undone, and only that. Not to be nested.
    ///
    /// # Errors
    /// Nothing of the steps was kept.
    pub fn group_commit(&mut self, next: &mut dyn FnMut(&mut Self) -> Option<bool>) -> Result<()> {
        sql("beginning", self.db.conn.execute_batch("BEGIN"))?;
        let ran = crate::db::one_by_one(self, |people| &people.db, next);
        let ended = self.db.end(ran.is_ok());
        ran.and(ended)
    }
}

#[cfg(test)]
mod tests;
