//! Counts of a range of months, as pages show them.

use std::collections::{BTreeMap, BTreeSet};

use vicinity_core::band::Band;
use vicinity_core::gate;
use vicinity_core::published::{ALL, COUNTRY, Cell, Month, PARTITIONS};
use vicinity_pages::pattern::{Amount, CodeCount, Figures, Parts};

/// The code of those who could not get an infection, or could not conceive.
const NOT_EXPOSED: &str = "not_exposed";

/// Counts of some months.
pub struct Counts {
    months: Vec<String>,
    cells: BTreeMap<String, BTreeMap<Cell, u64>>,
    figures: Figures,
}

impl Counts {
    /// Every count as it is: for the hub that holds the incidents.
    #[must_use]
    pub fn exact(months: Vec<String>, window: Vec<(String, Cell, u64)>) -> Self {
        Self::as_counted(months, window, Figures::Exact)
    }

    /// Every count as it is: for the coordinators of a country, and for nobody else.
    #[must_use]
    pub fn internal(months: Vec<String>, window: Vec<(String, Cell, u64)>) -> Self {
        Self::as_counted(months, window, Figures::Internal)
    }

    fn as_counted(months: Vec<String>, window: Vec<(String, Cell, u64)>, figures: Figures) -> Self {
        let mut cells: BTreeMap<String, BTreeMap<Cell, u64>> = BTreeMap::new();
        for (month, (area, dimension, code), count) in window {
            let of = cells.entry(month).or_default();
            *of.entry((COUNTRY.to_owned(), dimension.clone(), code.clone()))
                .or_default() += count;
            *of.entry((area, dimension, code)).or_default() += count;
        }
        Self {
            months,
            cells,
            figures,
        }
    }

    /// What may be published.
    #[must_use]
    pub fn published(months: Vec<String>, published: BTreeMap<String, Month>) -> Self {
        let cells = published
            .into_iter()
            .map(|(month, published)| (month, published.into_cells()))
            .collect();
        Self {
            months,
            cells,
            figures: Figures::Published,
        }
    }

    /// These counts as others may get them: one window named `name` instead of its months, so that its months cannot be distinguished. Only
    /// the band of each count is kept, so that no page can show more.
    #[must_use]
    pub fn as_one(name: &str, window: Vec<(String, Cell, u64)>) -> Self {
        let mut counts: BTreeMap<Cell, u64> = BTreeMap::new();
        for (_, cell, count) in window {
            *counts.entry(cell).or_default() += count;
        }
        let cells = Month::of(&counts)
            .into_cells()
            .into_iter()
            .map(|(cell, count)| (cell, Band::of(count).least()))
            .collect();
        Self {
            months: vec![name.to_owned()],
            cells: BTreeMap::from([(name.to_owned(), cells)]),
            figures: Figures::Banded,
        }
    }

    /// The months.
    #[must_use]
    pub fn months(&self) -> &[String] {
        &self.months
    }

