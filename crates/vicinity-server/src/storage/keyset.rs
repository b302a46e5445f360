//! The hub's copy of the chain of key approvals: to whom statements are sealed.
//!
//! The hub keeps the chain and relays it. It signs removals, when a device is revoked, and cannot sign an approval: every
//! device verifies each entry for itself. See `docs/adr/0035-people-approve-keys.md`.

use vicinity_core::ids::DeviceId;
use vicinity_core::time::Timestamp;
use vicinity_seal::SigningKey;
use vicinity_seal::approvals::{self, Act, Approved, Chain, Entry, Holder, RECOVERY};
use vicinity_seal::keys::{Opener, Recipient};
use vicinity_seal::keyset;
use vicinity_seal::wrap::{self, Wrap};
use vicinity_store::StoreError;
use vicinity_store::hub::{HubStore, Role};
use vicinity_store::statement::KeptWrap;
use vicinity_sync::enrol::KeyAnchor;
use vicinity_sync::message::KeyNews;
use vicinity_sync::statement::{WRAPS_MAX, WaitingKey};

use crate::storage::hub_keys::HUB_SECRET;

/// The setting of a recovery key that waits for an approval: its signing key in 32 bytes, and its recipient.
const RECOVERY_KEY: &str = "recovery_key";
/// The setting of the chain: its length and the first 8 bytes of its last hash, 8 bytes each, and the entries.
const KEY_CHAIN: &str = "key_chain";

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

/// The chain.
///
/// # Errors
/// The store, or a damaged chain.
pub fn chain(store: &mut dyn HubStore) -> Result<Chain, StoreError> {
    let damaged = |_| StoreError::Damaged("key approvals");
    let hub_key = signing_key(store)?.verifying_key().to_bytes();
    match store.setting(KEY_CHAIN)? {
        None => Ok(Chain::new(hub_key)),
        Some(kept) => {
            let entries = kept.get(16..).ok_or(StoreError::Damaged("key approvals"))?;
            Chain::of(hub_key, approvals::decode(entries).map_err(damaged)?).map_err(damaged)
        }
    }
}

/// The first 8 bytes of a chain's last hash; 0 for none.
fn short(mark: approvals::Mark) -> u64 {
    let (short, _) = mark.as_chunks::<8>();
    u64::from_be_bytes(short[0])
}

/// The chain's length, which is the version of the key set, and its mark.
fn state(store: &mut dyn HubStore) -> Result<(u64, u64), StoreError> {
    let Some(kept) = store.setting(KEY_CHAIN)? else {
        return Ok((0, 0));
    };
    let (numbers, _) = kept.as_chunks::<8>();
    match numbers {
        [length, mark, ..] => Ok((u64::from_be_bytes(*length), u64::from_be_bytes(*mark))),
        _ => Err(StoreError::Damaged("key approvals")),
    }
}

/// The version of the key set: the chain's length.
///
/// # Errors
/// The store.
pub fn version(store: &mut dyn HubStore) -> Result<u64, StoreError> {
    Ok(state(store)?.0)
}

fn keep(store: &mut dyn HubStore, chain: &Chain) -> Result<(), StoreError> {
    let length = chain.entries().len() as u64;
    let numbers = [length.to_be_bytes(), short(chain.mark()).to_be_bytes()].concat();
    let kept = [numbers, approvals::encode(chain.entries())].concat();
    store.set_setting(KEY_CHAIN, &kept)
}

/// Takes entries that a device brought, those that follow on the chain; the others change nothing. Durable with the step.
///
/// # Errors
/// The store.
pub fn take(store: &mut dyn HubStore, entries: &[u8], now: Timestamp) -> Result<(), StoreError> {
    let Ok(entries) = approvals::decode(entries) else {
        return Ok(());
    };
    let (mut chain, devices) = (chain(store)?, store.devices()?);
    let before = chain.entries().len();
    for entry in entries {
        // An educator's device could begin a chain where none is in force.
        let may = match entry.act() {
            Act::Root(holder) => devices.iter().any(|row| {
                row.enrolled_with.1 == holder.key && row.role == Role::Responder && !row.revoked
            }),
            Act::Approve(_) | Act::Remove(_) => true,
        };
        // One that is here already, or that another came before: the device learns the chain and signs again.
        if may && chain.push(entry).is_err() {
            continue;
        }
    }
    if chain.entries().len() > before {
        keep(store, &chain)?;
        renew(store, now)?;
    }
    Ok(())
}

