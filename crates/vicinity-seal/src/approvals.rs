//! Whose keys open statements: a chain of approvals and removals, each signed by the device of a person.
//!
//! A hub that turned against its people may invite a device of its own. So the hub has no say in who can open statements:
//! every device derives the [`KeySet`] from this chain, and trusts it up from a root that came with its enrolment link or
//! that a person compared. The hub stores and relays the chain. It may sign removals, and nothing else.
//!
//! A [`Chain`] is well formed: every entry follows on the one before, and its signer may sign it. Well formed is not
//! trusted, since anybody can begin a chain: [`Chain::view`] reads it from a root.

use std::fmt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use minicbor::{CborLen, Decode, Encode};
use sha2::{Digest, Sha256};

use crate::cbor::{self, Hex};
use crate::keys::Recipient;
use crate::keyset::{KeySet, RESPONDERS_MAX};

/// Entries of one chain: an approval and a removal for each of 256 devices.
pub const ENTRIES_MAX: usize = 512;
/// Bytes of the longest encoded list of entries.
pub const ENTRIES_MAX_BYTES: usize = 192 * 1024;
/// Instead of a device's id, in the approval of an offline recovery key.
pub const RECOVERY: [u8; 16] = [0; 16];

/// What separates these signatures from every other use of a device's key and of the hub's.
const DOMAIN: &[u8] = b"vicinity-key-approval-v1";
const LINK_DOMAIN: &[u8] = b"vicinity-key-chain-v1";
const DIGITS_DOMAIN: &[u8] = b"vicinity-key-digits-v1";

/// The first half of an entry's hash: names it in an enrolment link and in a device's store.
pub type Mark = [u8; 16];

/// A device whose key may open statements, or the recovery key.
#[derive(Clone, PartialEq, Eq, Encode, Decode, CborLen)]
#[cbor(array)]
pub struct Holder {
    /// The device's id; [`RECOVERY`] for a recovery key.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub device: [u8; 16],
    /// The public key of its signatures.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub key: [u8; 32],
    /// The public key that statements are sealed to.
    #[n(2)]
    pub recipient: Recipient,
}

impl Holder {
    /// Whether this is a recovery key.
    #[must_use]
    pub fn is_recovery(&self) -> bool {
        self.device == RECOVERY
    }

    /// Thirty digits that both screens show before an approval: of the hub, the device and both of its keys. Finding other
    /// keys with the same digits takes about 2^99 tries.
    #[must_use]
    pub fn digits(&self, hub_key: &[u8; 32]) -> String {
        let hash: [u8; 32] = Sha256::new()
            .chain_update(DIGITS_DOMAIN)
            .chain_update(hub_key)
            .chain_update(self.device)
            .chain_update(self.key)
            .chain_update(self.recipient.to_string())
            .finalize()
            .into();
        let (groups, _) = hash.as_chunks::<5>();
        let group = |bytes: &[u8; 5]| {
            let number = bytes
                .iter()
                .fold(0u64, |number, byte| (number << 8) | u64::from(*byte));
            format!("{:05}", number % 100_000)
        };
        groups.iter().map(group).collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Holder({:?})", Hex(&self.key[..4]))
    }
}

/// What an entry does.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, CborLen)]
pub enum Act {
    /// Begins: the first responder's device approves itself, and nobody before it is approved any more.
    #[n(0)]
    Root(#[n(0)] Holder),
    /// Approves another key.
    #[n(1)]
    Approve(#[n(0)] Holder),
    /// Removes an approved key, by the public key of its signatures.
    #[n(2)]
    Remove(
        #[n(0)]
        #[cbor(with = "minicbor::bytes")]
        [u8; 32],
    ),
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, CborLen)]
#[cbor(array)]
struct Content {
    /// The hash of the entry before.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    before: [u8; 32],
    #[n(1)]
    at: i64,
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    signer: [u8; 32],
    #[n(3)]
    act: Act,
}

/// One entry of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, CborLen)]
#[cbor(array)]
pub struct Entry {
    #[n(0)]
    content: Content,
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    signature: [u8; 64],
}

impl Entry {
    /// What it does.
    #[must_use]
    pub fn act(&self) -> &Act {
        &self.content.act
    }

