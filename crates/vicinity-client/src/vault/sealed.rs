//! The cryptography: how a PIN and the device's secret become a key, and what that key seals. Pure.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, Tag, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use super::state::MARK_BYTES;
use super::{Pin, Profile, VaultError};

/// Bytes of the salt, one for both slots.
pub(super) const SALT_BYTES: usize = 16;
/// Bytes of a profile folder's name, before it is written in hexadecimal.
pub(super) const NAME_BYTES: usize = 8;
/// What sealing adds to a text: the nonce before it, the tag behind it.
pub(super) const SEAL_BYTES: usize = NONCE_BYTES + TAG_BYTES;
/// Bytes of a slot.
pub(super) const SLOT_BYTES: usize = CONTENTS_BYTES + SEAL_BYTES;

const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const CONTENTS_BYTES: usize = 32 + 1 + NAME_BYTES;
const KEK_INFO: &[u8] = b"vicinity-vault-v1";
const MARK_INFO: &[u8] = b"vicinity-vault-wrong-v1";

const MAX_MEMORY_KIB: u32 = 1 << 20;
const MAX_PASSES: u32 = 64;
const MAX_LANES: u32 = 16;

/// What one guess at a PIN costs: the parameters of Argon2id. A vault keeps the cost it was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    pub(super) memory_kib: u32,
    pub(super) passes: u32,
    pub(super) lanes: u32,
}

impl Cost {
    /// 19 MiB, 2 passes, 1 lane: also the least there is. A device with time to spare should ask for more.
    pub const STANDARD: Self = Self {
        memory_kib: 19 * 1024,
        passes: 2,
        lanes: 1,
    };

    /// A higher cost.
    ///
    /// # Errors
    /// Less than [`Cost::STANDARD`] in any respect, or more than 1 GiB, 64 passes or 16 lanes.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, VaultError> {
        let cost = Self {
            memory_kib,
            passes,
            lanes,
        };
        let least = Self::STANDARD;
        let enough =
            memory_kib >= least.memory_kib && passes >= least.passes && lanes >= least.lanes;
        if enough && cost.params().is_some() {
            Ok(cost)
        } else {
            Err(VaultError::BadCost)
        }
    }

    /// Next to nothing, so that tests are fast. Never for a person's data.
    #[doc(hidden)]
    #[must_use]
    pub const fn weak_for_tests() -> Self {
        Self {
            memory_kib: 8,
            passes: 1,
            lanes: 1,
        }
    }

    /// The parameters within our bounds and Argon2's. The least cost is not asked of a stored vault: the file is sealed
    /// under the device's secret, and with another cost another key comes out.
    pub(super) fn params(self) -> Option<Params> {
        let bounded = self.memory_kib <= MAX_MEMORY_KIB
            && self.passes <= MAX_PASSES
            && self.lanes <= MAX_LANES;
        if bounded {
            Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).ok()
        } else {
            None
        }
    }
}

/// What a slot holds.
pub(super) struct Contents {
    pub(super) key: Zeroizing<[u8; 32]>,
    pub(super) profile: Profile,
    pub(super) folder: [u8; NAME_BYTES],
}

/// The key that opens slots.
pub(super) fn kek(
    pin: Option<&Pin>,
    salt: &[u8; SALT_BYTES],
    cost: Cost,
    device: &[u8; 32],
) -> Result<Zeroizing<[u8; 32]>, VaultError> {
    let mut material = Zeroizing::new([0; 64]);
    material[32..].copy_from_slice(device);
    // Without a PIN there is nothing to guess: the secret alone opens.
    if let Some(pin) = pin {
        let params = cost.params().ok_or(VaultError::BadCost)?;
        let mut blocks = Zeroizing::new(Vec::new());
        blocks
            .try_reserve_exact(params.block_count())
            .map_err(|_| VaultError::Memory)?;
        blocks.resize(params.block_count(), Block::default());
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(
                pin.as_bytes(),
                salt,
                &mut material[..32],
                blocks.as_mut_slice(),
            )
            .map_err(|_| VaultError::BadCost)?;
    }
    Ok(derive(&*material, &[KEK_INFO]))
}

/// What a wrong PIN is known by, from the key that it made.
pub(super) fn mark(kek: &[u8; 32]) -> [u8; MARK_BYTES] {
    *derive(kek, &[MARK_INFO])
}

/// Bytes that only the holder of `secret` can make, for a purpose that `info` names.
pub(super) fn derive<const N: usize>(secret: &[u8], info: &[&[u8]]) -> Zeroizing<[u8; N]> {
    let mut bytes = Zeroizing::new([0; N]);
    Hkdf::<Sha256>::new(None, secret)
        .expand_multi_info(info, &mut *bytes)
        .expect("no key or filler here is as long as HKDF's 8,160 bytes");
    bytes
}

/// The slot of a profile.
pub(super) fn seal_slot(
    kek: &[u8; 32],
    header: &[u8],
    contents: &Contents,
    nonce: [u8; NONCE_BYTES],
) -> [u8; SLOT_BYTES] {
    let mut text = Zeroizing::new([0; CONTENTS_BYTES]);
    text[..32].copy_from_slice(&*contents.key);
    text[32] = u8::from(contents.profile == Profile::Second);
    text[33..].copy_from_slice(&contents.folder);
    seal(kek, header, &*text, nonce)
}

