//! A device on a machine with files and sockets: what a phone's program does.
//!
//! [`device::Device`] is a [`vicinity_device::Device`] in its folder: the vault opens it, a file keeps two programs from syncing it at
//! once, and a [`link::HttpLink`] leads to its hub. [`vault`] holds the database's key, [`leased`] opens a device while its lease
//! allows it, [`reserve`] keeps room on the disk. The clock and the random bytes come from the caller.

pub mod device;
pub mod error;
pub mod leased;
mod lines;
pub mod link;
mod look;
pub mod reserve;
pub mod vault;

pub use error::{ClientError, OpenError};
pub use vicinity_device::{DeviceError, approving, bundle, enrolment, logging, media, statements};
pub use vicinity_seal::keys;
pub use vicinity_store::statement::Carried;
pub use vicinity_sync::device_session::End;
