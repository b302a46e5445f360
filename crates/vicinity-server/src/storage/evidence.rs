//! Proving a hub's log: every stored change came in a request that an enrolled device signed, or is the hub's own; rows are
//! linked without a gap; so is the audit. Reads only, a page at a time, beside a hub that runs.
//!
//! What was cut out of an envelope by an erasure cannot be proven any more; what else stood in that envelope is based on the
//! hub's word and is counted apart ([`Proved::vouched`]). Why so: docs/adr/0022.

use std::collections::{BTreeSet, VecDeque};

use sha2::{Digest, Sha256};
use vicinity_core::batch::Group;
use vicinity_core::chunk::Chunk;
use vicinity_core::ids::{ChangeHash, DeviceId, IncidentId};
use vicinity_core::time::Timestamp;
use vicinity_sqlite::{SqliteHub, audit_chain};
use vicinity_store::StoreError;
use vicinity_store::evidence::{
    EnvelopeContent, FeedRow, FeedRowKind, KeptEnvelope, SignedRequest,
};
use vicinity_store::hub::HubStore;
use vicinity_sync::bundle::BUNDLED_PATH;
use vicinity_sync::envelope::{Envelope, public_key};
use vicinity_sync::message::{KeyNews, Request, SYNC_PATH};

use crate::storage::hub_keys::hub_secret;

/// Instead of a path, in what the hub signs for its own log.
const OWN: &str = "hub's own";
/// Rows of a page: a hub that runs is never delayed.
const PAGE_ROWS: usize = 256;
/// Envelopes that are kept opened. Changes of one stand together, except for those that had waited.
const OPENED_MAX: usize = 8;

/// What does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// Rows are missing before this one.
    #[error("rows are missing before it")]
    Gap,
    /// The row is not linked to the one before it: it, or one before, was altered, put in or taken out.
    #[error("it is not linked to the row before it")]
    Unlinked,
    /// The document is gone and was not erased.
    #[error("its incident is not there")]
    NoIncident,
    /// The bytes are no change.
    #[error("its bytes are no change")]
    NoChange,
    /// The row names no envelope.
    #[error("no envelope came with it: it was not sent by a device")]
    NoEnvelope,
    /// The envelope is gone.
    #[error("its envelope is not there")]
    EnvelopeGone,
    /// No key of the device proves the envelope.
    #[error("its envelope is not signed by a key of its device")]
    Unsigned,
    /// The envelope's body cannot be read.
    #[error("its envelope says nothing that can be read")]
    Unreadable,
    /// The envelope is of another device or life than the row says.
    #[error("its envelope is another device's")]
    OtherSender,
    /// The envelope does not hold the change.
    #[error("its envelope does not hold it")]
    NotInEnvelope,
    /// The newest change of an incident is not in the log: its end was cut off.
    #[error("the newest change of its incident is not in the log: rows are missing at the end")]
    CutOff,
    /// More was marked as erased than was ordered to be.
    #[error("rows are marked as erased of more incidents than were ordered to be")]
    ErasedUnordered,
    /// The audit is not linked here.
    #[error("it is not linked to the reading before it")]
    AuditUnlinked,
    /// The audit ends before its end.
    #[error("readings are missing behind it")]
    AuditCut,
}

/// Where something does not fit. Names no incident and nothing that anybody wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// The row of the feed, or the place in the audit, from 1.
    pub place: u64,
    /// The first bytes of the change's hash.
    pub change: Option<[u8; 4]>,
    /// What it is.
    pub misfit: Misfit,
}

/// What was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Proved {
    /// Rows looked at.
    pub rows: u64,
    /// Changes that a device signed.
    pub signed: u64,
    /// Changes that the hub signed: questions of national's.
    pub own: u64,
    /// Changes whose envelope was cut by an erasure: the hub says that they were in it.
    pub vouched: u64,
    /// Rows of what was erased.
    pub erased: u64,
    /// Readings in the audit.
    pub audit: u64,
    /// What does not fit.
    pub misfits: u64,
}

