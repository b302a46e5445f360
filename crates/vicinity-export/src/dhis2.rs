//! Published counts as DHIS2 dataValueSets.
//!
//! The bulk form: every value names its period and organisation unit. A suppressed cell is omitted, because a 0 would mean
//! that nothing happened. Cells with an unknown month or area are omitted, because DHIS2 has no place for them.

mod mapping;
mod summary;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::months::{Month, Months};
use crate::published::{By, Cell, Published, is_area};

pub use mapping::{Mapping, MappingError};
pub use summary::Summary;

/// How DHIS2 identifies our codes.
#[derive(Debug, Clone)]
pub enum Ids {
    /// By DHIS2 codes derived from ours, such as `VASW_PERPETRATOR_POLICE`.
    Codes,
    /// By DHIS2 ids from a mapping.
    Mapped(Mapping),
}

/// Codes without a DHIS2 id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the mapping has no id for {}: add each of them", .0.iter().cloned().collect::<Vec<_>>().join(", "))]
pub struct Unmapped(BTreeSet<String>);

// DHIS2 reads the JSON as a stream, so the schemes must come before the values.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DataValueSet {
    data_element_id_scheme: &'static str,
    org_unit_id_scheme: &'static str,
    category_option_combo_id_scheme: &'static str,
    data_values: Vec<DataValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DataValue {
    data_element: String,
    period: String,
    org_unit: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    category_option_combo: Option<String>,
    value: String,
}

impl Ids {
    fn scheme(&self) -> &'static str {
        match self {
            Self::Codes => "CODE",
            Self::Mapped(_) => "UID",
        }
    }

    fn data_element(&self, by: By) -> Option<String> {
        match self {
            Self::Codes => Some(format!("VASW_REPORTS_BY_{}", code_form(by.name()))),
            Self::Mapped(mapping) => mapping.data_element(by),
        }
    }

    fn option(&self, by: By, code: &str) -> Option<String> {
        match self {
            Self::Codes => Some(format!("VASW_{}_{}", code_form(by.name()), code_form(code))),
            Self::Mapped(mapping) => mapping.option(by, code),
        }
    }

    /// The organisation unit of an area; of the whole country if `None`.
    fn unit(&self, area: Option<&str>) -> Option<String> {
        match self {
            Self::Codes => Some(area.map_or_else(|| "VASW_NATIONAL".to_owned(), code_form)),
            Self::Mapped(mapping) => mapping.unit(area),
        }
    }
}

/// A code in the form of DHIS2 codes.
fn code_form(code: &str) -> String {
    code.chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect()
}

/// Tables as one dataValueSet in JSON. In a table by area, each area is an organisation unit and there is no category. In any
/// other table, the unit is the whole country and each code is a category option combination.
///
/// # Errors
/// The mapping has no id for codes of some cells.
pub fn data_value_set(
    tables: &[Published],
    months: &Months,
    ids: &Ids,
) -> Result<String, Unmapped> {
    let mut unmapped = BTreeSet::new();
    let mut data_values = Vec::new();
    for table in tables {
        let by = table.by();
        for cell in table.cells(months) {
            let Ok(month) = cell.month.parse::<Month>() else {
                continue;
            };
            if by == By::Admin1 && !is_area(cell.code) {
                continue;
            }
            match data_value(by, cell, &month, ids) {
                Some(value) => data_values.push(value),
                None => drop(unmapped.insert(format!("{} {}", by.name(), cell.code))),
            }
        }
    }
    if !unmapped.is_empty() {
        return Err(Unmapped(unmapped));
    }
    let scheme = ids.scheme();
    let set = DataValueSet {
        data_element_id_scheme: scheme,
        org_unit_id_scheme: scheme,
        category_option_combo_id_scheme: scheme,
        data_values,
    };
    Ok(serde_json::to_string(&set).expect("texts can be written as JSON"))
}

