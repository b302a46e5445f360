//! The lists of alerts at a hub and at national, and how the two compare them: by a hash, and whole where the hashes differ.

use vicinity_core::alert::{ALERTS_MAX, Alert, list_hash};
use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;
use vicinity_store::hub::HubStore;
use vicinity_store::national::NationalStore;
use vicinity_sync::alert::{self, AlertReply, AlertReport};

use crate::net::error::ApiError;

/// The list for the hub's devices: its own, and others' for its areas.
///
/// # Errors
/// The store.
pub fn list(store: &mut dyn HubStore, now: Timestamp) -> Result<Vec<Alert>, StoreError> {
    let (mut own, near) = store.alerts(now)?;
    own.extend(near);
    Ok(own)
}

/// What the hub tells national; nothing where there is nothing. `with_own` when national lacks the hub's own.
///
/// # Errors
/// The store.
pub fn report(
    store: &mut dyn HubStore,
    with_own: bool,
    now: Timestamp,
) -> Result<Option<AlertReport>, StoreError> {
    let (own, near) = store.alerts(now)?;
    if own.is_empty() && near.is_empty() {
        return Ok(None);
    }
    Ok(Some(AlertReport {
        own_hash: list_hash(&own),
        near_hash: list_hash(&near),
        own: with_own.then(|| alert::rows(&own)),
    }))
}

/// Keeps what national said; whether it wants the hub's own.
///
/// # Errors
/// The store.
pub fn settle(
    store: &mut dyn HubStore,
    reply: Option<AlertReply>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(AlertReply { wanted, near }) = reply else {
        return Ok(false);
    };
    if let Some(near) = near.and_then(|near| alert::alerts(near).ok()) {
        store.set_near_alerts(&fit(near, now))?;
    }
    Ok(wanted)
}

/// At national: takes a hub's own, and says what it lacks of others'.
///
/// # Errors
/// The store, or a list that is too long.
pub fn take(
    store: &mut dyn NationalStore,
    hub: u32,
    report: Option<AlertReport>,
    now: Timestamp,
) -> Result<Option<AlertReply>, ApiError> {
    let AlertReport {
        own_hash,
        near_hash,
        own,
    } = report.unwrap_or(AlertReport {
        own_hash: 0,
        near_hash: 0,
        own: None,
    });
    let is_told = own.is_some();
    if let Some(own) = own {
        store.set_alerts(hub, &fit(alert::alerts(own)?, now))?;
    }
    let held = list_hash(&store.alerts_of(hub, now)?);
    if own_hash == 0 && held != 0 {
        store.set_alerts(hub, &[])?;
    }
    // One that national does not take, by its clock, is not asked for twice in one report.
    let wanted = own_hash != 0 && own_hash != held && !is_told;
    let near = store.alerts_near(hub, now, ALERTS_MAX)?;
    let near = (list_hash(&near) != near_hash).then(|| alert::rows(&near));
    Ok((wanted || near.is_some()).then_some(AlertReply { wanted, near }))
}

/// What is an alert, and no more than may be.
fn fit(mut alerts: Vec<Alert>, now: Timestamp) -> Vec<Alert> {
    alerts.retain(|alert| alert.check(now).is_ok());
    alerts.truncate(ALERTS_MAX);
    alerts
}
