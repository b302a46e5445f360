//! An attacker who knows that no count is negative and that codes contain each other, and asks for each hidden cell between which whole
//! numbers it must be.
//!
//! He searches for whole numbers that fit all lines and all inclusions, with the cell at 0, or at 10 or more. Where there are such numbers
//! he cannot say that the cell is one of 1 to 9. A code that no incident has looks like one that is hidden; he is given the stronger
//! knowledge that it has none.

use super::*;
use crate::published::differences::DIFFERENCES;

/// Terms with their factors, and between which numbers their sum is.
struct Constraint {
    terms: Vec<(usize, i64)>,
    least: i64,
    most: i64,
}

/// The hidden cells, what binds them, and in which constraints each is.
struct System {
    unknown: Vec<usize>,
    counts: Vec<i64>,
    constraints: Vec<Constraint>,
    of: Vec<Vec<usize>>,
}

/// Between which numbers each hidden cell is.
type Bounds = Vec<(i64, i64)>;

/// Guesses for one cell, at most.
const GUESSES_MAX: usize = 3_000;

impl System {
    fn new(window: &Suppression<'_>) -> Self {
        let unknown: Vec<usize> = (0..window.counts.len())
            .filter(|place| window.hidden[*place])
            .collect();
        let signed = |place: usize| window.counts[place].cast_signed();
        let mut constraints = Vec::new();
        let mut bind = |places: Vec<(usize, i64)>, most: i64| {
            let (mut terms, mut known) = (Vec::new(), 0);
            for (place, factor) in places {
                match unknown.binary_search(&place) {
                    Ok(at) => terms.push((at, factor)),
                    Err(_) => known += factor * signed(place),
                }
            }
            if !terms.is_empty() {
                constraints.push(Constraint {
                    terms,
                    least: -known,
                    most: most.saturating_sub(known),
                });
            }
        };
        for (whole, parts) in lines(window) {
            let parts = parts.into_iter().map(|place| (place, 1));
            bind(parts.chain([(whole, -1)]).collect(), 0);
        }
        for places in inclusions(window) {
            bind(places, i64::MAX / 4);
        }
        let mut of = vec![Vec::new(); unknown.len()];
        for (at, constraint) in constraints.iter().enumerate() {
            constraint
                .terms
                .iter()
                .for_each(|(term, _)| of[*term].push(at));
        }
        let counts = unknown.iter().map(|place| signed(*place)).collect();
        Self {
            unknown,
            counts,
            constraints,
            of,
        }
    }

    /// Nothing is negative, and nothing is larger than all incidents.
    fn open(&self) -> Bounds {
        let all = self.counts.iter().sum::<i64>() + 1_000;
        vec![(0, all); self.unknown.len()]
    }

    /// Narrows bounds by the constraints of what changed, until nothing changes. `false`: no whole numbers fit.
    fn narrow(&self, bounds: &mut Bounds, changed: impl IntoIterator<Item = usize>) -> bool {
        let mut queue: Vec<usize> = changed
            .into_iter()
            .flat_map(|term| self.of[term].iter().copied())
            .collect();
        while let Some(at) = queue.pop() {
            let Constraint { terms, least, most } = &self.constraints[at];
            let ends = |(term, factor): &(usize, i64)| {
                let (low, high) = bounds[*term];
                if *factor > 0 {
                    (low * factor, high * factor)
                } else {
                    (high * factor, low * factor)
                }
            };
            let (low, high) = terms
                .iter()
                .map(ends)
                .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            if low > *most || high < *least {
                return false;
            }
            let mut moved = Vec::new();
            for (term, factor) in terms {
                let own = ends(&(*term, *factor));
                // What is left for this term once the others take the least, or the most.
                let (up, down) = (most - (low - own.0), least - (high - own.1));
                let (low_now, high_now) = bounds[*term];
                let (from, to) = if *factor > 0 {
                    (down, up)
                } else {
                    (-up, -down)
                };
                let next = (low_now.max(from), high_now.min(to));
                if next != (low_now, high_now) {
                    moved.push((*term, next));
                }
            }
            for (term, next) in moved {
                if next.0 > next.1 {
                    return false;
                }
                bounds[term] = next;
                queue.extend(self.of[term].iter().filter(|other| **other != at));
                queue.push(at);
            }
        }
        true
    }

