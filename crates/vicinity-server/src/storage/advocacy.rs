//! The advocacy log between a hub and national: both compare a hash, and the hub sends its log whole where national lacks it.
//! No network in here.

use vicinity_core::advocacy::log_hash;
use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;
use vicinity_store::advocacy::{AdvocacyLog, HubLogs};
use vicinity_sync::advocacy::LogReport;

use crate::net::error::ApiError;

/// What the hub tells national; nothing where there is nothing. `whole` when national asked.
///
/// # Errors
/// The store.
pub fn report(
    store: &mut (impl AdvocacyLog + ?Sized),
    whole: bool,
) -> Result<Option<LogReport>, StoreError> {
    let log = store.own_advocacy()?;
    if log.is_empty() {
        return Ok(None);
    }
    Ok(Some(LogReport::new(log_hash(&log), whole.then_some(log))))
}

/// At national: takes a hub's log. Whether it is wanted.
///
/// # Errors
/// The store, or a log that is too long.
pub fn take(
    store: &mut (impl HubLogs + ?Sized),
    hub: u32,
    report: Option<LogReport>,
    now: Timestamp,
) -> Result<bool, ApiError> {
    let held = store.hub_log_hash(hub)?;
    let Some(report) = report else {
        if held != 0 {
            store.set_hub_log(hub, &[], 0)?;
        }
        return Ok(false);
    };
    let hash = report.hash;
    let Some(mut log) = report.into_log()? else {
        return Ok(hash != held);
    };
    // What is no action here, by this clock or these lists, is left out and not asked for again.
    log.retain(|entry| entry.check(now).is_ok());
    store.set_hub_log(hub, &log, hash)?;
    Ok(false)
}
