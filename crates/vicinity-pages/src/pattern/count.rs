//! How many: what may be reported of a count, of a sum of months, and of a share.

use vicinity_core::band::Band;

use crate::frame::Frame;
use crate::words::Said;

/// How counts of a page are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figures {
    /// Each as it is: a hub's own.
    Exact,
    /// Each as it is: a country's, for its coordinators alone.
    Internal,
    /// What may be published of each month.
    Published,
    /// As bands: a hub's, to pass on.
    Banded,
}

impl Figures {
    /// Whether small counts show, and a count that is not there is 0.
    #[must_use]
    pub fn is_exact(self) -> bool {
        matches!(self, Self::Exact | Self::Internal)
    }
}

/// How many, as far as that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// That many.
    Exactly(u64),
    /// That many, and what is left out of a sum.
    AtLeast(u64),
    /// As many as a band holds.
    Within(Band),
    /// One window in which it is left out.
    LeftOut,
    /// A sum of several months, or of none, of which nothing shows.
    NotShown,
}

impl Amount {
    /// The sum of what windows show.
    #[must_use]
    pub fn of(windows: &[Option<u64>]) -> Self {
        let sum = windows.iter().flatten().sum();
        match (
            windows.len(),
            windows.iter().filter(|count| count.is_none()).count(),
        ) {
            (1, 1) => Self::LeftOut,
            (all, left_out) if all == left_out => Self::NotShown,
            (_, 0) => Self::Exactly(sum),
            _ => Self::AtLeast(sum),
        }
    }

    /// How long it is drawn: as what shows of it.
    #[must_use]
    pub fn drawn(self) -> Option<u64> {
        match self {
            Self::Exactly(count) | Self::AtLeast(count) => Some(count),
            Self::Within(band) => Some(band.least()),
            Self::LeftOut | Self::NotShown => None,
        }
    }

    /// It in words.
    #[must_use]
    pub fn said(self, frame: &Frame) -> String {
        match self {
            Self::Exactly(count) => frame.words.count(count),
            Self::AtLeast(count) => {
                frame.with("picture-at-least", &[("count", Said::Count(count))])
            }
            Self::Within(of) => band(frame, of),
            Self::LeftOut => frame.t("left-out-short"),
            Self::NotShown => frame.t("picture-not-shown"),
        }
    }
}

/// A band in words.
#[must_use]
pub fn band(frame: &Frame, band: Band) -> String {
    let count = |count: u64| frame.words.count(count);
    match (band.least(), band.most()) {
        (least, Some(most)) if least == most => count(least),
        (1, Some(most)) => frame.with("band-few", &[("end", Said::Text(&count(most + 1)))]),
        (least, Some(most)) => frame.with(
            "band-range",
            &[
                ("least", Said::Text(&count(least))),
                ("most", Said::Text(&count(most))),
            ],
        ),
        (least, None) => frame.with("band-more", &[("least", Said::Text(&count(least)))]),
    }
}

/// A code and what shows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeCount {
    /// The code.
    pub code: String,
    /// How many.
    pub amount: Amount,
    /// A part and the whole that it is a share of, both of the windows in which both show; none where that is nothing.
    pub share: Option<(u64, u64)>,
}

impl CodeCount {
    /// A code of some windows, and all incidents of the same windows.
    #[must_use]
    pub fn of(code: &str, windows: &[Option<u64>], wholes: &[Option<u64>]) -> Self {
        let both = windows
            .iter()
            .zip(wholes)
            .filter_map(|(part, whole)| part.zip(*whole));
        let share = both.fold((0, 0), |sums, (part, whole)| {
            (sums.0 + part, sums.1 + whole)
        });
        Self {
            code: code.to_owned(),
            amount: Amount::of(windows),
            share: Some(share).filter(|(_, whole)| *whole > 0),
        }
    }

    /// A code of one window, shown as a band; left out if there is no count.
    #[must_use]
    pub fn in_band(code: &str, count: Option<u64>) -> Self {
        Self {
            code: code.to_owned(),
            amount: count.map_or(Amount::LeftOut, |count| Amount::Within(Band::of(count))),
            share: None,
        }
    }

    /// The share in words.
    #[must_use]
    pub fn share(&self, frame: &Frame) -> String {
        self.share.map_or_else(
            || "–".to_owned(),
            |(part, whole)| frame.words.share(part, whole),
        )
    }
}

/// A dimension's codes, each with what shows of it.
#[derive(Debug, Clone)]
pub struct Parts {
    /// The dimension.
    pub dimension: &'static str,
    /// Its codes.
    pub steps: Vec<CodeCount>,
    /// Incidents that show, but of which no part of it shows: none where there are none, or where parts do not add up.
    pub rest: Option<CodeCount>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame;
    use crate::words::Language;

    #[test]
    fn less_than_ten_is_said_of_one_window_only() {
        assert_eq!(Amount::of(&[None]), Amount::LeftOut);
        assert_eq!(
            (Amount::of(&[None, None, None]), Amount::of(&[])),
            (Amount::NotShown, Amount::NotShown)
        );
        assert_eq!(Amount::of(&[Some(12), None]), Amount::AtLeast(12));
        assert_eq!(
            (Amount::of(&[Some(12), Some(0)]), Amount::of(&[Some(0)])),
            (Amount::Exactly(12), Amount::Exactly(0))
        );
        for language in Language::ALL {
            let frame = frame::tests::national(language);
            let said = Amount::NotShown.said(&frame);
            assert!(
                !said.contains(|letter: char| letter.is_ascii_digit())
                    && said.chars().any(char::is_alphabetic),
                "{said}"
            );
        }
    }

    #[test]
    fn a_share_is_of_the_months_in_which_both_show() {
        let step = CodeCount::of(
            "yes",
            &[Some(20), None, Some(10)],
            &[Some(40), Some(1000), None],
        );
        assert_eq!(
            (step.amount, step.share),
            (Amount::AtLeast(30), Some((20, 40)))
        );
        assert_eq!(CodeCount::of("yes", &[None], &[Some(40)]).share, None);
    }

    #[test]
    fn a_band_is_told_by_its_edges_alone() {
        let frame = frame::tests::national(Language::English);
        let said: Vec<String> = [0, 7, 14, 21, 1234]
            .map(|count| band(&frame, Band::of(count)))
            .into();
        assert_eq!(
            said,
            [
                "0",
                "fewer than 10",
                "10 to 19",
                "20 to 49",
                "1,000 or more"
            ]
        );
        assert_eq!(CodeCount::in_band("yes", None).amount, Amount::LeftOut);
    }
}
