//! A hub's folder: opening it, and looking whether its files are whole.

use std::path::Path;

use vicinity_seal::keys::Opener;
use vicinity_sqlite::{SqliteHub, SqlitePeople};
use vicinity_store::DatabaseKey;
use vicinity_store::error::Damage;
use vicinity_store::hub::HubStore;
use vicinity_store::policy::{CURSOR_KEY, PROJECTION_KEY};

use crate::jobs::damage;
use crate::machine::Machine;
use crate::storage::error::ServeError;
use crate::storage::hub_keys::{BUNDLE_KEY, HUB_SECRET, SURVIVOR_KEY};
use crate::storage::keyring::{self, Unlock};
use crate::storage::keyset;

/// Opens a hub's store, with the keys that it must have.
///
/// # Errors
/// The key or the store.
pub fn open(
    data: &Path,
    unlock: Option<&Unlock>,
    machine: &Machine,
) -> Result<SqliteHub, ServeError> {
    open_with(
        data,
        &keyring::open(data, "hub.db", unlock, machine)?,
        machine,
    )
}

/// The same for a hub that is about to serve: its files are checked, those that take long later, by [`serve`](super::serve).
///
/// # Errors
/// As [`open`]; or a file is damaged.
pub fn open_to_serve(
    data: &Path,
    unlock: Option<&Unlock>,
    machine: &Machine,
) -> Result<SqliteHub, ServeError> {
    let key = keyring::open(data, "hub.db", unlock, machine)?;
    let store = open_with(data, &key, machine)?;
    let own = damage::look_first(&data.join("hub.db"), || store.damaged())?;
    damage::refuse(
        [
            store.damaged_keys()?,
            SqlitePeople::open(data, &key)?.damaged()?,
            own,
        ]
        .into_iter()
        .flatten(),
    )?;
    Ok(store)
}

/// Those of a hub's files that are damaged.
///
/// # Errors
/// The key, or a file that does not open at all.
pub fn damaged(
    data: &Path,
    unlock: Option<&Unlock>,
    machine: &Machine,
) -> Result<Vec<Damage>, ServeError> {
    let key = keyring::open(data, "hub.db", unlock, machine)?;
    let people = if data.join("people.db").exists() {
        SqlitePeople::open(data, &key)?.damaged()?
    } else {
        None
    };
    let store = open_with(data, &key, machine)?;
    Ok([store.damaged_keys()?, people, store.damaged()?]
        .into_iter()
        .flatten()
        .collect())
}

pub(super) fn open_with(
    data: &Path,
    key: &DatabaseKey,
    machine: &Machine,
) -> Result<SqliteHub, ServeError> {
    let mut store = SqliteHub::open(data, key, machine.bytes())?;
    if store.setting(SURVIVOR_KEY)?.is_none() {
        store.set_setting(SURVIVOR_KEY, &machine.bytes::<32>())?;
    }
    if store.setting(HUB_SECRET)?.is_none() {
        store.set_setting(HUB_SECRET, &machine.bytes::<32>())?;
    }
    if store.setting(BUNDLE_KEY)?.is_none() {
        store.set_setting(BUNDLE_KEY, Opener::generate().to_secret_string().as_bytes())?;
    }
    if store.setting(CURSOR_KEY)?.is_none() {
        store.set_setting(CURSOR_KEY, &machine.bytes::<16>())?;
    }
    if store.setting(PROJECTION_KEY)?.is_none() {
        store.set_setting(PROJECTION_KEY, &machine.bytes::<16>())?;
    }
    // A crash may have come between a revocation and the removal of the key.
    keyset::renew(&mut store, (machine.now)())?;
    Ok(store)
}
