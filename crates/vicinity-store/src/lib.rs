//! Storage ports by use case, and the rules that every engine keeps. It holds no engine: `vicinity-sqlite` is one.
//!
//! A port method is one transaction: it happened and is durable when it returns, or none of it happened. The truth
//! on disk is the log of original change bytes; rows are a cache made from it in the same transaction.

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
mod peer;
pub mod person;
pub mod policy;
pub mod reached;
pub mod review;
pub mod row;
pub mod statement;
pub mod tables;

pub use error::StoreError;
pub use key::DatabaseKey;
