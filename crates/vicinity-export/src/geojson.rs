//! Areas with published counts as GeoJSON (RFC 7946). Shapes come from a file of boundaries or not at all: a point for an
//! area would look like the place where it happened.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use vicinity_core::json::BadJson;

use crate::months::Months;
use crate::published::{Published, is_area};

/// Properties by which files of boundaries name an area's ISO 3166-2 code: geoBoundaries', Natural Earth's, ours.
const CODE_PROPERTIES: [&str; 3] = ["shapeISO", "iso_3166_2", "admin1"];

/// Boundaries of areas, by code.
#[derive(Debug, Clone, PartialEq)]
pub struct Boundaries(BTreeMap<String, Value>);

/// What is wrong with a file of boundaries.
#[derive(Debug, thiserror::Error)]
pub enum BoundariesError {
    /// It is no JSON, or a key stands twice in it.
    #[error("the boundaries: {0}")]
    Json(#[from] BadJson),
    /// It is other JSON.
    #[error("the boundaries are no GeoJSON FeatureCollection")]
    NoCollection,
    /// Nothing in it has a code.
    #[error("no feature of the boundaries names its area: its ISO 3166-2 code (as SN-DK) belongs in the property shapeISO, iso_3166_2 or admin1")]
    NoCodes,
    /// A shape of another kind.
    #[error("the boundary of {0} is no Polygon or MultiPolygon with coordinates")]
    Shape(String),
    /// Two shapes for one area.
    #[error("the boundaries have {0} twice: leave one of them")]
    Twice(String),
}

impl Boundaries {
    /// Reads boundaries from a FeatureCollection. Features without a code are left out.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn parse(bytes: &[u8]) -> Result<Self, BoundariesError> {
        let file = vicinity_core::json::parse(bytes)?;
        let features = file["features"].as_array().filter(|_| file["type"] == "FeatureCollection").ok_or(BoundariesError::NoCollection)?;
        let mut shapes = BTreeMap::new();
        for feature in features {
            let Some(code) = CODE_PROPERTIES.iter().find_map(|name| feature["properties"][name].as_str()).filter(|code| !code.is_empty()) else { continue };
            let geometry = &feature["geometry"];
            let is_shape = matches!(geometry["type"].as_str(), Some("Polygon" | "MultiPolygon")) && geometry["coordinates"].is_array();
            if !is_shape {
                return Err(BoundariesError::Shape(code.to_owned()));
            }
            if shapes.insert(code.to_owned(), geometry.clone()).is_some() {
                return Err(BoundariesError::Twice(code.to_owned()));
            }
        }
        if shapes.is_empty() { Err(BoundariesError::NoCodes) } else { Ok(Self(shapes)) }
    }
}

/// Areas as GeoJSON, and those among them for which boundaries were given, but not theirs.
#[derive(Debug, Clone, PartialEq)]
pub struct Areas {
    /// The FeatureCollection.
    pub collection: Value,
    /// Codes of areas without a shape; empty where no boundaries were given.
    pub without_shape: BTreeSet<String>,
}

/// The areas of a table by area: a feature for each that has a cell in it, with a property for each month. An area without
/// a cell is not named: its name alone would say that there is something to leave out.
#[must_use]
pub fn areas(by_area: &Published, months: &Months, boundaries: Option<&Boundaries>) -> Areas {
    let mut counts: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for cell in by_area.cells(months).filter(|cell| is_area(cell.code)) {
        counts.entry(cell.code).or_default().insert(cell.month.to_owned(), cell.count.into());
    }
    let shape = |code: &str| boundaries.and_then(|boundaries| boundaries.0.get(code));
    let without_shape = counts.keys().filter(|code| boundaries.is_some() && shape(code).is_none()).map(|code| (*code).to_owned()).collect();
    let feature = |(code, mut properties): (&str, Map<String, Value>)| {
        properties.insert("admin1".to_owned(), code.into());
        json!({"type": "Feature", "id": code, "geometry": shape(code), "properties": properties})
    };
    let features: Vec<Value> = counts.into_iter().map(feature).collect();
    Areas { collection: json!({"type": "FeatureCollection", "features": features}), without_shape }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::By;
    use crate::published::tests::{months, table};

    fn counted() -> Published {
        let counts = [("2026-10", "SN-DK", 12), ("2026-11", "SN-DK", 9), ("2026-11", "SN-TH", 10), ("2026-11", "SN-ZG", 9), ("2026-11", "unknown", 40)];
        table(By::Admin1, &counts)
    }

    #[test]
    fn an_area_is_named_only_where_a_cell_is_shown() {
        let areas = areas(&counted(), &Months::default(), None);
        let expected = json!([
            {"type": "Feature", "id": "SN-DK", "geometry": null, "properties": {"admin1": "SN-DK", "2026-10": 12}},
            {"type": "Feature", "id": "SN-TH", "geometry": null, "properties": {"admin1": "SN-TH", "2026-11": 10}},
        ]);
        assert_eq!((&areas.collection["features"], areas.without_shape.len()), (&expected, 0));
    }

    #[test]
    fn months_choose_which_counts_there_are() {
        let areas = areas(&counted(), &months("2026-10", "2026-10"), None);
        assert_eq!(areas.collection["features"].as_array().unwrap().len(), 1);
        assert_eq!(areas.collection["features"][0]["properties"], json!({"admin1": "SN-DK", "2026-10": 12}));
    }

    #[test]
    fn a_shape_is_taken_over_and_a_missing_one_is_named() {
        let shape = json!({"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]]]});
        for property in CODE_PROPERTIES {
            let file = json!({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {property: "SN-DK"}, "geometry": shape}]});
            let boundaries = Boundaries::parse(file.to_string().as_bytes()).unwrap();
            let areas = areas(&counted(), &Months::default(), Some(&boundaries));
            assert_eq!((&areas.collection["features"][0]["geometry"], &areas.collection["features"][1]["geometry"]), (&shape, &Value::Null));
            assert_eq!(areas.without_shape, BTreeSet::from(["SN-TH".to_owned()]));
        }
    }

    #[test]
    fn other_files_are_refused_with_what_is_wrong() {
        let feature = |geometry: Value| json!({"properties": {"admin1": "SN-DK"}, "geometry": geometry});
        let polygon = feature(json!({"type": "Polygon", "coordinates": []}));
        for (file, complaint) in [
            (json!({"type": "Topology"}), "no GeoJSON FeatureCollection"),
            (json!({"type": "FeatureCollection", "features": [{"properties": {"name": "Dakar"}}]}), "names its area"),
            (json!({"type": "FeatureCollection", "features": [feature(json!({"type": "Point", "coordinates": [1, 2]}))]}), "SN-DK is no Polygon"),
            (json!({"type": "FeatureCollection", "features": [polygon, polygon]}), "SN-DK twice"),
        ] {
            let error = Boundaries::parse(file.to_string().as_bytes()).unwrap_err().to_string();
            assert!(error.contains(complaint), "{error}");
        }
        assert!(matches!(Boundaries::parse(b"{"), Err(BoundariesError::Json(_))));
    }
}
