//! Parts that pages are made of.

use maud::{Markup, Render, html};
use vicinity_core::text::LETTER_MAX_BYTES;

use crate::frame::Frame;
use crate::words::Said;

/// A choice of a `<select>`: its value and how it reads.
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What the reader sees.
    pub label: String,
}

impl Choice {
    /// A choice.
    #[must_use]
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
        }
    }
}

/// A label and a `<select>`. `id` is unique on the page.
#[must_use]
pub fn select(id: &str, name: &str, label: &str, choices: &[Choice], chosen: &str) -> Markup {
    html! {
        div {
            label for=(id) { (label) }
            select id=(id) name=(name) { @for choice in choices { option value=(choice.value) selected[choice.value == chosen] { (choice.label) } } }
        }
    }
}

/// A label and a field that browsers know a kind of, such as a date.
#[must_use]
pub fn field(
    id: &str,
    name: &str,
    label: &str,
    hint: &str,
    kind: &str,
    value: &str,
    required: bool,
) -> Markup {
    let hint_id = format!("{id}-hint");
    html! {
        div {
            label for=(id) { (label) }
            @if !hint.is_empty() { span.hint id=(hint_id) { (hint) } }
            input id=(id) name=(name) type=(kind) value=(value) required[required] aria-describedby=[(!hint.is_empty()).then_some(&hint_id)];
        }
    }
}

/// A field of one line of text.
#[derive(Default)]
pub struct Line<'a> {
    /// Unique on the page.
    pub id: &'a str,
    /// What the form calls it.
    pub name: &'a str,
    /// Its label.
    pub label: &'a str,
    /// Hint below the label; may be empty.
    pub hint: &'a str,
    /// Initial value.
    pub value: &'a str,
    /// `maxlength` in UTF-16 units; see [`units`].
    pub longest: usize,
    /// Whether it must be filled in.
    pub required: bool,
}

/// A `maxlength` that fits any text of `letters` letters. Browsers count units, and one letter of some scripts is several units. The
/// server rejects a text with too many letters.
#[must_use]
pub fn units(letters: usize) -> usize {
    letters * LETTER_MAX_BYTES / 2
}

/// A label and a field of one line of text, no longer than may be sent.
#[must_use]
pub fn line(line: &Line<'_>) -> Markup {
    let hint_id = format!("{}-hint", line.id);
    html! {
        div {
            label for=(line.id) { (line.label) }
            @if !line.hint.is_empty() { span.hint id=(hint_id) { (line.hint) } }
            input id=(line.id) name=(line.name) type="text" value=(line.value) maxlength=(line.longest) required[line.required] aria-describedby=[(!line.hint.is_empty()).then_some(&hint_id)];
        }
    }
}

/// A form of one button that sends fixed values.
#[must_use]
pub fn button(
    frame: &Frame,
    action: &str,
    values: &[(&str, &str)],
    label: &str,
    class: &str,
) -> Markup {
    html! {
        form.inline method="post" action=(action) {
            (frame.csrf())
            @for (name, value) in values { input type="hidden" name=(name) value=(value); }
            button class=(class) { (label) }
        }
    }
}

