//! Alerts at a hub and at national.

use vicinity_core::alert::Alert;
use vicinity_core::time::Timestamp;

use super::hub::SqliteHub;
use super::national::SqliteNational;
use super::{Db, Result};
use crate::alert::{HubAlerts, NationalAlerts, Published};

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Alert> {
    Ok(Alert { id: row.get(0)?, area: row.get(1)?, text: row.get(2)?, ends: row.get(3)? })
}

fn drop_ended(db: &Db, now: Timestamp) -> Result<()> {
    // Looked for first: most of the time there is nothing, and reading costs no write.
    if db.one("reading alerts", "SELECT 1 FROM alerts WHERE ends <= ?1 LIMIT 1", &[&now.as_second()], |_| Ok(()))?.is_none() {
        return Ok(());
    }
    db.execute("forgetting alerts", "DELETE FROM alerts WHERE ends <= ?1", &[&now.as_second()]).map(drop)
}

fn put(db: &Db, query: &str, owner: u32, alert: &Alert) -> Result<()> {
    db.execute("keeping an alert", query, &[&alert.id, &owner, &alert.area, &alert.text, &alert.ends]).map(drop)
}

const PUT_AT_HUB: &str = "INSERT INTO alerts (id, own, area, text, ends) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
const PUT_AT_NATIONAL: &str = "INSERT INTO alerts (id, hub, area, text, ends) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";

impl HubAlerts for SqliteHub {
    fn publish_alert(&mut self, alert: &Alert, max: usize, now: Timestamp) -> Result<Published> {
        self.db.immediate(|db| {
            drop_ended(db, now)?;
            let known = db.one("reading alerts", "SELECT 1 FROM alerts WHERE own = 1 AND id = ?1", &[&alert.id], |_| Ok(()))?.is_some();
            if !known && db.count("counting alerts", "SELECT count(*) FROM alerts WHERE own = 1")? >= max as u64 {
                return Ok(Published::Full);
            }
            put(db, PUT_AT_HUB, 1, alert)?;
            Ok(Published::Stands)
        })
    }

    fn withdraw_alert(&mut self, id: [u8; 16]) -> Result<bool> {
        self.db.immediate(|db| Ok(db.execute("withdrawing an alert", "DELETE FROM alerts WHERE own = 1 AND id = ?1", &[&id])? == 1))
    }

    fn set_near_alerts(&mut self, alerts: &[Alert]) -> Result<()> {
        self.db.immediate(|db| {
            db.execute("forgetting alerts", "DELETE FROM alerts WHERE own = 0", &[])?;
            alerts.iter().try_for_each(|alert| put(db, PUT_AT_HUB, 0, alert))
        })
    }

    fn alerts(&mut self, now: Timestamp) -> Result<(Vec<Alert>, Vec<Alert>)> {
        drop_ended(&self.db, now)?;
        let list = |own: u32| self.db.all("reading alerts", "SELECT id, area, text, ends FROM alerts WHERE own = ?1 ORDER BY id", &[&own], read);
        Ok((list(1)?, list(0)?))
    }
}

impl NationalAlerts for SqliteNational {
    fn set_alerts(&mut self, hub: u32, alerts: &[Alert]) -> Result<()> {
        self.db.immediate(|db| {
            db.execute("forgetting alerts", "DELETE FROM alerts WHERE hub = ?1", &[&hub])?;
            alerts.iter().try_for_each(|alert| put(db, PUT_AT_NATIONAL, hub, alert))
        })
    }

    fn alerts_of(&mut self, hub: u32, now: Timestamp) -> Result<Vec<Alert>> {
        drop_ended(&self.db, now)?;
        self.db.all("reading alerts", "SELECT id, area, text, ends FROM alerts WHERE hub = ?1 ORDER BY id", &[&hub], read)
    }

    fn alerts_near(&mut self, hub: u32, now: Timestamp, max: usize) -> Result<Vec<Alert>> {
        let query = "SELECT id, area, text, ends FROM alerts AS near WHERE hub <> ?1 AND ends > ?2
            AND (EXISTS (SELECT 1 FROM alerts WHERE hub = ?1 AND area = near.area)
                OR EXISTS (SELECT 1 FROM projections WHERE hub = ?1 AND area = near.area AND json IS NOT NULL))
            ORDER BY ends DESC, id LIMIT ?3";
        let mut alerts = self.db.all("reading alerts", query, &[&hub, &now.as_second(), &(max as i64)], read)?;
        alerts.sort();
        Ok(alerts)
    }
}
