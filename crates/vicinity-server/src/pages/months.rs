//! Months and quarters that a page is about.

use vicinity_core::time::{self, TimeZone, Timestamp, month_number, numbered_month};

/// Months that are shown unless somebody chooses others, and at most.
const MONTHS: usize = 12;
const MONTHS_MAX: usize = 36;

/// The month that it is in a zone, as `2026-11`.
#[must_use]
pub fn month_of(at: Timestamp, zone: &TimeZone) -> String {
    time::month(zone.to_datetime(at).date())
}

/// That many months up to one, the last of them; none for a text that is not a month.
#[must_use]
pub fn months_to(last: &str, count: usize) -> Vec<String> {
    let Some(last) = month_number(last) else {
        return Vec::new();
    };
    let first = (last + 1).saturating_sub(u32::try_from(count).unwrap_or(u32::MAX));
    (first..=last).map(numbered_month).collect()
}

/// The first and the last of some months.
#[must_use]
pub fn ends(months: &[String]) -> (&str, &str) {
    (
        months.first().map_or("", String::as_str),
        months.last().map_or("", String::as_str),
    )
}

/// A month some months later, or earlier.
#[must_use]
pub fn moved(month: &str, by: i32) -> String {
    month_number(month)
        .and_then(|at| at.checked_add_signed(by))
        .map_or_else(String::new, numbered_month)
}

/// The months from one to another, at most that many; the last year up to `to` where `from` is none, up to `this_month` where `to` is none.
#[must_use]
pub fn stretch(from: &str, to: &str, this_month: &str) -> Vec<String> {
    let to = if month_number(to).is_some() {
        to
    } else {
        this_month
    };
    let count = month_number(from)
        .zip(month_number(to))
        .map_or(MONTHS, |(first, last)| {
            usize::try_from((last + 1).saturating_sub(first).max(1))
                .unwrap_or(1)
                .min(MONTHS_MAX)
        });
    months_to(to, count)
}

/// The quarter of a month, as `2026-Q4`.
#[must_use]
pub fn quarter_of(month: &str) -> String {
    month_number(month).map_or_else(String::new, |at| {
        format!("{:04}-Q{}", at / 12, at % 12 / 3 + 1)
    })
}

/// The months of a quarter; none for a text that is not a quarter.
#[must_use]
pub fn of_quarter(quarter: &str) -> Option<[String; 3]> {
    let (year, number) = quarter.split_once("-Q")?;
    let number: u32 = number
        .parse()
        .ok()
        .filter(|number| (1..=4).contains(number) && quarter.len() == 7)?;
    let first = month_number(&format!("{year}-{:02}", number * 3 - 2))?;
    Some([
        numbered_month(first),
        numbered_month(first + 1),
        numbered_month(first + 2),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_go_back_over_the_year() {
        assert_eq!(
            months_to("2026-02", 4),
            ["2025-11", "2025-12", "2026-01", "2026-02"]
        );
        assert!(months_to("2026-13", 4).is_empty() && months_to("soon", 4).is_empty());
        assert_eq!(
            (moved("2026-02", -3), moved("2026-11", 3), moved("x", 1)),
            ("2025-11".to_owned(), "2027-02".to_owned(), String::new())
        );
    }

    #[test]
    fn a_stretch_is_what_was_chosen_or_the_last_year_and_never_too_long() {
        let ends = |from: &str, to: &str| {
            let months = stretch(from, to, "2026-11");
            (
                months.first().cloned().unwrap(),
                months.last().cloned().unwrap(),
                months.len(),
            )
        };
        assert_eq!(
            ends("", ""),
            ("2025-12".to_owned(), "2026-11".to_owned(), 12)
        );
        assert_eq!(
            ends("2026-09", "2026-10"),
            ("2026-09".to_owned(), "2026-10".to_owned(), 2)
        );
        assert_eq!(
            ends("1990-01", "2026-10"),
            ("2023-11".to_owned(), "2026-10".to_owned(), 36)
        );
        assert_eq!(
            ends("2026-12", "2026-10"),
            ("2026-10".to_owned(), "2026-10".to_owned(), 1)
        );
    }

    #[test]
    fn a_month_begins_when_it_does_in_the_zone() {
        let at: Timestamp = "2026-11-30T20:00:00Z".parse().unwrap();
        let there = vicinity_core::zone::named("Asia/Phnom_Penh").unwrap();
        assert_eq!(
            (month_of(at, &TimeZone::UTC), month_of(at, &there)),
            ("2026-11".to_owned(), "2026-12".to_owned())
        );
    }

    #[test]
    fn a_quarter_is_three_months() {
        assert_eq!(
            of_quarter("2026-Q4").unwrap(),
            ["2026-10", "2026-11", "2026-12"]
        );
        assert_eq!(
            (quarter_of("2026-11"), quarter_of("2026-01")),
            ("2026-Q4".to_owned(), "2026-Q1".to_owned())
        );
        for text in [
            "2026-Q0", "2026-Q5", "2026-q1", "2026Q1", "26-Q1", "2026-Q01", "",
        ] {
            assert_eq!(of_quarter(text), None, "{text}");
        }
    }
}
