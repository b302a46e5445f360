//! Incidents that leave an educator's phone once the hub has had them for a while.

use vicinity_core::batch::DocumentHeads;
use vicinity_core::ids::IncidentId;
use vicinity_core::time::Timestamp;

use crate::db::{Db, Result};
use crate::device::states::HELD_BY_HUB;
use vicinity_store::device::kept_since;
use vicinity_store::row;

/// Notes which documents the hub has wholly since now, and gives those that it has had for long.
pub(crate) fn leaving(db: &Db, now: Timestamp, max: usize) -> Result<Vec<DocumentHeads>> {
    // A time ahead of the clock is of a clock that was set back.
    let settle = include_str!("../../queries/device_leaving_leaving.sql");
    db.execute(
        "noting what the hub has",
        settle,
        &[&now.as_second(), &HELD_BY_HUB],
    )?;
    let query =
        "SELECT incident, heads FROM documents WHERE settled_at <= ?1 ORDER BY incident LIMIT ?2";
    let read =
        |row: &rusqlite::Row<'_>| Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, Vec<u8>>(1)?));
    let rows = db.all(
        "reading what may leave",
        query,
        &[&kept_since(now).as_second(), &(max as i64)],
        read,
    )?;
    Ok(rows
        .into_iter()
        .map(|(incident, heads)| DocumentHeads {
            incident: IncidentId::from_bytes(incident),
            heads: row::heads(&heads),
        })
        .collect())
}

/// Something of the document changed: the days begin again.
pub(crate) fn unsettle(db: &Db, doc: i64) -> Result<()> {
    db.execute(
        "noting a change",
        "UPDATE documents SET settled_at = NULL WHERE doc = ?1 AND settled_at IS NOT NULL",
        &[&doc],
    )
    .map(drop)
}

pub(crate) fn note_departed(db: &Db, incident: IncidentId) -> Result<()> {
    db.execute(
        "noting what left",
        "INSERT INTO departed (incident) VALUES (?1) ON CONFLICT DO NOTHING",
        &[incident.as_bytes()],
    )
    .map(drop)
}

/// It is here again, or erased.
pub(crate) fn forget_departed(db: &Db, incident: IncidentId) -> Result<()> {
    db.execute(
        "forgetting what left",
        "DELETE FROM departed WHERE incident = ?1",
        &[incident.as_bytes()],
    )
    .map(drop)
}

pub(crate) fn has_left(db: &Db, incident: IncidentId) -> Result<bool> {
    Ok(db
        .one(
            "reading what left",
            "SELECT 1 FROM departed WHERE incident = ?1",
            &[incident.as_bytes()],
            |_| Ok(()),
        )?
        .is_some())
}
