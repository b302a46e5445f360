//! Alerts: warnings of an aggressor for people who work in an area. They say nothing of who was harmed, and they expire.

use jiff::{SignedDuration, Timestamp};
use sha2::Digest;

use crate::{gate, mark, text};

/// Letters of the longest text, of any script; see [`text::fits`].
pub const TEXT_MAX_LETTERS: usize = 400;
/// Days from now in which an alert must end.
pub const DAYS_MAX: i64 = 90;
/// Live alerts of one hub. A hub receives at most as many from others.
pub const ALERTS_MAX: usize = 64;

/// An alert. Alerts are immutable: they are published and withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alert {
    /// Random.
    pub id: [u8; 16],
    /// Country and first-level area, as `SN-DK`.
    pub area: String,
    /// The warning.
    pub text: String,
    /// When it ends, in seconds since 1970.
    pub ends: i64,
}

/// Why an alert may not be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAlert {
    /// No text, too long, or more than a line.
    #[error("the text must be one line of 1 to {TEXT_MAX_LETTERS} letters")]
    Text,
    /// No area.
    #[error("the area must be a country and a first-level area, as SN-DK")]
    Area,
    /// Over, or too far away.
    #[error("the alert must end after now and within {DAYS_MAX} days")]
    Ends,
}

impl Alert {
    /// Whether it has not ended.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ends > now.as_second()
    }

    /// Checks every field, as it is now.
    ///
    /// # Errors
    /// The first that does not fit.
    pub fn check(&self, now: Timestamp) -> Result<(), BadAlert> {
        let has_text = !self.text.trim().is_empty()
            && text::fits(&self.text, TEXT_MAX_LETTERS)
            && !self.text.contains(char::is_control);
        let latest = now
            .checked_add(SignedDuration::from_hours(24 * DAYS_MAX))
            .unwrap_or(Timestamp::MAX)
            .as_second();
        if !has_text {
            Err(BadAlert::Text)
        } else if !gate::is_area(&self.area) {
            Err(BadAlert::Area)
        } else if !self.is_live(now) || self.ends > latest {
            Err(BadAlert::Ends)
        } else {
            Ok(())
        }
    }
}

/// What two sides compare: the same for the same alerts in any order, 0 for none.
#[must_use]
pub fn list_hash(alerts: &[Alert]) -> u64 {
    mark::of(b"vicinity-alerts-v1", alerts, |hasher, alert| {
        hasher.update(alert.id);
        [&alert.area, &alert.text]
            .into_iter()
            .for_each(|text| mark::text(hasher, text));
        hasher.update(alert.ends.to_be_bytes());
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(id: u8) -> Alert {
        Alert {
            id: [id; 16],
            area: "SN-DK".into(),
            text: "a grey van".into(),
            ends: 1_000,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn an_alert_is_one_line_for_one_area_and_ends() {
        assert_eq!(alert(1).check(at(999)), Ok(()));
        for text in [
            "",
            " ",
            "two\nlines",
            &"x".repeat(TEXT_MAX_LETTERS + 1),
            &"ខ".repeat(TEXT_MAX_LETTERS + 1),
        ] {
            assert_eq!(
                Alert {
                    text: text.into(),
                    ..alert(1)
                }
                .check(at(0)),
                Err(BadAlert::Text),
                "{text}"
            );
        }
        assert_eq!(
            Alert {
                text: "ឡាន".repeat(100),
                ..alert(1)
            }
            .check(at(0)),
            Ok(())
        );
        for area in [
            "", "SN", "SN-", "sn-dk", "SN-DK-01", "SN-DAKA", "unknown", "é-DK",
        ] {
            assert_eq!(
                Alert {
                    area: area.into(),
                    ..alert(1)
                }
                .check(at(0)),
                Err(BadAlert::Area),
                "{area}"
            );
        }
        assert_eq!(alert(1).check(at(1_000)), Err(BadAlert::Ends));
        let days = 86_400 * DAYS_MAX;
        assert_eq!(
            Alert {
                ends: days,
                ..alert(1)
            }
            .check(at(0)),
            Ok(())
        );
        assert_eq!(
            Alert {
                ends: days + 1,
                ..alert(1)
            }
            .check(at(0)),
            Err(BadAlert::Ends)
        );
    }

    #[test]
    fn lists_are_the_same_in_any_order_and_differ_by_anything_else() {
        assert_eq!(list_hash(&[]), 0);
        let both = list_hash(&[alert(1), alert(2)]);
        assert_eq!(both, list_hash(&[alert(2), alert(1)]));
        let others = [
            vec![alert(1)],
            vec![alert(1), alert(3)],
            vec![
                alert(1),
                Alert {
                    ends: 1_001,
                    ..alert(2)
                },
            ],
            vec![
                alert(1),
                Alert {
                    area: "SN-DKa".into(),
                    text: " grey van".into(),
                    ..alert(2)
                },
            ],
        ];
        assert!(
            others
                .iter()
                .all(|other| list_hash(other) != both && list_hash(other) != 0)
        );
    }
}
