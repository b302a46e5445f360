//! Erasing at the hub: nothing of an incident stays but a tombstone, and everybody who may hold it learns.

use std::collections::BTreeMap;

use vicinity_core::ids::{IncidentId, ScopeDigest};
use vicinity_core::time::Timestamp;

use crate::db::{Db, Result};
use crate::hub::evidence;
use crate::hub::scope::move_digests;
use crate::hub::shares;
use crate::hub::statements;
use crate::hub::tables;
use crate::hub::tombstones::{LOG_HOLDS_ERASED, is_erased, order};
use crate::hub::uplink;
use vicinity_store::StoreError;
use vicinity_store::hub::{ErasurePlace, ErasureRow, Peer, RECEIPTS_MAX, Role};
use vicinity_store::policy;
use vicinity_store::policy::holding::{self, Holders, Orders};
use vicinity_store::row;

pub(crate) fn erase(db: &mut Db, incident: IncidentId, now: Timestamp) -> Result<bool> {
    // None of it can have come since.
    if is_erased(db, incident)? {
        return Ok(true);
    }
    let doc = statements::doc_of(db, incident)?;
    order_holders(db, incident, doc)?;
    erase_ordered(db, incident, now)
}

/// Erases what its survivor withdrew, as a device says, in whose share stays what stays of it.
pub(crate) fn recall(
    db: &mut Db,
    incident: IncidentId,
    peer: &Peer,
    is_new: bool,
    now: Timestamp,
) -> Result<()> {
    let orders = match holding::holders(is_new, is_restored(db)?) {
        Holders::Sender => order(db, incident, peer)?,
        Holders::Everybody => {
            let doc = statements::doc_of(db, incident)?;
            order_holders(db, incident, doc)?
        }
    };
    erase_ordered(db, incident, now)?;
    shares::note_lasting(db, peer.number, 1 + orders)
}

fn is_restored(db: &Db) -> Result<bool> {
    Ok(db.setting(policy::RESTORED)?.is_some())
}

fn erase_ordered(db: &mut Db, incident: IncidentId, now: Timestamp) -> Result<bool> {
    let id = incident.as_bytes();
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?));
    let found = db.one(
        "reading a document",
        "SELECT doc, heads FROM documents WHERE incident = ?1",
        &[id],
        read,
    )?;
    let doc = found.as_ref().map(|(doc, _)| *doc);
    let envelopes = evidence::holding(db, incident, doc)?;
    shares::give_back(db, incident, doc)?;
    statements::forget_under_way(db, doc)?;
    retract(db, incident, doc)?;
    if let Some((doc, heads)) = &found {
        move_digests(
            db,
            *doc,
            ScopeDigest::term(incident, &row::heads(heads)),
            ScopeDigest::default(),
        )?;
        for query in [
            // Each by its own index.
            "UPDATE feed SET kind = 3, doc = 0, device = 0, received_at = 0 WHERE kind <> 0 AND doc = ?1",
            include_str!("../../queries/hub_erase_erase_ordered.sql"),
            "DELETE FROM scope WHERE doc = ?1",
            "DELETE FROM departed WHERE doc = ?1",
            "DELETE FROM statements WHERE doc = ?1",
            "DELETE FROM questions WHERE doc = ?1",
            "DELETE FROM board WHERE doc = ?1",
            "DELETE FROM desk_changes WHERE doc = ?1",
            "DELETE FROM links WHERE doc = ?1",
            "DELETE FROM documents WHERE doc = ?1",
        ] {
            db.execute("erasing a document", query, &[doc])?;
        }
        tables::forget(db, *doc)?;
        uplink::forget_areas(db)?;
    }
    // Who was led to its page.
    let page = format!("/incident/{incident}");
    db.execute(
        "erasing a form's place",
        "DELETE FROM forms WHERE substr(place, 1, ?2) = ?1",
        &[&page, &(page.len() as i64)],
    )?;
    let waited = db.execute(
        "erasing what waited",
        "DELETE FROM waiting WHERE incident = ?1",
        &[id],
    )?;
    let refused = db.execute(
        "erasing what was refused",
        "DELETE FROM quarantine WHERE incident = ?1",
        &[id],
    )?;
    envelopes
        .into_iter()
        .try_for_each(|envelope| evidence::cut(db, envelope))?;
    db.execute(
        "keeping a tombstone",
        "INSERT INTO tombstones (incident, erased_at) VALUES (?1, ?2)",
        &[id, &now.as_second()],
    )?;
    db.set_setting(LOG_HOLDS_ERASED, &[1])?;
    Ok(doc.is_some() || waited + refused > 0)
}

