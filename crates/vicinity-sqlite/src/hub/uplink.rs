//! What the hub owes national: projections and answers.

use std::collections::BTreeSet;

use vicinity_core::areas::Areas;
use vicinity_core::consent;
use vicinity_core::ids::{IncidentId, ProjectionId};
use vicinity_core::incident::Incident;
use vicinity_core::time::Timestamp;

use crate::db::{Db, Result};
use crate::hub::times;
use crate::hub::times::AtHub;
use vicinity_store::hub::{ProjectionRow, Random, SentProjection};
use vicinity_store::policy;

/// Projections that are worked out again under one commit: another zone changes tens of thousands.
const RECHECKED_MAX: i64 = 5000;

/// Makes a document's projection again, in the transaction that changed the document.
pub(crate) fn project(
    db: &Db,
    doc: i64,
    incident_id: IncidentId,
    incident: &Incident,
    now: Timestamp,
    random: &mut dyn Random,
) -> Result<()> {
    let mut areas = told_areas(db)?;
    let (json, is_new_area) = policy::projected(incident, &mut areas, now);
    if is_new_area {
        db.set_setting(policy::AREAS_MET, Areas::to_text(&areas.met).as_bytes())?;
    }
    let known = db.one(
        "reading a projection",
        "SELECT json FROM projections WHERE doc = ?1",
        &[&doc],
        |row| row.get::<_, Option<String>>(0),
    )?;
    match known {
        None if json.is_none() && !policy::may_be_projected(incident) => {}
        None => {
            let id = *policy::projection_id(&projection_key(db, random)?, incident_id).as_bytes();
            let query = "INSERT INTO projections (doc, projection, version, sent, refused, json) VALUES (?1, ?2, 1, 0, 0, ?3)";
            db.execute("writing a projection", query, &[&doc, &id, &json])?;
        }
        Some(known) if known != json => {
            db.execute(
                "writing a projection",
                "UPDATE projections SET json = ?2, version = version + 1 WHERE doc = ?1",
                &[&doc, &json],
            )?;
        }
        Some(_) => {}
    }
    for (question, answer) in policy::answers(incident) {
        let query = "UPDATE questions SET answer = ?3, reported = 0 WHERE id = ?1 AND doc = ?2 AND answer IS NOT ?3";
        db.execute(
            "noting an answer",
            query,
            &[&question.cast_signed(), &doc, &answer],
        )?;
    }
    Ok(())
}

/// The key of projections' ids; a hub makes it when it is set up, so that every backup has it.
fn projection_key(db: &Db, random: &mut dyn Random) -> Result<Vec<u8>> {
    if let Some(key) = db.setting(policy::PROJECTION_KEY)? {
        return Ok(key);
    }
    let key = random.bytes16().to_vec();
    db.set_setting(policy::PROJECTION_KEY, &key)?;
    Ok(key)
}

pub(crate) fn told_areas(db: &Db) -> Result<Areas> {
    Ok(policy::kept_areas(
        db.setting(policy::AREAS_LISTED)?,
        db.setting(policy::AREAS_MET)?,
    ))
}

/// Forgets the areas that the hub met in incidents that are erased now.
pub(crate) fn forget_areas(db: &Db) -> Result<()> {
    let mut areas = told_areas(db)?;
    let codes: Vec<String> = db.all(
        "reading areas",
        "SELECT DISTINCT area FROM board WHERE area <> ''",
        &[],
        |row| row.get(0),
    )?;
    if areas.keep_only(codes.iter().map(String::as_str)) {
        db.set_setting(policy::AREAS_MET, Areas::to_text(&areas.met).as_bytes())
    } else {
        Ok(())
    }
}

pub(crate) fn list_areas(
    db: &mut Db,
    listed: &BTreeSet<String>,
    now: Timestamp,
    random: &mut dyn Random,
) -> Result<Vec<u64>> {
    db.set_setting(policy::AREAS_LISTED, Areas::to_text(listed).as_bytes())?;
    let (mut damaged, mut last) = (Vec::new(), i64::MIN);
    loop {
        let query = "SELECT doc, incident, facts, disputes, times, first_at FROM documents JOIN projections USING (doc) WHERE json IS NOT NULL AND doc > ?1 ORDER BY doc LIMIT ?2";
        let some: Vec<Kept> = db.all("reading rows", query, &[&last, &ANEW_ROWS], kept)?;
        let Some((doc, ..)) = some.last() else {
            return Ok(damaged);
        };
        last = *doc;
        damaged.extend(project_again(db, some, now, random)?);
    }
}

