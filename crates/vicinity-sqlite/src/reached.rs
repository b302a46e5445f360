//! People reached and months without a report, at a hub and at national.

use rusqlite::Row;
use vicinity_core::reached::{MONTHS_MAX, Reached};

use crate::db::{Db, Result};
use crate::hub::SqliteHub;
use crate::national::SqliteNational;
use vicinity_store::reached::{HubReached, NationalReached};

fn reached(row: &Row<'_>, first: usize) -> rusqlite::Result<Reached> {
    Ok(Reached {
        month: row.get(first)?,
        people: row.get(first + 1)?,
        is_nil: row.get(first + 2)?,
    })
}

fn all(db: &Db) -> Result<Vec<Reached>> {
    let query = "SELECT month, people, nil FROM reached ORDER BY month DESC LIMIT ?1";
    db.all("reading months", query, &[&(MONTHS_MAX as i64)], |row| {
        reached(row, 0)
    })
}

impl HubReached for SqliteHub {
    fn reached(&mut self) -> Result<Vec<Reached>> {
        all(&self.db)
    }

    fn set_reached(&mut self, of: &Reached) -> Result<()> {
        let query = include_str!("../queries/reached_set_reached.sql");
        self.db.immediate(|db| {
            db.execute(
                "keeping a month",
                query,
                &[&of.month, &of.people, &of.is_nil],
            )
            .map(drop)
        })
    }

    fn unsent_reached(&mut self) -> Result<Vec<Reached>> {
        let any = "SELECT 1 FROM reached WHERE sent = 0 LIMIT 1";
        match self.db.one("reading months", any, &[], |_| Ok(()))? {
            Some(()) => all(&self.db),
            None => Ok(Vec::new()),
        }
    }

    fn reached_sent(&mut self, sent: &[Reached]) -> Result<()> {
        let query = "UPDATE reached SET sent = 1 WHERE month = ?1 AND people IS ?2 AND nil = ?3";
        self.db.immediate(|db| {
            for of in sent {
                db.execute(
                    "noting a month",
                    query,
                    &[&of.month, &of.people, &of.is_nil],
                )?;
            }
            Ok(())
        })
    }
}

impl NationalReached for SqliteNational {
    fn take_reached(&mut self, hub: u32, of: &[Reached]) -> Result<()> {
        let query = include_str!("../queries/reached_take_reached.sql");
        self.db.immediate(|db| {
            for of in of {
                db.execute(
                    "keeping a month",
                    query,
                    &[&hub, &of.month, &of.people, &of.is_nil],
                )?;
            }
            Ok(())
        })
    }

    fn reached_by_hub(&mut self, from: &str, to: &str) -> Result<Vec<(u32, Reached)>> {
        let query = "SELECT hub, month, people, nil FROM reached WHERE month >= ?1 AND month <= ?2 ORDER BY hub, month";
        self.db.all("reading months", query, &[&from, &to], |row| {
            Ok((row.get(0)?, reached(row, 1)?))
        })
    }
}
