//! Projections as comma-separated values, with a row of HXL tags where asked for.

use serde_json::Value;
use vicinity_core::ids::ProjectionId;

/// The columns with their HXL tags: scalars first, then sets as codes with spaces between. Tags are those of HXL 1.1's
/// dictionary; what it has no word for stays untagged, as HXL allows.
const COLUMNS: [(&str, &str); 25] = [
    ("projection", "#event+id"),
    ("month", "#date+month"),
    ("quarter", "#date+quarter"),
    ("month_basis", ""),
    ("admin1", "#adm1+code"),
    ("setting", "#loc+type"),
    ("time_of_day", ""),
    ("age_band", "#affected+age"),
    ("gender", "#affected+gender"),
    ("populations", "#affected+type"),
    ("violations", "#event+type+code"),
    ("violation_groups", "#event+type"),
    ("perpetrators", "#cause+type"),
    ("motives", "#cause"),
    ("needs", "#service+needed"),
    ("actions", "#service"),
    ("referrals", "#service+referred"),
    ("response", ""),
    ("pep", ""),
    ("ec", ""),
    ("status", "#status"),
    ("triage", "#severity"),
    ("gbvims", "#event+type+gbvims"),
    ("iccs", "#event+type+iccs"),
    ("countable", ""),
];

/// The last column of a hub's file: the zone that its months, weeks and times of day are of. HXL has no word for it.
const TIME_ZONE: &str = "time_zone";

/// The heading, of a hub with the column of its zone.
#[must_use]
pub fn heading(is_hub: bool) -> String {
    line(
        COLUMNS
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .chain(is_hub.then(|| TIME_ZONE.to_owned())),
    )
}

/// The row of HXL tags that goes below the heading.
#[must_use]
pub fn tags(is_hub: bool) -> String {
    line(
        COLUMNS
            .iter()
            .map(|(_, tag)| (*tag).to_owned())
            .chain(is_hub.then(String::new)),
    )
}

/// A projection, of a hub with the name of its zone. What it does not say is an empty cell.
#[must_use]
pub fn row(projection: ProjectionId, body: &Value, zone: Option<&str>) -> String {
    let cell = |(name, _): (&str, &str)| match name {
        // What looks like a number or a date to a spreadsheet is turned into one: 0502 into 502, 1-2 into a day of January.
        "age_band" => years(&plain(&body[name])),
        "iccs" => body[name]
            .as_array()
            .into_iter()
            .flatten()
            .map(|code| format!("ICCS{}", plain(code)))
            .collect::<Vec<_>>()
            .join(" "),
        "projection" => projection.to_string(),
        "referrals" => body[name]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(group, step)| format!("{group}:{}", plain(step)))
            .collect::<Vec<_>>()
            .join(" "),
        "perpetrators" => body["perpetrators"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| plain(&one["kind"]))
            .collect::<Vec<_>>()
            .join(" "),
        name => plain(&body[name]),
    };
    line(
        COLUMNS
            .iter()
            .map(|column| guarded(cell(*column)))
            .chain(zone.map(|zone| guarded(zone.to_owned()))),
    )
}