/// Entries for a device: those after its last one, or all where its chain differs; `None` if it has the same.
///
/// # Errors
/// The store.
pub fn news(store: &mut dyn HubStore, known: &KeyNews) -> Result<Option<Vec<u8>>, StoreError> {
    if state(store)? == (known.length, known.mark) {
        return Ok(None);
    }
    let chain = chain(store)?;
    let length = usize::try_from(known.length).unwrap_or(usize::MAX);
    let follows = chain
        .mark_at(length)
        .is_some_and(|mark| short(mark) == known.mark);
    let entries: &[Entry] = if follows {
        &chain.entries()[length..]
    } else {
        chain.entries()
    };
    Ok(Some(approvals::encode(entries)))
}

/// From where a device that enrols now trusts the chain; `None` before the first responder enrolled.
///
/// # Errors
/// The store.
pub fn anchor(store: &mut dyn HubStore) -> Result<Option<KeyAnchor>, StoreError> {
    let chain = chain(store)?;
    Ok(chain.newest_root().map(|(root, _)| KeyAnchor {
        root,
        length: u16::try_from(chain.entries().len()).unwrap_or(u16::MAX),
        head: chain.mark(),
    }))
}

/// Removes what must not open statements any more: keys of devices that were revoked, or are no responder's. To be called in the
/// step that changed a device, so that both are kept or neither. A key of a device that the hub does not know stays: a
/// restored hub learns of approvals before the device enrols again.
///
/// # Errors
/// The store.
pub fn renew(store: &mut dyn HubStore, now: Timestamp) -> Result<(), StoreError> {
    let mut chain = chain(store)?;
    if chain.approved().is_empty() {
        return Ok(());
    }
    let devices = store.devices()?;
    let gone = |approved: &Approved| {
        devices.iter().any(|row| {
            row.enrolled_with.1 == approved.holder.key
                && (row.revoked || row.role != Role::Responder)
        })
    };
    let gone: Vec<[u8; 32]> = chain
        .approved()
        .iter()
        .filter(|approved| gone(approved))
        .map(|approved| approved.holder.key)
        .collect();
    if gone.is_empty() {
        return Ok(());
    }
    let secret = signing_key(store)?;
    for key in gone {
        let entry = chain.sign(Act::Remove(key), now.as_second(), &secret);
        chain
            .push(entry)
            .map_err(|_| StoreError::Damaged("key approvals"))?;
    }
    keep(store, &chain)
}

/// Keys that wait for an approval: of responders' devices, and a recovery key.
///
/// # Errors
/// The store.
pub fn waiting(store: &mut dyn HubStore) -> Result<Vec<WaitingKey>, StoreError> {
    let chain = chain(store)?;
    let is_approved = |key: &[u8; 32]| {
        chain
            .approved()
            .iter()
            .any(|approved| approved.holder.key == *key)
    };
    let devices = store.devices()?;
    let mut waiting = Vec::new();
    for (number, recipient) in store.recipients()? {
        let Some(row) = devices.iter().find(|row| row.number == number) else {
            continue;
        };
        waiting.push(WaitingKey {
            number,
            device: *row.device.as_bytes(),
            key: row.enrolled_with.1,
            recipient,
            name: row.name.clone(),
        });
    }
    if let Some(holder) = recovery(store)? {
        waiting.push(WaitingKey {
            number: 0,
            device: RECOVERY,
            key: holder.key,
            recipient: holder.recipient.to_string(),
            name: None,
        });
    }
    waiting.retain(|waiting| !is_approved(&waiting.key));
    Ok(waiting)
}

/// A key of the set, as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// The device's number; `None` for a recovery key, and for a device that this hub does not know.
    pub number: Option<u32>,
    /// What people call the device.
    pub name: Option<String>,
    /// Whether it is the recovery key.
    pub is_recovery: bool,
    /// The digits that the device shows.
    pub digits: String,
    /// When it was approved, by the clock of who approved it; `None` while it waits.
    pub since: Option<Timestamp>,
    /// The number of the device that approved it: its own for the first responder's; `None` where the hub does not know it.
    pub by: Option<u32>,
    /// Whether the recovery key approved it.
    pub by_recovery: bool,
}

/// Who can open statements, and who waits for an approval.
///
/// # Errors
/// The store.
pub fn rows(store: &mut dyn HubStore) -> Result<Vec<KeyRow>, StoreError> {
    let hub_key = signing_key(store)?.verifying_key().to_bytes();
    let (chain, devices) = (chain(store)?, store.devices()?);
    let recovery_keys: Vec<[u8; 32]> = chain
        .entries()
        .iter()
        .filter_map(|entry| match entry.act() {
            Act::Approve(holder) if holder.is_recovery() => Some(holder.key),
            _ => None,
        })
        .collect();
    let of_key = |key: &[u8; 32]| devices.iter().find(|row| row.enrolled_with.1 == *key);
    let mut rows: Vec<KeyRow> = chain
        .approved()
        .iter()
        .map(|approved| {
            let row = of_key(&approved.holder.key);
            KeyRow {
                number: row.map(|row| row.number),
                name: row.and_then(|row| row.name.clone()),
                is_recovery: approved.holder.is_recovery(),
                digits: approved.holder.digits(&hub_key),
                since: Timestamp::from_second(approved.at).ok(),
                by: of_key(&approved.by).map(|row| row.number),
                by_recovery: recovery_keys.contains(&approved.by),
            }
        })
        .collect();
    for key in waiting(store)? {
        let Ok(recipient) = Recipient::parse(&key.recipient) else {
            continue;
        };
        let holder = Holder {
            device: key.device,
            key: key.key,
            recipient,
        };
        rows.push(KeyRow {
            number: (key.number > 0).then_some(key.number),
            name: key.name,
            is_recovery: holder.is_recovery(),
            digits: holder.digits(&hub_key),
            since: None,
            by: None,
            by_recovery: false,
        });
    }
    Ok(rows)
}

