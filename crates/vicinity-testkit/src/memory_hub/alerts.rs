//! Alerts in memory.

use vicinity_core::alert::Alert;
use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;
use vicinity_store::alert::{HubAlerts, NationalAlerts, Published};

use super::MemoryHub;
use crate::memory_national::MemoryNational;

type Result<T> = core::result::Result<T, StoreError>;

/// Alerts by who published them: a hub knows its own (1) and others' (0), national hubs' by number.
#[derive(Default, Clone)]
pub(crate) struct Alerts(Vec<(u32, Alert)>);

impl Alerts {
    fn drop_ended(&mut self, now: Timestamp) {
        self.0.retain(|(_, alert)| alert.is_live(now));
    }

    fn of(&self, owner: u32) -> Vec<Alert> {
        let mut alerts: Vec<Alert> = self.0.iter().filter(|(by, _)| *by == owner).map(|(_, alert)| alert.clone()).collect();
        alerts.sort();
        alerts
    }

    fn set(&mut self, owner: u32, alerts: &[Alert]) {
        self.0.retain(|(by, _)| *by != owner);
        self.0.extend(alerts.iter().map(|alert| (owner, alert.clone())));
    }
}

impl HubAlerts for MemoryHub {
    fn publish_alert(&mut self, alert: &Alert, max: usize, now: Timestamp) -> Result<Published> {
        self.alerts.drop_ended(now);
        let own = self.alerts.of(1);
        if own.iter().any(|known| known.id == alert.id) {
            return Ok(Published::Stands);
        }
        if own.len() >= max {
            return Ok(Published::Full);
        }
        self.alerts.0.push((1, alert.clone()));
        Ok(Published::Stands)
    }

    fn withdraw_alert(&mut self, id: [u8; 16]) -> Result<bool> {
        let before = self.alerts.0.len();
        self.alerts.0.retain(|(by, alert)| *by != 1 || alert.id != id);
        Ok(self.alerts.0.len() < before)
    }

    fn set_near_alerts(&mut self, alerts: &[Alert]) -> Result<()> {
        self.alerts.set(0, alerts);
        Ok(())
    }

    fn alerts(&mut self, now: Timestamp) -> Result<(Vec<Alert>, Vec<Alert>)> {
        self.alerts.drop_ended(now);
        Ok((self.alerts.of(1), self.alerts.of(0)))
    }
}

impl NationalAlerts for MemoryNational {
    fn set_alerts(&mut self, hub: u32, alerts: &[Alert]) -> Result<()> {
        self.alerts.set(hub, alerts);
        Ok(())
    }

    fn alerts_of(&mut self, hub: u32, now: Timestamp) -> Result<Vec<Alert>> {
        self.alerts.drop_ended(now);
        Ok(self.alerts.of(hub))
    }

    fn alerts_near(&mut self, hub: u32, now: Timestamp, max: usize) -> Result<Vec<Alert>> {
        let mut areas: Vec<String> = self.alerts.of(hub).into_iter().map(|alert| alert.area).collect();
        areas.extend(self.areas(hub));
        let mut near: Vec<Alert> = self.alerts.0.iter().filter(|(by, alert)| *by != hub && alert.is_live(now)).map(|(_, alert)| alert.clone()).collect();
        near.retain(|alert| areas.contains(&alert.area));
        near.sort_by_key(|alert| (core::cmp::Reverse(alert.ends), alert.id));
        near.truncate(max);
        near.sort();
        Ok(near)
    }
}
