//! The hub and the national server.
//!
//! Reading order: [`gate`] (who asks and whether they may), [`exchange`] (one sync request against a store, no network),
//! [`writer`] (one thread that owns the store and commits many requests with one fsync), [`network`] (how a server is reached),
//! [`connections`], [`http`] and [`routes`] (what both servers share), [`hub`], [`national`], [`upstream`] and on it [`uplink`] (from hub to national)
//! and [`publish`] (from national to the one above), [`clock`] and [`upkeep`] (what time alone changes), [`pages`]
//! (what browsers get). Beside [`exchange`]: [`keyset`] (to whom statements are sealed) and [`statements`]; [`bundle`] is the same by file.

pub mod advocacy;
pub mod alerts;
pub mod backup;
pub mod budget;
pub mod bundle;
pub mod clock;
pub mod connections;
pub mod damage;
pub mod destroy;
pub mod dhis2;
pub mod evidence;
pub mod exchange;
pub mod export;
pub mod gate;
pub mod http;
pub mod hub;
pub mod keyring;
pub mod keyset;
pub mod limits;
pub mod machine;
pub mod metrics;
pub mod national;
pub mod network;
mod once;
pub mod own;
pub mod pages;
#[cfg(test)]
mod pages_of;
pub mod people;
pub mod publish;
pub mod published;
pub mod routes;
pub mod shares;
pub mod statements;
pub mod tls;
pub mod upkeep;
pub mod uplink;
pub mod upstream;
pub mod writer;
pub mod zone;

/// Keys that statements are sealed to, and files for one reader, for commands that name one.
pub use vicinity_seal::{keys, parcel};
/// The stores, for commands that read beside a running server.
pub use vicinity_sqlite as sqlite;
pub use vicinity_store as store;
