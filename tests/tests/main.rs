//! The program from the outside: devices, hub and national as processes, over real sockets and files.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod alerts;
mod areas;
mod attachments;
mod bundle;
mod canary;
mod conflicts;
mod consent;
mod convergence;
mod countries;
mod disks;
mod drills;
mod erasure;
mod evidence;
mod exports;
mod hostile;
mod keeping;
mod kills;
mod leaving;
mod limits;
mod logging;
mod network;
mod once;
mod pages;
mod questions;
mod refusals;
mod restore;
mod revocation;
mod scope;
mod secrecy;
mod statements;
mod text;
mod times;
mod tls;
mod unlocking;
