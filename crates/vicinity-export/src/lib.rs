//! Export files for other programs.
//!
//! There are two kinds, never mixed. *Rows* ([`csv`], [`gbvims`], [`xlsx`]) hold single projections, for people who may see
//! projections and not for publishing. *Counts* ([`dhis2`], [`geojson`]) are built from [`Published`] tables only, so they
//! cannot reveal more than the tables show. Everything here takes values and returns bytes or text.
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
