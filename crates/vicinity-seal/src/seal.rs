//! Sealing and opening statements.
//!
//! A body is `XChaCha20-Poly1305(statement's key, padded statement)`, and the wrapped key is
//! `XChaCha20-Poly1305(batch's key, statement's key)`. Both are bound to the statement's [`Address`], the wrapped key to
//! its batch's id as well.
//!
//! Nonces are not stored: they are SHA-256 of the address, so that a wrapped key is 32 bytes and a tag. That is safe
//! because a nonce must only never repeat *under one key*. A batch's key is drawn for every call of [`seal`] and
//! used only there, and within the call no two addresses are the same: [`seal`] refuses that. A statement's key encrypts
//! one body and nothing else. Random bytes that repeat break all of this.

use std::collections::BTreeSet;
use std::fmt;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use minicbor::{CborLen, Decode, Encode};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::cbor::{self, Hex};
use crate::keys::Opener;
use crate::keyset::KeySet;
use crate::pad::{self, BODY_MAX_BYTES, TAG_BYTES};
use crate::wrap::{BatchKey, Wrap};

pub use crate::error::{OpenError, SealError};
pub use crate::pad::STATEMENT_MAX_BYTES;

/// Bytes of the longest encoded [`Sealed`].
pub const SEALED_MAX_BYTES: usize = BODY_MAX_BYTES + 128;
/// Bytes of a wrapped key.
pub const WRAPPED_KEY_BYTES: usize = KEY_BYTES + TAG_BYTES;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// What separates the two uses of an address.
const KEY_DOMAIN: &[u8] = b"vicinity-statement-key-v1";
const BODY_DOMAIN: &[u8] = b"vicinity-statement-body-v1";

/// Where a statement belongs. It travels in the clear; a statement opens only at the address it was sealed for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// The incident.
    pub incident: [u8; 16],
    /// The entry in it.
    pub entry: String,
    /// The class of what is sealed.
    pub class: String,
    /// Which version of the statement.
    pub version: u32,
}

impl Address {
    /// `domain | batch | incident | len entry | entry | len class | class | version`: no two addresses give the same
    /// bytes, and no use's bytes begin like another's.
    fn bound(&self, domain: &[u8], batch: &[u8]) -> Vec<u8> {
        let (entry_len, class_len) = (
            (self.entry.len() as u64).to_be_bytes(),
            (self.class.len() as u64).to_be_bytes(),
        );
        let version = self.version.to_be_bytes();
        [
            domain,
            batch,
            &self.incident,
            &entry_len,
            self.entry.as_bytes(),
            &class_len,
            self.class.as_bytes(),
            &version,
        ]
        .concat()
    }
}

/// A sealed statement as the hub stores it.
#[derive(Clone, PartialEq, Eq, Encode, Decode, CborLen)]
#[cbor(array)]
pub struct Sealed {
    /// The [`Wrap::id`] of its batch.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub wrap: [u8; 16],
    /// Its key. Without it the body is noise permanently.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub wrapped_key: [u8; WRAPPED_KEY_BYTES],
    /// The padded statement, encrypted.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub body: Vec<u8>,
}

/// The bytes are not a sealed statement: malformed, or longer than [`SEALED_MAX_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no sealed statement")]
pub struct BadSealed;

