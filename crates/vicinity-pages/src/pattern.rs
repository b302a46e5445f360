//! Pages of patterns, at a hub and at national alike: the advocacy log on the months of the incidents it aims at, and a
//! quarter's report.

mod advocacy;
mod report;

use maud::{Markup, html};

use crate::frame::Frame;
use crate::parts;
use crate::words::Said;

pub use advocacy::{AdvocacyLine, AdvocacyView, advocacy};
pub use report::{ASKS_MAX_BYTES, ReportView, report};

/// A code and the sum of what its months show.
#[derive(Clone)]
pub struct Step {
    /// The code.
    pub code: String,
    /// The sum of what shows; `None` where nothing does.
    pub count: Option<u64>,
    /// Whether a month is left out of it: then it is at least so many.
    pub at_least: bool,
}

impl Step {
    /// The count, where no month is left out of it: of what is only known to be at least so much there is no share.
    #[must_use]
    pub fn whole(&self) -> Option<u64> {
        self.count.filter(|_| !self.at_least)
    }
}

/// How a code of a dimension reads.
#[must_use]
pub fn name_of(frame: &Frame, dimension: &str, code: &str) -> String {
    if frame.words.has(&format!("{}-{}", dimension.replace('_', "-"), code.replace('_', "-"))) {
        frame.words.label(&format!("{}-", dimension.replace('_', "-")), code)
    } else {
        frame.words.code(code)
    }
}

/// A count, or the sign that stands where it is left out.
#[must_use]
pub fn shown(frame: &Frame, value: Option<u64>) -> String {
    value.map_or_else(|| frame.t("left-out-short"), |value| frame.words.count(value))
}

/// A step's count in words.
#[must_use]
pub fn figure(frame: &Frame, step: &Step) -> String {
    match step.count {
        Some(count) if step.at_least => frame.with("picture-at-least", &[("count", Said::Count(count))]),
        count => shown(frame, count),
    }
}

/// A table of a dimension's codes: how many, and what share of all incidents, where both are known whole. An incident may have
/// several codes, and some codes may be left out: the shares need not add up to one.
#[must_use]
pub fn table_of(frame: &Frame, dimension: &str, steps: &[Step], all: &Step) -> Markup {
    let caption = frame.words.label("dimension-", dimension);
    let share = |step: &Step| all.whole().zip(step.whole()).map_or_else(|| "–".to_owned(), |(all, count)| frame.words.share(count, all));
    let rows: Vec<Vec<String>> = steps.iter().map(|step| vec![name_of(frame, dimension, &step.code), figure(frame, step), share(step)]).collect();
    parts::table(&caption, &[&caption, &frame.t("picture-incidents"), &frame.t("picture-share")], 1, &rows)
}

/// A table of series over months.
#[must_use]
pub fn by_month(frame: &Frame, months: &[String], series: &[(String, Vec<Option<u64>>)], caption: &str) -> Markup {
    let heads: Vec<String> = [frame.t("picture-month")].into_iter().chain(series.iter().map(|(name, _)| name.clone())).collect();
    let row = |(at, month): (usize, &String)| {
        let values = series.iter().map(|(_, values)| shown(frame, values.get(at).copied().flatten()));
        [frame.words.month(month)].into_iter().chain(values).collect()
    };
    let rows: Vec<Vec<String>> = months.iter().enumerate().map(row).collect();
    parts::table(caption, &heads.iter().map(String::as_str).collect::<Vec<_>>(), 1, &rows)
}

/// Areas to choose of, the whole first.
fn areas(frame: &Frame, areas: &[String]) -> Vec<parts::Choice> {
    [parts::Choice::new("", frame.t("pattern-everywhere"))].into_iter().chain(areas.iter().map(|area| parts::Choice::new(area, area))).collect()
}

/// What is true of every figure here.
fn rules(frame: &Frame, exact: bool) -> Markup {
    html! { p.hint { (frame.t(if exact { "pattern-exact" } else { "picture-rules" })) } }
}
