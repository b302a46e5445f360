//! The advocacy log, with its actions marked on a chart of incidents by month.

use maud::{Markup, html};
use vicinity_core::advocacy::NOTE_MAX_LETTERS;
use vicinity_core::codes;

use super::{Amount, Figures, areas, by_month, rules, view_field, view_switch};
use crate::draw::{self, Mark, Series};
use crate::frame::Frame;
use crate::parts::{self, Choice, Line};
use crate::words::Said;

/// Longest area code in letters: in ISO 3166-2, two for the country, a dash, and up to three.
const AREA_MAX: usize = 6;

/// An advocacy action.
pub struct AdvocacyLine {
    /// Its id, if it was written on this server and can be changed.
    pub id: Option<String>,
    /// The day, as `2026-11-03`.
    pub day: String,
    /// Kind of action, a code.
    pub action: String,
    /// Kind of perpetrator that it is about, a code; empty for any.
    pub kind: String,
    /// Area; empty for everywhere.
    pub area: String,
    /// Outcome, a code.
    pub outcome: String,
    /// One line of internal notes.
    pub note: String,
    /// Person who wrote it on this server.
    pub person: String,
    /// Hub that sent it, if it came from one.
    pub hub: Option<u32>,
    /// Incidents that it is about, in the three months before its month and in the three after; `None` if those are not over.
    pub around: (Amount, Option<Amount>),
}

/// Data of the advocacy page.
pub struct AdvocacyView {
    /// The first and the last month that are shown.
    pub stretch: (String, String),
    /// The chosen kind of perpetrator; empty for all.
    pub kind: String,
    /// The chosen area; empty for all.
    pub area: String,
    /// Areas to choose from.
    pub areas: Vec<String>,
    /// The months of the chart.
    pub months: Vec<String>,
    /// Incidents of the chosen kind and area by month; `None` if suppressed.
    pub incidents: Vec<Option<u64>>,
    /// Actions on this page about the chosen kind and area, latest first.
    pub lines: Vec<AdvocacyLine>,
    /// Number of the first action on this page; numbers count up from the earliest action.
    pub newest: u64,
    /// This page, from 0, and how many there are.
    pub page: (u32, u32),
    /// How counts are shown.
    pub figures: Figures,
    /// Today, as `2026-11-28`.
    pub today: String,
}

/// The page.
#[must_use]
pub fn advocacy(frame: &Frame, view: &AdvocacyView) -> Markup {
    let body = html! {
        (parts::title(&frame.t("nav-advocacy"), frame.t("advocacy-below")))
        (view_switch(frame, view.figures, &here(view)))
        (chooser(frame, view))
        section.sheet { (chart(frame, view)) p.hint { (frame.t("advocacy-followed")) } (rules(frame, view.figures)) }
        section.stack {
            h2 { (frame.t("advocacy-log")) }
            @if view.lines.is_empty() { p.sheet { (frame.t("advocacy-none")) } }
            ul.plain.stack { @for (number, line) in numbered(view) { li.sheet { (entry(frame, number, line)) } } }
            (parts::pager(frame, view.page.0, view.page.1, &|page| format!("{}{}&page={page}", here(view), as_parameter(view.figures))))
        }
        (form(frame, view))
    };
    frame.page(&frame.t("nav-advocacy"), "/advocacy", &body)
}

/// The page's URL without the view and the page number.
fn here(view: &AdvocacyView) -> String {
    format!(
        "/advocacy?kind={}&area={}&from={}&to={}",
        view.kind, view.area, view.stretch.0, view.stretch.1
    )
}

/// URL parameter of the published view; empty for the default view.
fn as_parameter(figures: Figures) -> &'static str {
    if figures == Figures::Published {
        "&as=published"
    } else {
        ""
    }
}

fn kinds(frame: &Frame) -> Vec<Choice> {
    let kinds = codes::PERPETRATOR_KINDS
        .codes
        .iter()
        .map(|code| Choice::new(*code, frame.words.code(code)));
    [Choice::new("", frame.t("advocacy-any-kind"))]
        .into_iter()
        .chain(kinds)
        .collect()
}

fn chooser(frame: &Frame, view: &AdvocacyView) -> Markup {
    html! {
        form.sheet.no-print method="get" action="/advocacy" {
            (view_field(view.figures))
            div.fields {
                (parts::select("a-kind", "kind", &frame.t("advocacy-kind"), &kinds(frame), &view.kind))
                (parts::select("a-area", "area", &frame.t("f-place-area"), &areas(frame, &view.areas), &view.area))
                (parts::field("a-from", "from", &frame.t("picture-from"), "", "month", &view.stretch.0, false))
                (parts::field("a-to", "to", &frame.t("picture-to"), "", "month", &view.stretch.1, false))
                div { button { (frame.t("board-show")) } }
            }
        }
    }
}

fn looked_at(frame: &Frame, view: &AdvocacyView) -> String {
    let kind = if view.kind.is_empty() {
        frame.t("advocacy-any-kind")
    } else {
        frame.words.code(&view.kind)
    };
    let area = if view.area.is_empty() {
        frame.t("pattern-everywhere")
    } else {
        view.area.clone()
    };
    format!("{} · {kind} · {area}", frame.t("picture-incidents"))
}

