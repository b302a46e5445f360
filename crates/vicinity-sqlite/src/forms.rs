//! Forms that count once, on SQLite: in the database that they write to, so that both are kept or neither.

use crate::db::{Db, Result};
use crate::hub::SqliteHub;
use crate::national::SqliteNational;
use vicinity_store::forms::{FORMS_MAX, Forms};

fn form(db: &Db, sent: [u8; 32]) -> Result<Option<String>> {
    db.one(
        "looking for a form",
        "SELECT place FROM forms WHERE sent = ?1",
        &[&sent],
        |row| row.get(0),
    )
}

fn note(db: &mut Db, person: u32, sent: [u8; 32], place: &str) -> Result<()> {
    db.immediate(|db| {
        let query = "INSERT INTO forms (sent, person, place) VALUES (?1, ?2, ?3) ON CONFLICT (sent) DO UPDATE SET place = excluded.place";
        db.execute("noting a form", query, &[&sent, &person, &place])?;
        let old = "DELETE FROM forms WHERE id IN (SELECT id FROM forms WHERE person = ?1 ORDER BY id DESC LIMIT -1 OFFSET ?2)";
        db.execute("forgetting old forms", old, &[&person, &FORMS_MAX]).map(drop)
    })
}

fn forget(db: &Db, sent: [u8; 32]) -> Result<()> {
    db.execute(
        "forgetting a form",
        "DELETE FROM forms WHERE sent = ?1",
        &[&sent],
    )
    .map(drop)
}

macro_rules! forms {
    ($store:ident) => {
        impl Forms for $store {
            fn form(&mut self, sent: [u8; 32]) -> Result<Option<String>> {
                form(&self.db, sent)
            }

            fn note_form(&mut self, person: u32, sent: [u8; 32], place: &str) -> Result<()> {
                note(&mut self.db, person, sent, place)
            }

            fn forget_form(&mut self, sent: [u8; 32]) -> Result<()> {
                forget(&self.db, sent)
            }
        }
    };
}

forms!(SqliteHub);
forms!(SqliteNational);