    /// How they are shown.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.figures
    }

    /// The count of a cell, if it shows.
    #[must_use]
    pub fn cell(&self, month: &str, area: &str, dimension: &str, code: &str) -> Option<u64> {
        let name = (area.to_owned(), dimension.to_owned(), code.to_owned());
        self.cells
            .get(month)
            .and_then(|cells| cells.get(&name))
            .copied()
            .or_else(|| self.figures.is_exact().then_some(0))
    }

    /// A count for each month.
    #[must_use]
    pub fn series(&self, area: &str, dimension: &str, code: &str) -> Vec<Option<u64>> {
        self.of_months(&self.months, area, dimension, code)
    }

    fn of_months(
        &self,
        months: &[String],
        area: &str,
        dimension: &str,
        code: &str,
    ) -> Vec<Option<u64>> {
        months
            .iter()
            .map(|month| self.cell(month, area, dimension, code))
            .collect()
    }

    /// What some months show of a code.
    #[must_use]
    pub fn sum(&self, months: &[String], area: &str, dimension: &str, code: &str) -> CodeCount {
        let windows = self.of_months(months, area, dimension, code);
        let mut step = if self.figures == Figures::Banded {
            CodeCount::in_band(code, windows.first().copied().flatten())
        } else {
            CodeCount::of(code, &windows, &self.wholes(months, area, dimension, code))
        };
        if step.amount == Amount::LeftOut
            && months
                .iter()
                .any(|month| self.shows_a_part(month, area, dimension, code))
        {
            step.amount = Amount::NotShown;
        }
        step
    }

    /// What a code is a share of, for each month: of PEP and emergency contraception those who were exposed, otherwise all incidents.
    fn wholes(
        &self,
        months: &[String],
        area: &str,
        dimension: &str,
        code: &str,
    ) -> Vec<Option<u64>> {
        let all = self.of_months(months, area, ALL, "");
        if !["pep", "ec"].contains(&dimension) || code == NOT_EXPOSED {
            return all;
        }
        let others = self.of_months(months, area, dimension, NOT_EXPOSED);
        let exposed =
            |(all, others): (Option<u64>, Option<u64>)| Some(all?.saturating_sub(others?));
        all.into_iter().zip(others).map(exposed).collect()
    }

    /// Whether some of the incidents of a cell show in another one: then they are ten or more, whatever else is left out.
    fn shows_a_part(&self, month: &str, area: &str, dimension: &str, code: &str) -> bool {
        let is_in = |(own, of, as_code): &Cell| {
            (area == COUNTRY || own == area)
                && (dimension == ALL || of == dimension && as_code == code)
        };
        self.cells
            .get(month)
            .is_some_and(|cells| cells.iter().any(|(cell, count)| *count > 0 && is_in(cell)))
    }

    /// All incidents of an area that some months show.
    #[must_use]
    pub fn incidents(&self, months: &[String], area: &str) -> Amount {
        self.sum(months, area, ALL, "").amount
    }

    /// Incidents that show, but of which no code of a dimension shows. Anyone with the total and the codes of a month can compute the same;
    /// that nothing small comes of it is what the protection of a month is for.
    #[must_use]
    pub fn rest(&self, months: &[String], area: &str, dimension: &str) -> Option<CodeCount> {
        if self.figures != Figures::Published || !PARTITIONS.contains(&dimension) {
            return None;
        }
        let codes = self.codes(months, area, dimension, usize::MAX);
        let shown = |month: &String| {
            codes
                .iter()
                .filter_map(|code| self.cell(month, area, dimension, code))
                .sum()
        };
        let wholes = self.of_months(months, area, ALL, "");
        let rests: Vec<Option<u64>> = months
            .iter()
            .zip(&wholes)
            .map(|(month, whole)| whole.map(|whole| whole.saturating_sub(shown(month))))
            .collect();
        Some(CodeCount::of("", &rests, &wholes))
            .filter(|step| step.amount.drawn().is_some_and(|rest| rest > 0))
    }

    /// The codes of a dimension, the most frequent first, at most that many.
    #[must_use]
    pub fn codes(&self, months: &[String], area: &str, dimension: &str, max: usize) -> Vec<String> {
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        for ((own, of, code), count) in months
            .iter()
            .filter_map(|month| self.cells.get(month))
            .flatten()
        {
            if own == area && of == dimension {
                *sums.entry(code).or_default() += count;
            }
        }
        let mut codes: Vec<(&str, u64)> = sums.into_iter().collect();
        codes.sort_by_key(|(code, sum)| (core::cmp::Reverse(*sum), *code));
        codes
            .into_iter()
            .take(max)
            .map(|(code, _)| code.to_owned())
            .collect()
    }

    /// The codes of a dimension with what some months show of them: the most frequent first, or in their own order where they have
    /// one. At most that many, except for parts that add up, which are all there.
    #[must_use]
    pub fn parts(
        &self,
        months: &[String],
        area: &str,
        dimension: &'static str,
        max: usize,
    ) -> Parts {
        let mut codes = self.codes(
            months,
            area,
            dimension,
            if PARTITIONS.contains(&dimension) {
                usize::MAX
            } else {
                max
            },
        );
        codes.sort_by_key(|code| {
            gate::steps_of(dimension)
                .iter()
                .position(|step| step == code)
        });
        let steps = codes
            .iter()
            .map(|code| self.sum(months, area, dimension, code))
            .collect();
        Parts {
            dimension,
            steps,
            rest: self.rest(months, area, dimension),
        }
    }

    /// First-level areas that show.
    #[must_use]
    pub fn areas(&self) -> Vec<String> {
        let named = self
            .cells
            .values()
            .flat_map(BTreeMap::keys)
            .filter(|(area, of, _)| area != COUNTRY && of == ALL);
        named
            .map(|(area, ..)| area.clone())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
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
                window.push((
                    month.to_owned(),
                    cell(area, "perpetrator", "police"),
                    police,
                ));
                window.push((
                    month.to_owned(),
                    cell(area, "perpetrator", "client"),
                    client,
                ));
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
        assert_eq!(
            counts.series("", "perpetrator", "police"),
            [Some(8), Some(40)]
        );
        assert_eq!(
            counts.series("SN-DK", "perpetrator", "client"),
            [Some(7), Some(1)]
        );
        assert_eq!(
            counts.series("SN-DK", "perpetrator", "military"),
            [Some(0), Some(0)]
        );
        assert_eq!(
            counts.codes(&months(), "", "perpetrator", 5),
            ["police", "client"]
        );
        assert_eq!(counts.areas(), ["SN-DK", "SN-TH"]);

        let step = |code: &str, count| ("2026-11".to_owned(), cell("SN-DK", "pep", code), count);
        let cascade = Counts::exact(
            months(),
            vec![
                step("completed", 9),
                step("in_time", 1),
                step("not_exposed", 5),
                step("started", 3),
            ],
        );
        let codes: Vec<String> = cascade
            .parts(&months(), "", "pep", 12)
            .steps
            .into_iter()
            .map(|step| step.code)
            .collect();
        assert_eq!(
            codes,
            ["not_exposed", "in_time", "started", "completed"],
            "steps stand in their order"
        );
    }

    #[test]
    fn what_is_passed_on_is_one_window_in_bands() {
        let counts = Counts::as_one("2026-Q4", window());
        let quarter = ["2026-Q4".to_owned()];
        let police = counts.sum(&quarter, "", "perpetrator", "police");
        assert_eq!(
            (police.amount, police.share),
            (Amount::Within(Band::of(48)), None)
        );
        assert_eq!(
            counts.cell("2026-Q4", "", "perpetrator", "police"),
            Some(20),
            "what is kept of 48 is where its band begins"
        );
        assert_eq!(
            counts.cell("2026-Q4", "SN-DK", "perpetrator", "client"),
            None,
            "eight in one area"
        );
        assert_eq!(
            counts.cell("2026-10", "", "perpetrator", "police"),
            None,
            "months are told apart no more"
        );
    }

    #[test]
    fn what_the_parts_that_show_leave_out_is_said_month_by_month() {
        let mut october = BTreeMap::from([
            (cell("SN-DK", "", ""), 60),
            (cell("SN-DK", "extortion", "no"), 60),
        ]);
        let november = BTreeMap::from([
            (cell("SN-DK", "", ""), 50),
            (cell("SN-DK", "extortion", "no"), 30),
        ]);
        let of = |october: &BTreeMap<Cell, u64>| {
            let months = [("2026-10", october), ("2026-11", &november)];
            let published = months.map(|(month, counts)| (month.to_owned(), Month::of(counts)));
            Counts::published(self::months(), published.into())
        };
        let rest = |counts: &Counts| {
            counts
                .parts(&months(), "", "extortion", 12)
                .rest
                .map(|rest| (rest.amount, rest.share))
        };
        assert_eq!(
            rest(&of(&october)),
            Some((Amount::Exactly(20), Some((20, 110))))
        );
        // A month that shows nothing may hold more of them.
        october.values_mut().for_each(|count| *count = 4);
        let counts = of(&october);
        assert_eq!(rest(&counts), Some((Amount::AtLeast(20), Some((20, 50)))));
        assert_eq!(counts.incidents(&months(), ""), Amount::AtLeast(50));
        let no = counts.sum(&months(), "", "extortion", "no");
        assert_eq!(
            (no.amount, no.share),
            (Amount::AtLeast(30), Some((30, 50))),
            "a share of the month in which both show"
        );
        assert_eq!(
            counts.incidents(&months()[..1], ""),
            Amount::LeftOut,
            "one month"
        );
        assert_eq!(
            counts.rest(&months(), "", "perpetrator"),
            None,
            "an incident may have several"
        );
    }

    #[test]
    fn a_whole_that_is_left_out_is_not_called_small_where_a_part_of_it_shows() {
        let counts = vec![
            ("2026-11".to_owned(), cell("SN-DK", "", ""), 58),
            ("2026-11".to_owned(), cell("SN-DK", "extortion", "no"), 58),
        ];
        let mut counts = Counts::as_one("2026-Q4", counts);
        let quarter = ["2026-Q4".to_owned()];
        counts
            .cells
            .values_mut()
            .for_each(|cells| cells.retain(|(_, dimension, _), _| dimension != ALL));
        assert_eq!(counts.incidents(&quarter, ""), Amount::NotShown);
        assert_eq!(
            counts.sum(&quarter, "", "extortion", "yes").amount,
            Amount::LeftOut
        );
    }

    #[test]
    fn a_sum_of_months_that_are_left_out_is_not_shown() {
        let month = |count| Month::of(&BTreeMap::from([(cell("SN-DK", "", ""), count)]));
        let counts = Counts::published(
            months(),
            BTreeMap::from([
                ("2026-10".to_owned(), month(4)),
                ("2026-11".to_owned(), month(8)),
            ]),
        );
        assert_eq!(
            counts.incidents(&months(), ""),
            Amount::NotShown,
            "twelve are not fewer than ten"
        );
    }
}
