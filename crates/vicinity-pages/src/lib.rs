//! What people see in a browser. Pure: pages are made from what they are given, in the reader's language; no store, no
//! network, no clock.
//!
//! Reading order: [`words`] (languages, dates, numbers), [`frame`] (what stands around every page), [`parts`] (tables, chips,
//! forms), [`draw`] (charts), [`entry`] (signing in), then the pages themselves: [`board`] at a hub, [`review`] at national,
//! [`pattern`] and [`exports`] at both.
//!
//! A page works without JavaScript. [`assets::SCRIPT`] only spares the reader a reload. No style and no script stands inside a
//! page, so that the policy that browsers are given allows none.

pub mod assets;
pub mod board;
pub mod draw;
pub mod entry;
pub mod exports;
pub mod frame;
pub mod parts;
pub mod pattern;
pub mod refill;
pub mod review;
pub mod words;

pub use maud::Markup;
