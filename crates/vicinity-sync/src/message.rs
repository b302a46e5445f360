//! The messages, as CBOR arrays: positions are fixed, new fields go at the end.

use minicbor::{Decode, Encode};
use vicinity_core::admit::Verdict;
use vicinity_core::alert::Alert;
use vicinity_core::batch::{Cursor, DocumentHeads, Erasure, HeadsPage};
use vicinity_core::ids::{ChangeHash, IncidentId, ScopeDigest};

use crate::alert::{self, AlertRow};
use crate::codec;
use crate::compress;
use crate::frame;
use crate::pins::Pins;
use crate::verdict::{verdict_code, verdict_of};

pub use crate::refused::Refused;

/// The protocol this version speaks.
pub const PROTOCOL: u8 = 1;
/// Where devices post.
pub const SYNC_PATH: &str = "/v1/sync";
/// Documents named in one message.
pub const DOCUMENTS_MAX: usize = 8192;

/// Erasures named in one message.
pub const ERASURES_MAX: usize = 100;

/// Incidents that a device may drop in one message.
pub const LEAVING_MAX: usize = 100;

/// A device's request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its position in the feed; `None` on the first contact.
    pub cursor: Option<Cursor>,
    /// Changes for the hub.
    pub push: Vec<vicinity_core::batch::Group>,
    /// In a rebase: what the device has.
    pub rebase: Option<HeadsPage>,
    /// Bytes of the largest answer that it accepts, compressed.
    pub answer_budget: u32,
    /// Seconds since 1970 by its clock: shown to people, never used for a decision.
    pub clock: i64,
    /// What it erased by the hub's order and has not confirmed yet; in a rebase, all it ever erased.
    pub erased: Vec<Erasure>,
    /// Its chain of key approvals.
    pub keys: KeyNews,
    /// The hash of the alerts that it has; 0 for none.
    pub alerts: u64,
    /// [`Pins::mark`](crate::pins::Pins::mark) of the hub's pins that it knows.
    pub pins: u32,
    /// What an educator's device wants to drop, with the heads that it knows.
    pub leaving: Vec<DocumentHeads>,
}

/// What a device says of its chain of key approvals.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyNews {
    /// How many entries it has.
    pub length: u64,
    /// The first 8 bytes of the last entry's hash; 0 for none.
    pub mark: u64,
    /// Entries for the hub; empty for none. They prove themselves.
    pub entries: Vec<u8>,
}

/// The hub's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// One verdict a pushed change, in the order they were pushed.
    pub verdicts: Vec<Verdict>,
    /// What the hub gives.
    pub pull: vicinity_core::batch::Pull,
    /// Seconds since 1970 by the hub's clock.
    pub clock: i64,
    /// What the device must erase; repeated until the device confirms it.
    pub erase: Vec<Erasure>,
    /// Entries of the hub's chain of key approvals, if the device's chain differs: those after the device's last one, or all.
    /// They are not verified here.
    pub key_set: Option<Vec<u8>>,
    /// For a responder: the place of the newest batch's key at the hub that is wrapped to an older set; 0 for none.
    pub old_wraps: u64,
    /// The live alerts, if the device's list differs.
    pub alerts: Option<Vec<Alert>>,
    /// The pins of the hub's keys, if the device knows others.
    pub pins: Option<Vec<u8>>,
    /// The name of the hub's time zone.
    pub zone: Option<String>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct RequestWire {
    #[n(0)]
    oldest: u8,
    #[n(1)]
    newest: u8,
    #[n(2)]
    cursor: Option<CursorWire>,
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    push: Vec<u8>,
    #[n(4)]
    rebase: Option<PageWire>,
    #[n(5)]
    answer_budget: u32,
    #[n(6)]
    clock: i64,
    #[n(7)]
    erased: Vec<ErasureWire>,
    #[n(8)]
    key_set: u64,
    #[n(9)]
    pins: u32,
    #[n(10)]
    leaving: Vec<HeadsWire>,
    /// Left out for none.
    #[n(11)]
    alerts: Option<u64>,
    /// Left out for none.
    #[n(12)]
    key_mark: Option<u64>,
    /// Left out for none.
    #[n(13)]
    #[cbor(with = "minicbor::bytes")]
    key_entries: Option<Vec<u8>>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
pub(crate) struct CursorWire {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    epoch: [u8; 16],
    #[n(1)]
    seq: u64,
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    chain: [u8; 16],
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    mac: [u8; 8],
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct PageWire {
    #[n(0)]
    after: Option<IdWire>,
    #[n(1)]
    until: Option<IdWire>,
    #[n(2)]
    have: Vec<HeadsWire>,
}

#[derive(Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct IdWire(
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) [u8; 16],
);

