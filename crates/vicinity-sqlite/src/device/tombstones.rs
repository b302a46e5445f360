//! Tombstones of what was erased.

use vicinity_core::ids::IncidentId;

use crate::db::{Db, Result};

/// Whether an incident was erased.
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
