//! What is on disk: the thread that owns a database, keys, and what is kept of the clock, alerts, exports and evidence.
//!
//! Reading order: [`writer`], [`stores`], [`keyring`], [`error`], [`hub_keys`], [`keyset`], [`evidence`], [`hub_edits`], [`zone`],
//! [`clock_record`], [`alerts`], [`advocacy`], [`published`], [`export`], [`backup`], [`destroy`].

pub mod advocacy;
pub mod alerts;
pub mod backup;
pub mod clock_record;
pub mod destroy;
pub mod error;
pub mod evidence;
pub mod export;
pub mod hub_edits;
pub mod hub_keys;
pub mod keyring;
pub mod keyset;
pub mod published;
pub mod stores;
pub mod tables;
pub mod writer;
pub mod zone;
