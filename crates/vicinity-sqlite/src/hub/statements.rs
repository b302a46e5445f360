//! Sealed statements at the hub: bodies in `hub.db`, what opens them in `keys.db`.

use sha2::{Digest, Sha256};
use vicinity_core::access::Action;
use vicinity_core::ids::IncidentId;
use vicinity_core::time::Timestamp;

use crate::db::{Db, Result};
use crate::hub::SqliteHub;
use crate::hub::scope::in_scope;
use crate::hub::tombstones::LOG_HOLDS_ERASED;
use vicinity_store::StoreError;
use vicinity_store::hub::{HubStore, Peer, Role};
use vicinity_store::policy;
use vicinity_store::row::IncidentRow;
use vicinity_store::statement::{
    AuditRow, BLOB_TERM_SECONDS, BlobPiece, BlobState, HeldStatement, HubStatements, KeptWrap,
    SealedStatement,
};

/// The setting of the audit's last link.
pub(crate) const AUDIT_HEAD: &str = "audit_head";

/// A blob's row.
struct Blob {
    id: i64,
    total: u64,
    held: u64,
    refused: Option<Vec<u8>>,
}

fn find(db: &Db, peer: &Peer, hash: &[u8; 32]) -> Result<Option<Blob>> {
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Blob {
            id: row.get(0)?,
            total: row.get::<_, i64>(1)?.cast_unsigned(),
            held: row.get::<_, i64>(2)?.cast_unsigned(),
            refused: row.get(3)?,
        })
    };
    db.one(
        "reading a blob",
        "SELECT id, total, held, refused FROM blobs WHERE device = ?1 AND hash = ?2",
        &[&peer.number, hash],
        read,
    )
}

/// What a device has here and is bringing, and what was noted of what it brought.
fn used(db: &Db, device: u32) -> Result<u64> {
    let query = include_str!("../../queries/hub_statements_used.sql");
    Ok(db
        .one("counting a device's share", query, &[&device], |row| {
            row.get::<_, i64>(0)
        })?
        .unwrap_or(0)
        .cast_unsigned())
}

fn take(
    db: &Db,
    peer: &Peer,
    piece: &BlobPiece<'_>,
    quota_bytes: u64,
    now: Timestamp,
) -> Result<BlobState> {
    let blob = match find(db, peer, &piece.hash)? {
        Some(Blob {
            refused: Some(refused),
            ..
        }) => return Ok(BlobState::Done(places_of(&refused))),
        Some(blob) => blob,
        None if used(db, peer.number)?.saturating_add(piece.total) > quota_bytes => {
            return Ok(BlobState::OverQuota);
        }
        None => {
            let query = "INSERT INTO blobs (device, hash, total, held, touched_at) VALUES (?1, ?2, ?3, 0, ?4)";
            db.execute(
                "beginning a blob",
                query,
                &[
                    &peer.number,
                    &piece.hash,
                    &piece.total.cast_signed(),
                    &now.as_second(),
                ],
            )?;
            Blob {
                id: db.conn.last_insert_rowid(),
                total: piece.total,
                held: 0,
                refused: None,
            }
        }
    };
    let end = blob.held.saturating_add(piece.bytes.len() as u64);
    if piece.offset != blob.held
        || piece.total != blob.total
        || end > blob.total
        || piece.bytes.is_empty()
    {
        return Ok(BlobState::Held(blob.held));
    }
    db.execute(
        "keeping a piece",
        "INSERT INTO pieces (blob, at, bytes) VALUES (?1, ?2, ?3)",
        &[&blob.id, &piece.offset.cast_signed(), &piece.bytes],
    )?;
    db.execute(
        "keeping a piece",
        "UPDATE blobs SET held = ?2, touched_at = ?3 WHERE id = ?1",
        &[&blob.id, &end.cast_signed(), &now.as_second()],
    )?;
    if end < blob.total {
        return Ok(BlobState::Held(end));
    }
    let pieces = db.all(
        "reading a blob",
        "SELECT bytes FROM pieces WHERE blob = ?1 ORDER BY at",
        &[&blob.id],
        |row| row.get::<_, Vec<u8>>(0),
    )?;
    Ok(BlobState::Whole(pieces.concat()))
}

fn places(refused: &[u32]) -> Vec<u8> {
    refused
        .iter()
        .flat_map(|place| place.to_be_bytes())
        .collect()
}

fn places_of(bytes: &[u8]) -> Vec<u32> {
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|bytes| u32::from_be_bytes(*bytes))
        .collect()
}

