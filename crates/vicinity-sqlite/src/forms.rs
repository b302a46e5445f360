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

#[cfg(test)]
mod tests {
    use super::*;
    use vicinity_store::DatabaseKey;

    fn keeps(store: &mut dyn Forms) {
        assert_eq!(store.form([0; 32]).unwrap(), None);
        for sent in 0..=FORMS_MAX as u8 {
            store.note_form(1, [sent; 32], "/here").unwrap();
        }
        store.note_form(2, [200; 32], "/board").unwrap();
        store.note_form(2, [200; 32], "/there").unwrap();
        assert_eq!(
            (store.form([0; 32]).unwrap(), store.form([1; 32]).unwrap()),
            (None, Some("/here".to_owned())),
            "the oldest of a person goes"
        );
        assert_eq!(
            store.form([200; 32]).unwrap(),
            Some("/there".to_owned()),
            "where it led in the end"
        );
        store.forget_form([200; 32]).unwrap();
        assert_eq!(store.form([200; 32]).unwrap(), None);
    }

    #[test]
    fn so_many_forms_of_a_person_are_remembered_also_when_the_store_is_opened_again() {
        let (folder, key) = (tempfile::tempdir().unwrap(), DatabaseKey::new([1; 32]));
        keeps(&mut SqliteHub::open(folder.path(), &key, [7; 16]).unwrap());
        keeps(&mut SqliteNational::open(folder.path(), &key).unwrap());
        assert_eq!(
            SqliteHub::open(folder.path(), &key, [7; 16])
                .unwrap()
                .form([64; 32])
                .unwrap(),
            Some("/here".to_owned())
        );
        assert_eq!(
            SqliteNational::open(folder.path(), &key)
                .unwrap()
                .form([64; 32])
                .unwrap(),
            Some("/here".to_owned())
        );
    }
}
