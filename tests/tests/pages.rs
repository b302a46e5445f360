//! Pages in a real browser, on real servers.

mod acting;
mod entry;
mod exporting;
mod figures;
mod patterns;
mod reading;
mod scene;
