//! Printing for people and for scripts.

use std::fmt::Display;
use std::io::Write;

use anyhow::Result;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;
use vicinity_core::ids::IncidentId;
use vicinity_core::time::{TimeZone, Timestamp};
use vicinity_core::{local, tables, text};

/// Prints a line on standard output, or several: escaped, so that no text of others moves a terminal's cursor. JSON stays the same JSON.
pub fn line(text: impl Display) -> Result<()> {
    Ok(writeln!(
        std::io::stdout().lock(),
        "{}",
        text::printable(&text.to_string())
    )?)
}

/// Says something on standard error, as a terminal may get it.
pub fn complain(text: impl Display) {
    eprintln!("{}", text::printable(&text.to_string()));
}

/// The same, said by the program about the whole command.
pub fn warn(text: impl Display) {
    complain(format_args!("vicinity: {text}"));
}

/// Names incidents of a device that the hub has others of under the same id.
pub fn say_what_stays_apart(apart: &[IncidentId]) {
    for incident in apart {
        eprintln!(
            "vicinity: {incident} stays on this device: the hub has another incident under this id, and the two are not merged; log it again with an id of its own, or without"
        );
    }
}

/// Standard error for log lines, as a terminal may get them.
pub struct LogLines;

impl Write for LogLines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        std::io::stderr().write_all(text::printable(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

/// Whether the reader of standard output has gone: no reason to complain.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// A table for people.
pub fn table<const N: usize>(
    heading: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(heading);
    rows.into_iter().for_each(|row| {
        table.add_row(row.map(|cell| text::printable_in_line(&cell).into_owned()));
    });
    trimmed(&table.to_string())
}

/// A table of published counts.
pub fn counts(counts: &tables::Table) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(std::iter::once(String::new()).chain(counts.columns.iter().cloned()));
    for row in &counts.rows {
        let cells = counts.columns.iter().map(|column| {
            counts
                .cell(row, column)
                .map_or("·".to_owned(), |count| count.to_string())
        });
        table.add_row(std::iter::once(row.clone()).chain(cells));
    }
    trimmed(&table.to_string())
}

fn trimmed(text: &str) -> String {
    text.lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

/// A value as a person reads it: a text without quotes.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text::printable_in_line(text).into_owned(),
        Value::Null => "–".to_owned(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// A column's heading, with the zone of its times.
pub fn of_zone(heading: &str, zone: &TimeZone) -> String {
    format!("{heading} ({})", local::name(zone))
}

/// An instant of JSON, by the clocks of a zone; any other text as it is.
fn moment(value: &Value, zone: &TimeZone) -> String {
    let at = value
        .as_str()
        .and_then(|text| text.parse::<Timestamp>().ok());
    at.map_or_else(|| plain(value), |at| local::minute(at, zone))
}

/// Rows for the list of incidents, most urgent first. The zone that their times are of has to be named beside them.
pub fn incident_rows(lines: &mut [Value], zone: &TimeZone) -> Vec<[String; 7]> {
    let urgency = |line: &Value| match line["triage"].as_str() {
        Some("red") => 0,
        Some("amber") => 1,
        _ => 2,
    };
    let closed = |line: &Value| {
        line["status"]
            .as_str()
            .is_some_and(|status| status.starts_with("closed"))
    };
    lines.sort_by_key(|line| {
        (
            closed(line),
            urgency(line),
            std::cmp::Reverse(plain(&line["reported_at"])),
        )
    });
    lines
        .iter()
        .map(|line| {
            let conflicts = line["conflicts"].as_u64().unwrap_or(0);
            let due = match line.get("next_clock") {
                Some(Value::Object(clock)) => format!(
                    "{} {}",
                    plain(&clock["name"]),
                    moment(clock.get("due_at").unwrap_or(&Value::Null), zone)
                ),
                _ => String::new(),
            };
            let by = plain(&line["perpetrators"]);
            let what = plain(&line["violations"])
                + &if by.is_empty() {
                    String::new()
                } else {
                    format!(" by {by}")
                };
            let conflicts = if conflicts > 0 {
                format!("{conflicts} in conflict")
            } else {
                String::new()
            };
            [
                plain(&line["id"]),
                plain(&line["triage"]),
                plain(&line["status"]),
                moment(&line["reported_at"], zone),
                what,
                due,
                conflicts,
            ]
        })
        .collect()
}

/// The heading of [`incident_rows`].
pub const INCIDENT_HEADING: [&str; 7] = [
    "id",
    "triage",
    "status",
    "reported",
    "what",
    "next clock",
    "",
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn codes_of_a_hostile_phone_stay_in_their_cell_of_a_list() {
        let code = "\u{1b}[2J\u{202e}\nall is well";
        let mut lines = [
            json!({"id": "a", "triage": code, "status": code, "violations": [code], "perpetrators": [code], "next_clock": {"name": code, "due_at": code}}),
        ];
        let printed = table(INCIDENT_HEADING, incident_rows(&mut lines, &TimeZone::UTC));
        assert_eq!(printed.lines().count(), 2, "{printed}");
        assert_eq!(text::printable(&printed), printed);
        assert!(!plain(&json!([code])).contains(char::is_control));
    }

    #[test]
    fn a_log_line_goes_out_whole_and_escaped() {
        let line = "{\"error\":\"\u{9b}31m\u{202e}\"}\n";
        assert_eq!(LogLines.write(line.as_bytes()).unwrap(), line.len());
    }
}