    fn hash(&self) -> [u8; 32] {
        Sha256::digest(cbor::encode(self)).into()
    }
}

/// The bytes of entries.
#[must_use]
pub fn encode(entries: &[Entry]) -> Vec<u8> {
    cbor::encode(&entries.to_vec())
}

/// The entries of the bytes. Their signatures are not verified here.
///
/// # Errors
/// Any other bytes, and more than a chain holds.
pub fn decode(bytes: &[u8]) -> Result<Vec<Entry>, ChainError> {
    if bytes.len() > ENTRIES_MAX_BYTES {
        return Err(ChainError::TooLong);
    }
    let entries: Vec<Entry> = cbor::decode(bytes).ok_or(ChainError::Malformed)?;
    if entries.len() > ENTRIES_MAX {
        return Err(ChainError::TooLong);
    }
    Ok(entries)
}

/// The bytes of acts that are still to be signed.
#[must_use]
pub fn encode_acts(acts: &[Act]) -> Vec<u8> {
    cbor::encode(&acts.to_vec())
}

/// The acts of the bytes.
///
/// # Errors
/// Any other bytes.
pub fn decode_acts(bytes: &[u8]) -> Result<Vec<Act>, ChainError> {
    cbor::decode(bytes).ok_or(ChainError::Malformed)
}

/// Why an entry does not follow on a chain. The chain stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// The bytes are no entries.
    #[error("the bytes are no key approvals")]
    Malformed,
    /// The chain, or the set of approved keys, is full.
    #[error("the chain of key approvals is full")]
    TooLong,
    /// It follows on another entry than the last one, or on another hub's chain.
    #[error("the entry does not follow on this chain")]
    NotNext,
    /// Its signature is wrong.
    #[error("the entry's signature is wrong")]
    WrongSignature,
    /// Its signer was never approved, or was removed before; or the hub signed what is no removal.
    #[error("the entry's signer may not sign it")]
    NotApproved,
    /// It approves a key that is approved, or removes one that is not.
    #[error("the entry changes nothing")]
    NoChange,
}

/// A key that is approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    /// Whose key.
    pub holder: Holder,
    /// When, in seconds since 1970, by the signer's clock. Shown, and nothing is decided by it.
    pub at: i64,
    /// The public key of the signer; its own for a root.
    pub by: [u8; 32],
    /// The place of its entry in the chain, from 0.
    pub place: u32,
}

/// A chain of one hub, well formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    hub_key: [u8; 32],
    entries: Vec<Entry>,
    hashes: Vec<[u8; 32]>,
    approved: Vec<Approved>,
}

/// A chain as it is read from a trusted root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The keys that are approved.
    pub approved: Vec<Approved>,
    /// How many entries it covers: all, up to a root that is not trusted.
    pub length: usize,
    /// The newest root that a person has to compare, if there is one.
    pub waiting: Option<(Mark, Holder)>,
}

/// The first half of a hash.
fn mark(hash: &[u8; 32]) -> Mark {
    let mut mark = [0; 16];
    mark.copy_from_slice(&hash[..16]);
    mark
}

impl Chain {
    /// The empty chain of a hub.
    #[must_use]
    pub fn new(hub_key: [u8; 32]) -> Self {
        Self {
            hub_key,
            entries: Vec::new(),
            hashes: Vec::new(),
            approved: Vec::new(),
        }
    }

    /// The chain of entries, each verified.
    ///
    /// # Errors
    /// The first entry that does not follow.
    pub fn of(hub_key: [u8; 32], entries: Vec<Entry>) -> Result<Self, ChainError> {
        let mut chain = Self::new(hub_key);
        entries
            .into_iter()
            .try_for_each(|entry| chain.push(entry))?;
        Ok(chain)
    }

    /// The hub's public key.
    #[must_use]
    pub fn hub_key(&self) -> &[u8; 32] {
        &self.hub_key
    }

    /// The entries.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The mark of the first `length` entries; zeros for none. `None` where the chain is shorter.
    #[must_use]
    pub fn mark_at(&self, length: usize) -> Option<Mark> {
        match length.checked_sub(1) {
            None => Some([0; 16]),
            Some(last) => self.hashes.get(last).map(mark),
        }
    }

    /// The mark of the whole chain.
    #[must_use]
    pub fn mark(&self) -> Mark {
        self.hashes.last().map_or([0; 16], mark)
    }

    /// The keys that are approved, by whatever root: for the hub. A device asks [`Chain::view`].
    #[must_use]
    pub fn approved(&self) -> &[Approved] {
        &self.approved
    }

    /// Whether this chain begins with all of another.
    #[must_use]
    pub fn extends(&self, other: &Self) -> bool {
        self.hub_key == other.hub_key && self.hashes.starts_with(&other.hashes)
    }

    /// Signs an entry that follows on this chain. Whether its signer may, [`Chain::push`] says.
    #[must_use]
    pub fn sign(&self, act: Act, at: i64, secret: &SigningKey) -> Entry {
        let content = Content {
            before: self.head(),
            at,
            signer: secret.verifying_key().to_bytes(),
            act,
        };
        let signature = secret.sign(&self.signed(&content)).to_bytes();
        Entry { content, signature }
    }

    /// Adds an entry, if it follows on the last one and its signer may sign it.
    ///
    /// # Errors
    /// Any other entry; then the chain stays as it is.
    pub fn push(&mut self, entry: Entry) -> Result<(), ChainError> {
        let Content {
            before,
            at,
            signer,
            act,
        } = &entry.content;
        if *before != self.head() {
            return Err(ChainError::NotNext);
        }
        let key = VerifyingKey::from_bytes(signer).map_err(|_| ChainError::WrongSignature)?;
        key.verify_strict(
            &self.signed(&entry.content),
            &Signature::from_bytes(&entry.signature),
        )
        .map_err(|_| ChainError::WrongSignature)?;
        let approved = apply(
            &self.approved,
            act,
            *at,
            signer,
            &self.hub_key,
            self.entries.len(),
        )?;
        self.hashes.push(entry.hash());
        self.entries.push(entry);
        self.approved = approved;
        Ok(())
    }

