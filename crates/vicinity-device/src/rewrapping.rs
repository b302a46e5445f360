//! Keys of statements, wrapped again by a responder's device for a newer key set.

use vicinity_seal::keys::Opener;
use vicinity_seal::keyset::KeySet;
use vicinity_seal::wrap::{self, Wrap};
use vicinity_store::device::{DeviceSetting, DeviceStore};
use vicinity_sync::device_session::SealingKeys;
use vicinity_sync::statement::{OldWrap, WrapRow};
use zeroize::Zeroizing;

use crate::error::DeviceError;
use crate::key_set;

type Result<T> = core::result::Result<T, DeviceError>;

/// A key set, and how far this device came with it, as a session needs it.
pub(crate) fn sealing_keys(store: &mut dyn DeviceStore, keys: &KeySet) -> Result<SealingKeys> {
    let version = keys.version();
    Ok(SealingKeys {
        version,
        tried: tried(store, version)?,
        can_open: opener(store)?.is_some(),
    })
}

/// Wraps keys again that this device can open, for the key set that is kept; and the place of the last one that it cannot open, which
/// another responder's device has to.
pub(crate) fn rewrap(
    store: &mut dyn DeviceStore,
    hub_key: &[u8; 32],
    old: Vec<OldWrap>,
) -> Result<(Vec<WrapRow>, Option<u64>)> {
    let (mut wraps, mut shut) = (Vec::new(), None);
    let (Some(keys), Some(opener)) = (key_set::kept(store, hub_key)?, opener(store)?) else {
        return Ok((wraps, old.last().map(|old| old.place)));
    };
    for OldWrap { place, wrap } in old {
        match wrap::rewrap(
            &opener,
            &Wrap {
                id: wrap.id,
                bytes: wrap.bytes,
            },
            &keys,
        ) {
            Ok(wrap) => wraps.push(WrapRow {
                id: wrap.id,
                bytes: wrap.bytes,
            }),
            Err(_) => shut = Some(place),
        }
    }
    Ok((wraps, shut))
}

/// Keeps up to which place keys were tried for a key set. Durable when this returns.
pub(crate) fn keep_tried(store: &mut dyn DeviceStore, key_set: u64, place: u64) -> Result<()> {
    let mark = [key_set.to_be_bytes(), place.to_be_bytes()].concat();
    Ok(store.set_settings(&[(DeviceSetting::TriedWraps, Some(mark))])?)
}

/// Up to which place keys were tried for a key set; 0 if none was.
fn tried(store: &mut dyn DeviceStore, key_set: u64) -> Result<u64> {
    let Some(mark) = store.setting(DeviceSetting::TriedWraps)? else {
        return Ok(0);
    };
    let ([version, place], []) = mark.as_chunks::<8>() else {
        return Err(DeviceError::Damaged("tried wraps"));
    };
    Ok(if u64::from_be_bytes(*version) == key_set {
        u64::from_be_bytes(*place)
    } else {
        0
    })
}

/// The key that opens statements; only a responder's device has one.
pub(crate) fn opener(store: &mut dyn DeviceStore) -> Result<Option<Opener>> {
    let Some(bytes) = store.setting(DeviceSetting::Opener)?.map(Zeroizing::new) else {
        return Ok(None);
    };
    let text = str::from_utf8(&bytes).map_err(|_| DeviceError::Damaged("opener"))?;
    Opener::from_secret_string(text)
        .map(Some)
        .map_err(|_| DeviceError::Damaged("opener"))
}
