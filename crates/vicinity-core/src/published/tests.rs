//! An attacker who has everything that is published and infers what it can.

use std::collections::BTreeSet;

use super::cells::is_known;
use super::*;

mod differences;
mod intervals;

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

/// Counts of random incidents: few codes are frequent, many are rare, as in life.
fn counts(seed: u64) -> BTreeMap<Cell, u64> {
    let mut dice = Dice(seed);
    let mut counts = BTreeMap::new();
    let (areas, incidents) = (1 + dice.up_to(6), 5 + dice.up_to(400));
    for _ in 0..incidents {
        let skewed = |dice: &mut Dice, of: u64| (dice.up_to(of) * dice.up_to(of)) / of;
        let area = format!("SN-{}", skewed(&mut dice, areas));
        let mut cells = vec![(ALL, String::new())];
        for dimension in PARTITIONS.into_iter().take(4) {
            cells.push((dimension, skewed(&mut dice, 6).to_string()));
        }
        let codes: BTreeSet<u64> = (0..dice.up_to(3)).map(|_| skewed(&mut dice, 8)).collect();
        cells.extend(
            codes
                .into_iter()
                .map(|code| ("perpetrator", code.to_string())),
        );
        for (dimension, code) in cells {
            *counts
                .entry((area.clone(), dimension.to_owned(), code))
                .or_default() += 1;
        }
    }
    counts
}

/// Counts of a few small areas, where each area has one or two codes of a dimension and each code is had by few areas: whatever
/// one table leaves open, others may close.
fn scattered(seed: u64) -> BTreeMap<Cell, u64> {
    let mut dice = Dice(seed);
    let mut counts = BTreeMap::new();
    let (areas, dimensions) = (3 + dice.up_to(5), 2 + dice.up_to(4) as usize);
    for area in 0..areas {
        let incidents = 2 + dice.up_to(14);
        let mut add = |dimension: &str, code: String, count: u64| {
            *counts
                .entry((format!("SN-{area}"), dimension.to_owned(), code))
                .or_default() += count
        };
        add(ALL, String::new(), incidents);
        for dimension in PARTITIONS.into_iter().take(dimensions) {
            let codes = 2 + dice.up_to(3);
            let other = if dice.up_to(4) == 0 {
                dice.up_to(incidents + 1)
            } else {
                0
            };
            add(dimension, dice.up_to(codes).to_string(), incidents - other);
            add(dimension, dice.up_to(codes).to_string(), other);
        }
    }
    counts
}

/// Counts of a big country: all dimensions, and areas and codes of every size.
fn country(seed: u64, areas: u64, incidents: u64) -> BTreeMap<Cell, u64> {
    let mut dice = Dice(seed);
    let mut counts = BTreeMap::new();
    for _ in 0..incidents {
        let skewed = |dice: &mut Dice, of: u64| (dice.up_to(of) * dice.up_to(of)) / of;
        let area = format!("SN-{:02}", skewed(&mut dice, areas));
        let mut cells = vec![(ALL, String::new())];
        for (dimension, codes) in PARTITIONS.into_iter().zip([10, 6, 7, 5, 5, 5, 4, 2, 2, 2]) {
            cells.push((dimension, skewed(&mut dice, codes).to_string()));
        }
        for (dimension, codes) in COVERS.into_iter().zip([12, 8, 10]) {
            let some: BTreeSet<u64> = (0..dice.up_to(3))
                .map(|_| skewed(&mut dice, codes))
                .collect();
            cells.extend(some.into_iter().map(|code| (dimension, code.to_string())));
        }
        for (dimension, code) in cells {
            *counts
                .entry((area.clone(), dimension.to_owned(), code))
                .or_default() += 1;
        }
    }
    counts
}

/// Every row and every column: the whole and its parts.
fn lines(window: &Suppression<'_>) -> Vec<(usize, Vec<usize>)> {
    let mut lines = Vec::new();
    for table in &window.tables {
        let width = table.rows[0].len();
        let across = table.rows.clone();
        let down = (0..width).map(|column| table.rows.iter().map(|row| row[column]).collect());
        for line in across.into_iter().chain(down) {
            if let Some(whole) = line[line.len() - 1] {
                lines.push((
                    whole,
                    line[..line.len() - 1].iter().flatten().copied().collect(),
                ));
            }
        }
    }
    lines
}

