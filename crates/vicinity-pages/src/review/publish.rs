//! Publishing a month: a preview to decide on, and the months published before.

use maud::{Markup, html};
use vicinity_core::time::Timestamp;

use crate::frame::Frame;
use crate::parts;
use crate::pattern::shown;
use crate::words::Said;

/// A hub's part of a month.
pub struct HubPart {
    /// Its number.
    pub number: u32,
    /// Name that people gave it.
    pub name: Option<String>,
    /// Its incidents.
    pub incidents: u64,
    /// Those of them that a responder has seen.
    pub seen: u64,
    /// Cells that would be shown and come almost entirely from this hub.
    pub own_cells: usize,
    /// Whether the hub is left out.
    pub is_without: bool,
}

/// A month that was published.
pub struct PublishedLine {
    /// The month.
    pub month: String,
    /// Published number of incidents; `None` if suppressed.
    pub incidents: Option<u64>,
    /// Person who published it.
    pub person: String,
    /// When it was published.
    pub at: Timestamp,
    /// Hubs that were left out.
    pub without: usize,
    /// Whether only incidents that a responder has seen were counted.
    pub is_seen_only: bool,
}

/// Data of the page.
pub struct PublishView {
    /// The month that would be published; empty if none can be.
    pub month: String,
    /// Closed months with counts that are not published yet, latest first.
    pub open: Vec<String>,
    /// What each hub adds.
    pub hubs: Vec<HubPart>,
    /// Whether only incidents that a responder has seen are counted.
    pub is_seen_only: bool,
    /// Number of incidents that would be shown; `None` if suppressed.
    pub incidents: Option<u64>,
    /// Number of cells that would be shown.
    pub cells: usize,
    /// Distinct survivors, as each hub counted its own.
    pub survivors: u64,
    /// Published months, latest first.
    pub published: Vec<PublishedLine>,
}

/// The page.
#[must_use]
pub fn publish(frame: &Frame, view: &PublishView) -> Markup {
    let body = html! {
        (parts::title(&frame.t("publish-title"), frame.t("publish-below")))
        @if view.open.is_empty() { p.sheet { (frame.t("publish-nothing")) } } @else { (draft(frame, view)) }
        @if view.published.is_empty() { p.sheet { (frame.t("published-none")) } } @else { (done(frame, &view.published)) }
    };
    frame.page(&frame.t("publish-title"), "/picture", &body)
}

fn draft(frame: &Frame, view: &PublishView) -> Markup {
    let months: Vec<parts::Choice> = view
        .open
        .iter()
        .map(|month| parts::Choice::new(month, frame.words.month(month)))
        .collect();
    html! {
        form.sheet method="get" action="/publish" {
            div.fields {
                (parts::select("u-month", "month", &frame.t("publish-month"), &months, &view.month))
                div { button { (frame.t("board-show")) } }
            }
        }
        @if !view.month.is_empty() {
            section.sheet.stack {
                h2 { (frame.words.month(&view.month)) }
                ul.figures {
                    li.figure { b { (shown(frame, view.incidents)) } span { (frame.t("publish-incidents")) } }
                    li.figure { b { (frame.words.count(view.cells as u64)) } span { (frame.t("publish-cells")) } }
                    li.figure { b { (frame.words.count(view.survivors)) } span { (frame.t("publish-survivors")) } }
                }
                p.hint { (frame.t("publish-own-hint")) }
                (choices(frame, view))
                (confirmation(frame, view))
            }
        }
    }
}

/// The field that leaves a hub out.
fn field_of(hub: &HubPart) -> String {
    format!("without-{}", hub.number)
}

fn leave_out(frame: &Frame, hub: &HubPart) -> String {
    let number = hub.number.to_string();
    frame.with("publish-without-hub", &[("hub", Said::Text(&number))])
}

/// Hubs, each with a checkbox to leave it out.
fn choices(frame: &Frame, view: &PublishView) -> Markup {
    let heads = [
        "queue-hub",
        "picture-incidents",
        "publish-seen",
        "publish-own",
        "publish-without",
    ]
    .map(|id| frame.t(id));
    html! {
        form.stack method="get" action="/publish" {
            input type="hidden" name="month" value=(view.month);
            div.scroll tabindex="0" role="region" aria-label=(frame.t("nav-hubs")) {
                table {
                    thead { tr { @for (at, head) in heads.iter().enumerate() { th scope="col" class=[(1..4).contains(&at).then_some("number")] { (head) } } } }
                    tbody {
                        @for hub in &view.hubs {
                            tr {
                                th scope="row" { (parts::named_hub(frame, hub.number, hub.name.as_deref())) }
                                td.number { (frame.words.count(hub.incidents)) }
                                td.number { (frame.words.count(hub.seen)) }
                                td.number { (frame.words.count(hub.own_cells as u64)) @if hub.own_cells > 0 { " " span.chip.amber { (frame.t("publish-own-short")) } } }
                                td { input type="checkbox" name=(field_of(hub)) value="yes" checked[hub.is_without] aria-label=(leave_out(frame, hub)); }
                            }
                        }
                    }
                }
            }
            label.choice for="u-seen" { input id="u-seen" type="checkbox" name="seen" value="yes" checked[view.is_seen_only]; (frame.t("publish-seen-only")) }
            div { button.plain { (frame.t("publish-again")) } }
        }
    }
}

/// Publishes what was shown, and nothing else.
fn confirmation(frame: &Frame, view: &PublishView) -> Markup {
    html! {
        form.stack method="post" action="/publish" {
            (frame.csrf())
            input type="hidden" name="month" value=(view.month);
            @for hub in view.hubs.iter().filter(|hub| hub.is_without) { input type="hidden" name=(field_of(hub)) value="yes"; }
            @if view.is_seen_only { input type="hidden" name="seen" value="yes"; }
            p.notice.caution { (frame.t("publish-once")) }
            label.choice for="u-sure" { input id="u-sure" type="checkbox" name="sure" value="yes" required; (frame.t("publish-sure")) }
            div { button { (frame.with("publish-do", &[("month", Said::Text(&frame.words.month(&view.month)))])) } }
        }
    }
}

fn done(frame: &Frame, published: &[PublishedLine]) -> Markup {
    let caption = frame.t("publish-done");
    let heads = [
        "picture-month",
        "picture-incidents",
        "publish-person",
        "publish-choice",
    ]
    .map(|id| frame.t(id));
    let row = |line: &PublishedLine| {
        let without = (line.without > 0).then(|| {
            frame.with(
                "publish-left-out",
                &[("count", Said::Count(line.without as u64))],
            )
        });
        let seen = line.is_seen_only.then(|| frame.t("publish-seen-only"));
        let choice: Vec<String> = without.into_iter().chain(seen).collect();
        vec![
            frame.words.month(&line.month),
            shown(frame, line.incidents),
            format!("{}, {}", line.person, frame.day(line.at)),
            if choice.is_empty() {
                "–".to_owned()
            } else {
                choice.join("; ")
            },
        ]
    };
    let rows: Vec<Vec<String>> = published.iter().map(row).collect();
    parts::table(&caption, &heads.each_ref().map(String::as_str), 4, &rows)
}
