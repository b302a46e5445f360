//! The first-level areas of a hub that its rows may name. For any other area a row says `unknown`: free text
//! could hold a name, and every further area makes counting more expensive.

use std::collections::BTreeSet;

use crate::gate;
use crate::projection::{UNKNOWN, admin1};

/// Areas that a hub may list.
pub const LISTED_MAX: usize = 100;
/// Areas that count as listed while the list is empty: the first that appear in incidents.
pub const MET_MAX: usize = 30;

/// The areas that a hub's rows may name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Areas {
    /// The areas that a person listed; empty until then.
    pub listed: BTreeSet<String>,
    /// Those that the hub met while none were listed.
    pub met: BTreeSet<String>,
}

/// Why a list of areas is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadList {
    /// A line that names no area.
    #[error("line {0} names no first-level area, as SN-DK (ISO 3166-2)")]
    NoArea(usize),
    /// It is empty.
    #[error("the list names no area: name at least one, as SN-DK (ISO 3166-2)")]
    Empty,
    /// It is too long.
    #[error("the list names more than {LISTED_MAX} areas")]
    TooMany,
}

/// The first-level area of a hub's area code, if it has the form of one.
#[must_use]
pub fn of_code(code: &str) -> Option<String> {
    admin1(code)
}

impl Areas {
    /// Those that count: what was listed, or else what was met.
    #[must_use]
    pub fn told(&self) -> &BTreeSet<String> {
        if self.listed.is_empty() {
            &self.met
        } else {
            &self.listed
        }
    }

    /// Whether an area is new here and one of the first; then it counts as listed from now on.
    pub fn meet(&mut self, area: &str) -> bool {
        self.listed.is_empty()
            && self.met.len() < MET_MAX
            && gate::is_area(area)
            && self.met.insert(area.to_owned())
    }

    /// Forgets the met ones that no incident's area code names any more. Whether there were any.
    pub fn keep_only<'a>(&mut self, codes: impl Iterator<Item = &'a str>) -> bool {
        let (before, held) = (
            self.met.len(),
            codes.filter_map(of_code).collect::<BTreeSet<String>>(),
        );
        self.met.retain(|area| held.contains(area));
        self.met.len() < before
    }

    /// What a row says of an area.
    #[must_use]
    pub fn named<'a>(&self, area: &'a str) -> &'a str {
        if self.told().contains(area) {
            area
        } else {
            UNKNOWN
        }
    }

    /// Reads a list: an area a line. A byte order mark, small letters, blanks and empty lines mean nothing; of a longer code, as
    /// `SN-DK-01`, the first level counts.
    ///
    /// # Errors
    /// What is wrong with it, by its line.
    pub fn parse(text: &str) -> Result<BTreeSet<String>, BadList> {
        let lines = text
            .trim_start_matches('\u{feff}')
            .lines()
            .map(str::trim)
            .enumerate()
            .filter(|(_, line)| !line.is_empty());
        let listed = lines
            .map(|(at, line)| admin1(line).ok_or(BadList::NoArea(at + 1)))
            .collect::<Result<BTreeSet<String>, _>>()?;
        match listed.len() {
            0 => Err(BadList::Empty),
            1..=LISTED_MAX => Ok(listed),
            _ => Err(BadList::TooMany),
        }
    }

    /// A list as it is kept: an area a line.
    #[must_use]
    pub fn to_text(areas: &BTreeSet<String>) -> String {
        areas
            .iter()
            .flat_map(|area| [area.as_str(), "\n"])
            .collect()
    }

    /// A list as it was kept; what is no area is left out.
    #[must_use]
    pub fn of_text(text: &str) -> BTreeSet<String> {
        text.lines()
            .filter(|line| gate::is_area(line))
            .map(str::to_owned)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(areas: &[&str]) -> BTreeSet<String> {
        areas.iter().map(|area| (*area).to_owned()).collect()
    }

    #[test]
    fn while_nothing_is_listed_the_first_thirty_areas_count() {
        let mut areas = Areas::default();
        for number in 10..40 {
            assert!(areas.meet(&format!("SN-{number}")) && !areas.meet(&format!("SN-{number}")));
        }
        assert!(!areas.meet("SN-40") && !areas.meet("unknown"));
        assert_eq!(
            (
                areas.named("SN-10"),
                areas.named("SN-40"),
                areas.named("unknown")
            ),
            ("SN-10", "unknown", "unknown")
        );
    }

    #[test]
    fn a_list_counts_alone_and_nothing_more_is_met() {
        let mut areas = Areas {
            listed: set(&["SN-DK"]),
            met: set(&["SN-TH"]),
        };
        assert!(!areas.meet("SN-ZG"));
        assert_eq!(
            (
                areas.named("SN-DK"),
                areas.named("SN-TH"),
                areas.named("SN-ZG")
            ),
            ("SN-DK", "unknown", "unknown")
        );
    }

    #[test]
    fn a_list_is_read_as_people_write_it_and_what_is_wrong_is_named_by_its_line() {
        assert_eq!(
            Areas::parse("\u{feff}sn-dk\r\n\r\n  SN-TH-01 \nSN-DK\n"),
            Ok(set(&["SN-DK", "SN-TH"]))
        );
        assert_eq!(Areas::parse("SN-DK\nDakar\n"), Err(BadList::NoArea(2)));
        assert_eq!(
            (Areas::parse(""), Areas::parse(" \n\n")),
            (Err(BadList::Empty), Err(BadList::Empty))
        );
        let many: String = (100..=200).map(|number| format!("SN-{number}\n")).collect();
        assert_eq!(Areas::parse(&many), Err(BadList::TooMany));
    }

    #[test]
    fn a_list_reads_back() {
        let areas = set(&["SN-DK", "SN-TH"]);
        assert_eq!(Areas::of_text(&Areas::to_text(&areas)), areas);
        assert_eq!(Areas::of_text("SN-DK\nnone\n"), set(&["SN-DK"]));
    }
}