/// Forgets blobs, of which `which` says which, with their outcome.
fn forget(db: &Db, which: &str, params: &[&dyn rusqlite::ToSql]) -> Result<()> {
    let step = "forgetting blobs";
    let under_way = db.execute(
        step,
        &format!("DELETE FROM pieces WHERE blob IN (SELECT id FROM blobs WHERE {which})"),
        params,
    )?;
    db.execute(step, &format!("DELETE FROM blobs WHERE {which}"), params)?;
    // The log beside the database still holds them.
    if under_way > 0 {
        db.set_setting(LOG_HOLDS_ERASED, &[1])
    } else {
        Ok(())
    }
}

/// Forgets what is in progress of anyone who may have written in a document: a statement of it may be among it, with what opens
/// it. What is not of this document comes again.
pub(crate) fn forget_under_way(db: &Db, doc: Option<i64>) -> Result<()> {
    let writers = "refused IS NULL AND device IN (SELECT device FROM feed WHERE kind = 0 AND doc = ?1 UNION SELECT device FROM scope WHERE doc = ?1)";
    forget(db, writers, &[&doc])
}

/// Forgets what is in progress of a device.
pub(crate) fn forget_under_way_of(db: &Db, device: u32) -> Result<()> {
    forget(db, "refused IS NULL AND device = ?1", &[&device])
}

pub(crate) fn doc_of(db: &Db, incident: IncidentId) -> Result<Option<i64>> {
    db.one(
        "reading a document",
        "SELECT doc FROM documents WHERE incident = ?1",
        &[incident.as_bytes()],
        |row| row.get(0),
    )
}

fn bringer(db: &Db, incident: IncidentId, entry: &str) -> Result<Option<u32>> {
    let query = "SELECT device FROM statements WHERE doc = (SELECT doc FROM documents WHERE incident = ?1) AND entry = ?2";
    db.one(
        "reading statements",
        query,
        &[incident.as_bytes(), &entry],
        |row| row.get(0),
    )
}

impl HubStatements for SqliteHub {
    fn set_recipient(&mut self, device: u32, recipient: &str) -> Result<()> {
        self.db
            .execute(
                "keeping a public key",
                "UPDATE devices SET recipient = ?2 WHERE number = ?1",
                &[&device, &recipient],
            )
            .map(drop)
    }

    fn recipients(&mut self) -> Result<Vec<(u32, String)>> {
        let query = "SELECT number, recipient FROM devices WHERE role = ?1 AND revoked_at IS NULL AND recipient IS NOT NULL ORDER BY number";
        self.db.all(
            "reading public keys",
            query,
            &[&Role::Responder.code()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    fn incident_in_scope(
        &mut self,
        peer: &Peer,
        incident: IncidentId,
    ) -> Result<Option<IncidentRow>> {
        let Some(doc) = doc_of(&self.db, incident)? else {
            return Ok(None);
        };
        if !policy::may_reach(peer.role, Action::KeepStatement, || {
            in_scope(&self.db, doc, peer.number)
        })? {
            return Ok(None);
        }
        self.incident(incident)
    }

    fn statement_bringer(&mut self, incident: IncidentId, entry: &str) -> Result<Option<u32>> {
        bringer(&self.db, incident, entry)
    }

    fn take_piece(
        &mut self,
        peer: &Peer,
        piece: &BlobPiece<'_>,
        quota_bytes: u64,
        now: Timestamp,
    ) -> Result<BlobState> {
        self.db
            .immediate(|db| take(db, peer, piece, quota_bytes, now))
    }

    fn forget_stale_blobs(&mut self, now: Timestamp) -> Result<()> {
        self.db.immediate(|db| {
            forget(
                db,
                "touched_at < ?1",
                &[&(now.as_second() - BLOB_TERM_SECONDS)],
            )
        })
    }

    fn drop_blob(&mut self, peer: &Peer, hash: [u8; 32]) -> Result<()> {
        self.db.immediate(|db| {
            let Some(blob) = find(db, peer, &hash)?.filter(|blob| blob.refused.is_none()) else {
                return Ok(());
            };
            db.execute(
                "forgetting a blob",
                "DELETE FROM pieces WHERE blob = ?1",
                &[&blob.id],
            )?;
            db.execute(
                "forgetting a blob",
                "DELETE FROM blobs WHERE id = ?1",
                &[&blob.id],
            )
            .map(drop)
        })
    }

    fn keep_batch(
        &mut self,
        peer: &Peer,
        hash: [u8; 32],
        wrap: &KeptWrap,
        key_set: u64,
        statements: &[SealedStatement],
        refused: &[u32],
        now: Timestamp,
    ) -> Result<()> {
        let mut new = Vec::new();
        for statement in statements {
            if bringer(&self.db, statement.incident, &statement.entry)?.is_none() {
                new.push(statement);
            }
        }
        // Durable here and now, before the bodies are: a crash in between leaves keys without bodies, and nobody was answered
        // anything yet.
        self.keys.immediate(|keys| {
            if new.is_empty() {
                return Ok(());
            }
            let query = "INSERT INTO wraps (id, key_set, bytes) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING";
            keys.execute("keeping a batch's key", query, &[&wrap.id, &key_set.cast_signed(), &wrap.bytes])?;
            let query = include_str!("../../queries/hub_statements_keep_batch.sql");
            new.iter().try_for_each(|statement| {
                keys.execute("keeping a key", query, &[statement.incident.as_bytes(), &statement.entry, &wrap.id, &statement.wrapped_key]).map(drop)
            })
        })?;
        self.db.immediate(|db| {
            for statement in &new {
                let Some(doc) = doc_of(db, statement.incident)? else { continue };
                let query =
                    "INSERT INTO statements (doc, entry, class, device, received_at, bytes, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING";
                let bytes = statement.body.len() as i64;
                db.execute("keeping a statement", query, &[&doc, &statement.entry, &statement.class, &peer.number, &now.as_second(), &bytes, &statement.body])?;
            }
            let Some(blob) = find(db, peer, &hash)? else { return Ok(()) };
            db.execute("forgetting a blob", "DELETE FROM pieces WHERE blob = ?1", &[&blob.id])?;
            if !refused.is_empty() {
                // A refused statement may be of an incident that was erased meanwhile.
                db.set_setting(LOG_HOLDS_ERASED, &[1])?;
            }
            db.execute("noting a blob", "UPDATE blobs SET refused = ?2 WHERE id = ?1", &[&blob.id, &places(refused)]).map(drop)
        })
    }

    fn sealed_statements(&mut self, incident: IncidentId) -> Result<Vec<(String, u64)>> {
        let query = "SELECT entry, bytes FROM statements WHERE doc = (SELECT doc FROM documents WHERE incident = ?1) ORDER BY entry";
        let rows = self
            .db
            .all("reading statements", query, &[incident.as_bytes()], |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, i64>(1)?.cast_unsigned(),
                ))
            })?;
        let keyed = self.keys.all(
            "reading keys",
            "SELECT entry FROM keys WHERE incident = ?1",
            &[incident.as_bytes()],
            |row| row.get::<_, String>(0),
        )?;
        Ok(rows
            .into_iter()
            .filter(|(entry, _)| keyed.contains(entry))
            .collect())
    }

