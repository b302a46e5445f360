//! The SQLite engine of [`vicinity_store`]'s ports: one file encrypted by SQLCipher under a random raw key, WAL,
//! `synchronous=FULL`, `STRICT` tables, numbered migrations.
//!
//! A port method is one transaction: it happened and is durable when it returns, or none of it happened. The truth on disk is
//! the log of original change bytes; JSON rows are a cache that the same transaction makes from it.

mod advocacy;
mod alerts;
mod damage;
mod db;
mod device;
mod forms;
mod hub;
mod look;
mod national;
mod people;
mod reached;
mod reading;

pub use device::{DATABASE_FILE, SqliteDevice};
pub use hub::SqliteHub;
pub use hub::statements::audit_chain;
pub use national::SqliteNational;
pub use people::{IDLE_SECONDS, SESSION_SECONDS, SqlitePeople};