    /// Whether whole numbers within these bounds fit. `None` if that takes too many guesses.
    fn fits(&self, bounds: Bounds, binding_first: bool, guesses: &mut usize) -> Option<bool> {
        let open = (0..bounds.len()).filter(|at| bounds[*at].0 < bounds[*at].1);
        // Cells that cannot be what they are come first; then, in one order, those that bind the most.
        let is_as_it_was = |at: usize| (bounds[at].0..=bounds[at].1).contains(&self.counts[at]);
        let binds = |at: usize| {
            if binding_first {
                Reverse(self.of[at].len())
            } else {
                Reverse(0)
            }
        };
        let width = |at: usize| bounds[at].1 - bounds[at].0;
        let Some(at) = open.min_by_key(|at| (is_as_it_was(*at), binds(*at), width(*at))) else {
            return Some(true);
        };
        let (low, high) = bounds[at];
        // What is true is guessed first: most of it need not change.
        let near = self.counts[at].clamp(low, high);
        let mut values: Vec<i64> = (low.max(near - 9)..=high.min(near + 9)).collect();
        values.extend([low, high].into_iter().filter(|end| (end - near).abs() > 9));
        values.sort_by_key(|value| (value - near).abs());
        let mut is_sure = values.len() as i64 > high - low;
        for value in values {
            *guesses += 1;
            if *guesses > GUESSES_MAX {
                return None;
            }
            let mut next = bounds.clone();
            next[at] = (value, value);
            if !self.narrow(&mut next, [at]) {
                continue;
            }
            match self.fits(next, binding_first, guesses) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => is_sure = false,
            }
        }
        if is_sure { Some(false) } else { None }
    }

    /// Whether a hidden cell may be within these numbers.
    fn may_be(&self, at: usize, low: i64, high: Option<i64>) -> Option<bool> {
        let mut bounds = self.open();
        bounds[at] = (low, high.unwrap_or(bounds[at].1));
        if !self.narrow(&mut bounds, 0..self.unknown.len()) {
            return Some(false);
        }
        self.fits(bounds.clone(), false, &mut 0)
            .or_else(|| self.fits(bounds, true, &mut 0))
    }
}

/// Cells of each inclusion in each area, with their signs: their sum is not negative.
fn inclusions(window: &Suppression<'_>) -> Vec<Vec<(usize, i64)>> {
    let mut names: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    for (place, name) in window.names().enumerate() {
        if let Some((area, dimension, code)) = name {
            names.insert((area.into(), dimension.into(), code.into()), place);
        }
    }
    let areas: BTreeSet<String> = names.keys().map(|(area, ..)| area.clone()).collect();
    let mut inclusions = Vec::new();
    for area in &areas {
        for difference in DIFFERENCES {
            let places = |codes: &[(&str, &str)], sign: i64| -> Vec<(usize, i64)> {
                let place = |(dimension, code): &(&str, &str)| {
                    let name = (area.clone(), (*dimension).to_owned(), (*code).to_owned());
                    Some((*names.get(&name)?, sign))
                };
                codes.iter().filter_map(place).collect()
            };
            inclusions.push([places(difference.whole, 1), places(difference.parts, -1)].concat());
        }
    }
    inclusions
}

/// Hidden cells of 1 to 9 that must be one of 1 to 9, and those about which the search found nothing.
fn known_to_be_small(window: &Suppression<'_>) -> (Vec<usize>, usize) {
    let system = System::new(window);
    let (mut small, mut open) = (Vec::new(), 0);
    for (at, place) in system.unknown.iter().enumerate() {
        if system.counts[at] == 0 || system.counts[at] >= K.cast_signed() {
            continue;
        }
        let answers = [
            system.may_be(at, K.cast_signed(), None),
            system.may_be(at, 0, Some(0)),
        ];
        if answers.contains(&Some(true)) {
            continue;
        }
        if answers == [Some(false); 2] {
            small.push(*place);
        } else {
            open += 1;
        }
    }
    (small, open)
}

#[test]
fn no_hidden_count_must_be_one_of_1_to_9() {
    let (mut naive, mut asked) = (0, 0);
    for seed in 0..400 {
        let counts = differences::related(seed);
        naive += known_to_be_small(&Suppression::new(&counts)).0.len();
        let window = protected(&counts, &format!("seed {seed}"));
        asked += window.hidden.iter().filter(|hidden| **hidden).count();
        let (small, open) = known_to_be_small(&window);
        assert_eq!((small, open), (Vec::new(), 0), "seed {seed}");
    }
    assert!(naive > 5_000, "small cells alone left out: {naive}");
    assert!(asked > 25_000, "{asked} hidden cells");
}
