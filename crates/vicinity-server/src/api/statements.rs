//! Sealed statements at the hub: pieces of blobs in, statements out to responders. No network in here, and no key that
//! opens anything.
//!
//! Errors are what the device gets as the answer.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use vicinity_core::access::{self, Action, IncidentState, Reach, Resource};
use vicinity_core::consent;
use vicinity_core::ids::IncidentId;
use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;
use vicinity_store::hub::{HubStore, Peer};
use vicinity_store::statement::{
    BlobPiece, BlobState, DEVICE_QUOTA_BYTES, KeptWrap, SealedStatement,
};
use vicinity_sync::message::Refused;
use vicinity_sync::statement::{
    BLOB_MAX_BYTES, BLOB_PATH, Batch, Listed, OldWrap, PIECE_MAX_BYTES, Piece, PieceAnswer,
    STATEMENT_PATH, SealedRow, StatementAnswer, StatementKey, StatementRequest, WRAP_MAX_BYTES,
    WRAPS_MAX, WrapRow, blob_hash,
};
use vicinity_sync::uplink;

use crate::access::budget::STEP_OPS;
use crate::access::gate::{Proven, SealedRequest};
use crate::net::error::ApiError;
use crate::storage::keyset;

/// Bytes of a piece that cost as much as an operation: they are written, not loaded.
const BYTES_OF_AN_OP: usize = 2048;
/// Bytes of batches' keys in one answer.
const WRAPS_BYTES: usize = 100_000;

/// A piece of a blob.
pub struct BlobRequest;

impl SealedRequest for BlobRequest {
    const NAME: &'static str = "blob";
    const PATH: &'static str = BLOB_PATH;
    const ACTION: Action = Action::BringStatements;
    type Message = Piece;

    fn decode(body: &[u8], _: Timestamp) -> Result<Piece, Refused> {
        let piece: Piece = uplink::decode(body)?;
        if piece.total > BLOB_MAX_BYTES as u64 || piece.bytes.len() > PIECE_MAX_BYTES {
            Err(Refused::TooLarge)
        } else {
            Ok(piece)
        }
    }

    fn ops(piece: &Piece) -> u64 {
        STEP_OPS + (piece.bytes.len() / BYTES_OF_AN_OP) as u64
    }
}

/// A responder's question about statements.
pub struct AskRequest;

impl SealedRequest for AskRequest {
    const NAME: &'static str = "statement";
    const PATH: &'static str = STATEMENT_PATH;
    const ACTION: Action = Action::AskForStatements;
    type Message = StatementRequest;

    fn decode(body: &[u8], _: Timestamp) -> Result<StatementRequest, Refused> {
        uplink::decode(body)
    }
}

/// Takes a piece of a blob. What the answer says is there is durable when the step is; with the last piece the blob is
/// checked against its name and taken apart in the same step.
pub fn blob(
    store: &mut dyn HubStore,
    request: Proven<BlobRequest, Peer>,
    now: Timestamp,
) -> Result<(Peer, Vec<u8>), ApiError> {
    let peer = request.caller();
    let answer = take_piece(store, &peer, &request.into_message(), now)?;
    Ok((peer, uplink::encode(&answer)))
}

/// Takes a piece of a device's that was let in.
pub(crate) fn take_piece(
    store: &mut dyn HubStore,
    peer: &Peer,
    piece: &Piece,
    now: Timestamp,
) -> Result<PieceAnswer, ApiError> {
    let kept = BlobPiece {
        hash: piece.hash,
        total: piece.total,
        offset: piece.offset,
        bytes: &piece.bytes,
    };
    Ok(
        match store.take_piece(peer, &kept, DEVICE_QUOTA_BYTES, now)? {
            BlobState::Held(held) => PieceAnswer {
                held,
                refused: None,
            },
            BlobState::Done(refused) => PieceAnswer {
                held: piece.total,
                refused: Some(refused),
            },
            BlobState::OverQuota => return Err(Refused::Quota.into()),
            BlobState::Whole(blob) => match Batch::decode(&blob)
                .ok()
                .filter(|_| blob_hash(&blob) == piece.hash)
            {
                Some(batch) => PieceAnswer {
                    held: piece.total,
                    refused: Some(take_apart(store, peer, piece.hash, batch, now)?),
                },
                None => {
                    store.drop_blob(peer, piece.hash)?;
                    return Err(Refused::Malformed.into());
                }
            },
        },
    )
}

