//! What handlers need of the server that they run in.

use std::sync::{Arc, Mutex};

use vicinity_store::board::BoardStore;
use vicinity_store::review::ReviewStore;

use crate::access::gate::{CallerStore, Gate};
use crate::access::shares::HubShares;
use crate::jobs::clock::Clock;
use crate::machine::Machine;
use crate::net::metrics::Metrics;

/// A running hub or national server.
pub trait Server: Send + Sync + 'static {
    /// What a step of its store sees.
    type Store: CallerStore + ?Sized + 'static;

    /// The way to its store.
    fn gate(&self) -> &Gate<Self::Store>;

    /// Clock and randomness.
    fn machine(&self) -> &Machine;

    /// The clock, and whether it is in doubt.
    fn clock(&self) -> &Clock;

    /// What it counts.
    fn metrics(&self) -> &Metrics;

    /// Wakes everyone who waits for new rows: browsers, and at a hub the uplink.
    fn changed(&self);
}

/// A hub.
pub trait HubServer: Server<Store = dyn BoardStore> {}

impl<S: Server<Store = dyn BoardStore>> HubServer for S {}

/// A national server.
pub trait NationalServer: Server<Store = dyn ReviewStore> {
    /// How much of its share each hub has left to report.
    fn shares(&self) -> &Arc<Mutex<HubShares>>;
}
