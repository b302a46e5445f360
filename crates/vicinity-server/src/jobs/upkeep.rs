//! What time alone changes at a server, done now and then in one step of its store. What can be withdrawn is done by any
//! clock, and withdrawn by the right one; what cannot waits while the clock is in doubt.
//!
//! Where a function here fails, storage did; the next look tries again.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use vicinity_core::time::TimeZone;
use vicinity_sqlite::SqlitePeople;
use vicinity_store::StoreError;
use vicinity_store::board::BoardStore;
use vicinity_store::review::ReviewStore;

use crate::jobs::clock::{Clock, ClockReading};
use crate::jobs::uplink;
use crate::machine::Machine;
use crate::net::live::Live;
use crate::storage::writer::Writer;
use crate::storage::zone;

/// Seconds between looks at what time has changed.
const TURN_SECONDS: u64 = 20;

/// At a hub: its zone, if nobody gave one; consents that ended or came back, places on the board, terms of codes; pieces that nobody finished and alerts
/// that ended long ago. How many places changed: there may be more of them.
pub fn of_hub(
    store: &mut (dyn BoardStore + 'static),
    clock: &Clock,
    shown: &Mutex<TimeZone>,
    machine: &mut Machine,
) -> Result<u64, StoreError> {
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
pub fn of_national(
    store: &mut (dyn ReviewStore + 'static),
    clock: &Clock,
) -> Result<(), StoreError> {
    let reading = clock.settle(store)?;
    if reading.doubt.is_none() {
        store.forget_ended_alerts(reading.now)?;
    }
    store.cut_invites(reading.now).map(drop)
}

/// Does what time alone changes, now and then. Runs until aborted.
pub(crate) async fn run_hub(
    writer: Writer<dyn BoardStore>,
    people: Writer<SqlitePeople>,
    machine: Machine,
    clock: Clock,
    live: Live,
    zone: Arc<Mutex<TimeZone>>,
) {
    let mut was_in_doubt = false;
    loop {
        let (own, mut drawn, zone) = (clock.clone(), machine.clone(), Arc::clone(&zone));
        let done = writer
            .step(move |store| of_hub(store, &own, &zone, &mut drawn))
            .await;
        let ClockReading { now, doubt } = clock.read();
        if was_in_doubt != doubt.is_some() {
            was_in_doubt = doubt.is_some();
            live.tell();
        }
        if !matches!(people.step(move |people| people.cut(now)).await, Ok(Ok(()))) {
            tracing::warn!("terms of links and sessions could not be looked at");
        }
        match done {
            Ok(Ok(0)) => tokio::time::sleep(Duration::from_secs(TURN_SECONDS)).await,
            // There may be more of them.
            Ok(Ok(_)) => live.tell(),
            Ok(Err(_)) | Err(_) => {
                tracing::warn!("the board could not be brought up to date");
                tokio::time::sleep(Duration::from_secs(TURN_SECONDS)).await;
            }
        }
    }
}

/// Does what time alone changes, now and then. Runs until aborted.
pub(crate) async fn run_national(
    writer: Writer<dyn ReviewStore>,
    people: Writer<SqlitePeople>,
    clock: Clock,
) {
    loop {
        let own = clock.clone();
        let done = writer.step(move |store| of_national(store, &own)).await;
        let now = clock.read().now;
        let cut = people.step(move |people| people.cut(now)).await;
        if !matches!((done, cut), (Ok(Ok(())), Ok(Ok(())))) {
            tracing::warn!("what time changes could not be done");
        }
        tokio::time::sleep(Duration::from_secs(TURN_SECONDS)).await;
    }
}
