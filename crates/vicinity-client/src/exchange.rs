//! Runs a sync session: performs its effects on the store and the link, in their order.

use vicinity_core::ids::DeviceId;
use vicinity_core::time::Timestamp;
use vicinity_store::device::{self, Delivered, DeviceStanding, DeviceStore, Fact};
use vicinity_sync::alert;
use vicinity_sync::device_session::{Delivery, DeviceSession, Effect, Gather, Gathered, Input, Outcome, Standing, Start};
use vicinity_sync::envelope::Envelope;
use vicinity_sync::message::{ERASURES_MAX, LEAVING_MAX, Refused, SYNC_PATH};
use vicinity_sync::order;
use vicinity_sync::pins::Pins;

use crate::ClientError;
use crate::alerts;
use crate::link::{Link, LinkFailure};
use crate::statements;
use crate::vault::Contact;

/// Who syncs.
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

/// What the session needs of the world, besides the store and the link.
pub struct World<'a> {
    /// The device's clock.
    pub now: Timestamp,
    /// Eight random bytes.
    pub random: &'a mut dyn FnMut() -> u64,
    /// Waits so many milliseconds.
    pub wait: &'a mut dyn FnMut(u64),
}

/// Syncs until there is nothing left to do, or it cannot go on.
///
/// # Errors
/// The local store failed. A link or hub that fails is an outcome, not an error.
pub fn sync(store: &mut dyn DeviceStore, link: &mut dyn Link, identity: &Identity, world: &mut World<'_>) -> Result<Outcome, ClientError> {
    let cursor = store.fact(Fact::Cursor)?.as_deref().and_then(device::cursor_of);
    let batch_bytes = store.fact(Fact::BatchBytes)?.and_then(|bytes| Some(u32::from_be_bytes(bytes.try_into().ok()?)));
    let key_set = statements::key_set_version(store, &identity.hub_key)?;
    let pins = Pins::mark(store.fact(Fact::Pins)?.as_deref().and_then(Pins::of_bytes));
    let batch_bytes = batch_bytes.unwrap_or(vicinity_sync::device_session::BATCH_START_BYTES);
    let start = Start { cursor, batch_bytes, key_set, pins, alerts: alerts::kept_hash(store)? };
    let mut session = DeviceSession::new(world.now);
    let mut effects = session.handle(Input::Start(start));
    loop {
        let mut next = Vec::new();
        for effect in effects {
            match effect {
                Effect::Done(outcome) => return Ok(outcome),
                Effect::Wait(millis) => (world.wait)(millis),
                Effect::Gather(gather) => {
                    next.extend(session.handle(Input::Gathered(perform_gather(store, gather, identity.keeps_little.then_some(world.now))?)))
                }
                Effect::Send(body) => {
                    let input = send(store, link, identity, world, body)?;
                    next.extend(session.handle(input));
                }
                Effect::Persist(mut delivery) => {
                    // Nobody but the hub can have anything erased, whoever answered.
                    delivery.erase.retain(|erasure| order::is_ordered(erasure, &identity.hub_key));
                    next.extend(session.handle(Input::Persisted(persist(store, &delivery, &identity.hub_key, world.now)?)));
                }
                Effect::BeReborn => {
                    be_reborn(store, (world.random)())?;
                    next.extend(session.handle(Input::Reborn));
                }
            }
        }
        effects = next;
    }
}

fn perform_gather(store: &mut dyn DeviceStore, gather: Gather, leaves_by: Option<Timestamp>) -> Result<Gathered, ClientError> {
    let is_rebase_begun = matches!(gather, Gather::Heads { after: None, .. });
    let erased = store.erasures(is_rebase_begun, ERASURES_MAX)?;
    let leaving = leaves_by.map(|now| store.leaving(now, LEAVING_MAX)).transpose()?.unwrap_or_default();
    let gathered = match gather {
        Gather::Heads { after, max_documents } => Gathered { page: Some(store.heads(after, max_documents)?), ..Gathered::default() },
        Gather::Missing { need, skip, raw_bytes } => {
            let (groups, more) = store.missing(&need, skip, raw_bytes)?;
            Gathered { groups, more, ..Gathered::default() }
        }
        Gather::Outbox { after, raw_bytes } => {
            let page = store.outbox(after, raw_bytes)?;
            Gathered { groups: page.groups, more: page.more, outbox_at: page.at, ..Gathered::default() }
        }
    };
    Ok(Gathered { erased, leaving, ..gathered })
}

fn send(store: &mut dyn DeviceStore, link: &mut dyn Link, identity: &Identity, world: &mut World<'_>, body: Vec<u8>) -> Result<Input, ClientError> {
    let answer = post(store, link, identity, world.random, SYNC_PATH, body)?;
    Ok(match answer {
        Ok(answer) => Input::Answered(answer),
        Err(LinkFailure::Cut) => Input::Cut,
        Err(LinkFailure::Refused(refused)) => Input::Refused(refused),
        Err(LinkFailure::Revoked(_)) => Input::OrderedToWipe,
    })
}

