//! What may be published of one month: counts by area, dimension and code, small ones left out so that no reckoning gets them
//! back.
//!
//! A month is a window of its own and shares no incident with another, so nothing can be had by comparing months; a longer
//! time is the sum of what its months show. Within a month every cell is tied to others: the codes of a partition add up to
//! all incidents, the areas add up to the country, and a code with its complement adds up to all. From each such line a cell
//! that is left out could be reckoned. So more is left out, the smallest first, until no line gives a count below [`K`] that
//! is not 0, nor a sum of such counts.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{gate, time};

/// The smallest count that is published.
pub const K: u64 = 10;
/// The largest count that anybody is believed.
const COUNT_MAX: u64 = 1_000_000_000;
/// The area that stands for the whole country.
pub const COUNTRY: &str = "";
/// The dimension of all incidents, with the one code `""`.
pub const ALL: &str = "";

/// By what incidents are counted where each has exactly one code.
pub const PARTITIONS: [&str; 10] =
    ["setting", "gender", "age_band", "response", "pep", "ec", "referral", "state_perpetrator", "extortion", "healthcare_refusal"];
/// By what incidents are counted where one may have several codes, or none.
pub const COVERS: [&str; 3] = ["perpetrator", "violation_group", "population"];

/// A cell's name: area, dimension, code.
pub type Cell = (String, String, String);

/// One month as it may be published.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Month {
    cells: BTreeMap<Cell, u64>,
}

impl Month {
    /// What may be published of these counts. Cells of dimensions that are in neither list are left out.
    #[must_use]
    pub fn of(counts: &BTreeMap<Cell, u64>) -> Self {
        let mut window = Reckoning::new(counts);
        window.protect();
        Self { cells: window.shown().collect() }
    }

    /// The count of a cell, if it is published.
    #[must_use]
    pub fn cell(&self, area: &str, dimension: &str, code: &str) -> Option<u64> {
        self.cells.get(&(area.to_owned(), dimension.to_owned(), code.to_owned())).copied()
    }

    /// All incidents of an area, if that is published.
    #[must_use]
    pub fn incidents(&self, area: &str) -> Option<u64> {
        self.cell(area, ALL, "")
    }

    /// Every cell that is published, to keep.
    #[must_use]
    pub fn into_cells(self) -> BTreeMap<Cell, u64> {
        self.cells
    }

    /// Every cell that is published.
    #[must_use]
    pub fn cells(&self) -> &BTreeMap<Cell, u64> {
        &self.cells
    }
}

/// What a country publishes of one month, once: counts of the whole country by dimension and code. No area, no row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Window {
    /// The month, as `2026-11`.
    pub month: String,
    /// Dimension and code, and how many.
    pub cells: BTreeMap<(String, String), u64>,
}

impl Window {
    /// The country's cells of a published month.
    #[must_use]
    pub fn of(month: &str, published: &Month) -> Self {
        let of_country = published.cells.iter().filter(|((area, ..), _)| area == COUNTRY);
        Self { month: month.to_owned(), cells: of_country.map(|((_, dimension, code), count)| ((dimension.clone(), code.clone()), *count)).collect() }
    }

    /// Whether it is a month with nothing but counts that may be published, by dimensions that are known.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        gate::is_month(&self.month)
            && self.cells.iter().all(|((dimension, code), count)| gate::is_counted_by(dimension, code) && (K..=COUNT_MAX).contains(count))
    }

    /// Its cells as they are kept.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.cells.iter().map(|((dimension, code), count)| format!("{dimension} {code} {count}\n")).collect()
    }

    /// A month as it was kept; whatever is no cell is left out.
    #[must_use]
    pub fn of_text(month: &str, text: &str) -> Self {
        let cell = |line: &str| {
            let mut parts = line.splitn(3, ' ');
            let (dimension, code, count) = (parts.next()?, parts.next()?, parts.next()?);
            Some(((dimension.to_owned(), code.to_owned()), count.parse().ok()?))
        };
        Self { month: month.to_owned(), cells: text.lines().filter_map(cell).collect() }
    }
}

/// The last month that may be published once and for all: one whole month has passed since it ended, so that most of what is told late is in it.
#[must_use]
pub fn last_closed(now: Timestamp) -> String {
    let month = time::month(jiff::tz::Offset::UTC.to_datetime(now).date());
    time::month_number(&month).map_or_else(String::new, |number| time::numbered_month(number - 2))
}

/// A table of one partition: a row an area and a last one for the country, a column a code and a last one for all incidents.
/// Rows and columns add up to what stands last in them. A code of a cover makes a table of its own, with its complement,
/// which is never shown, as the second column.
struct Table {
    /// Places of cells; none where there is no incident.
    rows: Vec<Vec<Option<usize>>>,
}

impl Table {
    fn columns(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }

    fn column(&self, at: usize) -> Vec<Option<usize>> {
        self.rows.iter().map(|cells| cells.get(at).copied().flatten()).collect()
    }

