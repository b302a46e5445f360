//! Times: instants in UTC, local times with a precision, ISO weeks. No clock in here: `now` is always an argument.

use jiff::civil::{Date, DateTime};
pub use jiff::tz::TimeZone;
pub use jiff::{SignedDuration, Timestamp};

use crate::codes;
use crate::zone::Zones;

/// The instant of a text; `None` for any other text. Fractions below a millisecond are dropped.
#[must_use]
pub fn parse_instant(text: &str) -> Option<Timestamp> {
    let instant: Timestamp = text.parse().ok()?;
    Timestamp::from_millisecond(instant.as_millisecond()).ok()
}

/// The number of a month as `2026-11`, counted from the year 0, for arithmetic with months.
#[must_use]
pub fn month_number(month: &str) -> Option<u32> {
    let (year, month) = month
        .split_once('-')
        .filter(|(year, month)| (year.len(), month.len()) == (4, 2))?;
    let (year, month): (u32, u32) = (year.parse().ok()?, month.parse().ok()?);
    ((1..=12).contains(&month) && (1900..=9999).contains(&year)).then_some(year * 12 + month - 1)
}

/// The month of a number.
#[must_use]
pub fn numbered_month(number: u32) -> String {
    format!("{:04}-{:02}", number / 12, number % 12 + 1)
}

/// How exactly the time of an incident is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// To the minute.
    Exact,
    /// To the hour.
    Hour,
    /// To the day.
    Day,
    /// To the week.
    Week,
    /// To the month.
    Month,
    /// Not known, or a word this version does not know.
    Unknown,
}

impl Precision {
    /// The precision a code names; an unknown code is the least precise.
    #[must_use]
    pub fn from_code(code: &str) -> Self {
        match codes::PRECISIONS.folded(code) {
            "exact" => Self::Exact,
            "hour" => Self::Hour,
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            _ => Self::Unknown,
        }
    }
}

/// A local time as it was reported: a date, perhaps a time, perhaps an offset from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    /// Date and time on the wall there; midnight where only a date was given.
    pub wall: DateTime,
    /// Whether a time of day was given.
    pub has_time: bool,
    /// Seconds east of UTC, where the text said so.
    pub offset_seconds: Option<i32>,
}

/// A local time from `2026-11-22`, `2026-11-22T23:30`, or either with seconds, `Z` or `+06:00` behind it.
#[must_use]
pub fn parse_local(text: &str) -> Option<LocalTime> {
    let (body, offset_seconds) = split_offset(text)?;
    if let Ok(date) = body.parse::<Date>()
        && body.len() == 10
    {
        return Some(LocalTime {
            wall: date.to_datetime(jiff::civil::Time::midnight()),
            has_time: false,
            offset_seconds,
        });
    }
    if body.len() < 16 || body.as_bytes().get(10) != Some(&b'T') {
        return None;
    }
    let wall = body.parse::<DateTime>().ok()?;
    Some(LocalTime {
        wall,
        has_time: true,
        offset_seconds,
    })
}

fn split_offset(text: &str) -> Option<(&str, Option<i32>)> {
    if let Some(body) = text.strip_suffix('Z') {
        return Some((body, Some(0)));
    }
    let Some(time_at) = text.find('T') else {
        return Some((text, None));
    };
    let Some(sign_at) = text[time_at..].find(['+', '-']).map(|at| at + time_at) else {
        return Some((text, None));
    };
    let (body, offset) = text.split_at(sign_at);
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 14 && minutes < 60).then_some((body, Some(sign * (hours * 3600 + minutes * 60))))
}

