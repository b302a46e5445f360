//! The program from the outside: devices, hub and national as processes, over real sockets and files.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod convergence;
