//! Countries side by side: the counts that each has published, by month. The page has no data of single incidents.

use maud::{Markup, html};
use vicinity_core::time::Timestamp;

use crate::draw::{self, Series};
use crate::frame::Frame;
use crate::parts;
use crate::pattern::{Amount, CodeCount, name_of, shown, texts_by_month};

/// A country.
pub struct CountryView {
    /// Its name, from its invitation.
    pub name: String,
    /// When its server was last seen.
    pub last_seen: Option<Timestamp>,
    /// Incidents by month: `None` if the month was not published, `Some(None)` if the count is suppressed.
    pub incidents: Vec<Option<Option<u64>>>,
    /// All incidents of the published months.
    pub all: Amount,
    /// Shares to compare: the dimension, and the code with its sum.
    pub shares: Vec<(&'static str, CodeCount)>,
}

/// The page.
#[must_use]
pub fn countries(frame: &Frame, months: &[String], countries: &[CountryView]) -> Markup {
    let series: Vec<Series> = countries.iter().map(drawn).collect();
    let top = draw::axis_top(&series);
    let text = |month: &Option<Option<u64>>| {
        month.map_or_else(
            || frame.t("countries-not-published"),
            |count| shown(frame, count),
        )
    };
    let named: Vec<(String, Vec<String>)> = countries
        .iter()
        .map(|country| {
            (
                country.name.clone(),
                country.incidents.iter().map(text).collect(),
            )
        })
        .collect();
    let body = html! {
        (parts::title(&frame.t("countries-title"), frame.t("countries-below")))
        @if countries.is_empty() { p.sheet { (frame.t("countries-none")) " " code { "vicinity national invite --role country --country NAME" } } } @else {
            section.sheet {
                h2 { (frame.t("picture-incidents")) }
                div.multiples {
                    @for one in &series { div { h3 { (one.name) } (draw::lines(frame.words, months, std::slice::from_ref(one), top, draw::SMALL, &[])) } }
                }
                details { summary { (frame.t("data-behind-chart")) } (texts_by_month(frame, months, &named, &frame.t("picture-incidents"))) }
                p.hint { (frame.t("countries-compare")) }
            }
            (side_by_side(frame, months.len(), countries))
            p.hint { (frame.t("picture-rules")) }
        }
    };
    frame.page(&frame.t("countries-title"), "/hubs", &body)
}

/// A month that was not published is drawn like a suppressed one.
fn drawn(country: &CountryView) -> Series {
    Series {
        name: country.name.clone(),
        values: country
            .incidents
            .iter()
            .map(|month| month.flatten())
            .collect(),
    }
}

fn side_by_side(frame: &Frame, months: usize, countries: &[CountryView]) -> Markup {
    let shares = countries
        .first()
        .map(|country| &country.shares[..])
        .unwrap_or_default();
    let heads: Vec<String> = [
        frame.t("countries-country"),
        frame.t("hubs-heard"),
        frame.t("countries-months"),
        frame.t("picture-incidents"),
    ]
    .into_iter()
    .chain(shares.iter().map(|(dimension, step)| {
        format!(
            "{}: {}",
            frame.words.label("dimension-", dimension),
            name_of(frame, dimension, &step.code)
        )
    }))
    .collect();
    let row = |country: &CountryView| {
        let heard = country
            .last_seen
            .map_or_else(|| frame.t("never"), |at| frame.words.away(at, frame.now));
        let first = [
            country.name.clone(),
            heard,
            format!(
                "{} / {}",
                frame
                    .words
                    .count(country.incidents.iter().flatten().count() as u64),
                frame.words.count(months as u64)
            ),
            country.all.said(frame),
        ];
        first
            .into_iter()
            .chain(country.shares.iter().map(|(_, step)| step.share(frame)))
            .collect()
    };
    let rows: Vec<Vec<String>> = countries.iter().map(row).collect();
    parts::table(
        &frame.t("countries-beside"),
        &heads.iter().map(String::as_str).collect::<Vec<_>>(),
        2,
        &rows,
    )
}