/// A table in a box that scrolls by itself where the screen is narrow.
#[must_use]
pub fn table(caption: &str, heads: &[&str], numeric_from: usize, rows: &[Vec<String>]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr { @for (at, head) in heads.iter().enumerate() { th scope="col" class=[(at >= numeric_from).then_some("number")] { (head) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (at, cell) in row.iter().enumerate() {
                                @if at == 0 { th scope="row" { (cell) } } @else { td class=[(at >= numeric_from).then_some("number")] { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A list of chips; nothing for an empty list.
#[must_use]
pub fn chips(labels: &[String]) -> Markup {
    html! { @if !labels.is_empty() { ul.chips { @for label in labels { li.chip { (label) } } } } }
}

/// A triage level: word, colour and sign.
#[must_use]
pub fn triage(frame: &Frame, level: &str) -> Markup {
    let class = if ["red", "amber", "green"].contains(&level) {
        level
    } else {
        ""
    };
    html! { span class={ "chip " (class) } { (frame.words.code(level)) } }
}

/// A quarter by its months.
#[must_use]
pub fn quarter(frame: &Frame, quarter: &str) -> String {
    let Some((year, number)) = quarter.split_once("-Q") else {
        return quarter.to_owned();
    };
    let first: u32 = number.parse().unwrap_or(1) * 3 - 2;
    let month = |number: u32| frame.t(&format!("month-{number}"));
    frame.with(
        "report-quarter",
        &[
            ("first", Said::Text(&month(first))),
            ("last", Said::Text(&month(first + 2))),
            ("year", Said::Text(year)),
        ],
    )
}

/// A title with what is next to it.
#[must_use]
pub fn title(text: &str, below: impl Render) -> Markup {
    html! { div.title { h1 { (text) } p.quiet { (below) } } }
}

/// A problem, as an alert.
#[must_use]
pub fn problem(text: &str) -> Markup {
    html! { p.notice.problem role="alert" { (text) } }
}

/// The notice that something new has arrived. It stays visible while the reader scrolls.
#[must_use]
pub fn notice_of_new(frame: &Frame) -> Markup {
    html! { p.notice.seen hidden data-live-notice="" role="status" { (frame.t("something-new")) " " button.small type="button" { (frame.t("show-it")) } } }
}

/// Links to other pages of a list. `to` returns the URL of a page, from 0.
#[must_use]
pub fn pager(frame: &Frame, page: u32, pages: u32, to: &dyn Fn(u32) -> String) -> Markup {
    let here = frame.with(
        "pager-here",
        &[
            ("page", Said::Text(&(page + 1).to_string())),
            ("pages", Said::Text(&pages.max(1).to_string())),
        ],
    );
    html! {
        @if pages > 1 {
            nav.row aria-label=(frame.t("pager")) {
                @if page > 0 { a.button.plain.small rel="prev" href=(to(page - 1)) { (frame.t("pager-previous")) } }
                span { (here) }
                @if page + 1 < pages { a.button.plain.small rel="next" href=(to(page + 1)) { (frame.t("pager-next")) } }
            }
        }
    }
}

/// A count that is exact up to `max`; above it, "more than".
#[must_use]
pub fn counted(frame: &Frame, count: u64, max: u64) -> String {
    if count > max {
        frame.with("news-more", &[("count", Said::Count(max))])
    } else {
        frame.words.count(count)
    }
}

/// A device: its name, if any, and its number.
#[must_use]
pub fn device(frame: &Frame, number: u32, name: Option<&str>) -> String {
    let numbered = frame.with("who-device", &[("number", Said::Text(&number.to_string()))]);
    named(numbered, name)
}

/// The name, if any, followed by the numbered label.
fn named(numbered: String, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("{name} · {numbered}"),
        None => numbered,
    }
}

/// A folded form that sets a name.
#[must_use]
pub fn rename(frame: &Frame, action: &str, field: &str, number: u32, name: Option<&str>) -> Markup {
    html! {
        details {
            summary { (frame.t("name-change")) }
            form.row.end method="post" action=(action) {
                (frame.csrf())
                input type="hidden" name=(field) value=(number);
                (self::field(&format!("name-{number}"), "name", &frame.t("name-name"), &frame.t("name-hint"), "text", name.unwrap_or_default(), false))
                button { (frame.t("name-save")) }
            }
        }
    }
}

/// A hub: its name, if any, and its number.
#[must_use]
pub fn named_hub(frame: &Frame, number: u32, name: Option<&str>) -> String {
    named(hub(frame, number), name)
}

/// A hub by its number.
#[must_use]
pub fn hub(frame: &Frame, number: u32) -> String {
    frame.with("hub-number", &[("number", Said::Text(&number.to_string()))])
}