/// Signs what the hub itself writes, as a device signs what it sends.
#[must_use]
pub fn seal_own(secret: &[u8; 32], groups: &[Group], now: Timestamp) -> Envelope {
    let request = Request {
        cursor: None,
        push: groups.to_vec(),
        rebase: None,
        answer_budget: 0,
        clock: now.as_second(),
        erased: Vec::new(),
        keys: KeyNews::default(),
        pins: 0,
        leaving: Vec::new(),
        alerts: 0,
    };
    Envelope::seal(
        secret,
        OWN,
        DeviceId::from_bytes([0; 16]),
        0,
        0,
        request.encode(),
    )
}

/// Proves the whole log. Calls `found` for each misfit, and `progress` with the number of rows that are done.
///
/// # Errors
/// Storage.
pub fn prove(
    store: &mut SqliteHub,
    found: &mut dyn FnMut(Finding),
    progress: &mut dyn FnMut(u64),
) -> Result<Proved, StoreError> {
    let own_key = public_key(&hub_secret(store)?);
    // Before the log, which only grows beside a hub that runs.
    let heads = store.heads_of_all()?;
    let mut walk = Walk {
        own_key,
        opened: VecDeque::new(),
        chain: [0; 16],
        seq: 0,
        seen: BTreeSet::new(),
        proved: Proved::default(),
    };
    loop {
        let page = store.feed_rows(walk.seq, PAGE_ROWS)?;
        if page.is_empty() {
            break;
        }
        for row in &page {
            for finding in walk.row(store, row)? {
                walk.proved.misfits += 1;
                found(finding);
            }
        }
        progress(walk.proved.rows);
    }
    for finding in walk.missing(store, &heads)? {
        walk.proved.misfits += 1;
        found(finding);
    }
    let (rows, head) = store.audit_with_head()?;
    let mut chain = [0; 32];
    for row in &rows {
        let place = walk.proved.audit + 1;
        if audit_chain(&chain, row.device, row.at, &row.entry_hash) != row.chain {
            walk.proved.misfits += 1;
            found(Finding {
                place,
                change: None,
                misfit: Misfit::AuditUnlinked,
            });
        }
        (chain, walk.proved.audit) = (row.chain, place);
    }
    if head.unwrap_or_else(|| vec![0; 32]) != chain {
        walk.proved.misfits += 1;
        found(Finding {
            place: walk.proved.audit,
            change: None,
            misfit: Misfit::AuditCut,
        });
    }
    Ok(walk.proved)
}

/// What an envelope proves.
struct Opened {
    id: u64,
    device: u32,
    incarnation: u64,
    holds: Result<Holds, Misfit>,
}

enum Holds {
    /// Incident, change, and whether it was only passed on.
    Signed(BTreeSet<(IncidentId, ChangeHash, bool)>),
    Vouched(BTreeSet<ChangeHash>),
}

struct Walk {
    own_key: [u8; 32],
    opened: VecDeque<Opened>,
    chain: [u8; 16],
    seq: u64,
    /// First bytes of every change in the log.
    seen: BTreeSet<[u8; 8]>,
    proved: Proved,
}

impl Walk {
    /// What should be in the log and is not, and what is marked as erased without an order.
    fn missing(
        &self,
        store: &mut SqliteHub,
        heads: &[(IncidentId, Vec<ChangeHash>)],
    ) -> Result<Vec<Finding>, StoreError> {
        let mut findings = Vec::new();
        for (incident, heads) in heads {
            let lost = heads.iter().find(|head| {
                head.0
                    .first_chunk()
                    .is_some_and(|first| !self.seen.contains(first))
            });
            // What was erased meanwhile is not missing.
            if let Some(lost) = lost
                && store.incident(*incident)?.is_some()
            {
                findings.push(Finding {
                    place: self.seq,
                    change: lost.0.first_chunk().copied(),
                    misfit: Misfit::CutOff,
                });
            }
        }
        let (erased, ordered) = store.erased_and_ordered()?;
        if erased > ordered {
            findings.push(Finding {
                place: self.seq,
                change: None,
                misfit: Misfit::ErasedUnordered,
            });
        }
        Ok(findings)
    }

