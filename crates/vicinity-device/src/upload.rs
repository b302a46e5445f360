//! Sealed statements on their way to the hub, and keys wrapped again by a responder's device.

use vicinity_seal::keys::Opener;
use vicinity_seal::keyset::KeySet;
use vicinity_seal::wrap::{self, Wrap};
use vicinity_store::device::{DeviceStore, Fact};
use vicinity_store::hub::Role;
use vicinity_store::statement::WaitingBlob;
use vicinity_sync::device_session::{End, Outcome};
use vicinity_sync::message::Refused;
use vicinity_sync::statement::{BLOB_PATH, OldWrap, PIECE_MAX_BYTES, Piece, PieceAnswer, STATEMENT_PATH, StatementAnswer, StatementRequest, WrapRow};
use vicinity_sync::uplink;
use zeroize::Zeroizing;

use crate::enrolment::Enrolment;
use crate::error::DeviceError;
use crate::key_set;
use crate::link::{Link, LinkFailure};
use crate::machine::Machine;
use crate::requests::{self, Identity};
use crate::sealing::Sealer;

type Result<T> = core::result::Result<T, DeviceError>;

/// Cuts in a row after which the way up is abandoned; the next sync goes on where it stood.
const CUTS_MAX: u32 = 5;

/// What became of statements in a sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StatementCounts {
    /// The hub has so many more.
    pub delivered: u64,
    /// So many it does not take: they stay here.
    pub refused: u64,
    /// Batches' keys that this device wrapped again.
    pub rewrapped: u64,
}

/// Brings statements up, and wraps keys again.
pub(crate) struct Uploader<'a> {
    pub(crate) store: &'a mut dyn DeviceStore,
    pub(crate) machine: &'a mut Machine,
    pub(crate) link: &'a mut dyn Link,
    pub(crate) identity: &'a Identity,
}

/// Why nothing more is brought in this sync.
pub(crate) enum Stop {
    Failed(DeviceError),
    Link(LinkFailure),
}

impl<E: Into<DeviceError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Brings statements up after a sync, and wraps keys again on a responder's device. A link that fails ends the sync as it
/// would have ended a sync of changes; nothing is lost.
pub(crate) fn carry(
    store: &mut dyn DeviceStore,
    machine: &mut Machine,
    link: &mut dyn Link,
    enrolment: &Enrolment,
    identity: &Identity,
    outcome: &mut Outcome,
) -> Result<StatementCounts> {
    let mut counts = StatementCounts::default();
    if !matches!(outcome.end, End::UpToDate | End::Differs) || outcome.key_set_refused {
        return Ok(counts);
    }
    let Some(keys) = key_set::kept(store, &enrolment.hub_key)? else { return Ok(counts) };
    let is_responder = enrolment.is(Role::Responder);
    let sealed = Sealer { store: &mut *store, machine: &mut *machine }.seal_all(&keys);
    let mut uploader = Uploader { store, machine, link, identity };
    let carried = sealed
        .map_err(Stop::Failed)
        .and_then(|()| uploader.bring_all(!is_responder, &mut counts))
        .and_then(|()| if is_responder { uploader.rewrap_all(&keys, outcome.old_wraps, &mut counts) } else { Ok(()) });
    match carried {
        Ok(()) => {}
        Err(Stop::Failed(error)) => return Err(error),
        Err(Stop::Link(LinkFailure::Cut)) => outcome.end = End::Cut,
        Err(Stop::Link(LinkFailure::Refused(refused))) => outcome.end = End::Refused(refused),
        Err(Stop::Link(LinkFailure::Revoked(_))) => outcome.end = End::WipeOrdered,
    }
    Ok(counts)
}

