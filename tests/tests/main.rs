//! The program from the outside: devices, hub and national as processes, over real sockets and files.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod attachments;
mod conflicts;
mod consent;
mod convergence;
mod erasure;
mod hostile;
mod keeping;
mod kills;
mod leaving;
mod logging;
mod questions;
mod refusals;
mod restore;
mod revocation;
mod scope;
mod secrecy;
mod statements;
mod text;
mod tls;
mod unlocking;
