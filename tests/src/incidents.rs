//! Incidents to log: those of the fixtures, and as many invented ones as a test wants.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::program;

/// A folder of the fixtures.
#[must_use]
pub fn fixtures(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures")
        .join(name)
}

/// The lines of a fixture, `{"incident", "edits"}` each.
#[must_use]
pub fn fixture(name: &str) -> Vec<Value> {
    let path = fixtures("incidents").join(name);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(program::json).collect()
}

/// A number from the environment, or the default.
#[must_use]
pub fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}"))
    })
}

/// The randomness of a test: its seed is printed, and `VICINITY_SEED` gives another one.
#[must_use]
pub fn dice(default: u64) -> StdRng {
    let seed = number("VICINITY_SEED", default);
    println!("VICINITY_SEED={seed}");
    StdRng::seed_from_u64(seed)
}

const VIOLATIONS: [&str; 10] = [
    "hit_push",
    "beaten_choked",
    "weapon_threat",
    "rape",
    "insult_humiliation",
    "extortion_bribe",
    "robbery_theft",
    "arbitrary_arrest",
    "condoms_confiscated",
    "healthcare_refused",
];
const PERPETRATORS: [&str; 6] = [
    "police",
    "military",
    "client",
    "manager_third_party",
    "community_neighbour",
    "unknown",
];
const SETTINGS: [&str; 6] = [
    "street",
    "bar_club",
    "hotel",
    "vehicle",
    "police_station",
    "online",
];
const AREAS: [&str; 5] = ["SN-DK-01", "KH-12-03", "MX-JAL-02", "KG-GB-01", "IN-TG-05"];
const NEEDS: [&str; 6] = [
    "medical_injury",
    "pep_start",
    "psychosocial",
    "legal_advice",
    "shelter",
    "complaint_filed",
];
const WORDS: [&str; 8] = [
    "deux agents devant la gare",
    "se negó a pagar",
    "забрали телефон",
    "she walked home",
    "à l'aube",
    "las cuatro",
    "никому",
    "again on Friday",
];

fn one<'a>(dice: &mut StdRng, codes: &[&'a str]) -> &'a str {
    codes.choose(dice).copied().unwrap_or_default()
}

fn some<'a>(dice: &mut StdRng, codes: &[&'a str], at_most: usize) -> Vec<&'a str> {
    let count = dice.random_range(1..=at_most);
    codes.sample(dice, count).copied().collect()
}

/// Invented incidents, `{"incident", "edits"}` each. All of them may leave the phone.
#[must_use]
pub fn invented(dice: &mut StdRng, count: usize) -> Vec<Value> {
    (0..count).map(|_| invent(dice)).collect()
}

fn invent(dice: &mut StdRng) -> Value {
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let later = |from: Timestamp, minutes: i64| {
        from.checked_add(SignedDuration::from_mins(minutes))
            .expect("a time of this century")
    };
    let occurred = later(start, dice.random_range(0..300 * 1440));
    let reported = later(occurred, dice.random_range(30..10_000));
    let mut consents = vec!["hub_response"];
    consents.extend(
        [
            &["national_deid", "aggregate_count"][..],
            &["aggregate_count"],
            &[],
        ]
        .choose(dice)
        .copied()
        .unwrap_or_default(),
    );
    let narrative: Vec<&str> = (0..dice.random_range(4..12))
        .map(|_| one(dice, &WORDS))
        .collect();
    let incident = json!({
        "occurred": {"at": occurred.to_string()[..16], "precision": one(dice, &["exact", "hour", "day", "week", "unknown"])},
        "time_of_day": one(dice, &["morning", "afternoon", "evening", "night"]),
        "reported_at": reported.to_string(),
        "place": {"setting": one(dice, &SETTINGS), "area": one(dice, &AREAS)},
        "channel": one(dice, &["outreach", "drop_in", "hotline"]),
        "reporter_role": "peer_educator",
        "survivor": {
            "code": format!("SN{:05}", dice.random_range(0..100_000)),
            "age": dice.random_range(18..50),
            "gender": one(dice, &["woman", "trans_woman", "man"]),
            "populations": some(dice, &["fsw", "tsw", "msw", "migrant"], 2),
        },
        "violations": some(dice, &VIOLATIONS, 3),
        "perpetrators": [{
            "kind": one(dice, &PERPETRATORS), "count_band": one(dice, &["1", "2-3", "4+"]), "known_before": one(dice, &["yes", "no", "unknown"]),
        }],
        "motives": some(dice, &["sex_work", "gender_identity", "hiv"], 1),
        "danger_now": one(dice, &["no", "no", "yes", "unknown"]),
        "needs": some(dice, &NEEDS, 2),
        "consents": consents,
        "statements": [{"class": "narrative", "text": narrative.join(". ")}],
    });
    let mut edits =
        vec![json!({"transition": {"to": "responding", "at": later(reported, 60).to_string()}})];
    for _ in 0..dice.random_range(1..=3) {
        let offered = later(reported, dice.random_range(60..4000));
        edits.push(json!({"action": {
            "code": one(dice, &NEEDS), "offered_at": offered.to_string(), "accepted": one(dice, &["yes", "declined"]),
            "done_at": later(offered, 120).to_string(), "outcome": one(dice, &["done", "referred", "pending"]),
        }}));
    }
    if dice.random_bool(0.5) {
        edits.push(json!({"set": {"field": "danger_now", "value": "no"}}));
    }
    edits.push(json!({"transition": {"to": one(dice, &["monitoring", "closed_resolved"]), "at": later(reported, 20_000).to_string()}}));
    json!({"incident": incident, "edits": edits})
}
