//! The signed requests behind the feed: kept with what they brought, cut down where something in them must go.

use std::collections::BTreeSet;

use vicinity_core::admit::Verdict;
use vicinity_core::guard::Refusal;
use vicinity_core::ids::{ChangeHash, DeviceId, IncidentId};

use crate::db::{Db, Result};
use crate::hub::SqliteHub;
use crate::hub::shares;
use crate::hub::statements::{self, AUDIT_HEAD};
use vicinity_store::StoreError;
use vicinity_store::evidence::{
    EnvelopeContent, FeedRow, FeedRowKind, KeptEnvelope, SignedRequest,
};
use vicinity_store::hub::Peer;
use vicinity_store::statement::AuditRow;

/// An envelope while its changes are taken.
pub(crate) struct Taking<'a> {
    request: Option<SignedRequest<'a>>,
    /// The number that it will have.
    pub(crate) id: Option<i64>,
    has_brought: bool,
    must_be_cut: bool,
    besides: Vec<IncidentId>,
}

impl<'a> Taking<'a> {
    pub(crate) fn begin(db: &Db, request: Option<SignedRequest<'a>>) -> Result<Self> {
        let id = match request {
            Some(_) => db.one(
                "reading envelopes",
                "SELECT coalesce(max(id), 0) + 1 FROM envelopes",
                &[],
                |row| row.get(0),
            )?,
            None => None,
        };
        Ok(Self {
            request,
            id,
            has_brought: false,
            must_be_cut: false,
            besides: Vec::new(),
        })
    }

    /// The outcome of one group.
    pub(crate) fn note(&mut self, incident: IncidentId, verdicts: &[Verdict]) {
        let has = |wanted: &dyn Fn(&Verdict) -> bool| verdicts.iter().any(wanted);
        self.has_brought |= has(&|verdict| matches!(verdict, Verdict::Stored | Verdict::Pending));
        // No byte of these may be kept.
        self.must_be_cut |= has(&|verdict| {
            matches!(
                verdict,
                Verdict::Rejected(Refusal::ConsentMissing | Refusal::Erased)
            )
        });
        if !has(&|verdict| *verdict == Verdict::Stored) {
            self.besides.push(incident);
        }
    }

    /// Keeps the envelope if anything depends on it.
    pub(crate) fn keep(self, db: &Db, peer: &Peer) -> Result<()> {
        let (Some(request), Some(id)) = (self.request.filter(|_| self.has_brought), self.id) else {
            return Ok(());
        };
        let query = "INSERT INTO envelopes (id, device, incarnation, counter, proof, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let (life, counter) = (
            peer.incarnation.cast_signed(),
            request.counter.cast_signed(),
        );
        let body = Some(request.body).filter(|_| !self.must_be_cut);
        db.execute(
            "keeping an envelope",
            query,
            &[&id, &peer.number, &life, &counter, &request.proof, &body],
        )?;
        if self.must_be_cut {
            return cut(db, id);
        }
        shares::move_stored(db, peer.number, request.body.len() as i64)?;
        for incident in self.besides {
            let query = "INSERT INTO envelope_incidents (incident, envelope) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            db.execute("keeping an envelope", query, &[incident.as_bytes(), &id])?;
        }
        Ok(())
    }
}

/// The envelopes that hold something of an incident.
pub(crate) fn holding(db: &Db, incident: IncidentId, doc: Option<i64>) -> Result<BTreeSet<i64>> {
    let query = include_str!("../../queries/hub_evidence_holding.sql");
    Ok(db
        .all(
            "reading envelopes",
            query,
            &[incident.as_bytes(), &doc],
            |row| row.get(0),
        )?
        .into_iter()
        .collect())
}