    fn row(&mut self, store: &mut SqliteHub, row: &FeedRow) -> Result<Vec<Finding>, StoreError> {
        self.proved.rows += 1;
        let mut row = row.clone();
        let mut change = change_hash(&row);
        self.seen
            .extend(change.and_then(|hash| hash.0.first_chunk().copied()));
        let mut misfits: Vec<Misfit> = self.linked(&row, change).into_iter().collect();
        let mut origin = self.origin(store, &row, change)?;
        if !misfits.is_empty() || origin.is_err() {
            // The hub may have erased it between two looks: looked at once more, from one snapshot.
            let again = match store.feed_row_with_envelope(row.seq) {
                Err(StoreError::Damaged(_)) => Some((row.clone(), None)),
                other => other?,
            };
            match again {
                Some((fresh, envelope)) => {
                    self.opened.clear();
                    if let (
                        Some(envelope),
                        FeedRowKind::Change {
                            envelope: Some(id), ..
                        },
                    ) = (&envelope, &fresh.kind)
                    {
                        self.opened.push_front(open(*id, envelope, &self.own_key));
                    }
                    (row, change) = (fresh.clone(), change_hash(&fresh));
                    misfits = self.linked(&row, change).into_iter().collect();
                    origin = self.origin(store, &row, change)?;
                }
                None => misfits.push(Misfit::Gap),
            }
        }
        match origin {
            Ok(counted) => self.count(counted),
            Err(misfit) => misfits.push(misfit),
        }
        (self.seq, self.chain) = (row.seq, row.chain);
        let prefix = change.and_then(|hash| hash.0.first_chunk::<4>().copied());
        Ok(misfits
            .into_iter()
            .map(|misfit| Finding {
                place: row.seq,
                change: prefix,
                misfit,
            })
            .collect())
    }

    fn count(&mut self, origin: Origin) {
        match origin {
            Origin::Signed => self.proved.signed += 1,
            Origin::Own => self.proved.own += 1,
            Origin::Vouched => self.proved.vouched += 1,
            Origin::Erased => self.proved.erased += 1,
            Origin::NoChange => {}
        }
    }

    /// Whether a row stands where its chain says. Of what was erased nothing is left to check it by.
    fn linked(&self, row: &FeedRow, change: Option<ChangeHash>) -> Option<Misfit> {
        if row.seq != self.seq + 1 {
            return Some(Misfit::Gap);
        }
        let hash = match (&row.kind, change) {
            (FeedRowKind::Erased, _) => return None,
            (FeedRowKind::Scope(kind), _) => ChangeHash([*kind; 32]),
            (FeedRowKind::Change { .. }, Some(hash)) => hash,
            (FeedRowKind::Change { .. }, None) => return Some(Misfit::NoChange),
        };
        let Some(incident) = row.incident else {
            return Some(Misfit::NoIncident);
        };
        let linked = Sha256::new()
            .chain_update(self.chain)
            .chain_update(row.seq.to_be_bytes())
            .chain_update(incident.as_bytes())
            .chain_update(hash.0);
        (linked.finalize()[..16] != row.chain).then_some(Misfit::Unlinked)
    }

