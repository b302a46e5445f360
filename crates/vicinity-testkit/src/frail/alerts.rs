//! A frail disk under alerts.

use vicinity_core::alert::Alert;
use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;
use vicinity_store::alert::{HubAlerts, Published};
use vicinity_store::hub::HubStore;

use super::Frail;

type Result<T> = core::result::Result<T, StoreError>;

impl HubAlerts for Frail<'_, dyn HubStore> {
    fn publish_alert(&mut self, alert: &Alert, max: usize, now: Timestamp) -> Result<Published> {
        self.room()?.publish_alert(alert, max, now)
    }
    fn withdraw_alert(&mut self, id: [u8; 16]) -> Result<bool> {
        self.room()?.withdraw_alert(id)
    }
    fn set_near_alerts(&mut self, alerts: &[Alert]) -> Result<()> {
        self.room()?.set_near_alerts(alerts)
    }
    fn alerts(&mut self, now: Timestamp) -> Result<(Vec<Alert>, Vec<Alert>)> {
        self.room()?.alerts(now)
    }
    fn forget_ended_alerts(&mut self, now: Timestamp) -> Result<u64> {
        self.room()?.forget_ended_alerts(now)
    }
}
