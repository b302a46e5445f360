//! What time alone changes at a server, done now and then in one step of its store. What can be taken back is done by any
//! clock, and taken back by the right one; what cannot waits while the clock is in doubt.

use std::sync::Mutex;

use vicinity_core::time::TimeZone;
use vicinity_store::StoreError;
use vicinity_store::board::BoardStore;
use vicinity_store::review::ReviewStore;

use crate::clock::Clock;
use crate::machine::Machine;
use crate::{uplink, zone};

/// At a hub: its zone, if nobody gave one; consents that ended or came back, places on the board, terms of codes; pieces that nobody finished and alerts
/// that ended long ago. How many places changed: there may be more of them.
///
/// # Errors
/// Storage.
pub fn of_hub(store: &mut (dyn BoardStore + 'static), clock: &Clock, shown: &Mutex<TimeZone>, machine: &mut Machine) -> Result<u64, StoreError> {
    let reading = clock.settle(store)?;
    let now = reading.now;
    zone::guess(store)?;
    zone::show(shown, zone::of(store)?);
    // A consent that has run out counts also where no national server asks.
    uplink::recheck_consents(store, now, machine)?;
    if reading.doubt.is_none() {
        store.forget_stale_blobs(now)?;
        store.forget_ended_alerts(now)?;
    }
    store.cut_invites(now)?;
    store.refresh_board(now)
}

/// At national: terms of codes, and alerts that ended long ago.
///
/// # Errors
/// Storage.
pub fn of_national(store: &mut (dyn ReviewStore + 'static), clock: &Clock) -> Result<(), StoreError> {
    let reading = clock.settle(store)?;
    if reading.doubt.is_none() {
        store.forget_ended_alerts(reading.now)?;
    }
    store.cut_invites(reading.now).map(drop)
}