/// Heads are one byte string, 32 bytes each.
#[derive(Encode, Decode)]
#[cbor(array)]
pub(crate) struct HeadsWire {
    #[n(0)]
    incident: IdWire,
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    heads: Vec<u8>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct AnswerWire {
    #[n(0)]
    version: u8,
    /// Runs of equal verdicts: the verdict's code and how many.
    #[n(1)]
    verdicts: Vec<(u8, u32)>,
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pull: Vec<u8>,
    #[n(3)]
    removed: Vec<IdWire>,
    #[n(4)]
    need: Vec<HeadsWire>,
    #[n(5)]
    cursor: CursorWire,
    #[n(6)]
    more: bool,
    #[n(7)]
    rebased_until: Option<IdWire>,
    #[n(8)]
    #[cbor(with = "minicbor::bytes")]
    digest: [u8; 16],
    #[n(9)]
    clock: i64,
    #[n(10)]
    erase: Vec<ErasureWire>,
    #[n(11)]
    old_wraps: u64,
    #[n(12)]
    #[cbor(with = "minicbor::bytes")]
    key_set: Option<Vec<u8>>,
    #[n(13)]
    #[cbor(with = "minicbor::bytes")]
    pins: Option<Vec<u8>>,
    #[n(14)]
    alerts: Option<Vec<AlertRow>>,
    #[n(15)]
    zone: Option<String>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct ErasureWire {
    #[n(0)]
    incident: IdWire,
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    proof: [u8; 64],
}

impl From<&Cursor> for CursorWire {
    fn from(cursor: &Cursor) -> Self {
        Self {
            epoch: cursor.epoch,
            seq: cursor.seq,
            chain: cursor.chain,
            mac: cursor.mac,
        }
    }
}

impl From<CursorWire> for Cursor {
    fn from(wire: CursorWire) -> Self {
        Self {
            epoch: wire.epoch,
            seq: wire.seq,
            chain: wire.chain,
            mac: wire.mac,
        }
    }
}

pub(crate) fn id_wire(id: &IncidentId) -> IdWire {
    IdWire(*id.as_bytes())
}

pub(crate) fn heads_wire(documents: &[DocumentHeads]) -> Vec<HeadsWire> {
    documents
        .iter()
        .map(|document| HeadsWire {
            incident: id_wire(&document.incident),
            heads: document.heads.iter().flat_map(|head| head.0).collect(),
        })
        .collect()
}

pub(crate) fn heads_of(wire: Vec<HeadsWire>) -> Result<Vec<DocumentHeads>, Refused> {
    if wire.len() > DOCUMENTS_MAX {
        return Err(Refused::TooLarge);
    }
    wire.into_iter()
        .map(|wire| {
            let (heads, rest) = wire.heads.as_chunks::<32>();
            if rest.is_empty() {
                Ok(DocumentHeads {
                    incident: IncidentId::from_bytes(wire.incident.0),
                    heads: heads.iter().copied().map(ChangeHash).collect(),
                })
            } else {
                Err(Refused::Malformed)
            }
        })
        .collect()
}

fn erasures_wire(erasures: &[Erasure]) -> Vec<ErasureWire> {
    erasures
        .iter()
        .map(|erasure| ErasureWire {
            incident: id_wire(&erasure.incident),
            proof: erasure.proof,
        })
        .collect()
}

fn erasures_of(wire: Vec<ErasureWire>) -> Result<Vec<Erasure>, Refused> {
    if wire.len() > ERASURES_MAX {
        return Err(Refused::TooLarge);
    }
    Ok(wire
        .into_iter()
        .map(|wire| Erasure {
            incident: IncidentId::from_bytes(wire.incident.0),
            proof: wire.proof,
        })
        .collect())
}

impl Request {
    /// The compressed frame.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        frame::encode(&RequestWire {
            oldest: PROTOCOL,
            newest: PROTOCOL,
            cursor: self.cursor.as_ref().map(Into::into),
            push: if self.push.is_empty() {
                Vec::new()
            } else {
                codec::encode(&self.push)
            },
            rebase: self.rebase.as_ref().map(|page| PageWire {
                after: page.after.as_ref().map(id_wire),
                until: page.until.as_ref().map(id_wire),
                have: heads_wire(&page.have),
            }),
            answer_budget: self.answer_budget,
            clock: self.clock,
            erased: erasures_wire(&self.erased),
            key_set: self.keys.length,
            key_mark: Some(self.keys.mark).filter(|mark| *mark != 0),
            key_entries: Some(self.keys.entries.clone()).filter(|entries| !entries.is_empty()),
            alerts: Some(self.alerts).filter(|alerts| *alerts != 0),
            pins: self.pins,
            leaving: heads_wire(&self.leaving),
        })
    }

    /// The request of a compressed frame.
    ///
    /// # Errors
    /// What to answer to any other bytes.
    pub fn decode(body: &[u8]) -> Result<Self, Refused> {
        let wire: RequestWire = frame::decode(body)?;
        if wire.oldest > PROTOCOL || wire.newest < PROTOCOL {
            return Err(Refused::Version);
        }
        let page = |wire: PageWire| -> Result<HeadsPage, Refused> {
            let id = |wire: IdWire| IncidentId::from_bytes(wire.0);
            Ok(HeadsPage {
                after: wire.after.map(id),
                until: wire.until.map(id),
                have: heads_of(wire.have)?,
            })
        };
        Ok(Self {
            cursor: wire.cursor.map(Into::into),
            push: codec::decode(&wire.push).map_err(|_| Refused::Malformed)?,
            rebase: wire.rebase.map(page).transpose()?,
            answer_budget: wire.answer_budget.min(compress::BODY_MAX_BYTES as u32),
            clock: wire.clock,
            erased: erasures_of(wire.erased)?,
            keys: KeyNews {
                length: wire.key_set,
                mark: wire.key_mark.unwrap_or(0),
                entries: wire.key_entries.unwrap_or_default(),
            },
            alerts: wire.alerts.unwrap_or(0),
            pins: wire.pins,
            leaving: if wire.leaving.len() > LEAVING_MAX {
                return Err(Refused::TooLarge);
            } else {
                heads_of(wire.leaving)?
            },
        })
    }
}

