//! What devices, hubs and countries ask for, one file a request.
//!
//! Reading order: [`server`], [`routes`] (metrics and log are written there), [`hub`] and [`national`] (the handlers), [`exchange`] (one
//! sync request), [`statements`], [`alerts`], [`bundle`] (the same by file), [`report`], [`windows`].

pub mod alerts;
pub mod bundle;
pub mod exchange;
pub mod hub;
pub mod national;
pub mod report;
pub mod routes;
pub mod server;
pub mod statements;
pub mod windows;