/// Keeps the statements that are named in an incident of the sender's, and says which others there are.
fn take_apart(
    store: &mut dyn HubStore,
    peer: &Peer,
    hash: [u8; 32],
    batch: Batch,
    now: Timestamp,
) -> Result<Vec<u32>, StoreError> {
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    // Each incident is read once, however many statements name it.
    let mut named = BTreeMap::new();
    for (place, row) in (0u32..).zip(batch.statements) {
        let class = usize::try_from(row.class)
            .ok()
            .and_then(|at| batch.classes.get(at));
        match class {
            Some(class)
                if is_named(store, &mut named, peer, &row, class, now)?
                    && is_free(store, peer, &row)? =>
            {
                let incident = row.incident();
                taken.push(SealedStatement {
                    incident,
                    entry: row.entry,
                    class: class.clone(),
                    wrapped_key: row.wrapped_key,
                    body: row.body,
                });
            }
            _ => refused.push(place),
        }
    }
    let wrap = KeptWrap {
        id: batch.wrap.id,
        bytes: batch.wrap.bytes,
    };
    // A set that is not there yet would never be found old.
    let newest = keyset::version(store)?;
    store.keep_batch(
        peer,
        hash,
        &wrap,
        batch.key_set.min(newest),
        &taken,
        &refused,
        now,
    )?;
    Ok(refused)
}

/// The statements that an incident names, with their classes, and whether they may be kept at all.
type Named = (BTreeSet<(String, String)>, bool);

fn is_named(
    store: &mut dyn HubStore,
    known: &mut BTreeMap<IncidentId, Named>,
    peer: &Peer,
    row: &SealedRow,
    class: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (named, may) = match known.entry(row.incident()) {
        Entry::Occupied(read) => read.into_mut(),
        Entry::Vacant(place) => place.insert(statements_of(store, peer, row.incident(), now)?),
    };
    Ok(*may && named.contains(&(row.entry.clone(), class.to_owned())))
}

fn statements_of(
    store: &mut dyn HubStore,
    peer: &Peer,
    incident: IncidentId,
    now: Timestamp,
) -> Result<Named, StoreError> {
    let Some(incident) = store
        .incident_in_scope(peer, incident)?
        .map(|row| row.incident)
    else {
        return Ok(Named::default());
    };
    let named = incident
        .entries("statements")
        .filter_map(|entry| Some((entry.id().to_owned(), entry.text("class")?.to_owned())))
        .collect();
    let standing = if consent::granted(&incident, consent::HUB_RESPONSE, now) {
        IncidentState::Consented
    } else {
        IncidentState::Unconsented
    };
    let incident = Resource::Incident(Reach::InScope, standing);
    Ok((
        named,
        access::decide(peer.role.actor(), Action::KeepStatement, incident).is_ok(),
    ))
}

/// Whether another device's statement does not stand in its place already: then this one would be lost, and its author told that
/// it is here.
fn is_free(store: &mut dyn HubStore, peer: &Peer, row: &SealedRow) -> Result<bool, StoreError> {
    Ok(store
        .statement_bringer(row.incident(), &row.entry)?
        .is_none_or(|device| device == peer.number))
}

