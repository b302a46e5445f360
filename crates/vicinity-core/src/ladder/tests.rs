use proptest::prelude::*;

use super::*;

/// A row of the hub's month and area, with a person.
fn member(
    month: &str,
    area: &str,
    gender: &str,
    age: &str,
    place: &str,
    survivor: Option<u8>,
) -> Member {
    Member {
        month: month.to_owned(),
        area: area.to_owned(),
        gender: gender.to_owned(),
        age: age.to_owned(),
        place: place.to_owned(),
        survivor: survivor.map(|survivor| vec![survivor]),
    }
}

fn plain(survivor: u8) -> Member {
    member("2026-11", "SN-DK", "woman", "25+", "street", Some(survivor))
}

/// Random rows: few values are frequent, and many survivors have more than one.
pub(super) fn any_members(max: usize) -> impl Strategy<Value = Vec<Member>> {
    let one = (
        prop::sample::select(vec!["2026-09", "2026-10", "2026-11", "2026-12", "unknown"]),
        prop::sample::select(vec!["SN-DK", "SN-DK", "SN-TH", "unknown"]),
        prop::sample::select(vec!["woman", "woman", "woman", "trans_woman", "man"]),
        prop::sample::select(vec!["25+", "18-24", "25+", "unknown"]),
        prop::sample::select(vec!["street", "street", "hotel"]),
        prop::option::weighted(0.8, 0..40u8),
    );
    prop::collection::vec(one, 0..max).prop_map(|rows| {
        rows.into_iter()
            .map(|(month, area, gender, age, place, survivor)| {
                member(month, area, gender, age, place, survivor)
            })
            .collect()
    })
}

/// Distinct survivors by class.
fn classes(members: &[Member], steps: &[Option<Step>]) -> BTreeMap<String, BTreeSet<Vec<u8>>> {
    let mut classes: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for (member, step) in members.iter().zip(steps) {
        if let Some(step) = step {
            classes
                .entry(member.class(*step))
                .or_default()
                .extend(member.survivor.clone());
        }
    }
    classes
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn every_row_that_leaves_shares_what_it_displays_with_five_survivors(members in any_members(120)) {
        let steps = climb(&members);
        for (class, survivors) in classes(&members, &steps) {
            prop_assert!(survivors.len() >= SURVIVORS_MIN, "{class}: {}", survivors.len());
        }
    }

    #[test]
    fn all_rows_of_a_month_and_an_area_are_at_one_step(members in any_members(120)) {
        let mut of: BTreeMap<(&str, &str), Option<Step>> = BTreeMap::new();
        for (member, step) in members.iter().zip(climb(&members)) {
            let group = (member.month.as_str(), member.area.as_str());
            prop_assert_eq!(*of.entry(group).or_insert(step), step);
        }
    }

    #[test]
    fn the_order_of_rows_decides_nothing((members, order) in any_members(60).prop_flat_map(|members| {
        let places: Vec<usize> = (0..members.len()).collect();
        (Just(members), Just(places).prop_shuffle())
    })) {
        let steps = climb(&members);
        let shuffled: Vec<Member> = order.iter().map(|place| members[*place].clone()).collect();
        let expected: Vec<Option<Step>> = order.iter().map(|place| steps[*place]).collect();
        prop_assert_eq!(climb(&shuffled), expected);
    }

    #[test]
    fn no_step_before_the_one_taken_would_have_held(members in any_members(60)) {
        let steps = climb(&members);
        let Some(first) = members.first().zip(steps.first().copied().flatten()) else { return Ok(()) };
        let group: Vec<&Member> = members.iter().filter(|other| other.month == first.0.month && other.area == first.0.area).collect();
        for step in Step::ALL.into_iter().filter(|step| *step < first.1.min(Step::Area)) {
            let mut classes: BTreeMap<String, Vec<&Member>> = BTreeMap::new();
            for one in &group {
                classes.entry(one.class(step)).or_default().push(one);
            }
            prop_assert!(!classes.into_values().all(is_enough));
        }
    }
}

