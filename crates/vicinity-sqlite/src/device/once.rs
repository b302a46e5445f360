//! What was logged or attached before is not kept twice, and what the hub has another one of stays apart.

use vicinity_core::guard::Refusal;
use vicinity_core::ids::IncidentId;

use crate::db::{Db, Result};
use crate::device::documents::known;
use crate::device::leaving;
use crate::device::states::{REFUSED, UNSENT};
use crate::device::tombstones;
use crate::device::write_one;
use vicinity_store::StoreError;
use vicinity_store::device::{
    LoggedLine, LoggedLines, Logging, Mark, Once, RUNS_MAX, UNFINISHED_RUNS_MAX, Written,
};

/// Keeps lines, each once.
pub(crate) fn log(db: &Db, logged: &LoggedLines<'_>) -> Result<Logging> {
    let known = logged
        .lines
        .iter()
        .map(|line| line_known(db, line.mark))
        .collect::<Result<Vec<_>>>()?;
    // A line stands for all before it: up to the last one that is known, everything was logged.
    let until = known.iter().rposition(Option::is_some).unwrap_or(0);
    let mut run = logged
        .run
        .or_else(|| known.iter().flatten().next().map(|(_, run)| *run));
    let mut lines = Vec::with_capacity(logged.lines.len());
    for (at, line) in logged.lines.iter().enumerate() {
        lines.push(match (line.mark, known[at]) {
            (Mark::Input(input), _) => with_id(db, line, &input)?,
            (Mark::Line(_), Some((incident, _))) => Once::AlreadyHere(incident),
            (Mark::Line(_), None) if at < until => Once::Gone,
            (Mark::Line(key), None) => {
                let run = match run {
                    Some(run) => run,
                    None => *run.insert(begin_run(db)?),
                };
                keep(db, &line.written, None, Some((run, &key)))?;
                Once::Kept
            }
        });
    }
    let again = match (logged.end, run) {
        (Some(whole), Some(run)) => finish_run(db, run, &whole)?,
        _ => false,
    };
    Ok(Logging { lines, run, again })
}

fn line_known(db: &Db, mark: Mark) -> Result<Option<(IncidentId, i64)>> {
    let Mark::Line(key) = mark else {
        return Ok(None);
    };
    let query = "SELECT incident, run FROM logged JOIN documents USING (doc) WHERE line = ?1";
    db.one("looking for a line", query, &[&key], |row| {
        Ok((IncidentId::from_bytes(row.get(0)?), row.get(1)?))
    })
}

/// A line with an id: whatever was known of that id here decides.
fn with_id(db: &Db, line: &LoggedLine, input: &[u8; 32]) -> Result<Once> {
    let incident = line.written.incident;
    if tombstones::is_erased(db, incident)? {
        return Ok(Once::Erased);
    }
    if let Some(known) = known(db, incident)? {
        let same = db.one(
            "looking for an input",
            "SELECT 1 FROM logged WHERE doc = ?1 AND input = ?2",
            &[&known.doc, input],
            |_| Ok(()),
        )?;
        return Ok(if same.is_some() {
            Once::AlreadyHere(incident)
        } else {
            Once::OtherContent
        });
    }
    if leaving::has_left(db, incident)? {
        return Ok(Once::Left);
    }
    keep(db, &line.written, Some(input), None)?;
    Ok(Once::Kept)
}

fn keep(
    db: &Db,
    written: &Written,
    input: Option<&[u8; 32]>,
    line: Option<(i64, &[u8; 32])>,
) -> Result<()> {
    write_one(db, written)?;
    let query = "INSERT INTO logged (doc, input, run, line) SELECT doc, ?2, ?3, ?4 FROM documents WHERE incident = ?1";
    let (run, line) = (line.map(|(run, _)| run), line.map(|(_, line)| line));
    db.execute(
        "noting what was logged",
        query,
        &[written.incident.as_bytes(), &input, &run, &line],
    )
    .map(drop)
}

