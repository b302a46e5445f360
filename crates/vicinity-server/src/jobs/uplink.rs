//! From hub to national: what consent allows goes up, questions come down. A hub works without it; what waits, waits.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use vicinity_core::codes;
use vicinity_core::edit::Edit;
use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;
use vicinity_store::board::BoardStore;
use vicinity_store::hub::{HubStore, Role, SentProjection};
use vicinity_store::tables::TableChanges;
use vicinity_sync::enrol::EnrolLink;
use vicinity_sync::pins::Pins;
use vicinity_sync::uplink::{
    self, AnswerRow, Question, ReachedRow, Reply, Report, Row, UPLINK_PATH,
};

use crate::jobs::clock::{Clock, ClockReading};
use crate::jobs::upstream::{self, Life, UpstreamError};
use crate::machine::Machine;
use crate::net::live::Live;
use crate::storage::advocacy;
use crate::storage::alerts;
use crate::storage::hub_edits::{self, HubEditError};
use crate::storage::tables::{self, Upload};
use crate::storage::writer::Writer;

/// Rows of one report.
const ROWS: usize = 500;
/// Seconds between contacts when nothing changed: questions come down by them.
const IDLE_SECONDS: u64 = 15;

/// A hub's way up.
#[derive(Clone)]
pub struct Uplink {
    /// Its store.
    pub writer: Writer<dyn BoardStore>,
    /// Clock and randomness.
    pub machine: Machine,
    /// The clock: while it is in doubt nothing goes up.
    pub clock: Clock,
    /// Told when something may have to go up.
    pub changed: Arc<Notify>,
    /// Tells browsers of what came down.
    pub live: Live,
}

/// Contacts national whenever something changed, and every 15 seconds. Runs until aborted.
pub async fn run(uplink: Uplink, link: Option<EnrolLink>) {
    let mut life = Life::new(&uplink.machine);
    let (mut failures, mut has_told) = (0u32, false);
    loop {
        let pause = match contact(&uplink, link.as_ref(), &mut life, &mut has_told).await {
            Ok(Some(contact)) => {
                failures = 0;
                if contact.questions > 0 {
                    uplink.live.tell();
                }
                if contact.rows + contact.questions > 0 {
                    tracing::info!(
                        rows = contact.rows,
                        questions = contact.questions,
                        "national"
                    );
                }
                IDLE_SECONDS
            }
            Ok(None) => return,
            Err(error) => {
                if matches!(error, UpstreamError::Revoked) {
                    // If this fails, the next contact learns it again.
                    upstream::note_revoked(&uplink.writer).await.ok();
                }
                failures += 1;
                tracing::warn!(%error, failures, "national");
                upstream::backoff(failures, &error)
            }
        };
        let waited =
            tokio::time::timeout(Duration::from_secs(pause), uplink.changed.notified()).await;
        if waited.is_ok() && failures > 0 {
            tokio::time::sleep(Duration::from_secs(pause)).await;
        }
    }
}

/// What a contact moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Contact {
    rows: usize,
    questions: usize,
}

async fn contact(
    uplink: &Uplink,
    link: Option<&EnrolLink>,
    life: &mut Life,
    has_told: &mut bool,
) -> Result<Option<Contact>, UpstreamError> {
    let Some(mut upstream) =
        upstream::enrolled(&uplink.writer, &uplink.machine, link, Role::Hub.code()).await?
    else {
        return Ok(None);
    };
    let mut moved = Contact::default();
    let mut received = Vec::new();
    let (mut with_alerts, mut with_log) = (false, false);
    // All months once a process: national may have been restored from a backup that lacks them.
    let with_reached = !*has_told;
    let mut upload = None;
    loop {
        let ClockReading { now, doubt } = uplink.clock.read();
        if doubt.is_some() {
            return Ok(Some(moved));
        }
        if upload.is_none() {
            let due = uplink.writer.step(move |store| tables::due(store, now));
            upload = Some(due.await??.unwrap_or_default());
        }
        let part = upload.as_mut().and_then(Upload::next_part);
        let is_part = part.is_some();
        let mut machine = uplink.machine.clone();
        let gathered = uplink.writer.step(move |store| {
            let tables_mark = match (with_reached, is_part) {
                (true, false) => Some(tables::mark(store)?),
                _ => None,
            };
            let alerts = alerts::report(store, with_alerts, now)?;
            let advocacy = advocacy::report(store, with_log)?;
            let reached = reached(store, with_reached)?;
            gather(store, now, &mut machine).map(|report| Report {
                alerts,
                advocacy,
                reached,
                tables: part,
                tables_mark,
                ..report
            })
        });
        let report = gathered.await??;
        let (rows, answers) = (report.rows.len(), report.answers.len());
        let report = Report {
            questions_received: std::mem::take(&mut received),
            pins: Pins::mark(upstream.pins()),
            ..report
        };
        let reply: Reply = uplink::decode(
            &upstream
                .send(life, UPLINK_PATH, uplink::encode(&report))
                .await?,
        )?;
        if upstream.learn(reply.pins.clone()) {
            upstream::keep(&uplink.writer, &upstream).await?;
        }
        moved.rows += rows;
        moved.questions += reply.questions.len();
        let wants_log = reply.log_wanted.unwrap_or(false);
        let is_behind = reply.is_ahead_of(&report);
        let are_refused = reply.tables_refused.unwrap_or(false);
        let has_more_parts = upload.as_ref().is_some_and(Upload::is_left) && !are_refused;
        if is_part && !has_more_parts {
            let changes = upload.take().map(Upload::into_changes).unwrap_or_default();
            upload = Some(Upload::default());
            settle_tables(uplink, changes, are_refused, now).await?;
        }
        if reply.tables_lost.unwrap_or(false) {
            uplink.writer.step(|store| store.tables_lost()).await??;
        }
        let mut machine = uplink.machine.clone();
        let settled = uplink.writer.step(move |store| {
            let with_alerts = alerts::settle(store, reply.alerts.clone(), now)?;
            let told = report.reached.iter().flatten().cloned();
            let told: Vec<_> = told.map(ReachedRow::into_reached).collect();
            store.reached_sent(&told)?;
            settle(store, &report, &reply, now, &mut machine)
                .map(|received| (received, with_alerts))
        });
        // Told once a contact: what national does not take it would ask for permanently.
        let was_told = with_alerts;
        (received, with_alerts) = settled.await??;
        with_alerts &= !was_told;
        with_log = wants_log && !with_log;
        if rows < ROWS
            && answers == 0
            && received.is_empty()
            && !is_behind
            && !with_alerts
            && !with_log
            && !has_more_parts
        {
            *has_told = true;
            return Ok(Some(moved));
        }
    }
}

