//! Files of what a server may give away: rows, one by one, and counts that may be published. [`vicinity_export`] says it in
//! others' forms; here it is read.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::Value;
use vicinity_core::care::PeopleInCare;
use vicinity_core::incident as own;
use vicinity_core::published::Month;
use vicinity_core::time::Timestamp;
use vicinity_export::dhis2::{self, Ids, Unmapped};
use vicinity_export::gbvims::Incident;
use vicinity_export::geojson::{self, Boundaries};
use vicinity_export::xlsx::{IncidentWorkbook, WorkbookError};
use vicinity_export::{By, Months, Published, csv};
use vicinity_store::StoreError;
use vicinity_store::hub::HubStore;
use vicinity_store::national::ProjectionListing;
use vicinity_store::review::ReviewStore;

use crate::storage::published;

/// Rows, one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// JSON lines.
    Json,
    /// Comma-separated values with a heading, and with a row of HXL tags below it.
    Csv {
        /// Whether there are tags.
        tags: bool,
    },
    /// A workbook in the columns of the Incident Recorder.
    Xlsx,
}

/// Why a file cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The output could not be written.
    #[error(transparent)]
    Write(#[from] std::io::Error),
    /// More rows than a workbook holds, or none can be made.
    #[error(transparent)]
    Workbook(#[from] WorkbookError),
    /// Nobody has published a month of those that are asked for.
    #[error("no month of these is published")]
    NonePublished,
    /// The mapping lacks codes.
    #[error(transparent)]
    Unmapped(#[from] Unmapped),
}

/// Takes one row; at its own hub also the incident that it was made of.
pub type Take<'a> =
    dyn FnMut(ProjectionListing, Option<&own::Incident>) -> Result<(), StoreError> + 'a;
/// Where rows come from: gives each to what it is given, until that fails.
pub type Source<'a> = dyn FnMut(&mut Take<'_>) -> Result<(), StoreError> + 'a;

/// What rows are taken of.
pub struct Taken<'a> {
    /// The months.
    pub months: &'a Months,
    /// The name of a hub's zone, empty while it is unknown. `None` at national: its rows come from many zones.
    pub zone: Option<&'a str>,
    /// When they are taken.
    pub now: Timestamp,
}

/// Writes rows of some months, in the order of the source.
///
/// # Errors
/// The store, the writer, or more rows than a workbook holds.
pub fn rows(
    form: Rows,
    taken: &Taken<'_>,
    source: &mut Source<'_>,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let Taken { months, zone, now } = *taken;
    match form {
        Rows::Json => each(months, source, |row, body, _| {
            Ok(writeln!(out, "{}", json_row(row, body, zone))?)
        }),
        Rows::Csv { tags } => {
            writeln!(out, "{}", csv::heading(zone.is_some()))?;
            if tags {
                writeln!(out, "{}", csv::tags(zone.is_some()))?;
            }
            each(months, source, |row, body, _| {
                Ok(writeln!(out, "{}", csv::row(row.projection, &body, zone))?)
            })
        }
        Rows::Xlsx => {
            let mut workbook = IncidentWorkbook::new()?;
            each(months, source, |row, body, own| {
                Ok(workbook.push(&Incident {
                    projection: row.projection,
                    hub: row.hub,
                    body: &body,
                    own,
                })?)
            })?;
            Ok(out.write_all(&workbook.into_bytes(now, zone)?)?)
        }
    }
}

fn each(
    months: &Months,
    source: &mut Source<'_>,
    mut take: impl FnMut(&ProjectionListing, Value, Option<&own::Incident>) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let mut taken = Ok(());
    source(&mut |row, own| {
        let body: Value =
            serde_json::from_str(&row.json).map_err(|_| StoreError::Damaged("projection"))?;
        if taken.is_ok() && months.hold(body["month"].as_str().unwrap_or_default()) {
            taken = take(&row, body, own);
        }
        Ok(())
    })?;
    taken
}

fn json_row(listing: &ProjectionListing, mut row: Value, zone: Option<&str>) -> Value {
    if let Some(zone) = zone {
        row["time_zone"] = zone.into();
    }
    row["projection"] = listing.projection.to_string().into();
    row["version"] = listing.version.into();
    row["hub"] = listing.hub.into();
    row
}

/// People who received clinical care, as comma-separated values: kind of violence, age band, gender, people. For the hub's
/// own use: the counts are exact.
///
/// # Errors
/// The store.
pub fn people_in_care(store: &mut dyn HubStore, months: &Months) -> Result<Vec<u8>, ExportError> {
    let mut people = PeopleInCare::default();
    store.each_incident(&mut |id, row| {
        people.add(id, &row.incident, |month| months.hold(month));
        Ok(())
    })?;
    let mut out = b"violence,age_band,gender,people\n".to_vec();
    for ((kind, age, gender), count) in people.lines() {
        let cells = [
            kind.code().to_owned(),
            format!("{age} years"),
            gender.clone(),
            count.to_string(),
        ];
        writeln!(out, "{}", csv::record(&cells))?;
    }
    Ok(out)
}

/// The published months among those that are asked for.
fn shown(
    store: &mut dyn ReviewStore,
    months: &Months,
) -> Result<BTreeMap<String, Month>, ExportError> {
    let (from, to) = (
        months.from().unwrap_or(""),
        months.to().unwrap_or("\u{ffff}"),
    );
    let shown = published::months(store, from, to)?;
    if shown.is_empty() {
        return Err(ExportError::NonePublished);
    }
    Ok(shown)
}

/// Counts of some months for DHIS2.
///
/// # Errors
/// The store, codes that the mapping lacks, or no published month.
pub fn data_value_set(
    store: &mut dyn ReviewStore,
    months: &Months,
    ids: &Ids,
) -> Result<String, ExportError> {
    let shown = shown(store, months)?;
    Ok(dhis2::data_value_set(
        &By::ALL.map(|by| Published::new(by, published::table(&shown, by.name()))),
        months,
        ids,
    )?)
}

/// Areas with counts of some months.
///
/// # Errors
/// The store.
pub fn areas(
    store: &mut dyn ReviewStore,
    months: &Months,
    boundaries: Option<&Boundaries>,
) -> Result<geojson::Areas, ExportError> {
    let by = By::Admin1;
    Ok(geojson::areas(
        &Published::new(by, published::table(&shown(store, months)?, by.name())),
        months,
        boundaries,
    ))
}
