//! Tables whose rows and columns add up, and how what is left out of them hangs together.

use std::ops::Range;

/// A table of one partition: a row an area and a last one for the country, a column a code and a last one for all incidents.
/// Rows and columns add up to what stands last in them. A code of a cover makes a table of its own, with its complement,
/// which is never shown, as the second column. All tables have the same rows and the same last column.
///
/// With rows and columns as points, cells are lines between them.
pub struct Table {
    /// Places of cells; none where there is no incident.
    pub rows: Vec<Vec<Option<usize>>>,
}

impl Table {
    /// A table of columns.
    pub fn of(columns: &[Vec<Option<usize>>]) -> Self {
        let rows = columns.first().map_or(0, Vec::len);
        Self {
            rows: (0..rows)
                .map(|row| columns.iter().map(|column| column[row]).collect())
                .collect(),
        }
    }

    fn columns(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }

    /// How many rows and columns there are.
    fn lines(&self) -> usize {
        self.rows.len() + self.columns()
    }

    /// How many cells there may be.
    pub fn size(&self) -> u64 {
        (self.rows.len() * self.columns()) as u64
    }

    /// A row, or behind the rows a column.
    pub fn line(&self, at: usize) -> Vec<usize> {
        let column = || {
            self.rows
                .iter()
                .map(|cells| cells[at - self.rows.len()])
                .collect()
        };
        self.rows
            .get(at)
            .cloned()
            .unwrap_or_else(column)
            .into_iter()
            .flatten()
            .collect()
    }

    /// What a line adds up to.
    pub fn whole(&self, line: usize) -> Option<usize> {
        match self.rows.get(line) {
            Some(row) => row.last().copied().flatten(),
            None => self
                .rows
                .last()
                .and_then(|country| country[line - self.rows.len()]),
        }
    }

    /// What the parts of each line add up to.
    pub fn sums(&self, of: impl Fn(usize) -> u64) -> Vec<u64> {
        let mut sums = vec![0; self.lines()];
        for (row, column, place) in self.cells() {
            sums[row] += if column == self.of_all() {
                0
            } else {
                of(place)
            };
            sums[column] += if row + 1 == self.rows.len() {
                0
            } else {
                of(place)
            };
        }
        sums
    }

    /// The column of all incidents, as a line.
    fn of_all(&self) -> usize {
        self.lines() - 1
    }

    /// All cells but those of all incidents, each with its row and its column as lines.
    pub fn inner(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        self.cells()
            .filter(|(_, column, _)| *column < self.of_all())
    }

    fn cells(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        let first = self.rows.len();
        let rows = self.rows.iter().enumerate();
        rows.flat_map(move |(row, cells)| {
            cells
                .iter()
                .enumerate()
                .filter_map(move |(column, place)| Some((row, first + column, (*place)?)))
        })
    }

    /// Blocks and bridges of what is left out.
    pub fn blocks(&self, hidden: &[bool]) -> Blocks {
        let mut edges: Vec<Vec<(usize, usize)>> = vec![Vec::new(); self.lines()];
        for (row, column, place) in self.inner().filter(|(.., place)| hidden[*place]) {
            edges[row].push((column, place));
            edges[column].push((row, place));
        }
        let mut walk = Walk {
            edges: &edges,
            rows: self.rows.len(),
            seen: vec![0; edges.len()],
            steps: 0,
            found: Blocks::default(),
        };
        walk.found.of = vec![0; edges.len()];
        for point in 0..edges.len() {
            if walk.seen[point] == 0 {
                let start = walk.found.rows.len();
                walk.from(point, usize::MAX);
                walk.found.blocks.push(start..walk.found.rows.len());
            }
        }
        walk.found
    }

    /// The cells that with this one make a ring, those that cost the least together; none where there is no ring.
    pub fn ring(&self, place: usize, cost: &dyn Fn(usize) -> u64) -> Vec<usize> {
        let Some((from, to, _)) = self.cells().find(|(.., at)| *at == place) else {
            return Vec::new();
        };
        let mut edges: Vec<Vec<(usize, usize)>> = vec![Vec::new(); self.lines()];
        for (row, column, at) in self.cells().filter(|(.., at)| *at != place) {
            edges[row].push((column, at));
            edges[column].push((row, at));
        }
        let mut costs: Vec<Option<u64>> = vec![None; edges.len()];
        let mut by: Vec<Option<(usize, usize)>> = vec![None; edges.len()];
        let mut open = vec![true; edges.len()];
        costs[from] = Some(0);
        while let Some(point) = (0..edges.len())
            .filter(|point| open[*point] && costs[*point].is_some())
            .min_by_key(|point| costs[*point])
        {
            open[point] = false;
            if point == to {
                break;
            }
            for (next, at) in &edges[point] {
                let more = costs[point].map(|own| own + cost(*at));
                if open[*next] && (costs[*next].is_none() || more < costs[*next]) {
                    (costs[*next], by[*next]) = (more, Some((point, *at)));
                }
            }
        }
        let mut ring = Vec::new();
        let mut point = to;
        while let Some((before, at)) = by[point] {
            ring.push(at);
            point = before;
        }
        ring
    }
}

/// How what is left out of a table hangs together, whatever is left out of all incidents. Rows and columns that cells which
/// are left out connect are a block.
///
/// All that a table says of all incidents is their sum in the rows of each block: adding up the block's rows and
/// subtracting its columns leaves that and what shows. A cell that is left out can be inferred only where it is a
/// bridge: where no ring of such cells, turning from row to column, leads through it. Then it follows from the sum of all
/// incidents in the rows on one side of it.
#[derive(Default)]
pub struct Blocks {
    /// All rows, in the order of the walk: those of a block, and those on one side of a bridge, follow on each other.
    rows: Vec<usize>,
    blocks: Vec<Range<usize>>,
    bridges: Vec<(usize, Range<usize>)>,
    /// The block of each row and column.
    of: Vec<usize>,
}

impl Blocks {
    /// The rows of each block.
    pub fn blocks(&self) -> impl Iterator<Item = &[usize]> {
        self.blocks.iter().map(|range| &self.rows[range.clone()])
    }

    /// The place of each bridge, and the rows on one side of it.
    pub fn bridges(&self) -> impl Iterator<Item = (usize, &[usize])> {
        self.bridges
            .iter()
            .map(|(place, range)| (*place, &self.rows[range.clone()]))
    }

    /// Whether two lines are in one block.
    pub fn together(&self, one: usize, other: usize) -> bool {
        self.of[one] == self.of[other]
    }
}

/// A walk that finds blocks and bridges.
struct Walk<'a> {
    edges: &'a [Vec<(usize, usize)>],
    rows: usize,
    seen: Vec<usize>,
    steps: usize,
    found: Blocks,
}

impl Walk<'_> {
    /// Walks on from a point that was reached by a line. Gives the earliest point that can be reached from behind it.
    fn from(&mut self, point: usize, by: usize) -> usize {
        self.steps += 1;
        let own = self.steps;
        self.seen[point] = own;
        self.found.of[point] = self.found.blocks.len();
        if point < self.rows {
            self.found.rows.push(point);
        }
        let mut earliest = own;
        for (next, line) in &self.edges[point] {
            if *line == by {
                continue;
            }
            if self.seen[*next] > 0 {
                earliest = earliest.min(self.seen[*next]);
                continue;
            }
            let start = self.found.rows.len();
            let behind = self.from(*next, *line);
            if behind > own {
                self.found
                    .bridges
                    .push((*line, start..self.found.rows.len()));
            }
            earliest = earliest.min(behind);
        }
        earliest
    }
}