    fn origin(
        &mut self,
        store: &mut SqliteHub,
        row: &FeedRow,
        change: Option<ChangeHash>,
    ) -> Result<Result<Origin, Misfit>, StoreError> {
        let (envelope, change, incident) = match (&row.kind, change, row.incident) {
            (FeedRowKind::Erased, ..) => return Ok(Ok(Origin::Erased)),
            (FeedRowKind::Scope(_), ..) => return Ok(Ok(Origin::NoChange)),
            // Named by the link already.
            (_, None, _) | (_, _, None) => return Ok(Ok(Origin::NoChange)),
            (FeedRowKind::Change { envelope: None, .. }, ..) => return Ok(Err(Misfit::NoEnvelope)),
            (
                FeedRowKind::Change {
                    envelope: Some(envelope),
                    ..
                },
                Some(change),
                Some(incident),
            ) => (*envelope, change, incident),
        };
        if !self.opened.iter().any(|opened| opened.id == envelope) {
            let kept = match store.envelope(envelope) {
                Ok(Some(kept)) => kept,
                Ok(None) => return Ok(Err(Misfit::EnvelopeGone)),
                // One damaged row hides nothing behind it.
                Err(StoreError::Damaged(_)) => return Ok(Err(Misfit::Unreadable)),
                Err(error) => return Err(error),
            };
            self.opened.push_front(open(envelope, &kept, &self.own_key));
            self.opened.truncate(OPENED_MAX);
        }
        let Some(opened) = self.opened.iter().find(|opened| opened.id == envelope) else {
            return Ok(Err(Misfit::EnvelopeGone));
        };
        if (opened.device, opened.incarnation) != (row.device, row.incarnation) {
            return Ok(Err(Misfit::OtherSender));
        }
        Ok(match &opened.holds {
            Err(misfit) => Err(*misfit),
            Ok(Holds::Signed(held)) if !held.contains(&(incident, change, row.relayed)) => {
                Err(Misfit::NotInEnvelope)
            }
            Ok(Holds::Vouched(held)) if !held.contains(&change) => Err(Misfit::NotInEnvelope),
            Ok(Holds::Vouched(_)) => Ok(Origin::Vouched),
            Ok(Holds::Signed(_)) if row.device == 0 => Ok(Origin::Own),
            Ok(Holds::Signed(_)) => Ok(Origin::Signed),
        })
    }
}

enum Origin {
    Signed,
    Own,
    Vouched,
    Erased,
    NoChange,
}

fn change_hash(row: &FeedRow) -> Option<ChangeHash> {
    let FeedRowKind::Change { chunk, .. } = &row.kind else {
        return None;
    };
    Some(Chunk::parse(chunk).ok()?.hash)
}

fn open(id: u64, kept: &KeptEnvelope, own_key: &[u8; 32]) -> Opened {
    Opened {
        id,
        device: kept.device,
        incarnation: kept.incarnation,
        holds: holds(kept, own_key),
    }
}

fn holds(kept: &KeptEnvelope, own_key: &[u8; 32]) -> Result<Holds, Misfit> {
    let body = match &kept.content {
        EnvelopeContent::Vouched(hashes) => {
            return Ok(Holds::Vouched(hashes.iter().copied().collect()));
        }
        EnvelopeContent::Whole(body) => body.clone(),
    };
    let (paths, device, keys) = match kept.device_id {
        None if kept.device == 0 => (&[OWN][..], DeviceId::from_bytes([0; 16]), vec![*own_key]),
        None => return Err(Misfit::Unsigned),
        Some(device) => (&[SYNC_PATH, BUNDLED_PATH][..], device, kept.keys.clone()),
    };
    let envelope = Envelope::from_parts(
        device,
        kept.incarnation,
        kept.counter,
        kept.proof.clone(),
        body,
    );
    if !keys
        .iter()
        .any(|key| paths.iter().any(|path| envelope.is_proven(key, path)))
    {
        return Err(Misfit::Unsigned);
    }
    let request = Request::decode(&envelope.body).map_err(|_| Misfit::Unreadable)?;
    // Bytes that are too short for a hash were refused: no stored change refers to them.
    let changes = |group: Group| {
        group.changes.into_iter().filter_map(move |change| {
            let hash = ChangeHash::of_chunk(&change.chunk)?;
            Some((group.incident, hash, group.relayed))
        })
    };
    Ok(Holds::Signed(
        request.push.into_iter().flat_map(changes).collect(),
    ))
}
/// What proves that its device sent it.
pub(crate) fn signed(envelope: &Envelope) -> SignedRequest<'_> {
    SignedRequest {
        counter: envelope.counter,
        proof: &envelope.proof,
        body: &envelope.body,
    }
}
