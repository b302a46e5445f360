use std::collections::BTreeSet;

use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::review::{Choice, month, shares, sum};
use super::{Contribution, Count, MonthTable, mark_of_all, two_of};
use crate::published::{ALL, COUNTRY, COVERS, Cell, PARTITIONS};

fn now() -> Timestamp {
    "2026-12-01T10:00:00Z".parse().unwrap()
}

fn contribution(survivor: u8, gender: &str, groups: &[&str], is_seen: bool) -> Contribution {
    let mut facets = vec![
        ("admin1", "SN-DK"),
        ("setting", "street"),
        ("status", "reported"),
        ("gender", gender),
        ("age_band", "18-24"),
        ("response", "within_24h"),
        ("pep", "not_exposed"),
        ("ec", "not_exposed"),
        ("referral", "not_referred"),
        ("state_perpetrator", "yes"),
        ("extortion", "no"),
        ("healthcare_refusal", "no"),
        ("perpetrator", "police"),
    ];
    facets.extend(groups.iter().map(|group| ("violation_group", *group)));
    Contribution {
        month: "2026-11".to_owned(),
        area: "SN-DK".to_owned(),
        facets: facets
            .into_iter()
            .map(|(dimension, code)| (dimension.to_owned(), code.to_owned()))
            .collect(),
        is_seen,
        survivor: vec![survivor],
    }
}

fn table(of: &[Contribution]) -> MonthTable {
    let mut tables = MonthTable::of(of);
    assert_eq!(tables.len(), 1);
    tables.remove("2026-11").unwrap()
}

fn cell(dimension: &str, code: &str) -> Cell {
    ("SN-DK".to_owned(), dimension.to_owned(), code.to_owned())
}

#[test]
fn a_table_counts_incidents_pairs_what_a_responder_saw_and_survivors() {
    let table = table(&[
        contribution(1, "trans_woman", &["physical", "sexual"], true),
        contribution(1, "trans_woman", &["physical"], false),
        contribution(2, "woman", &["rights"], false),
    ]);
    let count = |dimension, code| table.cells.get(&cell(dimension, code)).copied();
    let of = |all, seen| Some(Count { all, seen });
    assert_eq!(count(ALL, ""), of(3, 1));
    assert_eq!(count("gender", "trans_woman"), of(2, 1));
    assert_eq!(
        count("gender/violation_group", "trans_woman/physical"),
        of(2, 1)
    );
    assert_eq!(count("gender/perpetrator", "woman/police"), of(1, 0));
    assert_eq!(count("gender/violation_group", "woman/physical"), None);
    assert_eq!(count("status", "reported"), None, "a working matter");
    assert_eq!(
        (table.survivors, table.incidents()),
        (2, Count { all: 3, seen: 1 })
    );
    assert!(table.is_well_formed(now()));
}

#[test]
fn a_mark_changes_with_what_is_counted_and_with_nothing_else() {
    let one = contribution(1, "woman", &["physical"], false);
    let mut other = one.clone();
    other.survivor = vec![9];
    other
        .facets
        .push(("status".to_owned(), "closed".to_owned()));
    other.facets.reverse();
    assert_eq!(one.mark(), other.mark());
    for changed in [
        contribution(1, "man", &["physical"], false),
        contribution(1, "woman", &["physical", "rights"], false),
        contribution(1, "woman", &["physical"], true),
        Contribution {
            area: "SN-TH".to_owned(),
            ..one.clone()
        },
        Contribution {
            month: "2026-10".to_owned(),
            ..one.clone()
        },
    ] {
        assert_ne!(one.mark(), changed.mark());
        let tables = [&one, &changed].map(|of| MonthTable::of([of]));
        let marks = tables.map(|tables| {
            let marks = tables
                .iter()
                .map(|(month, table)| (month.clone(), table.mark()));
            mark_of_all(&marks.collect())
        });
        assert_ne!(marks[0], marks[1]);
    }
}

