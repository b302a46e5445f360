//! Drawings: SVG made here, nothing fetched. Behind each stands a table with the same figures, for whoever reads rather than
//! looks, and for screen readers, which are told to pass the drawing by.
//!
//! A value that is left out, because it is small, is drawn as a dashed outline and never as zero. No rise is red: more reports
//! may mean more trust.

use maud::{Markup, PreEscaped, html};

use crate::words::Words;

/// One line of a chart over months, or one row of bars.
#[derive(Debug, Clone)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// A value for each month; `None` where it is left out.
    pub values: Vec<Option<u64>>,
}

/// Something that was done in a month: a line across the chart with a label above it.
#[derive(Debug, Clone)]
pub struct Mark {
    /// The month's place.
    pub month: usize,
    /// What stands above.
    pub label: String,
}

/// How large a chart is, in its own units; it scales with its box.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    width: f64,
    height: f64,
}

/// A chart that is read by itself.
pub const WIDE: Size = Size { width: 640.0, height: 220.0 };
/// One of many.
pub const SMALL: Size = Size { width: 240.0, height: 110.0 };

const LEFT: f64 = 44.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 24.0;

/// A drawing with its caption, and its figures in a table behind it.
#[must_use]
pub fn with_table(words: &Words, caption: &str, drawing: &Markup, table: &Markup) -> Markup {
    html! {
        figure {
            figcaption { (caption) }
            (drawing)
            details { summary { (words.t("data-behind-chart")) } (table) }
        }
    }
}

/// The next round number at or above a value: 1, 2 or 5 times a power of ten.
fn round_up(value: u64) -> u64 {
    let mut power: u64 = 1;
    while power.saturating_mul(10) <= value {
        power = power.saturating_mul(10);
    }
    [1, 2, 5, 10].into_iter().map(|factor| power.saturating_mul(factor)).find(|round| *round >= value).unwrap_or(value)
}

/// The top of an axis for some values: 10 at least, so that little never looks like much.
#[must_use]
pub fn axis_top(series: &[Series]) -> u64 {
    round_up(series.iter().flat_map(|series| series.values.iter().flatten()).copied().max().unwrap_or(0)).max(10)
}

/// Lines over months. `top` is the axis' top: small multiples that are compared have the same.
#[must_use]
pub fn lines(words: &Words, months: &[String], series: &[Series], top: u64, size: Size, marks: &[Mark]) -> Markup {
    let across = size.width - LEFT - RIGHT;
    let down = size.height - TOP - BOTTOM;
    let step = if months.len() > 1 { across / (months.len() - 1) as f64 } else { 0.0 };
    let x = |month: usize| LEFT + if months.len() > 1 { step * month as f64 } else { across / 2.0 };
    let y = |value: u64| TOP + down * (1.0 - value as f64 / top as f64);
    let every = months.len().div_ceil(if size.width > 400.0 { 8 } else { 2 }).max(1);
    html! {
        svg.chart viewBox={ "0 0 " (size.width) " " (size.height) } aria-hidden="true" focusable="false" {
            @for part in [0, top / 2, top] {
                line.grid x1=(LEFT) x2=(size.width - RIGHT) y1=(tenth(y(part))) y2=(tenth(y(part))) {}
                text x=(LEFT - 6.0) y=(tenth(y(part) + 4.0)) text-anchor="end" { (words.count(part)) }
            }
            @for (at, month) in months.iter().enumerate().filter(|(at, _)| at % every == 0) {
                text.minor[(at / every) % 3 != 0] x=(tenth(x(at))) y=(size.height - 6.0) text-anchor=(anchor(at, months.len())) { (words.month_short(month)) }
            }
            @for mark in marks {
                line.mark x1=(tenth(x(mark.month))) x2=(tenth(x(mark.month))) y1=(TOP) y2=(size.height - BOTTOM) {}
                text.value x=(tenth(x(mark.month))) y=(TOP - 3.0) text-anchor=(anchor(mark.month, months.len())) { (mark.label) }
            }
            @for (at, one) in series.iter().enumerate() {
                (line_of(one, at, &x, &y))
            }
        }
    }
}

fn anchor(at: usize, months: usize) -> &'static str {
    if at == 0 && months > 1 {
        "start"
    } else if at + 1 == months && months > 1 {
        "end"
    } else {
        "middle"
    }
}

/// A line that breaks where a value is left out; what is left out is a dashed ring at the foot.
fn line_of(series: &Series, at: usize, x: &dyn Fn(usize) -> f64, y: &dyn Fn(u64) -> f64) -> Markup {
    let mut path = String::new();
    let mut pen_down = false;
    for (month, value) in series.values.iter().enumerate() {
        if let Some(value) = value {
            path.push_str(&format!("{}{} {}", if pen_down { "L" } else { "M" }, tenth(x(month)), tenth(y(*value))));
        }
        pen_down = value.is_some();
    }
    let (line, dot) = if at == 0 { ("line", "dot") } else { ("line line-2", "dot-2") };
    html! {
        @if !path.is_empty() { path class=(line) d=(path) {} }
        @for (month, value) in series.values.iter().enumerate() {
            @match value {
                Some(value) => circle class=(dot) cx=(tenth(x(month))) cy=(tenth(y(*value))) r="3" {},
                None => circle.gap cx=(tenth(x(month))) cy=(tenth(y(0) - 4.0)) r="3" {},
            }
        }
    }
}