/// A responder's device begins the chain, if it is the first.
///
/// # Errors
/// The store.
pub fn begin(store: &mut dyn HubStore, device: DeviceId, root: &[u8]) -> Result<(), StoreError> {
    let mut chain = chain(store)?;
    let entries = approvals::decode(root).unwrap_or_default();
    let [entry] = entries.as_slice() else {
        return Ok(());
    };
    let is_own = matches!(entry.act(), Act::Root(holder) if holder.device == *device.as_bytes());
    if is_own && chain.entries().is_empty() && chain.push(entry.clone()).is_ok() {
        keep(store, &chain)?;
    }
    Ok(())
}

/// The entry that begins the chain, if it is this key's.
///
/// # Errors
/// The store.
pub fn root_of(store: &mut dyn HubStore, key: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
    let chain = chain(store)?;
    let first = chain.entries().first();
    let own = first.filter(|entry| matches!(entry.act(), Act::Root(holder) if holder.key == *key));
    Ok(own.map(|entry| approvals::encode(core::slice::from_ref(entry))))
}

/// Whether one more responder fits.
///
/// # Errors
/// The store.
pub fn has_room(store: &mut dyn HubStore) -> Result<bool, StoreError> {
    Ok(store.recipients()?.len() < keyset::RESPONDERS_MAX)
}

/// The recovery key that was set, approved or not.
fn recovery(store: &mut dyn HubStore) -> Result<Option<Holder>, StoreError> {
    let Some(kept) = store.setting(RECOVERY_KEY)? else {
        return Ok(None);
    };
    let read = || {
        let (key, recipient) = kept.split_first_chunk::<32>()?;
        Some(Holder {
            device: RECOVERY,
            key: *key,
            recipient: Recipient::parse(str::from_utf8(recipient).ok()?).ok()?,
        })
    };
    read().map(Some).ok_or(StoreError::Damaged("recovery key"))
}

/// Sets the offline recovery key, by its public half; its digits. It waits for the approval of a responder's device.
///
/// # Errors
/// The store; then nothing changed.
pub fn set_recovery(
    store: &mut dyn HubStore,
    key: [u8; 32],
    recipient: Recipient,
) -> Result<String, StoreError> {
    let kept = [key.as_slice(), recipient.to_string().as_bytes()].concat();
    store.set_setting(RECOVERY_KEY, &kept)?;
    let holder = Holder {
        device: RECOVERY,
        key,
        recipient,
    };
    Ok(holder.digits(&signing_key(store)?.verifying_key().to_bytes()))
}

/// The outcome of batches' keys when a recovery key was tried on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Wrapped again to today's responders.
    pub rewrapped: u64,
    /// Not sealed to this key.
    pub shut: u64,
}

/// Wraps every batch's key that is of an older set again, to the approved keys, with an offline recovery key: for when no
/// responder's device is left that could.
///
/// # Errors
/// The store. What was wrapped until then stays.
pub fn recover(store: &mut dyn HubStore, opener: &Opener) -> Result<Recovered, StoreError> {
    let mut recovered = Recovered::default();
    let chain = chain(store)?;
    let Some(set) = approvals::key_set(chain.approved(), chain.entries().len()) else {
        return Ok(recovered);
    };
    let mut after = 0;
    loop {
        let page = store.old_wraps(set.version(), after, WRAPS_MAX)?;
        let Some((last, _)) = page.last() else {
            return Ok(recovered);
        };
        after = *last;
        for (_, old) in page {
            let old = Wrap {
                id: old.id,
                bytes: old.bytes,
            };
            let Ok(wrapped) = wrap::rewrap(opener, &old, &set) else {
                recovered.shut += 1;
                continue;
            };
            let wrapped = KeptWrap {
                id: wrapped.id,
                bytes: wrapped.bytes,
            };
            recovered.rewrapped += u64::from(store.rewrap(&wrapped, set.version())?);
        }
    }
}
