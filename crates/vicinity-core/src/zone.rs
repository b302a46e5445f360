//! Time zones: by name from the IANA database that is bundled, by area code from a table. No file is read.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One line for each area: its code, then the zones used there.
static AREAS: &str = include_str!("zones.txt");

/// [`AREAS`] by code, so that a list of incidents can look up each one's area.
static BY_CODE: LazyLock<BTreeMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    AREAS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .map(|(code, names)| (code, names.split(' ').collect()))
        .collect()
});

/// UTC offsets, in hours, of the zones where a day begins first and last.
const FIRST_AND_LAST_HOURS: [i8; 2] = [14, -12];

/// The zone with a name such as `Asia/Bishkek`; case does not matter.
#[must_use]
pub fn named(name: &str) -> Option<TimeZone> {
    // Names outside the database, such as POSIX rules, identify no place.
    let zone = TimeZone::get(name).ok()?;
    zone.iana_name().is_some().then_some(zone)
}

/// Names of the zones used in an area: those of its first level, otherwise of the country's `*` line, otherwise of the country. Empty if the
/// table has none of them.
#[must_use]
pub fn of_area(area: &str) -> &'static [&'static str] {
    let area = area.trim().to_ascii_uppercase();
    let (country, rest) = area.split_once('-').unwrap_or((&area, ""));
    if country.len() != 2 {
        return &[];
    }
    let zones = |code: &str| BY_CODE.get(code).map(Vec::as_slice);
    let first_level = rest.split('-').next().unwrap_or_default();
    let by_level = match first_level {
        "" | "*" => None,
        level => zones(&format!("{country}-{level}")).or_else(|| zones(&format!("{country}-*"))),
    };
    by_level.or_else(|| zones(country)).unwrap_or_default()
}

/// The single zone that all these areas share, ignoring areas that the table lacks; `None` if they have several zones, or none is listed.
#[must_use]
pub fn guess<'a>(areas: impl IntoIterator<Item = &'a str>) -> Option<&'static str> {
    let mut guessed = None;
    for names in areas
        .into_iter()
        .map(of_area)
        .filter(|names| !names.is_empty())
    {
        match (names, guessed) {
            ([name], None) => guessed = Some(*name),
            ([name], Some(known)) if *name == known => {}
            _ => return None,
        }
    }
    guessed
}

/// The zones that a local time may be in: one if it is known, otherwise every candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Zones(Vec<TimeZone>);

impl Zones {
    /// A known zone.
    #[must_use]
    pub fn one(zone: TimeZone) -> Self {
        Self(vec![zone])
    }

    /// A fixed UTC offset, in seconds east.
    #[must_use]
    pub fn fixed(seconds: i32) -> Self {
        Self::one(TimeZone::fixed(
            Offset::from_seconds(seconds).unwrap_or(Offset::UTC),
        ))
    }

    /// A place's own zone, if it names one. Otherwise the hub's, and those of its area if the hub's is not among them. If neither is known, the
    /// two extremes on earth.
    #[must_use]
    pub fn of_place(own: Option<&str>, hub: Option<&TimeZone>, area: Option<&str>) -> Self {
        if let Some(own) = own.and_then(named) {
            return Self::one(own);
        }
        let there = of_area(area.unwrap_or_default());
        let hub_is_there = hub
            .and_then(TimeZone::iana_name)
            .is_some_and(|name| there.contains(&name));
        let mut zones: Vec<TimeZone> = hub.cloned().into_iter().collect();
        if !hub_is_there {
            zones.extend(there.iter().copied().filter_map(named));
        }
        if zones.is_empty() {
            zones
                .extend(FIRST_AND_LAST_HOURS.map(|hours| TimeZone::fixed(Offset::constant(hours))));
        }
        Self(zones)
    }

    /// The first moment that this local time can mean.
    #[must_use]
    pub fn earliest(&self, wall: DateTime) -> Option<Timestamp> {
        self.0
            .iter()
            .filter_map(|zone| zone.to_ambiguous_timestamp(wall).earlier().ok())
            .min()
    }

