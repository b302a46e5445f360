//! Pages: what a browser gets of a hub or of national.
//!
//! ```text
//!  request ─► guest::Guest    signing in: anybody; assets
//!          ─► signed_in::SignedIn  a session behind the cookie, a role that may (core::access), and for a POST the form's mark
//!          ─► handler         asks the gate: `read` on a connection of its own, `write` through the one writer
//!          ─► vicinity_pages  a view becomes a page, in the reader's language
//!          ─► answer          headers that allow nothing from elsewhere, and nothing inline
//! ```
//!
//! Reading order: [`form`], [`site`] (what both servers' pages share), [`cookies`], [`signed_in`], [`once`] (forms that count once),
//! [`late_forms`] (forms that came too late), [`answer`], [`secret`], [`credentials`], [`tries`] and [`entry`] (signing in), [`live`] (what
//! tells browsers that something came in); then the pages: [`clock`] (confirming it), [`board`], [`review`], [`pattern`] and
//! [`exports`] at both.
//! [`months`] computes the months that these show.

pub mod answer;
pub mod board;
pub mod clock;
pub mod cookies;
#[cfg(test)]
pub(crate) mod counter_use;
pub mod credentials;
pub mod entry;
pub mod exports;
pub mod form;
pub mod late_forms;
pub mod live;
pub mod months;
pub mod once;
pub mod pattern;
pub mod review;
pub mod routes;
pub mod secret;
pub mod signed_in;
pub mod site;
pub mod tries;