/// A band of ages with its unit.
fn years(band: &str) -> String {
    if band.starts_with(|letter: char| letter.is_ascii_digit()) {
        format!("{band} years")
    } else {
        band.to_owned()
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// Spreadsheets run what begins like a formula. No code does, and the apostrophe keeps it so.
fn guarded(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell
    }
}

/// One record, quoted where it has to be and safe from formulas, without its line's end.
#[must_use]
pub fn record(cells: &[String]) -> String {
    line(cells.iter().cloned().map(guarded))
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing into memory does not fail.
    let written = writer.write_record(cells.map(String::into_bytes));
    let bytes = writer.into_inner().unwrap_or_default();
    let text = String::from_utf8(bytes).unwrap_or_default();
    debug_assert!(written.is_ok());
    text.trim_end_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_column_holds_its_field_and_a_missing_one_nothing() {
        let body = json!({
            "month": "2026-11", "admin1": "SN-DK", "populations": ["fsw", "migrant"], "perpetrators": [{"kind": "police"}, {"kind": "client"}],
            "response": "within_24h", "quarter": null, "countable": true, "referrals": {"legal": "sent", "medical": "completed"},
        });
        let row = row(ProjectionId::from_bytes([7; 16]), &body, None);
        let cells: Vec<&str> = row.split(',').collect();
        let heading = heading(false);
        let shown: Vec<(&str, &str)> = heading
            .split(',')
            .zip(cells)
            .filter(|(_, cell)| !cell.is_empty())
            .collect();
        let id = ProjectionId::from_bytes([7; 16]).to_string();
        let expected = [
            ("projection", id.as_str()),
            ("month", "2026-11"),
            ("admin1", "SN-DK"),
            ("populations", "fsw migrant"),
            ("perpetrators", "police client"),
            ("referrals", "legal:sent medical:completed"),
            ("response", "within_24h"),
            ("countable", "true"),
        ];
        assert_eq!(shown, expected);
    }

    /// As spreadsheets look at cells: digits, a sign or a separator between them, and nothing else.
    fn looks_like_number_or_date(cell: &str) -> bool {
        cell.starts_with(|letter: char| letter.is_ascii_digit())
            && cell
                .chars()
                .all(|letter| letter.is_ascii_digit() || "-/.:, +".contains(letter))
    }

    #[test]
    fn no_code_is_a_number_or_a_date_to_a_spreadsheet() {
        for (age_band, iccs, written) in [
            ("18-24", json!(["0502"]), ("18-24 years", "ICCS0502")),
            (
                "0-17",
                json!(["0201", "03011"]),
                ("0-17 years", "ICCS0201 ICCS03011"),
            ),
            ("25+", json!([]), ("25+ years", "")),
            ("unknown", json!(["0102"]), ("unknown", "ICCS0102")),
        ] {
            let row = row(
                ProjectionId::from_bytes([0xab; 16]),
                &json!({"age_band": age_band, "iccs": iccs, "month": "2026-11", "response": "within_1h"}),
                None,
            );
            let heading = heading(false);
            let cells: Vec<(&str, &str)> = heading.split(',').zip(row.split(',')).collect();
            assert!(
                cells.contains(&("age_band", written.0)) && cells.contains(&("iccs", written.1)),
                "{cells:?}"
            );
            let turned: Vec<&str> = cells
                .iter()
                .filter(|(_, cell)| looks_like_number_or_date(cell))
                .map(|(name, _)| *name)
                .collect();
            assert_eq!(turned, ["month"], "a date, and nothing else");
        }
    }

    #[test]
    fn tags_stand_below_their_columns() {
        let (heading, tags) = (heading(false), tags(false));
        let pairs: Vec<_> = heading.split(',').zip(tags.split(',')).collect();
        assert_eq!(heading.matches(',').count(), tags.matches(',').count());
        assert!(
            pairs.contains(&("admin1", "#adm1+code"))
                && pairs.contains(&("month", "#date+month"))
                && pairs.contains(&("response", ""))
        );
        assert!(
            tags.split(',')
                .all(|tag| tag.is_empty() || tag.starts_with('#'))
        );
    }

    #[test]
    fn a_hub_s_file_names_its_zone_in_each_row_and_national_s_has_no_such_column() {
        let own = |zone| {
            row(
                ProjectionId::from_bytes([7; 16]),
                &json!({"month": "2026-11"}),
                zone,
            )
        };
        let lines = [
            heading(true),
            tags(true),
            own(Some("Asia/Phnom_Penh")),
            own(Some("")),
        ];
        let cells = lines
            .each_ref()
            .map(|line| line.split(',').collect::<Vec<_>>());
        assert_eq!(cells.each_ref().map(Vec::len), [COLUMNS.len() + 1; 4]);
        assert_eq!(
            cells.each_ref().map(|cells| cells[COLUMNS.len()]),
            ["time_zone", "", "Asia/Phnom_Penh", ""]
        );
        assert_eq!(
            [heading(false), tags(false), own(None)].map(|line| line.split(',').count()),
            [COLUMNS.len(); 3]
        );
    }

    #[test]
    fn no_cell_is_a_formula_or_breaks_out_of_its_cell() {
        for (cell, written) in [
            ("=1+1", "'=1+1"),
            ("@x", "'@x"),
            ("\tx", "'\tx"),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("-1\n", "\"'-1\n\""),
        ] {
            assert_eq!(record(&[cell.to_owned()]), written);
        }
    }
}
