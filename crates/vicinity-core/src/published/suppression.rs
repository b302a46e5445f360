//! Suppression of cells: finds the small counts that can be inferred from the cells that are shown, and hides more cells until none
//! can.

use std::cell::Cell as Counter;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::cells::{ALL, COUNTRY, COVERS, Cell, K, is_known};
use super::differences::{DIFFERENCES, Difference};
use super::span::Span;
use super::table::{Blocks, Table};

/// A small count that can be inferred.
enum Leak {
    /// A cell, and the rows whose incidents together give it.
    Cell { place: usize, rows: Vec<usize> },
    /// What stays unknown of a line together, where so much of it is known.
    Sum { known: Vec<usize> },
    /// A difference, by the cells that give it.
    Difference { of: Vec<usize> },
}

/// A difference in one row: its cells, each added or taken away, and what it counts.
struct Inner {
    terms: Vec<(bool, usize)>,
    count: u64,
}

/// The counts of a month with what is left out of them, and all lines that tie them.
pub struct Suppression<'a> {
    /// Area, dimension and code; none of a complement.
    names: Vec<Option<(&'a str, &'a str, &'a str)>>,
    pub counts: Vec<u64>,
    /// What is left out.
    pub hidden: Vec<bool>,
    pub tables: Vec<Table>,
    /// The blocks of each table.
    blocks: Vec<Blocks>,
    /// The table of each cell; none for all incidents, which are in every table.
    table_of: Vec<Option<usize>>,
    /// The row of each cell.
    row_of: Vec<usize>,
    /// Each difference by row; none where it counts nothing.
    differences: Vec<Vec<Option<Inner>>>,
    /// Cells and terms that were looked at so far: what the time goes into.
    work: Counter<u64>,
}

/// Places of cells by row; none where there is no incident.
type Column = Vec<Option<usize>>;

impl<'a> Suppression<'a> {
    /// Counts with the small ones left out.
    pub fn new(counts: &'a BTreeMap<Cell, u64>) -> Self {
        let counts = || {
            counts
                .iter()
                .filter(|((.., dimension, _), count)| **count > 0 && is_known(dimension))
        };
        let mut areas: Vec<&str> = counts().map(|((area, ..), _)| area.as_str()).collect();
        areas.dedup();
        let country = areas.len();
        let mut columns: BTreeMap<(&str, &str), Vec<u64>> = BTreeMap::new();
        for ((area, dimension, code), count) in counts() {
            let column = columns
                .entry((dimension, code))
                .or_insert_with(|| vec![0; country + 1]);
            areas
                .binary_search(&area.as_str())
                .into_iter()
                .chain([country])
                .for_each(|row| column[row] += count);
        }
        areas.push(COUNTRY);
        let mut window = Self {
            names: Vec::new(),
            counts: Vec::new(),
            hidden: Vec::new(),
            tables: Vec::new(),
            blocks: Vec::new(),
            table_of: Vec::new(),
            row_of: Vec::new(),
            differences: Vec::new(),
            work: Counter::new(0),
        };
        let mut whole = vec![None; areas.len()];
        let mut dimensions: BTreeMap<&str, Vec<Column>> = BTreeMap::new();
        for ((dimension, code), column) in &columns {
            let place = |(area, count): (&&'a str, &u64)| {
                (*count > 0).then(|| window.add(Some((area, dimension, code)), *count, *count < K))
            };
            let places: Column = areas.iter().zip(column).map(place).collect();
            if *dimension == ALL {
                whole = places;
            } else {
                dimensions.entry(dimension).or_default().push(places);
            }
        }
        for (dimension, columns) in dimensions {
            window.tie(dimension, columns, &whole);
        }
        // The areas and the country, whatever the codes. That what an area's incidents are has no name here stands as a column
        // that is never shown.
        let nameless = whole
            .iter()
            .map(|whole| whole.map(|whole| window.add(None, window.counts[whole], true)))
            .collect();
        window.tables.push(Table::of(&[nameless, whole]));
        window.table_of = vec![None; window.counts.len()];
        window.row_of = vec![0; window.counts.len()];
        for (at, table) in window.tables.iter().enumerate() {
            for (row, cells) in table.rows.iter().enumerate() {
                let places = cells.iter().flatten();
                places.for_each(|place| window.row_of[*place] = row);
            }
            table
                .inner()
                .for_each(|(.., place)| window.table_of[place] = Some(at));
        }
        window.relate(areas.len());
        window.blocks = window
            .tables
            .iter()
            .map(|table| table.blocks(&window.hidden))
            .collect();
        window
    }

