//! How a hub reads the times of an incident: in which zone, and with what it knows of the clocks that wrote them.
//!
//! A device's clock may be wrong. A hub keeps by how much, with every request and so with every change that it brought. Which
//! stored times were taken from that clock nothing in the record says, and nothing has to: a time that lies within ten minutes
//! of the clock that its change was written by ([`READ_WITHIN`]) is a reading of that clock, whether a program filled it in or
//! somebody looked at the screen. Any other was typed by a person who looked elsewhere, and stands as it is.
//!
//! None of this alters a document. It is worked out at the hub, where the requests are, and kept beside the document's row.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::ids::ChangeHash;
use crate::time;

/// How near to the clock of its change a time is a reading of that clock; and how well a clock must be known.
pub const READ_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// A difference that is no more than a slow connection makes: nothing is read otherwise for it.
const SKEW_OF_NOTE_SECONDS: i64 = 120;
/// Hours before a hub first received an incident in which its times may lie: a hundred years.
const TELLABLE: SignedDuration = SignedDuration::from_hours(100 * 8766);

/// Registers whose times lie in the future: they are never too late.
const TO_COME: [&str; 2] = ["due_at", "expires_at"];

/// A time in a document: its path, and the change that wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The register's name, or an entry's id and the field's name with a dot between.
    pub place: String,
    /// What it says.
    pub at: Timestamp,
    /// The change that wrote it.
    pub change: ChangeHash,
}

/// What a hub knows of a change's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brought {
    /// The clock that it was written by, in seconds since 1970.
    pub clock: i64,
    /// Seconds by which the hub's clock was ahead of that one; `None` if that is not known to within ten minutes.
    pub skew_seconds: Option<i64>,
    /// When the hub took it, by its own clock.
    pub received_at: Timestamp,
}

/// A time as it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// As good as the one who wrote it.
    Sure(Timestamp),
    /// Written by a clock whose error is unknown: it is never subtracted from another time.
    Unsure(Timestamp),
    /// It cannot be: it is after the hub knew of it, or a lifetime before.
    Impossible,
}

impl Moment {
    /// The time, sure or not; none that cannot be.
    #[must_use]
    pub fn at(self) -> Option<Timestamp> {
        match self {
            Self::Sure(at) | Self::Unsure(at) => Some(at),
            Self::Impossible => None,
        }
    }

    /// The time, if it is sure.
    #[must_use]
    pub fn sure(self) -> Option<Timestamp> {
        if let Self::Sure(at) = self {
            Some(at)
        } else {
            None
        }
    }
}

/// How an incident's times are read. A device knows its hub's zone at most, and judges nothing by a clock: its own may be wrong.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// The hub's zone.
    pub zone: Option<TimeZone>,
    /// When the hub first received the incident, by its own clock.
    pub received_at: Option<Timestamp>,
    /// Times that are read otherwise than they are written, by their place.
    pub times: BTreeMap<String, Moment>,
}

impl Reading {
    /// Whether a reported time is possible.
    #[must_use]
    pub fn can_be(&self, earliest: Timestamp, latest: Timestamp) -> bool {
        self.received_at.is_none_or(|received| {
            let after = received.checked_add(READ_WITHIN).unwrap_or(Timestamp::MAX);
            let before = received.checked_sub(TELLABLE).unwrap_or(Timestamp::MIN);
            earliest <= after && latest >= before
        })
    }
}

/// Which times are read otherwise than they are written, by what is known of the changes that wrote them.
#[must_use]
pub fn times(
    written: &[Written],
    brought: impl Fn(ChangeHash) -> Option<Brought>,
) -> BTreeMap<String, Moment> {
    let read = |written: &Written| {
        Some((
            written.place.clone(),
            read(written, brought(written.change)?)?,
        ))
    };
    written.iter().filter_map(read).collect()
}

fn read(written: &Written, brought: Brought) -> Option<Moment> {
    let is_reading = (written.at.as_second() - brought.clock).abs() <= READ_WITHIN.as_secs();
    if is_reading {
        return match brought.skew_seconds {
            None => Some(Moment::Unsure(written.at)),
            Some(skew) if skew.abs() < SKEW_OF_NOTE_SECONDS => None,
            Some(skew) => Some(
                written
                    .at
                    .checked_add(SignedDuration::from_secs(skew))
                    .map_or(Moment::Impossible, Moment::Sure),
            ),
        };
    }
    let is_to_come = TO_COME
        .into_iter()
        .any(|field| written.place.rsplit('.').next() == Some(field));
    let latest = brought
        .received_at
        .checked_add(READ_WITHIN)
        .unwrap_or(Timestamp::MAX);
    (!is_to_come && written.at > latest).then_some(Moment::Impossible)
}