/// All lines, reduced until no two begin with the same unknown cell; and the unknown cells.
fn eliminated(window: &Suppression<'_>) -> (Vec<usize>, Vec<Vec<i128>>) {
    let unknown: Vec<usize> = (0..window.counts.len())
        .filter(|place| window.hidden[*place])
        .collect();
    let column = |place: usize| unknown.binary_search(&place).ok();
    let width = unknown.len();
    let mut rows: Vec<Vec<i128>> = Vec::new();
    for (whole, parts) in lines(window) {
        let mut row = vec![0; width + 1];
        for (place, sign) in parts
            .into_iter()
            .map(|place| (place, 1))
            .chain([(whole, -1)])
        {
            match column(place) {
                Some(at) => row[at] += sign,
                None => row[width] -= sign * i128::from(window.counts[place]),
            }
        }
        rows.push(row);
    }
    let mut pivot_row = 0;
    for column in 0..width {
        let Some(found) = (pivot_row..rows.len()).find(|row| rows[*row][column] != 0) else {
            continue;
        };
        rows.swap(pivot_row, found);
        let pivot = rows[pivot_row].clone();
        for (at, row) in rows.iter_mut().enumerate() {
            if at != pivot_row && row[column] != 0 {
                let (a, b) = (pivot[column], row[column]);
                row.iter_mut()
                    .zip(&pivot)
                    .for_each(|(own, other)| *own = *own * a - *other * b);
                let common = row.iter().fold(0, |common, value| gcd(common, *value));
                if common > 1 {
                    row.iter_mut().for_each(|value| *value /= common);
                }
            }
        }
        pivot_row += 1;
    }
    (unknown, rows)
}

/// What can be computed exactly from what shows, by elimination over all lines at once.
fn inferred(window: &Suppression<'_>) -> Vec<(usize, i128)> {
    let (unknown, rows) = eliminated(window);
    let width = unknown.len();
    let alone = |row: &&Vec<i128>| row[..width].iter().filter(|value| **value != 0).count() == 1;
    let solved = rows.iter().filter(alone).filter_map(|row| {
        let at = row[..width].iter().position(|value| *value != 0)?;
        Some((unknown[at], row[width] / row[at]))
    });
    solved.collect()
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}

/// Small cells that can be computed.
fn leaks(window: &Suppression<'_>) -> usize {
    inferred(window)
        .into_iter()
        .filter(|(_, count)| *count > 0 && *count < i128::from(K))
        .count()
}

/// Lines whose whole is known and whose parts, as far as they are not, are small together.
fn small_sums(window: &Suppression<'_>) -> Vec<u64> {
    let solved: BTreeSet<usize> = inferred(window)
        .into_iter()
        .map(|(place, _)| place)
        .collect();
    let unknown = |place: &usize| window.hidden[*place] && !solved.contains(place);
    let of_known = lines(window)
        .into_iter()
        .filter(|(whole, _)| !unknown(whole));
    let sums = of_known.map(|(_, parts)| {
        parts
            .into_iter()
            .filter(unknown)
            .map(|place| window.counts[place])
            .sum()
    });
    sums.filter(|sum| *sum > 0 && *sum < K).collect()
}

/// What shows of these counts, after an attacker failed to get more.
fn protected<'a>(counts: &'a BTreeMap<Cell, u64>, what: &str) -> Suppression<'a> {
    let mut window = Suppression::new(counts);
    assert!(window.protect(WORK_MAX), "{what}");
    assert_eq!(leaks(&window), 0, "{what}");
    assert_eq!(small_sums(&window), Vec::<u64>::new(), "{what}");
    assert_eq!(differences::small(&window), [], "{what}");
    assert!(window.shown().all(|(_, count)| count >= K), "{what}");
    window
}

#[test]
fn nothing_small_can_be_reckoned_from_everything_that_is_published() {
    let (mut shown, mut naive) = (0, 0);
    for seed in 0..400 {
        let counts = counts(seed);
        naive += leaks(&Suppression::new(&counts));
        shown += protected(&counts, &format!("seed {seed}")).shown().count();
    }
    assert!(
        naive > 1000,
        "leaving out small cells alone would leak: {naive}"
    );
    assert!(shown > 12_000, "and much still shows: {shown}");
}

