//! Pages in a real browser, on real servers.

mod acting;
mod entry;
mod exporting;
mod patterns;
mod reading;
mod scene;
