use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::ladder::tests::any_members;
use crate::ladder::{Member, climb};

/// What national has: the class of each row.
type Standing = Vec<Option<String>>;

fn state(members: &[Option<Member>]) -> Standing {
    let there: Vec<Member> = members.iter().flatten().cloned().collect();
    let mut steps = climb(&there).into_iter();
    members
        .iter()
        .map(|member| {
            let member = member.as_ref()?;
            steps.next().flatten().map(|step| member.class(step))
        })
        .collect()
}

fn smallest(state: &Standing, survivors: &[Option<Vec<u8>>]) -> usize {
    let mut classes: BTreeMap<&str, BTreeSet<&[u8]>> = BTreeMap::new();
    for (class, survivor) in state.iter().zip(survivors) {
        if let Some(class) = class {
            let of = classes.entry(class).or_default();
            of.extend(survivor.as_deref());
        }
    }
    classes
        .values()
        .map(BTreeSet::len)
        .min()
        .unwrap_or(SURVIVORS_MIN)
}

fn moving(old: &Standing, new: &Standing, survivors: &[Option<Vec<u8>>]) -> Vec<Moving> {
    old.iter()
        .zip(new)
        .zip(survivors)
        .map(|((old, new), survivor)| Moving {
            old: old.clone(),
            new: new.clone(),
            is_changed: old != new,
            survivor: survivor.clone(),
        })
        .collect()
}

/// Applies each part, and checks after each what national then has.
fn check(rows: &[Moving], old: &Standing, new: &Standing, max: usize) -> Result<(), TestCaseError> {
    let survivors: Vec<Option<Vec<u8>>> = rows.iter().map(|row| row.survivor.clone()).collect();
    let mut state = old.clone();
    for part in parts(rows, max) {
        prop_assert!(!part.is_empty() && part.len() <= max, "{}", part.len());
        let places: BTreeSet<usize> = part.iter().map(|(place, _)| *place).collect();
        prop_assert_eq!(places.len(), part.len(), "a row twice in one part");
        for (place, act) in part {
            state[place] = match act {
                Act::Final => rows[place].new.clone(),
                Act::Away => None,
            };
        }
        prop_assert!(smallest(&state, &survivors) >= SURVIVORS_MIN);
    }
    prop_assert_eq!(&state, new);
    Ok(())
}

/// What may become of a row: nothing, another row, or its end; new rows come in addition.
fn any_change() -> impl Strategy<Value = (Vec<Option<Member>>, Vec<Option<Member>>)> {
    (
        any_members(90),
        any_members(90),
        prop::collection::vec(0..8u8, 90),
    )
        .prop_map(|(before, others, fates)| {
            let rows = before.len().max(others.len());
            let old: Vec<Option<Member>> = (0..rows).map(|at| before.get(at).cloned()).collect();
            let new = (0..rows)
                .map(|at| {
                    let (old, other) = (before.get(at), others.get(at));
                    match (old, fates[at]) {
                        (Some(_), 0) => None,
                        // An edit changes what a row says, not whose it is.
                        (Some(old), 1 | 2) => Some(Member {
                            survivor: old.survivor.clone(),
                            ..other.unwrap_or(old).clone()
                        }),
                        (Some(old), _) => Some(old.clone()),
                        (None, 0..=3) => other.cloned(),
                        (None, _) => None,
                    }
                })
                .collect();
            (old, new)
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn after_each_part_every_class_has_five_survivors((before, after) in any_change(), max in 5..40usize) {
        let survivors: Vec<Option<Vec<u8>>> = before
            .iter()
            .zip(&after)
            .map(|(before, after)| before.as_ref().or(after.as_ref()).and_then(|row| row.survivor.clone()))
            .collect();
        let (old, new) = (state(&before), state(&after));
        check(&moving(&old, &new, &survivors), &old, &new, max)?;
    }

    #[test]
    fn a_class_larger_than_a_part_comes_and_goes_with_five_survivors(count in 41..200usize, max in 5..40usize) {
        let class = Some("2026-11|SN-DK|||".to_owned());
        let survivors: Vec<Option<Vec<u8>>> = (0..count).map(|at| (at % 3 != 0).then(|| vec![(at % 11) as u8])).collect();
        let (none, all) = (vec![None; count], vec![class; count]);
        check(&moving(&none, &all, &survivors), &none, &all, max)?;
        check(&moving(&all, &none, &survivors), &all, &none, max)?;
    }
}

#[test]
fn what_leaves_a_class_and_what_becomes_coarser_by_it_are_one_part() {
    let class = |step: &str| Some(step.to_owned());
    let row = |old: Option<String>, new: Option<String>, survivor: u8| Moving {
        is_changed: old != new,
        old,
        new,
        survivor: Some(vec![survivor]),
    };
    let mut rows: Vec<Moving> = (0..5)
        .map(|at| row(class("women"), class("all"), at))
        .collect();
    rows.extend((5..9).map(|at| row(class("men"), class("all"), at)));
    rows.push(row(class("men"), None, 9));
    // Another hub's month has nothing to do with it, and fits into the same part.
    rows.extend((10..15).map(|at| row(None, class("other"), at)));
    let found = parts(&rows, 15);
    assert_eq!(found.len(), 1);
    let found = parts(&rows, 10);
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [10, 5]);
    assert!(
        found[0]
            .iter()
            .all(|(place, act)| *place < 10 && *act == Act::Final)
    );
}

#[test]
fn what_stays_as_it_is_is_not_sent_and_edits_within_a_class_go_in_any_parts() {
    let row = |is_changed, survivor: u8| Moving {
        old: Some("a".to_owned()),
        new: Some("a".to_owned()),
        is_changed,
        survivor: Some(vec![survivor]),
    };
    assert_eq!(parts(&vec![row(false, 1); 50], 5), Vec::<Part>::new());
    let found = parts(&vec![row(true, 1); 12], 5);
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [5, 5, 2]);
    assert!(found.iter().flatten().all(|(_, act)| *act == Act::Final));
}