    /// Row and column of the first place of some kind.
    fn find(&self, is: &dyn Fn(&usize) -> bool) -> Option<(usize, usize)> {
        let column = |cells: &Vec<Option<usize>>| cells.iter().position(|place| place.as_ref().is_some_and(is));
        self.rows.iter().enumerate().find_map(|(row, cells)| Some((row, column(cells)?)))
    }

    /// The unknown cells that can be reckoned. In a table whose rows and columns add up, a cell can be reckoned just where no
    /// ring of unknown cells, turning from row to column, leads through it: with rows and columns as points and those cells as
    /// lines between them, where it is a bridge.
    fn bridges(&self, unknown: &[bool]) -> Vec<usize> {
        let mut edges: Vec<Vec<(usize, usize)>> = vec![Vec::new(); self.rows.len() + self.columns()];
        for (row, cells) in self.rows.iter().enumerate() {
            for (column, place) in cells.iter().enumerate() {
                if let Some(place) = place.filter(|place| unknown[*place]) {
                    edges[row].push((self.rows.len() + column, place));
                    edges[self.rows.len() + column].push((row, place));
                }
            }
        }
        let mut walk = Walk { edges: &edges, seen: vec![0; edges.len()], steps: 0, bridges: Vec::new() };
        for point in 0..edges.len() {
            if walk.seen[point] == 0 {
                walk.from(point, usize::MAX);
            }
        }
        walk.bridges
    }

    /// A row, or behind the rows a column.
    fn line(&self, at: usize) -> Vec<usize> {
        let cells = self.rows.get(at).cloned().unwrap_or_else(|| self.column(at - self.rows.len()));
        cells.into_iter().flatten().collect()
    }

    fn whole(&self, line: usize) -> Option<usize> {
        self.rows.get(line).map_or_else(|| self.column(line - self.rows.len()).last().copied().flatten(), |cells| cells.last().copied().flatten())
    }

    fn parts(&self, line: usize) -> Vec<usize> {
        let whole = self.whole(line);
        self.line(line).into_iter().filter(|place| Some(*place) != whole).collect()
    }
}

/// Something small that can be reckoned.
enum Leak {
    /// A cell.
    Cell { table: usize, row: usize, column: usize },
    /// What is left out of a row, or behind the rows of a column, together.
    Sum { table: usize, line: usize },
}

struct Reckoning {
    names: Vec<Option<Cell>>,
    counts: Vec<u64>,
    hidden: Vec<bool>,
    tables: Vec<Table>,
}

impl Reckoning {
    fn new(counts: &BTreeMap<Cell, u64>) -> Self {
        let mut window = Self { names: Vec::new(), counts: Vec::new(), hidden: Vec::new(), tables: Vec::new() };
        let mut all: BTreeMap<Cell, u64> = BTreeMap::new();
        for ((area, dimension, code), count) in counts.iter().filter(|((.., dimension, _), count)| **count > 0 && is_known(dimension)) {
            *all.entry((area.clone(), dimension.clone(), code.clone())).or_default() += count;
            *all.entry((COUNTRY.to_owned(), dimension.clone(), code.clone())).or_default() += count;
        }
        let mut at: BTreeMap<Cell, usize> = BTreeMap::new();
        for (cell, count) in all {
            let place = window.add(Some(cell.clone()), count, count < K);
            at.insert(cell, place);
        }
        // The country's name is empty and sorts first: it goes last.
        let mut areas: Vec<&str> = at.keys().filter(|(_, dimension, _)| dimension == ALL).map(|(area, ..)| area.as_str()).collect();
        let first = areas.len().min(1);
        areas.rotate_left(first);
        let mut codes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (area, dimension, code) in at.keys().filter(|(_, dimension, _)| dimension != ALL) {
            if area == COUNTRY {
                codes.entry(dimension).or_default().push(code);
            }
        }
        for (dimension, codes) in codes {
            window.tie(&at, &areas, dimension, &codes);
        }
        window.tie_areas(&at, &areas);
        window
    }

    fn add(&mut self, name: Option<Cell>, count: u64, hidden: bool) -> usize {
        self.names.push(name);
        self.counts.push(count);
        self.hidden.push(hidden);
        self.names.len() - 1
    }

    fn tie(&mut self, at: &BTreeMap<Cell, usize>, areas: &[&str], dimension: &str, codes: &[&str]) {
        let place = |area: &str, dimension: &str, code: &str| at.get(&(area.to_owned(), dimension.to_owned(), code.to_owned())).copied();
        if !COVERS.contains(&dimension) {
            let row = |area: &&str| codes.iter().map(|code| place(area, dimension, code)).chain([place(area, ALL, "")]).collect();
            self.tables.push(Table { rows: areas.iter().map(row).collect() });
            return;
        }
        for code in codes {
            let mut rows = Vec::new();
            for area in areas {
                let (own, whole) = (place(area, dimension, code), place(area, ALL, ""));
                let rest = whole.map_or(0, |whole| self.counts[whole] - own.map_or(0, |own| self.counts[own]));
                let rest = (rest > 0).then(|| self.add(None, rest, true));
                rows.push(vec![own, rest, whole]);
            }
            self.tables.push(Table { rows });
        }
    }