    /// The last moment that this local time can mean.
    #[must_use]
    pub fn latest(&self, wall: DateTime) -> Option<Timestamp> {
        self.0
            .iter()
            .filter_map(|zone| zone.to_ambiguous_timestamp(wall).later().ok())
            .max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_of_the_table_is_in_the_database() {
        let names = AREAS
            .lines()
            .filter(|line| !line.starts_with('#'))
            .flat_map(|line| line.split(' ').skip(1));
        let unknown: Vec<&str> = names.filter(|name| named(name).is_none()).collect();
        assert_eq!(unknown, Vec::<&str>::new());
    }

    #[test]
    fn an_area_is_known_in_any_case_and_to_its_first_level() {
        for (area, zone) in [
            ("PG-NCD-01", "Pacific/Port_Moresby"),
            ("PG-NSB", "Pacific/Bougainville"),
            ("kh-12-03", "Asia/Phnom_Penh"),
            ("RU-MOW-01", "Europe/Moscow"),
            ("RU-IRK", "Asia/Irkutsk"),
            ("RW-01", "Africa/Kigali"),
            ("ID-PA-71", "Asia/Jayapura"),
            ("ID-JK", "Asia/Jakarta"),
            ("UA-30", "Europe/Kyiv"),
            ("MK-85", "Europe/Skopje"),
        ] {
            assert_eq!(of_area(area), [zone], "{area}");
        }
        assert!(of_area("RU").len() > 10, "a country of many zones");
        for area in ["", "XX-01", "Dakar", "é"] {
            assert!(of_area(area).is_empty(), "{area}");
        }
    }

    #[test]
    fn a_hub_s_zone_is_guessed_where_all_its_areas_keep_one() {
        assert_eq!(
            guess(["KH-12-03", "kh-1", "nowhere"]),
            Some("Asia/Phnom_Penh")
        );
        assert_eq!(guess(["KH-12", "TH-10"]), None);
        assert_eq!(guess(["RU"]), None);
        assert_eq!(guess([]), None);
    }

    #[test]
    fn a_name_is_one_of_the_database() {
        assert!(named("Asia/Bishkek").is_some() && named("asia/bishkek").is_some());
        for bad in [
            "",
            "Bishkek",
            "UTC+6",
            "EST5EDT,M3.2.0,M11.1.0",
            "../etc/passwd",
        ] {
            assert!(named(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_time_of_an_unknown_zone_is_as_early_as_it_may_be_and_as_late() {
        let wall: DateTime = "2026-11-22T23:30:00".parse().unwrap();
        let zones = Zones::of_place(None, None, None);
        assert_eq!(
            zones.earliest(wall).unwrap().to_string(),
            "2026-11-22T09:30:00Z"
        );
        assert_eq!(
            zones.latest(wall).unwrap().to_string(),
            "2026-11-23T11:30:00Z"
        );
    }

    #[test]
    fn where_the_area_keeps_another_zone_than_the_hub_either_may_be_meant() {
        let wall: DateTime = "2026-11-22T23:30:00".parse().unwrap();
        let hub = named("Europe/Moscow").unwrap();
        let instant = |own: Option<&str>, area: &str| {
            let zones = Zones::of_place(own, Some(&hub), Some(area));
            (
                zones.earliest(wall).unwrap().to_string(),
                zones.latest(wall).unwrap().to_string(),
            )
        };
        let moscow = "2026-11-22T20:30:00Z".to_owned();
        assert_eq!(instant(None, "RU-MOW-01"), (moscow.clone(), moscow.clone()));
        assert_eq!(
            instant(None, "RU-IRK-01"),
            ("2026-11-22T15:30:00Z".to_owned(), moscow.clone())
        );
        assert_eq!(
            instant(None, "our street"),
            (moscow.clone(), moscow.clone())
        );
        let irkutsk = "2026-11-22T15:30:00Z".to_owned();
        assert_eq!(
            instant(Some("Asia/Irkutsk"), "RU-MOW-01"),
            (irkutsk.clone(), irkutsk)
        );
    }
}
