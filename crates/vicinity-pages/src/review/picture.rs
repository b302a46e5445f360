//! The picture: charts of counts by month, each with a table. Coordinators see exact or published counts.

use maud::{Markup, html};
use vicinity_core::time::Timestamp;

use crate::draw::{self, Series, Tile};
use crate::frame::Frame;
use crate::parts;
use crate::pattern::{
    CodeCount, Figures, Parts, beside, by_month, drawn, name_of, rules, view_field, view_switch,
};
use crate::words::Said;

/// The chosen months and area.
pub struct Choice {
    /// The first month.
    pub from: String,
    /// The last month.
    pub to: String,
    /// An area; empty for the country.
    pub area: String,
    /// Areas to choose from.
    pub areas: Vec<String>,
}

/// A dimension: its name, and a series of months for each of its codes.
pub struct Panel {
    /// The dimension.
    pub dimension: &'static str,
    /// Each code with one count per month; `None` if suppressed.
    pub codes: Vec<(String, Vec<Option<u64>>)>,
    /// Shown incidents that no shown code of the dimension covers.
    pub rest: Option<CodeCount>,
}

/// Two dimensions that are counted together.
pub struct Pair {
    /// The dimensions: of the rows, and of the columns.
    pub dimensions: (&'static str, &'static str),
    /// Codes of the columns.
    pub columns: Vec<String>,
    /// Code of a row, and a count for each column.
    pub rows: Vec<(String, Vec<u64>)>,
}

/// Data shown only with exact counts.
pub struct Internal {
    /// Time of the oldest among the hubs' latest tables; `None` if no hub sent any.
    pub as_of: Option<Timestamp>,
    /// Hubs that have sent no tables.
    pub hubs_without: u64,
    /// Incidents of these months that a responder has seen.
    pub seen: u64,
    /// Sum of survivors by month and hub; each hub counts its own.
    pub survivors: u64,
    /// Dimensions in pairs.
    pub pairs: Vec<Pair>,
    /// Months that still get reports.
    pub open: Vec<String>,
}

/// Data of the picture page.
pub struct Picture {
    /// Data shown only with exact counts; `None` in the published view.
    pub internal: Option<Internal>,
    /// What was chosen.
    pub choice: Choice,
    /// The months, as `2026-11`.
    pub months: Vec<String>,
    /// All incidents by month.
    pub incidents: Vec<Option<u64>>,
    /// Areas, each with the sum of its shown months.
    pub areas: Vec<CodeCount>,
    /// Dimensions with a small chart per code.
    pub panels: Vec<Panel>,
    /// Sums by code.
    pub sums: Vec<Parts>,
}

/// The page.
#[must_use]
pub fn picture(frame: &Frame, picture: &Picture) -> Markup {
    let figures = if picture.internal.is_some() {
        Figures::Internal
    } else {
        Figures::Published
    };
    let below = if picture.internal.is_some() {
        "picture-internal-below"
    } else {
        "picture-below"
    };
    let body = html! {
        (parts::title(&frame.t("picture-title"), frame.t(below)))
        (view_switch(frame, figures, &here(&picture.choice)))
        (chooser(frame, &picture.choice, figures))
        @match &picture.internal {
            Some(internal) => (standing(frame, internal)),
            None => @if picture.incidents.iter().all(Option::is_none) { p.notice { (frame.t("published-none")) " " a href="/publish" { (frame.t("publish-title")) } } },
        }
        (whole(frame, picture))
        @if picture.choice.area.is_empty() && !picture.areas.is_empty() { (areas(frame, picture)) }
        @for parts in &picture.sums { @if !parts.steps.is_empty() { section.sheet { (drawn(frame, parts)) } } }
        @for panel in &picture.panels { @if !panel.codes.is_empty() { (multiples(frame, picture, panel)) } }
        @if let Some(internal) = &picture.internal { (pairs(frame, &internal.pairs)) }
        (rules(frame, figures))
        p.no-print { a href="/publish" { (frame.t("publish-title")) } }
    };
    frame.page(&frame.t("picture-title"), "/picture", &body)
}

/// The page's URL without the view.
fn here(choice: &Choice) -> String {
    format!(
        "/picture?from={}&to={}&area={}",
        choice.from, choice.to, choice.area
    )
}

/// How complete exact figures are, and of whom they are.
fn standing(frame: &Frame, internal: &Internal) -> Markup {
    let months: Vec<String> = internal
        .open
        .iter()
        .map(|month| frame.words.month(month))
        .collect();
    html! {
        ul.figures {
            li.figure { b { (frame.words.count(internal.seen)) } span { (frame.t("picture-seen")) } }
            li.figure { b { (frame.words.count(internal.survivors)) } span { (frame.t("picture-survivors")) } }
        }
        p.hint {
            @match internal.as_of {
                Some(day) => (frame.with("picture-as-of", &[("day", Said::Text(&frame.day(day)))])),
                None => (frame.t("picture-no-tables")),
            }
            @if internal.hubs_without > 0 { " " (frame.with("picture-hubs-without", &[("count", Said::Count(internal.hubs_without))])) }
            @if !months.is_empty() { " " (frame.with("picture-open", &[("months", Said::Text(&months.join(", ")))])) }
        }
    }
}

