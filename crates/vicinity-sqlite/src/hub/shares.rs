//! What each device has at the hub, moved in the transaction that moves the thing itself.

use vicinity_core::ids::IncidentId;

use crate::db::{Db, Result};
use vicinity_store::hub::{LASTING_ROW_BYTES, REFUSED_ROW_BYTES};

pub(crate) fn stored(db: &Db, device: u32) -> Result<u64> {
    let bytes = db.one(
        "reading a device",
        "SELECT stored_bytes FROM devices WHERE number = ?1",
        &[&device],
        |row| row.get::<_, i64>(0),
    )?;
    Ok(bytes.unwrap_or(0).max(0).cast_unsigned())
}

pub(crate) fn refused(db: &Db, device: u32) -> Result<u64> {
    let bytes = db.one(
        "reading a device",
        "SELECT refused_bytes FROM devices WHERE number = ?1",
        &[&device],
        |row| row.get::<_, i64>(0),
    )?;
    Ok(bytes.unwrap_or(0).max(0).cast_unsigned())
}

/// The hub itself is no device: it has no share.
pub(crate) fn move_stored(db: &Db, device: u32, bytes: i64) -> Result<()> {
    if bytes == 0 {
        return Ok(());
    }
    let query = "UPDATE devices SET stored_bytes = stored_bytes + ?2 WHERE number = ?1";
    db.execute("noting a device's share", query, &[&device, &bytes])
        .map(drop)
}

pub(crate) fn move_refused(db: &Db, device: u32, bytes: i64) -> Result<()> {
    let query = "UPDATE devices SET refused_bytes = refused_bytes + ?2 WHERE number = ?1";
    db.execute("noting a device's share", query, &[&device, &bytes])
        .map(drop)
}

/// Counts what stays permanently of something that passes.
pub(crate) fn note_lasting(db: &Db, device: u32, rows: usize) -> Result<()> {
    move_stored(db, device, (rows as u64 * LASTING_ROW_BYTES).cast_signed())
}

/// Gives back what an incident took, before it goes.
pub(crate) fn give_back(db: &Db, incident: IncidentId, doc: Option<i64>) -> Result<()> {
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, u32>(0)?, row.get::<_, i64>(1)?));
    let query = include_str!("../../queries/hub_shares_give_back.sql");
    for (device, bytes) in db.all("reading shares", query, &[incident.as_bytes(), &doc], read)? {
        move_stored(db, device, -bytes)?;
    }
    let query = "SELECT device, sum(length(chunk) + ?2) FROM quarantine WHERE incident = ?1 GROUP BY device";
    for (device, bytes) in db.all(
        "reading shares",
        query,
        &[incident.as_bytes(), &REFUSED_ROW_BYTES.cast_signed()],
        read,
    )? {
        move_refused(db, device, -bytes)?;
    }
    Ok(())
}