/// Posts a body in the next envelope. The counter is durable before the request leaves: a device restored from a backup is found out by it.
/// [`LinkFailure::Revoked`] comes out of here only with the hub's proof for this very request.
pub(crate) fn post(
    store: &mut dyn DeviceStore,
    link: &mut dyn Link,
    identity: &Identity,
    random: &mut dyn FnMut() -> u64,
    path: &str,
    body: Vec<u8>,
) -> Result<Result<Vec<u8>, LinkFailure>, ClientError> {
    let envelope = seal(store, identity, random, path, body)?;
    Ok(link.post(path, &envelope.encode()).map_err(|failure| match failure {
        // Anybody on the way can say "revoked": without the hub's proof it is a refusal and wipes nothing.
        LinkFailure::Revoked(order) if !order.is_of(&identity.hub_key, identity.device, envelope.incarnation, envelope.counter) => {
            LinkFailure::Refused(Refused::Revoked)
        }
        failure => failure,
    }))
}

/// Puts a body in the next envelope. The counter is durable when this returns.
pub(crate) fn seal(
    store: &mut dyn DeviceStore,
    identity: &Identity,
    random: &mut dyn FnMut() -> u64,
    path: &str,
    body: Vec<u8>,
) -> Result<Envelope, ClientError> {
    let (incarnation, counter) = life(store)?.unwrap_or_else(|| (random(), 0));
    store.set_facts(&[(Fact::Incarnation, Some(incarnation_bytes(incarnation, counter + 1)))])?;
    Ok(Envelope::seal(&identity.secret, path, identity.device, incarnation, counter + 1, body))
}

/// The device's life and the counter of its last request, if it ever made one.
pub(crate) fn life(store: &mut dyn DeviceStore) -> Result<Option<(u64, u64)>, ClientError> {
    Ok(store.fact(Fact::Incarnation)?.as_deref().and_then(incarnation_of))
}

/// Begins a new life: the cursor is void with the old one. Durable when this returns.
pub(crate) fn be_reborn(store: &mut dyn DeviceStore, incarnation: u64) -> Result<(), ClientError> {
    Ok(store.set_facts(&[(Fact::Incarnation, Some(incarnation_bytes(incarnation, 0))), (Fact::Cursor, None)])?)
}

fn incarnation_bytes(incarnation: u64, counter: u64) -> Vec<u8> {
    [incarnation.to_be_bytes(), counter.to_be_bytes()].concat()
}

fn incarnation_of(bytes: &[u8]) -> Option<(u64, u64)> {
    let (incarnation, counter) = bytes.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*incarnation), u64::from_be_bytes(counter.try_into().ok()?)))
}

fn persist(store: &mut dyn DeviceStore, delivery: &Delivery, hub_key: &[u8], now: Timestamp) -> Result<Standing, ClientError> {
    let mut facts = vec![(Fact::BatchBytes, delivery.batch_bytes.to_be_bytes().to_vec()), (Fact::Skew, delivery.skew_seconds.to_be_bytes().to_vec())];
    // Who answered has one of the keys that were known before: it may say which will be next.
    facts.extend(delivery.zone.clone().map(|zone| (Fact::Zone, zone.into_bytes())));
    facts.extend(delivery.pins.as_deref().and_then(Pins::of_bytes).map(|pins| (Fact::Pins, pins.to_bytes())));
    facts.push((Fact::Contact, Contact::at(now, delivery.skew_seconds).encode()));
    let (mut key_set, mut key_set_refused) = (0, false);
    if let Some(bytes) = &delivery.key_set {
        // One that the hub did not sign, or that is not newer, is as if it had not come; statements wait then.
        match statements::newer_key_set(store, hub_key, bytes)? {
            Some(version) => {
                facts.push((Fact::KeySet, bytes.clone()));
                key_set = version;
            }
            None => key_set_refused = true,
        }
    }
    if let Some(alerts) = &delivery.alerts {
        facts.push((Fact::Alerts, alert::kept_bytes(alerts)));
    }
    let DeviceStanding { received, digest, unsent, rejected, erased, untold } = store.deliver(&delivered(delivery, &facts))?;
    Ok(Standing { received, digest, differs: unsent > 0 || rejected > 0, erased, untold, key_set, key_set_refused })
}

/// What an answer brought, as the store takes it.
pub(crate) fn delivered<'a>(delivery: &'a Delivery, facts: &'a [(Fact, Vec<u8>)]) -> Delivered<'a> {
    Delivered {
        acked: &delivery.acked,
        rejected: &delivery.rejected,
        groups: &delivery.groups,
        removed: &delivery.removed,
        erase: &delivery.erase,
        told: &delivery.told,
        cursor: delivery.cursor,
        facts,
    }
}