/// Orders everybody who ever sent or was given anything of it, and every responder, to erase it. A revoked device may hold it
/// still, until it is wiped: it is listed, though it is never asked.
fn order_holders(db: &Db, incident: IncidentId, doc: Option<i64>) -> Result<usize> {
    let query = include_str!("../../queries/hub_erase_order_holders.sql");
    db.execute("ordering an erasure", query, &[incident.as_bytes(), &doc])
}

/// Withdraws the projection.
fn retract(db: &Db, incident: IncidentId, doc: Option<i64>) -> Result<()> {
    let is_unsure = holding::may_be_at_national(doc.is_some(), is_restored(db)?);
    let query = "UPDATE projections SET json = NULL, version = version + 1 WHERE doc = ?1 AND (json IS NOT NULL OR ?2)";
    db.execute("taking a projection back", query, &[&doc, &is_unsure])?;
    db.execute(
        "forgetting a projection",
        "DELETE FROM projections WHERE doc = ?1 AND json IS NULL AND sent >= version",
        &[&doc],
    )?;
    // Without the key nothing was ever projected.
    if let Some(key) = db.setting(policy::PROJECTION_KEY)?.filter(|_| is_unsure) {
        let projection = policy::projection_id(&key, incident);
        let query = include_str!("../../queries/hub_erase_retract.sql");
        db.execute(
            "taking a projection back",
            query,
            &[&doc, projection.as_bytes()],
        )?;
    }
    Ok(())
}

pub(crate) fn confirm(
    db: &mut Db,
    peer: &Peer,
    incidents: &[IncidentId],
    now: Timestamp,
) -> Result<()> {
    for incident in incidents {
        // The hub was restored from before the erasure, and learns of it here.
        erase(db, *incident, now)?;
        order(db, *incident, peer)?;
        let query = "INSERT INTO erase_receipts (device, incarnation, incident, confirmed_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
        if db.execute(
            "keeping a receipt",
            query,
            &[
                &peer.number,
                &peer.incarnation.cast_signed(),
                incident.as_bytes(),
                &now.as_second(),
            ],
        )? == 1
        {
            // A life whose receipt is gone is asked again.
            let newest = "SELECT incarnation FROM erase_receipts WHERE device = ?1 AND incident = ?2 ORDER BY confirmed_at DESC, incarnation LIMIT ?3";
            let query = format!(
                "DELETE FROM erase_receipts WHERE device = ?1 AND incident = ?2 AND incarnation NOT IN ({newest})"
            );
            db.execute(
                "forgetting receipts",
                &query,
                &[&peer.number, incident.as_bytes(), &(RECEIPTS_MAX as i64)],
            )?;
        }
    }
    // What it was bringing may hold statements of these; it seals the others again.
    statements::forget_under_way_of(db, peer.number)
}

