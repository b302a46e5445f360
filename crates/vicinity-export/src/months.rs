//! Months, and a range of them.

use std::str::FromStr;

/// A month, as `2026-11`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(String);

/// The text is not a month.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a month has the form 2026-11")]
pub struct NoMonth;

impl FromStr for Month {
    type Err = NoMonth;

    fn from_str(text: &str) -> Result<Self, NoMonth> {
        let (year, month) = text.split_once('-').ok_or(NoMonth)?;
        let digits = |part: &str, count: usize| {
            part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        let fits = digits(year, 4) && digits(month, 2) && ("01"..="12").contains(&month);
        fits.then(|| Self(text.to_owned())).ok_or(NoMonth)
    }
}

impl Month {
    /// As `2026-11`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As DHIS2 writes a month: `202611`.
    #[must_use]
    pub fn compact(&self) -> String {
        self.0.replace('-', "")
    }
}

/// A range of months, both ends included. A missing end is open; the default is all months.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Months {
    from: Option<Month>,
    to: Option<Month>,
}

/// The first month is after the last.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no month lies from {from} to {to}: name the earlier one first")]
pub struct Backwards {
    from: String,
    to: String,
}

impl Months {
    /// A range; a missing end is open.
    ///
    /// # Errors
    /// The first month is after the last.
    pub fn new(from: Option<Month>, to: Option<Month>) -> Result<Self, Backwards> {
        match (&from, &to) {
            (Some(first), Some(last)) if first > last => Err(Backwards {
                from: first.0.clone(),
                to: last.0.clone(),
            }),
            _ => Ok(Self { from, to }),
        }
    }

    /// The first month.
    #[must_use]
    pub fn from(&self) -> Option<&str> {
        self.from.as_ref().map(Month::as_str)
    }

    /// The last month.
    #[must_use]
    pub fn to(&self) -> Option<&str> {
        self.to.as_ref().map(Month::as_str)
    }

    /// Whether a projection's month is in the range. An unknown month is only in the range of all months.
    #[must_use]
    pub fn hold(&self, month: &str) -> bool {
        if self.from.is_none() && self.to.is_none() {
            return true;
        }
        let Ok(month) = month.parse::<Month>() else {
            return false;
        };
        self.from.as_ref().is_none_or(|from| *from <= month)
            && self.to.as_ref().is_none_or(|to| month <= *to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn months(from: &str, to: &str) -> Result<Months, Backwards> {
        Months::new(from.parse().ok(), to.parse().ok())
    }

    #[test]
    fn only_a_year_and_a_month_of_it_are_a_month() {
        for text in [
            "2026-00",
            "2026-13",
            "2026-1",
            "26-11",
            "2026-11-01",
            "202611",
            "",
            "unknown",
            "2026-1１",
        ] {
            assert_eq!(text.parse::<Month>(), Err(NoMonth), "{text}");
        }
        assert_eq!("2026-12".parse::<Month>().unwrap().compact(), "202612");
    }

    #[test]
    fn both_ends_are_in_and_an_open_end_has_none() {
        for (from, to, held) in [
            ("2026-02", "2026-03", "23"),
            ("2026-02", "", "234"),
            ("", "2026-03", "123"),
            ("2026-04", "2026-04", "4"),
        ] {
            let months = months(from, to).unwrap();
            let found: String = ["1", "2", "3", "4"]
                .into_iter()
                .filter(|month| months.hold(&format!("2026-0{month}")))
                .collect();
            assert_eq!(found, held, "{from} {to}");
            assert!(!months.hold("unknown"));
        }
        assert!(Months::default().hold("unknown"));
    }

    #[test]
    fn a_stretch_that_runs_backwards_is_refused() {
        let error = months("2026-12", "2026-01").unwrap_err().to_string();
        assert_eq!(
            error,
            "no month lies from 2026-12 to 2026-01: name the earlier one first"
        );
    }
}
