//! A hub's report, taken by national: rows of codes, answers to questions, alerts, the advocacy log.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use vicinity_core::access::Action;
use vicinity_core::areas::LISTED_MAX as AREAS_LISTED_MAX;
use vicinity_core::codes;
use vicinity_core::projection::{Projection, UNKNOWN};
use vicinity_core::reached::{MONTHS_MAX, Reached};
use vicinity_core::time::Timestamp;
use vicinity_store::national::{NationalStore, NewProjection, ProjectionBody};
use vicinity_store::review::ReviewStore;
use vicinity_sync::message::Refused;
use vicinity_sync::tables::TablesPart;
use vicinity_sync::uplink::{self, Question, ReachedRow, Reply, UPLINK_PATH};

/// What a hub reports, for those that fill a store without one.
pub use vicinity_sync::uplink::{Report, Row};

use crate::access::budget::STEP_OPS;
use crate::access::gate::{Proven, SealedRequest};
use crate::access::shares::HubShares;
use crate::net::error::ApiError;
use crate::net::tls;
use crate::storage::clock_record::ClockReading;
use crate::storage::{advocacy, alerts, tables};

/// Distinct areas of one hub, `unknown` among them; rows of further areas count as `unknown`.
const HUB_AREAS_MAX: usize = AREAS_LISTED_MAX + 1;
/// What a row of a report costs, in operations.
const ROW_OPS: u64 = 10;

/// Cells of count tables that cost as much as an operation.
const CELLS_PER_OP: u64 = 4;

/// A hub's report.
pub struct ReportRequest;

impl SealedRequest for ReportRequest {
    const NAME: &'static str = "uplink";
    const PATH: &'static str = UPLINK_PATH;
    const ACTION: Action = Action::Report;
    type Message = Report;

    fn decode(body: &[u8], _: Timestamp) -> Result<Report, Refused> {
        let report: Report = uplink::decode(body)?;
        let months = report.reached.as_ref().map_or(0, Vec::len);
        if report.rows.len() > uplink::ROWS_MAX || months > MONTHS_MAX {
            Err(Refused::TooLarge)
        } else {
            Ok(report)
        }
    }

    fn ops(report: &Report) -> u64 {
        let actions = report
            .advocacy
            .as_ref()
            .and_then(|told| told.log.as_ref())
            .map_or(0, Vec::len);
        let alerts = report
            .alerts
            .as_ref()
            .and_then(|told| told.own.as_ref())
            .map_or(0, Vec::len);
        let rows = report.rows.len()
            + report.answers.len()
            + report.questions_received.len()
            + actions
            + alerts
            + report.reached.as_ref().map_or(0, Vec::len);
        let cells = report.tables.as_ref().map_or(0, TablesPart::cells);
        STEP_OPS + rows as u64 * ROW_OPS + cells as u64 / CELLS_PER_OP
    }
}

