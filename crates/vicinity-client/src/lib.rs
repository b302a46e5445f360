//! The device's runtime: what a phone does, without and with a network.
//!
//! [`device::Device`] logs, edits, lists and resolves on the local store alone; [`exchange`] runs the sync session over
//! a [`link::Link`], [`statements`] brings statements up and opens them; [`bundle`] is sync
//! by file. The clock and the random bytes come from outside, so that tests and the demo bring their own.

pub mod alerts;
pub mod attaching;
pub mod bundle;
pub mod device;
pub mod enrolment;
pub mod error;
pub mod exchange;
pub mod leased;
pub mod link;
pub mod logging;
mod look;
pub mod media;
mod once;
pub mod reserve;
pub mod statements;
pub mod vault;
mod work;

pub use error::ClientError;
pub use vicinity_seal::keys;
pub use vicinity_store::statement::Carried;
pub use vicinity_sync::device_session::End;