/// The contents of a slot, or nothing if this key does not open it.
pub(super) fn open_slot(
    kek: &[u8; 32],
    header: &[u8],
    slot: &[u8; SLOT_BYTES],
) -> Option<Contents> {
    let text = open::<CONTENTS_BYTES>(kek, header, slot)?;
    let mut contents = Contents {
        key: Zeroizing::new([0; 32]),
        profile: Profile::Main,
        folder: [0; NAME_BYTES],
    };
    contents.key.copy_from_slice(&text[..32]);
    contents.folder.copy_from_slice(&text[33..]);
    if text[32] != 0 {
        contents.profile = Profile::Second;
    }
    Some(contents)
}

/// `nonce | text sealed | tag`; `N` is the length of the whole.
pub(super) fn seal<const N: usize>(
    key: &[u8; 32],
    aad: &[u8],
    text: &[u8],
    nonce: [u8; NONCE_BYTES],
) -> [u8; N] {
    let mut sealed = [0; N];
    let (head, rest) = sealed.split_at_mut(NONCE_BYTES);
    let (body, tail) = rest.split_at_mut(text.len());
    head.copy_from_slice(&nonce);
    body.copy_from_slice(text);
    let tag = XChaCha20Poly1305::new(key.into())
        .encrypt_inout_detached(&XNonce::from(nonce), aad, body.into())
        .expect("a few bytes are below the cipher's limit");
    tail.copy_from_slice(&tag);
    sealed
}

/// The text of what [`seal`] made with the same key and additional data; `N` is the length of the text.
pub(super) fn open<const N: usize>(
    key: &[u8; 32],
    aad: &[u8],
    sealed: &[u8],
) -> Option<Zeroizing<[u8; N]>> {
    let (nonce, rest) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    let (body, tag) = rest.split_last_chunk::<TAG_BYTES>()?;
    let mut text = Zeroizing::new(<[u8; N]>::try_from(body).ok()?);
    let opened = XChaCha20Poly1305::new(key.into()).decrypt_inout_detached(
        &XNonce::from(*nonce),
        aad,
        text.as_mut_slice().into(),
        &Tag::from(*tag),
    );
    if opened.is_err() {
        text.zeroize();
        return None;
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_has_a_least_and_a_most() {
        assert_eq!(Cost::new(19 * 1024, 2, 1).unwrap(), Cost::STANDARD);
        assert!(Cost::new(64 * 1024, 3, 4).is_ok());
        for (memory_kib, passes, lanes) in [
            (19 * 1024 - 1, 2, 1),
            (19 * 1024, 1, 1),
            (19 * 1024, 2, 0),
            (1 << 21, 2, 1),
            (19 * 1024, 65, 1),
            (19 * 1024, 2, 17),
        ] {
            assert!(
                matches!(
                    Cost::new(memory_kib, passes, lanes),
                    Err(VaultError::BadCost)
                ),
                "{memory_kib} {passes} {lanes}"
            );
        }
    }

    #[test]
    fn a_slot_opens_with_its_key_and_header_and_with_nothing_else() {
        let contents = Contents {
            key: Zeroizing::new([3; 32]),
            profile: Profile::Second,
            folder: [4; NAME_BYTES],
        };
        let slot = seal_slot(&[1; 32], b"header", &contents, [2; NONCE_BYTES]);
        let opened = open_slot(&[1; 32], b"header", &slot).unwrap();
        assert_eq!(
            (opened.key, opened.profile, opened.folder),
            (contents.key, contents.profile, contents.folder)
        );
        assert!(open_slot(&[9; 32], b"header", &slot).is_none());
        assert!(open_slot(&[1; 32], b"Header", &slot).is_none());
        for at in 0..SLOT_BYTES {
            let mut flipped = slot;
            flipped[at] ^= 1;
            assert!(
                open_slot(&[1; 32], b"header", &flipped).is_none(),
                "byte {at}"
            );
        }
    }

    #[test]
    fn pin_salt_cost_and_device_each_make_another_key() {
        let (cost, more) = (
            Cost::weak_for_tests(),
            Cost {
                passes: 2,
                ..Cost::weak_for_tests()
            },
        );
        let (one, two) = (Pin::new("4711").unwrap(), Pin::new("4712").unwrap());
        let keys = [
            kek(Some(&one), &[1; 16], cost, &[1; 32]),
            kek(Some(&two), &[1; 16], cost, &[1; 32]),
            kek(None, &[1; 16], cost, &[1; 32]),
            kek(Some(&one), &[2; 16], cost, &[1; 32]),
            kek(Some(&one), &[1; 16], more, &[1; 32]),
            kek(Some(&one), &[1; 16], cost, &[2; 32]),
        ];
        let distinct: std::collections::BTreeSet<_> =
            keys.into_iter().map(|key| *key.unwrap()).collect();
        assert_eq!(distinct.len(), 6);
    }
}