/// What is read otherwise, as JSON for a row: a time, `unsure` and the time, or null.
#[must_use]
pub fn to_json(times: &BTreeMap<String, Moment>) -> String {
    let value = |moment: &Moment| match moment {
        Moment::Sure(at) => at.to_string().into(),
        Moment::Unsure(at) => format!("unsure {at}").into(),
        Moment::Impossible => Value::Null,
    };
    Value::Object(
        times
            .iter()
            .map(|(place, moment)| (place.clone(), value(moment)))
            .collect::<Map<_, _>>(),
    )
    .to_string()
}

/// The same back. What cannot be read is read as it was written.
#[must_use]
pub fn from_json(text: &str) -> BTreeMap<String, Moment> {
    let Ok(Value::Object(times)) = serde_json::from_str(text) else {
        return BTreeMap::new();
    };
    let moment = |value: &Value| match value {
        Value::Null => Some(Moment::Impossible),
        Value::String(text) => match text.strip_prefix("unsure ") {
            Some(at) => time::parse_instant(at).map(Moment::Unsure),
            None => time::parse_instant(text).map(Moment::Sure),
        },
        _ => None,
    };
    times
        .iter()
        .filter_map(|(place, value)| Some((place.clone(), moment(value)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// How a time is read that a device wrote by a clock that was that many seconds slow.
    fn as_read(place: &str, time: &str, clock: &str, skew_seconds: Option<i64>) -> Option<Moment> {
        let written = Written {
            place: place.into(),
            at: at(time),
            change: ChangeHash([1; 32]),
        };
        let brought = Brought {
            clock: at(clock).as_second(),
            skew_seconds,
            received_at: at("2026-11-25T12:00:00Z"),
        };
        times(&[written], |_| Some(brought)).remove(place)
    }

    #[test]
    fn a_clock_reading_is_read_with_its_clock_s_skew_and_a_typed_time_is_not() {
        let three_days = Some(3 * 86_400);
        let reading = as_read(
            "a-1.done_at",
            "2026-11-22T10:03:00Z",
            "2026-11-22T10:05:00Z",
            three_days,
        );
        assert_eq!(reading, Some(Moment::Sure(at("2026-11-25T10:03:00Z"))));
        assert_eq!(
            as_read(
                "a-1.done_at",
                "2026-11-24T10:00:00Z",
                "2026-11-22T10:05:00Z",
                three_days
            ),
            None,
            "from somebody's watch"
        );
        assert_eq!(
            as_read(
                "a-1.done_at",
                "2026-11-22T10:03:00Z",
                "2026-11-22T10:05:00Z",
                Some(-40)
            ),
            None,
            "a slow connection"
        );
    }

    #[test]
    fn a_reading_of_a_clock_that_nobody_knows_is_unsure() {
        let reading = as_read(
            "reported_at",
            "2026-11-22T10:05:00Z",
            "2026-11-22T10:05:00Z",
            None,
        );
        assert_eq!(reading, Some(Moment::Unsure(at("2026-11-22T10:05:00Z"))));
        assert_eq!(
            as_read(
                "reported_at",
                "2026-11-22T09:00:00Z",
                "2026-11-22T10:05:00Z",
                None
            ),
            None,
            "typed"
        );
    }

    #[test]
    fn what_was_done_after_the_hub_heard_of_it_cannot_be_but_what_is_planned_can() {
        let typed = |place: &str| {
            as_read(
                place,
                "2569-11-22T10:00:00Z",
                "2026-11-25T11:00:00Z",
                Some(0),
            )
        };
        assert_eq!(typed("a-1.done_at"), Some(Moment::Impossible));
        assert_eq!((typed("a-1.due_at"), typed("a-1.expires_at")), (None, None));
    }

    #[test]
    fn what_is_read_otherwise_comes_back_from_its_row() {
        let times = BTreeMap::from([
            (
                "reported_at".to_owned(),
                Moment::Sure(at("2026-11-25T10:03:00Z")),
            ),
            (
                "a-1.done_at".to_owned(),
                Moment::Unsure(at("2026-11-25T10:03:00Z")),
            ),
            ("b-1.done_at".to_owned(), Moment::Impossible),
        ]);
        assert_eq!(from_json(&to_json(&times)), times);
        assert_eq!(from_json(""), BTreeMap::new());
    }
}
