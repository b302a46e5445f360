//! Charts as inline SVG. Charts and bars are hidden from screen readers; [`with_table`] adds the same figures as a table.
//!
//! A suppressed value is a hatched band over the full height of a chart or the full length of a bar. It is never drawn as
//! zero, because it may be any number. A rise is never red: more reports may mean more trust.

use maud::{Markup, PreEscaped, html};

use crate::words::Words;

/// One line of a chart over months.
#[derive(Debug, Clone)]
pub struct Series {
    /// Name of the series.
    pub name: String,
    /// One value per month; `None` if suppressed.
    pub values: Vec<Option<u64>>,
}

/// A vertical line across the chart at one month, with a label above it.
#[derive(Debug, Clone)]
pub struct Mark {
    /// Index of the month, from 0.
    pub month: usize,
    /// Text above the line.
    pub label: String,
}

/// Size of a chart in SVG units. The chart scales with its container.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    width: f64,
    height: f64,
    /// Largest font size. A phone draws a wide chart small and its letters twice as large.
    letters: f64,
}

/// A chart on its own.
pub const WIDE: Size = Size {
    width: 640.0,
    height: 230.0,
    letters: 24.0,
};
/// One of several charts side by side.
pub const SMALL: Size = Size {
    width: 240.0,
    height: 110.0,
    letters: 12.0,
};

const RIGHT: f64 = 10.0;
/// Distance between two lines of a hatch.
const HATCH: f64 = 8.0;

impl Size {
    /// Space for the labels to the left of the axis.
    fn left(self, label: &str) -> f64 {
        10.0 + self.letters * 0.62 * label.chars().count().max(3) as f64
    }

    fn top(self) -> f64 {
        self.letters + 6.0
    }

    /// Bottom of the chart area. The month names are below it, with room for marks under letters, as in Khmer.
    fn foot(self) -> f64 {
        self.height - self.letters * 1.8 - 4.0
    }
}

/// A rectangle; y grows downwards.
#[derive(Debug, Clone, Copy)]
struct Area {
    left: f64,
    top: f64,
    right: f64,
    foot: f64,
}

/// An SVG path of slanting lines that fill a rectangle. An SVG pattern would need an id that is unique on the page.
fn hatch(area: Area) -> String {
    let (wide, high) = (area.right - area.left, area.foot - area.top);
    let mut path = String::new();
    // Each line rises at 45 degrees from the bottom edge, extended to the left, and is clipped to the rectangle.
    for line in 0..((wide + high) / HATCH).ceil() as usize {
        let from = line as f64 * HATCH - high + HATCH / 2.0;
        let (begin, end) = ((-from).max(0.0), high.min(wide - from));
        if begin < end {
            let at =
                |up: f64| format!("{} {}", tenth(area.left + from + up), tenth(area.foot - up));
            path.push_str(&format!("M{}L{}", at(begin), at(end)));
        }
    }
    path
}

/// A hatched rectangle for a suppressed value.
fn gap(area: Area) -> Markup {
    html! {
        rect.gap x=(tenth(area.left)) y=(tenth(area.top)) width=(tenth(area.right - area.left)) height=(tenth(area.foot - area.top)) {}
        path.hatch d=(hatch(area)) {}
    }
}

/// A drawing with a caption and a folded table of the same figures.
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
    [1, 2, 5, 10]
        .into_iter()
        .map(|factor| power.saturating_mul(factor))
        .find(|round| *round >= value)
        .unwrap_or(value)
}

/// Upper end of the axis: a round number, at least 10, so that small counts do not look large.
#[must_use]
pub fn axis_top(series: &[Series]) -> u64 {
    round_up(
        series
            .iter()
            .flat_map(|series| series.values.iter().flatten())
            .copied()
            .max()
            .unwrap_or(0),
    )
    .max(10)
}

