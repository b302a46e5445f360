//! Alerts in memory.

use vicinity_core::alert::Alert;
use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;
use vicinity_store::alert::{ENDED_KEPT_SECONDS, HubAlerts, NationalAlerts, Published};

use super::MemoryHub;
use crate::memory_national::MemoryNational;

type Result<T> = core::result::Result<T, StoreError>;

/// Alerts by who published them: a hub knows its own (1) and others' (0), national hubs' by number.
#[derive(Default, Clone)]
pub(crate) struct Alerts(Vec<(u32, Alert)>);

impl Alerts {
    fn forget_ended(&mut self, now: Timestamp) -> u64 {
        let before = self.0.len();
        self.0.retain(|(_, alert)| alert.ends > now.as_second() - ENDED_KEPT_SECONDS);
        (before - self.0.len()) as u64
    }

    fn of(&self, owner: u32, now: Timestamp) -> Vec<Alert> {
        let mut alerts: Vec<Alert> = self.0.iter().filter(|(by, alert)| *by == owner && alert.is_live(now)).map(|(_, alert)| alert.clone()).collect();
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
        let own = self.alerts.of(1, now);
        if self.alerts.0.iter().any(|(by, known)| *by == 1 && known.id == alert.id) {
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
        Ok((self.alerts.of(1, now), self.alerts.of(0, now)))
    }

    fn forget_ended_alerts(&mut self, now: Timestamp) -> Result<u64> {
        Ok(self.alerts.forget_ended(now))
    }
}

impl NationalAlerts for MemoryNational {
    fn set_alerts(&mut self, hub: u32, alerts: &[Alert]) -> Result<()> {
        self.alerts.set(hub, alerts);
        Ok(())
    }

    fn alerts_of(&mut self, hub: u32, now: Timestamp) -> Result<Vec<Alert>> {
        Ok(self.alerts.of(hub, now))
    }

    fn forget_ended_alerts(&mut self, now: Timestamp) -> Result<u64> {
        Ok(self.alerts.forget_ended(now))
    }

    fn alerts_near(&mut self, hub: u32, now: Timestamp, max: usize) -> Result<Vec<Alert>> {
        let mut areas: Vec<String> = self.alerts.of(hub, now).into_iter().map(|alert| alert.area).collect();
        areas.extend(self.areas(hub));
        let mut near: Vec<Alert> = self.alerts.0.iter().filter(|(by, alert)| *by != hub && alert.is_live(now)).map(|(_, alert)| alert.clone()).collect();
        near.retain(|alert| areas.contains(&alert.area));
        near.sort_by_key(|alert| (core::cmp::Reverse(alert.ends), alert.id));
        near.truncate(max);
        near.sort();
        Ok(near)
    }
}
