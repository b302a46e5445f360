//! Sealed statements in memory.

use std::collections::BTreeMap;

use vicinity_core::ids::IncidentId;
use vicinity_core::time::Timestamp;
use vicinity_sqlite::audit_chain;
use vicinity_store::hub::{Peer, Role};
use vicinity_store::row::IncidentRow;
use vicinity_store::statement::{AuditRow, BLOB_TERM_SECONDS, BlobPiece, BlobState, HeldStatement, HubStatements, KeptWrap, SealedStatement};

use super::{MemoryHub, Result};

#[derive(Clone)]
struct Blob {
    total: u64,
    bytes: Vec<u8>,
    refused: Option<Vec<u32>>,
    touched_at: Timestamp,
}

#[derive(Clone)]
struct Held {
    statement: SealedStatement,
    device: u32,
    wrap: [u8; 16],
}

#[derive(Clone)]
struct Wrapped {
    place: u64,
    key_set: u64,
    bytes: Vec<u8>,
}

/// Everything about statements.
#[derive(Default, Clone)]
pub(super) struct Statements {
    recipients: BTreeMap<u32, String>,
    blobs: BTreeMap<(u32, [u8; 32]), Blob>,
    held: BTreeMap<(IncidentId, String), Held>,
    wraps: BTreeMap<[u8; 16], Wrapped>,
    /// How many wraps there ever were.
    places: u64,
    audit: Vec<AuditRow>,
}

impl Statements {
    fn used(&self, device: u32) -> u64 {
        let bodies: usize = self.held.values().filter(|held| held.device == device).map(|held| held.statement.body.len()).sum();
        let brought = |blob: &Blob| blob.refused.as_ref().map_or(blob.total, |refused| 4 * refused.len() as u64);
        let coming: u64 = self.blobs.iter().filter(|((of, _), _)| *of == device).map(|(_, blob)| brought(blob)).sum();
        bodies as u64 + coming
    }
}

impl MemoryHub {
    /// Forgets what is under way of these devices.
    pub(super) fn forget_under_way(&mut self, devices: &[u32]) {
        self.statements.blobs.retain(|(device, _), blob| blob.refused.is_some() || !devices.contains(device));
    }
}

impl HubStatements for MemoryHub {
    fn set_recipient(&mut self, device: u32, recipient: &str) -> Result<()> {
        self.statements.recipients.insert(device, recipient.to_owned());
        Ok(())
    }

    fn recipients(&mut self) -> Result<Vec<(u32, String)>> {
        let may = |number: u32| self.devices.iter().any(|known| known.row.number == number && known.row.role == Role::Responder && !known.row.revoked);
        Ok(self.statements.recipients.iter().filter(|(number, _)| may(**number)).map(|(number, key)| (*number, key.clone())).collect())
    }

    fn incident_in_scope(&mut self, peer: &Peer, incident: IncidentId) -> Result<Option<IncidentRow>> {
        Ok(self.documents.get(&incident).filter(|_| self.sees(peer, incident)).cloned())
    }

    fn take_piece(&mut self, peer: &Peer, piece: &BlobPiece<'_>, quota_bytes: u64, now: Timestamp) -> Result<BlobState> {
        let name = (peer.number, piece.hash);
        if !self.statements.blobs.contains_key(&name) {
            if self.statements.used(peer.number).saturating_add(piece.total) > quota_bytes {
                return Ok(BlobState::OverQuota);
            }
            self.statements.blobs.insert(name, Blob { total: piece.total, bytes: Vec::new(), refused: None, touched_at: now });
        }
        let Some(blob) = self.statements.blobs.get_mut(&name) else { return Ok(BlobState::Held(0)) };
        if let Some(refused) = &blob.refused {
            return Ok(BlobState::Done(refused.clone()));
        }
        let held = blob.bytes.len() as u64;
        if piece.offset != held || piece.total != blob.total || held + piece.bytes.len() as u64 > blob.total || piece.bytes.is_empty() {
            return Ok(BlobState::Held(held));
        }
        blob.bytes.extend_from_slice(piece.bytes);
        blob.touched_at = now;
        let held = blob.bytes.len() as u64;
        Ok(if held == blob.total { BlobState::Whole(blob.bytes.clone()) } else { BlobState::Held(held) })
    }

    fn forget_stale_blobs(&mut self, now: Timestamp) -> Result<()> {
        self.statements.blobs.retain(|_, blob| now.as_second() - blob.touched_at.as_second() <= BLOB_TERM_SECONDS);
        Ok(())
    }

