//! TLS 1.3 between devices, hubs and national, with pinned keys instead of authorities.
//!
//! A hub in a drop-in centre has no name that an authority could vouch for, and authorities answer to states. So the
//! enrolment link carries the SHA-256 of the hub's public key, and an enrolled device talks to the holder of that key and
//! to nobody else. Names and expiry in the certificate say nothing and are not looked at; the signature of the handshake
//! is, since a certificate alone can be copied.

mod client;
mod pin;
mod server;
mod ways;

pub use client::{agent, vouched_agent};
pub use pin::{BadPin, Pin};
pub use server::{IdentityError, ServerKey};
pub use ways::{Answer, Failure, Ways, Why, is_other_key, told};
