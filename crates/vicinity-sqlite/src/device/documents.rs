//! Rows of documents and of their changes.

use vicinity_core::chunk::Chunk;
use vicinity_core::ids::{ChangeHash, IncidentId, ScopeDigest};
use vicinity_core::incident::Incident;

use crate::db::{Db, Result, digest_of};
use crate::device::leaving;
use vicinity_store::StoreError;
use vicinity_store::row::{self};

/// A document's row, as writes need it.
pub(crate) struct KnownDocument {
    pub(crate) doc: i64,
    pub(crate) shared: bool,
    pub(crate) term: ScopeDigest,
}

pub(crate) fn known(db: &Db, incident: IncidentId) -> Result<Option<KnownDocument>> {
    let read = |row: &rusqlite::Row<'_>| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, bool>(1)?,
            row.get::<_, Vec<u8>>(2)?,
        ))
    };
    let found = db.one(
        "reading a document",
        "SELECT doc, shared, heads FROM documents WHERE incident = ?1",
        &[incident.as_bytes()],
        read,
    )?;
    Ok(found.map(|(doc, shared, heads)| KnownDocument {
        doc,
        shared,
        term: if shared {
            ScopeDigest::term(incident, &row::heads(&heads))
        } else {
            ScopeDigest::default()
        },
    }))
}

pub(crate) fn move_digest(db: &Db, old: ScopeDigest, new: ScopeDigest) -> Result<()> {
    if old == new {
        return Ok(());
    }
    let digest = digest_of(db.setting("digest")?)?.replace(old, new);
    db.set_setting("digest", &digest.0.to_be_bytes())
}

pub(crate) struct NewRow<'a> {
    pub(crate) incident: IncidentId,
    pub(crate) view: &'a Incident,
    pub(crate) heads: &'a [ChangeHash],
    pub(crate) granted: bool,
    pub(crate) shared: bool,
}

/// Writes a document's row and moves the digest with it.
pub(crate) fn put_document(
    db: &Db,
    known: Option<&KnownDocument>,
    new: &NewRow<'_>,
) -> Result<i64> {
    let (heads, facts, disputes) = (
        row::heads_bytes(new.heads),
        row::facts(new.view),
        row::disputes(new.view),
    );
    let (doc, old) = if let Some(known) = known {
        let query = "UPDATE documents SET heads = ?2, facts = ?3, disputes = ?4, granted = ?5, shared = ?6, settled_at = NULL WHERE doc = ?1";
        db.execute(
            "writing a document",
            query,
            &[
                &known.doc,
                &heads,
                &facts,
                &disputes,
                &new.granted,
                &new.shared,
            ],
        )?;
        (known.doc, known.term)
    } else {
        let query = "INSERT INTO documents (incident, heads, facts, disputes, granted, shared) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        db.execute(
            "writing a document",
            query,
            &[
                new.incident.as_bytes(),
                &heads,
                &facts,
                &disputes,
                &new.granted,
                &new.shared,
            ],
        )?;
        leaving::forget_departed(db, new.incident)?;
        (db.conn.last_insert_rowid(), ScopeDigest::default())
    };
    let term = if new.shared {
        ScopeDigest::term(new.incident, new.heads)
    } else {
        ScopeDigest::default()
    };
    move_digest(db, old, term)?;
    Ok(doc)
}

pub(crate) fn put_change(
    db: &Db,
    doc: i64,
    chunk: &[u8],
    own: bool,
    by: u32,
    state: i64,
) -> Result<()> {
    let parsed = Chunk::parse(chunk).map_err(|_| StoreError::Damaged("change"))?;
    let query = "INSERT INTO changes (doc, actor, actor_seq, hash, own, written_by, state, chunk) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    db.execute(
        "appending a change",
        query,
        &[
            &doc,
            &parsed.actor,
            &parsed.seq.cast_signed(),
            &parsed.hash.0,
            &own,
            &by,
            &state,
            &chunk,
        ],
    )
    .map(drop)
}

pub(crate) fn chunks(db: &Db, doc: i64) -> Result<Vec<Vec<u8>>> {
    db.all(
        "reading changes",
        "SELECT chunk FROM changes WHERE doc = ?1 ORDER BY id",
        &[&doc],
        |row| row.get(0),
    )
}