/// Begins a run. The oldest ones are forgotten for it.
fn begin_run(db: &Db) -> Result<i64> {
    db.execute(
        "beginning a run",
        "INSERT INTO runs (whole) VALUES (NULL)",
        &[],
    )?;
    let run = db.conn.last_insert_rowid();
    let old = "run <= ?1 OR run IN (SELECT run FROM runs WHERE whole IS NULL ORDER BY run DESC LIMIT -1 OFFSET ?2)";
    let bounds: [&dyn rusqlite::ToSql; 2] = [&(run - RUNS_MAX), &UNFINISHED_RUNS_MAX];
    db.execute(
        "forgetting old runs",
        &format!("UPDATE logged SET run = NULL, line = NULL WHERE {old}"),
        &bounds,
    )?;
    db.execute(
        "forgetting old runs",
        &format!("DELETE FROM runs WHERE {old}"),
        &bounds,
    )?;
    Ok(run)
}

/// Ends a run: its lines are not continued any more. Whether the same ended here before.
fn finish_run(db: &Db, run: i64, whole: &[u8; 32]) -> Result<bool> {
    let again = db.execute(
        "finishing a run",
        "DELETE FROM runs WHERE whole = ?1",
        &[whole],
    )? > 0;
    db.execute(
        "finishing a run",
        "UPDATE runs SET whole = ?2 WHERE run = ?1",
        &[&run, whole],
    )?;
    db.execute(
        "finishing a run",
        "UPDATE logged SET line = NULL WHERE run = ?1 AND line IS NOT NULL",
        &[&run],
    )?;
    Ok(again)
}

/// Forgets what a document was made of, when it goes: its own hashes, and that of a whole run in which it was.
pub(crate) fn forget(db: &Db, doc: i64) -> Result<()> {
    let query = "DELETE FROM runs WHERE whole IS NOT NULL AND run = (SELECT run FROM logged WHERE doc = ?1)";
    db.execute("forgetting what was logged", query, &[&doc])?;
    db.execute(
        "forgetting what was logged",
        "DELETE FROM logged WHERE doc = ?1",
        &[&doc],
    )
    .map(drop)
}

/// The entry of an attachment that an incident has already.
pub(crate) fn attached(db: &Db, incident: IncidentId, hash: &[u8; 32]) -> Result<Option<String>> {
    let query = "SELECT entry FROM statements WHERE doc = (SELECT doc FROM documents WHERE incident = ?1) AND attached = ?2";
    db.one(
        "looking for an attachment",
        query,
        &[incident.as_bytes(), hash],
        |row| row.get(0),
    )
}

/// Refuses an attachment that its incident has.
pub(crate) fn check_attached(db: &Db, written: &Written) -> Result<()> {
    let Some(hash) = &written.attached else {
        return Ok(());
    };
    if attached(db, written.incident, hash)?.is_some() {
        Err(StoreError::AlreadyAttached)
    } else {
        Ok(())
    }
}

/// The hub has another incident under this one's id: nothing of this one is sent any more.
pub(crate) fn set_apart(db: &Db, doc: i64) -> Result<()> {
    let query = "UPDATE changes SET state = ?2, refusal = ?3 WHERE doc = ?1 AND state = ?4";
    db.execute(
        "setting an incident apart",
        query,
        &[&doc, &REFUSED, &Refusal::OtherIncident.code(), &UNSENT],
    )
    .map(drop)
}

/// Whether a document was set apart.
pub(crate) fn is_apart(db: &Db, doc: i64) -> Result<bool> {
    let query = "SELECT 1 FROM changes WHERE doc = ?1 AND refusal = ?2 LIMIT 1";
    Ok(db
        .one(
            "reading refusals",
            query,
            &[&doc, &Refusal::OtherIncident.code()],
            |_| Ok(()),
        )?
        .is_some())
}

/// Incidents that were set apart.
pub(crate) fn apart(db: &Db) -> Result<Vec<IncidentId>> {
    let query = "SELECT DISTINCT incident FROM changes JOIN documents USING (doc) WHERE state = 2 AND refusal = ?1 ORDER BY incident";
    db.all(
        "reading refusals",
        query,
        &[&Refusal::OtherIncident.code()],
        |row| Ok(IncidentId::from_bytes(row.get(0)?)),
    )
}
