//! Areas with published counts as GeoJSON (RFC 7946). Shapes come only from a boundaries file. A point in place of a shape
//! would look like the place of an incident.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use vicinity_core::json::BadJson;

use crate::months::Months;
use crate::published::{Published, is_area};

/// Properties with an area's ISO 3166-2 code in boundaries files: of geoBoundaries, of Natural Earth, and ours.
const CODE_PROPERTIES: [&str; 3] = ["shapeISO", "iso_3166_2", "admin1"];

/// Boundaries of areas, by code.
#[derive(Debug, Clone, PartialEq)]
pub struct Boundaries(BTreeMap<String, Value>);

/// Why a boundaries file is invalid.
#[derive(Debug, thiserror::Error)]
pub enum BoundariesError {
    /// It is not valid JSON, or has a duplicate key.
    #[error("the boundaries: {0}")]
    Json(#[from] BadJson),
    /// It is JSON, but not a FeatureCollection.
    #[error("the boundaries are no GeoJSON FeatureCollection")]
    NoCollection,
    /// No feature has a code.
    #[error(
        "no feature of the boundaries names its area: its ISO 3166-2 code (as SN-DK) belongs in the property shapeISO, iso_3166_2 or admin1"
    )]
    NoCodes,
    /// A shape is not a Polygon or MultiPolygon with coordinates.
    #[error("the boundary of {0} is no Polygon or MultiPolygon with coordinates")]
    Shape(String),
}

impl Boundaries {
    /// Reads boundaries from a FeatureCollection. Accepts a byte order mark, codes and property names in lower case, and several
    /// features of one area. Skips features without a code or a geometry.
    ///
    /// # Errors
    /// The file is invalid; see [`BoundariesError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, BoundariesError> {
        let file = vicinity_core::json::parse(bytes)?;
        let features = file["features"]
            .as_array()
            .filter(|_| file["type"] == "FeatureCollection")
            .ok_or(BoundariesError::NoCollection)?;
        let mut shapes: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for feature in features {
            let Some(code) = code_of(&feature["properties"]) else {
                continue;
            };
            let (geometry, shape) = (
                &feature["geometry"],
                shapes.entry(code.clone()).or_default(),
            );
            match (
                geometry["type"].as_str(),
                geometry["coordinates"].as_array(),
            ) {
                (Some("Polygon" | "MultiPolygon"), Some(_)) => shape.push(geometry.clone()),
                _ if geometry.is_null() => {}
                _ => return Err(BoundariesError::Shape(code)),
            }
        }
        if shapes.is_empty() {
            return Err(BoundariesError::NoCodes);
        }
        Ok(Self(
            shapes
                .into_iter()
                .filter_map(|(code, geometries)| Some((code, shape_of(geometries)?)))
                .collect(),
        ))
    }
}

/// The code of a feature's area, in capitals.
fn code_of(properties: &Value) -> Option<String> {
    let named = |wanted: &&str| {
        properties
            .as_object()?
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))?
            .1
            .as_str()
    };
    let code = CODE_PROPERTIES
        .iter()
        .filter_map(named)
        .map(str::trim)
        .find(|code| !code.is_empty())?;
    Some(code.to_ascii_uppercase())
}

/// The shape of an area from its parts: a single part unchanged, several merged into one. `None` without parts.
fn shape_of(mut parts: Vec<Value>) -> Option<Value> {
    if parts.len() < 2 {
        return parts.pop();
    }
    let polygons =
        parts
            .into_iter()
            .flat_map(|part| match (part["type"].as_str(), &part["coordinates"]) {
                (Some("MultiPolygon"), Value::Array(polygons)) => polygons.clone(),
                (_, polygon) => vec![polygon.clone()],
            });
    Some(json!({"type": "MultiPolygon", "coordinates": polygons.collect::<Vec<Value>>()}))
}

/// Areas as GeoJSON, and the areas that the given boundaries lack.
#[derive(Debug, Clone, PartialEq)]
pub struct Areas {
    /// The FeatureCollection.
    pub collection: Value,
    /// Codes of areas without a shape; empty if no boundaries were given.
    pub without_shape: BTreeSet<String>,
}

