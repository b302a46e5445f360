//! The vault's file, byte by byte. Pure.
//!
//! ```text
//!   0  magic, version        16
//!  16  memory, passes, lanes 12   big-endian
//!  28  salt                  16
//!  44  two folder names      16
//!  60  flags                  1   1 = asks for a PIN, 2 = destroyed
//!  61  slot                  81   nonce 24, contents 41, tag 16
//! 142  slot                  81
//! 223  state                 46   nonce 24, counts 3, last wrong PIN 3, tag 16; over all that is before it
//! ```
//!
//! The salt stays for the vault's life: the other slot's PIN, which is not at hand, depends on it.

use vicinity_core::hex;
use zeroize::Zeroizing;

use super::sealed::{self, Contents, Cost, NAME_BYTES, SALT_BYTES, SEAL_BYTES, SLOT_BYTES};
use super::state::{STATE_BYTES, State};
use super::{Random, VaultError};

/// Length of the file, always.
pub(super) const IMAGE_BYTES: usize = STATE_AT + STATE_BYTES + SEAL_BYTES;

const MAGIC: &[u8; 15] = b"vicinity-vault\0";
const VERSION: u8 = 2;
const COST_AT: usize = 16;
const SALT_AT: usize = 28;
const NAMES_AT: usize = SALT_AT + SALT_BYTES;
const FLAGS_AT: usize = NAMES_AT + 2 * NAME_BYTES;
const SLOTS_AT: usize = FLAGS_AT + 1;
const STATE_AT: usize = SLOTS_AT + 2 * SLOT_BYTES;

const HAS_PIN: u8 = 1;
const DESTROYED: u8 = 2;

const STATE_INFO: &[u8] = b"vicinity-vault-state-v1";
const NONCE_INFO: &[u8] = b"vicinity-vault-state-nonce-v1";
const FILLER_INFO: &[u8] = b"vicinity-vault-filler-v1";

/// A vault's file in memory. It holds no secret in the clear.
pub(super) struct Image([u8; IMAGE_BYTES]);

impl Image {
    /// A vault of random filler under random names.
    pub(super) fn filled(cost: Cost, random: Random<'_>) -> Self {
        let mut bytes = [0; IMAGE_BYTES];
        random(&mut bytes);
        bytes[..MAGIC.len()].copy_from_slice(MAGIC);
        bytes[MAGIC.len()] = VERSION;
        for (at, number) in [cost.memory_kib, cost.passes, cost.lanes]
            .into_iter()
            .enumerate()
        {
            bytes[COST_AT + 4 * at..COST_AT + 4 * at + 4].copy_from_slice(&number.to_be_bytes());
        }
        bytes[FLAGS_AT] = 0;
        let mut image = Self(bytes);
        while image.names()[0] == image.names()[1] {
            random(&mut image.0[NAMES_AT..FLAGS_AT]);
        }
        image
    }

