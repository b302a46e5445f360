//! Pages about patterns of violence, at a hub and at national: the advocacy log with a chart of incidents by month, and the
//! quarterly report.

mod advocacy;
mod count;
mod report;

use maud::{Markup, html};
use vicinity_core::published::COVERS;

use crate::draw::{self, Bar};
use crate::frame::Frame;
use crate::parts;
use crate::words::Said;

pub use advocacy::{AdvocacyLine, AdvocacyView, advocacy};
pub use count::{Amount, CodeCount, Figures, Parts, band};
pub use report::{ASKS_MAX_LETTERS, ReportView, report};

/// Name of a code: the dimension's own text for it if there is one, otherwise the code's general name.
#[must_use]
pub fn name_of(frame: &Frame, dimension: &str, code: &str) -> String {
    if frame.words.has(&format!(
        "{}-{}",
        dimension.replace('_', "-"),
        code.replace('_', "-")
    )) {
        frame
            .words
            .label(&format!("{}-", dimension.replace('_', "-")), code)
    } else {
        frame.words.code(code)
    }
}

/// A count, or a placeholder text if it is suppressed.
#[must_use]
pub fn shown(frame: &Frame, value: Option<u64>) -> String {
    value.map_or_else(
        || frame.t("left-out-short"),
        |value| frame.words.count(value),
    )
}

/// A table of a dimension's codes: how many, and what share of all incidents, where both show in a month. An incident may have
/// several codes, and some codes may be left out: the shares need not add up to one. In bands no share stands: it would tell
/// more than they do.
#[must_use]
pub fn table_of(frame: &Frame, parts: &Parts, figures: Figures) -> Markup {
    let caption = frame.words.label("dimension-", parts.dimension);
    let heads = [
        caption.clone(),
        frame.t("picture-incidents"),
        frame.t("picture-share"),
    ];
    let columns = if figures == Figures::Banded { 2 } else { 3 };
    let heads: Vec<&str> = heads.iter().take(columns).map(String::as_str).collect();
    let row = |name: String, step: &CodeCount| {
        [name, step.amount.said(frame), step.share(frame)]
            .into_iter()
            .take(columns)
            .collect::<Vec<_>>()
    };
    let rest = parts
        .rest
        .iter()
        .map(|rest| row(frame.t("picture-rest"), rest));
    let rows: Vec<Vec<String>> = parts
        .steps
        .iter()
        .map(|step| row(name_of(frame, parts.dimension, &step.code), step))
        .chain(rest)
        .collect();
    parts::table(&caption, &heads, 1, &rows)
}

/// Whether a code is drawn as a bar. `not_exposed` is not: a text below the chart shows it.
fn is_step(step: &CodeCount) -> bool {
    step.code != "not_exposed"
}

/// A dimension as bars, with its table and notes on what the bars do not show.
#[must_use]
pub fn drawn(frame: &Frame, parts: &Parts) -> Markup {
    let caption = frame.words.label("dimension-", parts.dimension);
    let bar = |name: String, step: &CodeCount, is_rest: bool| Bar {
        name,
        long: step.amount.drawn(),
        figure: step.amount.said(frame),
        is_rest,
    };
    let bars = parts
        .steps
        .iter()
        .filter(|step| is_step(step))
        .map(|step| bar(name_of(frame, parts.dimension, &step.code), step, false));
    let bars: Vec<Bar> = bars
        .chain(
            parts
                .rest
                .iter()
                .map(|rest| bar(frame.t("picture-rest"), rest, true)),
        )
        .collect();
    html! {
        (draw::with_table(frame.words, &caption, &draw::bars(&bars), &table_of(frame, parts, Figures::Published)))
        @for step in parts.steps.iter().filter(|step| !is_step(step)) {
            p { (frame.with("picture-not-exposed", &[("figure", Said::Text(&step.amount.said(frame)))])) }
        }
    }
}

/// Notes on a dimension: that an incident may have several of its codes, and how many incidents no shown code covers.
#[must_use]
pub fn beside(frame: &Frame, dimension: &str, rest: Option<&CodeCount>) -> Markup {
    html! {
        @if COVERS.contains(&dimension) { p.hint { (frame.t("picture-several")) } }
        @if let Some(rest) = rest { p { (frame.with("picture-rest-all", &[("figure", Said::Text(&rest.amount.said(frame)))])) } }
    }
}

/// A table of series over months.
#[must_use]
pub fn by_month(
    frame: &Frame,
    months: &[String],
    series: &[(String, Vec<Option<u64>>)],
    caption: &str,
) -> Markup {
    let texts: Vec<(String, Vec<String>)> = series
        .iter()
        .map(|(name, values)| {
            (
                name.clone(),
                values.iter().map(|value| shown(frame, *value)).collect(),
            )
        })
        .collect();
    texts_by_month(frame, months, &texts, caption)
}

/// A table of one text per month and series.
#[must_use]
pub fn texts_by_month(
    frame: &Frame,
    months: &[String],
    series: &[(String, Vec<String>)],
    caption: &str,
) -> Markup {
    let heads: Vec<String> = [frame.t("picture-month")]
        .into_iter()
        .chain(series.iter().map(|(name, _)| name.clone()))
        .collect();
    let row = |(at, month): (usize, &String)| {
        let texts = series
            .iter()
            .map(|(_, texts)| texts.get(at).cloned().unwrap_or_default());
        [frame.words.month(month)]
            .into_iter()
            .chain(texts)
            .collect()
    };
    let rows: Vec<Vec<String>> = months.iter().enumerate().map(row).collect();
    parts::table(
        caption,
        &heads.iter().map(String::as_str).collect::<Vec<_>>(),
        1,
        &rows,
    )
}

/// Choices of areas; the first is all areas.
fn areas(frame: &Frame, areas: &[String]) -> Vec<parts::Choice> {
    [parts::Choice::new("", frame.t("pattern-everywhere"))]
        .into_iter()
        .chain(areas.iter().map(|area| parts::Choice::new(area, area)))
        .collect()
}

/// The notice above exact figures of a country, which is printed, too; and the switch to what is published. `here` is the page's address
/// without the switch.
#[must_use]
pub fn view_switch(frame: &Frame, figures: Figures, here: &str) -> Markup {
    let with = |view: &str| {
        format!(
            "{here}{}as={view}",
            if here.contains('?') { '&' } else { '?' }
        )
    };
    html! {
        @if figures == Figures::Internal { p.notice.caution { (frame.t("internal-notice")) } }
        @if matches!(figures, Figures::Internal | Figures::Published) {
            nav.switch.no-print aria-label=(frame.t("view-switch")) {
                a href=(with("internal")) aria-current=[(figures == Figures::Internal).then_some("true")] { (frame.t("view-internal")) }
                a href=(with("published")) aria-current=[(figures == Figures::Published).then_some("true")] { (frame.t("view-published")) }
            }
        }
    }
}

/// A hidden field that keeps the view in a form that chooses months.
#[must_use]
pub fn view_field(figures: Figures) -> Markup {
    let view = match figures {
        Figures::Internal => Some("internal"),
        Figures::Published => Some("published"),
        Figures::Exact | Figures::Banded => None,
    };
    html! { @if let Some(view) = view { input type="hidden" name="as" value=(view); } }
}

/// A hint on how the page shows counts.
pub(crate) fn rules(frame: &Frame, figures: Figures) -> Markup {
    let said = match figures {
        Figures::Exact => "pattern-exact",
        Figures::Internal => "pattern-internal",
        Figures::Published => "picture-rules",
        Figures::Banded => "pattern-banded",
    };
    html! { p.hint { (frame.t(said)) } }
}
