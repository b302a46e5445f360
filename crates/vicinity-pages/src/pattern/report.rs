//! The quarterly report, as a printable page: what happened, what was done, how soon, and what the report asks for.

use maud::{Markup, html};

use super::advocacy::day_of;
use super::{
    AdvocacyLine, Amount, Figures, Parts, areas, beside, by_month, rules, shown, table_of,
};
use crate::draw::{self, Bar};
use crate::frame::{Frame, Tier};
use crate::parts::{self, Choice};
use crate::words::Said;

/// Longest text of what a report asks for, in letters.
pub const ASKS_MAX_LETTERS: usize = 4000;

/// A report.
pub struct ReportView {
    /// The quarter, as `2026-Q3`.
    pub quarter: String,
    /// Quarters to choose from, latest first.
    pub quarters: Vec<String>,
    /// The area; empty for all.
    pub area: String,
    /// Areas to choose from.
    pub areas: Vec<String>,
    /// How counts are shown.
    pub figures: Figures,
    /// Incidents of the quarter, and of the one before.
    pub incidents: (Amount, Amount),
    /// The quarter's months and the incidents of each, where they are shown by month.
    pub months: Vec<(String, Option<u64>)>,
    /// What happened.
    pub happened: Vec<Parts>,
    /// When somebody first responded.
    pub response: Parts,
    /// Minutes in which half of those who got a response had one, where that is known.
    pub median_minutes: Option<u32>,
    /// What was done for survivors.
    pub done: Vec<Parts>,
    /// The latest advocacy actions.
    pub advocacy: Vec<AdvocacyLine>,
    /// Number of all actions, counted up to `counted_max` + 1.
    pub actions: u64,
    /// Largest exact value of `actions`.
    pub counted_max: u64,
    /// What the report asks for.
    pub asks: String,
}

/// The page.
#[must_use]
pub fn report(frame: &Frame, view: &ReportView) -> Markup {
    let place = match (frame.place, view.area.as_str()) {
        (_, area) if !area.is_empty() => area.to_owned(),
        (Tier::Hub, _) => frame.t("report-this-hub"),
        (Tier::National, _) => frame.t("picture-country"),
    };
    let title = frame.with(
        "report-title",
        &[
            ("place", Said::Text(&place)),
            ("quarter", Said::Text(&parts::quarter(frame, &view.quarter))),
        ],
    );
    let body = html! {
        (parts::title(&title, frame.with("report-made", &[("day", Said::Text(&frame.day(frame.now)))])))
        (chooser(frame, view))
        @if view.figures == Figures::Exact { p.notice.caution { (frame.t("report-own")) } }
        @if view.figures == Figures::Internal { p.notice.caution { (frame.t("internal-notice")) } }
        (figures(frame, view))
        section.stack { h2 { (frame.t("report-happened")) } (happened(frame, view)) }
        section.stack { h2 { (frame.t("report-times")) } (times(frame, view)) }
        section.stack { h2 { (frame.t("report-done")) } (done(frame, view)) }
        section.stack { h2 { (frame.t("report-asks")) } (asks(frame, view)) }
        (rules(frame, view.figures))
    };
    frame.page(&title, "/report", &body)
}

fn chooser(frame: &Frame, view: &ReportView) -> Markup {
    let quarters: Vec<Choice> = view
        .quarters
        .iter()
        .map(|code| Choice::new(code, parts::quarter(frame, code)))
        .collect();
    let (us, others) = match frame.place {
        Tier::Hub => ("report-for-us", "report-for-others"),
        Tier::National => ("view-internal", "view-published"),
    };
    let readers = [
        Choice::new("us", frame.t(us)),
        Choice::new("others", frame.t(others)),
    ];
    html! {
        form.sheet.no-print method="get" action="/report" {
            div.fields {
                (parts::select("r-quarter", "quarter", &frame.t("report-choose"), &quarters, &view.quarter))
                (parts::select("r-area", "area", &frame.t("f-place-area"), &areas(frame, &view.areas), &view.area))
                (parts::select("r-for", "for", &frame.t("report-for"), &readers, if view.figures.is_exact() { "us" } else { "others" }))
                div { button { (frame.t("board-show")) } }
            }
            p.hint { (frame.t("report-print")) }
        }
    }
}