/// Takes the body out of an envelope. The hub vouches, by hash, for what still depends on it; if nothing does, the envelope
/// goes too.
pub(crate) fn cut(db: &Db, id: i64) -> Result<()> {
    let query = "SELECT chunk FROM feed WHERE envelope = ?1 AND kind = 0 UNION ALL SELECT chunk FROM waiting WHERE envelope = ?1";
    let chunks = db.all("reading changes", query, &[&id], |row| {
        row.get::<_, Vec<u8>>(0)
    })?;
    let mut left: BTreeSet<ChangeHash> = chunks
        .iter()
        .filter_map(|chunk| ChangeHash::of_chunk(chunk))
        .collect();
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, u32>(0)?, row.get::<_, i64>(1)?));
    if let Some((device, bytes)) = db.one(
        "reading envelopes",
        "SELECT device, length(body) FROM envelopes WHERE id = ?1 AND body IS NOT NULL",
        &[&id],
        read,
    )? {
        shares::move_stored(db, device, -bytes)?;
    }
    let vouched = db
        .one(
            "reading envelopes",
            "SELECT vouched FROM envelopes WHERE id = ?1",
            &[&id],
            |row| row.get::<_, Option<Vec<u8>>>(0),
        )?
        .flatten();
    if let Some(vouched) = vouched {
        // What was not vouched for when the body went is not from now on.
        let vouched: BTreeSet<ChangeHash> = hashes(&vouched).collect();
        left.retain(|hash| vouched.contains(hash));
    }
    db.execute(
        "cutting an envelope",
        "DELETE FROM envelope_incidents WHERE envelope = ?1",
        &[&id],
    )?;
    if left.is_empty() {
        return db
            .execute(
                "cutting an envelope",
                "DELETE FROM envelopes WHERE id = ?1",
                &[&id],
            )
            .map(drop);
    }
    let left: Vec<u8> = left.iter().flat_map(|hash| hash.0).collect();
    db.execute(
        "cutting an envelope",
        "UPDATE envelopes SET body = NULL, vouched = ?2 WHERE id = ?1",
        &[&id, &left],
    )
    .map(drop)
}

fn hashes(bytes: &[u8]) -> impl Iterator<Item = ChangeHash> {
    bytes.as_chunks::<32>().0.iter().copied().map(ChangeHash)
}

impl SqliteHub {
    /// Rows of the feed behind one number, in order.
    ///
    /// # Errors
    /// Storage.
    pub fn feed_rows(&mut self, after: u64, max: usize) -> Result<Vec<FeedRow>> {
        feed_rows(&self.db, after, max)
    }

    /// The newest changes of every incident, as its row has them.
    ///
    /// # Errors
    /// Storage.
    pub fn heads_of_all(&mut self) -> Result<Vec<(IncidentId, Vec<ChangeHash>)>> {
        let read = |row: &rusqlite::Row<'_>| {
            Ok((
                IncidentId::from_bytes(row.get(0)?),
                vicinity_store::row::heads(&row.get::<_, Vec<u8>>(1)?),
            ))
        };
        self.db.all(
            "reading heads",
            "SELECT incident, heads FROM documents ORDER BY doc",
            &[],
            read,
        )
    }

    /// How many documents have rows that are marked as erased, and how many incidents were ordered to be erased.
    ///
    /// # Errors
    /// Storage.
    pub fn erased_and_ordered(&mut self) -> Result<(u64, u64)> {
        let erased = self.db.count(
            "counting what was erased",
            "SELECT count(DISTINCT doc) FROM feed WHERE kind = 3",
        )?;
        Ok((
            erased,
            self.db
                .count("counting tombstones", "SELECT count(*) FROM tombstones")?,
        ))
    }

    /// An envelope.
    ///
    /// # Errors
    /// Storage.
    pub fn envelope(&mut self, id: u64) -> Result<Option<KeptEnvelope>> {
        envelope(&self.db, id)
    }

    /// A row of the feed and its envelope from one snapshot: a hub that runs may erase between two looks.
    ///
    /// # Errors
    /// Storage.
    pub fn feed_row_with_envelope(
        &mut self,
        seq: u64,
    ) -> Result<Option<(FeedRow, Option<KeptEnvelope>)>> {
        self.db.as_of_one_moment(|db| {
            let Some(row) = feed_rows(db, seq.saturating_sub(1), 1)?
                .into_iter()
                .find(|row| row.seq == seq)
            else {
                return Ok(None);
            };
            let envelope = match row.kind {
                FeedRowKind::Change {
                    envelope: Some(id), ..
                } => envelope(db, id)?,
                _ => None,
            };
            Ok(Some((row, envelope)))
        })
    }

    /// The audit and the link that it ends with, from one snapshot.
    ///
    /// # Errors
    /// Storage.
    pub fn audit_with_head(&mut self) -> Result<(Vec<AuditRow>, Option<Vec<u8>>)> {
        self.db
            .as_of_one_moment(|db| Ok((statements::audit(db)?, db.setting(AUDIT_HEAD)?)))
    }
}