impl Uploader<'_> {
    fn bring_all(&mut self, forget: bool, counts: &mut StatementCounts) -> core::result::Result<(), Stop> {
        while let Some(blob) = self.store.next_blob()? {
            match self.bring(&blob) {
                Ok(refused) => {
                    let count = self.store.blob_delivered(blob.number, &refused, forget)?;
                    counts.delivered += count;
                    counts.refused += refused.len() as u64;
                    // They are unsealed again; another try belongs to another sync.
                }
                Err(Stop::Link(LinkFailure::Refused(refused @ (Refused::Malformed | Refused::TooLarge)))) => {
                    // It will never take these bytes; sealed again they may pass.
                    self.store.unseal_blob(blob.number)?;
                    return Err(Stop::Link(LinkFailure::Refused(refused)));
                }
                Err(stop) => return Err(stop),
            }
        }
        Ok(())
    }

    /// Brings a batch up; the places of what the hub does not take of it.
    fn bring(&mut self, blob: &WaitingBlob) -> core::result::Result<Vec<u32>, Stop> {
        let (mut offset, mut cuts) = (0, 0);
        // What became of the last try is not known: ask first, with an empty piece.
        let mut ask = blob.begun;
        loop {
            let bytes = if ask { Vec::new() } else { self.store.blob_piece(blob.number, offset, PIECE_MAX_BYTES)? };
            let piece = Piece { hash: blob.hash, total: blob.total, offset, bytes };
            match self.post(BLOB_PATH, uplink::encode(&piece))? {
                Ok(answer) => {
                    let answer: PieceAnswer = uplink::decode(&answer)?;
                    if let Some(refused) = answer.refused {
                        return Ok(refused);
                    }
                    // A hub that has no more than before after a piece would keep this going for ever.
                    cuts = if answer.held > offset || ask { 0 } else { cuts + 1 };
                    (offset, ask) = (answer.held.min(blob.total), false);
                    if cuts >= CUTS_MAX || offset == blob.total {
                        return Err(Stop::Link(LinkFailure::Refused(Refused::Failed)));
                    }
                }
                Err(failure @ (LinkFailure::Cut | LinkFailure::Refused(Refused::Busy))) => {
                    (ask, cuts) = (true, cuts + 1);
                    if cuts >= CUTS_MAX {
                        return Err(Stop::Link(failure));
                    }
                    (self.machine.wait)(100 << cuts);
                }
                Err(failure) => return Err(Stop::Link(failure)),
            }
        }
    }

    /// Wraps again what this device can open, and remembers the newest place of what it cannot: asked again only when the
    /// hub has other old keys than those.
    fn rewrap_all(&mut self, keys: &KeySet, newest: u64, counts: &mut StatementCounts) -> core::result::Result<(), Stop> {
        let tried = tried_wraps(self.store, keys.version())?;
        if newest == tried {
            return Ok(());
        }
        let Some(opener) = opener(self.store)? else { return Ok(()) };
        // Fewer than before: another responder opened some, or the hub was restored and gave places again.
        let mut after = if newest > tried { tried } else { 0 };
        let mut shut = after;
        while after < newest {
            let StatementAnswer::OldWraps { wraps } = self.ask(&StatementRequest::OldWraps { after })? else { return Err(Refused::Failed.into()) };
            let Some(last) = wraps.last().map(|old| old.place).filter(|last| *last > after) else { break };
            after = last;
            let mut again = Vec::new();
            for OldWrap { place, wrap } in wraps {
                match wrap::rewrap(&opener, &Wrap { id: wrap.id, bytes: wrap.bytes }, keys) {
                    Ok(wrap) => again.push(WrapRow { id: wrap.id, bytes: wrap.bytes }),
                    // Not sealed to this device: another responder's has to.
                    Err(_) => shut = place,
                }
            }
            if again.is_empty() {
                continue;
            }
            let StatementAnswer::Rewrapped { taken } = self.ask(&StatementRequest::Rewrapped { key_set: keys.version(), wraps: again })? else {
                return Err(Refused::Failed.into());
            };
            counts.rewrapped += u64::from(taken);
            // The set changed meanwhile: the next sync brings the new one.
            if taken == 0 {
                return Ok(());
            }
        }
        let mark = [keys.version().to_be_bytes(), shut.to_be_bytes()].concat();
        Ok(self.store.set_facts(&[(Fact::TriedWraps, Some(mark))])?)
    }

    pub(crate) fn ask(&mut self, request: &StatementRequest) -> core::result::Result<StatementAnswer, Stop> {
        let answer = self.post(STATEMENT_PATH, uplink::encode(request))?.map_err(Stop::Link)?;
        Ok(uplink::decode(&answer)?)
    }

    fn post(&mut self, path: &str, body: Vec<u8>) -> Result<core::result::Result<Vec<u8>, LinkFailure>> {
        requests::post(self.store, self.link, self.identity, &mut || self.machine.number(), path, body)
    }
}

/// Up to which place batches' keys were tried with this key set; 0 if none was.
fn tried_wraps(store: &mut dyn DeviceStore, key_set: u64) -> Result<u64> {
    let Some(mark) = store.fact(Fact::TriedWraps)? else { return Ok(0) };
    let ([version, place], []) = mark.as_chunks::<8>() else { return Err(DeviceError::Damaged("tried wraps")) };
    Ok(if u64::from_be_bytes(*version) == key_set { u64::from_be_bytes(*place) } else { 0 })
}

/// The key that opens statements; only a responder's device has one.
pub(crate) fn opener(store: &mut dyn DeviceStore) -> Result<Option<Opener>> {
    let Some(bytes) = store.fact(Fact::Opener)?.map(Zeroizing::new) else { return Ok(None) };
    let text = str::from_utf8(&bytes).map_err(|_| DeviceError::Damaged("opener"))?;
    Opener::from_secret_string(text).map(Some).map_err(|_| DeviceError::Damaged("opener"))
}
