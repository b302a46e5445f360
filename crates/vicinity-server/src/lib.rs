//! The hub and the national server.
//!
//! Reading order: [`exchange`] (one sync request against a store, no network), [`writer`] (one thread that owns the
//! store and commits many requests with one fsync), [`http`] (what both servers share), [`hub`], [`national`],
//! [`uplink`] (from hub to national).

pub mod backup;
pub mod exchange;
pub mod http;
pub mod hub;
pub mod keyring;
pub mod machine;
pub mod metrics;
pub mod national;
pub mod tls;
pub mod uplink;
pub mod writer;

/// The stores, for commands that read beside a running server.
pub use vicinity_store as store;