pub(crate) fn orders(db: &Db, peer: &Peer, max: usize) -> Result<Vec<IncidentId>> {
    let all = "SELECT incident FROM tombstones";
    let own = "SELECT incident FROM erase_orders WHERE device = ?1";
    let from = match holding::orders(is_restored(db)?) {
        Orders::Every => all,
        Orders::Own => own,
    };
    let query = format!(
        "{from} EXCEPT SELECT incident FROM erase_receipts WHERE device = ?1 AND incarnation = ?2 LIMIT ?3"
    );
    let params: [&dyn rusqlite::ToSql; 3] =
        [&peer.number, &peer.incarnation.cast_signed(), &(max as i64)];
    db.all("reading orders", &query, &params, |row| {
        Ok(IncidentId::from_bytes(row.get(0)?))
    })
}

pub(crate) fn erasures(db: &Db) -> Result<Vec<ErasureRow>> {
    type Place = ([u8; 16], u32, String, Option<i64>, Option<i64>, bool);
    let query = include_str!("../../queries/hub_erase_erasures.sql");
    let read = |row: &rusqlite::Row<'_>| {
        Ok((
            row.get(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(5)?,
            row.get(4)?,
        ))
    };
    let found: Vec<Place> = db.all("reading erasures", query, &[], read)?;
    let time = |second: Option<i64>| second.and_then(|second| Timestamp::from_second(second).ok());
    let mut places: BTreeMap<[u8; 16], Vec<ErasurePlace>> = BTreeMap::new();
    for (incident, device, role, last_seen, confirmed_at, revoked) in found {
        let role = Role::from_code(&role).ok_or(StoreError::Damaged("device"))?;
        let place = ErasurePlace {
            device,
            role,
            confirmed_at: time(confirmed_at),
            last_seen: time(last_seen),
            revoked,
        };
        places.entry(incident).or_default().push(place);
    }
    let key = db.setting(policy::PROJECTION_KEY)?;
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, i64>(1)?));
    let tombstones = db.all(
        "reading erasures",
        "SELECT incident, erased_at FROM tombstones ORDER BY erased_at, incident",
        &[],
        read,
    )?;
    let row = |(id, erased_at): ([u8; 16], i64)| {
        let incident = IncidentId::from_bytes(id);
        let projection = key
            .as_ref()
            .map(|key| *policy::projection_id(key, incident).as_bytes());
        let owes = db
            .one(
                "reading a projection",
                "SELECT 1 FROM projections WHERE projection = ?1",
                &[&projection],
                |_| Ok(()),
            )?
            .is_some();
        let erased_at = time(Some(erased_at)).ok_or(StoreError::Damaged("tombstone"))?;
        Ok(ErasureRow {
            incident,
            erased_at,
            national_owes: owes,
            places: places.remove(&id).unwrap_or_default(),
        })
    };
    tombstones.into_iter().map(row).collect()
}

/// Deletes the keys of what was erased, and empties the logs if they may hold pages from before; what cannot be done now is
/// done later, and a crash in between is made up for when the hub is opened.
pub(crate) fn finish(db: &mut Db, keys: &mut Db) -> Result<()> {
    if !db.conn.is_autocommit() || db.setting(LOG_HOLDS_ERASED)?.is_none() {
        return Ok(());
    }
    let erased = db.all(
        "reading tombstones",
        "SELECT incident FROM tombstones",
        &[],
        |row| row.get::<_, [u8; 16]>(0),
    )?;
    keys.immediate(|keys| {
        erased.iter().try_for_each(|incident| {
            keys.execute(
                "erasing keys",
                "DELETE FROM keys WHERE incident = ?1",
                &[incident],
            )
            .map(drop)
        })?;
        keys.execute(
            "erasing batches' keys",
            "DELETE FROM wraps WHERE NOT EXISTS (SELECT 1 FROM keys WHERE keys.wrap = wraps.id)",
            &[],
        )
        .map(drop)
    })?;
    if !keys.truncate_log()? || !db.truncate_log()? {
        return Ok(());
    }
    db.execute(
        "noting that the log is empty",
        "DELETE FROM meta WHERE key = ?1",
        &[&LOG_HOLDS_ERASED],
    )
    .map(drop)
}