#[test]
fn nothing_small_can_be_reckoned_from_tables_that_close_what_each_leaves_open() {
    let mut shown = 0;
    for seed in 0..3000 {
        shown += protected(&scattered(seed), &format!("seed {seed}"))
            .shown()
            .count();
    }
    assert!(shown > 28_000, "and much still shows: {shown}");
}

#[test]
fn what_shows_is_true() {
    for seed in 0..100 {
        for counts in [counts(seed), scattered(seed)] {
            for ((area, dimension, code), shown) in Month::of(&counts).into_cells() {
                let of = counts.iter().filter(|(cell, _)| {
                    (area == COUNTRY || cell.0 == area) && cell.1 == dimension && cell.2 == code
                });
                assert_eq!(
                    shown,
                    of.map(|(_, count)| count).sum::<u64>(),
                    "seed {seed}: {area} {dimension} {code}"
                );
            }
        }
    }
}

#[test]
fn most_of_a_big_country_shows() {
    for (areas, incidents, least) in [(30, 1000, 300), (30, 10_000, 1100), (20, 20_000, 1000)] {
        let counts = country(1, areas, incidents);
        let (large, shown) = (
            Suppression::new(&counts).shown().count(),
            Month::of(&counts).cells().len(),
        );
        assert!(
            shown > least,
            "{areas} areas, {incidents} incidents: {shown} cells of {large} that are large"
        );
    }
}

/// What hubs that invent areas may report: as many as they like, each with a few incidents of every kind.
fn invented(areas: u64, each: u64) -> BTreeMap<Cell, u64> {
    let mut counts = BTreeMap::new();
    for area in 0..areas {
        for ((_, dimension, code), count) in country(area, 1, each) {
            *counts
                .entry((format!("XX-{area:03}"), dimension, code))
                .or_default() += count;
        }
    }
    counts
}

/// The areas that a month distinguishes.
fn areas_of(month: &Month) -> BTreeSet<&str> {
    month
        .cells()
        .keys()
        .map(|(area, ..)| area.as_str())
        .collect()
}

#[test]
fn a_month_has_a_bound_however_many_areas_hubs_invent() {
    let alone = Month::worked_out(&country(1, AREAS_MAX as u64, 1260), u64::MAX).1;
    for (areas, each) in [(120, 10), (120, 30), (1000, 10)] {
        let counts = invented(areas, each);
        let told: BTreeSet<String> = bounded(&counts, AREAS_MAX)
            .keys()
            .map(|(area, ..)| area.clone())
            .collect();
        assert_eq!(
            (told.len(), told.contains(UNKNOWN)),
            (AREAS_MAX, true),
            "{areas} areas"
        );
        let (month, work) = Month::worked_out(&counts, WORK_MAX);
        assert!(
            work < 2 * alone,
            "{areas} areas, {each} in each: {work} cells and terms, {alone} in {AREAS_MAX} areas"
        );
        assert_eq!(month.incidents(COUNTRY), Some(areas * each), "none is lost");
    }
    // Spread over the codes as well, which is more work than a few incidents of one kind in each area.
    let spread = country(1, 120, 1260);
    let (bounded, free) = (Month::worked_out(&spread, WORK_MAX).1, {
        let mut all = Suppression::new(&spread);
        all.protect(u64::MAX);
        all.work()
    });
    assert!(
        bounded * 5 < free && bounded < 2 * alone,
        "{bounded} cells and terms, {free} if all areas were told apart"
    );
}

