//! The picture: what may be published of some months, drawn, with a table behind every drawing.

use maud::{Markup, html};

use crate::draw::{self, Series, Tile};
use crate::frame::Frame;
use crate::parts;
use crate::pattern::{CodeCount, Parts, beside, by_month, drawn, name_of};

/// What the reader chose.
pub struct Choice {
    /// The first month.
    pub from: String,
    /// The last month.
    pub to: String,
    /// An area; empty for the country.
    pub area: String,
    /// The areas to choose of.
    pub areas: Vec<String>,
}

/// A dimension: its name, and a series of months for each of its codes.
pub struct Panel {
    /// The dimension.
    pub dimension: &'static str,
    /// Code, and a count for each month; `None` where it is left out.
    pub codes: Vec<(String, Vec<Option<u64>>)>,
    /// Incidents that show, but of which no code of it shows.
    pub rest: Option<CodeCount>,
}

/// The picture.
pub struct Picture {
    /// What was chosen.
    pub choice: Choice,
    /// The months, as `2026-11`.
    pub months: Vec<String>,
    /// All incidents by month.
    pub incidents: Vec<Option<u64>>,
    /// Areas and the sum of what their months show.
    pub areas: Vec<CodeCount>,
    /// Small multiples.
    pub panels: Vec<Panel>,
    /// Sums by code.
    pub sums: Vec<Parts>,
}

/// The page.
#[must_use]
pub fn picture(frame: &Frame, picture: &Picture) -> Markup {
    let body = html! {
        (parts::title(&frame.t("picture-title"), frame.t("picture-below")))
        (chooser(frame, &picture.choice))
        (whole(frame, picture))
        @if picture.choice.area.is_empty() && !picture.areas.is_empty() { (areas(frame, picture)) }
        @for parts in &picture.sums { @if !parts.steps.is_empty() { section.sheet { (drawn(frame, parts)) } } }
        @for panel in &picture.panels { @if !panel.codes.is_empty() { (multiples(frame, picture, panel)) } }
        p.hint { (frame.t("picture-rules")) }
    };
    frame.page(&frame.t("picture-title"), "/picture", &body)
}

fn chooser(frame: &Frame, choice: &Choice) -> Markup {
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
