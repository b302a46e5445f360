//! A hub's time zone: given at the start, else guessed from the areas of its incidents.
//!
//! Where a function here fails, storage did.

use std::sync::{Mutex, PoisonError};

use vicinity_core::time::TimeZone;
use vicinity_core::zone;
use vicinity_store::StoreError;
use vicinity_store::board::BoardStore;
use vicinity_store::hub::HubStore;
use vicinity_store::policy::ZONE;

/// Areas that a guess looks at, the most frequent ones.
const AREAS_MAX: usize = 20;

/// The name of a hub's zone; none while nobody gave one and none could be guessed.
pub fn name(store: &mut (impl HubStore + ?Sized)) -> Result<Option<String>, StoreError> {
    Ok(store
        .setting(ZONE)?
        .and_then(|name| String::from_utf8(name).ok()))
}

/// A hub's zone.
pub fn of(store: &mut (impl HubStore + ?Sized)) -> Result<Option<TimeZone>, StoreError> {
    Ok(name(store)?.as_deref().and_then(zone::named))
}

/// Sets the zone, if it is another than the hub has.
pub fn set(store: &mut (impl HubStore + ?Sized), given: &TimeZone) -> Result<(), StoreError> {
    match given.iana_name() {
        Some(given) if name(store)?.as_deref() != Some(given) => store.set_zone(given),
        _ => Ok(()),
    }
}

/// Lets pages speak a zone's time from now on.
pub(crate) fn show(shown: &Mutex<TimeZone>, zone: Option<TimeZone>) {
    if let Some(zone) = zone {
        *shown.lock().unwrap_or_else(PoisonError::into_inner) = zone;
    }
}

/// Guesses the zone of a hub that has none.
pub fn guess(store: &mut (impl BoardStore + ?Sized)) -> Result<(), StoreError> {
    if store.setting(ZONE)?.is_some() {
        return Ok(());
    }
    let areas = store.areas(AREAS_MAX)?;
    match zone::guess(areas.iter().map(String::as_str)) {
        Some(guessed) => {
            tracing::info!(
                zone = guessed,
                "the time zone was guessed from the areas; --zone sets another"
            );
            store.set_zone(guessed)
        }
        None => Ok(()),
    }
}
