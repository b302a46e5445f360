//! Pages: what a browser gets of a hub or of national.
//!
//! ```text
//!  request ─► guest::Guest    signing in: anybody; assets
//!          ─► seated::Seated  a session behind the cookie, a role that may (core::access), and for a POST the form's mark
//!          ─► handler         asks the gate: `read` on a connection of its own, `write` through the one writer
//!          ─► vicinity_pages  a view becomes a page, in the reader's language
//!          ─► answer          headers that allow nothing from elsewhere, and nothing inline
//! ```
//!
//! Reading order: [`form`], [`desk`] (what both servers' pages share), [`cookies`], [`seated`], [`once`] (forms that count once),
//! [`kept`] (forms that came too late), [`answer`], [`secret`], [`credentials`], [`tries`] and [`entry`] (signing in), [`live`] (what
//! tells browsers that something came in); then the pages: [`clock`] (confirming it), [`board`], [`review`], [`pattern`] and
//! [`exports`] at both.
//! [`months`] is what these reckon with.

pub mod answer;
pub mod board;
pub mod clock;
pub mod cookies;
#[cfg(test)]
pub(crate) mod counter_use;
pub mod credentials;
pub mod desk;
pub mod entry;
pub mod exports;
pub mod form;
pub mod kept;
pub mod live;
pub mod months;
pub mod once;
pub mod pattern;
pub mod review;
pub mod routes;
pub mod seated;
pub mod secret;
pub mod tries;
