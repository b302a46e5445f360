//! How devices and hubs speak: frames, and the two ends as state machines that return effects. No I/O, no clock.
//!
//! One POST carries a [`envelope::Envelope`] with a compressed [`message::Request`]; the answer is a compressed
//! [`message::Answer`]. Read in this order: [`codec`] (how changes travel), [`message`], [`envelope`],
//! [`device_session`], [`hub_session`]; [`bundle`] is the same by file.

pub mod address;
pub mod advocacy;
pub mod alert;
pub mod bundle;
pub mod codec;
pub mod compress;
pub mod device_session;
pub mod enrol;
pub mod envelope;
mod frame;
pub mod hub_session;
pub mod message;
pub mod order;
pub mod pins;
mod refused;
pub mod statement;
pub mod tables;
pub mod uplink;
mod verdict;
pub mod windows;
