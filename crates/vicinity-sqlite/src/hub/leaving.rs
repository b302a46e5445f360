//! Incidents that left an educator's phone because the hub has all of them: out of its scope until something new comes.

use vicinity_core::batch::DocumentHeads;
use vicinity_core::ids::{IncidentId, ScopeDigest};
use vicinity_core::time::Timestamp;

use crate::db::{Db, Result};
use crate::hub::scope::{enter, in_scope, leave};
use crate::hub::shares;
use vicinity_store::hub::Peer;
use vicinity_store::policy::holding;
use vicinity_store::row;

pub(crate) fn let_go(
    db: &Db,
    peer: &Peer,
    documents: &[DocumentHeads],
    now: Timestamp,
) -> Result<()> {
    for document in documents {
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?));
        let query = "SELECT doc, heads FROM documents WHERE incident = ?1";
        let Some((doc, heads)) = db.one(
            "reading a document",
            query,
            &[document.incident.as_bytes()],
            read,
        )?
        else {
            continue;
        };
        let heads = row::heads(&heads);
        let scope = || in_scope(db, doc, peer.number);
        if !holding::leaves(peer.role, &document.heads, &heads, scope)? {
            continue;
        }
        leave(
            db,
            doc,
            document.incident,
            peer.number,
            ScopeDigest::term(document.incident, &heads),
            now,
        )?;
        shares::note_lasting(db, peer.number, 1)?;
        db.execute(
            "noting what left",
            "INSERT INTO departed (doc, device) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            &[&doc, &peer.number],
        )?;
    }
    Ok(())
}

pub(crate) fn has_departed(db: &Db, doc: i64, device: u32) -> Result<bool> {
    Ok(db
        .one(
            "reading what left",
            "SELECT 1 FROM departed WHERE doc = ?1 AND device = ?2",
            &[&doc, &device],
            |_| Ok(()),
        )?
        .is_some())
}

/// Something new of the document is about to be stored: a device that dropped it sees it again. `term` is of the heads before.
pub(crate) fn bring_back(
    db: &Db,
    doc: i64,
    incident: IncidentId,
    term: ScopeDigest,
    now: Timestamp,
) -> Result<()> {
    for device in db.all(
        "reading what left",
        "SELECT device FROM departed WHERE doc = ?1",
        &[&doc],
        |row| row.get::<_, u32>(0),
    )? {
        forget(db, doc, device)?;
        enter(db, doc, incident, device, term, now)?;
    }
    Ok(())
}

/// Somebody decided on the scope: what the device dropped counts no more.
pub(crate) fn forget(db: &Db, doc: i64, device: u32) -> Result<()> {
    db.execute(
        "forgetting what left",
        "DELETE FROM departed WHERE doc = ?1 AND device = ?2",
        &[&doc, &device],
    )
    .map(drop)
}