    fn statement_bringer(&mut self, incident: IncidentId, entry: &str) -> Result<Option<u32>> {
        Ok(self.statements.held.get(&(incident, entry.to_owned())).map(|held| held.device))
    }

    fn drop_blob(&mut self, peer: &Peer, hash: [u8; 32]) -> Result<()> {
        self.statements.blobs.retain(|name, blob| *name != (peer.number, hash) || blob.refused.is_some());
        Ok(())
    }

    fn keep_batch(
        &mut self,
        peer: &Peer,
        hash: [u8; 32],
        wrap: &KeptWrap,
        key_set: u64,
        statements: &[SealedStatement],
        refused: &[u32],
        _now: Timestamp,
    ) -> Result<()> {
        for statement in statements {
            let held = Held { statement: statement.clone(), device: peer.number, wrap: wrap.id };
            self.statements.held.entry((statement.incident, statement.entry.clone())).or_insert(held);
        }
        let is_used = self.statements.held.values().any(|held| held.wrap == wrap.id);
        if is_used && !self.statements.wraps.contains_key(&wrap.id) {
            self.statements.places += 1;
            let wrapped = Wrapped { place: self.statements.places, key_set, bytes: wrap.bytes.clone() };
            self.statements.wraps.insert(wrap.id, wrapped);
        }
        if let Some(blob) = self.statements.blobs.get_mut(&(peer.number, hash)) {
            (blob.refused, blob.bytes) = (Some(refused.to_vec()), Vec::new());
        }
        Ok(())
    }

    fn sealed_statements(&mut self, incident: IncidentId) -> Result<Vec<(String, u64)>> {
        let of = self.statements.held.iter().filter(|((of, _), _)| *of == incident);
        Ok(of.map(|((_, entry), held)| (entry.clone(), held.statement.body.len() as u64)).collect())
    }

    fn sealed_statement(&mut self, incident: IncidentId, entry: &str, offset: u64, max_bytes: usize) -> Result<Option<HeldStatement>> {
        let Some(held) = self.statements.held.get(&(incident, entry.to_owned())) else { return Ok(None) };
        let SealedStatement { class, wrapped_key, body, .. } = &held.statement;
        let wrap = self.statements.wraps.get(&held.wrap).map(|wrapped| KeptWrap { id: held.wrap, bytes: wrapped.bytes.clone() });
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(body.len());
        let piece = body[from..from.saturating_add(max_bytes).min(body.len())].to_vec();
        Ok(wrap.map(|wrap| HeldStatement { class: class.clone(), wrap, wrapped_key: *wrapped_key, total: body.len() as u64, piece }))
    }

    fn note_opened(&mut self, peer: &Peer, entry_hash: [u8; 32], now: Timestamp) -> Result<()> {
        let before = self.statements.audit.last().map_or([0; 32], |row| row.chain);
        let chain = audit_chain(&before, peer.number, now, &entry_hash);
        self.statements.audit.push(AuditRow { device: peer.number, at: now, entry_hash, chain });
        Ok(())
    }

    fn audit(&mut self) -> Result<Vec<AuditRow>> {
        Ok(self.statements.audit.clone())
    }

    fn newest_old_wrap(&mut self, key_set: u64) -> Result<u64> {
        Ok(self.statements.wraps.values().filter(|wrapped| wrapped.key_set < key_set).map(|wrapped| wrapped.place).max().unwrap_or(0))
    }

    fn old_wraps(&mut self, key_set: u64, after: u64, max: usize) -> Result<Vec<(u64, KeptWrap)>> {
        let old = self.statements.wraps.iter().filter(|(_, wrapped)| wrapped.key_set < key_set && wrapped.place > after);
        let mut old: Vec<_> = old.map(|(id, wrapped)| (wrapped.place, KeptWrap { id: *id, bytes: wrapped.bytes.clone() })).collect();
        old.sort_by_key(|(place, _)| *place);
        old.truncate(max);
        Ok(old)
    }

    fn rewrap(&mut self, wrap: &KeptWrap, key_set: u64) -> Result<bool> {
        let Some(known) = self.statements.wraps.get_mut(&wrap.id).filter(|known| known.key_set < key_set) else { return Ok(false) };
        (known.key_set, known.bytes) = (key_set, wrap.bytes.clone());
        Ok(true)
    }
}

impl MemoryHub {
    /// Nothing of an erased incident's statements stays, nor a batch's key without statements.
    pub(super) fn erase_statements(&mut self, incident: IncidentId) {
        self.statements.held.retain(|(of, _), _| *of != incident);
        let held = &self.statements.held;
        self.statements.wraps.retain(|id, _| held.values().any(|held| held.wrap == *id));
    }
}
