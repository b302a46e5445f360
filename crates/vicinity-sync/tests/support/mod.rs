//! Changes to send: real ones of people who edit apart and meet now and then, and hand-made ones that never change.

use proptest::prelude::*;
use serde_json::{Value, json};
use vicinity_core::batch::{Group, GroupChange};
use vicinity_core::document::{Authoring, Document};
use vicinity_core::draft::Draft;
use vicinity_core::edit::Edit;
use vicinity_core::ids::IncidentId;
use vicinity_core::time::Timestamp;

/// What somebody does next: who, what, and whether all meet first.
type Step = (usize, u8, bool);

fn now(minute: usize) -> Timestamp {
    Timestamp::from_second(1_764_000_000 + 60 * minute as i64).unwrap()
}

fn edit(what: u8) -> Value {
    match what {
        0 => json!({"set": {"field": "danger_now", "value": "yes"}}),
        1 => json!({"set": {"field": "danger_now", "value": "no"}}),
        2 => json!({"add": {"set": "violations", "code": "stalking"}}),
        3 => json!({"remove": {"set": "violations", "code": "rape"}}),
        4 => json!({"action": {"code": "pep_start", "done_at": "2026-11-23T10:00:00Z"}}),
        5 => json!({"transition": {"to": "responding"}}),
        _ => json!({"set": {"field": "a_newer_field", "value": "x".repeat(300)}}),
    }
}

fn load(chunks: &[Vec<u8>]) -> Document {
    Document::from_changes(chunks.iter().map(Vec::as_slice)).unwrap()
}

fn history(steps: &[Step]) -> Vec<Vec<u8>> {
    let draft = Draft::parse(
        &json!({"reported_at": "2026-11-23T09:00:00Z", "violations": ["rape"]}),
        now(0),
    )
    .unwrap();
    let (document, authored) = Document::create(
        &draft,
        Authoring {
            actor: [1; 8],
            now: now(0),
        },
    )
    .unwrap();
    let mut chunks: Vec<Vec<u8>> = authored.chunk.into_iter().collect();
    let mut people = vec![document; 3];
    for (minute, (who, what, meet)) in steps.iter().enumerate() {
        if *meet {
            people = vec![load(&chunks); 3];
        }
        let edit = Edit::parse(&edit(*what), now(minute)).unwrap();
        let authored = people[*who]
            .apply(
                &edit,
                Authoring {
                    actor: [*who as u8 + 1; 8],
                    now: now(minute),
                },
            )
            .unwrap();
        chunks.extend(authored.chunk);
    }
    chunks
}

/// A group of real changes, or of a part of them in any order, or with bytes among them that are no change.
pub fn any_group() -> impl Strategy<Value = Group> {
    let steps = prop::collection::vec((0..3usize, 0..8u8, any::<bool>()), 0..12);
    let junk = prop::collection::vec(
        (
            any::<prop::sample::Index>(),
            prop::collection::vec(any::<u8>(), 0..80),
        ),
        0..2,
    );
    let order = prop_oneof![Just(None), any::<u64>().prop_map(Some)];
    (
        steps,
        order,
        junk,
        any::<[u8; 16]>(),
        any::<bool>(),
        any::<u32>(),
    )
        .prop_map(|(steps, order, junk, id, relayed, by)| {
            let mut chunks = history(&steps);
            if let Some(seed) = order {
                let len = chunks.len();
                chunks.rotate_left(seed as usize % len);
                chunks.truncate(1 + (seed >> 32) as usize % len);
            }
            for (at, bytes) in junk {
                chunks.insert(at.index(chunks.len()), bytes);
            }
            let changes = chunks
                .into_iter()
                .enumerate()
                .map(|(at, chunk)| GroupChange {
                    chunk,
                    by: by >> (at % 32),
                })
                .collect();
            Group {
                incident: IncidentId::from_bytes(id),
                relayed,
                changes,
            }
        })
}

/// Several groups.
pub fn any_groups() -> impl Strategy<Value = Vec<Group>> {
    prop::collection::vec(any_group(), 0..4)
}