impl Sealed {
    /// The bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(self)
    }

    /// The sealed statement of the bytes. Whether it opens only an [`Opener`] can tell.
    ///
    /// # Errors
    /// Any other bytes, and more than [`SEALED_MAX_BYTES`].
    pub fn decode(bytes: &[u8]) -> Result<Self, BadSealed> {
        if bytes.len() > SEALED_MAX_BYTES {
            Err(BadSealed)
        } else {
            cbor::decode(bytes).ok_or(BadSealed)
        }
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed")
            .field("wrap", &Hex(&self.wrap))
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Seals a batch of statements to everybody in the key set, in the order given. All or nothing. `random` must fill the
/// bytes it is given from a cryptographic source and never give the same bytes again.
///
/// # Errors
/// An empty key set, a statement that is too long, two statements with one address.
pub fn seal(
    statements: &[(Address, &[u8])],
    keys: &KeySet,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<(Wrap, Vec<Sealed>), SealError> {
    let mut seen = BTreeSet::new();
    for (at, (address, statement)) in statements.iter().enumerate() {
        if !seen.insert(address) {
            return Err(SealError::SameAddress { at });
        }
        if statement.len() > STATEMENT_MAX_BYTES {
            return Err(SealError::TooLarge { at });
        }
    }
    let batch = BatchKey::draw(random);
    let wrap = batch.wrap(keys)?;
    let sealed = statements
        .iter()
        .enumerate()
        .map(|(at, (address, statement))| {
            seal_one(&batch, address, statement, random).ok_or(SealError::TooLarge { at })
        });
    Ok((wrap, sealed.collect::<Result<_, _>>()?))
}

fn seal_one(
    batch: &BatchKey,
    address: &Address,
    statement: &[u8],
    random: &mut dyn FnMut(&mut [u8]),
) -> Option<Sealed> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    random(&mut key[..]);

    let mut body = pad::pad(statement)?;
    let bound = address.bound(BODY_DOMAIN, &[]);
    cipher(&key)
        .encrypt_in_place(&nonce(&bound), &bound, &mut *body)
        .ok()?;

    let mut wrapped_key = [0; WRAPPED_KEY_BYTES];
    let (encrypted, tag) = wrapped_key.split_at_mut(KEY_BYTES);
    encrypted.copy_from_slice(&key[..]);
    let bound = address.bound(KEY_DOMAIN, &batch.id);
    tag.copy_from_slice(
        &cipher(&batch.key)
            .encrypt_inout_detached(&nonce(&bound), &bound, encrypted.into())
            .ok()?,
    );

    Some(Sealed {
        wrap: batch.id,
        wrapped_key,
        body: core::mem::take(&mut *body),
    })
}

/// Opens a statement. The plaintext is wiped when it is dropped.
///
/// # Errors
/// The wrap is not for this opener; or anything was changed, the address included, or the wrap is another batch's.
pub fn open(
    opener: &Opener,
    wrap: &Wrap,
    sealed: &Sealed,
    address: &Address,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    if sealed.wrap != wrap.id || sealed.body.len() > BODY_MAX_BYTES {
        return Err(OpenError::Damaged);
    }
    let batch = BatchKey::unwrap(opener, wrap)?;
    open_with(&batch, sealed, address).ok_or(OpenError::Damaged)
}

fn open_with(batch: &BatchKey, sealed: &Sealed, address: &Address) -> Option<Zeroizing<Vec<u8>>> {
    let (encrypted, tag) = sealed.wrapped_key.split_at(KEY_BYTES);
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    key.copy_from_slice(encrypted);
    let bound = address.bound(KEY_DOMAIN, &batch.id);
    cipher(&batch.key)
        .decrypt_inout_detached(
            &nonce(&bound),
            &bound,
            key.as_mut_slice().into(),
            tag.try_into().ok()?,
        )
        .ok()?;

    let mut body = Zeroizing::new(sealed.body.clone());
    let bound = address.bound(BODY_DOMAIN, &[]);
    cipher(&key)
        .decrypt_in_place(&nonce(&bound), &bound, &mut *body)
        .ok()?;
    pad::unpad(body)
}

fn cipher(key: &[u8; KEY_BYTES]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.into())
}

/// The first bytes of SHA-256 over what the encryption is bound to.
fn nonce(bound: &[u8]) -> XNonce {
    let hash: [u8; 32] = Sha256::digest(bound).into();
    let mut nonce = [0; NONCE_BYTES];
    nonce.copy_from_slice(&hash[..NONCE_BYTES]);
    nonce.into()
}