impl Answer {
    /// The compressed frame.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut runs: Vec<(u8, u32)> = Vec::new();
        for verdict in &self.verdicts {
            match runs.last_mut() {
                Some((code, count)) if *code == verdict_code(*verdict) => *count += 1,
                _ => runs.push((verdict_code(*verdict), 1)),
            }
        }
        frame::encode(&AnswerWire {
            version: PROTOCOL,
            verdicts: runs,
            pull: if self.pull.groups.is_empty() {
                Vec::new()
            } else {
                codec::encode(&self.pull.groups)
            },
            removed: self.pull.removed.iter().map(id_wire).collect(),
            need: heads_wire(&self.pull.need),
            cursor: (&self.pull.cursor).into(),
            more: self.pull.more,
            rebased_until: self.pull.rebased_until.as_ref().map(id_wire),
            digest: self.pull.digest.0.to_be_bytes(),
            clock: self.clock,
            erase: erasures_wire(&self.erase),
            old_wraps: self.old_wraps,
            key_set: self.key_set.clone(),
            alerts: self.alerts.as_deref().map(alert::rows),
            pins: self.pins.clone(),
            zone: self.zone.clone(),
        })
    }

    /// The answer of a compressed frame.
    ///
    /// # Errors
    /// Any other bytes.
    pub fn decode(body: &[u8]) -> Result<Self, Refused> {
        let wire: AnswerWire = frame::decode(body)?;
        let mut verdicts = Vec::new();
        for (code, count) in wire.verdicts {
            if verdicts.len() + count as usize > codec::GROUPS_MAX * 8 {
                return Err(Refused::TooLarge);
            }
            verdicts.extend(core::iter::repeat_n(verdict_of(code), count as usize));
        }
        if wire
            .pins
            .as_deref()
            .is_some_and(|pins| Pins::of_bytes(pins).is_none())
        {
            return Err(Refused::Malformed);
        }
        let pull = vicinity_core::batch::Pull {
            groups: codec::decode(&wire.pull).map_err(|_| Refused::Malformed)?,
            removed: wire
                .removed
                .into_iter()
                .map(|id| IncidentId::from_bytes(id.0))
                .collect(),
            need: heads_of(wire.need)?,
            cursor: wire.cursor.into(),
            more: wire.more,
            rebased_until: wire.rebased_until.map(|id| IncidentId::from_bytes(id.0)),
            digest: ScopeDigest(u128::from_be_bytes(wire.digest)),
        };
        let alerts = wire.alerts.map(alert::alerts).transpose()?;
        let erase = erasures_of(wire.erase)?;
        Ok(Self {
            verdicts,
            pull,
            clock: wire.clock,
            erase,
            key_set: wire.key_set,
            old_wraps: wire.old_wraps,
            alerts,
            pins: wire.pins,
            zone: wire
                .zone
                .filter(|zone| vicinity_core::zone::named(zone).is_some()),
        })
    }
}