/// A line chart over months. `top` is the upper end of the axis; charts to be compared need the same `top`.
#[must_use]
pub fn lines(
    words: &Words,
    months: &[String],
    series: &[Series],
    top: u64,
    size: Size,
    marks: &[Mark],
) -> Markup {
    let inner = Area {
        left: size.left(&words.count(top)),
        top: size.top(),
        right: size.width - RIGHT,
        foot: size.foot(),
    };
    let step = if months.len() > 1 {
        (inner.right - inner.left) / (months.len() - 1) as f64
    } else {
        0.0
    };
    let x = |month: usize| {
        if months.len() > 1 {
            inner.left + step * month as f64
        } else {
            (inner.left + inner.right) / 2.0
        }
    };
    let y = |value: u64| inner.top + (inner.foot - inner.top) * (1.0 - value as f64 / top as f64);
    let every = months
        .len()
        .div_ceil(if size.width > 400.0 { 8 } else { 2 })
        .max(1);
    html! {
        svg.chart viewBox={ "0 0 " (size.width) " " (size.height) } aria-hidden="true" focusable="false" {
            @for one in series { (gaps_of(one, inner, &x)) }
            @for part in [0, top / 2, top] {
                line.grid x1=(tenth(inner.left)) x2=(inner.right) y1=(tenth(y(part))) y2=(tenth(y(part))) {}
                text x=(tenth(inner.left - 6.0)) y=(tenth(y(part) + 4.0)) text-anchor="end" { (words.count(part)) }
            }
            @for (at, month) in months.iter().enumerate().filter(|(at, _)| at % every == 0) {
                text.minor[(at / every) % 3 != 0] x=(tenth(x(at))) y=(tenth(size.height - size.letters * 0.8)) text-anchor=(anchor(at, months.len())) { (words.month_short(month)) }
            }
            @for mark in marks {
                line.mark x1=(tenth(x(mark.month))) x2=(tenth(x(mark.month))) y1=(inner.top) y2=(inner.foot) {}
                text.value x=(tenth(x(mark.month))) y=(inner.top - 4.0) text-anchor=(anchor(mark.month, months.len())) { (mark.label) }
            }
            @for (at, one) in series.iter().enumerate() {
                (line_of(one, at, &x, &y))
            }
        }
    }
}