    fn sealed_statement(
        &mut self,
        incident: IncidentId,
        entry: &str,
        offset: u64,
        max_bytes: usize,
    ) -> Result<Option<HeldStatement>> {
        let query = "SELECT wraps.id, wraps.bytes, wrapped_key FROM keys JOIN wraps ON wraps.id = keys.wrap WHERE incident = ?1 AND entry = ?2";
        let read = |row: &rusqlite::Row<'_>| {
            Ok((
                KeptWrap {
                    id: row.get(0)?,
                    bytes: row.get(1)?,
                },
                row.get::<_, [u8; 48]>(2)?,
            ))
        };
        let Some((wrap, wrapped_key)) =
            self.keys
                .one("reading a key", query, &[incident.as_bytes(), &entry], read)?
        else {
            return Ok(None);
        };
        let query = "SELECT class, bytes, substr(body, ?3, ?4) FROM statements WHERE doc = (SELECT doc FROM documents WHERE incident = ?1) AND entry = ?2";
        let read = |row: &rusqlite::Row<'_>| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, i64>(1)?.cast_unsigned(),
                row.get::<_, Vec<u8>>(2)?,
            ))
        };
        let from = i64::try_from(offset).unwrap_or(i64::MAX - 1) + 1;
        let found = self.db.one(
            "reading a statement",
            query,
            &[incident.as_bytes(), &entry, &from, &(max_bytes as i64)],
            read,
        )?;
        Ok(found.map(|(class, total, piece)| HeldStatement {
            class,
            wrap,
            wrapped_key,
            total,
            piece,
        }))
    }

    fn note_opened(&mut self, peer: &Peer, entry_hash: [u8; 32], now: Timestamp) -> Result<()> {
        self.db.immediate(|db| {
            let last = db.one(
                "reading the audit",
                "SELECT chain FROM audit ORDER BY id DESC LIMIT 1",
                &[],
                |row| row.get::<_, [u8; 32]>(0),
            )?;
            let chain = audit_chain(&last.unwrap_or_default(), peer.number, now, &entry_hash);
            let query = "INSERT INTO audit (chain, device, at, entry_hash) VALUES (?1, ?2, ?3, ?4)";
            db.execute(
                "writing the audit",
                query,
                &[&chain, &peer.number, &now.as_second(), &entry_hash],
            )?;
            db.set_setting(AUDIT_HEAD, &chain)
        })
    }

    fn audit(&mut self) -> Result<Vec<AuditRow>> {
        audit(&self.db)
    }

    fn newest_old_wrap(&mut self, key_set: u64) -> Result<u64> {
        let query = "SELECT coalesce(max(place), 0) FROM wraps WHERE key_set < ?1";
        let newest = self.keys.one(
            "reading batches' keys",
            query,
            &[&key_set.cast_signed()],
            |row| row.get::<_, i64>(0),
        )?;
        Ok(newest.unwrap_or(0).cast_unsigned())
    }

    fn old_wraps(&mut self, key_set: u64, after: u64, max: usize) -> Result<Vec<(u64, KeptWrap)>> {
        let read = |row: &rusqlite::Row<'_>| {
            Ok((
                row.get::<_, i64>(0)?.cast_unsigned(),
                KeptWrap {
                    id: row.get(1)?,
                    bytes: row.get(2)?,
                },
            ))
        };
        let query = "SELECT place, id, bytes FROM wraps WHERE key_set < ?1 AND place > ?2 ORDER BY place LIMIT ?3";
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        self.keys.all(
            "reading batches' keys",
            query,
            &[&key_set.cast_signed(), &after, &(max as i64)],
            read,
        )
    }

    fn rewrap(&mut self, wrap: &KeptWrap, key_set: u64) -> Result<bool> {
        let query = "UPDATE wraps SET bytes = ?2, key_set = ?3 WHERE id = ?1 AND key_set < ?3";
        Ok(self.keys.execute(
            "keeping a batch's key",
            query,
            &[&wrap.id, &wrap.bytes, &key_set.cast_signed()],
        )? > 0)
    }
}