#[test]
fn five_alike_withhold_nothing_and_four_are_held() {
    let five: Vec<Member> = (0..5).map(plain).collect();
    assert_eq!(climb(&five), [Some(Step::All); 5]);
    assert_eq!(climb(&five[..4]), [None; 4]);
    assert_eq!(climb(&[]), []);
}

#[test]
fn one_survivor_who_reports_five_times_is_one_companion() {
    let same = vec![plain(7); 5];
    assert_eq!(climb(&same), [None; 5]);
}

#[test]
fn a_row_without_a_code_needs_five_others_and_is_nobody_s_companion() {
    let nobody = Member {
        survivor: None,
        ..plain(0)
    };
    let mut rows: Vec<Member> = (0..4).map(plain).collect();
    rows.extend([nobody.clone(), nobody.clone(), nobody]);
    assert_eq!(climb(&rows), [None; 7], "four survivors and invented rows");
    rows.push(plain(4));
    assert_eq!(climb(&rows), [Some(Step::All); 8]);
}

#[test]
fn each_step_withholds_what_keeps_a_row_apart() {
    let others = || (0..5).map(plain).collect::<Vec<Member>>();
    let with = |odd: Member| {
        let mut rows = others();
        rows.push(odd);
        climb(&rows)
    };
    let odd = plain(9);
    for (odd, step) in [
        (
            Member {
                place: "hotel".to_owned(),
                ..odd.clone()
            },
            Step::Place,
        ),
        (
            Member {
                age: "18-24".to_owned(),
                ..odd.clone()
            },
            Step::Age,
        ),
        (
            Member {
                gender: "man".to_owned(),
                ..odd.clone()
            },
            Step::Gender,
        ),
    ] {
        assert_eq!(with(odd), [Some(step); 6]);
    }
    let elsewhere = Member {
        area: "SN-TH".to_owned(),
        ..odd.clone()
    };
    let steps = with(elsewhere);
    assert_eq!(
        (steps[0], steps[5]),
        (Some(Step::All), None),
        "one area's row alone shows that it is of another"
    );
}

#[test]
fn rows_of_small_areas_count_each_other_without_the_area_and_of_small_months_in_the_quarter() {
    let row = |month: &str, area: &str, survivor| Member {
        month: month.to_owned(),
        area: area.to_owned(),
        ..plain(survivor)
    };
    let areas: Vec<Member> = (0..5)
        .map(|at| row("2026-11", ["SN-TH", "SN-ZG"][usize::from(at % 2)], at))
        .collect();
    assert_eq!(climb(&areas), [Some(Step::Area); 5]);
    let months: Vec<Member> = (0..5)
        .map(|at| row(["2026-10", "2026-12"][usize::from(at % 2)], "SN-TH", at))
        .collect();
    assert_eq!(climb(&months), [Some(Step::Quarter); 5]);
    let apart: Vec<Member> = (0..5)
        .map(|at| row(["2026-09", "2026-10"][usize::from(at % 2)], "SN-TH", at))
        .collect();
    assert_eq!(climb(&apart), [None; 5], "two quarters");
    let unknown: Vec<Member> = (0..4).map(|at| row("unknown", "SN-TH", at)).collect();
    assert_eq!(climb(&unknown), [None; 4]);
}

#[test]
fn a_quarter_has_a_form_of_its_own() {
    for (month, quarter) in [
        ("2026-01", "2026-Q1"),
        ("2026-03", "2026-Q1"),
        ("2026-04", "2026-Q2"),
        ("2026-12", "2026-Q4"),
    ] {
        assert_eq!(quarter_of(month).as_deref(), Some(quarter));
        assert!(is_quarter(quarter));
    }
    assert_eq!(first_month_of("2026-Q4").as_deref(), Some("2026-10"));
    for other in [
        "unknown", "2026-Q5", "2026-Q0", "2026-Q04", "2026-13", "2026-11", "2026-Q", "", "x-Q1",
    ] {
        assert!(!is_quarter(other), "{other}");
    }
    assert_eq!(quarter_of("unknown"), None);
}
