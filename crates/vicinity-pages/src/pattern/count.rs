//! Counts, sums over months and shares, shown as far as suppression allows.

use vicinity_core::band::Band;

use crate::frame::Frame;
use crate::words::Said;

/// How counts of a page are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figures {
    /// Exact counts of a hub.
    Exact,
    /// Exact counts of a country, for its coordinators only.
    Internal,
    /// Published counts of each month.
    Published,
    /// Bands of a hub's counts, to share with others.
    Banded,
}

impl Figures {
    /// Whether counts are exact: small counts are shown, and a missing count is 0.
    #[must_use]
    pub fn is_exact(self) -> bool {
        matches!(self, Self::Exact | Self::Internal)
    }
}

/// A count, as far as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// The exact count.
    Exactly(u64),
    /// The sum of the shown months; others are suppressed.
    AtLeast(u64),
    /// A count within a band.
    Within(Band),
    /// One month, suppressed.
    LeftOut,
    /// Several months, all suppressed; or no months.
    NotShown,
}

impl Amount {
    /// The sum of some windows; `None` is a suppressed count.
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

    /// Value to draw: the count, or the lower edge of a band; `None` if nothing is shown.
    #[must_use]
    pub fn drawn(self) -> Option<u64> {
        match self {
            Self::Exactly(count) | Self::AtLeast(count) => Some(count),
            Self::Within(band) => Some(band.least()),
            Self::LeftOut | Self::NotShown => None,
        }
    }

    /// The amount as text.
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

/// A band as text.
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

/// A code and its count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeCount {
    /// The code.
    pub code: String,
    /// Its count, as far as it is shown.
    pub amount: Amount,
    /// Part and whole, summed over the windows that show both; `None` if that whole is 0.
    pub share: Option<(u64, u64)>,
}

impl CodeCount {
    /// Counts of a code in some windows; `wholes` are all incidents of the same windows.
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

    /// A count of one window as a band; suppressed if `count` is `None`.
    #[must_use]
    pub fn in_band(code: &str, count: Option<u64>) -> Self {
        Self {
            code: code.to_owned(),
            amount: count.map_or(Amount::LeftOut, |count| Amount::Within(Band::of(count))),
            share: None,
        }
    }

    /// The share as text; a dash if there is none.
    #[must_use]
    pub fn share(&self, frame: &Frame) -> String {
        self.share.map_or_else(
            || "–".to_owned(),
            |(part, whole)| frame.words.share(part, whole),
        )
    }
}

/// A dimension's codes with their counts.
#[derive(Debug, Clone)]
pub struct Parts {
    /// The dimension.
    pub dimension: &'static str,
    /// Its codes.
    pub steps: Vec<CodeCount>,
    /// Shown incidents that no shown code covers; `None` if there are none, or if the codes do not add up to the whole.
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