/// Answers a responder's question about statements.
///
/// # Errors
/// What to answer instead; an educator's device is not allowed any of it.
pub fn statement(
    store: &mut dyn HubStore,
    request: Proven<AskRequest, Peer>,
    now: Timestamp,
) -> Result<(Peer, Vec<u8>), ApiError> {
    let peer = request.caller();
    let may = |action| access::decide(peer.role.actor(), action, Resource::Server);
    let answer = match request.into_message() {
        StatementRequest::List { incident } => {
            let listed = store.sealed_statements(IncidentId::from_bytes(incident))?;
            StatementAnswer::List {
                statements: listed
                    .into_iter()
                    .map(|(entry, bytes)| Listed { entry, bytes })
                    .collect(),
            }
        }
        StatementRequest::Open {
            incident,
            entry,
            offset,
        } => {
            may(Action::OpenStatement)?;
            open(store, &peer, &incident, &entry, offset, now)?
        }
        StatementRequest::OldWraps { after } => {
            may(Action::Rewrap)?;
            StatementAnswer::OldWraps {
                wraps: old_wraps(store, after)?,
            }
        }
        StatementRequest::Rewrapped { key_set, wraps } => {
            may(Action::Rewrap)?;
            StatementAnswer::Rewrapped {
                taken: rewrapped(store, key_set, wraps)?,
            }
        }
        StatementRequest::Waiting => {
            may(Action::Rewrap)?;
            StatementAnswer::Waiting {
                keys: keyset::waiting(store)?,
            }
        }
    };
    Ok((peer, uplink::encode(&answer)))
}

/// What opens a statement comes with its first piece only: the audit names everyone who received it.
fn open(
    store: &mut dyn HubStore,
    peer: &Peer,
    incident: &[u8; 16],
    entry: &str,
    offset: u64,
    now: Timestamp,
) -> Result<StatementAnswer, StoreError> {
    let Some(held) = store.sealed_statement(
        IncidentId::from_bytes(*incident),
        entry,
        offset,
        PIECE_MAX_BYTES,
    )?
    else {
        return Ok(StatementAnswer::NotHere);
    };
    let mut key = None;
    if offset == 0 {
        store.note_opened(
            peer,
            Sha256::new()
                .chain_update(incident)
                .chain_update(entry)
                .finalize()
                .into(),
            now,
        )?;
        key = Some(StatementKey {
            wrap: WrapRow {
                id: held.wrap.id,
                bytes: held.wrap.bytes,
            },
            wrapped_key: held.wrapped_key,
        });
    }
    Ok(StatementAnswer::Open {
        class: held.class,
        key,
        total: held.total,
        bytes: held.piece,
    })
}

fn old_wraps(store: &mut dyn HubStore, after: u64) -> Result<Vec<OldWrap>, StoreError> {
    let (mut bytes, version) = (0, keyset::version(store)?);
    let wraps = store
        .old_wraps(version, after, WRAPS_MAX)?
        .into_iter()
        .take_while(|(_, wrap)| {
            let fits = bytes == 0 || bytes + wrap.bytes.len() <= WRAPS_BYTES;
            bytes += wrap.bytes.len();
            fits
        });
    Ok(wraps
        .map(|(place, wrap)| OldWrap {
            place,
            wrap: WrapRow {
                id: wrap.id,
                bytes: wrap.bytes,
            },
        })
        .collect())
}

fn rewrapped(store: &mut dyn HubStore, key_set: u64, wraps: Vec<WrapRow>) -> Result<u32, ApiError> {
    if wraps.len() > WRAPS_MAX || wraps.iter().any(|wrap| wrap.bytes.len() > WRAP_MAX_BYTES) {
        return Err(Refused::TooLarge.into());
    }
    // Wrapped to a set that is old by now: it is asked for again.
    if keyset::version(store)? != key_set {
        return Ok(0);
    }
    let mut taken = 0;
    for wrap in wraps {
        taken += u32::from(store.rewrap(
            &KeptWrap {
                id: wrap.id,
                bytes: wrap.bytes,
            },
            key_set,
        )?);
    }
    Ok(taken)
}
