//! Edges, and an attacker who has what national publishes of three months and what a hub passes on of them as one quarter.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::published::{ALL, COUNTRY, COVERS, Cell, K, Month, PARTITIONS};

#[test]
fn every_count_lies_in_one_band_and_bands_follow_on_each_other() {
    let ends = |count| (Band::of(count).least(), Band::of(count).most());
    let all = [
        (0, 0),
        (1, 9),
        (10, 19),
        (20, 49),
        (50, 99),
        (100, 199),
        (200, 499),
        (500, 999),
    ];
    for (least, most) in all {
        assert_eq!(
            (ends(least), ends(most)),
            ((least, Some(most)), (least, Some(most)))
        );
    }
    assert_eq!((ends(1000), ends(u64::MAX)), ((1000, None), (1000, None)));
    assert!(Band::of(9) < Band::of(10));
}

/// What a hidden count may be, from the least to the most.
type Bounds = (u64, u64);

#[test]
fn a_quarter_in_bands_and_its_published_months_leave_every_hidden_month_open() {
    // Each month as one count: what is below ten is not published, and the quarter is shown as a band, or not at all.
    for months in (0..60).flat_map(|first| {
        (0..60).flat_map(move |second| (0..60).map(move |third| [first, second, third]))
    }) {
        let whole: u64 = months.iter().sum();
        let band = Band::of(whole);
        let shown: u64 = months.iter().filter(|count| **count >= K).sum();
        let hidden = months.iter().filter(|count| **count < K).count();
        if whole < K || hidden == 0 {
            continue;
        }
        let (least, most) = (
            band.least().saturating_sub(shown),
            band.most().unwrap_or(u64::MAX) - shown,
        );
        // If two are hidden, either may hold what the other does not.
        let one: Bounds = if hidden == 1 {
            (least, most)
        } else {
            (0, most)
        };
        assert!(
            one.0 < one.1 || one.1 == 0,
            "{months:?}: one hidden month is between {one:?}"
        );
    }
}

/// Small steps of a generator of its own: the tests of the core draw no randomness.
struct Dice(u64);

