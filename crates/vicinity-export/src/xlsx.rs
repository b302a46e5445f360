//! Projections as a workbook, one row each, in the columns of [`gbvims`].

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use vicinity_core::time::Timestamp;

use crate::gbvims::{self, Incident};

/// Most rows of a sheet below its heading.
pub const ROWS_MAX: u32 = 1_048_575;
/// Name of the sheet that the Incident Recorder imports.
pub const SHEET: &str = "Incident Data";

/// Name of the sheet that describes the other one.
pub const ABOUT: &str = "About";

/// Why a workbook cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum WorkbookError {
    /// More projections than a sheet has rows.
    #[error(
        "a sheet holds {ROWS_MAX} rows and there are more: name fewer months with --from and --to"
    )]
    Full,
    /// Writing it failed.
    #[error("the workbook cannot be written: {0}")]
    Writing(#[from] XlsxError),
}

/// A workbook in progress. It stays in memory, so that no row is written to a temporary file in plain text.
pub struct IncidentWorkbook {
    sheet: Worksheet,
    rows: u32,
}

impl IncidentWorkbook {
    /// A workbook with its heading.
    ///
    /// # Errors
    /// Writing.
    pub fn new() -> Result<Self, WorkbookError> {
        let mut sheet = Worksheet::new();
        sheet.set_name(SHEET)?.set_freeze_panes(1, 1)?;
        let bold = Format::new().set_bold();
        for (column, name) in (0..).zip(gbvims::heading()) {
            sheet.write_string_with_format(0, column, name, &bold)?;
            sheet.set_column_width(column, name.len() as f64 + 2.0)?;
        }
        Ok(Self { sheet, rows: 0 })
    }

    /// Adds a row. Every cell is text, so a spreadsheet never runs it. Empty cells are omitted.
    ///
    /// # Errors
    /// The sheet is full, or writing fails.
    pub fn push(&mut self, incident: &Incident<'_>) -> Result<(), WorkbookError> {
        if self.rows == ROWS_MAX {
            return Err(WorkbookError::Full);
        }
        self.rows += 1;
        for (column, cell) in (0..)
            .zip(gbvims::cells(incident))
            .filter(|(_, cell)| !cell.is_empty())
        {
            self.sheet.write_string(self.rows, column, cell)?;
        }
        Ok(())
    }

    /// The workbook's bytes. Its creation time is `now`; it has no author. With `zone`, a second sheet names the time zone of the
    /// months and times of day, because the Recorder has no column for it.
    ///
    /// # Errors
    /// Writing.
    pub fn into_bytes(self, now: Timestamp, zone: Option<&str>) -> Result<Vec<u8>, WorkbookError> {
        let mut workbook = Workbook::new();
        workbook.set_properties(
            &DocProperties::new()
                .set_creation_datetime(&ExcelDateTime::from_timestamp(now.as_second())?),
        );
        workbook.push_worksheet(self.sheet);
        if let Some(zone) = zone {
            let about = workbook.add_worksheet().set_name(ABOUT)?;
            about
                .write_string_with_format(0, 0, "time_zone", &Format::new().set_bold())?
                .write_string(0, 1, zone)?;
            about.set_column_width(0, 12)?.set_column_width(1, 24)?;
        }
        Ok(workbook.save_to_buffer()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use vicinity_core::ids::ProjectionId;

    fn bytes() -> Vec<u8> {
        let mut workbook = IncidentWorkbook::new().unwrap();
        let body = json!({"admin1": "SN-DK"});
        workbook
            .push(&Incident {
                projection: ProjectionId::from_bytes([7; 16]),
                hub: 1,
                body: &body,
                own: None,
            })
            .unwrap();
        workbook
            .into_bytes(
                "2026-11-24T10:00:00Z".parse().unwrap(),
                Some("Asia/Phnom_Penh"),
            )
            .unwrap()
    }

    #[test]
    fn the_same_rows_at_the_same_time_are_the_same_bytes() {
        let bytes = bytes();
        assert!(bytes.starts_with(b"PK"));
        assert_eq!(bytes, self::bytes());
    }

    #[test]
    fn a_sheet_that_is_full_takes_no_more() {
        let mut workbook = IncidentWorkbook {
            rows: ROWS_MAX,
            ..IncidentWorkbook::new().unwrap()
        };
        let body = json!({});
        let pushed = workbook.push(&Incident {
            projection: ProjectionId::from_bytes([7; 16]),
            hub: 1,
            body: &body,
            own: None,
        });
        assert!(matches!(pushed, Err(WorkbookError::Full)));
    }
}
