//! What leaves national as files, in the forms that others read.
//!
//! Two kinds, never mixed. *Rows* ([`csv`], [`gbvims`], [`xlsx`]) are projections, one by one: for those who may see
//! projections, not for publishing. *Counts* ([`dhis2`], [`geojson`]) are made of [`Published`] tables alone, so that they
//! cannot say what the tables do not show. Everything here takes values and gives bytes or text.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic, reason = "tests"))]

pub mod csv;
pub mod dhis2;
pub mod gbvims;
pub mod geojson;
pub mod months;
pub mod published;
pub mod xlsx;

pub use months::{Month, Months};
pub use published::{By, Published};
