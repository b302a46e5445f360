//! Runs a sync session: performs its effects on the store and the link, in their order.

use vicinity_core::alert::list_hash;
use vicinity_core::time::Timestamp;
use vicinity_store::device::{self, Delivered, DeviceStanding, DeviceStore, Fact};
use vicinity_sync::alert;
use vicinity_sync::device_session::{
    BATCH_START_BYTES, Delivery, DeviceSession, DeviceState, Effect, Gather, Gathered, Input, Outcome, SealingKeys, Start, StatementWork, WaitingBatch,
};
use vicinity_sync::message::{ERASURES_MAX, LEAVING_MAX};
use vicinity_sync::order;
use vicinity_sync::pins::Pins;
use vicinity_sync::statement::PIECE_MAX_BYTES;

use crate::error::DeviceError;
use crate::key_set;
use crate::lease::Contact;
use crate::link::{Link, LinkFailure};
use crate::requests;
use crate::rewrapping;
use crate::sealing::Sealer;

pub use crate::requests::Identity;

type Result<T> = core::result::Result<T, DeviceError>;

/// What the session needs beside the store and the link.
pub struct World<'a> {
    /// The device's clock.
    pub now: Timestamp,
    /// Eight random bytes.
    pub random: &'a mut dyn FnMut() -> u64,
    /// Waits so many milliseconds.
    pub wait: &'a mut dyn FnMut(u64),
}

/// Syncs changes until there is nothing left to do, or it cannot go on.
///
/// # Errors
/// The local store failed. A link or hub that fails is an outcome, not an error.
pub fn sync(store: &mut dyn DeviceStore, link: &mut dyn Link, identity: &Identity, world: &mut World<'_>) -> Result<Outcome> {
    sync_with(store, link, identity, world, StatementWork::None)
}

/// Syncs changes, and then statements, until there is nothing left to do, or it cannot go on.
///
/// # Errors
/// The local store failed, or sealing did. A link or hub that fails is an outcome, not an error.
pub fn sync_with(store: &mut dyn DeviceStore, link: &mut dyn Link, identity: &Identity, world: &mut World<'_>, statements: StatementWork) -> Result<Outcome> {
    let start = start(store, identity, statements)?;
    let mut session = DeviceSession::new(world.now);
    let mut runner = Runner { store, link, identity, world, statements };
    let mut effects = session.handle(Input::Start(start));
    loop {
        let mut next = Vec::new();
        for effect in effects {
            match effect {
                Effect::Done(outcome) => return Ok(outcome),
                effect => {
                    if let Some(input) = runner.perform(effect)? {
                        next.extend(session.handle(input));
                    }
                }
            }
        }
        effects = next;
    }
}

fn start(store: &mut dyn DeviceStore, identity: &Identity, statements: StatementWork) -> Result<Start> {
    let cursor = store.fact(Fact::Cursor)?.as_deref().and_then(device::cursor_of);
    let batch_bytes = store.fact(Fact::BatchBytes)?.and_then(|bytes| Some(u32::from_be_bytes(bytes.try_into().ok()?)));
    let key_set = key_set::version(store, &identity.hub_key)?;
    let pins = Pins::mark(store.fact(Fact::Pins)?.as_deref().and_then(Pins::of_bytes));
    Ok(Start { cursor, batch_bytes: batch_bytes.unwrap_or(BATCH_START_BYTES), key_set, pins, alerts: kept_alerts(store)?, statements })
}

/// The hash of the alerts that are kept; 0 for none.
pub(crate) fn kept_alerts(store: &mut dyn DeviceStore) -> Result<u64> {
    Ok(list_hash(&store.fact(Fact::Alerts)?.map(|bytes| alert::kept(&bytes)).unwrap_or_default()))
}

/// Performs effects.
struct Runner<'a, 'w> {
    store: &'a mut dyn DeviceStore,
    link: &'a mut dyn Link,
    identity: &'a Identity,
    world: &'a mut World<'w>,
    statements: StatementWork,
}

impl Runner<'_, '_> {
    /// Performs an effect: what happened, where the session waits for it.
    fn perform(&mut self, effect: Effect) -> Result<Option<Input>> {
        Ok(Some(match effect {
            Effect::Done(_) => return Ok(None),
            Effect::Wait(millis) => {
                (self.world.wait)(millis);
                return Ok(None);
            }
            Effect::Gather(gather) => Input::Gathered(self.gather(gather)?),
            Effect::Send { path, body } => self.send(path, body)?,
            Effect::Persist(mut delivery) => {
                // Only the hub's own orders erase anything, whichever server answered.
                delivery.erase.retain(|erasure| order::is_ordered(erasure, &self.identity.hub_key));
                Input::Persisted(persist(self.store, &delivery, &self.identity.hub_key, self.world.now)?)
            }
            Effect::BeginNewLife => {
                requests::begin_new_life(self.store, (self.world.random)())?;
                Input::NewLifeBegun
            }
            effect => return self.perform_on_statements(effect),
        }))
    }

