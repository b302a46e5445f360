//! The feed: every change in the order in which it was taken, and who came into scope or left it.

use sha2::{Digest, Sha256};
use vicinity_core::chunk::Chunk;
use vicinity_core::ids::{ChangeHash, IncidentId};
use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;
use vicinity_store::policy::LogRow;

use crate::db::{Db, Result};

pub(crate) const KIND_CHANGE: i64 = 0;
pub(crate) const KIND_ENTERED: i64 = 1;
pub(crate) const KIND_LEFT: i64 = 2;

/// The head of the feed.
#[derive(Clone, Copy)]
pub(crate) struct Head {
    pub(crate) seq: u64,
    pub(crate) chain: [u8; 16],
}

impl Head {
    pub(crate) fn read(db: &Db) -> Result<Self> {
        let read =
            |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 16]>(1)?));
        let found = db.one(
            "reading the feed",
            "SELECT seq, chain FROM feed ORDER BY seq DESC LIMIT 1",
            &[],
            read,
        )?;
        Ok(found.map_or(
            Self {
                seq: 0,
                chain: [0; 16],
            },
            |(seq, chain)| Self {
                seq: seq.cast_unsigned(),
                chain,
            },
        ))
    }

    pub(crate) fn next(self, incident: IncidentId, hash: ChangeHash) -> Self {
        let seq = self.seq + 1;
        let mut hasher = Sha256::new();
        hasher.update(self.chain);
        hasher.update(seq.to_be_bytes());
        hasher.update(incident.as_bytes());
        hasher.update(hash.0);
        let full: [u8; 32] = hasher.finalize().into();
        let mut chain = [0; 16];
        chain.copy_from_slice(&full[..16]);
        Self { seq, chain }
    }
}

/// Appends a change as the next row.
pub(crate) fn append_change(
    db: &Db,
    head: Head,
    doc: i64,
    row: &LogRow,
    incarnation: i64,
    envelope: Option<i64>,
) -> Result<()> {
    let parsed = Chunk::parse(&row.chunk).map_err(|_| StoreError::Damaged("change"))?;
    let query = include_str!("../../queries/hub_feed_append_change.sql");
    let (seq, actor_seq, received_at) = (
        head.seq.cast_signed(),
        parsed.seq.cast_signed(),
        row.received_at.as_second(),
    );
    let columns: [&dyn rusqlite::ToSql; 12] = [
        &seq,
        &head.chain,
        &doc,
        &row.device,
        &incarnation,
        &row.relayed,
        &parsed.actor,
        &actor_seq,
        &received_at,
        &row.chunk,
        &envelope,
        &row.skew_seconds,
    ];
    db.execute("appending a change", query, &columns).map(drop)
}

/// Appends that an incident came into a device's scope, or left it.
pub(crate) fn append_scope(
    db: &Db,
    doc: i64,
    incident: IncidentId,
    device: u32,
    kind: i64,
    now: Timestamp,
) -> Result<()> {
    let head = Head::read(db)?.next(incident, ChangeHash([kind as u8; 32]));
    let query = "INSERT INTO feed (seq, chain, kind, doc, device, incarnation, relayed, received_at) VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6)";
    db.execute(
        "appending to the feed",
        query,
        &[
            &head.seq.cast_signed(),
            &head.chain,
            &kind,
            &doc,
            &device,
            &now.as_second(),
        ],
    )
    .map(drop)
}
