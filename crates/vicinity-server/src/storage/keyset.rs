//! The hub's signed key set: to whom statements are sealed.
//!
//! The step that changes its members makes it again: an enrolment, a revocation, another recovery key. Each such step calls
//! [`renew`].

use vicinity_seal::SigningKey;
use vicinity_seal::keys::{Opener, Recipient};
use vicinity_seal::keyset::{self, KeySet, SignedKeySet};
use vicinity_seal::wrap::{self, Wrap};
use vicinity_store::StoreError;
use vicinity_store::hub::HubStore;
use vicinity_store::statement::KeptWrap;
use vicinity_sync::statement::WRAPS_MAX;

use crate::storage::hub_keys::HUB_SECRET;

/// The setting of the recovery key's public half.
const RECOVERY_KEY: &str = "recovery_key";
/// The setting of the signed set, behind its version in eight bytes.
const KEY_SET: &str = "key_set";
/// The setting with the epoch of the database that the set was made in.
const KEY_SET_EPOCH: &str = "key_set_epoch";

/// A hub's signed key set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Current {
    /// Its version.
    pub version: u64,
    /// The signed set.
    pub signed: Vec<u8>,
}

/// The hub's signing key.
///
/// # Errors
/// The store, or a hub that has none.
pub fn signing_key(store: &mut dyn HubStore) -> Result<SigningKey, StoreError> {
    let seed = store
        .setting(HUB_SECRET)?
        .ok_or(StoreError::Damaged("signing key"))?;
    let seed: [u8; 32] = seed
        .try_into()
        .map_err(|_| StoreError::Damaged("signing key"))?;
    Ok(SigningKey::from_bytes(&seed))
}

/// The set as it is; `None` while there is nobody to seal to.
///
/// # Errors
/// The store.
pub fn current(store: &mut dyn HubStore) -> Result<Option<Current>, StoreError> {
    let Some(kept) = store.setting(KEY_SET)? else {
        return Ok(None);
    };
    let (version, signed) = kept
        .split_first_chunk::<8>()
        .ok_or(StoreError::Damaged("key set"))?;
    Ok(Some(Current {
        version: u64::from_be_bytes(*version),
        signed: signed.to_vec(),
    }))
}

/// The outcome of batches' keys when a recovery key was tried on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Wrapped again to today's responders.
    pub rewrapped: u64,
    /// Not sealed to this key.
    pub shut: u64,
}

/// Wraps every batch's key that is of an older set again, to today's responders, with an offline recovery key: for when no
/// responder's device is left that could.
///
/// # Errors
/// The store. What was wrapped until then stays.
pub fn recover(store: &mut dyn HubStore, opener: &Opener) -> Result<Recovered, StoreError> {
    let mut recovered = Recovered::default();
    let Some(kept) = current(store)? else {
        return Ok(recovered);
    };
    let key = signing_key(store)?.verifying_key();
    let set = SignedKeySet::decode(&kept.signed)
        .and_then(|signed| signed.open(&key, 0))
        .map_err(|_| StoreError::Damaged("key set"))?;
    let mut after = 0;
    loop {
        let page = store.old_wraps(kept.version, after, WRAPS_MAX)?;
        let Some((last, _)) = page.last() else {
            return Ok(recovered);
        };
        after = *last;
        for (_, old) in page {
            let Ok(wrapped) = wrap::rewrap(
                opener,
                &Wrap {
                    id: old.id,
                    bytes: old.bytes,
                },
                &set,
            ) else {
                recovered.shut += 1;
                continue;
            };
            recovered.rewrapped += u64::from(store.rewrap(
                &KeptWrap {
                    id: wrapped.id,
                    bytes: wrapped.bytes,
                },
                kept.version,
            )?);
        }
    }
}

/// Makes the set again if it is not of today's responders and recovery key, with a version above the last. To be called in
/// the step that changed them, so that both are kept or neither. An empty set is signed only where there was another.
///
/// # Errors
/// The store.
pub fn renew(store: &mut dyn HubStore) -> Result<(), StoreError> {
    let damaged = || StoreError::Damaged("key set");
    let responders = store
        .recipients()?
        .into_iter()
        .map(|(number, key)| Ok((number, Recipient::parse(&key).map_err(|_| damaged())?)));
    let responders = responders.collect::<Result<Vec<_>, StoreError>>()?;
    let recovery = store
        .setting(RECOVERY_KEY)?
        .and_then(|key| Recipient::parse(str::from_utf8(&key).ok()?).ok());
    let key = signing_key(store)?;
    let kept = current(store)?;
    let version = kept.as_ref().map_or(0, |kept| kept.version);
    let set = KeySet::new(version + 1, responders, recovery).map_err(|_| damaged())?;
    if let Some(kept) = kept {
        let known = SignedKeySet::decode(&kept.signed)
            .and_then(|signed| signed.open(&key.verifying_key(), 0))
            .map_err(|_| damaged())?;
        if known.responders() == set.responders() && known.recovery() == set.recovery() {
            return Ok(());
        }
    } else if set.responders().is_empty() && set.recovery().is_none() {
        return Ok(());
    }
    let signed = keyset::sign(&set, &key).encode();
    store.set_setting(
        KEY_SET,
        &[(version + 1).to_be_bytes().as_slice(), &signed].concat(),
    )
}

/// After a restore: devices may hold versions that the hub does not know any more, so the set goes far above them. `jump` is
/// random, so that two restores of one backup do not meet.
///
/// # Errors
/// The store.
pub fn outgrow(store: &mut dyn HubStore, epoch: [u8; 16], jump: u32) -> Result<(), StoreError> {
    let before = store.setting(KEY_SET_EPOCH)?;
    if before.as_deref() == Some(epoch.as_slice()) {
        return Ok(());
    }
    if before.is_some()
        && let Some(kept) = current(store)?
    {
        let damaged = || StoreError::Damaged("key set");
        let key = signing_key(store)?;
        let known = SignedKeySet::decode(&kept.signed)
            .and_then(|signed| signed.open(&key.verifying_key(), 0))
            .map_err(|_| damaged())?;
        let version = kept.version + 1 + u64::from(jump);
        let set = KeySet::new(
            version,
            known.responders().to_vec(),
            known.recovery().cloned(),
        )
        .map_err(|_| damaged())?;
        store.set_setting(
            KEY_SET,
            &[
                version.to_be_bytes().as_slice(),
                &keyset::sign(&set, &key).encode(),
            ]
            .concat(),
        )?;
    }
    store.set_setting(KEY_SET_EPOCH, &epoch)
}

/// Whether one more responder fits.
///
/// # Errors
/// The store.
pub fn has_room(store: &mut dyn HubStore) -> Result<bool, StoreError> {
    Ok(store.recipients()?.len() < keyset::RESPONDERS_MAX)
}

/// Sets the offline recovery key, by its public half, and makes the set again. One step.
///
/// # Errors
/// The store; then nothing changed.
pub fn set_recovery(store: &mut dyn HubStore, recovery: &Recipient) -> Result<(), StoreError> {
    let mut result = Ok(());
    store.group_commit(&mut |store| {
        result = store
            .set_setting(RECOVERY_KEY, recovery.to_string().as_bytes())
            .and_then(|()| renew(store));
        result.is_ok()
    })?;
    result
}
