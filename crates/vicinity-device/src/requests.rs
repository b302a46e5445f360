//! Proven requests: each goes in an envelope whose counter is durable before it leaves.

use vicinity_core::ids::DeviceId;
use vicinity_store::device::{DeviceSetting, DeviceStore};
use vicinity_sync::envelope::Envelope;
use vicinity_sync::message::Refused;

use crate::error::DeviceError;
use crate::link::{Link, LinkFailure};

/// The device that speaks, and the hub that it speaks to.
#[derive(Clone)]
pub struct Identity {
    /// The device.
    pub device: DeviceId,
    /// The secret that proves its requests.
    pub secret: [u8; 32],
    /// The key that proves its hub's orders and key sets.
    pub hub_key: [u8; 32],
    /// Whether delivered incidents leave the device after a while: an educator's.
    pub keeps_little: bool,
}

/// Posts a body in the next envelope. The counter is durable before the request leaves: it shows the hub a device that was restored from a backup.
/// [`LinkFailure::Revoked`] is returned only with the hub's proof for this very request.
pub(crate) fn post(
    store: &mut dyn DeviceStore,
    link: &mut dyn Link,
    identity: &Identity,
    random: &mut dyn FnMut() -> u64,
    path: &str,
    body: Vec<u8>,
) -> Result<Result<Vec<u8>, LinkFailure>, DeviceError> {
    let envelope = seal(store, identity, random, path, body)?;
    let sealed_as = (envelope.incarnation, envelope.counter);
    Ok(link
        .post(path, &envelope.encode())
        .map_err(|failure| proven(failure, identity, sealed_as)))
}

/// A failure as it counts. Anyone on the way can say "revoked": without the hub's proof for the request of this incarnation and counter it
/// is a refusal, and wipes nothing.
pub(crate) fn proven(
    failure: LinkFailure,
    identity: &Identity,
    (incarnation, counter): (u64, u64),
) -> LinkFailure {
    match failure {
        LinkFailure::Revoked(order)
            if !order.is_of(&identity.hub_key, identity.device, incarnation, counter) =>
        {
            LinkFailure::Refused(Refused::Revoked)
        }
        failure => failure,
    }
}

/// Puts a body in the next envelope. The counter is durable when this returns.
pub(crate) fn seal(
    store: &mut dyn DeviceStore,
    identity: &Identity,
    random: &mut dyn FnMut() -> u64,
    path: &str,
    body: Vec<u8>,
) -> Result<Envelope, DeviceError> {
    let (incarnation, counter) = life(store)?.unwrap_or_else(|| (random(), 0));
    store.set_settings(&[(
        DeviceSetting::Incarnation,
        Some(incarnation_bytes(incarnation, counter + 1)),
    )])?;
    Ok(Envelope::seal(
        &identity.secret,
        path,
        identity.device,
        incarnation,
        counter + 1,
        body,
    ))
}

/// The device's life and the counter of its last request, if it ever made one.
pub(crate) fn life(store: &mut dyn DeviceStore) -> Result<Option<(u64, u64)>, DeviceError> {
    Ok(store
        .setting(DeviceSetting::Incarnation)?
        .as_deref()
        .and_then(incarnation_of))
}

/// Begins a new life: the cursor is void with the old one. Durable when this returns.
pub(crate) fn begin_new_life(
    store: &mut dyn DeviceStore,
    incarnation: u64,
) -> Result<(), DeviceError> {
    Ok(store.set_settings(&[
        (
            DeviceSetting::Incarnation,
            Some(incarnation_bytes(incarnation, 0)),
        ),
        (DeviceSetting::Cursor, None),
    ])?)
}

fn incarnation_bytes(incarnation: u64, counter: u64) -> Vec<u8> {
    [incarnation.to_be_bytes(), counter.to_be_bytes()].concat()
}

fn incarnation_of(bytes: &[u8]) -> Option<(u64, u64)> {
    let (incarnation, counter) = bytes.split_first_chunk::<8>()?;
    Some((
        u64::from_be_bytes(*incarnation),
        u64::from_be_bytes(counter.try_into().ok()?),
    ))
}

/// Why a request to the hub failed, as a call's error.
pub(crate) fn failed(failure: LinkFailure, link: &dyn Link) -> DeviceError {
    match failure {
        LinkFailure::Cut => DeviceError::Unreachable(link.failed()),
        LinkFailure::Refused(refused) => refused.into(),
        LinkFailure::Revoked(_) => DeviceError::WipeOrdered,
    }
}
