//! Alerts at a hub and at national.

use vicinity_core::alert::Alert;
use vicinity_core::time::Timestamp;

use crate::db::{Db, Result};
use crate::hub::SqliteHub;
use crate::national::SqliteNational;
use vicinity_store::alert::{ENDED_KEPT_SECONDS, HubAlerts, NationalAlerts, Published};

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Alert> {
    Ok(Alert {
        id: row.get(0)?,
        area: row.get(1)?,
        text: row.get(2)?,
        ends: row.get(3)?,
    })
}

fn forget_ended(db: &Db, now: Timestamp) -> Result<u64> {
    let before = now.as_second().saturating_sub(ENDED_KEPT_SECONDS);
    // Looked for first: most of the time there is nothing, and reading costs no write.
    if db
        .one(
            "reading alerts",
            "SELECT 1 FROM alerts WHERE ends <= ?1 LIMIT 1",
            &[&before],
            |_| Ok(()),
        )?
        .is_none()
    {
        return Ok(0);
    }
    db.execute(
        "forgetting alerts",
        "DELETE FROM alerts WHERE ends <= ?1",
        &[&before],
    )
    .map(|gone| gone as u64)
}

fn put(db: &Db, query: &str, owner: u32, alert: &Alert) -> Result<()> {
    db.execute(
        "keeping an alert",
        query,
        &[&alert.id, &owner, &alert.area, &alert.text, &alert.ends],
    )
    .map(drop)
}

const PUT_AT_HUB: &str = "INSERT INTO alerts (id, own, area, text, ends) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
const PUT_AT_NATIONAL: &str = "INSERT INTO alerts (id, hub, area, text, ends) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";

impl HubAlerts for SqliteHub {
    fn publish_alert(&mut self, alert: &Alert, max: usize, now: Timestamp) -> Result<Published> {
        self.db.immediate(|db| {
            let known = db
                .one(
                    "reading alerts",
                    "SELECT 1 FROM alerts WHERE own = 1 AND id = ?1",
                    &[&alert.id],
                    |_| Ok(()),
                )?
                .is_some();
            let standing = "SELECT count(*) FROM alerts WHERE own = 1 AND ends > ?1";
            let standing = db
                .one("counting alerts", standing, &[&now.as_second()], |row| {
                    row.get::<_, i64>(0)
                })?
                .unwrap_or(0);
            if !known && standing.cast_unsigned() >= max as u64 {
                return Ok(Published::Full);
            }
            put(db, PUT_AT_HUB, 1, alert)?;
            Ok(Published::Stands)
        })
    }

    fn withdraw_alert(&mut self, id: [u8; 16]) -> Result<bool> {
        self.db.immediate(|db| {
            Ok(db.execute(
                "withdrawing an alert",
                "DELETE FROM alerts WHERE own = 1 AND id = ?1",
                &[&id],
            )? == 1)
        })
    }

    fn set_near_alerts(&mut self, alerts: &[Alert]) -> Result<()> {
        self.db.immediate(|db| {
            db.execute("forgetting alerts", "DELETE FROM alerts WHERE own = 0", &[])?;
            alerts
                .iter()
                .try_for_each(|alert| put(db, PUT_AT_HUB, 0, alert))
        })
    }

    fn alerts(&mut self, now: Timestamp) -> Result<(Vec<Alert>, Vec<Alert>)> {
        let query =
            "SELECT id, area, text, ends FROM alerts WHERE own = ?1 AND ends > ?2 ORDER BY id";
        let list = |own: u32| {
            self.db
                .all("reading alerts", query, &[&own, &now.as_second()], read)
        };
        Ok((list(1)?, list(0)?))
    }

    fn forget_ended_alerts(&mut self, now: Timestamp) -> Result<u64> {
        self.db.immediate(|db| forget_ended(db, now))
    }
}

impl NationalAlerts for SqliteNational {
    fn set_alerts(&mut self, hub: u32, alerts: &[Alert]) -> Result<()> {
        self.db.immediate(|db| {
            db.execute(
                "forgetting alerts",
                "DELETE FROM alerts WHERE hub = ?1",
                &[&hub],
            )?;
            alerts
                .iter()
                .try_for_each(|alert| put(db, PUT_AT_NATIONAL, hub, alert))
        })
    }

    fn alerts_of(&mut self, hub: u32, now: Timestamp) -> Result<Vec<Alert>> {
        let query =
            "SELECT id, area, text, ends FROM alerts WHERE hub = ?1 AND ends > ?2 ORDER BY id";
        self.db
            .all("reading alerts", query, &[&hub, &now.as_second()], read)
    }

    fn forget_ended_alerts(&mut self, now: Timestamp) -> Result<u64> {
        self.db.immediate(|db| forget_ended(db, now))
    }

    fn alerts_near(&mut self, hub: u32, now: Timestamp, max: usize) -> Result<Vec<Alert>> {
        let query = include_str!("../queries/alerts_alerts_near.sql");
        let mut alerts = self.db.all(
            "reading alerts",
            query,
            &[&hub, &now.as_second(), &(max as i64)],
            read,
        )?;
        alerts.sort();
        Ok(alerts)
    }
}
