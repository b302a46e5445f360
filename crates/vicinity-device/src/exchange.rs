//! Runs a sync session: performs its effects on the store, in their order, and leaves posting and waiting to the host.

use std::collections::VecDeque;

use vicinity_core::alert::list_hash;
use vicinity_core::time::Timestamp;
use vicinity_store::device::{self, Delivered, DeviceSetting, DeviceStanding, DeviceStore};
use vicinity_store::statement::WaitingBlob;
use vicinity_sync::alert;
use vicinity_sync::device_session::{
    BATCH_START_BYTES, Delivery, DeviceSession, DeviceState, Effect, Gather, Gathered, Input,
    Outcome, SealingKeys, Start, StatementWork, WaitingBatch,
};
use vicinity_sync::message::{ERASURES_MAX, LEAVING_MAX, Refused};
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

/// The clock and the randomness of a sync.
pub struct World<'a> {
    /// The device's clock.
    pub now: Timestamp,
    /// Eight random bytes.
    pub random: &'a mut dyn FnMut() -> u64,
    /// Waits for the given number of milliseconds.
    pub wait: &'a mut dyn FnMut(u64),
}

/// Syncs changes until there is nothing left to do, or it cannot go on.
///
/// # Errors
/// The local store failed. A link or hub that fails is an outcome, not an error.
pub fn sync(
    store: &mut dyn DeviceStore,
    link: &mut dyn Link,
    identity: &Identity,
    world: &mut World<'_>,
) -> Result<Outcome> {
    sync_with(store, link, identity, world, StatementWork::None)
}

/// Syncs changes, and then statements, until there is nothing left to do, or it cannot go on.
///
/// # Errors
/// The local store failed, or sealing did. A link or hub that fails is an outcome, not an error.
pub fn sync_with(
    store: &mut dyn DeviceStore,
    link: &mut dyn Link,
    identity: &Identity,
    world: &mut World<'_>,
    statements: StatementWork,
) -> Result<Outcome> {
    let mut local = Local {
        store,
        identity,
        random: world.random,
    };
    let mut exchange = Exchange::new(&mut local, world.now, statements)?;
    let mut step = exchange.go_on(&mut local)?;
    loop {
        step = match step {
            NextStep::Done(outcome) => return Ok(outcome),
            NextStep::Wait(millis) => {
                (world.wait)(millis);
                exchange.go_on(&mut local)?
            }
            NextStep::Post { path, body } => {
                let answer = link.post(path, &body);
                exchange.answered(&mut local, answer)?
            }
        };
    }
}

/// The next thing that a sync asks of its host.
#[derive(Debug)]
pub enum NextStep {
    /// Post this, and hand over the result with [`Device::answered`](crate::Device::answered).
    Post {
        /// Where to.
        path: &'static str,
        /// The body.
        body: Vec<u8>,
    },
    /// Wait for this many milliseconds, and then call [`Device::go_on`](crate::Device::go_on).
    Wait(u64),
    /// The end.
    Done(Outcome),
}

/// What a sync needs of its device at each step.
pub(crate) struct Local<'a> {
    pub(crate) store: &'a mut dyn DeviceStore,
    pub(crate) identity: &'a Identity,
    /// Eight random bytes.
    pub(crate) random: &'a mut dyn FnMut() -> u64,
}

/// A sync that its host drives step by step, so that a host without blocking calls can post and wait as it likes. What a step wrote is
/// durable when it returns; a sync that is dropped in between is as one that was cut.
pub struct Exchange {
    session: DeviceSession,
    effects: VecDeque<Effect>,
    now: Timestamp,
    statements: StatementWork,
    /// The incarnation and the counter of the last request: an order to wipe names them.
    in_flight: (u64, u64),
}

impl Exchange {
    pub(crate) fn new(
        local: &mut Local<'_>,
        now: Timestamp,
        statements: StatementWork,
    ) -> Result<Self> {
        let mut session = DeviceSession::new(now);
        let effects = session
            .handle(Input::Start(start(local.store, statements)?))
            .into();
        Ok(Self {
            session,
            effects,
            now,
            statements,
            in_flight: (0, 0),
        })
    }