/// Bars with their names and values, the longest first as given. `None` is a value that is left out. The names are text of the
/// page, so that they stay readable where the screen is narrow.
#[must_use]
pub fn bars(words: &Words, rows: &[(String, Option<u64>)]) -> Markup {
    let top = rows.iter().filter_map(|(_, value)| *value).max().unwrap_or(0).max(10);
    let long = |value: u64| tenth(value as f64 * 100.0 / top as f64);
    html! {
        ul.bars aria-hidden="true" {
            @for (name, value) in rows {
                li {
                    span { (name) }
                    svg viewBox="0 0 100 10" preserveAspectRatio="none" focusable="false" {
                        @match value {
                            Some(value) => rect.bar width=(long(*value)) height="10" {},
                            None => rect.gap x="0.5" y="1" width="4" height="8" {},
                        }
                    }
                    b { @match value { Some(value) => (words.count(*value)), None => (words.t("left-out-short")) } }
                }
            }
        }
    }
}

/// A tile for each area, darker the more: `None` is left out.
#[must_use]
pub fn tiles(words: &Words, areas: &[(String, Option<u64>)]) -> Markup {
    let top = areas.iter().filter_map(|(_, value)| *value).max().unwrap_or(0).max(1);
    let shade = |value: &Option<u64>| value.map_or(0, |value| 1 + value.saturating_mul(4) / top);
    html! {
        ul.tiles {
            @for (area, value) in areas {
                li class={ "tile t" (shade(value)) } { span { (area) } b { @match value { Some(value) => (words.count(*value)), None => (words.t("left-out-short")) } } }
            }
        }
    }
}

/// A code for phones to scan.
#[must_use]
pub fn qr(content: &str, label: &str) -> Markup {
    let drawn = qrcode::QrCode::new(content).map(|code| code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(200, 200).build());
    html! { @if let Ok(drawn) = drawn { div.qr role="img" aria-label=(label) { (PreEscaped(drawn.trim_start_matches("<?xml version=\"1.0\" standalone=\"yes\"?>"))) } } }
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn what_is_left_out_is_no_zero_and_breaks_the_line() {
        let words = Words::of(Language::English);
        let months: Vec<String> = ["2026-08", "2026-09", "2026-10", "2026-11"].map(str::to_owned).into();
        let series = [Series { name: "x".into(), values: vec![Some(12), None, Some(20), Some(30)] }];
        let drawn = lines(words, &months, &series, axis_top(&series), WIDE, &[]).into_string();
        assert_eq!((drawn.matches("class=\"gap\"").count(), drawn.matches("class=\"dot\"").count()), (1, 3));
        let path = drawn.split(" d=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!((path.matches('M').count(), path.matches('L').count()), (2, 1), "{path}");
    }

    #[test]
    fn what_was_done_stands_at_its_month_with_its_label() {
        let words = Words::of(Language::English);
        let months: Vec<String> = ["2026-08", "2026-09", "2026-10"].map(str::to_owned).into();
        let series = [Series { name: "x".into(), values: vec![Some(12), Some(20), Some(30)] }];
        let drawn = lines(words, &months, &series, 50, WIDE, &[Mark { month: 1, label: "1, <2>".into() }]).into_string();
        let dot = drawn.split("class=\"dot\" cx=\"").nth(2).unwrap().split('"').next().unwrap();
        assert!(drawn.contains(&format!("class=\"mark\" x1=\"{dot}\"")) && drawn.contains(">1, &lt;2&gt;</text>"), "{drawn}");
    }

    #[test]
    fn an_axis_ends_on_a_round_number() {
        for (value, top) in [(0, 10), (9, 10), (11, 20), (23, 50), (51, 100), (101, 200), (5000, 5000)] {
            assert_eq!(axis_top(&[Series { name: String::new(), values: vec![Some(value)] }]), top, "{value}");
        }
    }

    #[test]
    fn names_in_drawings_are_escaped() {
        let drawn = bars(Words::of(Language::English), &[("<script>".into(), Some(10))]).into_string();
        assert!(drawn.contains("&lt;script&gt;") && !drawn.contains("<script>"));
    }

    #[test]
    fn a_tile_is_the_darker_the_more_it_holds() {
        let drawn = tiles(Words::of(Language::English), &[("A".into(), Some(100)), ("B".into(), Some(10)), ("C".into(), None)]).into_string();
        assert!(drawn.contains("t5") && drawn.contains("t1") && drawn.contains("t0"), "{drawn}");
    }
}
