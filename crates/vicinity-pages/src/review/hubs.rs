//! Hubs: what each has sent, month by month, and which have fallen silent.

use maud::{Markup, html};
use vicinity_core::band::Band;
use vicinity_core::reached::Reached;
use vicinity_core::time::Timestamp;

use crate::frame::Frame;
use crate::parts;
use crate::pattern::band;

/// A hub.
pub struct HubLine {
    /// Its number.
    pub number: u32,
    /// Name that people gave it.
    pub name: Option<String>,
    /// When it was last seen.
    pub last_seen: Option<Timestamp>,
    /// Whether it has been silent for two weeks.
    pub silent: bool,
    /// When one of its reports was last refused because the hub sends more than its share.
    pub slowed: Option<Timestamp>,
    /// Rows of each month, as bands: exact counts would reveal suppressed cells of the picture.
    pub months: Vec<Band>,
    /// Rows in all.
    pub rows: Band,
    /// For months of the strip, as the hub entered them: people reached, or that nobody reported.
    pub reached: Vec<Reached>,
}

/// The page. `months` are those of each hub's strip.
#[must_use]
pub fn hubs(frame: &Frame, months: &[String], hubs: &[HubLine]) -> Markup {
    let heads: Vec<String> = [
        frame.t("queue-hub"),
        frame.t("hubs-heard"),
        frame.t("hubs-rows"),
        frame.t("reached-people"),
    ]
    .into_iter()
    .chain(months.iter().map(|month| frame.words.month_short(month)))
    .collect();
    let body = html! {
        (parts::title(&frame.t("nav-hubs"), frame.t("hubs-silence")))
        p.hint { (frame.t("hubs-bands")) }
        p { a href="/countries" { (frame.t("countries-title")) } }
        @if hubs.is_empty() { p.sheet { (frame.t("hubs-none")) } } @else {
            div.scroll tabindex="0" role="region" aria-label=(frame.t("nav-hubs")) {
                table {
                    thead { tr { @for (at, head) in heads.iter().enumerate() { th scope="col" class=[(at > 1).then_some("number")] { (head) } } } }
                    tbody {
                        @for hub in hubs {
                            tr {
                                th scope="row" { (parts::named_hub(frame, hub.number, hub.name.as_deref())) (parts::rename(frame, "/hubs/name", "hub", hub.number, hub.name.as_deref())) }
                                td { @match hub.last_seen { Some(at) => (frame.away(at)), None => (frame.t("never")) }
                                    @if hub.silent { " " span.chip.amber { (frame.t("hubs-silent")) } }
                                    @if let Some(at) = hub.slowed { " " span.chip.red { (frame.t("hubs-slowed")) } " " (frame.away(at)) }
                                }
                                td.number { (band(frame, hub.rows)) }
                                td { (reached(frame, &hub.reached)) }
                                @for count in &hub.months { td.number { (band(frame, *count)) } }
                            }
                        }
                    }
                }
            }
        }
    };
    frame.page(&frame.t("nav-hubs"), "/hubs", &body)
}

/// One line per month, latest first: people reached, and whether nobody reported.
fn reached(frame: &Frame, months: &[Reached]) -> Markup {
    html! {
        @if months.is_empty() { "–" }
        @for of in months.iter().rev() {
            div {
                (frame.words.month_short(&of.month)) ": "
                @match of.people { Some(people) => (frame.words.count(people.into())), None => "–" }
                @if of.is_nil { " · " (frame.t("reached-nil")) }
            }
        }
    }
}