/// A hatched band for each run of suppressed months. It starts and ends halfway to the neighbouring month.
fn gaps_of(series: &Series, area: Area, x: &dyn Fn(usize) -> f64) -> Markup {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for month in (0..series.values.len()).filter(|month| series.values[*month].is_none()) {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == month => *last = month,
            _ => runs.push((month, month)),
        }
    }
    let edge = |before: Option<usize>, after: usize, end: f64| {
        before
            .filter(|_| after < series.values.len())
            .map_or(end, |before| f64::midpoint(x(before), x(after)))
    };
    html! {
        @for (first, last) in runs {
            (gap(Area { left: edge(first.checked_sub(1), first, area.left), right: edge(Some(last), last + 1, area.right), ..area }))
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

/// A line that breaks at suppressed values.
fn line_of(series: &Series, at: usize, x: &dyn Fn(usize) -> f64, y: &dyn Fn(u64) -> f64) -> Markup {
    let mut path = String::new();
    let mut pen_down = false;
    for (month, value) in series.values.iter().enumerate() {
        if let Some(value) = value {
            path.push_str(&format!(
                "{}{} {}",
                if pen_down { "L" } else { "M" },
                tenth(x(month)),
                tenth(y(*value))
            ));
        }
        pen_down = value.is_some();
    }
    let (line, dot) = if at == 0 {
        ("line", "dot")
    } else {
        ("line line-2", "dot-2")
    };
    html! {
        @if !path.is_empty() { path class=(line) d=(path) {} }
        @for (month, value) in series.values.iter().enumerate() {
            @if let Some(value) = value { circle class=(dot) cx=(tenth(x(month))) cy=(tenth(y(*value))) r="3" {} }
        }
    }
}

/// One bar of [`bars`].
pub struct Bar {
    /// Label of the bar.
    pub name: String,
    /// Value that sets the length; `None` if suppressed.
    pub long: Option<u64>,
    /// The value as text.
    pub figure: String,
    /// Whether the bar stands for everything that the other bars do not show.
    pub is_rest: bool,
}

/// Bars in the given order. The labels are page text and not SVG, so they stay readable on a narrow screen.
#[must_use]
pub fn bars(bars: &[Bar]) -> Markup {
    let top = bars
        .iter()
        .filter_map(|bar| bar.long)
        .max()
        .unwrap_or(0)
        .max(10);
    let all = Area {
        left: 0.0,
        top: 0.0,
        right: 100.0,
        foot: 10.0,
    };
    let long = |value: u64| tenth(value as f64 * 100.0 / top as f64);
    html! {
        @if !bars.is_empty() {
            ul.bars aria-hidden="true" {
                @for bar in bars {
                    li {
                        span { (bar.name) }
                        svg viewBox="0 0 100 10" preserveAspectRatio="none" focusable="false" {
                            @match bar.long {
                                Some(value) if bar.is_rest => (gap(Area { right: long(value), ..all })),
                                Some(value) => rect.bar width=(long(value)) height="10" {},
                                None => (gap(all)),
                            }
                        }
                        b { (bar.figure) }
                    }
                }
            }
        }
    }
}

/// One tile of [`tiles`].
pub struct Tile {
    /// Label of the tile.
    pub name: String,
    /// Value that sets the shade; `None` if suppressed.
    pub value: Option<u64>,
    /// The value as text.
    pub figure: String,
}

/// Tiles in six shades: 0 for a suppressed value, 1 to 5 for counts; more is darker.
#[must_use]
pub fn tiles(tiles: &[Tile]) -> Markup {
    let top = tiles
        .iter()
        .filter_map(|tile| tile.value)
        .max()
        .unwrap_or(0)
        .max(1);
    let shade = |value: Option<u64>| value.map_or(0, |value| 1 + value.saturating_mul(4) / top);
    html! { ul.tiles { @for tile in tiles { li class={ "tile t" (shade(tile.value)) } { span { (tile.name) } b { (tile.figure) } } } } }
}

/// A QR code with `label` as its accessible name. Empty if `content` is too long for a QR code.
#[must_use]
pub fn qr(content: &str, label: &str) -> Markup {
    let drawn = qrcode::QrCode::new(content).map(|code| {
        code.render::<qrcode::render::svg::Color<'_>>()
            .min_dimensions(200, 200)
            .build()
    });
    html! { @if let Ok(drawn) = drawn { div.qr role="img" aria-label=(label) { (PreEscaped(drawn.trim_start_matches("<?xml version=\"1.0\" standalone=\"yes\"?>"))) } } }
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    /// The numeric attribute of every element whose tag contains `element`.
    fn numbers(drawn: &str, element: &str, attribute: &str) -> Vec<f64> {
        let value = |rest: &str| {
            rest.split('>')
                .next()
                .unwrap()
                .split(&format!(" {attribute}=\""))
                .nth(1)
                .unwrap()
                .split('"')
                .next()
                .unwrap()
                .parse()
                .unwrap()
        };
        drawn.split(element).skip(1).map(value).collect()
    }

    #[test]
    fn what_is_left_out_is_a_band_from_foot_to_top_and_breaks_the_line() {
        let words = Words::of(Language::English);
        let months: Vec<String> = ["2026-07", "2026-08", "2026-09", "2026-10", "2026-11"]
            .map(str::to_owned)
            .into();
        let series = [Series {
            name: "x".into(),
            values: vec![Some(12), None, Some(20), Some(30), None],
        }];
        let drawn = lines(words, &months, &series, axis_top(&series), WIDE, &[]).into_string();
        assert_eq!(
            (
                drawn.matches("class=\"gap\"").count(),
                drawn.matches("class=\"dot\"").count()
            ),
            (2, 3)
        );
        let path = drawn
            .split("class=\"line\" d=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        assert_eq!(
            (path.matches('M').count(), path.matches('L').count()),
            (2, 1),
            "{path}"
        );
        let grid = numbers(&drawn, "class=\"grid\"", "y1");
        let (tops, heights) = (
            numbers(&drawn, "class=\"gap\"", "y"),
            numbers(&drawn, "class=\"gap\"", "height"),
        );
        for (top, height) in tops.into_iter().zip(heights) {
            assert!(
                (top - grid[2]).abs() < 0.2 && (top + height - grid[0]).abs() < 0.2,
                "{top} {height} {grid:?}"
            );
        }
        let hidden = [Series {
            name: "x".into(),
            values: vec![None; 5],
        }];
        let silent = lines(words, &months, &hidden, 10, SMALL, &[]).into_string();
        assert_eq!(
            silent.matches("class=\"gap\"").count(),
            1,
            "a run of months is one band"
        );
        assert!(
            numbers(&silent, "class=\"gap\"", "width")[0] > 150.0,
            "{silent}"
        );
    }

    #[test]
    fn a_hatch_stays_in_its_box() {
        for (right, foot) in [(8.0, 70.0), (200.0, 70.0), (0.5, 3.0)] {
            let path = hatch(Area {
                left: 5.0,
                top: 2.0,
                right,
                foot,
            });
            for point in path.split(['M', 'L']).filter(|point| !point.is_empty()) {
                let (x, y) = point.split_once(' ').unwrap();
                let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
                assert!(
                    (5.0..=right).contains(&x) && (2.0..=foot).contains(&y),
                    "{point}"
                );
            }
            assert_eq!(path.is_empty(), right < 5.0, "{path}");
        }
    }

    #[test]
    fn there_is_room_for_the_figures_beside_the_axis() {
        for (top, figures) in [(10, "10"), (50_000, "50,000")] {
            assert!(
                WIDE.left(figures) - 6.0 > 24.0 * 0.56 * figures.len() as f64,
                "{top}"
            );
        }
    }

    #[test]
    fn what_was_done_stands_at_its_month_with_its_label() {
        let words = Words::of(Language::English);
        let months: Vec<String> = ["2026-08", "2026-09", "2026-10"].map(str::to_owned).into();
        let series = [Series {
            name: "x".into(),
            values: vec![Some(12), Some(20), Some(30)],
        }];
        let drawn = lines(
            words,
            &months,
            &series,
            50,
            WIDE,
            &[Mark {
                month: 1,
                label: "1, <2>".into(),
            }],
        )
        .into_string();
        let dot = drawn
            .split("class=\"dot\" cx=\"")
            .nth(2)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        assert!(
            drawn.contains(&format!("class=\"mark\" x1=\"{dot}\""))
                && drawn.contains(">1, &lt;2&gt;</text>"),
            "{drawn}"
        );
    }

    #[test]
    fn an_axis_ends_on_a_round_number() {
        for (value, top) in [
            (0, 10),
            (9, 10),
            (11, 20),
            (23, 50),
            (51, 100),
            (101, 200),
            (5000, 5000),
        ] {
            assert_eq!(
                axis_top(&[Series {
                    name: String::new(),
                    values: vec![Some(value)]
                }]),
                top,
                "{value}"
            );
        }
    }

    #[test]
    fn names_in_drawings_are_escaped() {
        let drawn = bars(&[Bar {
            name: "<script>".into(),
            long: Some(10),
            figure: "10".into(),
            is_rest: false,
        }])
        .into_string();
        assert!(drawn.contains("&lt;script&gt;") && !drawn.contains("<script>"));
    }

    #[test]
    fn what_the_bars_leave_out_is_hatched_and_says_how_many() {
        let bar = |long, is_rest| Bar {
            name: "x".into(),
            long,
            figure: "at least 83".into(),
            is_rest,
        };
        let drawn =
            bars(&[bar(Some(100), false), bar(Some(50), true), bar(None, false)]).into_string();
        assert_eq!(
            (
                drawn.matches("class=\"bar\"").count(),
                numbers(&drawn, "class=\"gap\"", "width")
            ),
            (1, vec![50.0, 100.0])
        );
        assert_eq!(drawn.matches("at least 83").count(), 3);
    }

    #[test]
    fn a_tile_is_the_darker_the_more_it_holds() {
        let tile = |value: Option<u64>| Tile {
            name: "A".into(),
            value,
            figure: String::new(),
        };
        let drawn = tiles(&[tile(Some(100)), tile(Some(10)), tile(None)]).into_string();
        assert!(
            drawn.contains("t5") && drawn.contains("t1") && drawn.contains("t0"),
            "{drawn}"
        );
    }
}
