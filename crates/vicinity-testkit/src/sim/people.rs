//! What people log and edit: incidents and edits at random, with marks planted where national must never see them.

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use vicinity_core::incident::Incident;
use vicinity_core::time::{SignedDuration, Timestamp};

/// What every planted mark begins with. National must see none of them, and of statements not even the hub.
pub const MARK: &str = "ZZMARK";
/// What the text of every statement begins with.
pub const STATEMENT_MARK: &str = "ZZSTATEMENT";

const YES_NO: [&str; 3] = ["yes", "no", "unknown"];
const VIOLATIONS: [&str; 6] = [
    "hit_push",
    "rape",
    "extortion_bribe",
    "arbitrary_arrest",
    "threat_outing",
    "ZZMARK_unlisted",
];
const NEEDS: [&str; 4] = ["shelter", "psychosocial", "pep_start", "legal_advice"];
const STATUSES: [&str; 4] = ["responding", "monitoring", "closed_resolved", "open"];
const SCOPES: [&str; 3] = ["hub_response", "national_deid", "aggregate_count"];
const REGISTERS: [&str; 6] = [
    "danger_now",
    "weapon",
    "held_now",
    "severe_injury",
    "time_of_day",
    "step",
];

fn one<'a>(rng: &mut StdRng, of: &[&'a str]) -> &'a str {
    of.choose(rng).copied().unwrap_or_default()
}

fn before(rng: &mut StdRng, now: Timestamp) -> String {
    now.checked_sub(SignedDuration::from_hours(rng.random_range(0..200)))
        .unwrap_or(now)
        .to_string()
}

/// An incident. Most may go to the hub, and most of these to national.
pub(super) fn incident(rng: &mut StdRng, now: Timestamp) -> Value {
    let number: u16 = rng.random();
    let mut incident = json!({
        "reported_at": before(rng, now),
        "reporter": format!("{MARK}r{number}"),
        "violations": [one(rng, &VIOLATIONS), one(rng, &VIOLATIONS)],
        "danger_now": one(rng, &YES_NO),
        "place": {"area": format!("SN-DK-{MARK}{number}"), "setting": one(rng, &["street", "bar_club", MARK])},
        "survivor": {"age": rng.random_range(12..60), "gender": one(rng, &["woman", "man", "trans_woman"])},
        "perpetrators": [{"kind": one(rng, &["police", "client", MARK])}],
        "unlisted": format!("{MARK}u{number}"),
    });
    // A statement that is not delivered keeps its incident on the phone: the others leave it after a while.
    if rng.random_bool(0.4) {
        incident["statements"] =
            json!([{"class": "narrative", "text": format!("{STATEMENT_MARK}{number}")}]);
    }
    let granted = match rng.random_range(0..10) {
        0 => 0,
        1 | 2 => 1,
        3 | 4 => 2,
        _ => 3,
    };
    incident["consents"] = SCOPES[..granted]
        .iter()
        .map(|scope| consent(rng, scope, "granted", now))
        .collect();
    incident
}

fn any_consent(rng: &mut StdRng, state: &str, now: Timestamp) -> Value {
    let scope = one(rng, &SCOPES);
    json!({"consent": consent(rng, scope, state, now)})
}

fn consent(rng: &mut StdRng, scope: &str, state: &str, now: Timestamp) -> Value {
    let mut consent = json!({"scope": scope, "state": state, "by": format!("{MARK}c")});
    if state == "granted" && rng.random_bool(0.1) {
        let ends = now.checked_add(SignedDuration::from_hours(rng.random_range(1..2000)));
        consent["expires_at"] = ends.unwrap_or(now).to_string().into();
    }
    consent
}

/// An edit of an incident.
pub(super) fn edit(rng: &mut StdRng, incident: &Incident, now: Timestamp) -> Value {
    let number: u16 = rng.random();
    match rng.random_range(0..20) {
        0..=4 => json!({"set": {"field": one(rng, &REGISTERS), "value": one(rng, &YES_NO)}}),
        5 => json!({"set": {"field": "unlisted", "value": format!("{MARK}{number}")}}),
        6 => json!({"add": {"set": "violations", "code": one(rng, &VIOLATIONS)}}),
        7 => json!({"remove": {"set": "violations", "code": one(rng, &VIOLATIONS)}}),
        8 => json!({"add": {"set": "needs", "code": one(rng, &NEEDS)}}),
        9 | 10 => {
            json!({"action": {"code": one(rng, &NEEDS), "done_at": now.to_string(), "by": format!("{MARK}{number}")}})
        }
        11 => {
            json!({"referral": {"service": one(rng, &NEEDS), "state": one(rng, &["sent", "completed"]), "reason": format!("{MARK}{number}")}})
        }
        12 => {
            json!({"transition": {"to": one(rng, &STATUSES), "reason": format!("{MARK}{number}")}})
        }
        13 => json!({"perpetrator": {"kind": one(rng, &["police", "family", MARK])}}),
        14 => {
            json!({"statement": {"class": "narrative", "text": format!("{STATEMENT_MARK}{number}")}})
        }
        15 => {
            json!({"triage": {"level": one(rng, &["red", "amber", "green"]), "reason": format!("{MARK}{number}")}})
        }
        16 => answer(rng, incident),
        17 => any_consent(rng, "withdrawn", now),
        _ => any_consent(rng, "granted", now),
    }
}

/// An answer to a question of national's, if there is one.
fn answer(rng: &mut StdRng, incident: &Incident) -> Value {
    let asked: Vec<String> = incident
        .entries("queries")
        .map(|entry| entry.id().to_owned())
        .collect();
    match asked.choose(rng) {
        Some(id) => json!({"answer": {"id": id, "answer": one(rng, &["confirmed", "cannot_say"])}}),
        None => json!({"set": {"field": "survivor.age", "value": rng.random_range(12..60)}}),
    }
}