#[test]
fn what_no_hub_can_have_counted_is_refused() {
    let good = table(&[
        contribution(1, "woman", &["physical"], true),
        contribution(2, "man", &["rights"], false),
    ]);
    assert!(good.is_well_formed(now()) && MonthTable::empty("2026-11").is_well_formed(now()));
    let changed = |change: &dyn Fn(&mut MonthTable)| {
        let mut table = good.clone();
        change(&mut table);
        table.is_well_formed(now())
    };
    let set = |name: Cell, all, seen| {
        move |table: &mut MonthTable| {
            table.cells.insert(name.clone(), Count { all, seen });
        }
    };
    assert!(!changed(&set(cell("gender", "Fatou"), 1, 0)), "a name");
    assert!(!changed(&set(cell("gender/setting", "man/street"), 1, 0)));
    assert!(!changed(&set(cell("gender/pep", "man/Fatou"), 1, 0)));
    assert!(!changed(&set(cell("status", "closed"), 1, 0)));
    assert!(!changed(&set(cell("violation_group", "physical"), 3, 0)));
    assert!(!changed(&set(cell("violation_group", "physical"), 1, 2)));
    assert!(!changed(&set(cell("violation_group", "physical"), 0, 0)));
    assert!(
        !changed(&set(cell("gender", "woman"), 2, 1)),
        "3 genders of 2"
    );
    let elsewhere = ("Dakar".to_owned(), ALL.to_owned(), String::new());
    assert!(!changed(&set(elsewhere, 1, 0)));
    let without =
        |name: Cell| move |table: &mut MonthTable| table.cells.retain(|of, _| *of != name);
    assert!(!changed(&without(cell(ALL, ""))));
    assert!(!changed(&without(cell("gender", "man"))));
    assert!(!changed(&|table| table.survivors = 3));
    assert!(!changed(&|table| table.survivors = 0));
    assert!(!changed(&|table| table.month = "2027-02".to_owned()));
    assert!(!changed(&|table| table.month = "November".to_owned()));
}

fn random(seed: u64, count: usize) -> Vec<Contribution> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut one = |number: usize| {
        let gender = ["woman", "woman", "woman", "man", "trans_woman"][random.random_range(0..5)];
        let groups: &[&str] =
            [&["physical"][..], &["rights", "sexual"], &["economic"]][random.random_range(0..3)];
        contribution(number as u8, gender, groups, random.random_bool(0.6))
    };
    (0..count).map(&mut one).collect()
}

#[test]
fn working_figures_are_the_sums_of_the_hubs_own_tables_and_partitions_add_up() {
    let hubs: Vec<(u32, MonthTable)> = (1..=4)
        .map(|hub| (hub, table(&random(u64::from(hub), 40))))
        .collect();
    let all = sum(&hubs, &Choice::default());
    for (name, count) in &all {
        let of_hubs: u64 = hubs
            .iter()
            .filter_map(|(_, table)| table.cells.get(name))
            .map(|count| count.all)
            .sum();
        assert_eq!(*count, of_hubs, "{name:?}");
    }
    for dimension in PARTITIONS {
        let parts = all.iter().filter(|((_, of, _), _)| of == dimension);
        assert_eq!(parts.map(|(_, count)| count).sum::<u64>(), 160);
    }
    let known = |dimension: &str| {
        dimension == ALL || PARTITIONS.contains(&dimension) || COVERS.contains(&dimension)
    };
    assert!(
        all.keys()
            .all(|(_, dimension, _)| known(dimension) && two_of(dimension).is_none())
    );
}

#[test]
fn who_publishes_may_leave_out_a_hub_or_what_nobody_has_seen() {
    let invented: Vec<Contribution> = (0..10)
        .map(|number| contribution(number, "trans_man", &["physical"], false))
        .collect();
    let honest = table(&random(1, 60));
    let hubs = [(1, honest.clone()), (2, table(&invented))];
    let show = |choice: &Choice| {
        month(&hubs, choice)
            .cell(COUNTRY, "gender", "trans_man")
            .is_some()
    };
    assert!(show(&Choice::default()), "ten invented ones show");
    let without = Choice {
        without: BTreeSet::from([2]),
        seen_only: false,
    };
    let seen_only = Choice {
        without: BTreeSet::new(),
        seen_only: true,
    };
    assert!(!show(&without) && !show(&seen_only));

    let listed = shares(&hubs, &Choice::default());
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[1].incidents, Count { all: 10, seen: 0 });
    assert_eq!(listed[1].own_cells, 1, "the cell of trans men is its own");
    assert!(listed[0].own_cells > 1);
    assert_eq!(shares(&hubs, &without)[1].own_cells, 0);
}
