//! The change that every document starts from.

use crate::ids::{ACTOR_BYTES, Actor};

/// The skeleton change of schema 1, frozen: its hash is the root of every document there is.
pub static SKELETON: &[u8] = include_bytes!("skeleton_v1.bin");

/// The actor that wrote the skeleton. No change from outside may carry it.
pub const SKELETON_ACTOR: Actor = [0; ACTOR_BYTES];
