//! Random histories of one document: several actors, forks and merges, edits through [`Document`] and raw automerge
//! transactions on everything a document may hold.
#![allow(
    clippy::disallowed_methods,
    reason = "tests take their sizes and seeds from the environment"
)]

use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{ActorId, Automerge, ObjId, ObjType, ROOT, ReadDoc, ScalarValue};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};
use serde_json::{Value, json};
use vicinity_core::document::{Authoring, Document};
use vicinity_core::draft::Draft;
use vicinity_core::edit::Edit;
use vicinity_core::fields::{ENTRY_MAPS, SETS};
use vicinity_core::ids::ACTOR_BYTES;
use vicinity_core::time::Timestamp;

/// A number from the environment, or the one that a normal run takes.
pub fn number(name: &str, normal: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(normal)
}

/// The document's changes in the order in which they were made.
pub type Log = Vec<Vec<u8>>;

/// One device with its copy.
struct Replica {
    /// Which changes of the history it has, ancestors first.
    has: Vec<usize>,
    document: Document,
    actor: [u8; ACTOR_BYTES],
    now: Timestamp,
}

/// A history by 2 to 8 actors.
pub fn random_history(rng: &mut StdRng) -> Log {
    let mut log = Log::new();
    let mut replicas = vec![first(rng, &mut log)];
    let actors = rng.random_range(2..=8);
    for _ in 0..rng.random_range(4..=20) {
        let who = rng.random_range(0..replicas.len());
        match rng.random_range(0..10) {
            0..=2 if replicas.len() < actors => {
                let copy = fork(rng, &replicas[who]);
                replicas.push(copy);
            }
            0..=3 => {
                let from = replicas[rng.random_range(0..replicas.len())].has.clone();
                replicas[who].merge(&from, &log);
            }
            4..=6 => replicas[who].edit(&any_edit(rng), &mut log),
            _ => replicas[who].raw(rng, &mut log),
        }
    }
    log
}

fn first(rng: &mut StdRng, log: &mut Log) -> Replica {
    let (actor, now) = (random_actor(rng), random_time(rng));
    if rng.random_bool(0.2) {
        // Begun by something that is no draft. Each document has one first change.
        let mut replica = Replica {
            has: Vec::new(),
            document: Document::from_changes(core::iter::empty()).unwrap(),
            actor,
            now,
        };
        replica.raw(rng, log);
        if !log.is_empty() {
            return replica;
        }
    }
    let draft = Draft::parse(&any_incident(rng), now).unwrap();
    let (document, authored) = Document::create(&draft, Authoring { actor, now }).unwrap();
    log.extend(authored.chunk);
    Replica {
        has: vec![0],
        document,
        actor,
        now,
    }
}

fn fork(rng: &mut StdRng, from: &Replica) -> Replica {
    Replica {
        has: from.has.clone(),
        document: from.document.clone(),
        actor: random_actor(rng),
        now: random_time(rng),
    }
}

fn random_actor(rng: &mut StdRng) -> [u8; ACTOR_BYTES] {
    let mut actor = [0; ACTOR_BYTES];
    rng.fill_bytes(&mut actor);
    actor[0] |= 1;
    actor
}

fn random_time(rng: &mut StdRng) -> Timestamp {
    Timestamp::from_second(rng.random_range(-1_000_000_000..4_000_000_000)).unwrap()
}

impl Replica {
    fn took(&mut self, chunk: Option<Vec<u8>>, log: &mut Log) {
        if let Some(chunk) = chunk {
            self.has.push(log.len());
            log.push(chunk);
        }
    }

    fn merge(&mut self, other: &[usize], log: &Log) {
        let before = self.has.len();
        let new: Vec<usize> = other
            .iter()
            .copied()
            .filter(|at| !self.has.contains(at))
            .collect();
        self.has.extend(new);
        if self.has.len() > before {
            self.document =
                Document::from_changes(self.has.iter().map(|at| log[*at].as_slice())).unwrap();
        }
    }