fn data_value(by: By, cell: Cell<'_>, month: &Month, ids: &Ids) -> Option<DataValue> {
    let (org_unit, category_option_combo) = match by {
        By::Admin1 => (ids.unit(Some(cell.code))?, None),
        _ => (ids.unit(None)?, Some(ids.option(by, cell.code)?)),
    };
    let (data_element, period, value) = (
        ids.data_element(by)?,
        month.compact(),
        cell.count.to_string(),
    );
    Some(DataValue {
        data_element,
        period,
        org_unit,
        category_option_combo,
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::mapping::tests::complete;
    use super::*;
    use crate::published::tests::{months, table};
    use serde_json::{Value, json};

    fn tables() -> [Published; 2] {
        let areas = [
            ("2026-10", "SN-DK", 12),
            ("2026-11", "SN-DK", 9),
            ("2026-11", "unknown", 40),
            ("unknown", "SN-DK", 40),
        ];
        [
            table(By::Admin1, &areas),
            table(
                By::Perpetrator,
                &[
                    ("2026-10", "police", 11),
                    ("2026-10", "client", 9),
                    ("2026-11", "unknown", 10),
                ],
            ),
        ]
    }

    fn values(months: &Months, ids: &Ids) -> Value {
        serde_json::from_str::<Value>(&data_value_set(&tables(), months, ids).unwrap()).unwrap()["dataValues"].clone()
    }

    #[test]
    fn cells_become_values_by_code_and_what_is_left_out_stays_out() {
        let expected = json!([
            {"dataElement": "VASW_REPORTS_BY_ADMIN1", "period": "202610", "orgUnit": "SN_DK", "value": "12"},
            {"dataElement": "VASW_REPORTS_BY_PERPETRATOR", "period": "202610", "orgUnit": "VASW_NATIONAL",
             "categoryOptionCombo": "VASW_PERPETRATOR_POLICE", "value": "11"},
            {"dataElement": "VASW_REPORTS_BY_PERPETRATOR", "period": "202611", "orgUnit": "VASW_NATIONAL",
             "categoryOptionCombo": "VASW_PERPETRATOR_UNKNOWN", "value": "10"},
        ]);
        assert_eq!(values(&Months::default(), &Ids::Codes), expected);
        assert_eq!(
            values(&months("2026-11", ""), &Ids::Codes)
                .as_array()
                .unwrap()
                .len(),
            1
        );
        assert_eq!(values(&months("2027-01", ""), &Ids::Codes), json!([]));
    }

    /// DHIS2's form as its guide tells it: `fixtures/dhis2`.
    fn form() -> jsonschema::Validator {
        let schema: Value = serde_json::from_str(include_str!(
            "../../../fixtures/dhis2/data_value_set.schema.json"
        ))
        .unwrap();
        jsonschema::draft202012::options()
            .should_validate_formats(true)
            .build(&schema)
            .unwrap()
    }

    #[test]
    fn every_payload_has_dhis2s_form() {
        let file = complete();
        let by_ids = Ids::Mapped(Mapping::parse(file.to_string().as_bytes()).unwrap());
        for ids in [Ids::Codes, by_ids] {
            for stretch in [
                Months::default(),
                months("2026-11", ""),
                months("2027-01", ""),
            ] {
                let payload: Value =
                    serde_json::from_str(&data_value_set(&tables(), &stretch, &ids).unwrap())
                        .unwrap();
                let errors: Vec<String> = form()
                    .iter_errors(&payload)
                    .map(|error| error.to_string())
                    .collect();
                assert!(errors.is_empty(), "{errors:?} in {payload}");
            }
        }
    }

    #[test]
    fn the_form_refuses_what_dhis2_would() {
        let good: Value = serde_json::from_str(
            &data_value_set(&tables(), &Months::default(), &Ids::Codes).unwrap(),
        )
        .unwrap();
        let bad = |change: &dyn Fn(&mut Value)| {
            let mut payload = good.clone();
            change(&mut payload);
            assert!(!form().is_valid(&payload), "{payload}");
        };
        bad(&|payload| payload["dataValues"][0]["value"] = json!(12));
        bad(&|payload| payload["dataValues"][0]["value"] = json!("0"));
        bad(&|payload| payload["dataValues"][0]["period"] = json!("2026-10"));
        bad(&|payload| payload["dataValues"][0]["period"] = json!("202613"));
        bad(&|payload| payload["dataValues"][0]["orgunit"] = json!("SN_DK"));
        bad(&|payload| {
            drop(
                payload["dataValues"][0]
                    .as_object_mut()
                    .unwrap()
                    .remove("orgUnit"),
            )
        });
        bad(&|payload| payload["orgUnitIdScheme"] = json!("iso"));
        // Codes are no ids.
        bad(&|payload| payload["dataElementIdScheme"] = json!("UID"));
        bad(&|payload| drop(payload.as_object_mut().unwrap().remove("dataValues")));
    }

    #[test]
    fn schemes_stand_before_the_values() {
        let text = data_value_set(&tables(), &Months::default(), &Ids::Codes).unwrap();
        let head = r#"{"dataElementIdScheme":"CODE","orgUnitIdScheme":"CODE","categoryOptionComboIdScheme":"CODE","dataValues":["#;
        assert!(text.starts_with(head), "{text}");
    }

    #[test]
    fn a_mapping_gives_every_id() {
        let file = complete();
        let ids = Ids::Mapped(Mapping::parse(file.to_string().as_bytes()).unwrap());
        let values = values(&Months::default(), &ids);
        let police = json!({
            "dataElement": file["dataElements"]["perpetrator"], "period": "202610", "orgUnit": file["orgUnits"]["national"],
            "categoryOptionCombo": file["categoryOptionCombos"]["perpetrator"]["police"], "value": "11",
        });
        assert_eq!(values[1], police);
        assert_eq!(values[0]["orgUnit"], file["orgUnits"]["SN-DK"]);
        let text = data_value_set(&tables(), &Months::default(), &ids).unwrap();
        assert_eq!(text.matches("\"UID\"").count(), 3);
    }

    #[test]
    fn areas_that_are_shown_and_not_mapped_are_named() {
        let mut file = complete();
        file["orgUnits"].as_object_mut().unwrap().remove("SN-DK");
        let ids = Ids::Mapped(Mapping::parse(file.to_string().as_bytes()).unwrap());
        let error = data_value_set(&tables(), &Months::default(), &ids)
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "the mapping has no id for admin1 SN-DK: add each of them"
        );
        assert!(
            data_value_set(&tables(), &months("2026-11", ""), &ids).is_ok(),
            "an area that is not shown needs no unit"
        );
    }

    #[test]
    fn codes_fit_into_dhis2s_and_no_two_are_the_same() {
        let options = By::ALL.into_iter().flat_map(|by| {
            by.codes()
                .into_iter()
                .filter_map(move |code| Ids::Codes.option(by, code))
        });
        let elements = By::ALL
            .into_iter()
            .filter_map(|by| Ids::Codes.data_element(by));
        let all: Vec<String> = options.chain(elements).collect();
        assert!(
            all.iter().all(|code| code.len() <= 50),
            "DHIS2's codes have at most 50 characters"
        );
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }
}