/// National took all parts of the count tables, or refused one.
async fn settle_tables(
    uplink: &Uplink,
    changes: TableChanges,
    are_refused: bool,
    now: Timestamp,
) -> Result<(), UpstreamError> {
    if are_refused {
        tracing::warn!("national refused the count tables: is one of the clocks wrong?");
    } else {
        tracing::info!(months = changes.tables.len(), "count tables were sent");
    }
    uplink
        .writer
        .step(move |store| {
            if are_refused {
                tables::looked(store, now)
            } else {
                tables::sent(store, &changes, now)
            }
        })
        .await??;
    Ok(())
}

/// Whether a hub was ever joined to national.
///
/// # Errors
/// The store.
pub fn is_joined(store: &mut dyn HubStore) -> Result<bool, StoreError> {
    Ok(store
        .setting(upstream::SETTING)?
        .is_some_and(|kept| !kept.is_empty()))
}

/// Rebuilds the projections whose consent has ended by its date, and logs the documents that cannot be read.
///
/// # Errors
/// The hub's own store.
pub fn recheck_consents(
    store: &mut dyn HubStore,
    now: Timestamp,
    machine: &mut Machine,
) -> Result<(), StoreError> {
    for document in store.recheck_consents(now, machine)? {
        tracing::error!(document, "a damaged row: its row at national is withdrawn");
    }
    Ok(())
}

/// What the hub owes national now.
///
/// # Errors
/// The hub's own store.
pub fn gather(
    store: &mut dyn HubStore,
    now: Timestamp,
    machine: &mut Machine,
) -> Result<Report, StoreError> {
    recheck_consents(store, now, machine)?;
    let rows = store
        .unsent_projections(ROWS)?
        .into_iter()
        .map(|row| Row::new(row.projection, row.version, row.json))
        .collect();
    let answers = store
        .unreported_answers()?
        .into_iter()
        .map(|(question, answer)| AnswerRow { question, answer })
        .collect();
    Ok(Report {
        rows,
        answers,
        ..Report::default()
    })
}

/// The hub's months, if national lacks one or all are wanted.
fn reached(
    store: &mut (dyn BoardStore + 'static),
    wants_all: bool,
) -> Result<Option<Vec<ReachedRow>>, StoreError> {
    let months = if wants_all {
        store.reached()?
    } else {
        store.unsent_reached()?
    };
    let rows: Vec<ReachedRow> = months.into_iter().map(ReachedRow::of).collect();
    Ok(Some(rows).filter(|rows| !rows.is_empty()))
}

/// Records what national confirmed, and puts its questions into their incidents. Gives the questions that arrived.
///
/// # Errors
/// The hub's own store.
pub fn settle(
    store: &mut dyn HubStore,
    report: &Report,
    reply: &Reply,
    now: Timestamp,
    machine: &mut Machine,
) -> Result<Vec<u64>, StoreError> {
    let said = |(row, held): (&Row, &Option<u64>)| SentProjection {
        projection: row.projection(),
        version: row.version,
        held: *held,
    };
    let sent: Vec<SentProjection> = report.rows.iter().zip(&reply.held).map(said).collect();
    store.projections_sent(&sent)?;
    let answered: Vec<u64> = report
        .answers
        .iter()
        .map(|answer| answer.question)
        .collect();
    store.answers_reported(&answered)?;
    let mut received = Vec::new();
    for question in &reply.questions {
        take_question(store, question, now, machine)?;
        received.push(question.id);
    }
    Ok(received)
}

/// Puts a question into its incident. A question is confirmed and dropped if its incident is gone or its code is unknown: nobody could answer
/// it.
fn take_question(
    store: &mut dyn HubStore,
    question: &Question,
    now: Timestamp,
    machine: &mut Machine,
) -> Result<(), StoreError> {
    let Some(incident) = store.projected(question.projection())? else {
        return Ok(());
    };
    let is_new = codes::QUESTIONS.knows(&question.code)
        && store.ask(question.id, incident, question.other())?;
    if question.is_over.unwrap_or(false) {
        store.end_question(question.id)?;
    }
    if !is_new {
        return Ok(());
    }
    match hub_edits::write(
        store,
        incident,
        &[Edit::question(
            &question.id.to_string(),
            &question.code,
            now,
        )],
        now,
        machine,
    ) {
        Ok(_) | Err(HubEditError::NoIncident) => Ok(()),
        Err(HubEditError::Store(error)) => Err(error),
        Err(HubEditError::Edit(_) | HubEditError::NotTaken) => Err(StoreError::Damaged("document")),
    }
}

#[cfg(test)]
mod tests;
