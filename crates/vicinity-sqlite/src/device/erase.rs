//! Erasing on a device, by its hub's order.

use vicinity_core::batch::Erasure;
use vicinity_core::ids::{IncidentId, ScopeDigest};

use crate::db::{Db, Result};
use crate::device::documents::{known, move_digest};
use crate::device::leaving;
use crate::device::once;
use crate::device::statements;
use vicinity_store::StoreError;

/// Erases everything of these, unsent work too, and keeps tombstones; how many were here.
pub(crate) fn erase(db: &Db, erasures: &[Erasure]) -> Result<u64> {
    let mut held = 0;
    for Erasure { incident, proof } in erasures {
        if let Some(known) = known(db, *incident)? {
            held += 1;
            move_digest(db, known.term, ScopeDigest::default())?;
            statements::unseal_all_of(db, known.doc)?;
            once::forget(db, known.doc)?;
            for query in [
                "DELETE FROM changes WHERE doc = ?1",
                "DELETE FROM statements WHERE doc = ?1",
                "DELETE FROM unhashed_codes WHERE doc = ?1",
                "DELETE FROM documents WHERE doc = ?1",
            ] {
                db.execute("erasing a document", query, &[&known.doc])?;
            }
        }
        leaving::forget_departed(db, *incident)?;
        db.execute(
            "erasing what waited",
            "DELETE FROM waiting WHERE incident = ?1",
            &[incident.as_bytes()],
        )?;
        let query = "INSERT INTO tombstones (incident, proof, told) VALUES (?1, ?2, 0) ON CONFLICT (incident) DO UPDATE SET told = 0";
        db.execute("keeping a tombstone", query, &[incident.as_bytes(), proof])?;
    }
    Ok(held)
}

pub(crate) fn note_told(db: &Db, told: &[IncidentId]) -> Result<()> {
    let note = |incident: &IncidentId| {
        db.execute(
            "noting a receipt",
            "UPDATE tombstones SET told = 1 WHERE incident = ?1",
            &[incident.as_bytes()],
        )
        .map(drop)
    };
    told.iter().try_for_each(note)
}

pub(crate) fn untold(db: &Db, again: bool, max: usize) -> Result<Vec<Erasure>> {
    if again {
        db.execute(
            "beginning anew",
            "UPDATE tombstones SET told = 0 WHERE told <> 0",
            &[],
        )?;
    }
    let query = "SELECT incident, proof FROM tombstones WHERE told = 0 ORDER BY incident LIMIT ?1";
    let rows = db.all("reading tombstones", query, &[&(max as i64)], |row| {
        Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, Vec<u8>>(1)?))
    })?;
    let erasure = |(incident, proof): ([u8; 16], Vec<u8>)| {
        let proof = proof
            .try_into()
            .map_err(|_| StoreError::Damaged("tombstone"))?;
        Ok(Erasure {
            incident: IncidentId::from_bytes(incident),
            proof,
        })
    };
    rows.into_iter().map(erasure).collect()
}
