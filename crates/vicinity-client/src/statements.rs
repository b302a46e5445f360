//! Statements on their way: sealed on the phone that wrote them, opened on a responder's.
//!
//! After a sync, statements whose incidents the hub has are sealed in batches (one wrapped key a batch) and kept sealed;
//! then each batch goes up by pieces. The shortest first: texts before files. A cut costs one piece, and what was said is
//! deleted from an educator's phone once the hub has it.

use vicinity_core::consent;
use vicinity_core::ids::IncidentId;
use vicinity_core::time::Timestamp;
use vicinity_seal::VerifyingKey;
use vicinity_seal::keys::Opener;
use vicinity_seal::keyset::{KeySet, SignedKeySet};
use vicinity_seal::seal::{self, Address, Sealed};
use vicinity_seal::wrap::{self, Wrap};
use vicinity_sqlite::SqliteDevice;
use vicinity_store::device::{DeviceStore, Fact};
use vicinity_store::statement::{Carried, DeviceStatements, PlainStatement, WaitingBlob};
use vicinity_sync::device_session::{End, Outcome};
use vicinity_sync::message::Refused;
use vicinity_sync::statement::{
    BLOB_PATH, Batch, OldWrap, PIECE_MAX_BYTES, Piece, PieceAnswer, STATEMENT_PATH, STATEMENT_VERSION, SealedRow, StatementAnswer, StatementRequest, WrapRow,
    blob_hash,
};
use vicinity_sync::uplink;
use zeroize::Zeroizing;

use crate::ClientError;
use crate::device::{Device, Machine};
use crate::enrolment::Enrolment;
use crate::exchange::{self, Identity};
use crate::link::{Link, LinkFailure};

type Result<T> = core::result::Result<T, ClientError>;

/// Bytes of statements that are sealed together; a longer one is a batch of its own.
const BATCH_BYTES: usize = 512 * 1024;
/// Statements that are sealed together.
const BATCH_STATEMENTS: usize = 1024;
/// Cuts in a row after which the way up is given up; the next sync goes on where it stood.
const CUTS_MAX: u32 = 5;
/// Bytes of the longest sealed body that is taken from a hub.
const BODY_MAX_BYTES: u64 = seal::SEALED_MAX_BYTES as u64;

/// What became of statements in a sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Carriage {
    /// The hub has so many more.
    pub delivered: u64,
    /// So many it does not take: they stay here.
    pub refused: u64,
    /// Batches' keys that this device wrapped anew.
    pub rewrapped: u64,
}

/// A statement as a device lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// The entry.
    pub entry: String,
    /// Its class.
    pub class: String,
    /// Bytes of what was said.
    pub bytes: u64,
    /// How far this device has brought it, if it was written here.
    pub here: Option<Carried>,
    /// Whether it is sealed at the hub; `None` where this device cannot know.
    pub at_hub: Option<bool>,
}

/// A key set that the hub sent, if it is the hub's and newer than what is kept: its version, to keep with it.
pub(crate) fn newer_key_set(store: &mut dyn DeviceStore, hub_key: &[u8], bytes: &[u8]) -> Result<Option<u64>> {
    let known = kept_key_set(store, hub_key)?.map_or(0, |set| set.version());
    let open = || SignedKeySet::decode(bytes).ok()?.open(&verifying(hub_key)?, known + 1).ok();
    Ok(open().map(|set| set.version()))
}

/// The version of the key set that is kept; 0 for none.
pub(crate) fn key_set_version(store: &mut dyn DeviceStore, hub_key: &[u8]) -> Result<u64> {
    Ok(kept_key_set(store, hub_key)?.map_or(0, |set| set.version()))
}

fn kept_key_set(store: &mut dyn DeviceStore, hub_key: &[u8]) -> Result<Option<KeySet>> {
    let Some(bytes) = store.fact(Fact::KeySet)? else { return Ok(None) };
    let open = || SignedKeySet::decode(&bytes).ok()?.open(&verifying(hub_key)?, 0).ok();
    Ok(open())
}

fn verifying(key: &[u8]) -> Option<VerifyingKey> {
    VerifyingKey::from_bytes(key.try_into().ok()?).ok()
}

fn address(incident: IncidentId, entry: &str, class: &str) -> Address {
    Address { incident: *incident.as_bytes(), entry: entry.to_owned(), class: class.to_owned(), version: STATEMENT_VERSION }
}