#[test]
fn the_largest_areas_are_told_apart_and_nothing_small_follows_from_the_others() {
    let mut counts = country(3, 60, 3000);
    counts.insert((UNKNOWN.to_owned(), ALL.to_owned(), String::new()), 7);
    let merged = bounded(&counts, AREAS_MAX).into_owned();
    let size = |counts: &BTreeMap<Cell, u64>, area: &str| {
        counts
            .get(&(area.to_owned(), ALL.to_owned(), String::new()))
            .copied()
            .unwrap_or(0)
    };
    let of = |counts: &BTreeMap<Cell, u64>| {
        counts
            .keys()
            .map(|(area, ..)| area.clone())
            .collect::<BTreeSet<_>>()
    };
    let (apart, all) = (of(&merged), of(&counts));
    let least = apart
        .iter()
        .filter(|area| *area != UNKNOWN)
        .map(|area| size(&merged, area))
        .min()
        .unwrap();
    let others: Vec<u64> = all
        .difference(&apart)
        .map(|area| size(&counts, area))
        .collect();
    assert!(
        others.len() > 10 && others.iter().all(|size| *size <= least),
        "{least} {others:?}"
    );
    assert_eq!(size(&merged, UNKNOWN), others.iter().sum::<u64>() + 7);
    protected(&merged, "sixty areas");
}

#[test]
fn where_it_would_be_too_much_work_no_area_is_told_apart_and_nothing_small_shows() {
    let counts = country(1, 30, 1000);
    let (month, work) = Month::worked_out(&counts, 20_000);
    assert!(
        areas_of(&month).is_subset(&BTreeSet::from([COUNTRY, UNKNOWN]))
            && month.incidents(COUNTRY) == Some(1000),
        "{:?}",
        areas_of(&month)
    );
    assert!(
        work < 2_000_000,
        "one more look than there may be, and a table of one area: {work}"
    );
    protected(&bounded(&counts, 1), "one area");
    assert_eq!(
        Month::worked_out(&country(1, 30, 60), 0).0,
        Month::default(),
        "rather nothing than something small"
    );
    // Whenever it says that it is safe it is, also where it ended before all was shown that may be.
    for max in [50_000, 100_000, 200_000, 300_000, 400_000] {
        for seed in 0..20 {
            let counts = country(seed, 6, 150);
            let mut window = Suppression::new(&counts);
            if window.protect(max / 20) {
                assert_eq!(
                    (leaks(&window), small_sums(&window)),
                    (0, Vec::new()),
                    "{max} {seed}"
                );
            }
        }
    }
}

fn month(cells: &[(&str, &str, &str, u64)]) -> Month {
    Month::of(
        &cells
            .iter()
            .map(|(area, dimension, code, count)| {
                (
                    (
                        (*area).to_owned(),
                        (*dimension).to_owned(),
                        (*code).to_owned(),
                    ),
                    *count,
                )
            })
            .collect(),
    )
}

#[test]
fn a_small_code_takes_the_next_smallest_with_it() {
    let month = month(&[
        ("A", ALL, "", 60),
        ("A", "setting", "street", 40),
        ("A", "setting", "hotel", 17),
        ("A", "setting", "online", 3),
    ]);
    assert_eq!(
        (month.incidents("A"), month.cell("A", "setting", "street")),
        (Some(60), Some(40))
    );
    assert_eq!(
        (
            month.cell("A", "setting", "hotel"),
            month.cell("A", "setting", "online")
        ),
        (None, None)
    );
}

#[test]
fn a_small_area_takes_another_with_it_and_the_country_stays() {
    let month = month(&[("A", ALL, "", 60), ("B", ALL, "", 30), ("C", ALL, "", 4)]);
    assert_eq!(
        (
            month.incidents(COUNTRY),
            month.incidents("A"),
            month.incidents("B"),
            month.incidents("C")
        ),
        (Some(94), Some(60), None, None)
    );
}

#[test]
fn what_nearly_all_have_is_left_out_as_what_few_lack() {
    let month = month(&[
        ("A", ALL, "", 60),
        ("A", "perpetrator", "police", 57),
        ("A", "perpetrator", "client", 30),
    ]);
    assert_eq!(
        (
            month.cell("A", "perpetrator", "police"),
            month.cell("A", "perpetrator", "client")
        ),
        (None, Some(30))
    );
}

#[test]
fn what_no_table_gives_alone_many_do_not_give_together() {
    // Each code is had by two areas, and any two areas share one: six sums of two give every area.
    let mut counts = BTreeMap::new();
    for (area, count, codes) in [
        ("A", 5, ["1", "1", "1"]),
        ("B", 6, ["1", "2", "2"]),
        ("C", 7, ["2", "1", "2"]),
        ("D", 8, ["2", "2", "1"]),
    ] {
        counts.insert((area.to_owned(), ALL.to_owned(), String::new()), count);
        for (dimension, code) in ["setting", "gender", "age_band"].into_iter().zip(codes) {
            counts.insert(
                (area.to_owned(), dimension.to_owned(), code.to_owned()),
                count,
            );
        }
    }
    assert!(
        leaks(&Suppression::new(&counts)) >= 4,
        "the areas can be had from what is large"
    );
    let window = protected(&counts, "four areas");
    assert_eq!(
        window.shown().count(),
        5,
        "the country, and two of its dimensions"
    );
}