fn figures(frame: &Frame, view: &ReportView) -> Markup {
    let within = view
        .response
        .steps
        .iter()
        .find(|step| step.code == "within_24h" && step.share.is_some());
    html! {
        ul.figures {
            li.figure { b { (view.incidents.0.said(frame)) } span { (frame.t("picture-incidents")) } }
            li.figure { b { (view.incidents.1.said(frame)) } span { (frame.t("report-before")) } }
            @if let Some(within) = within { li.figure { b { (within.share(frame)) } span { (frame.t("report-within")) } } }
            @if let Some(minutes) = view.median_minutes { li.figure { b { (frame.words.span(u64::from(minutes) * 60)) } span { (frame.t("report-median")) } } }
            li.figure { b { (parts::counted(frame, view.actions, view.counted_max)) } span { (frame.t("report-actions")) } }
        }
    }
}

fn tables(frame: &Frame, view: &ReportView, of: &[Parts]) -> Markup {
    html! { div.columns { @for parts in of { @if !parts.steps.is_empty() { div.stack { (table_of(frame, parts, view.figures)) (beside(frame, parts.dimension, None)) } } } } }
}

fn happened(frame: &Frame, view: &ReportView) -> Markup {
    let (months, counts): (Vec<String>, Vec<Option<u64>>) = view.months.iter().cloned().unzip();
    let caption = frame.t("picture-incidents");
    let bar = |(month, count): &(String, Option<u64>)| Bar {
        name: frame.words.month(month),
        long: *count,
        figure: shown(frame, *count),
        is_rest: false,
    };
    let bars: Vec<Bar> = view.months.iter().map(bar).collect();
    html! {
        @if view.happened.iter().all(|parts| parts.steps.is_empty()) { p.sheet { (frame.t("report-nothing")) } }
        @if !months.is_empty() {
            div.sheet {
                (draw::with_table(frame.words, &caption, &draw::bars(&bars), &by_month(frame, &months, &[(caption.clone(), counts)], &caption)))
                p.hint { (frame.t("picture-trust")) }
            }
        }
        (tables(frame, view, &view.happened))
    }
}

fn times(frame: &Frame, view: &ReportView) -> Markup {
    html! { @if view.response.steps.is_empty() { p.sheet { (frame.t("report-nothing")) } } @else { (table_of(frame, &view.response, view.figures)) } }
}

fn done(frame: &Frame, view: &ReportView) -> Markup {
    let caption = frame.t("report-advocacy");
    let heads = [
        "advocacy-day",
        "advocacy-action",
        "advocacy-kind",
        "f-place-area",
        "advocacy-outcome",
    ]
    .map(|id| frame.t(id));
    let row = |line: &AdvocacyLine| {
        let kind = if line.kind.is_empty() {
            frame.t("advocacy-any-kind")
        } else {
            frame.words.code(&line.kind)
        };
        let area = if line.area.is_empty() {
            frame.t("pattern-everywhere")
        } else {
            line.area.clone()
        };
        vec![
            day_of(frame, line),
            frame.words.code(&line.action),
            kind,
            area,
            frame.words.code(&line.outcome),
        ]
    };
    let rows: Vec<Vec<String>> = view.advocacy.iter().map(row).collect();
    html! {
        (tables(frame, view, &view.done))
        @if rows.is_empty() { p.sheet { (frame.t("advocacy-none")) } } @else { (parts::table(&caption, &heads.each_ref().map(String::as_str), 5, &rows)) }
        @if view.actions > rows.len() as u64 { p.hint { (frame.with("report-latest", &[("count", Said::Count(rows.len() as u64))])) } }
    }
}

fn asks(frame: &Frame, view: &ReportView) -> Markup {
    html! {
        @if view.asks.is_empty() { p.sheet { (frame.t("report-asks-none")) } }
        @for paragraph in view.asks.lines().filter(|line| !line.trim().is_empty()) { p { (paragraph) } }
        form.sheet.no-print method="post" action="/report" {
            (frame.csrf())
            input type="hidden" name="quarter" value=(view.quarter);
            label for="r-asks" { (frame.t("report-asks-write")) }
            span.hint id="r-asks-hint" { (frame.t("report-asks-hint")) }
            textarea id="r-asks" name="asks" rows="5" maxlength=(parts::units(ASKS_MAX_LETTERS)) aria-describedby="r-asks-hint" { (view.asks) }
            div { button { (frame.t("save")) } }
        }
    }
}
