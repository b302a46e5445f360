//! Pages in a real browser, on real servers.

mod acting;
mod entry;
mod reading;
mod scene;
