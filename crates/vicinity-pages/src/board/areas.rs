//! The areas that a hub's rows may name.

use maud::{Markup, html};

use crate::frame::Frame;
use crate::parts;

/// Lines of the list that are in sight.
const LINES: usize = 12;

/// The areas.
pub struct AreasView {
    /// Whether somebody listed them.
    pub is_listed: bool,
    /// Those that rows may name.
    pub told: Vec<String>,
    /// Others that incidents here are of.
    pub others: Vec<String>,
}

/// The page.
#[must_use]
pub fn areas(frame: &Frame, areas: &AreasView) -> Markup {
    let body = html! {
        (parts::title(&frame.t("areas-title"), frame.t("areas-below")))
        @if !areas.is_listed { p.notice { (frame.t("areas-none-listed")) } }
        form.sheet.stack method="post" action="/hub/areas" {
            (frame.csrf())
            label for="areas-list" { (frame.t("areas-list")) }
            span.hint id="areas-hint" { (frame.t("areas-list-hint")) }
            textarea id="areas-list" name="areas" rows=(LINES) aria-describedby="areas-hint" { (areas.told.join("\n")) }
            div { button { (frame.t("save")) } }
        }
        @if !areas.others.is_empty() { section.stack { h2 { (frame.t("areas-others")) } (parts::chips(&areas.others)) } }
        p { a href="/hub" { (frame.t("back")) } }
    };
    frame.page(&frame.t("areas-title"), "/hub", &body)
}
