//! Runs a sync session: performs its effects on the store and the link, in their order.

use vicinity_core::alert::list_hash;
use vicinity_core::time::Timestamp;
use vicinity_store::device::{self, Delivered, DeviceStanding, DeviceStore, Fact};
use vicinity_sync::alert;
use vicinity_sync::device_session::{Delivery, DeviceSession, Effect, Gather, Gathered, Input, Outcome, Standing, Start};
use vicinity_sync::message::{ERASURES_MAX, LEAVING_MAX, SYNC_PATH};
use vicinity_sync::order;
use vicinity_sync::pins::Pins;

use crate::error::DeviceError;
use crate::key_set;
use crate::lease::Contact;
use crate::link::{Link, LinkFailure};
use crate::requests;

pub use crate::requests::Identity;

/// What the session needs beside the store and the link.
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
pub fn sync(store: &mut dyn DeviceStore, link: &mut dyn Link, identity: &Identity, world: &mut World<'_>) -> Result<Outcome, DeviceError> {
    let cursor = store.fact(Fact::Cursor)?.as_deref().and_then(device::cursor_of);
    let batch_bytes = store.fact(Fact::BatchBytes)?.and_then(|bytes| Some(u32::from_be_bytes(bytes.try_into().ok()?)));
    let key_set = key_set::version(store, &identity.hub_key)?;
    let pins = Pins::mark(store.fact(Fact::Pins)?.as_deref().and_then(Pins::of_bytes));
    let batch_bytes = batch_bytes.unwrap_or(vicinity_sync::device_session::BATCH_START_BYTES);
    let start = Start { cursor, batch_bytes, key_set, pins, alerts: kept_alerts(store)? };
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
                    requests::begin_new_life(store, (world.random)())?;
                    next.extend(session.handle(Input::Reborn));
                }
            }
        }
        effects = next;
    }
}

fn perform_gather(store: &mut dyn DeviceStore, gather: Gather, leaves_by: Option<Timestamp>) -> Result<Gathered, DeviceError> {
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

fn send(store: &mut dyn DeviceStore, link: &mut dyn Link, identity: &Identity, world: &mut World<'_>, body: Vec<u8>) -> Result<Input, DeviceError> {
    let answer = requests::post(store, link, identity, world.random, SYNC_PATH, body)?;
    Ok(match answer {
        Ok(answer) => Input::Answered(answer),
        Err(LinkFailure::Cut) => Input::Cut,
        Err(LinkFailure::Refused(refused)) => Input::Refused(refused),
        Err(LinkFailure::Revoked(_)) => Input::OrderedToWipe,
    })
}

/// The hash of the alerts that are kept; 0 for none.
pub(crate) fn kept_alerts(store: &mut dyn DeviceStore) -> Result<u64, DeviceError> {
    Ok(list_hash(&store.fact(Fact::Alerts)?.map(|bytes| alert::kept(&bytes)).unwrap_or_default()))
}

fn persist(store: &mut dyn DeviceStore, delivery: &Delivery, hub_key: &[u8], now: Timestamp) -> Result<Standing, DeviceError> {
    let mut facts = vec![(Fact::BatchBytes, delivery.batch_bytes.to_be_bytes().to_vec()), (Fact::Skew, delivery.skew_seconds.to_be_bytes().to_vec())];
    // Who answered has one of the keys that were known before: it may say which will be next.
    facts.extend(delivery.zone.clone().map(|zone| (Fact::Zone, zone.into_bytes())));
    facts.extend(delivery.pins.as_deref().and_then(Pins::of_bytes).map(|pins| (Fact::Pins, pins.to_bytes())));
    facts.push((Fact::Contact, Contact::at(now, delivery.skew_seconds).encode()));
    let (mut key_set, mut key_set_refused) = (0, false);
    if let Some(bytes) = &delivery.key_set {
        // One that the hub did not sign, or that is not newer, is as if it had not come; statements wait then.
        match key_set::newer(store, hub_key, bytes)? {
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
