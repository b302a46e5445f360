//! Which device may see which incident, and the digests that both ends compare.

use vicinity_core::ids::{IncidentId, ScopeDigest};
use vicinity_core::time::Timestamp;
use vicinity_store::policy;

use crate::db::{Db, Result, digest_of};
use crate::hub::feed::{KIND_ENTERED, KIND_LEFT, append_scope};

pub(crate) fn in_scope(db: &Db, doc: i64, device: u32) -> Result<bool> {
    Ok(db
        .one(
            "reading scope",
            "SELECT 1 FROM scope WHERE doc = ?1 AND device = ?2",
            &[&doc, &device],
            |_| Ok(()),
        )?
        .is_some())
}

/// Whether a restore may have taken this document out of the device's scope: nobody took it back, as far as the hub knows.
pub(crate) fn lost_scope(db: &Db, doc: i64, device: u32) -> Result<bool> {
    if db.setting(policy::RESTORED)?.is_none() {
        return Ok(false);
    }
    let query = "SELECT kind FROM feed WHERE kind <> 0 AND doc = ?1 AND device = ?2 ORDER BY seq DESC LIMIT 1";
    let last = db.one("reading scope", query, &[&doc, &device], |row| {
        row.get::<_, i64>(0)
    })?;
    Ok(last != Some(KIND_LEFT))
}

/// Lets a document into a device's scope.
pub(crate) fn enter(
    db: &Db,
    doc: i64,
    incident: IncidentId,
    device: u32,
    term: ScopeDigest,
    now: Timestamp,
) -> Result<()> {
    db.execute(
        "writing scope",
        "INSERT INTO scope (doc, device) VALUES (?1, ?2)",
        &[&doc, &device],
    )?;
    move_device_digest(db, device, ScopeDigest::default(), term)?;
    append_scope(db, doc, incident, device, KIND_ENTERED, now)
}

/// Takes a document out of a device's scope.
pub(crate) fn leave(
    db: &Db,
    doc: i64,
    incident: IncidentId,
    device: u32,
    term: ScopeDigest,
    now: Timestamp,
) -> Result<()> {
    db.execute(
        "writing scope",
        "DELETE FROM scope WHERE doc = ?1 AND device = ?2",
        &[&doc, &device],
    )?;
    move_device_digest(db, device, term, ScopeDigest::default())?;
    append_scope(db, doc, incident, device, KIND_LEFT, now)
}

/// Everyone who sees the document sees its digest move.
pub(crate) fn move_digests(db: &Db, doc: i64, old: ScopeDigest, new: ScopeDigest) -> Result<()> {
    let all = digest_of(db.setting("digest")?)?.replace(old, new);
    db.set_setting("digest", &all.0.to_be_bytes())?;
    for device in db.all(
        "reading scope",
        "SELECT device FROM scope WHERE doc = ?1",
        &[&doc],
        |row| row.get::<_, u32>(0),
    )? {
        move_device_digest(db, device, old, new)?;
    }
    Ok(())
}

fn move_device_digest(db: &Db, device: u32, old: ScopeDigest, new: ScopeDigest) -> Result<()> {
    let digest = db.one(
        "reading a digest",
        "SELECT digest FROM devices WHERE number = ?1",
        &[&device],
        |row| row.get(0),
    )?;
    let digest = digest_of(digest)?.replace(old, new).0.to_be_bytes();
    db.execute(
        "writing a digest",
        "UPDATE devices SET digest = ?2 WHERE number = ?1",
        &[&device, &digest],
    )
    .map(drop)
}