    /// Continues until the host has something to do.
    pub(crate) fn go_on(&mut self, local: &mut Local<'_>) -> Result<NextStep> {
        while let Some(effect) = self.effects.pop_front() {
            match effect {
                Effect::Done(outcome) => return Ok(NextStep::Done(outcome)),
                Effect::Wait(millis) => return Ok(NextStep::Wait(millis)),
                Effect::Send { path, body } => return self.post(local, path, body),
                effect => {
                    if let Some(input) = self.perform(local, effect)? {
                        self.effects.extend(self.session.handle(input));
                    }
                }
            }
        }
        // The host went on although a request is in flight, or after the end.
        Err(Refused::Failed.into())
    }

    /// Takes the result of a post, and continues.
    pub(crate) fn answered(
        &mut self,
        local: &mut Local<'_>,
        answer: core::result::Result<Vec<u8>, LinkFailure>,
    ) -> Result<NextStep> {
        let input = match answer
            .map_err(|failure| requests::proven(failure, local.identity, self.in_flight))
        {
            Ok(answer) => Input::Answered(answer),
            Err(LinkFailure::Cut) => Input::Cut,
            Err(LinkFailure::Refused(refused)) => Input::Refused(refused),
            Err(LinkFailure::Revoked(_)) => Input::OrderedToWipe,
        };
        self.effects.extend(self.session.handle(input));
        self.go_on(local)
    }

    fn post(
        &mut self,
        local: &mut Local<'_>,
        path: &'static str,
        body: Vec<u8>,
    ) -> Result<NextStep> {
        let envelope = requests::seal(local.store, local.identity, local.random, path, body)?;
        self.in_flight = (envelope.incarnation, envelope.counter);
        Ok(NextStep::Post {
            path,
            body: envelope.encode(),
        })
    }

    /// Performs an effect, and returns its result where the session waits for one.
    fn perform(&mut self, local: &mut Local<'_>, effect: Effect) -> Result<Option<Input>> {
        Ok(Some(match effect {
            Effect::Gather(gather) => Input::Gathered(local.gather(gather, self.now)?),
            Effect::Persist(mut delivery) => {
                // Only the hub's own orders erase anything, whichever server answered.
                delivery
                    .erase
                    .retain(|erasure| order::is_ordered(erasure, &local.identity.hub_key));
                Input::Persisted(persist(local.store, &delivery, local.identity, self.now)?)
            }
            Effect::BeginNewLife => {
                requests::begin_new_life(local.store, (local.random)())?;
                Input::NewLifeBegun
            }
            Effect::Seal => Input::Sealed(local.seal(self.now)?),
            Effect::FindBatch => Input::Batch(local.store.next_blob()?.map(waiting)),
            Effect::ReadPiece { number, offset } => {
                Input::Piece(local.store.blob_piece(number, offset, PIECE_MAX_BYTES)?)
            }
            Effect::KeepDelivered { number, refused } => {
                // A responder's device keeps what it wrote.
                let forgets = self.statements != StatementWork::UploadAndRewrap;
                Input::DeliveredKept(local.store.blob_delivered(number, &refused, forgets)?)
            }
            Effect::Rewrap(old) => {
                let (wraps, shut) = rewrapping::rewrap(local.store, &local.identity.hub_key, old)?;
                Input::Rewrapped { wraps, shut }
            }
            Effect::Unseal { number } => {
                local.store.unseal_blob(number)?;
                return Ok(None);
            }
            Effect::KeepTried { key_set, place } => {
                rewrapping::keep_tried(local.store, key_set, place)?;
                return Ok(None);
            }
            // The host's.
            Effect::Send { .. } | Effect::Wait(_) | Effect::Done(_) => return Ok(None),
        }))
    }
}

fn waiting(blob: WaitingBlob) -> WaitingBatch {
    let WaitingBlob {
        number,
        hash,
        total,
        begun,
    } = blob;
    WaitingBatch {
        number,
        hash,
        total,
        begun,
    }
}

fn start(store: &mut dyn DeviceStore, statements: StatementWork) -> Result<Start> {
    let cursor = store
        .setting(DeviceSetting::Cursor)?
        .as_deref()
        .and_then(device::cursor_of);
    let batch_bytes = store
        .setting(DeviceSetting::BatchBytes)?
        .and_then(|bytes| Some(u32::from_be_bytes(bytes.try_into().ok()?)));
    let pins = Pins::mark(
        store
            .setting(DeviceSetting::Pins)?
            .as_deref()
            .and_then(Pins::of_bytes),
    );
    Ok(Start {
        cursor,
        batch_bytes: batch_bytes.unwrap_or(BATCH_START_BYTES),
        pins,
        alerts: kept_alerts(store)?,
        statements,
    })
}