/// The earliest and the latest instant that a local time with a precision can mean. Without an offset in the text it is read
/// in each of the zones.
#[must_use]
pub fn window(
    local: LocalTime,
    precision: Precision,
    zones: &Zones,
) -> Option<(Timestamp, Timestamp)> {
    let fixed = local.offset_seconds.map(Zones::fixed);
    let zones = fixed.as_ref().unwrap_or(zones);
    let date = local.wall.date();
    let (first, length) = match precision {
        Precision::Exact if local.has_time => (local.wall, SignedDuration::from_mins(1)),
        Precision::Hour if local.has_time => (
            local.wall.with().minute(0).second(0).build().ok()?,
            SignedDuration::from_hours(1),
        ),
        Precision::Exact | Precision::Hour | Precision::Day => {
            (date.into(), SignedDuration::from_hours(24))
        }
        Precision::Week => {
            let back = i64::from(date.weekday().to_monday_zero_offset());
            (
                date.checked_sub(SignedDuration::from_hours(24 * back))
                    .ok()?
                    .into(),
                SignedDuration::from_hours(7 * 24),
            )
        }
        Precision::Month => (
            date.first_of_month().into(),
            SignedDuration::from_hours(24 * i64::from(date.days_in_month())),
        ),
        Precision::Unknown => return None,
    };
    // Both ends are times on the wall: a day on which the clocks change has other than 24 hours.
    Some((
        zones.earliest(first)?,
        zones.latest(first.checked_add(length).ok()?)?,
    ))
}

/// The ISO week of a date, as `2026-W47`.
#[must_use]
pub fn iso_week(date: Date) -> String {
    let week = date.iso_week_date();
    format!("{:04}-W{:02}", week.year(), week.week())
}

/// The month of a date, as `2026-11`.
#[must_use]
pub fn month(date: Date) -> String {
    format!("{:04}-{:02}", date.year(), date.month())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_impossible_date_is_no_local_time() {
        for bad in [
            "2026-02-30",
            "2026-13-01T10:00",
            "yesterday",
            "2026-11-22 23:30",
            "2026-11-22T25:00",
            "",
            "2026-11-22T23:30+1:00",
        ] {
            assert_eq!(parse_local(bad), None, "{bad}");
        }
    }

    fn zone(name: &str) -> Zones {
        Zones::one(crate::zone::named(name).unwrap())
    }

    #[test]
    fn a_local_time_is_read_in_its_zone_unless_it_says_its_offset() {
        let local = parse_local("2026-11-22T23:30").unwrap();
        let (earliest, latest) = window(local, Precision::Hour, &zone("Asia/Bishkek")).unwrap();
        assert_eq!(earliest.to_string(), "2026-11-22T17:00:00Z");
        assert_eq!(latest.to_string(), "2026-11-22T18:00:00Z");
        let said = parse_local("2026-11-22T23:30+06:00").unwrap();
        assert_eq!(
            window(said, Precision::Hour, &zone("Africa/Dakar")),
            Some((earliest, latest))
        );
    }

    #[test]
    fn summer_time_counts_and_a_day_on_which_the_clocks_change_is_as_long_as_it_is() {
        let kyiv = zone("Europe/Kyiv");
        let (earliest, _) = window(
            parse_local("2026-07-01T12:00").unwrap(),
            Precision::Exact,
            &kyiv,
        )
        .unwrap();
        assert_eq!(earliest.to_string(), "2026-07-01T09:00:00Z");
        let (earliest, latest) =
            window(parse_local("2026-03-29").unwrap(), Precision::Day, &kyiv).unwrap();
        assert_eq!(
            (earliest.to_string(), latest.to_string()),
            ("2026-03-28T22:00:00Z".into(), "2026-03-29T21:00:00Z".into())
        );
    }

    #[test]
    fn weeks_and_months_cover_all_their_days() {
        let local = parse_local("2026-11-22").unwrap();
        let dakar = zone("Africa/Dakar");
        let (earliest, latest) = window(local, Precision::Week, &dakar).unwrap();
        assert_eq!(
            (earliest.to_string(), latest.to_string()),
            ("2026-11-16T00:00:00Z".into(), "2026-11-23T00:00:00Z".into())
        );
        let (earliest, latest) = window(local, Precision::Month, &dakar).unwrap();
        assert_eq!(
            (earliest.to_string(), latest.to_string()),
            ("2026-11-01T00:00:00Z".into(), "2026-12-01T00:00:00Z".into())
        );
        assert_eq!(iso_week(local.wall.date()), "2026-W47");
    }
}
