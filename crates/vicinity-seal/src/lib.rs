//! Sealed statements: written on an educator's phone, read by the hub's responders and an offline recovery key, by
//! nobody else. The hub stores what this crate makes and never has a key that opens it.
//!
//! One batch key is wrapped once with `age` to every responder of the [`keyset::KeySet`]; each statement
//! has a key of its own, wrapped under the batch key in 48 bytes. So a batch pays for its responders once.
//!
//! **Erasing** one statement is deleting its 48-byte wrapped key and its body: nothing else holds its key, not even the
//! batch key and the responders' keys together, and the batch's other statements stay readable. The wrapped keys are
//! small so that they can live apart from the bodies, under backups of their own.
//!
//! **Not promised:** who sealed a statement (anybody who has the key set can; the request's signature says who); that a
//! responder who left forgets what it could open before ([`wrap::rewrap`] lets new ones in and takes nothing back); that
//! the number of statements, their addresses and their rounded sizes are hidden from the hub.
//!
//! No I/O, no clock. Randomness comes in as an argument, except in `age`, which draws from the operating system itself
//! and panics if that fails. Read in this order: [`keys`], [`approvals`], [`keyset`], [`wrap`], [`seal`].
//! Apart from statements: [`parcel`], a file for one reader, and [`lockbox`].

pub mod approvals;
mod cbor;
mod error;
pub mod keys;
pub mod keyset;
pub mod lockbox;
mod pad;
pub mod parcel;
pub mod seal;
pub mod wrap;

/// The hub's keys, in the version of `ed25519-dalek` that this crate speaks.
pub use ed25519_dalek::{SigningKey, VerifyingKey};