    /// An edit that does not fit, for instance because a raw transaction put a scalar over its container, does nothing.
    fn edit(&mut self, edit: &Value, log: &mut Log) {
        let edit = Edit::parse(edit, self.now).unwrap();
        if let Ok(authored) = self.document.apply(
            &edit,
            Authoring {
                actor: self.actor,
                now: self.now,
            },
        ) {
            self.took(authored.chunk, log);
        }
    }

    fn raw(&mut self, rng: &mut StdRng, log: &mut Log) {
        let chunk = raw_change(self.document.as_automerge(), &self.actor, rng);
        if let Some(chunk) = chunk {
            self.took(Some(chunk), log);
            self.document =
                Document::from_changes(self.has.iter().map(|at| log[*at].as_slice())).unwrap();
        }
    }
}

/// A change of a few random operations on a copy.
fn raw_change(doc: &Automerge, actor: &[u8], rng: &mut StdRng) -> Option<Vec<u8>> {
    let mut doc = doc.clone();
    doc.set_actor(ActorId::from(actor));
    let mut tx = doc.transaction();
    for _ in 0..rng.random_range(1..=6) {
        raw_operation(&mut tx, rng);
    }
    let (hash, _) = tx.commit_with(
        CommitOptions::default().with_time(rng.random_range(-5_000_000..5_000_000_000)),
    );
    Some(doc.get_change_by_hash(&hash?)?.raw_bytes().to_vec())
}

fn raw_operation(tx: &mut Transaction<'_>, rng: &mut StdRng) {
    let containers: Vec<&str> = SETS
        .iter()
        .map(|set| set.name)
        .chain(ENTRY_MAPS.iter().map(|map| map.name))
        .chain(["newer"])
        .collect();
    let container = *containers.choose(rng).unwrap();
    match rng.random_range(0..12) {
        0..=3 => tx.put(ROOT, any_key(rng), any_scalar(rng)).unwrap(),
        4 => tx.delete(ROOT, any_key(rng)).unwrap(),
        // A peer that knows no better puts a scalar where the skeleton has a container, or takes the container away.
        5 if rng.random_bool(0.2) => tx.put(ROOT, container, any_scalar(rng)).unwrap(),
        // A newer peer knows a container that this version does not.
        5 if rng.random_bool(0.2) => drop(tx.put_object(ROOT, any_key(rng), ObjType::Map).unwrap()),
        5 if rng.random_bool(0.1) => tx.delete(ROOT, container).unwrap(),
        _ => in_container(tx, container, rng),
    }
}

fn in_container(tx: &mut Transaction<'_>, container: &str, rng: &mut StdRng) {
    let Some(map) = map_at(tx, &ROOT, container) else {
        return;
    };
    let nests = container != "newer";
    let key = existing_key(tx, &map, rng).unwrap_or_else(|| any_key(rng));
    match rng.random_range(0..8) {
        0 | 1 => tx.put(&map, any_key(rng), any_scalar(rng)).unwrap(),
        2 => tx.put(&map, key, any_scalar(rng)).unwrap(),
        3 => tx.delete(&map, key).unwrap(),
        4 if nests => drop(tx.put_object(&map, any_key(rng), ObjType::Map).unwrap()),
        _ if nests => {
            let entry = map_at(tx, &map, &key)
                .unwrap_or_else(|| tx.put_object(&map, key.as_str(), ObjType::Map).unwrap());
            for _ in 0..rng.random_range(1..4) {
                match existing_key(tx, &entry, rng) {
                    Some(field) if rng.random_bool(0.3) => tx.delete(&entry, field).unwrap(),
                    Some(field) if rng.random_bool(0.3) => {
                        tx.put(&entry, field, any_scalar(rng)).unwrap()
                    }
                    _ => tx.put(&entry, any_key(rng), any_scalar(rng)).unwrap(),
                }
            }
        }
        _ => tx.put(&map, key, any_scalar(rng)).unwrap(),
    }
}

fn map_at(tx: &Transaction<'_>, object: &ObjId, key: &str) -> Option<ObjId> {
    match tx.get(object, key).unwrap() {
        Some((automerge::Value::Object(ObjType::Map), id)) => Some(id),
        _ => None,
    }
}