fn feed_rows(db: &Db, after: u64, max: usize) -> Result<Vec<FeedRow>> {
    type Row = (
        i64,
        [u8; 16],
        Option<[u8; 16]>,
        u32,
        i64,
        bool,
        u8,
        Option<Vec<u8>>,
        Option<i64>,
    );
    let query = include_str!("../../queries/hub_evidence_feed_rows.sql");
    let read = |row: &rusqlite::Row<'_>| {
        Ok((
            row.get(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
            row.get(5)?,
            row.get(6)?,
            row.get(7)?,
            row.get(8)?,
        ))
    };
    let rows: Vec<Row> = db.all(
        "reading the feed",
        query,
        &[&after.cast_signed(), &(max as i64)],
        read,
    )?;
    let row = |(seq, chain, incident, device, incarnation, relayed, kind, chunk, envelope): Row| {
        FeedRow {
            seq: seq.cast_unsigned(),
            chain,
            incident: incident.map(IncidentId::from_bytes),
            device,
            incarnation: incarnation.cast_unsigned(),
            relayed,
            kind: match kind {
                0 => FeedRowKind::Change {
                    chunk: chunk.unwrap_or_default(),
                    envelope: envelope.map(i64::cast_unsigned),
                },
                3 => FeedRowKind::Erased,
                kind => FeedRowKind::Scope(kind),
            },
        }
    };
    Ok(rows.into_iter().map(row).collect())
}

fn envelope(db: &Db, id: u64) -> Result<Option<KeptEnvelope>> {
    type Row = (
        u32,
        Option<[u8; 16]>,
        i64,
        i64,
        Vec<u8>,
        Option<Vec<u8>>,
        Option<Vec<u8>>,
    );
    let query = include_str!("../../queries/hub_evidence_envelope.sql");
    let read = |row: &rusqlite::Row<'_>| {
        Ok((
            row.get(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
            row.get(5)?,
            row.get(6)?,
        ))
    };
    let found: Option<Row> = db.one("reading envelopes", query, &[&id.cast_signed()], read)?;
    let Some((device, device_id, incarnation, counter, proof, body, vouched)) = found else {
        return Ok(None);
    };
    let keys = db.all(
        "reading a device",
        "SELECT public_key FROM device_keys WHERE device = ?1",
        &[&device],
        |row| row.get(0),
    )?;
    let content = match (body, vouched) {
        (Some(body), _) => EnvelopeContent::Whole(body),
        (None, Some(vouched)) => EnvelopeContent::Vouched(hashes(&vouched).collect()),
        (None, None) => return Err(StoreError::Damaged("envelope")),
    };
    let (incarnation, counter) = (incarnation.cast_unsigned(), counter.cast_unsigned());
    Ok(Some(KeptEnvelope {
        device,
        device_id: device_id.map(DeviceId::from_bytes),
        keys,
        incarnation,
        counter,
        proof,
        content,
    }))
}
