//! What the core costs, one step at a time, on one incident with four edits: five changes.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Value, json};
use vicinity_core::document::{Authoring, Document};
use vicinity_core::draft::Draft;
use vicinity_core::edit::Edit;
use vicinity_core::ids::IncidentId;
use vicinity_core::time::Timestamp;
use vicinity_core::{admit, guard, projection, show};

type Failed = Box<dyn std::error::Error>;

fn incident() -> Value {
    json!({
        "occurred": {"at": "2026-11-22T23:30", "precision": "hour"}, "time_of_day": "night", "reported_at": "2026-11-23T09:00:00Z",
        "place": {"setting": "street", "area": "SN-DK-01"}, "channel": "outreach", "reporter_role": "peer_educator",
        "survivor": {"age": 24, "gender": "trans_woman", "populations": ["migrant", "tsw"]},
        "violations": ["beaten_choked", "extortion_bribe"], "perpetrators": [{"kind": "police", "count_band": "2-3", "known_before": "no"}],
        "motives": ["sex_work"], "danger_now": "unknown", "held_now": "no", "needs": ["legal_advice", "medical_injury"],
        "consents": ["hub_response", "national_deid", "aggregate_count"], "statements": [{"class": "narrative", "text": "An invented sentence."}]
    })
}

fn edits() -> Value {
    json!([
        {"transition": {"to": "responding", "at": "2026-11-23T10:00:00Z"}},
        {"action": {"code": "pep_start", "offered_at": "2026-11-23T10:00:00Z", "accepted": "yes", "done_at": "2026-11-23T12:00:00Z", "outcome": "done"}},
        {"set": {"field": "danger_now", "value": "no"}},
        {"transition": {"to": "monitoring", "at": "2026-11-30T10:00:00Z"}},
    ])
}

/// An incident and all that is made of it.
struct Example {
    now: Timestamp,
    authoring: Authoring,
    json: Value,
    draft: Draft,
    edits: Vec<Edit>,
    created: Document,
    edited: Document,
    chunks: Vec<Vec<u8>>,
}

impl Example {
    fn new() -> Result<Self, Failed> {
        let now: Timestamp = "2026-11-23T09:00:00Z".parse()?;
        let authoring = Authoring { actor: [9; 8], now };
        let json = incident();
        let (draft, edits) = (Draft::parse(&json, now)?, Edit::parse_list(&edits(), now)?);
        let (created, authored) = Document::create(&draft, authoring)?;
        let mut chunks: Vec<Vec<u8>> = authored.chunk.into_iter().collect();
        let mut edited = created.clone();
        for edit in &edits {
            chunks.extend(edited.apply(edit, authoring)?.chunk);
        }
        Ok(Self {
            now,
            authoring,
            json,
            draft,
            edits,
            created,
            edited,
            chunks,
        })
    }
}

fn writing(c: &mut Criterion, example: &Example) {
    let Example {
        now,
        authoring,
        json,
        draft,
        edits,
        created,
        ..
    } = example;
    c.bench_function("draft: parse", |b| b.iter(|| Draft::parse(json, *now)));
    c.bench_function("document: create", |b| {
        b.iter(|| Document::create(draft, *authoring))
    });
    let mut group = c.benchmark_group("document: edit");
    group.throughput(Throughput::Elements(edits.len() as u64));
    group.bench_function("four edits", |b| {
        let apply_all = |mut document: Document| {
            edits
                .iter()
                .filter_map(|edit| document.apply(edit, *authoring).ok())
                .count()
        };
        b.iter_batched(|| created.clone(), apply_all, BatchSize::SmallInput);
    });
    group.finish();
}

fn taking(c: &mut Criterion, example: &Example) {
    let chunks = &example.chunks;
    let mut group = c.benchmark_group("guard");
    group.throughput(Throughput::Elements(chunks.len() as u64));
    group.bench_function("five changes", |b| {
        b.iter(|| {
            chunks
                .iter()
                .filter(|chunk| guard::check(chunk).is_ok())
                .count()
        })
    });
    group.finish();
    let mut group = c.benchmark_group("admit");
    group.throughput(Throughput::Elements(chunks.len() as u64));
    group.bench_function("five changes of a new document", |b| {
        b.iter(|| admit::admit(&[], &[], chunks))
    });
    group.throughput(Throughput::Elements(1));
    let (known, last) = chunks.split_at(chunks.len() - 1);
    group.bench_function("one change behind four", |b| {
        b.iter(|| admit::admit(known, &[], last))
    });
    group.finish();
    c.bench_function("document: from five changes", |b| {
        b.iter(|| Document::from_changes(chunks.iter().map(Vec::as_slice)))
    });
}

fn reading(c: &mut Criterion, example: &Example) {
    let id = IncidentId::from_random([7; 16]);
    let view = example.edited.incident();
    c.bench_function("incident: read", |b| b.iter(|| example.edited.incident()));
    c.bench_function("incident: show", |b| {
        b.iter(|| show::show(id, &view, example.now))
    });
    c.bench_function("incident: line of a list", |b| {
        b.iter(|| show::list_line(id, &view, example.now))
    });
    c.bench_function("projection", |b| {
        b.iter(|| projection::project(&view, example.now))
    });
}

fn all(c: &mut Criterion) {
    match Example::new() {
        Ok(example) => {
            writing(c, &example);
            taking(c, &example);
            reading(c, &example);
        }
        Err(error) => eprintln!("the example does not fit the core any more: {error}"),
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
