//! Codes that contain each other: what an attacker who subtracts them gets.

use super::*;
use crate::published::differences::DIFFERENCES;

/// Differences of an area or of the country that are small and can be computed, by the number of each. Also those of several areas:
/// what is left of the country's after the areas whose difference can be computed.
pub(super) fn small(window: &Suppression<'_>) -> Vec<(usize, u64)> {
    let (unknown, lines) = eliminated(window);
    let is_computed = |of: &dyn Fn(usize) -> i128| {
        let mut sum: Vec<i128> = unknown.iter().map(|place| of(*place)).collect();
        for line in &lines {
            let Some(first) = line[..unknown.len()].iter().position(|value| *value != 0) else {
                continue;
            };
            let (a, b) = (line[first], sum[first]);
            if b != 0 {
                sum.iter_mut()
                    .zip(line)
                    .for_each(|(own, other)| *own = *own * a - *other * b);
                let common = sum.iter().fold(0, |common, value| gcd(common, *value));
                if common > 1 {
                    sum.iter_mut().for_each(|value| *value /= common);
                }
            }
        }
        sum.iter().all(|value| *value == 0)
    };
    let mut names: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    for (place, name) in window.names().enumerate() {
        if let Some((area, dimension, code)) = name {
            names.insert((area.into(), dimension.into(), code.into()), place);
        }
    }
    let areas: BTreeSet<String> = names.keys().map(|(area, ..)| area.clone()).collect();
    let mut small = Vec::new();
    for (number, difference) in DIFFERENCES.iter().enumerate() {
        let (mut known, mut left) = (false, 0);
        for area in &areas {
            let places = |codes: &[(&str, &str)]| -> Vec<usize> {
                let place = |(dimension, code): &(&str, &str)| {
                    names
                        .get(&(area.clone(), (*dimension).to_owned(), (*code).to_owned()))
                        .copied()
                };
                codes.iter().filter_map(place).collect()
            };
            let (added, taken) = (places(difference.whole), places(difference.parts));
            let sum = |of: &[usize]| of.iter().map(|place| window.counts[*place]).sum::<u64>();
            let count = sum(&added).saturating_sub(sum(&taken));
            let is_known = is_computed(&|place| {
                i128::from(added.contains(&place)) - i128::from(taken.contains(&place))
            });
            if is_known && count > 0 && count < K {
                small.push((number, count));
            }
            if area == COUNTRY {
                known = is_known;
            } else if !is_known {
                left += count;
            }
        }
        if known && left > 0 && left < K {
            small.push((number, left));
        }
    }
    small
}

/// Counts of random incidents whose codes contain each other as real ones do.
pub(super) fn related(seed: u64) -> BTreeMap<Cell, u64> {
    let mut dice = Dice(seed);
    let mut counts = BTreeMap::new();
    let (areas, incidents) = (1 + dice.up_to(6), 20 + dice.up_to(600));
    for _ in 0..incidents {
        let mut skewed = |of: u64| (dice.up_to(of) * dice.up_to(of)) / of;
        let area = format!("SN-{}", skewed(areas));
        let kinds = ["police", "client", "military", "other_official", "family"];
        let kinds: BTreeSet<&str> = (0..skewed(4)).map(|_| kinds[skewed(5) as usize]).collect();
        let by_state = kinds
            .iter()
            .any(|kind| !["client", "family"].contains(kind));
        let groups = ["economic", "rights", "sexual", "physical"];
        let groups: BTreeSet<&str> = (0..1 + skewed(3))
            .map(|_| groups[skewed(4) as usize])
            .collect();
        let mut mostly = |group: &str| groups.contains(group) && skewed(12) < 9;
        let (extorted, refused, exposed) = (mostly("economic"), mostly("rights"), mostly("sexual"));
        let gender = ["woman", "trans_woman", "man"][skewed(3) as usize];
        let yes_no = |yes: bool| if yes { "yes" } else { "no" };
        let pep = if exposed {
            ["in_time", "started"][skewed(2) as usize]
        } else {
            "not_exposed"
        };
        let ec = if exposed && gender == "woman" {
            "in_time"
        } else {
            "not_exposed"
        };
        let mut cells = vec![
            (ALL, ""),
            ("state_perpetrator", yes_no(by_state)),
            ("extortion", yes_no(extorted)),
            ("healthcare_refusal", yes_no(refused)),
            ("gender", gender),
            ("pep", pep),
            ("ec", ec),
        ];
        cells.extend(kinds.into_iter().map(|kind| ("perpetrator", kind)));
        cells.extend(groups.into_iter().map(|group| ("violation_group", group)));
        for (dimension, code) in cells {
            *counts
                .entry((area.clone(), dimension.to_owned(), code.to_owned()))
                .or_default() += 1;
        }
    }
    counts
}

#[test]
fn nothing_small_follows_from_codes_that_contain_each_other() {
    let (mut shown, mut naive) = (0, 0);
    for seed in 0..400 {
        let counts = related(seed);
        naive += small(&Suppression::new(&counts)).len();
        shown += protected(&counts, &format!("seed {seed}")).shown().count();
    }
    assert!(
        naive > 1000,
        "leaving out small cells alone would leak: {naive}"
    );
    assert!(shown > 9_500, "and much still shows: {shown}");
}