    /// The vault of a file's bytes. Whether they are the bytes that were written is [`Image::open_state`]'s to say.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, VaultError> {
        let damaged = VaultError::Damaged("vault");
        let Some(&version) = bytes.strip_prefix(MAGIC).and_then(<[u8]>::first) else {
            return Err(damaged);
        };
        if version != VERSION {
            return Err(VaultError::UnknownVersion(version));
        }
        let Ok(bytes) = bytes.try_into() else {
            return Err(damaged);
        };
        let image = Self(bytes);
        if image.0[FLAGS_AT] & !(HAS_PIN | DESTROYED) != 0 || image.cost().params().is_none() {
            return Err(damaged);
        }
        Ok(image)
    }

    /// What never changes in the vault's life.
    pub(super) fn header(&self) -> &[u8] {
        &self.0[..FLAGS_AT]
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn cost(&self) -> Cost {
        let number = |at: usize| u32::from_be_bytes(self.array(COST_AT + 4 * at));
        Cost {
            memory_kib: number(0),
            passes: number(1),
            lanes: number(2),
        }
    }

    pub(super) fn salt(&self) -> [u8; SALT_BYTES] {
        self.array(SALT_AT)
    }

    /// The names of the profiles' folders; their order says nothing.
    pub(super) fn names(&self) -> [[u8; NAME_BYTES]; 2] {
        [self.array(NAMES_AT), self.array(NAMES_AT + NAME_BYTES)]
    }

    pub(super) fn has_pin(&self) -> bool {
        self.0[FLAGS_AT] & HAS_PIN != 0
    }

    pub(super) fn set_has_pin(&mut self, has_pin: bool) {
        self.0[FLAGS_AT] = if has_pin {
            self.0[FLAGS_AT] | HAS_PIN
        } else {
            self.0[FLAGS_AT] & !HAS_PIN
        };
    }

    pub(super) fn is_destroyed(&self) -> bool {
        self.0[FLAGS_AT] & DESTROYED != 0
    }

    /// What the key opens of slot `at`.
    pub(super) fn open(&self, at: usize, kek: &[u8; 32]) -> Option<Contents> {
        sealed::open_slot(kek, &self.0[..FLAGS_AT], &self.array(slot_at(at)))
    }

    /// Seals a profile into slot `at`.
    pub(super) fn put(
        &mut self,
        at: usize,
        kek: &[u8; 32],
        contents: &Contents,
        random: Random<'_>,
    ) {
        let mut nonce = [0; 24];
        random(&mut nonce);
        let slot = sealed::seal_slot(kek, &self.0[..FLAGS_AT], contents, nonce);
        self.0[slot_at(at)..slot_at(at) + SLOT_BYTES].copy_from_slice(&slot);
    }

    /// Makes slot `at` the filler that it would be if nothing had ever been in it.
    pub(super) fn erase(&mut self, at: usize, device: &[u8; 32]) {
        let filler = filler(Some(device), &self.0);
        self.0[slot_at(at)..slot_at(at) + SLOT_BYTES].copy_from_slice(&filler[..SLOT_BYTES]);
    }

    /// Overwrites both slots and says so. Sealed again where the secret is known, so that it is trusted.
    pub(super) fn destroy(&mut self, device: Option<&[u8; 32]>) {
        let filler = filler(device, &self.0);
        self.0[SLOTS_AT..].copy_from_slice(&filler[SLOTS_AT..]);
        self.0[FLAGS_AT] |= DESTROYED;
        if let Some(device) = device {
            self.seal_state(device, State::new(0));
        }
    }

    /// Sets the state and seals the file over it. The nonce is drawn from the secret and everything it seals, the last
    /// nonce included: no two states meet the same one, and no attempt needs random bytes.
    pub(super) fn seal_state(&mut self, device: &[u8; 32], state: State) {
        let nonce = sealed::derive::<24>(device, &[NONCE_INFO, &self.0, &state.encode()]);
        let key = sealed::derive::<32>(device, &[STATE_INFO]);
        let (before, after) = self.0.split_at_mut(STATE_AT);
        after.copy_from_slice(&sealed::seal::<{ STATE_BYTES + SEAL_BYTES }>(
            &key,
            before,
            &state.encode(),
            *nonce,
        ));
    }

    /// The state, if every byte of the file is as a program with the device's secret wrote it.
    pub(super) fn open_state(&self, device: &[u8; 32]) -> Option<State> {
        let key = sealed::derive::<32>(device, &[STATE_INFO]);
        let (before, after) = self.0.split_at(STATE_AT);
        sealed::open::<STATE_BYTES>(&key, before, after).map(|text| State::decode(*text))
    }

    fn array<const N: usize>(&self, at: usize) -> [u8; N] {
        core::array::from_fn(|byte| self.0[at + byte])
    }
}

/// Bytes that look random to everybody without the secret, different for each `over`.
pub(super) fn filler(device: Option<&[u8; 32]>, over: &[u8]) -> Zeroizing<[u8; IMAGE_BYTES]> {
    sealed::derive(device.unwrap_or(&[0; 32]), &[FILLER_INFO, over])
}

/// A profile's folder, as its name is written.
pub(super) fn name_text(name: [u8; NAME_BYTES]) -> String {
    hex::write(&name)
}

/// The name that is written so.
pub(super) fn name_of(text: &str) -> Option<[u8; NAME_BYTES]> {
    if is_name(text) { hex::read(text) } else { None }
}

/// Whether a folder is named like a profile's.
pub(super) fn is_name(text: &str) -> bool {
    text.len() == 2 * NAME_BYTES
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn slot_at(at: usize) -> usize {
    SLOTS_AT + (at & 1) * SLOT_BYTES
}