/// Takes a proven report whole, or refuses it whole.
pub(crate) fn take_all(
    store: &mut (dyn ReviewStore + 'static),
    request: Proven<ReportRequest, u32>,
    shares: &Mutex<HubShares>,
    reading: ClockReading,
) -> Result<(u32, usize, Reply), ApiError> {
    let (hub, mut report, now) = (request.caller(), request.into_message(), reading.now);
    // What is refused is not sent again: nothing is while it is unknown whether it is wrong or the clock.
    if reading.doubt.is_some() && !is_taken_whole(&report, now) {
        return Err(Refused::Busy.into());
    }
    // As a whole, and before anything of it is kept: what was refused row by row would not be sent again.
    shares
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take(hub, &report, now)?;
    let wanted = advocacy::take(store, hub, report.advocacy.take(), now)?;
    // A month that cannot be is left out, and no other with it.
    let reached: Vec<Reached> = report
        .reached
        .take()
        .into_iter()
        .flatten()
        .map(ReachedRow::into_reached)
        .filter(|of| of.is_well_formed(now))
        .collect();
    store.take_reached(hub, &reached)?;
    let are_lost = tables::are_lost(store, hub, report.tables_mark.take())?;
    let are_refused = match report.tables.take() {
        Some(part) => !tables::take(store, hub, part, now)?,
        None => false,
    };
    // What is refused waits a week: while the clock is in doubt the whole report waits instead.
    if are_refused && reading.doubt.is_some() {
        return Err(Refused::Busy.into());
    }
    let (rows, reply) = (report.rows.len(), take_report(store, hub, report, now)?);
    Ok((
        hub,
        rows,
        Reply {
            log_wanted: wanted.then_some(true),
            tables_lost: are_lost.then_some(true),
            tables_refused: are_refused.then_some(true),
            ..reply
        },
    ))
}

/// Whether nothing of a report is refused permanently at this time.
fn is_taken_whole(report: &Report, now: Timestamp) -> bool {
    let mut areas = Areas(BTreeSet::new());
    let log = report
        .advocacy
        .clone()
        .and_then(|told| told.into_log().ok().flatten())
        .unwrap_or_default();
    report
        .rows
        .iter()
        .all(|row| checked(row, &mut areas, now).is_some())
        && log.iter().all(|entry| entry.check(now).is_ok())
}

/// Takes a hub's report: its rows, its answers; what is open goes down.
///
/// # Errors
/// What to answer instead.
pub fn take_report(
    store: &mut dyn NationalStore,
    hub: u32,
    report: Report,
    now: Timestamp,
) -> Result<Reply, ApiError> {
    let mut areas = Areas(store.areas_of(hub, HUB_AREAS_MAX)?);
    let rows: Vec<Option<NewProjection>> = report
        .rows
        .iter()
        .map(|row| checked(row, &mut areas, now))
        .collect();
    let fit: Vec<NewProjection> = rows.iter().flatten().cloned().collect();
    let mut held = store.upsert(hub, &fit, now)?.into_iter();
    let held = rows
        .iter()
        .map(|row| row.as_ref().and_then(|_| held.next().flatten()))
        .collect();
    let answers: Vec<(u64, String)> = report
        .answers
        .iter()
        .filter(|answer| codes::ANSWERS.knows(&answer.answer))
        .map(|answer| (answer.question, answer.answer.clone()))
        .collect();
    let questions = store.questions_of(hub, &report.questions_received, &answers, now)?;
    let questions = questions
        .into_iter()
        .map(|row| Question::new(row.id, row.projection, row.code).about(row.other, row.is_over))
        .collect();
    let (alerts, pins) = (
        alerts::take(store, hub, report.alerts, now)?,
        tls::news(store.setting(tls::PINS)?, report.pins),
    );
    Ok(Reply {
        held,
        questions,
        pins,
        alerts,
        ..Reply::default()
    })
}

/// The areas that a hub's rows name.
struct Areas(BTreeSet<String>);

impl Areas {
    /// An area, or `unknown` once the hub has named [`HUB_AREAS_MAX`] others.
    fn or_unknown(&mut self, area: String) -> String {
        if self.0.len() < HUB_AREAS_MAX {
            self.0.insert(area.clone());
        }
        if self.0.contains(&area) {
            area
        } else {
            UNKNOWN.to_owned()
        }
    }
}

/// The gate at the receiver: a row must be exactly a projection, every field of the allow-list's type and form.
fn checked(row: &Row, areas: &mut Areas, now: Timestamp) -> Option<NewProjection> {
    let body = match &row.json {
        None => None,
        Some(json) => {
            let projection: Projection = serde_json::from_str(json).ok()?;
            Some(body_of(projection, areas, now)?)
        }
    };
    Some(NewProjection {
        projection: row.projection(),
        version: row.version,
        body,
    })
}

fn body_of(
    mut projection: Projection,
    areas: &mut Areas,
    now: Timestamp,
) -> Option<ProjectionBody> {
    if !projection.is_well_formed(now) {
        return None;
    }
    projection.admin1 = areas.or_unknown(projection.admin1);
    Some(ProjectionBody {
        json: serde_json::to_string(&projection).ok()?,
        month: projection.month.clone(),
        facets: projection.facets(),
    })
}

#[cfg(test)]
pub(crate) mod tests;
