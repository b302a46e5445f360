//! The mapping file: the DHIS2 id of each of our codes.

use std::collections::BTreeMap;

use serde::Deserialize;
use vicinity_core::json::{self, BadJson};

use crate::published::By;

/// Key of the whole country among the organisation units.
const NATIONAL: &str = "national";

type Of = BTreeMap<String, String>;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct File {
    org_units: Of,
    data_elements: Of,
    category_option_combos: BTreeMap<String, Of>,
}

/// A complete mapping: each code of each list has a unique id, and each table a data element.
#[derive(Debug, Clone)]
pub struct Mapping(File);

/// Why a mapping is invalid.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// It is not valid JSON, or has a duplicate entry.
    #[error("the mapping: {0}")]
    Json(#[from] BadJson),
    /// It does not have the documented form.
    #[error("the mapping has another form than docs/EXPORTS.md says: {0}")]
    Form(#[from] serde_json::Error),
    /// Entries without an id.
    #[error("the mapping has no id for {}: add each of them", .0.join(", "))]
    Unmapped(Vec<String>),
    /// Names that are not ours.
    #[error("the mapping names what is no code here: {}", .0.join(", "))]
    Unknown(Vec<String>),
    /// An invalid id.
    #[error("{0} has no id of DHIS2: one has 11 letters and digits and begins with a letter")]
    NoId(String),
    /// Two entries with the same id: the counts of one would replace those of the other.
    #[error("{0} and {1} have the same id")]
    Twice(String, String),
}

impl Mapping {
    /// Reads a mapping. Every list must be complete, so that a mapping that works once works with the counts of any month. Areas
    /// have no fixed list: a missing area is found only on export.
    ///
    /// # Errors
    /// The mapping is invalid; see [`MappingError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, MappingError> {
        let file: File = serde_json::from_value(json::parse(bytes)?)?;
        let tables = By::ALL.map(By::name);
        let lists: Vec<(&str, Vec<&str>)> = By::ALL
            .iter()
            .map(|by| (by.name(), by.codes()))
            .filter(|(_, codes)| !codes.is_empty())
            .collect();
        let listed = |name: &str, code: &str| {
            lists
                .iter()
                .any(|(list, codes)| *list == name && codes.contains(&code))
        };
        let mapped = |name: &str, code: &str| {
            file.category_option_combos
                .get(name)
                .is_some_and(|of| of.contains_key(code))
        };

        let given = file
            .category_option_combos
            .iter()
            .flat_map(|(name, of)| of.keys().map(move |code| (name, code)));
        let unknown_elements = file
            .data_elements
            .keys()
            .filter(|name| !tables.contains(&name.as_str()))
            .map(|name| format!("data element {name}"));
        let unknown_lists = file
            .category_option_combos
            .keys()
            .filter(|name| !lists.iter().any(|(list, _)| list == name))
            .map(|name| format!("list {name}"));
        let unknown_codes = given.filter(|(name, code)| {
            lists.iter().any(|(list, _)| list == name) && !listed(name, code)
        });
        let unknown: Vec<String> = unknown_elements
            .chain(unknown_lists)
            .chain(unknown_codes.map(|(name, code)| format!("{name} {code}")))
            .collect();
        if !unknown.is_empty() {
            return Err(MappingError::Unknown(unknown));
        }

        let no_unit =
            (!file.org_units.contains_key(NATIONAL)).then(|| format!("org unit {NATIONAL}"));
        let no_element = tables
            .iter()
            .filter(|name| !file.data_elements.contains_key(**name))
            .map(|name| format!("data element {name}"));
        let no_option = lists
            .iter()
            .flat_map(|(name, codes)| codes.iter().map(move |code| (*name, *code)))
            .filter(|(name, code)| !mapped(name, code));
        let unmapped: Vec<String> = no_unit
            .into_iter()
            .chain(no_element)
            .chain(no_option.map(|(name, code)| format!("{name} {code}")))
            .collect();
        if !unmapped.is_empty() {
            return Err(MappingError::Unmapped(unmapped));
        }

        check_ids("org unit", &file.org_units)?;
        check_ids("data element", &file.data_elements)?;
        file.category_option_combos
            .iter()
            .try_for_each(|(name, of)| check_ids(name, of))?;
        Ok(Self(file))
    }

    pub(super) fn data_element(&self, by: By) -> Option<String> {
        self.0.data_elements.get(by.name()).cloned()
    }

    pub(super) fn option(&self, by: By, code: &str) -> Option<String> {
        self.0
            .category_option_combos
            .get(by.name())?
            .get(code)
            .cloned()
    }

    pub(super) fn unit(&self, area: Option<&str>) -> Option<String> {
        self.0.org_units.get(area.unwrap_or(NATIONAL)).cloned()
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 11
        && text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Checks that every id is valid and unique within `of`.
fn check_ids(what: &str, of: &Of) -> Result<(), MappingError> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for (code, id) in of {
        if !is_id(id) {
            return Err(MappingError::NoId(format!("{what} {code}")));
        }
        if let Some(other) = seen.insert(id, code) {
            return Err(MappingError::Twice(
                format!("{what} {other}"),
                format!("{what} {code}"),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::{Map, Value, json};

    /// A mapping of everything, and of one area.
    pub(crate) fn complete() -> Value {
        let mut number = 0;
        let mut id = || {
            number += 1;
            Value::from(format!("A{number:010}"))
        };
        let elements: Map<String, Value> = By::ALL
            .iter()
            .map(|by| (by.name().to_owned(), id()))
            .collect();
        let mut options = Map::new();
        for by in By::ALL.into_iter().filter(|by| *by != By::Admin1) {
            let codes: Map<String, Value> = by
                .codes()
                .into_iter()
                .map(|code| (code.to_owned(), id()))
                .collect();
            options.insert(by.name().to_owned(), codes.into());
        }
        json!({"orgUnits": {"national": id(), "SN-DK": id()}, "dataElements": elements, "categoryOptionCombos": options})
    }

    #[track_caller]
    fn complaint(change: impl FnOnce(&mut Value)) -> String {
        let mut file = complete();
        change(&mut file);
        Mapping::parse(file.to_string().as_bytes())
            .unwrap_err()
            .to_string()
    }

    fn remove(file: &mut Value, path: &str, key: &str) {
        file.pointer_mut(path)
            .and_then(Value::as_object_mut)
            .unwrap()
            .remove(key)
            .unwrap();
    }

    #[test]
    fn entries_without_an_id_are_named_all_at_once() {
        let said = complaint(|file| {
            remove(file, "/categoryOptionCombos/perpetrator", "landlord");
            remove(file, "/categoryOptionCombos", "violation_group");
            remove(file, "/dataElements", "setting");
            remove(file, "/orgUnits", "national");
        });
        let expected = "the mapping has no id for org unit national, data element setting, perpetrator landlord, violation_group physical, \
                        violation_group sexual, violation_group psychological, violation_group economic, violation_group rights: add each of them";
        assert_eq!(said, expected);
    }

    #[test]
    fn a_byte_order_mark_is_taken() {
        assert!(Mapping::parse(format!("\u{feff}{}", complete()).as_bytes()).is_ok());
    }

    #[test]
    fn names_that_are_no_codes_are_named() {
        let said = complaint(|file| {
            file["categoryOptionCombos"]["perpetrator"]["polise"] = "A9000000000".into();
            file["categoryOptionCombos"]["admin1"] = json!({"SN-DK": "A9000000001"});
            file["dataElements"]["status"] = "A9000000002".into();
        });
        assert_eq!(
            said,
            "the mapping names what is no code here: data element status, list admin1, perpetrator polise"
        );
        assert!(complaint(|file| file["orgunits"] = json!({})).contains("another form"));
    }

    #[test]
    fn ids_have_dhis2s_form() {
        for bad in ["", "short", "0123456789a", "abcdefghij ", "abcdefghijkl"] {
            let said = complaint(|file| file["orgUnits"]["SN-TH"] = bad.into());
            assert!(
                said.starts_with("org unit SN-TH has no id of DHIS2"),
                "{said}"
            );
        }
    }

    #[test]
    fn no_two_entries_have_one_id() {
        let said = complaint(|file| {
            file["categoryOptionCombos"]["setting"]["hotel"] =
                file["categoryOptionCombos"]["setting"]["street"].clone()
        });
        assert_eq!(said, "setting hotel and setting street have the same id");
    }
}
