//! How many of national's rows are alone, to readers who know something about a person: after the manner of sdcMicro and ARX.
//!
//! A reader knows some fields of one incident, its hub among them, and looks for rows that say the same. A row is unique to her if no other row of the hub says
//! the same in these fields. The ladder bounds the first and the third reader; what the others find is admitted in docs/THREATS.md.

use std::collections::BTreeMap;

use crate::projection::Projection;

/// Rows that say the same, fewer of which count as few.
pub const FEW: usize = 5;

/// Somebody who looks for a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Knows month, area, age, gender and populations.
    Demography,
    /// Knows these, and who did it.
    DemographyAndPerpetrator,
    /// Knows these of demography, the setting and the time of day.
    Neighbour,
    /// Knows himself, the setting, the time and the area.
    Perpetrator,
    /// Works where she was helped: month, area, how soon and which services.
    Clinic,
    /// Knows all that a row says.
    WholeRow,
}

impl Reader {
    /// Every reader.
    pub const ALL: [Self; 6] = [
        Self::Demography,
        Self::DemographyAndPerpetrator,
        Self::Neighbour,
        Self::Perpetrator,
        Self::Clinic,
        Self::WholeRow,
    ];

    /// The reader's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Demography => "demography",
            Self::DemographyAndPerpetrator => "demography_and_perpetrator",
            Self::Neighbour => "neighbour",
            Self::Perpetrator => "perpetrator",
            Self::Clinic => "clinic",
            Self::WholeRow => "whole_row",
        }
    }

    /// What the reader sees of a row, as one text.
    fn sees(self, row: &Projection) -> String {
        let set = |codes: &mut dyn Iterator<Item = &str>| codes.collect::<Vec<_>>().join(" ");
        let time = row.quarter.as_ref().unwrap_or(&row.month).clone();
        let person = [
            row.age_band.clone(),
            row.gender.clone(),
            set(&mut row.populations.iter().map(String::as_str)),
        ]
        .join("|");
        let kinds = set(&mut row.perpetrators.iter().map(|one| one.kind.as_str()));
        let place = [row.setting.as_str(), &row.time_of_day].join("|");
        let parts: Vec<String> = match self {
            Self::Demography => vec![person],
            Self::DemographyAndPerpetrator => vec![person, kinds],
            Self::Neighbour => vec![person, place],
            Self::Perpetrator => vec![kinds, place],
            Self::Clinic => vec![
                row.response.clone(),
                set(&mut row.needs.iter().map(String::as_str)),
                set(&mut row.actions.iter().map(String::as_str)),
                set(&mut row
                    .referrals
                    .iter()
                    .flat_map(|(group, step)| [group.as_str(), step])),
                row.pep.clone(),
                row.ec.clone(),
            ],
            Self::WholeRow => vec![serde_json::to_string(row).unwrap_or_default()],
        };
        [vec![time, row.admin1.clone()], parts].concat().join("|")
    }
}

/// What a reader finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Who.
    pub reader: Reader,
    /// Rows in all.
    pub rows: usize,
    /// Rows that are alone.
    pub unique: usize,
    /// Rows that are alone or with up to three others.
    pub few: usize,
    /// The rows of the smallest group; 0 without rows.
    pub smallest: usize,
}

/// What each reader finds in rows of hubs.
#[must_use]
pub fn of<'a>(rows: impl IntoIterator<Item = (u32, &'a Projection)> + Clone) -> [Found; 6] {
    Reader::ALL.map(|reader| {
        let mut groups: BTreeMap<(u32, String), usize> = BTreeMap::new();
        for (hub, row) in rows.clone() {
            *groups.entry((hub, reader.sees(row))).or_default() += 1;
        }
        let below = |most: usize| groups.values().filter(|count| **count < most).sum();
        Found {
            reader,
            rows: groups.values().sum(),
            unique: below(2),
            few: below(FEW),
            smallest: groups.values().copied().min().unwrap_or(0),
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::incident::Incident;
    use crate::ladder::Step;
    use crate::projection;

    fn row(gender: &str, kind: &str, setting: &str) -> Projection {
        let facts = json!({
            "reported_at": "2026-11-23T09:00:00Z", "survivor": {"gender": gender, "age": 30}, "perpetrators": [{"kind": kind}],
            "place": {"setting": setting, "area": "SN-DK-01"},
        });
        projection::coarse(
            &Incident::from_row(facts, Vec::new()),
            "2026-11-24T09:00:00Z".parse().unwrap(),
        )
    }

    fn found(rows: &[(u32, Projection)], reader: Reader) -> (usize, usize, usize) {
        let all = of(rows.iter().map(|(hub, row)| (*hub, row)));
        let found = all
            .into_iter()
            .find(|found| found.reader == reader)
            .unwrap();
        (found.unique, found.few, found.smallest)
    }

    #[test]
    fn a_row_is_unique_to_who_knows_what_no_other_row_says() {
        let mut rows = vec![(1, row("woman", "police", "street")); 5];
        assert_eq!(found(&rows, Reader::WholeRow), (0, 0, 5));
        rows.push((1, row("man", "police", "street")));
        assert_eq!(found(&rows, Reader::Demography), (1, 1, 1));
        assert_eq!(found(&rows, Reader::Perpetrator), (0, 0, 6));
        rows.push((2, row("man", "client", "street")));
        assert_eq!(
            found(&rows, Reader::Demography),
            (2, 2, 1),
            "a reader knows the hub"
        );
        rows.push((2, row("man", "client", "hotel")));
        assert_eq!(found(&rows, Reader::Demography), (1, 3, 1));
        assert_eq!(found(&rows, Reader::Neighbour), (3, 3, 1));
        assert_eq!(found(&[], Reader::WholeRow), (0, 0, 0));
    }

    #[test]
    fn what_is_withheld_is_no_difference() {
        let rows = [
            row("woman", "police", "street"),
            row("man", "police", "hotel"),
        ];
        let rows = rows.map(|row| (1, row.at(Step::Gender)));
        assert_eq!(found(&rows, Reader::WholeRow), (0, 2, 2));
    }
}