    /// The place and the mark of the newest root.
    #[must_use]
    pub fn newest_root(&self) -> Option<(Mark, Holder)> {
        self.roots().last()
    }

    fn roots(&self) -> impl Iterator<Item = (Mark, Holder)> {
        self.entries
            .iter()
            .zip(&self.hashes)
            .filter_map(|(entry, hash)| match &entry.content.act {
                Act::Root(holder) => Some((mark(hash), holder.clone())),
                _ => None,
            })
    }

    /// Who is approved, read from a root that the device trusts. A later root counts if a key that was approved until then
    /// signed it. At any other root reading stops, until a person compares it: somebody who removed all keys may have begun it.
    #[must_use]
    pub fn view(&self, root: Option<&Mark>) -> View {
        let begin = self
            .hashes
            .iter()
            .position(|hash| root == Some(&mark(hash)))
            .filter(|at| matches!(self.entries[*at].content.act, Act::Root(_)));
        let Some(begin) = begin else {
            return View {
                approved: Vec::new(),
                length: 0,
                waiting: self.newest_root(),
            };
        };
        let mut approved: Vec<Approved> = Vec::new();
        for (place, entry) in self.entries.iter().enumerate().skip(begin) {
            let Content {
                at, signer, act, ..
            } = &entry.content;
            let is_other = place > begin
                && matches!(act, Act::Root(_))
                && !approved.iter().any(|known| known.holder.key == *signer);
            if is_other {
                return View {
                    approved,
                    length: place,
                    waiting: self.newest_root(),
                };
            }
            // It was applied when it was pushed.
            if let Ok(next) = apply(&approved, act, *at, signer, &self.hub_key, place) {
                approved = next;
            }
        }
        View {
            approved,
            length: self.entries.len(),
            waiting: None,
        }
    }

    fn head(&self) -> [u8; 32] {
        self.hashes.last().copied().unwrap_or_else(|| {
            Sha256::new()
                .chain_update(LINK_DOMAIN)
                .chain_update(self.hub_key)
                .finalize()
                .into()
        })
    }

    fn signed(&self, content: &Content) -> Vec<u8> {
        [DOMAIN, &self.hub_key, &cbor::encode(content)].concat()
    }
}

/// Who is approved after an entry.
fn apply(
    approved: &[Approved],
    act: &Act,
    at: i64,
    signer: &[u8; 32],
    hub_key: &[u8; 32],
    place: usize,
) -> Result<Vec<Approved>, ChainError> {
    if place >= ENTRIES_MAX {
        return Err(ChainError::TooLong);
    }
    let known = |key: &[u8; 32]| approved.iter().any(|known| known.holder.key == *key);
    let entry = |holder: &Holder| Approved {
        holder: holder.clone(),
        at,
        by: *signer,
        place: u32::try_from(place).unwrap_or(u32::MAX),
    };
    match act {
        Act::Root(holder) => {
            // A recovery key that is left over begins nothing. The device that begins has to be compared by each device.
            let may = known(signer) || approved.iter().all(|known| known.holder.is_recovery());
            if !may || holder.key != *signer || signer == hub_key || holder.is_recovery() {
                return Err(ChainError::NotApproved);
            }
            Ok(vec![entry(holder)])
        }
        Act::Approve(holder) => {
            if !known(signer) || signer == hub_key {
                return Err(ChainError::NotApproved);
            }
            let is_there = approved.iter().any(|known| {
                known.holder.key == holder.key || known.holder.recipient == holder.recipient
            });
            let second_recovery =
                holder.is_recovery() && approved.iter().any(|known| known.holder.is_recovery());
            if is_there || second_recovery || holder.key == *hub_key {
                return Err(ChainError::NoChange);
            }
            let responders = approved
                .iter()
                .filter(|known| !known.holder.is_recovery())
                .count();
            if !holder.is_recovery() && responders >= RESPONDERS_MAX {
                return Err(ChainError::TooLong);
            }
            Ok([approved, &[entry(holder)]].concat())
        }
        Act::Remove(key) => {
            if signer != hub_key && !known(signer) {
                return Err(ChainError::NotApproved);
            }
            if !known(key) {
                return Err(ChainError::NoChange);
            }
            Ok(approved
                .iter()
                .filter(|known| known.holder.key != *key)
                .cloned()
                .collect())
        }
    }
}

/// The keys that statements are sealed to: of the approved ones, numbered by their places in the chain. The version is the
/// chain's length, so every approval and every removal makes a newer set.
#[must_use]
pub fn key_set(approved: &[Approved], length: usize) -> Option<KeySet> {
    let responders = approved
        .iter()
        .filter(|approved| !approved.holder.is_recovery())
        .map(|approved| (approved.place, approved.holder.recipient.clone()));
    let recovery = approved
        .iter()
        .find(|approved| approved.holder.is_recovery())
        .map(|approved| approved.holder.recipient.clone());
    KeySet::new(length as u64, responders.collect(), recovery).ok()
}