fn existing_key(tx: &Transaction<'_>, object: &ObjId, rng: &mut StdRng) -> Option<String> {
    let keys: Vec<String> = tx.keys(object).collect();
    keys.choose(rng).cloned()
}

fn any_key(rng: &mut StdRng) -> String {
    let known = [
        "danger_now",
        "held_now",
        "status",
        "triage",
        "occurred",
        "survivor.age",
        "place.area",
        "place",
        "rape",
        "kind",
        "at",
        "by",
        "newer",
        "ж",
        "",
    ];
    match known.choose(rng) {
        Some(&"") => "k".repeat(rng.random_range(1..=128)),
        Some(key) => (*key).to_owned(),
        None => String::new(),
    }
}

fn any_scalar(rng: &mut StdRng) -> ScalarValue {
    match rng.random_range(0..10) {
        0 => ScalarValue::Null,
        1 => ScalarValue::Boolean(rng.random()),
        2 => ScalarValue::Int(any_whole(rng)),
        3 => ScalarValue::Uint(any_whole(rng).unsigned_abs()),
        4 => ScalarValue::F64(f64::from_bits(rng.random())),
        5 => ScalarValue::Timestamp(any_whole(rng)),
        6 => ScalarValue::Bytes((0..rng.random_range(0..40)).map(|_| rng.random()).collect()),
        7 => ScalarValue::Bytes(br#"{"at":"2026-11-22T23:30","precision":"hour"}"#.to_vec()),
        8 => ScalarValue::Str("é".repeat(rng.random_range(0..200)).into()),
        _ => ScalarValue::Str(
            (*["yes", "no", "unknown", "open", "closed_lost"]
                .choose(rng)
                .unwrap())
            .into(),
        ),
    }
}

fn any_whole(rng: &mut StdRng) -> i64 {
    let bits = rng.random_range(0..64);
    rng.random::<i64>() >> bits
}

fn any_incident(rng: &mut StdRng) -> Value {
    let mut incident = json!({"reported_at": "2026-11-23T09:00:00Z", "violations": ["rape"], "consents": ["hub_response"], "survivor": {"age": 27}});
    if rng.random_bool(0.7) {
        incident["perpetrators"] =
            json!([{"kind": "police", "count_band": "2-3"}, {"kind": "client"}]);
        incident["statements"] = json!([{"class": "narrative", "text": "…"}]);
        incident["occurred"] = json!({"at": "2026-11-22T23:30", "precision": "hour"});
    }
    incident
}

/// An edit in its JSON form.
pub fn any_edit(rng: &mut StdRng) -> Value {
    let code = *["rape", "hit_push", "stalking", "a_newer_code"]
        .choose(rng)
        .unwrap();
    let answer = *["yes", "no", "unknown"].choose(rng).unwrap();
    let state = *["granted", "withdrawn"].choose(rng).unwrap();
    let scope = *["hub_response", "national_deid"].choose(rng).unwrap();
    let status = *["open", "responding", "monitoring", "closed_lost"]
        .choose(rng)
        .unwrap();
    match rng.random_range(0..12) {
        0 => json!({"set": {"field": "danger_now", "value": answer}}),
        1 => json!({"set": {"field": "survivor.age", "value": rng.random_range(10..60)}}),
        2 => json!({"add": {"set": "violations", "code": code}}),
        3 => json!({"remove": {"set": "violations", "code": code}}),
        4 => json!({"perpetrator": {"kind": "gang_extortion", "count_band": "4+"}}),
        5 => {
            json!({"action": {"code": "pep_start", "done_at": format!("2026-11-{:02}T10:00:00Z", rng.random_range(1..30))}})
        }
        6 => {
            json!({"referral": {"service": "legal_advice", "state": "sent", "at": "2026-11-23T11:00:00Z"}})
        }
        7 => json!({"transition": {"to": status}}),
        8 => json!({"consent": {"scope": scope, "state": state}}),
        9 => json!({"statement": {"class": "narrative", "text": "…"}}),
        10 => json!({"link": {"kind": "same_event", "to": "0b8e6c1e-5d0a-4a53-9a0e-7d7a0c1f2b11"}}),
        _ => json!({"triage": {"level": "amber", "reason": "seen by the nurse"}}),
    }
}
