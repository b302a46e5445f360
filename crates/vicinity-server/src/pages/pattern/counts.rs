//! Counts of a stretch of months, as pages show them.

use std::collections::{BTreeMap, BTreeSet};

use vicinity_core::gate;
use vicinity_core::published::{ALL, COUNTRY, Cell, Month};
use vicinity_pages::pattern::Step;

/// Counts of some months.
pub struct Counts {
    months: Vec<String>,
    cells: BTreeMap<String, BTreeMap<Cell, u64>>,
    exact: bool,
}

impl Counts {
    /// Every count as it is: for the hub that holds the incidents.
    #[must_use]
    pub fn exact(months: Vec<String>, window: Vec<(String, Cell, u64)>) -> Self {
        let mut cells: BTreeMap<String, BTreeMap<Cell, u64>> = BTreeMap::new();
        for (month, (area, dimension, code), count) in window {
            let of = cells.entry(month).or_default();
            *of.entry((COUNTRY.to_owned(), dimension.clone(), code.clone())).or_default() += count;
            *of.entry((area, dimension, code)).or_default() += count;
        }
        Self { months, cells, exact: true }
    }

    /// What may be published.
    #[must_use]
    pub fn published(months: Vec<String>, published: BTreeMap<String, Month>) -> Self {
        Self { months, cells: published.into_iter().map(|(month, published)| (month, published.into_cells())).collect(), exact: false }
    }

    /// What may be passed on of these counts as one window: what its months were is told apart no more. `name` stands in their place.
    #[must_use]
    pub fn as_one(name: &str, window: Vec<(String, Cell, u64)>) -> Self {
        let mut counts: BTreeMap<Cell, u64> = BTreeMap::new();
        for (_, cell, count) in window {
            *counts.entry(cell).or_default() += count;
        }
        Self::published(vec![name.to_owned()], BTreeMap::from([(name.to_owned(), Month::of(&counts))]))
    }

    /// The months.
    #[must_use]
    pub fn months(&self) -> &[String] {
        &self.months
    }

    /// Whether every count is whole.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.exact
    }

    /// The count of a cell, if it shows.
    #[must_use]
    pub fn cell(&self, month: &str, area: &str, dimension: &str, code: &str) -> Option<u64> {
        let name = (area.to_owned(), dimension.to_owned(), code.to_owned());
        self.cells.get(month).and_then(|cells| cells.get(&name)).copied().or_else(|| self.exact.then_some(0))
    }

    /// A count for each month.
    #[must_use]
    pub fn series(&self, area: &str, dimension: &str, code: &str) -> Vec<Option<u64>> {
        self.months.iter().map(|month| self.cell(month, area, dimension, code)).collect()
    }

    /// The sum of what some months show.
    #[must_use]
    pub fn sum(&self, months: &[String], area: &str, dimension: &str, code: &str) -> Step {
        let values: Vec<Option<u64>> = months.iter().map(|month| self.cell(month, area, dimension, code)).collect();
        let shows = values.iter().any(Option::is_some);
        Step { code: code.to_owned(), count: shows.then(|| values.iter().flatten().sum()), at_least: values.iter().any(Option::is_none) }
    }

    /// The codes of a dimension, the most frequent first, at most so many.
    #[must_use]
    pub fn codes(&self, months: &[String], area: &str, dimension: &str, max: usize) -> Vec<String> {
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        for ((own, of, code), count) in months.iter().filter_map(|month| self.cells.get(month)).flatten() {
            if own == area && of == dimension {
                *sums.entry(code).or_default() += count;
            }
        }
        let mut codes: Vec<(&str, u64)> = sums.into_iter().collect();
        codes.sort_by_key(|(code, sum)| (core::cmp::Reverse(*sum), *code));
        codes.into_iter().take(max).map(|(code, _)| code.to_owned()).collect()
    }

    /// The codes of a dimension with the sums of some months: the most frequent first, or in their own order where they have one.
    #[must_use]
    pub fn steps(&self, months: &[String], area: &str, dimension: &str, max: usize) -> Vec<Step> {
        let mut codes = self.codes(months, area, dimension, max);
        codes.sort_by_key(|code| gate::steps_of(dimension).iter().position(|step| step == code));
        codes.iter().map(|code| self.sum(months, area, dimension, code)).collect()
    }

    /// First-level areas that show.
    #[must_use]
    pub fn areas(&self) -> Vec<String> {
        let named = self.cells.values().flat_map(BTreeMap::keys).filter(|(area, of, _)| area != COUNTRY && of == ALL);
        named.map(|(area, ..)| area.clone()).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(area: &str, dimension: &str, code: &str) -> Cell {
        (area.to_owned(), dimension.to_owned(), code.to_owned())
    }

    fn window() -> Vec<(String, Cell, u64)> {
        let mut window = Vec::new();
        for (month, police, client) in [("2026-10", 4, 7), ("2026-11", 20, 1)] {
            for area in ["SN-DK", "SN-TH"] {
                window.push((month.to_owned(), cell(area, "", ""), police + client));
                window.push((month.to_owned(), cell(area, "perpetrator", "police"), police));
                window.push((month.to_owned(), cell(area, "perpetrator", "client"), client));
            }
        }
        window
    }

    fn months() -> Vec<String> {
        ["2026-10", "2026-11"].map(str::to_owned).into()
    }

    #[test]
    fn a_hub_counts_its_own_exactly_and_nothing_is_zero() {
        let counts = Counts::exact(months(), window());
        assert_eq!(counts.series("", "perpetrator", "police"), [Some(8), Some(40)]);
        assert_eq!(counts.series("SN-DK", "perpetrator", "client"), [Some(7), Some(1)]);
        assert_eq!(counts.series("SN-DK", "perpetrator", "military"), [Some(0), Some(0)]);
        assert_eq!(counts.codes(&months(), "", "perpetrator", 5), ["police", "client"]);
        assert_eq!(counts.areas(), ["SN-DK", "SN-TH"]);

        let step = |code: &str, count| ("2026-11".to_owned(), cell("SN-DK", "pep", code), count);
        let cascade = Counts::exact(months(), vec![step("completed", 9), step("in_time", 1), step("not_exposed", 5), step("started", 3)]);
        let codes: Vec<String> = cascade.steps(&months(), "", "pep", 12).into_iter().map(|step| step.code).collect();
        assert_eq!(codes, ["not_exposed", "in_time", "started", "completed"], "steps stand in their order");
    }

    #[test]
    fn what_is_passed_on_is_one_window_and_shows_no_small_count() {
        let counts = Counts::as_one("2026-Q4", window());
        let quarter = ["2026-Q4".to_owned()];
        let police = counts.sum(&quarter, "", "perpetrator", "police");
        assert_eq!((police.count, police.at_least), (Some(48), false));
        assert_eq!(counts.cell("2026-Q4", "SN-DK", "perpetrator", "client"), None, "eight in one area");
        assert_eq!(counts.cell("2026-10", "", "perpetrator", "police"), None, "months are told apart no more");
    }
}