/// Whoever brings statements up and wraps keys anew.
struct Courier<'a> {
    store: &'a mut SqliteDevice,
    machine: &'a mut Machine,
    link: &'a mut dyn Link,
    identity: &'a Identity,
}

/// Why nothing more is brought in this sync.
enum Stop {
    Failed(ClientError),
    Link(LinkFailure),
}

impl<E: Into<ClientError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Brings statements up after a sync, and wraps keys anew on a responder's device. A link that fails ends the sync as it
/// would have ended a sync of changes; nothing is lost.
pub(crate) fn carry(
    store: &mut SqliteDevice,
    machine: &mut Machine,
    link: &mut dyn Link,
    enrolment: &Enrolment,
    identity: &Identity,
    outcome: &mut Outcome,
) -> Result<Carriage> {
    let mut carriage = Carriage::default();
    if !matches!(outcome.end, End::UpToDate | End::Differs) || outcome.key_set_refused {
        return Ok(carriage);
    }
    let Some(keys) = kept_key_set(store, &enrolment.hub_key)? else { return Ok(carriage) };
    let is_responder = enrolment.role == "responder";
    let sealed = Sealer { store: &mut *store, machine: &mut *machine }.seal_all(&keys);
    let mut courier = Courier { store, machine, link, identity };
    let carried = sealed
        .map_err(Stop::Failed)
        .and_then(|()| courier.bring_all(!is_responder, &mut carriage))
        .and_then(|()| if is_responder { courier.rewrap_all(&keys, outcome.old_wraps, &mut carriage) } else { Ok(()) });
    match carried {
        Ok(()) => {}
        Err(Stop::Failed(error)) => return Err(error),
        Err(Stop::Link(LinkFailure::Cut)) => outcome.end = End::Cut,
        Err(Stop::Link(LinkFailure::Refused(refused))) => outcome.end = End::Refused(refused),
        Err(Stop::Link(LinkFailure::Revoked(_))) => outcome.end = End::WipeOrdered,
    }
    Ok(carriage)
}

/// Seals what may go to the hub, for a bundle; without a key set it waits.
pub(crate) fn seal_waiting(store: &mut SqliteDevice, machine: &mut Machine, hub_key: &[u8]) -> Result<()> {
    kept_key_set(store, hub_key)?.map_or(Ok(()), |keys| Sealer { store, machine }.seal_all(&keys))
}

/// Whoever seals statements.
struct Sealer<'a> {
    store: &'a mut SqliteDevice,
    machine: &'a mut Machine,
}

impl Sealer<'_> {
    /// Seals what may go, batch by batch. Every batch is durable, sealed, before the next one is begun.
    fn seal_all(&mut self, keys: &KeySet) -> Result<()> {
        if keys.responders().is_empty() && keys.recovery().is_none() {
            return Ok(());
        }
        let now = (self.machine.now)();
        let mut not_now: Vec<IncidentId> = Vec::new();
        loop {
            let plain = self.store.unsealed(BATCH_BYTES, BATCH_STATEMENTS, &not_now)?;
            if plain.is_empty() {
                return Ok(());
            }
            let withheld = self.without_consent(&plain, now)?;
            let plain: Vec<PlainStatement> = plain.into_iter().filter(|statement| !withheld.contains(&statement.incident)).collect();
            not_now.extend(withheld);
            if !plain.is_empty() {
                self.seal(plain, keys)?;
            }
        }
    }

    /// Incidents whose survivors do not agree any more.
    fn without_consent(&mut self, plain: &[PlainStatement], now: Timestamp) -> Result<Vec<IncidentId>> {
        let mut withheld = Vec::new();
        for statement in plain {
            let row = self.store.incident(statement.incident)?;
            if row.is_none_or(|row| !consent::granted(&row.incident, consent::HUB_RESPONSE, now)) && !withheld.contains(&statement.incident) {
                withheld.push(statement.incident);
            }
        }
        Ok(withheld)
    }

    fn seal(&mut self, plain: Vec<PlainStatement>, keys: &KeySet) -> Result<()> {
        let bodies: Vec<Zeroizing<Vec<u8>>> = plain.iter().map(|statement| Zeroizing::new(statement.body.clone())).collect();
        let addressed: Vec<(Address, &[u8])> =
            plain.iter().zip(&bodies).map(|(statement, body)| (address(statement.incident, &statement.entry, &statement.class), body.as_slice())).collect();
        let (wrap, sealed) = seal::seal(&addressed, keys, &mut *self.machine.random)?;
        let mut classes: Vec<String> = Vec::new();
        let mut rows = Vec::new();
        for (statement, sealed) in plain.iter().zip(sealed) {
            let class = classes.iter().position(|class| *class == statement.class).unwrap_or(classes.len());
            if class == classes.len() {
                classes.push(statement.class.clone());
            }
            rows.push(SealedRow::new(statement.incident, statement.entry.clone(), class as u32, sealed.wrapped_key, sealed.body));
        }
        let blob = Batch { key_set: keys.version(), wrap: WrapRow { id: wrap.id, bytes: wrap.bytes }, classes, statements: rows }.encode();
        let named: Vec<(IncidentId, String)> = plain.into_iter().map(|statement| (statement.incident, statement.entry)).collect();
        Ok(self.store.keep_blob(blob_hash(&blob), &blob, &named)?)
    }
}