/// Two dimensions together, as tables.
fn pairs(frame: &Frame, pairs: &[Pair]) -> Markup {
    let caption = |pair: &Pair| {
        let (rows, columns) = pair.dimensions;
        let name = |dimension| frame.words.label("dimension-", dimension);
        format!("{} · {}", name(rows), name(columns))
    };
    let table = |pair: &Pair| {
        let (rows, columns) = pair.dimensions;
        let heads: Vec<String> = [frame.words.label("dimension-", rows)]
            .into_iter()
            .chain(
                pair.columns
                    .iter()
                    .map(|code| name_of(frame, columns, code)),
            )
            .collect();
        let lines: Vec<Vec<String>> = pair
            .rows
            .iter()
            .map(|(code, counts)| {
                [name_of(frame, rows, code)]
                    .into_iter()
                    .chain(counts.iter().map(|count| frame.words.count(*count)))
                    .collect()
            })
            .collect();
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        parts::table(&caption(pair), &heads, 1, &lines)
    };
    html! {
        @if pairs.iter().any(|pair| !pair.rows.is_empty()) {
            section.sheet {
                h2 { (frame.t("picture-pairs")) }
                p.hint { (frame.t("picture-pairs-hint")) }
                @for pair in pairs.iter().filter(|pair| !pair.rows.is_empty()) { details { summary { (caption(pair)) } (table(pair)) } }
            }
        }
    }
}

fn chooser(frame: &Frame, choice: &Choice, figures: Figures) -> Markup {
    let areas: Vec<parts::Choice> = [parts::Choice::new("", frame.t("picture-country"))]
        .into_iter()
        .chain(
            choice
                .areas
                .iter()
                .map(|area| parts::Choice::new(area, area)),
        )
        .collect();
    html! {
        form.sheet.no-print method="get" action="/picture" {
            (view_field(figures))
            div.fields {
                (parts::field("p-from", "from", &frame.t("picture-from"), "", "month", &choice.from, false))
                (parts::field("p-to", "to", &frame.t("picture-to"), "", "month", &choice.to, false))
                (parts::select("p-area", "area", &frame.t("f-place-area"), &areas, &choice.area))
                div { button { (frame.t("board-show")) } }
            }
        }
    }
}

fn whole(frame: &Frame, picture: &Picture) -> Markup {
    let caption = frame.t("picture-incidents");
    let series = [Series {
        name: caption.clone(),
        values: picture.incidents.clone(),
    }];
    let drawn = draw::lines(
        frame.words,
        &picture.months,
        &series,
        draw::axis_top(&series),
        draw::WIDE,
        &[],
    );
    let table = by_month(
        frame,
        &picture.months,
        &[(caption.clone(), picture.incidents.clone())],
        &caption,
    );
    html! { section.sheet { (draw::with_table(frame.words, &caption, &drawn, &table)) p.hint { (frame.t("picture-trust")) } } }
}

fn areas(frame: &Frame, picture: &Picture) -> Markup {
    let caption = frame.t("picture-areas");
    let tiles: Vec<Tile> = picture
        .areas
        .iter()
        .map(|step| Tile {
            name: step.code.clone(),
            value: step.amount.drawn(),
            figure: step.amount.said(frame),
        })
        .collect();
    let rows: Vec<Vec<String>> = picture
        .areas
        .iter()
        .map(|step| vec![step.code.clone(), step.amount.said(frame)])
        .collect();
    let table = parts::table(
        &caption,
        &[&frame.t("f-place-area"), &frame.t("picture-incidents")],
        1,
        &rows,
    );
    html! { section.sheet { (draw::with_table(frame.words, &caption, &draw::tiles(&tiles), &table)) } }
}

fn multiples(frame: &Frame, picture: &Picture, panel: &Panel) -> Markup {
    let caption = frame.words.label("dimension-", panel.dimension);
    let series: Vec<Series> = panel
        .codes
        .iter()
        .map(|(code, values)| Series {
            name: name_of(frame, panel.dimension, code),
            values: values.clone(),
        })
        .collect();
    let top = draw::axis_top(&series);
    let named: Vec<(String, Vec<Option<u64>>)> = series
        .iter()
        .map(|one| (one.name.clone(), one.values.clone()))
        .collect();
    html! {
        section.sheet {
            h2 { (caption) }
            div.multiples {
                @for one in &series {
                    div { h3 { (one.name) } (draw::lines(frame.words, &picture.months, std::slice::from_ref(one), top, draw::SMALL, &[])) }
                }
            }
            (beside(frame, panel.dimension, panel.rest.as_ref()))
            details { summary { (frame.t("data-behind-chart")) } (by_month(frame, &picture.months, &named, &caption)) }
        }
    }
}