#[test]
fn a_dimension_that_nobody_vouches_for_is_not_published() {
    assert_eq!(
        month(&[("A", ALL, "", 60), ("A", "hub", "3", 60)])
            .cells()
            .len(),
        2
    );
}

fn window(cells: &[(&str, &str, u64)]) -> Window {
    Window {
        month: "2026-10".into(),
        cells: cells
            .iter()
            .map(|(dimension, code, count)| (((*dimension).to_owned(), (*code).to_owned()), *count))
            .collect(),
    }
}

#[test]
fn a_window_is_the_countrys_cells_and_reads_back() {
    let cell = |area: &str, dimension: &str, code: &str| {
        (area.to_owned(), dimension.to_owned(), code.to_owned())
    };
    let counts = BTreeMap::from([
        (cell("SN-DK", "", ""), 40),
        (cell("SN-TH", "", ""), 30),
        (cell("SN-DK", "setting", "street"), 40),
        (cell("SN-TH", "setting", "street"), 30),
    ]);
    let published = Window::of("2026-10", &Month::of(&counts));
    assert_eq!(
        published,
        window(&[("", "", 70), ("setting", "street", 70)]),
        "no area goes up"
    );
    assert_eq!(
        Window::of("2026-10", &Month::of_text(&published.to_text())),
        published
    );
    assert!(published.is_well_formed() && window(&[]).is_well_formed());
}

#[test]
fn what_is_no_published_count_is_no_window() {
    for cells in [
        [("", "", 9)],
        [("setting", "street", 0)],
        [("hub", "1", 50)],
        [("", "street", 50)],
        [("setting", "", 50)],
        [("setting", "Rue 12", 50)],
        [("perpetrator", "amadou-diop", 50)],
        [("", "", u64::MAX)],
    ] {
        assert!(!window(&cells).is_well_formed(), "{cells:?}");
    }
    for month in [
        "2026-13",
        "2026-00",
        "0026-11",
        "unknown",
        "",
        "2026-1",
        "2026-10-01",
    ] {
        assert!(
            !Window {
                month: month.into(),
                ..window(&[])
            }
            .is_well_formed(),
            "{month}"
        );
    }
}

#[test]
fn a_month_is_closed_when_a_whole_one_has_passed_since() {
    for (now, month) in [
        ("2026-11-28T20:00:00Z", "2026-09"),
        ("2026-12-01T00:00:00Z", "2026-10"),
        ("2026-01-15T00:00:00Z", "2025-11"),
        ("2026-02-01T00:00:00Z", "2025-12"),
    ] {
        assert_eq!(last_closed(now.parse().unwrap()), month, "{now}");
    }
}

#[test]
fn whatever_a_projection_is_counted_by_may_stand_in_a_window() {
    let shown = |projection: &crate::projection::Projection| {
        projection
            .facets()
            .into_iter()
            .filter(|(dimension, _)| is_known(dimension))
            .collect::<Vec<_>>()
    };
    let facts = serde_json::json!({"reported_at": "2026-11-22T12:00:00Z", "violations": ["rape", "healthcare_refused"], "survivor": {"age": 24, "gender": "woman", "populations": ["fsw"]},
        "perpetrators": [{"kind": "police"}, {"kind": "new kind"}], "place": {"setting": "street"}});
    for facts in [facts, serde_json::json!({})] {
        let incident = crate::incident::Incident::from_row(facts, Vec::new());
        let facets = shown(&crate::projection::coarse(
            &incident,
            "2026-11-22T13:00:00Z".parse().unwrap(),
        ));
        assert!(
            facets.len() > 9
                && facets
                    .iter()
                    .all(|(dimension, code)| gate::is_counted_by(dimension, code)),
            "{facets:?}"
        );
    }
}