    fn perform_on_statements(&mut self, effect: Effect) -> Result<Option<Input>> {
        Ok(Some(match effect {
            Effect::Seal => Input::Sealed(self.seal()?),
            Effect::FindBatch => {
                Input::Batch(self.store.next_blob()?.map(|blob| WaitingBatch { number: blob.number, hash: blob.hash, total: blob.total, begun: blob.begun }))
            }
            Effect::ReadPiece { number, offset } => Input::Piece(self.store.blob_piece(number, offset, PIECE_MAX_BYTES)?),
            Effect::KeepDelivered { number, refused } => {
                // A responder's device keeps what it wrote.
                let forgets = self.statements != StatementWork::UploadAndRewrap;
                Input::DeliveredKept(self.store.blob_delivered(number, &refused, forgets)?)
            }
            Effect::Rewrap(old) => {
                let (wraps, shut) = rewrapping::rewrap(self.store, &self.identity.hub_key, old)?;
                Input::Rewrapped { wraps, shut }
            }
            Effect::Unseal { number } => {
                self.store.unseal_blob(number)?;
                return Ok(None);
            }
            Effect::KeepTried { key_set, place } => {
                rewrapping::keep_tried(self.store, key_set, place)?;
                return Ok(None);
            }
            _ => return Ok(None),
        }))
    }

    fn gather(&mut self, gather: Gather) -> Result<Gathered> {
        let is_rebase_begun = matches!(gather, Gather::Heads { after: None, .. });
        let erased = self.store.erasures(is_rebase_begun, ERASURES_MAX)?;
        let leaving = if self.identity.keeps_little { self.store.leaving(self.world.now, LEAVING_MAX)? } else { Vec::new() };
        let gathered = match gather {
            Gather::Heads { after, max_documents } => Gathered { page: Some(self.store.heads(after, max_documents)?), ..Gathered::default() },
            Gather::Missing { need, skip, raw_bytes } => {
                let (groups, more) = self.store.missing(&need, skip, raw_bytes)?;
                Gathered { groups, more, ..Gathered::default() }
            }
            Gather::Outbox { after, raw_bytes } => {
                let page = self.store.outbox(after, raw_bytes)?;
                Gathered { groups: page.groups, more: page.more, outbox_at: page.at, ..Gathered::default() }
            }
        };
        Ok(Gathered { erased, leaving, ..gathered })
    }

    fn send(&mut self, path: &str, body: Vec<u8>) -> Result<Input> {
        let answer = requests::post(self.store, self.link, self.identity, self.world.random, path, body)?;
        Ok(match answer {
            Ok(answer) => Input::Answered(answer),
            Err(LinkFailure::Cut) => Input::Cut,
            Err(LinkFailure::Refused(refused)) => Input::Refused(refused),
            Err(LinkFailure::Revoked(_)) => Input::OrderedToWipe,
        })
    }

    fn seal(&mut self) -> Result<Option<SealingKeys>> {
        let Some(keys) = key_set::kept(self.store, &self.identity.hub_key)? else { return Ok(None) };
        let random = &mut *self.world.random;
        let mut fill = |bytes: &mut [u8]| {
            for chunk in bytes.chunks_mut(8) {
                chunk.copy_from_slice(&random().to_be_bytes()[..chunk.len()]);
            }
        };
        Sealer { store: &mut *self.store, now: self.world.now, random: &mut fill }.seal_all(&keys)?;
        rewrapping::sealing_keys(self.store, &keys).map(Some)
    }
}

fn persist(store: &mut dyn DeviceStore, delivery: &Delivery, hub_key: &[u8], now: Timestamp) -> Result<DeviceState> {
    let mut facts = vec![(Fact::BatchBytes, delivery.batch_bytes.to_be_bytes().to_vec()), (Fact::Skew, delivery.skew_seconds.to_be_bytes().to_vec())];
    // The server that answered holds a key that was known before: it may name the next one.
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
    Ok(DeviceState { received, digest, differs: unsent > 0 || rejected > 0, erased, untold, key_set, key_set_refused })
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