impl Courier<'_> {
    fn bring_all(&mut self, forget: bool, carriage: &mut Carriage) -> core::result::Result<(), Stop> {
        while let Some(blob) = self.store.next_blob()? {
            match self.bring(&blob) {
                Ok(refused) => {
                    let count = self.store.blob_delivered(blob.number, &refused, forget)?;
                    carriage.delivered += count;
                    carriage.refused += refused.len() as u64;
                    // They are unsealed again; another try belongs to another sync.
                }
                Err(Stop::Link(LinkFailure::Refused(refused @ (Refused::Malformed | Refused::TooLarge)))) => {
                    // It will never take these bytes; sealed anew they may pass.
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

    /// Wraps anew what this device can open, and remembers the newest place of what it cannot: asked again only when the
    /// hub has other old keys than those.
    fn rewrap_all(&mut self, keys: &KeySet, newest: u64, carriage: &mut Carriage) -> core::result::Result<(), Stop> {
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
            let mut anew = Vec::new();
            for OldWrap { place, wrap } in wraps {
                match wrap::rewrap(&opener, &Wrap { id: wrap.id, bytes: wrap.bytes }, keys) {
                    Ok(wrap) => anew.push(WrapRow { id: wrap.id, bytes: wrap.bytes }),
                    // Not sealed to this device: another responder's has to.
                    Err(_) => shut = place,
                }
            }
            if anew.is_empty() {
                continue;
            }
            let StatementAnswer::Rewrapped { taken } = self.ask(&StatementRequest::Rewrapped { key_set: keys.version(), wraps: anew })? else {
                return Err(Refused::Failed.into());
            };
            carriage.rewrapped += u64::from(taken);
            // The set changed meanwhile: the next sync brings the new one.
            if taken == 0 {
                return Ok(());
            }
        }
        let mark = [keys.version().to_be_bytes(), shut.to_be_bytes()].concat();
        Ok(self.store.set_facts(&[(Fact::TriedWraps, Some(mark))])?)
    }

    fn ask(&mut self, request: &StatementRequest) -> core::result::Result<StatementAnswer, Stop> {
        let answer = self.post(STATEMENT_PATH, uplink::encode(request))?.map_err(Stop::Link)?;
        Ok(uplink::decode(&answer)?)
    }

    fn post(&mut self, path: &str, body: Vec<u8>) -> Result<core::result::Result<Vec<u8>, LinkFailure>> {
        let random = &mut self.machine.random;
        let mut draw = || {
            let mut bytes = [0; 8];
            random(&mut bytes);
            u64::from_be_bytes(bytes)
        };
        exchange::post(self.store, self.link, self.identity, &mut draw, path, body)
    }
}

/// Up to which place batches' keys were tried with this key set; 0 if none was.
fn tried_wraps(store: &mut SqliteDevice, key_set: u64) -> Result<u64> {
    let Some(mark) = store.fact(Fact::TriedWraps)? else { return Ok(0) };
    let ([version, place], []) = mark.as_chunks::<8>() else { return Err(ClientError::Damaged("tried wraps")) };
    Ok(if u64::from_be_bytes(*version) == key_set { u64::from_be_bytes(*place) } else { 0 })
}

fn opener(store: &mut SqliteDevice) -> Result<Option<Opener>> {
    let Some(bytes) = store.fact(Fact::Opener)?.map(Zeroizing::new) else { return Ok(None) };
    let text = str::from_utf8(&bytes).map_err(|_| ClientError::Damaged("opener"))?;
    Opener::from_secret_string(text).map(Some).map_err(|_| ClientError::Damaged("opener"))
}

impl Device {
    /// The statements of an incident: what the incident names, and how far each of them is. A responder's device asks the
    /// hub; without a network, and on an educator's device, only what this device knows is told.
    ///
    /// # Errors
    /// No such incident, or a hub that refuses.
    pub fn statement_lines(&mut self, incident: IncidentId) -> Result<Vec<StatementLine>> {
        let row = self.row(incident)?;
        let carried = self.store.carried(incident)?;
        let mut at_hub = None;
        if self.enrolment.as_ref().is_some_and(|enrolment| enrolment.role == "responder") {
            at_hub = match self.ask_hub(&StatementRequest::List { incident: *incident.as_bytes() }) {
                Ok(StatementAnswer::List { statements }) => Some(statements),
                Ok(_) => return Err(Refused::Failed.into()),
                Err(ClientError::Unreachable(_)) => None,
                Err(error) => return Err(error),
            };
        }
        let line = |entry: vicinity_core::incident::Entry<'_>| {
            let here = carried.iter().find(|(named, _)| named == entry.id()).map(|(_, carried)| *carried);
            let known = at_hub.as_ref().map(|held| held.iter().any(|held| held.entry == entry.id()));
            StatementLine {
                entry: entry.id().to_owned(),
                class: entry.text("class").unwrap_or_default().to_owned(),
                bytes: entry.json().get("bytes").and_then(serde_json::Value::as_u64).unwrap_or(0),
                here,
                at_hub: known.or_else(|| here.map(|here| here == Carried::Delivered)),
            }
        };
        Ok(row.incident.entries("statements").map(line).collect())
    }

    /// Opens a statement that the hub has: on a responder's device, with the key that is only there. The hub notes who
    /// opened it. What was said is wiped from memory when it is dropped, and is not kept.
    ///
    /// # Errors
    /// Not a responder's device, a statement that is not there, or one that was sealed to others.
    pub fn open_statement(&mut self, incident: IncidentId, entry: &str) -> Result<Zeroizing<Vec<u8>>> {
        let mut body: Vec<u8> = Vec::new();
        let mut found = None;
        loop {
            let request = StatementRequest::Open { incident: *incident.as_bytes(), entry: entry.to_owned(), offset: body.len() as u64 };
            let (class, key, total, bytes) = match self.ask_hub(&request)? {
                StatementAnswer::Open { class, key, total, bytes } => (class, key, total, bytes),
                StatementAnswer::NotHere => return Err(ClientError::NoSuchStatement),
                _ => return Err(Refused::Failed.into()),
            };
            found = found.or(key.map(|key| (class, key)));
            if total > BODY_MAX_BYTES || bytes.is_empty() {
                return Err(Refused::Failed.into());
            }
            body.extend_from_slice(&bytes);
            if body.len() as u64 >= total {
                break;
            }
        }
        // Asked before it is looked for: an educator's device hears from the hub that it may not.
        let opener = opener(&mut self.store)?.ok_or(Refused::NotAllowed)?;
        let (class, key) = found.ok_or(Refused::Failed)?;
        let wrap = Wrap { id: key.wrap.id, bytes: key.wrap.bytes };
        let sealed = Sealed { wrap: wrap.id, wrapped_key: key.wrapped_key, body };
        Ok(seal::open(&opener, &wrap, &sealed, &address(incident, entry, &class))?)
    }

    fn ask_hub(&mut self, request: &StatementRequest) -> Result<StatementAnswer> {
        let _lock = self.lock()?;
        let identity = self.identity()?;
        let mut link = self.hub_link()?;
        let mut courier = Courier { store: &mut self.store, machine: &mut self.machine, link: &mut link, identity: &identity };
        let asked = courier.ask(request);
        asked.map_err(|stop| match stop {
            Stop::Failed(error) => error,
            Stop::Link(LinkFailure::Cut) => ClientError::Unreachable(link.failed()),
            Stop::Link(LinkFailure::Refused(refused)) => refused.into(),
            Stop::Link(LinkFailure::Revoked(_)) => ClientError::WipeOrdered,
        })
    }
}