/// A table by area as one feature per area with a shown cell, with a property per month. An area without a shown cell is
/// omitted, because its name alone would reveal that a count was suppressed.
#[must_use]
pub fn areas(by_area: &Published, months: &Months, boundaries: Option<&Boundaries>) -> Areas {
    let mut counts: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for cell in by_area.cells(months).filter(|cell| is_area(cell.code)) {
        counts
            .entry(cell.code)
            .or_default()
            .insert(cell.month.to_owned(), cell.count.into());
    }
    let shape = |code: &str| boundaries.and_then(|boundaries| boundaries.0.get(code));
    let without_shape = counts
        .keys()
        .filter(|code| boundaries.is_some() && shape(code).is_none())
        .map(|code| (*code).to_owned())
        .collect();
    let feature = |(code, mut properties): (&str, Map<String, Value>)| {
        properties.insert("admin1".to_owned(), code.into());
        json!({"type": "Feature", "id": code, "geometry": shape(code), "properties": properties})
    };
    let features: Vec<Value> = counts.into_iter().map(feature).collect();
    Areas {
        collection: json!({"type": "FeatureCollection", "features": features}),
        without_shape,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::By;
    use crate::published::tests::{months, table};

    fn counted() -> Published {
        let counts = [
            ("2026-10", "SN-DK", 12),
            ("2026-11", "SN-DK", 9),
            ("2026-11", "SN-TH", 10),
            ("2026-11", "SN-ZG", 9),
            ("2026-11", "unknown", 40),
        ];
        table(By::Admin1, &counts)
    }

    #[test]
    fn an_area_is_named_only_where_a_cell_is_shown() {
        let areas = areas(&counted(), &Months::default(), None);
        let expected = json!([
            {"type": "Feature", "id": "SN-DK", "geometry": null, "properties": {"admin1": "SN-DK", "2026-10": 12}},
            {"type": "Feature", "id": "SN-TH", "geometry": null, "properties": {"admin1": "SN-TH", "2026-11": 10}},
        ]);
        assert_eq!(
            (&areas.collection["features"], areas.without_shape.len()),
            (&expected, 0)
        );
    }

    #[test]
    fn months_choose_which_counts_there_are() {
        let areas = areas(&counted(), &months("2026-10", "2026-10"), None);
        assert_eq!(areas.collection["features"].as_array().unwrap().len(), 1);
        assert_eq!(
            areas.collection["features"][0]["properties"],
            json!({"admin1": "SN-DK", "2026-10": 12})
        );
    }

    #[test]
    fn a_shape_is_taken_over_and_a_missing_one_is_named() {
        let shape = json!({"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]]]});
        for property in CODE_PROPERTIES {
            let file = json!({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {property: "SN-DK"}, "geometry": shape}]});
            let boundaries = Boundaries::parse(file.to_string().as_bytes()).unwrap();
            let areas = areas(&counted(), &Months::default(), Some(&boundaries));
            assert_eq!(
                (
                    &areas.collection["features"][0]["geometry"],
                    &areas.collection["features"][1]["geometry"]
                ),
                (&shape, &Value::Null)
            );
            assert_eq!(areas.without_shape, BTreeSet::from(["SN-TH".to_owned()]));
        }
    }

    #[test]
    fn a_file_is_taken_as_others_write_it() {
        let ring = |at: i32| json!([[[at, 0], [at, 1], [at + 1, 1], [at, 0]]]);
        let feature = |name: &str, code: &str, geometry: Value| json!({"type": "Feature", "properties": {name: code}, "geometry": geometry});
        let file = json!({"type": "FeatureCollection", "features": [
            feature("shapeiso", "sn-dk", json!({"type": "Polygon", "coordinates": ring(0)})),
            feature("ISO_3166_2", " SN-DK ", json!({"type": "MultiPolygon", "coordinates": [ring(2), ring(4)]})),
            feature("shapeISO", "SN-ZG", Value::Null),
            feature("shapeISO", "sn-th", json!({"type": "MultiPolygon", "coordinates": [ring(6)]})),
        ]});
        let boundaries = Boundaries::parse(format!("\u{feff}{file}").as_bytes()).unwrap();
        let areas = areas(&counted(), &Months::default(), Some(&boundaries));
        let features = &areas.collection["features"];
        assert_eq!(
            features[0]["geometry"],
            json!({"type": "MultiPolygon", "coordinates": [ring(0), ring(2), ring(4)]})
        );
        assert_eq!(
            features[1]["geometry"],
            json!({"type": "MultiPolygon", "coordinates": [ring(6)]})
        );
        assert!(areas.without_shape.is_empty());
        let without = json!({"type": "FeatureCollection", "features": [feature("shapeISO", "SN-DK", Value::Null)]});
        let without = self::areas(
            &counted(),
            &Months::default(),
            Some(&Boundaries::parse(without.to_string().as_bytes()).unwrap()),
        );
        assert_eq!(
            without.without_shape,
            BTreeSet::from(["SN-DK".to_owned(), "SN-TH".to_owned()]),
            "it is said, and no error"
        );
    }

    #[test]
    fn other_files_are_refused_with_what_is_wrong() {
        let feature =
            |geometry: Value| json!({"properties": {"admin1": "SN-DK"}, "geometry": geometry});
        for (file, complaint) in [
            (json!({"type": "Topology"}), "no GeoJSON FeatureCollection"),
            (
                json!({"type": "FeatureCollection", "features": [{"properties": {"name": "Dakar"}}]}),
                "names its area",
            ),
            (
                json!({"type": "FeatureCollection", "features": [feature(json!({"type": "Point", "coordinates": [1, 2]}))]}),
                "SN-DK is no Polygon",
            ),
            (
                json!({"type": "FeatureCollection", "features": [feature(json!({"type": "Polygon"}))]}),
                "SN-DK is no Polygon",
            ),
        ] {
            let error = Boundaries::parse(file.to_string().as_bytes())
                .unwrap_err()
                .to_string();
            assert!(error.contains(complaint), "{error}");
        }
        assert!(matches!(
            Boundaries::parse(b"{"),
            Err(BoundariesError::Json(_))
        ));
    }
}
