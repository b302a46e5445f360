//! The hub and the national server, in floors. Each imports from floors below it and from no floor above.
//!
//! ```text
//!  hub, national   configuration and wiring: what a server is made of, and in which order it starts and ends
//!  pages           what browsers get
//!  api             what devices, hubs and countries ask for
//!  jobs            what a server does by itself: upkeep, uplink, publishing, damage, the clock
//!  access          the gate: who may do what, and how much of it
//!  storage         what is on disk: writer, keys, backups, evidence
//!  net             connections, TLS, HTTP, routes
//!  machine, settings   clock and randomness; small stored values
//! ```
//!
//! Reading order: [`access::gate`] and [`storage::writer`] first, for every request passes both; then [`api::exchange`] (one sync
//! request against a store, no network), [`api`], [`jobs`], [`pages`]; last [`hub`] and [`national`].

pub mod access;
pub mod api;
pub mod hub;
pub mod jobs;
pub mod machine;
pub mod national;
pub mod net;
pub mod pages;
pub mod settings;
pub mod storage;

/// What commands and tests use, without its floor.
pub use access::{gate, people};
pub use api::{bundle, exchange, statements};
pub use jobs::{clock, upkeep, uplink};
pub use net::error::ApiError;
pub use net::{dhis2, network, routes, tls};
pub use storage::{
    alerts, backup, clock_record, destroy, evidence, export, hub_edits, keyring, keyset, published,
    tables, zone,
};

/// Keys that statements are sealed to, and files for one reader, for commands that name one.
pub use vicinity_seal::{keys, parcel};
/// The stores, for commands that read beside a running server.
pub use vicinity_sqlite as sqlite;
pub use vicinity_store as store;