#[test]
fn of_the_differences_that_were_once_read_from_a_picture_none_is_left() {
    // 1 by the military alone, 2 of other economic violence, 3 of other violations of rights, 4 exposed who cannot conceive.
    let pairs = [
        (
            ("state_perpetrator", "yes"),
            ("perpetrator", "police"),
            41,
            40,
        ),
        (
            ("violation_group", "economic"),
            ("extortion", "yes"),
            32,
            30,
        ),
        (
            ("violation_group", "rights"),
            ("healthcare_refusal", "yes"),
            23,
            20,
        ),
        (("ec", "not_exposed"), ("pep", "not_exposed"), 64, 60),
    ];
    let mut counts = BTreeMap::from([((("SN-DK".to_owned()), ALL.to_owned(), String::new()), 100)]);
    for (whole, part, large, small) in pairs {
        for ((dimension, code), count) in [(whole, large), (part, small)] {
            let mut add = |code: &str, count: u64| {
                counts.insert(
                    ("SN-DK".to_owned(), dimension.to_owned(), code.to_owned()),
                    count,
                )
            };
            add(code, count);
            match dimension {
                "state_perpetrator" | "extortion" | "healthcare_refusal" => add("no", 100 - count),
                "pep" | "ec" => add("in_time", 100 - count),
                _ => None,
            };
        }
    }
    let month = Month::of(&counts);
    for (whole, part, ..) in pairs {
        for area in ["SN-DK", COUNTRY] {
            let cell = |(dimension, code)| month.cell(area, dimension, code);
            assert!(
                cell(whole).is_none() || cell(part).is_none(),
                "{area}: {whole:?} less {part:?}"
            );
        }
    }
    protected(&counts, "planted");
    assert!(month.cells().len() > 8, "{:?}", month.cells());
}

/// Rows of random incidents, as they are counted.
fn random_facets(seed: u64, rows: usize) -> Vec<BTreeSet<(&'static str, String)>> {
    use crate::codes::{self, ViolationGroup};
    use crate::incident::Incident;
    use serde_json::json;
    let mut dice = Dice(seed);
    let now = "2026-11-24T09:00:00Z".parse().unwrap();
    let row = |_| {
        let mut one = |codes: &[&'static str]| codes[dice.up_to(codes.len() as u64) as usize];
        let lists = ViolationGroup::ALL.map(|(_, list)| list.codes);
        let violations: Vec<&str> = (0..one(&["1", "2", "3"]).parse::<usize>().unwrap())
            .map(|_| {
                let list = lists[one(&["0", "1", "2", "3", "4"]).parse::<usize>().unwrap()];
                one(list)
            })
            .collect();
        let perpetrators: Vec<_> = (0..one(&["0", "1", "2"]).parse::<usize>().unwrap())
            .map(|at| json!({"id": at.to_string(), "kind": one(codes::PERPETRATOR_KINDS.codes)}))
            .collect();
        let done = one(&[
            "2026-11-23T10:00:00Z",
            "2026-11-25T10:00:00Z",
            "2026-11-28T10:00:00Z",
        ]);
        let action = one(codes::ACTION_CODES.codes);
        let actions = if one(&["some", "none"]) == "some" {
            json!([{"id": "a", "code": action, "done_at": done}])
        } else {
            json!([])
        };
        let referral = one(&["none", "sent", "completed"]);
        let referrals = match referral {
            "none" => json!([]),
            "sent" => json!([{"id": "r", "service": "shelter", "sent": done}]),
            _ => json!([{"id": "r", "service": "shelter", "sent": done, "completed": done}]),
        };
        let facts = json!({
            "reported_at": "2026-11-23T09:00:00Z",
            "occurred": {"at": one(&["2026-11-23T08:00", "2026-11-18T08:00", "2026-11-01T08:00"]), "precision": "hour"},
            "place": {"setting": one(codes::SETTINGS.codes)},
            "survivor": {
                "age": one(&["9", "16", "19", "22", "27", "33", "44", "60"]).parse::<u8>().unwrap(),
                "gender": one(codes::GENDERS.codes), "populations": [one(codes::POPULATIONS.codes)],
            },
            "violations": violations, "perpetrators": perpetrators, "actions": actions, "referrals": referrals,
        });
        crate::projection::coarse(&Incident::from_row(facts, Vec::new()), now)
            .facets()
            .into_iter()
            .filter(|(dimension, _)| is_known(dimension))
            .collect()
    };
    (0..rows).map(row).collect()
}

/// Derived again from what the classification does: a code that never stands without another one is a part of it.
#[test]
fn every_inclusion_between_dimensions_is_declared() {
    let rows = random_facets(7, 20_000);
    let mut counts: BTreeMap<&(&str, String), u64> = BTreeMap::new();
    let mut together: BTreeMap<(&(&str, String), &(&str, String)), u64> = BTreeMap::new();
    for row in &rows {
        for one in row {
            *counts.entry(one).or_default() += 1;
            for other in row.iter().filter(|other| other.0 != one.0) {
                *together.entry((one, other)).or_default() += 1;
            }
        }
    }
    let is_declared = |part: &(&str, String), whole: &(&str, String)| {
        let holds = |codes: &[(&str, &str)], code: &(&str, String)| {
            codes.contains(&(code.0, code.1.as_str()))
        };
        DIFFERENCES
            .iter()
            .any(|difference| holds(difference.whole, whole) && holds(difference.parts, part))
    };
    let is_two = |dimension: &str| {
        ["state_perpetrator", "extortion", "healthcare_refusal"].contains(&dimension)
    };
    let mut missing = Vec::new();
    for (part, count) in &counts {
        for whole in counts.keys().filter(|whole| whole.0 != part.0) {
            let both = together.get(&(*part, *whole)).copied().unwrap_or(0);
            // The answer no of two is the rest of the answer yes, and a step of those exposed the rest of those not exposed.
            let is_rest = |code: &(&str, String)| {
                is_two(code.0) && code.1 == "no"
                    || ["pep", "ec"].contains(&code.0) && code.1 != "not_exposed"
            };
            if both == *count
                && *count > 20
                && !is_rest(part)
                && !is_rest(whole)
                && !is_declared(part, whole)
            {
                missing.push(format!("{part:?} is a part of {whole:?}"));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}
