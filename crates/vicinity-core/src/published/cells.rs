//! The cells of published counts: their names, and the smallest count that is published.

/// The smallest count that is published.
pub const K: u64 = 10;
/// The area code of the whole country.
pub const COUNTRY: &str = "";
/// The dimension of all incidents, with the one code `""`.
pub const ALL: &str = "";

/// By what incidents are counted where each has exactly one code.
pub const PARTITIONS: [&str; 10] = [
    "setting",
    "gender",
    "age_band",
    "response",
    "pep",
    "ec",
    "referral",
    "state_perpetrator",
    "extortion",
    "healthcare_refusal",
];
/// By what incidents are counted where one may have several codes, or none.
pub const COVERS: [&str; 3] = ["perpetrator", "violation_group", "population"];

/// A cell's name: area, dimension, code.
pub type Cell = (String, String, String);

/// Whether counts of a dimension are published.
pub(crate) fn is_known(dimension: &str) -> bool {
    dimension == ALL || PARTITIONS.contains(&dimension) || COVERS.contains(&dimension)
}
