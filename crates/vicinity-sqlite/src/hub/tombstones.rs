//! Tombstones of what was erased, and orders to devices to erase it.

use vicinity_core::ids::IncidentId;
use vicinity_store::hub::Peer;

use crate::db::{Db, Result};

/// The setting that says that the log beside the database may hold pages from before an erasure.
pub(crate) const LOG_HOLDS_ERASED: &str = "log_holds_erased";

pub(crate) fn is_erased(db: &Db, incident: IncidentId) -> Result<bool> {
    Ok(db
        .one(
            "reading tombstones",
            "SELECT 1 FROM tombstones WHERE incident = ?1",
            &[incident.as_bytes()],
            |_| Ok(()),
        )?
        .is_some())
}

pub(crate) fn order(db: &Db, incident: IncidentId, peer: &Peer) -> Result<usize> {
    let query =
        "INSERT INTO erase_orders (device, incident) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    db.execute(
        "ordering an erasure",
        query,
        &[&peer.number, incident.as_bytes()],
    )
}

/// A device shows that it holds what was erased: whatever it confirmed, it learns again.
pub(crate) fn order_again(db: &Db, incident: IncidentId, peer: &Peer) -> Result<()> {
    order(db, incident, peer)?;
    let query =
        "DELETE FROM erase_receipts WHERE device = ?1 AND incarnation = ?2 AND incident = ?3";
    db.execute(
        "ordering an erasure",
        query,
        &[
            &peer.number,
            &peer.incarnation.cast_signed(),
            incident.as_bytes(),
        ],
    )
    .map(drop)
}
