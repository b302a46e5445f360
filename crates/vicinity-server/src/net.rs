//! The network: how a server is reached, connections, TLS, HTTP, routes, and what a server counts. Knows no store's rows.
//!
//! Reading order: [`network`], [`tls`], [`connections`], [`error`], [`http`], [`routes`], [`live`], [`metrics`], [`dhis2`].

pub mod connections;
pub mod dhis2;
pub mod error;
pub mod http;
pub mod live;
pub mod metrics;
pub mod network;
pub mod routes;
pub mod tls;
