//! Statements on the device: plain until the hub may have them, then sealed, then gone.

use vicinity_core::ids::IncidentId;

use crate::db::{Db, Result, sql};
use crate::device::SqliteDevice;
use crate::device::once;
use crate::device::states::HELD_BY_HUB;
use vicinity_store::statement::{Carried, DeviceStatements, PlainStatement, WaitingBlob};

/// A batch's statements are unsealed again.
fn let_go(db: &Db, number: i64) -> Result<()> {
    db.execute(
        "forgetting a batch",
        "UPDATE statements SET blob = NULL, place = NULL WHERE blob = ?1",
        &[&number],
    )?;
    db.execute(
        "forgetting a batch",
        "DELETE FROM blobs WHERE id = ?1",
        &[&number],
    )
    .map(drop)
}

/// Batches that hold a statement of this document are no more: what else is in them is sealed again.
pub(crate) fn unseal_all_of(db: &Db, doc: i64) -> Result<()> {
    let query = "SELECT DISTINCT blob FROM statements WHERE doc = ?1 AND blob IS NOT NULL";
    db.all("reading batches", query, &[&doc], |row| {
        row.get::<_, i64>(0)
    })?
    .into_iter()
    .try_for_each(|number| let_go(db, number))
}

fn waiting_blob(row: &rusqlite::Row<'_>) -> rusqlite::Result<WaitingBlob> {
    Ok(WaitingBlob {
        number: row.get(0)?,
        hash: row.get(1)?,
        total: row.get::<_, i64>(2)?.cast_unsigned(),
        begun: row.get(3)?,
    })
}

impl DeviceStatements for SqliteDevice {
    fn unsealed(
        &mut self,
        max_bytes: usize,
        max_statements: usize,
        not: &[IncidentId],
    ) -> Result<Vec<PlainStatement>> {
        let step = "reading statements";
        let query = include_str!("../../queries/device_statements_unsealed.sql");
        let mut statement = sql(step, self.db.conn.prepare_cached(query))?;
        let mut rows = sql(step, statement.query([HELD_BY_HUB]))?;
        let (mut taken, mut bytes): (Vec<PlainStatement>, usize) = (Vec::new(), 0);
        while let Some(row) = sql(step, rows.next())? {
            let (incident, entry, class): ([u8; 16], String, String) = (
                sql(step, row.get(0))?,
                sql(step, row.get(1))?,
                sql(step, row.get(2))?,
            );
            let (length, id): (i64, i64) = (sql(step, row.get(3))?, sql(step, row.get(4))?);
            let incident = IncidentId::from_bytes(incident);
            if not.contains(&incident) {
                continue;
            }
            bytes += usize::try_from(length).unwrap_or(usize::MAX / 2);
            if !taken.is_empty() && (bytes > max_bytes || taken.len() >= max_statements) {
                break;
            }
            let body = self
                .db
                .one(
                    step,
                    "SELECT body FROM statements WHERE id = ?1",
                    &[&id],
                    |row| row.get::<_, Option<Vec<u8>>>(0),
                )?
                .flatten();
            taken.extend(body.map(|body| PlainStatement {
                incident,
                entry,
                class,
                body,
            }));
        }
        Ok(taken)
    }

    fn keep_blob(
        &mut self,
        hash: [u8; 32],
        blob: &[u8],
        statements: &[(IncidentId, String)],
    ) -> Result<()> {
        self.db.immediate(|db| {
            db.execute("keeping a batch", "INSERT INTO blobs (hash, begun, bytes) VALUES (?1, 0, ?2)", &[&hash, &blob])?;
            let number = db.conn.last_insert_rowid();
            let query = "UPDATE statements SET blob = ?3, place = ?4 WHERE doc = (SELECT doc FROM documents WHERE incident = ?1) AND entry = ?2";
            (0i64..)
                .zip(statements)
                .try_for_each(|(place, (incident, entry))| db.execute("keeping a batch", query, &[incident.as_bytes(), entry, &number, &place]).map(drop))
        })
    }

    fn next_blob(&mut self) -> Result<Option<WaitingBlob>> {
        self.db.one(
            "reading a batch",
            "SELECT id, hash, length(bytes), begun FROM blobs ORDER BY length(bytes), id LIMIT 1",
            &[],
            waiting_blob,
        )
    }

    fn waiting_blobs(&mut self) -> Result<Vec<WaitingBlob>> {
        self.db.all(
            "reading batches",
            "SELECT id, hash, length(bytes), begun FROM blobs ORDER BY length(bytes), id",
            &[],
            waiting_blob,
        )
    }

    fn blob_piece(&mut self, number: i64, offset: u64, max_bytes: usize) -> Result<Vec<u8>> {
        self.db.execute(
            "noting a batch",
            "UPDATE blobs SET begun = 1 WHERE id = ?1 AND begun = 0",
            &[&number],
        )?;
        let from = i64::try_from(offset).unwrap_or(i64::MAX - 1) + 1;
        let piece = self.db.one(
            "reading a batch",
            "SELECT substr(bytes, ?2, ?3) FROM blobs WHERE id = ?1",
            &[&number, &from, &(max_bytes as i64)],
            |row| row.get(0),
        )?;
        Ok(piece.unwrap_or_default())
    }

    fn blob_delivered(&mut self, number: i64, refused: &[u32], forget: bool) -> Result<u64> {
        self.db.immediate(|db| {
            for place in refused {
                db.execute("noting a refusal", "UPDATE statements SET blob = NULL, place = NULL WHERE blob = ?1 AND place = ?2", &[&number, place])?;
            }
            let query = "UPDATE statements SET delivered = 1, body = CASE WHEN ?2 THEN NULL ELSE body END WHERE blob = ?1";
            let settling = "UPDATE documents SET settled_at = NULL WHERE doc IN (SELECT doc FROM statements WHERE blob = ?1)";
            db.execute("noting a delivery", settling, &[&number])?;
            let delivered = db.execute("noting a delivery", query, &[&number, &forget])?;
            let_go(db, number)?;
            Ok(delivered as u64)
        })
    }

    fn unseal_blob(&mut self, number: i64) -> Result<()> {
        self.db.immediate(|db| let_go(db, number))
    }

    fn attached(&mut self, incident: IncidentId, hash: [u8; 32]) -> Result<Option<String>> {
        once::attached(&self.db, incident, &hash)
    }

    fn carried(&mut self, incident: IncidentId) -> Result<Vec<(String, Carried)>> {
        let query = "SELECT entry, delivered, blob IS NOT NULL FROM statements WHERE doc = (SELECT doc FROM documents WHERE incident = ?1) ORDER BY entry";
        self.db
            .all("reading statements", query, &[incident.as_bytes()], |row| {
                let carried = match (row.get::<_, bool>(1)?, row.get::<_, bool>(2)?) {
                    (true, _) => Carried::Delivered,
                    (false, true) => Carried::Sealed,
                    (false, false) => Carried::Plain,
                };
                Ok((row.get(0)?, carried))
            })
    }
}
