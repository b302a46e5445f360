//! Randomness that is the same every time, and a hub with responders.
#![allow(dead_code, reason = "each test program uses a part of it")]

use sha2::{Digest, Sha256};
use vicinity_seal::keys::Opener;
use vicinity_seal::keyset::KeySet;
use vicinity_seal::seal::Address;

/// Bytes that no two calls repeat.
pub fn random(seed: u64) -> impl FnMut(&mut [u8]) {
    let mut count = 0u64;
    move |out| {
        for chunk in out.chunks_mut(32) {
            count += 1;
            let block = Sha256::digest([seed.to_be_bytes(), count.to_be_bytes()].concat());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

pub struct Hub {
    pub responders: Vec<Opener>,
    pub recovery: Opener,
    pub keys: KeySet,
}

impl Hub {
    pub fn of(count: u32) -> Self {
        let responders: Vec<_> = (0..count).map(|_| Opener::generate()).collect();
        let recovery = Opener::generate();
        let numbered = (10..)
            .zip(&responders)
            .map(|(number, opener)| (number, opener.recipient()))
            .collect();
        let keys = KeySet::new(1, numbered, Some(recovery.recipient())).unwrap();
        Self {
            responders,
            recovery,
            keys,
        }
    }

    pub fn openers(&self) -> impl Iterator<Item = &Opener> {
        self.responders.iter().chain([&self.recovery])
    }
}

pub fn address(entry: &str) -> Address {
    Address {
        incident: [7; 16],
        entry: entry.to_owned(),
        class: "statement".to_owned(),
        version: 1,
    }
}
