//! Pages in a real browser, on real servers.

mod acting;
mod entry;
mod patterns;
mod reading;
mod scene;