/// The hash of the alerts that are kept; 0 for none.
pub(crate) fn kept_alerts(store: &mut dyn DeviceStore) -> Result<u64> {
    Ok(list_hash(
        &store
            .setting(DeviceSetting::Alerts)?
            .map(|bytes| alert::kept(&bytes))
            .unwrap_or_default(),
    ))
}

impl Local<'_> {
    fn gather(&mut self, gather: Gather, now: Timestamp) -> Result<Gathered> {
        let is_rebase_begun = matches!(gather, Gather::Heads { after: None, .. });
        let erased = self.store.erasures(is_rebase_begun, ERASURES_MAX)?;
        let leaving = if self.identity.keeps_little {
            self.store.leaving(now, LEAVING_MAX)?
        } else {
            Vec::new()
        };
        let gathered = match gather {
            Gather::Heads {
                after,
                max_documents,
            } => Gathered {
                page: Some(self.store.heads(after, max_documents)?),
                ..Gathered::default()
            },
            Gather::Missing {
                need,
                skip,
                raw_bytes,
            } => {
                let (groups, more) = self.store.missing(&need, skip, raw_bytes)?;
                Gathered {
                    groups,
                    more,
                    ..Gathered::default()
                }
            }
            Gather::Outbox { after, raw_bytes } => {
                let page = self.store.outbox(after, raw_bytes)?;
                Gathered {
                    groups: page.groups,
                    more: page.more,
                    outbox_at: page.at,
                    ..Gathered::default()
                }
            }
        };
        Ok(Gathered {
            erased,
            leaving,
            keys: key_set::news(self.store, self.identity, now)?,
            ..gathered
        })
    }

    fn seal(&mut self, now: Timestamp) -> Result<Option<SealingKeys>> {
        let Some(keys) = key_set::kept(self.store, &self.identity.hub_key)? else {
            return Ok(None);
        };
        let mut fill = |bytes: &mut [u8]| {
            for chunk in bytes.chunks_mut(8) {
                chunk.copy_from_slice(&(self.random)().to_be_bytes()[..chunk.len()]);
            }
        };
        Sealer {
            store: &mut *self.store,
            now,
            random: &mut fill,
        }
        .seal_all(&keys)?;
        rewrapping::sealing_keys(self.store, &keys).map(Some)
    }
}

fn persist(
    store: &mut dyn DeviceStore,
    delivery: &Delivery,
    identity: &Identity,
    now: Timestamp,
) -> Result<DeviceState> {
    let mut facts = vec![
        (
            DeviceSetting::BatchBytes,
            delivery.batch_bytes.to_be_bytes().to_vec(),
        ),
        (
            DeviceSetting::Skew,
            delivery.skew_seconds.to_be_bytes().to_vec(),
        ),
    ];
    // The server that answered holds a key that was known before: it may name the next one.
    facts.extend(
        delivery
            .zone
            .clone()
            .map(|zone| (DeviceSetting::Zone, zone.into_bytes())),
    );
    facts.extend(
        delivery
            .pins
            .as_deref()
            .and_then(Pins::of_bytes)
            .map(|pins| (DeviceSetting::Pins, pins.to_bytes())),
    );
    facts.push((
        DeviceSetting::Contact,
        Contact::at(now, delivery.skew_seconds).encode(),
    ));
    // What contradicts the device's own chain is kept apart, and shown; statements wait then.
    let keys = key_set::take(store, identity, delivery.key_set.as_deref(), now)?;
    facts.extend(keys.facts);
    if let Some(alerts) = &delivery.alerts {
        facts.push((DeviceSetting::Alerts, alert::kept_bytes(alerts)));
    }
    let DeviceStanding {
        received,
        digest,
        unsent,
        rejected,
        erased,
        untold,
    } = store.deliver(&delivered(delivery, &facts))?;
    Ok(DeviceState {
        received,
        digest,
        differs: unsent > 0 || rejected > 0,
        erased,
        untold,
        keys_to_send: keys.to_send,
        key_set_refused: keys.refused,
    })
}

/// A delivery in the store's form.
pub(crate) fn delivered<'a>(
    delivery: &'a Delivery,
    settings: &'a [(DeviceSetting, Vec<u8>)],
) -> Delivered<'a> {
    Delivered {
        acked: &delivery.acked,
        rejected: &delivery.rejected,
        groups: &delivery.groups,
        removed: &delivery.removed,
        erase: &delivery.erase,
        told: &delivery.told,
        cursor: delivery.cursor,
        settings,
    }
}
