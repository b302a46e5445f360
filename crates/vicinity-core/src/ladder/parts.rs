//! The way from what national has to what it should have, in parts of which each leaves it with no class of fewer than five survivors.
//!
//! Rows that are in one class, before or after, go together: a row that leaves a class, and the coarsening of those that stay, are one part.
//! What is too large for one part goes in another way: its old classes are taken away one by one, then its new ones are added. Of a class
//! that is too large by itself, rows of five survivors are the last to go and the first to come.

use std::collections::{BTreeMap, BTreeSet};

use super::SURVIVORS_MIN;

/// One row on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moving {
    /// Its class at national, if it is there.
    pub old: Option<String>,
    /// Its class after the last part; `None` if it is held or withdrawn.
    pub new: Option<String>,
    /// Whether anything of it has to be sent.
    pub is_changed: bool,
    /// As [`Member::survivor`](super::Member::survivor).
    pub survivor: Option<Vec<u8>>,
}

/// What a part does with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// It gets what it says in the end: a body, or none.
    Final,
    /// It is taken away and comes back in a later part.
    Away,
}

/// A part: places in the list of rows, each at most once.
pub type Part = Vec<(usize, Act)>;

/// The parts, in their order, of at most `max` rows each. `max` is at least [`SURVIVORS_MIN`].
#[must_use]
pub fn parts(rows: &[Moving], max: usize) -> Vec<Part> {
    let mut packed: Vec<Part> = Vec::new();
    for component in components(rows) {
        let changed = || {
            component
                .iter()
                .copied()
                .filter(|place| rows[*place].is_changed)
        };
        let is_in_place = changed().all(|place| rows[place].old == rows[place].new);
        if changed().count() <= max {
            pack(&mut packed, changed().map(with(Act::Final)).collect(), max);
        } else if is_in_place {
            let all: Vec<usize> = changed().collect();
            for some in all.chunks(max) {
                packed.push(some.iter().copied().map(with(Act::Final)).collect());
            }
        } else {
            replace(rows, &component, max, &mut packed);
        }
    }
    packed
}

fn with(act: Act) -> impl Fn(usize) -> (usize, Act) {
    move |place| (place, act)
}

/// Adds rows that go together to the last part, if they fit.
fn pack(parts: &mut Vec<Part>, together: Part, max: usize) {
    match parts.last_mut() {
        Some(last) if last.len() + together.len() <= max => last.extend(together),
        _ if together.is_empty() => {}
        _ => parts.push(together),
    }
}

/// Takes all old classes away, then adds all new ones.
fn replace(rows: &[Moving], component: &[usize], max: usize, parts: &mut Vec<Part>) {
    let mut classes: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for place in component {
        if let Some(old) = &rows[*place].old {
            classes.entry(old).or_default().push(*place);
        }
    }
    for class in classes.values() {
        let (mut order, kept) = reserved(rows, class);
        order.extend(kept);
        let act = |place: usize| {
            let act = if rows[place].new.is_none() {
                Act::Final
            } else {
                Act::Away
            };
            (place, act)
        };
        // The last part has all of the five.
        let first = order.len() % max;
        for some in [&order[..first]]
            .into_iter()
            .chain(order[first..].chunks(max))
        {
            pack(parts, some.iter().copied().map(act).collect(), max);
        }
    }
    let mut classes: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for place in component {
        if let Some(new) = &rows[*place].new {
            classes.entry(new).or_default().push(*place);
        }
    }
    // A row comes back in another part than the one that took it away.
    parts.push(Vec::new());
    for class in classes.values() {
        let (rest, mut order) = reserved(rows, class);
        order.extend(rest);
        for some in order.chunks(max) {
            pack(
                parts,
                some.iter().copied().map(with(Act::Final)).collect(),
                max,
            );
        }
    }
    parts.retain(|part| !part.is_empty());
}

/// The rows of a class without one of each of five survivors, and those five.
fn reserved(rows: &[Moving], class: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let mut survivors = BTreeSet::new();
    class.iter().copied().partition(|place| {
        let survivor = rows[*place].survivor.as_deref();
        let is_kept = survivors.len() < SURVIVORS_MIN
            && survivor.is_some_and(|survivor| survivors.insert(survivor));
        !is_kept
    })
}

/// Rows that go together: the places of each component, ascending, the component of the first row first.
fn components(rows: &[Moving]) -> Vec<Vec<usize>> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut parents: Vec<usize> = Vec::new();
    fn root(parents: &mut [usize], mut of: usize) -> usize {
        while parents[of] != of {
            parents[of] = parents[parents[of]];
            of = parents[of];
        }
        of
    }
    let mut homes = Vec::with_capacity(rows.len());
    for row in rows {
        let mut nodes = [&row.old, &row.new].into_iter().flatten().map(|class| {
            *numbers.entry(class).or_insert_with(|| {
                parents.push(parents.len());
                parents.len() - 1
            })
        });
        let (first, second) = (nodes.next(), nodes.next());
        if let Some((one, other)) = first.zip(second) {
            let (one, other) = (root(&mut parents, one), root(&mut parents, other));
            parents[other] = one;
        }
        homes.push(first);
    }
    let mut components: Vec<Vec<usize>> = Vec::new();
    let mut places: BTreeMap<usize, usize> = BTreeMap::new();
    for (place, home) in homes.into_iter().enumerate() {
        // A row that is in no class, before or after, goes by itself.
        let at = match home {
            Some(home) => *places.entry(root(&mut parents, home)).or_insert_with(|| {
                components.push(Vec::new());
                components.len() - 1
            }),
            None => {
                components.push(Vec::new());
                components.len() - 1
            }
        };
        components[at].push(place);
    }
    components
}

#[cfg(test)]
mod tests;
