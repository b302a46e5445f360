//! Storage ports by use case, and their SQLite engine.
//!
//! A port method is one transaction: it happened and is durable when it returns, or nothing of it happened. The truth
//! on disk is the log of original change bytes; JSON rows are a cache made from it in the same transaction. Databases
//! run in WAL mode with `synchronous=FULL`: a commit is an fsync.

pub mod advocacy;
pub mod alert;
pub mod board;
pub mod country;
pub mod device;
pub mod error;
pub mod evidence;
pub mod forms;
pub mod hub;
pub mod key;
pub mod national;
pub mod person;
pub mod policy;
pub mod review;
pub mod row;
pub mod sqlite;
pub mod statement;

pub use error::StoreError;
pub use key::DatabaseKey;