/// The actions of this page with their numbers.
fn numbered(view: &AdvocacyView) -> impl DoubleEndedIterator<Item = (u64, &AdvocacyLine)> {
    (0u64..)
        .zip(&view.lines)
        .map(|(at, line)| (view.newest.saturating_sub(at), line))
        .collect::<Vec<_>>()
        .into_iter()
}

/// A mark for each month with actions on this page, labelled with their numbers.
fn marks(view: &AdvocacyView) -> Vec<Mark> {
    let of = |month: &String| {
        let numbers: Vec<String> = numbered(view)
            .filter(|(_, line)| line.day.starts_with(month))
            .map(|(number, _)| number.to_string())
            .rev()
            .collect();
        numbers.join(", ")
    };
    view.months
        .iter()
        .enumerate()
        .map(|(month, name)| Mark {
            month,
            label: of(name),
        })
        .filter(|mark| !mark.label.is_empty())
        .collect()
}

fn chart(frame: &Frame, view: &AdvocacyView) -> Markup {
    let caption = looked_at(frame, view);
    let series = [Series {
        name: caption.clone(),
        values: view.incidents.clone(),
    }];
    let drawn = draw::lines(
        frame.words,
        &view.months,
        &series,
        draw::axis_top(&series),
        draw::WIDE,
        &marks(view),
    );
    draw::with_table(
        frame.words,
        &caption,
        &drawn,
        &by_month(
            frame,
            &view.months,
            &[(frame.t("picture-incidents"), view.incidents.clone())],
            &caption,
        ),
    )
}

pub(super) fn day_of(frame: &Frame, line: &AdvocacyLine) -> String {
    frame
        .words
        .told(&line.day)
        .unwrap_or_else(|| line.day.clone())
}

fn entry(frame: &Frame, number: u64, line: &AdvocacyLine) -> Markup {
    let aim = if line.kind.is_empty() {
        frame.t("advocacy-any-kind")
    } else {
        frame.words.code(&line.kind)
    };
    let place = if line.area.is_empty() {
        frame.t("pattern-everywhere")
    } else {
        line.area.clone()
    };
    let by = line
        .hub
        .map_or_else(|| line.person.clone(), |hub| parts::hub(frame, hub));
    let (before, after) = &line.around;
    let followed = match after {
        Some(after) => frame.with(
            "advocacy-around",
            &[
                ("before", Said::Text(&before.said(frame))),
                ("after", Said::Text(&after.said(frame))),
            ],
        ),
        None => frame.with(
            "advocacy-before",
            &[("before", Said::Text(&before.said(frame)))],
        ),
    };
    html! {
        div.row {
            h3 { span.chip.accent { (number) } " " (frame.words.code(&line.action)) }
            time.quiet datetime=(line.day) { (day_of(frame, line)) }
            span.chip { (frame.words.code(&line.outcome)) }
        }
        p { (frame.with("advocacy-aims", &[("kind", Said::Text(&aim)), ("area", Said::Text(&place))])) " " span.quiet { (by) } }
        @if !line.note.is_empty() { p { (line.note) } }
        p.quiet { (followed) }
        @if let Some(id) = &line.id { (change(frame, id, line)) }
    }
}

fn outcomes(frame: &Frame) -> Vec<Choice> {
    codes::ADVOCACY_OUTCOMES
        .codes
        .iter()
        .map(|code| Choice::new(*code, frame.words.code(code)))
        .collect()
}

fn change(frame: &Frame, id: &str, line: &AdvocacyLine) -> Markup {
    html! {
        details.no-print {
            summary { (frame.t("advocacy-change")) span.visually-hidden { " " (frame.words.code(&line.action)) " " (day_of(frame, line)) } }
            form.row.end method="post" action={ "/advocacy/" (id) } {
                (frame.csrf())
                (parts::select(&format!("outcome-{id}"), "outcome", &frame.t("advocacy-outcome"), &outcomes(frame), &line.outcome))
                button.small name="do" value="outcome" { (frame.t("save")) }
                button.grave.small name="do" value="drop" { (frame.t("advocacy-drop")) }
            }
        }
    }
}

fn form(frame: &Frame, view: &AdvocacyView) -> Markup {
    let actions: Vec<Choice> = codes::ADVOCACY_ACTIONS
        .codes
        .iter()
        .map(|code| Choice::new(*code, frame.words.code(code)))
        .collect();
    html! {
        section.sheet.no-print {
            h2 { (frame.t("advocacy-write")) }
            form.stack method="post" action="/advocacy" {
                (frame.csrf())
                (frame.once())
                div.fields {
                    (parts::select("w-action", "action", &frame.t("advocacy-action"), &actions, "meeting_authority"))
                    (parts::field("w-day", "day", &frame.t("advocacy-day"), "", "date", &view.today, true))
                    (parts::select("w-kind", "kind", &frame.t("advocacy-kind"), &kinds(frame), &view.kind))
                    (parts::line(&Line { id: "w-area", name: "area", label: &frame.t("f-place-area"), hint: &frame.t("advocacy-area-hint"), value: &view.area, longest: AREA_MAX, ..Line::default() }))
                    (parts::select("w-outcome", "outcome", &frame.t("advocacy-outcome"), &outcomes(frame), "awaited"))
                }
                (parts::line(&Line {
                    id: "w-note", name: "note", label: &frame.t("advocacy-note"), hint: &frame.t("advocacy-note-hint"),
                    longest: parts::units(NOTE_MAX_LETTERS), ..Line::default()
                }))
                div { button { (frame.t("advocacy-write-do")) } }
            }
        }
    }
}