    /// The areas and the country, whatever the codes. That what an area's incidents are has no name here stands as a column
    /// that is never shown.
    fn tie_areas(&mut self, at: &BTreeMap<Cell, usize>, areas: &[&str]) {
        let mut rows = Vec::new();
        for area in areas {
            let whole = at.get(&((*area).to_owned(), ALL.to_owned(), String::new())).copied();
            let nameless = whole.map(|whole| self.add(None, self.counts[whole], true));
            rows.push(vec![nameless, whole]);
        }
        self.tables.push(Table { rows });
    }

    /// Leaves out more until nothing small can be reckoned.
    fn protect(&mut self) {
        while let Some(leak) = self.leak() {
            let more = match leak {
                Leak::Cell { table, row, column } => self.ring(&self.tables[table], row, column),
                Leak::Sum { table, line } => self.smallest(self.tables[table].line(line)).into_iter().collect(),
            };
            let more = if more.is_empty() { self.smallest(0..self.counts.len()).into_iter().collect() } else { more };
            if more.is_empty() {
                return;
            }
            more.into_iter().for_each(|place| self.hidden[place] = true);
        }
    }

    fn shows(&self, place: usize) -> bool {
        !self.hidden[place] && self.names[place].is_some()
    }

    /// All incidents of an area, or a code in the whole country: what is left out last.
    fn is_whole(&self, place: usize) -> bool {
        self.names[place].as_ref().is_none_or(|(area, dimension, _)| area == COUNTRY || dimension == ALL)
    }

    fn smallest(&self, of: impl IntoIterator<Item = usize>) -> Option<usize> {
        of.into_iter().filter(|place| self.shows(*place)).min_by_key(|place| (self.is_whole(*place), self.counts[*place]))
    }

    /// What else has to be left out so that a ring leads through a cell: three more corners, those that cost the least.
    fn ring(&self, table: &Table, row: usize, column: usize) -> Vec<usize> {
        let at = |row: usize, column: usize| table.rows[row][column];
        let cost = |place: usize| if self.shows(place) { self.counts[place] + u64::from(self.is_whole(place)) * 1_000_000 } else { 0 };
        let corners = (0..table.rows.len()).filter(|other| *other != row).flat_map(|other| {
            (0..table.columns())
                .filter(move |beside| *beside != column)
                .filter_map(move |beside| Some([at(row, beside)?, at(other, column)?, at(other, beside)?]))
        });
        let cheapest = corners.min_by_key(|corners| corners.iter().map(|place| cost(*place)).sum::<u64>());
        cheapest.into_iter().flatten().filter(|place| self.shows(*place)).collect()
    }

    /// Something small that can be reckoned.
    fn leak(&self) -> Option<Leak> {
        // What is reckoned in one table is known in all.
        let mut unknown = self.hidden.clone();
        loop {
            let bridges: Vec<usize> = self.tables.iter().flat_map(|table| table.bridges(&unknown)).filter(|place| unknown[*place]).collect();
            if bridges.is_empty() {
                break;
            }
            bridges.into_iter().for_each(|place| unknown[place] = false);
        }
        let small = |count: u64| count > 0 && count < K;
        let cell = |place: &usize| self.hidden[*place] && !unknown[*place] && small(self.counts[*place]);
        let cells = self.tables.iter().enumerate().find_map(|(table, of)| of.find(&cell).map(|(row, column)| Leak::Cell { table, row, column }));
        let sum = |line: &[usize]| small(line.iter().filter(|place| unknown[**place]).map(|place| self.counts[*place]).sum());
        cells.or_else(|| {
            self.tables.iter().enumerate().find_map(|(table, of)| {
                let line = (0..of.rows.len() + of.columns()).find(|line| of.whole(*line).is_some_and(|whole| !unknown[whole]) && sum(&of.parts(*line)))?;
                Some(Leak::Sum { table, line })
            })
        })
    }

    fn shown(&self) -> impl Iterator<Item = (Cell, u64)> {
        let shown = (0..self.counts.len()).filter(|place| !self.hidden[*place]);
        shown.filter_map(|place| Some((self.names[place].clone()?, self.counts[place])))
    }
}

/// A walk that finds bridges: lines that no ring leads through.
struct Walk<'a> {
    edges: &'a [Vec<(usize, usize)>],
    seen: Vec<usize>,
    steps: usize,
    bridges: Vec<usize>,
}

impl Walk<'_> {
    /// Walks on from a point that was reached by a line. Gives the earliest point that can be reached from behind it.
    fn from(&mut self, point: usize, by: usize) -> usize {
        self.steps += 1;
        let own = self.steps;
        self.seen[point] = own;
        let mut earliest = own;
        for (next, line) in &self.edges[point] {
            if *line == by {
                continue;
            }
            if self.seen[*next] > 0 {
                earliest = earliest.min(self.seen[*next]);
                continue;
            }
            let behind = self.from(*next, *line);
            if behind > own {
                self.bridges.push(*line);
            }
            earliest = earliest.min(behind);
        }
        earliest
    }
}

fn is_known(dimension: &str) -> bool {
    dimension == ALL || PARTITIONS.contains(&dimension) || COVERS.contains(&dimension)
}

#[cfg(test)]
mod tests;
