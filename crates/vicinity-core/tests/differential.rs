//! Differential: what [`admit`] makes of changes that come in any order, cut and repeated, is what plain automerge makes
//! of them. `VICINITY_HISTORIES` says how many random histories, `VICINITY_SEED` where they start.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test, on two threads"
)]

mod histories;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use automerge::{AutoSerde, Automerge, Change};
use histories::Log;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use vicinity_core::admit::{Verdict, View, admit, load};
use vicinity_core::chunk::Chunk;
use vicinity_core::document::{Document, SKELETON};
use vicinity_core::ids::ChangeHash;
use vicinity_core::incident::Incident;

const THREADS: u64 = 2;

/// One document at a receiver, as a store keeps it.
#[derive(Default)]
struct Receiver {
    stored: Vec<Vec<u8>>,
    waiting: Vec<Vec<u8>>,
    view: Option<View>,
    pending: u64,
}

impl Receiver {
    fn take(&mut self, batch: &[Vec<u8>]) {
        let admission = admit(&self.stored, &self.waiting, batch);
        let mut arrived: BTreeMap<ChangeHash, Vec<u8>> = self
            .waiting
            .drain(..)
            .chain(batch.iter().cloned())
            .map(|chunk| (hash(&chunk), chunk))
            .collect();
        for (chunk, verdict) in batch.iter().zip(&admission.verdicts) {
            let known = self.stored.contains(chunk);
            assert!(
                matches!(
                    (verdict, known),
                    (Verdict::Duplicate, true) | (Verdict::Stored | Verdict::Pending, false)
                ),
                "{verdict:?} of a real change"
            );
        }
        self.pending += admission
            .verdicts
            .iter()
            .filter(|verdict| **verdict == Verdict::Pending)
            .count() as u64;
        self.stored.extend(
            admission
                .stored
                .iter()
                .map(|hash| arrived.remove(hash).unwrap()),
        );
        self.waiting.extend(
            arrived
                .into_values()
                .filter(|chunk| !self.stored.contains(chunk)),
        );
        if admission.view.is_some() {
            self.view = admission.view;
        }
    }
}

fn hash(chunk: &[u8]) -> ChangeHash {
    ChangeHash::of(&chunk[8..])
}

fn canonical(incident: &Incident) -> Value {
    let claim = |claim: &vicinity_core::incident::Claim| {
        json!([
            claim.value,
            claim.at.map(|at| at.to_string()),
            format!("{:?}", claim.change),
            claim.actor
        ])
    };
    let disputes: Vec<Value> = incident
        .disputes()
        .iter()
        .map(
            |dispute| json!({&dispute.field: dispute.claims.iter().map(claim).collect::<Vec<_>>()}),
        )
        .collect();
    json!({"facts": incident.facts(), "disputes": disputes})
}

/// What plain automerge makes of the same changes, applied one after the other.
fn plain(log: &Log) -> Automerge {
    let mut doc = Automerge::new();
    doc.apply_changes([Change::from_bytes(SKELETON.to_vec()).unwrap()])
        .unwrap();
    for chunk in log {
        doc.apply_changes([Change::from_bytes(chunk.clone()).unwrap()])
            .unwrap();
    }
    doc
}

fn sorted_heads(doc: &Automerge) -> Vec<ChangeHash> {
    let mut heads: Vec<ChangeHash> = doc
        .get_heads()
        .iter()
        .map(|head| ChangeHash(head.0))
        .collect();
    heads.sort_unstable();
    heads
}

/// Every change at least once, some twice, in any order or device by device.
fn deliveries(log: &Log, rng: &mut StdRng) -> Vec<Vec<u8>> {
    let mut order: Vec<usize> = (0..log.len()).collect();
    if rng.random_bool(0.5) {
        order.shuffle(rng);
    } else {
        // Each actor's changes keep their order, as an outbox has them; the actors take turns at random.
        let lanes: Vec<u64> = (0..16).map(|_| rng.random_range(0..4)).collect();
        order.sort_by_key(|at| lanes[usize::from(Chunk::parse(&log[*at]).unwrap().actor[1] & 15)]);
    }
    for _ in 0..rng.random_range(0..=log.len() / 2) {
        let again = order[rng.random_range(0..order.len())];
        order.insert(rng.random_range(0..=order.len()), again);
    }
    order.into_iter().map(|at| log[at].clone()).collect()
}

fn received(log: &Log, rng: &mut StdRng) -> Receiver {
    let mut receiver = Receiver::default();
    let mut left = deliveries(log, rng);
    while !left.is_empty() {
        let rest = left.split_off(rng.random_range(1..=left.len()));
        receiver.take(&left);
        left = rest;
    }
    receiver
}

/// Changes, conflicts in the end, and changes that had to wait for ancestors.
fn check_history(seed: u64) -> [u64; 3] {
    let mut rng = StdRng::seed_from_u64(seed);
    let log = histories::random_history(&mut rng);
    if log.is_empty() {
        return [0; 3];
    }
    let mut pending = 0;
    let plain = plain(&log);
    let changes = plain.get_changes(&[]);
    let said = Document::from_changes(changes.iter().skip(1).map(Change::raw_bytes))
        .unwrap()
        .incident();
    for _ in 0..2 {
        let receiver = received(&log, &mut rng);
        pending += receiver.pending;
        let view = receiver.view.unwrap();
        assert_eq!(
            receiver.waiting.len(),
            0,
            "seed {seed}: changes wait for ever"
        );
        assert_eq!(
            receiver.stored.len(),
            log.len(),
            "seed {seed}: changes are lost"
        );
        assert_eq!(view.heads, sorted_heads(&plain), "seed {seed}: heads");
        assert_eq!(
            canonical(&view.incident).to_string(),
            canonical(&said).to_string(),
            "seed {seed}: the incident"
        );
        let again = load(receiver.stored.iter().map(Vec::as_slice)).unwrap();
        assert_eq!(
            (again.heads, canonical(&again.incident)),
            (view.heads, canonical(&view.incident)),
            "seed {seed}: loaded again from its log"
        );
        let document = Document::from_changes(receiver.stored.iter().map(Vec::as_slice)).unwrap();
        let (ours, theirs) = (
            serde_json::to_value(AutoSerde::from(document.as_automerge())),
            serde_json::to_value(AutoSerde::from(&plain)),
        );
        assert_eq!(
            ours.unwrap(),
            theirs.unwrap(),
            "seed {seed}: the whole tree"
        );
    }
    [log.len() as u64, said.disputes().len() as u64, pending]
}

#[test]
fn admission_in_any_order_and_plain_automerge_agree() {
    let histories = histories::number("VICINITY_HISTORIES", 2_000);
    let first = histories::number("VICINITY_SEED", 1);
    let sums = [const { AtomicU64::new(0) }; 3];
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let sums = &sums;
            scope.spawn(move || {
                for seed in (first..first + histories).filter(|seed| seed % THREADS == thread) {
                    let checked = std::panic::catch_unwind(|| check_history(seed));
                    let Ok(counts) = checked else {
                        panic!(
                            "seed {seed} fails: VICINITY_SEED={seed} VICINITY_HISTORIES=1 shows it"
                        )
                    };
                    sums.iter().zip(counts).for_each(|(sum, count)| {
                        sum.fetch_add(count, Ordering::Relaxed);
                    });
                }
            });
        }
    });
    let [changes, disputes, pending] = sums.map(AtomicU64::into_inner);
    println!(
        "{histories} histories, {changes} changes, {pending} times one had to wait, {disputes} conflicts in the end: no difference"
    );
}
