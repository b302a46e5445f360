//! A device: everything a person does with it, over a store, a link and a clock that its host gives it.
//!
//! The host is a program with files and sockets, or a browser. The crate opens no file and no socket, starts no thread and
//! reads no clock, and compiles for wasm32. [`device::Device`] edits, lists and resolves on the local store alone;
//! [`logging`] adds incidents, [`syncing`] exchanges changes and statements with the hub, over a [`link::Link`] that blocks or driven
//! by the host step by step, [`bundle`] does the same by file.
//!
//! One device speaks to its hub at a time: a host that can open the store twice holds a lock around each call that takes a link,
//! and around [`bundle`]'s.

pub mod alerts;
pub mod approving;
pub mod attaching;
pub mod bundle;
pub mod device;
pub mod enrolling;
pub mod enrolment;
pub mod error;
pub mod exchange;
mod key_set;
pub mod lease;
pub mod link;
pub mod logging;
pub mod machine;
pub mod media;
mod once;
mod requests;
mod rewrapping;
mod sealing;
pub mod statements;
pub mod syncing;
mod work;

pub use device::Device;
pub use error::DeviceError;
pub use machine::Machine;