    fn add(
        &mut self,
        name: Option<(&'a str, &'a str, &'a str)>,
        count: u64,
        hidden: bool,
    ) -> usize {
        self.names.push(name);
        self.counts.push(count);
        self.hidden.push(hidden);
        self.names.len() - 1
    }

    fn tie(&mut self, dimension: &str, mut columns: Vec<Column>, whole: &Column) {
        if !COVERS.contains(&dimension) {
            columns.push(whole.clone());
            self.tables.push(Table::of(&columns));
            return;
        }
        for own in columns {
            let mut complement = Vec::new();
            for (own, whole) in own.iter().zip(whole) {
                let count = |place: &Option<usize>| place.map_or(0, |place| self.counts[place]);
                let rest = count(whole).saturating_sub(count(own));
                complement.push((rest > 0).then(|| self.add(None, rest, true)));
            }
            self.tables
                .push(Table::of(&[own, complement, whole.clone()]));
        }
    }

    /// Finds the cells of each difference in each row.
    fn relate(&mut self, rows: usize) {
        let places: BTreeMap<(usize, &str, &str), usize> = self
            .names
            .iter()
            .enumerate()
            .filter_map(|(place, name)| {
                name.map(|(_, dimension, code)| ((self.row_of[place], dimension, code), place))
            })
            .collect();
        let of_row = |difference: &Difference, row: usize| {
            let place = |(dimension, code): &(&'static str, &'static str)| {
                places.get(&(row, *dimension, *code)).copied()
            };
            // A code that no incident has counts 0, and that is known.
            let added = difference.whole.iter().filter_map(place);
            let taken = difference.parts.iter().filter_map(place);
            let sum = |places: &mut dyn Iterator<Item = usize>| {
                places.map(|place| self.counts[place]).sum::<u64>()
            };
            let count = sum(&mut added.clone()).saturating_sub(sum(&mut taken.clone()));
            let terms = added
                .map(|place| (true, place))
                .chain(taken.map(|place| (false, place)))
                .collect();
            (count > 0).then_some(Inner { terms, count })
        };
        self.differences = DIFFERENCES
            .iter()
            .map(|difference| (0..rows).map(|row| of_row(difference, row)).collect())
            .collect();
    }

    /// How many cells and terms were looked at so far.
    pub fn work(&self) -> u64 {
        self.work.get()
    }

    fn worked(&self, by: u64) {
        self.work.set(self.work.get() + by);
    }

    /// Hides more cells until no small count can be inferred. Returns `false` if that takes more work than `max`, in cells and terms
    /// examined: then a small count may still be inferred.
    pub fn protect(&mut self, max: u64) -> bool {
        let mut tried = Vec::new();
        while let Some(leak) = self.leak() {
            if self.work() > max {
                return false;
            }
            let mut more = self.ring(&leak);
            if more.is_empty() {
                more.extend(self.beside(&leak));
                tried.extend(&more);
            }
            if more.is_empty() {
                return true;
            }
            more.into_iter().for_each(|place| self.set(place, true));
        }
        // What turned out not to be needed shows again, the largest first.
        tried.sort_by_key(|place| Reverse((self.is_whole(*place), self.counts[*place])));
        for place in tried {
            // What is left out and need not be is safe, too.
            if self.work() > max {
                break;
            }
            self.set(place, false);
            if self.leak().is_some() {
                self.set(place, true);
            }
        }
        true
    }

    fn set(&mut self, place: usize, hidden: bool) {
        self.hidden[place] = hidden;
        if let Some(table) = self.table_of[place] {
            self.blocks[table] = self.tables[table].blocks(&self.hidden);
        }
    }

    fn shows(&self, place: usize) -> bool {
        !self.hidden[place] && self.names[place].is_some()
    }

    /// All incidents of an area, or a code in the whole country: what is left out last.
    fn is_whole(&self, place: usize) -> bool {
        self.names[place].is_none_or(|(area, dimension, _)| area == COUNTRY || dimension == ALL)
    }

    fn smallest(&self, of: impl IntoIterator<Item = usize>) -> Option<usize> {
        of.into_iter()
            .filter(|place| self.shows(*place))
            .min_by_key(|place| (self.is_whole(*place), self.counts[*place]))
    }

    /// What else has to be left out so that a ring leads through a cell.
    fn ring(&self, leak: &Leak) -> Vec<usize> {
        match leak {
            Leak::Cell { place, .. } => self.ring_of(*place),
            // One more unknown cell of the line, or of what gives the difference.
            Leak::Sum { known } | Leak::Difference { of: known } => {
                let mut best: Option<(u64, Vec<usize>)> = None;
                let mut known = known.clone();
                known.sort_by_key(|place| self.cost(*place));
                for place in known {
                    if best
                        .as_ref()
                        .is_some_and(|(cost, _)| *cost <= self.cost(place))
                    {
                        break;
                    }
                    let ring = self.ring_of(place);
                    let cost = ring.iter().map(|place| self.cost(*place)).sum();
                    if !ring.is_empty() && best.as_ref().is_none_or(|(least, _)| cost < *least) {
                        best = Some((cost, ring));
                    }
                }
                best.map(|(_, ring)| ring).unwrap_or_default()
            }
        }
    }

    /// A cell with those that make a ring with it, as far as they show: in the first of its tables where they do.
    fn ring_of(&self, place: usize) -> Vec<usize> {
        let tables = self.table_of[place].map_or(0..self.tables.len(), |table| table..table + 1);
        let ring = |table: usize| {
            self.worked(self.tables[table].size());
            self.tables[table]
                .ring(place, &|place| self.cost(place))
                .into_iter()
                .filter(|place| self.shows(*place))
                .collect::<Vec<_>>()
        };
        let mut ring = tables
            .map(ring)
            .find(|ring| !ring.is_empty())
            .unwrap_or_default();
        ring.extend(self.shows(place).then_some(place));
        ring
    }

    fn cost(&self, place: usize) -> u64 {
        if self.shows(place) {
            self.counts[place] + u64::from(self.is_whole(place)) * 1_000_000
        } else {
            0
        }
    }

    /// What else has to be left out where no ring helps, because of what other tables say: the smallest cell that shows and leads
    /// out of the block of the rows, in the first table without which they would not give the cell. If there is none, the
    /// smallest of all.
    fn beside(&self, leak: &Leak) -> Option<usize> {
        let rows = if let Leak::Cell { rows, .. } = leak {
            rows.as_slice()
        } else {
            &[]
        };
        let mut takes_part = vec![true; self.tables.len()];
        for table in 0..self.tables.len() {
            takes_part[table] = false;
            let wholes = self.wholes(&takes_part);
            takes_part[table] = !wholes.give(rows);
            self.worked(wholes.span.work());
        }
        let leading_out = || {
            let (own, table) = (
                *rows.first()?,
                takes_part.iter().position(|takes_part| *takes_part)?,
            );
            let blocks = &self.blocks[table];
            let out = self.tables[table].inner().filter(|(row, column, _)| {
                blocks.together(*row, own) != blocks.together(*column, own)
            });
            self.smallest(out.map(|(.., place)| place))
        };
        leading_out().or_else(|| self.smallest(0..self.counts.len()))
    }

    /// What some tables say of all incidents of the rows.
    fn wholes(&self, of: &[bool]) -> Wholes {
        let areas = self.tables.last();
        let all: Vec<usize> = (0..areas.map_or(0, |areas| areas.rows.len())).collect();
        let mut terms = 0;
        let term = |row: &usize| {
            areas?.whole(*row).filter(|place| self.hidden[*place])?;
            terms += 1;
            Some(terms - 1)
        };
        let term_of = all.iter().map(term).collect();
        let mut wholes = Wholes {
            span: Span::new(terms),
            term_of,
            terms,
        };
        wholes.add(&all);
        for (blocks, _) in self.blocks.iter().zip(of).filter(|(_, counts)| **counts) {
            blocks.blocks().for_each(|rows| wholes.add(rows));
        }
        wholes
    }

    /// A small count that can be inferred from all lines at once.
    fn leak(&self) -> Option<Leak> {
        let wholes = self.wholes(&vec![true; self.tables.len()]);
        let leak = self.leak_beside(&wholes);
        self.worked(wholes.span.work() + self.counts.len() as u64);
        leak
    }

    fn leak_beside(&self, wholes: &Wholes) -> Option<Leak> {
        let small = |count: u64| count > 0 && count < K;
        let mut unknown = self.hidden.clone();
        let areas = self.tables.last()?;
        for row in 0..areas.rows.len() {
            if let Some(place) = areas
                .whole(row)
                .filter(|place| self.hidden[*place] && wholes.give(&[row]))
            {
                unknown[place] = false;
                if small(self.counts[place]) {
                    return Some(Leak::Cell {
                        place,
                        rows: vec![row],
                    });
                }
            }
        }
        for blocks in &self.blocks {
            for (place, rows) in blocks.bridges().filter(|(_, rows)| wholes.give(rows)) {
                unknown[place] = false;
                if small(self.counts[place]) {
                    return Some(Leak::Cell {
                        place,
                        rows: rows.to_vec(),
                    });
                }
            }
        }
        self.leaking_sum(&unknown)
            .or_else(|| self.leaking_difference(wholes))
    }

    fn leaking_sum(&self, unknown: &[bool]) -> Option<Leak> {
        let small = |count: u64| count > 0 && count < K;
        self.tables.iter().find_map(|table| {
            let sums = table.sums(|place| {
                if unknown[place] {
                    self.counts[place]
                } else {
                    0
                }
            });
            let line = (0..sums.len()).find(|line| {
                small(sums[*line]) && table.whole(*line).is_some_and(|whole| !unknown[whole])
            })?;
            Some(Leak::Sum {
                known: table
                    .line(line)
                    .into_iter()
                    .filter(|place| !unknown[*place])
                    .collect(),
            })
        })
    }

    /// A small difference that can be inferred, or one whose part that stays unknown is small. A difference is known where each of
    /// its cells shows or is a bridge, and the sums of all incidents that the bridges follow from cancel out or are known.
    fn leaking_difference(&self, wholes: &Wholes) -> Option<Leak> {
        let small = |count: u64| count > 0 && count < K;
        let bridges: BTreeMap<usize, &[usize]> =
            self.blocks.iter().flat_map(Blocks::bridges).collect();
        let country = self.tables.last().map_or(0, |areas| areas.rows.len()) - 1;
        for rows in &self.differences {
            let is_known = |inner: &Inner| self.is_known(inner, &bridges, wholes, country);
            let mut known = Vec::with_capacity(rows.len());
            for inner in rows {
                known.push(inner.as_ref().is_none_or(is_known));
            }
            let places = |inner: &Inner| inner.terms.iter().map(|(_, place)| *place).collect();
            let leaking = |(inner, known): (&Option<Inner>, &bool)| {
                let inner = inner.as_ref().filter(|_| *known)?;
                small(inner.count).then(|| places(inner))
            };
            if let Some(of) = rows.iter().zip(&known).find_map(leaking) {
                return Some(Leak::Difference { of });
            }
            let unknown: u64 = rows[..country]
                .iter()
                .zip(&known)
                .filter_map(|(inner, known)| inner.as_ref().filter(|_| !*known))
                .map(|inner| inner.count)
                .sum();
            if known[country] && small(unknown) {
                let of = rows.iter().zip(&known).filter(|(_, known)| **known);
                let of = of
                    .filter_map(|(inner, _)| inner.as_ref())
                    .flat_map(|inner| inner.terms.iter().map(|(_, place)| *place));
                return Some(Leak::Difference { of: of.collect() });
            }
        }
        None
    }

    fn is_known(
        &self,
        inner: &Inner,
        bridges: &BTreeMap<usize, &[usize]>,
        wholes: &Wholes,
        country: usize,
    ) -> bool {
        let mut sum = vec![0; wholes.terms];
        for (is_added, place) in &inner.terms {
            if !self.hidden[*place] {
                continue;
            }
            let own = self.row_of[*place];
            let (rows, is_own_side) = match bridges.get(place) {
                Some(rows) => (*rows, rows.contains(&own)),
                None if self.table_of[*place].is_none() => {
                    (core::slice::from_ref(&self.row_of[*place]), true)
                }
                None => return false,
            };
            // The country's counts count as taken away.
            let is_plus = *is_added == (is_own_side == (own != country));
            wholes.add_to(&mut sum, rows, is_plus);
        }
        wholes.span.gives(sum)
    }

    /// The names of all cells, in order; none of a complement.
    #[cfg(test)]
    pub fn names(&self) -> impl Iterator<Item = Option<(&'a str, &'a str, &'a str)>> {
        self.names.iter().copied()
    }

    /// What shows.
    pub fn shown(&self) -> impl Iterator<Item = (Cell, u64)> {
        let shown = (0..self.counts.len()).filter(|place| !self.hidden[*place]);
        let owned = |(area, dimension, code): (&str, &str, &str)| {
            (area.to_owned(), dimension.to_owned(), code.to_owned())
        };
        shown.filter_map(move |place| Some((owned(self.names[place]?), self.counts[place])))
    }
}

/// What is known of all incidents of the rows: those that show, and sums of those that do not. The country's counts as taken
/// away, so that every sum that a table gives is one of rows, each once.
struct Wholes {
    span: Span,
    /// The term of each row whose number of incidents is hidden.
    term_of: Vec<Option<usize>>,
    terms: usize,
}

impl Wholes {
    fn sum(&self, rows: &[usize]) -> Vec<u64> {
        let mut sum = vec![0; self.terms];
        rows.iter()
            .filter_map(|row| self.term_of[*row])
            .for_each(|term| sum[term] = 1);
        sum
    }

    /// Adds all incidents of the rows to a sum, or takes them away.
    fn add_to(&self, sum: &mut [u64], rows: &[usize], is_plus: bool) {
        for term in rows.iter().filter_map(|row| self.term_of[*row]) {
            sum[term] = Span::plus(sum[term], is_plus);
        }
    }

    fn add(&mut self, rows: &[usize]) {
        if self.terms > 0 {
            self.span.add(self.sum(rows));
        }
    }

    fn give(&self, rows: &[usize]) -> bool {
        self.span.gives(self.sum(rows))
    }
}
