//! A hub's own keys, each in a setting: they are made when its folder is opened the first time.

use vicinity_seal::keys::Opener;
use vicinity_store::StoreError;
use vicinity_store::hub::HubStore;
use vicinity_sync::envelope::Envelope;
use vicinity_sync::order::WipeOrder;

/// The setting under which a hub keeps the key that survivor codes are hashed with.
pub const SURVIVOR_KEY: &str = "survivor_key";
/// The setting under which a hub keeps the secret of its own signatures: an Ed25519 seed.
pub const HUB_SECRET: &str = "hub_secret";

/// The setting under which a hub keeps the secret that opens bundles.
pub const BUNDLE_KEY: &str = "bundle_key";

/// The secret of the hub's signatures.
///
/// # Errors
/// The store, or a hub that was not set up.
pub fn hub_secret(store: &mut dyn HubStore) -> Result<[u8; 32], StoreError> {
    store
        .setting(HUB_SECRET)?
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(StoreError::Damaged("hub's own key"))
}

/// The key that opens bundles.
///
/// # Errors
/// The store, or a hub that was not set up.
pub fn opener(store: &mut dyn HubStore) -> Result<Opener, StoreError> {
    let damaged = StoreError::Damaged("bundle key");
    let Some(secret) = store.setting(BUNDLE_KEY)? else {
        return Err(damaged);
    };
    str::from_utf8(&secret)
        .ok()
        .and_then(|secret| Opener::from_secret_string(secret).ok())
        .ok_or(damaged)
}

/// Only who proved to be the device gets the order, and only for the request that it proved.
pub(crate) fn wipe_order(
    store: &mut dyn HubStore,
    envelope: &Envelope,
) -> Result<WipeOrder, StoreError> {
    Ok(WipeOrder::sign(
        &hub_secret(store)?,
        envelope.device(),
        envelope.incarnation,
        envelope.counter,
    ))
}
