//! The key set that statements are sealed to: the hub signs it, and a newer one replaces it.

use vicinity_seal::VerifyingKey;
use vicinity_seal::keyset::{KeySet, SignedKeySet};
use vicinity_store::device::{DeviceSetting, DeviceStore};

use crate::error::DeviceError;

type Result<T> = core::result::Result<T, DeviceError>;

/// A key set that the hub sent, if it is the hub's and newer than what is kept: its version, to keep with it.
pub(crate) fn newer(
    store: &mut dyn DeviceStore,
    hub_key: &[u8],
    bytes: &[u8],
) -> Result<Option<u64>> {
    let known = kept(store, hub_key)?.map_or(0, |set| set.version());
    let open = || {
        SignedKeySet::decode(bytes)
            .ok()?
            .open(&verifying(hub_key)?, known + 1)
            .ok()
    };
    Ok(open().map(|set| set.version()))
}

/// The version of the key set that is kept; 0 for none.
pub(crate) fn version(store: &mut dyn DeviceStore, hub_key: &[u8]) -> Result<u64> {
    Ok(kept(store, hub_key)?.map_or(0, |set| set.version()))
}

pub(crate) fn kept(store: &mut dyn DeviceStore, hub_key: &[u8]) -> Result<Option<KeySet>> {
    let Some(bytes) = store.setting(DeviceSetting::KeySet)? else {
        return Ok(None);
    };
    let open = || {
        SignedKeySet::decode(&bytes)
            .ok()?
            .open(&verifying(hub_key)?, 0)
            .ok()
    };
    Ok(open())
}

fn verifying(key: &[u8]) -> Option<VerifyingKey> {
    VerifyingKey::from_bytes(key.try_into().ok()?).ok()
}