impl Dice {
    fn up_to(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Counts of one month of a hub that is alone in its country: the worst case, for its quarter is national's.
fn month(dice: &mut Dice) -> BTreeMap<Cell, u64> {
    let mut counts = BTreeMap::new();
    for _ in 0..5 + dice.up_to(120) {
        let skewed = |dice: &mut Dice, of: u64| (dice.up_to(of) * dice.up_to(of)) / of;
        let area = format!("SN-{}", skewed(dice, 4));
        let mut cells = vec![(ALL, String::new())];
        cells.extend(
            PARTITIONS
                .into_iter()
                .take(3)
                .map(|dimension| (dimension, skewed(dice, 6).to_string())),
        );
        let codes: BTreeSet<u64> = (0..dice.up_to(3)).map(|_| skewed(dice, 8)).collect();
        cells.extend(codes.into_iter().map(|code| (COVERS[0], code.to_string())));
        for (dimension, code) in cells {
            *counts
                .entry((area.clone(), dimension.to_owned(), code))
                .or_default() += 1;
        }
    }
    counts
}

/// Counts with those of the country.
fn with_country(counts: &BTreeMap<Cell, u64>) -> BTreeMap<Cell, u64> {
    let mut all = counts.clone();
    for ((_, dimension, code), count) in counts {
        *all.entry((COUNTRY.to_owned(), dimension.clone(), code.clone()))
            .or_default() += count;
    }
    all
}

/// More than any count here.
const MANY: u64 = 1_000_000;

/// Lines of a window: a whole and the parts that add up to it, as places in `names`.
fn lines(names: &[Cell]) -> Vec<(usize, Vec<usize>)> {
    let place = |area: &str, dimension: &str, code: &str| {
        names
            .iter()
            .position(|(own, of, as_code)| own == area && of == dimension && as_code == code)
    };
    let mut lines: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut partitions: BTreeMap<(usize, &str), Vec<usize>> = BTreeMap::new();
    for (at, (area, dimension, code)) in names.iter().enumerate() {
        if area != COUNTRY {
            lines
                .entry(place(COUNTRY, dimension, code).unwrap())
                .or_default()
                .push(at);
        }
        if PARTITIONS.contains(&dimension.as_str()) {
            partitions
                .entry((place(area, ALL, "").unwrap(), dimension))
                .or_default()
                .push(at);
        }
    }
    lines
        .into_iter()
        .chain(
            partitions
                .into_iter()
                .map(|((whole, _), parts)| (whole, parts)),
        )
        .collect()
}

/// Narrows what the cells of a line may be, and says whether it did.
fn narrow(bounds: &mut [Bounds], (whole, parts): &(usize, Vec<usize>)) -> bool {
    let before: Vec<Bounds> = parts
        .iter()
        .chain([whole])
        .map(|place| bounds[*place])
        .collect();
    let sums = parts.iter().fold((0, 0), |sums: Bounds, place| {
        (sums.0 + bounds[*place].0, sums.1 + bounds[*place].1)
    });
    let all = (bounds[*whole].0.max(sums.0), bounds[*whole].1.min(sums.1));
    bounds[*whole] = all;
    for place in parts {
        let (least, most) = bounds[*place];
        bounds[*place] = (
            least.max(all.0.saturating_sub(sums.1 - most)),
            most.min(all.1 - (sums.0 - least)),
        );
    }
    parts
        .iter()
        .chain([whole])
        .map(|place| bounds[*place])
        .ne(before)
}

/// A quarter, and how each count in it is shown.
type Quarter<'a> = (&'a Month, &'a dyn Fn(u64) -> Bounds);

/// What an attacker knows of every cell of three months, and behind them of the quarter.
fn known(names: &[Cell], months: &[Month], quarter: Option<Quarter<'_>>) -> Vec<Bounds> {
    let width = names.len();
    let exact = |month: &Month, (area, dimension, code): &Cell| {
        month
            .cell(area, dimension, code)
            .map_or((0, MANY), |count| (count, count))
    };
    let told = |(quarter, told): Quarter<'_>, (area, dimension, code): &Cell| {
        quarter.cell(area, dimension, code).map_or((0, MANY), told)
    };
    let mut bounds: Vec<Bounds> = months
        .iter()
        .flat_map(|month| names.iter().map(|name| exact(month, name)))
        .collect();
    bounds.extend(
        names
            .iter()
            .map(|name| quarter.map_or((0, MANY), |quarter| told(quarter, name))),
    );
    let of_window = lines(names);
    let mut all: Vec<(usize, Vec<usize>)> = Vec::new();
    for window in 0..=months.len() {
        all.extend(of_window.iter().map(|(whole, parts)| {
            (
                whole + window * width,
                parts.iter().map(|part| part + window * width).collect(),
            )
        }));
    }
    all.extend((0..width).map(|cell| {
        (
            cell + months.len() * width,
            (0..months.len())
                .map(|month| cell + month * width)
                .collect(),
        )
    }));
    for _ in 0..100 {
        let mut more = false;
        for line in &all {
            more |= narrow(&mut bounds, line);
        }
        if !more {
            break;
        }
    }
    bounds
}

/// How many hidden counts of 1 to 9 the quarter gives away that the months alone do not.
fn given_away(seed: u64, told: &dyn Fn(u64) -> Bounds) -> usize {
    let mut dice = Dice(seed);
    let counts: Vec<BTreeMap<Cell, u64>> = (0..3).map(|_| month(&mut dice)).collect();
    let mut sum: BTreeMap<Cell, u64> = BTreeMap::new();
    counts
        .iter()
        .flatten()
        .for_each(|(cell, count)| *sum.entry(cell.clone()).or_default() += count);
    let names: Vec<Cell> = with_country(&sum).into_keys().collect();
    let months: Vec<Month> = counts.iter().map(Month::of).collect();
    let (alone, both) = (
        known(&names, &months, None),
        known(&names, &months, Some((&Month::of(&sum), told))),
    );
    let truth = counts.iter().map(with_country).flat_map(|counts| {
        names
            .iter()
            .map(move |name| counts.get(name).copied().unwrap_or(0))
            .collect::<Vec<_>>()
    });
    let is_open = |(least, most): Bounds| least < most;
    let lost = truth.enumerate().filter(|(at, count)| {
        assert!(
            (both[*at].0..=both[*at].1).contains(count),
            "the attacker reckons rightly"
        );
        (1..K).contains(count) && is_open(alone[*at]) && !is_open(both[*at])
    });
    lost.count()
}

#[test]
fn a_hubs_quarter_and_the_published_months_together_give_no_hidden_count() {
    let exactly = |count| (count, count);
    let in_bands = |count| {
        (
            Band::of(count).least(),
            Band::of(count).most().unwrap_or(MANY),
        )
    };
    assert!(
        (0..20)
            .map(|seed| given_away(seed, &exactly))
            .sum::<usize>()
            > 10,
        "a quarter told exactly gives hidden counts away: the attacker is one"
    );
    for seed in 0..400 {
        assert_eq!(given_away(seed, &in_bands), 0, "country {seed}");
    }
}
