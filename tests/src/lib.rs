//! The harness of the end-to-end tests: it runs the built program, watches what goes over the wire, and otherwise
//! knows nothing that a person at a terminal does not know.
//!
//! Start with [`site`] (a hub with its devices), then [`program`] (one run of the program). [`proxy`] stands between two
//! ends and keeps every byte. [`by_hand`] is a device that says whatever a test wants it to say: only for what the
//! program itself would never send. [`browser`] is a real one, for pages.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a harness of tests: what it cannot do ends the test, at the line that says why"
)]

pub mod browser;
pub mod by_hand;
pub mod database;
pub mod device;
pub mod dhis2;
pub mod http;
pub mod incidents;
pub mod program;
pub mod proxy;
pub mod sealed;
pub mod search;
pub mod server;
pub mod site;
pub mod wait;
pub mod walkthrough;
