//! Enrolment links.

use vicinity_core::time::{SignedDuration, Timestamp};
use vicinity_store::hub::{HubStore, INVITE_SECONDS, Role};
use vicinity_sync::enrol::EnrolLink;
use vicinity_sync::envelope::public_key;

use crate::machine::Machine;
use crate::net::tls;
use crate::storage::error::ServeError;
use crate::storage::hub_keys;
use crate::storage::keyset;

/// Minutes that a one-time code is good for.
pub const CODE_MINUTES: i64 = INVITE_SECONDS / 60;

/// An enrolment link for a role, good for [`CODE_MINUTES`].
///
/// # Errors
/// The store, or a hub that never ran.
pub fn invite(
    store: &mut dyn HubStore,
    machine: &Machine,
    role: Role,
) -> Result<EnrolLink, ServeError> {
    let (addresses, pin) = tls::announced(store.setting(tls::ADDRESS)?, store.setting(tls::PINS)?)?;
    let (code, signs) = (
        machine.bytes(),
        Some(public_key(&hub_keys::hub_secret(store)?)),
    );
    store.invite(EnrolLink::code_hash(&code), role, expiry((machine.now)()))?;
    Ok(EnrolLink {
        addresses,
        code,
        pin,
        signs,
        keys: keyset::anchor(store)?,
    })
}

pub(crate) fn expiry(now: Timestamp) -> Timestamp {
    now.checked_add(SignedDuration::from_mins(CODE_MINUTES))
        .unwrap_or(now)
}