pub(crate) fn audit(db: &Db) -> Result<Vec<AuditRow>> {
    let read = |row: &rusqlite::Row<'_>| {
        Ok((
            row.get::<_, u32>(0)?,
            row.get::<_, i64>(1)?,
            row.get::<_, [u8; 32]>(2)?,
            row.get::<_, [u8; 32]>(3)?,
        ))
    };
    let rows = db.all(
        "reading the audit",
        "SELECT device, at, entry_hash, chain FROM audit ORDER BY id",
        &[],
        read,
    )?;
    let row = |(device, at, entry_hash, chain)| {
        let at = Timestamp::from_second(at).map_err(|_| StoreError::Damaged("audit"))?;
        Ok(AuditRow {
            device,
            at,
            entry_hash,
            chain,
        })
    };
    rows.into_iter().map(row).collect()
}

/// The link of one row of the audit to the one before.
#[must_use]
pub fn audit_chain(
    before: &[u8; 32],
    device: u32,
    at: Timestamp,
    entry_hash: &[u8; 32],
) -> [u8; 32] {
    Sha256::new()
        .chain_update(before)
        .chain_update(device.to_be_bytes())
        .chain_update(at.as_second().to_be_bytes())
        .chain_update(entry_hash)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use vicinity_core::ids::DeviceId;
    use vicinity_store::key::DatabaseKey;

    #[test]
    fn what_is_under_way_is_in_no_backup() {
        let folder = tempfile::tempdir().unwrap();
        let (now, later): (Timestamp, Timestamp) = (
            "2026-11-23T09:00:00Z".parse().unwrap(),
            "2026-11-23T09:10:00Z".parse().unwrap(),
        );
        let mut hub = SqliteHub::open(
            &folder.path().join("hub"),
            &DatabaseKey::new([1; 32]),
            [7; 16],
        )
        .unwrap();
        hub.invite([9; 32], Role::Educator, later).unwrap();
        let peer = hub
            .enrol([9; 32], DeviceId::from_bytes([2; 16]), [5; 32], now)
            .unwrap()
            .unwrap();
        let piece = |bytes| BlobPiece {
            hash: [3; 32],
            total: 9,
            offset: 0,
            bytes,
        };
        assert!(hub.take_piece(&peer, &piece(&[1; 4]), 99, now).unwrap() == BlobState::Held(4));
        let restored = folder.path().join("restored");
        std::fs::create_dir(&restored).unwrap();
        hub.copy_into(&restored.join("hub.db"), &DatabaseKey::new([2; 32]))
            .unwrap();
        assert!(
            hub.take_piece(&peer, &piece(&[]), 99, now).unwrap() == BlobState::Held(4),
            "here it goes on"
        );
        let mut restored = SqliteHub::open(&restored, &DatabaseKey::new([2; 32]), [8; 16]).unwrap();
        let pieces = restored
            .db
            .one("counting", "SELECT count(*) FROM pieces", &[], |row| {
                row.get::<_, i64>(0)
            })
            .unwrap();
        assert_eq!(pieces, Some(0));
        assert!(restored.take_piece(&peer, &piece(&[]), 99, now).unwrap() == BlobState::Held(0));
    }
}