/// Documents that are read at once to make their projections again.
const ANEW_ROWS: i64 = 200;

/// A document's number, its incident, and its row.
type Kept = (i64, [u8; 16], AtHub);

fn kept(row: &rusqlite::Row<'_>) -> rusqlite::Result<Kept> {
    Ok((row.get(0)?, row.get(1)?, AtHub::read(row, 2)?))
}

pub(crate) fn recheck_consents(
    db: &mut Db,
    now: Timestamp,
    random: &mut dyn Random,
) -> Result<Vec<u64>> {
    // Also what had ended by a clock that shows an earlier time again. Consents that end come before what is only worked out again.
    let query = include_str!("../../queries/hub_uplink_recheck_consents.sql");
    let due = db.all(
        "reading consents that end",
        query,
        &[&now.as_second(), &RECHECKED_MAX],
        kept,
    )?;
    project_again(db, due, now, random)
}

/// Makes the projections of documents again. Gives the numbers of those whose rows cannot be read.
fn project_again(
    db: &mut Db,
    due: Vec<Kept>,
    now: Timestamp,
    random: &mut dyn Random,
) -> Result<Vec<u64>> {
    let zone = times::zone(db)?;
    let mut damaged = Vec::new();
    for (doc, id, row) in due {
        // What consent a row that cannot be read still gives, is unknown: it is withdrawn, and nobody else waits for it.
        let Ok(incident) = row.incident(zone.as_ref()) else {
            let query = "UPDATE projections SET json = NULL, version = version + 1 WHERE doc = ?1 AND json IS NOT NULL";
            db.execute("taking a projection back", query, &[&doc])?;
            db.execute(
                "passing a damaged row",
                "UPDATE documents SET recheck_at = NULL, ended_at = NULL WHERE doc = ?1",
                &[&doc],
            )?;
            damaged.push(doc.cast_unsigned());
            continue;
        };
        project(db, doc, IncidentId::from_bytes(id), &incident, now, random)?;
        let (next, last) = (
            consent::next_expiry(&incident, now),
            consent::last_expiry(&incident, now),
        );
        let (next, last) = (
            next.map(Timestamp::as_second),
            last.map(Timestamp::as_second),
        );
        db.execute(
            "writing a document",
            "UPDATE documents SET recheck_at = ?2, ended_at = ?3 WHERE doc = ?1",
            &[&doc, &next, &last],
        )?;
    }
    Ok(damaged)
}

pub(crate) fn unsent(db: &Db, max: usize) -> Result<Vec<ProjectionRow>> {
    let query = "SELECT projection, version, json FROM projections WHERE sent < version ORDER BY doc LIMIT ?1";
    db.all("reading projections", query, &[&(max as i64)], |row| {
        Ok(ProjectionRow {
            projection: ProjectionId::from_bytes(row.get(0)?),
            version: row.get::<_, i64>(1)?.cast_unsigned(),
            json: row.get(2)?,
        })
    })
}

pub(crate) fn sent(db: &mut Db, rows: &[SentProjection]) -> Result<()> {
    for row in rows {
        let (id, version) = (row.projection.as_bytes(), row.version.cast_signed());
        match row
            .held
            .and_then(|held| policy::version_above(held, row.version))
        {
            Some(above) => {
                let query = "UPDATE projections SET version = ?2 WHERE projection = ?1 AND version < ?2 AND sent < ?2 - 1";
                db.execute(
                    "going above national's version",
                    query,
                    &[id, &above.cast_signed()],
                )?;
            }
            None => {
                let refused = row.held.is_none_or(|held| held > row.version);
                let query = "UPDATE projections SET sent = max(sent, ?2), refused = refused + ?3 WHERE projection = ?1";
                db.execute(
                    "noting a projection",
                    query,
                    &[id, &version, &i64::from(refused)],
                )?;
                // National needs nothing more about an erased incident.
                let query = "DELETE FROM projections WHERE projection = ?1 AND json IS NULL AND sent >= version AND doc NOT IN (SELECT doc FROM documents)";
                db.execute("forgetting a projection", query, &[id])?;
            }
        }
    }
    Ok(())
}
