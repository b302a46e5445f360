//! What the wire costs: 1,000 incidents of five changes each, as they are pushed.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::json;
use vicinity_core::batch::{Cursor, Group, GroupChange};
use vicinity_core::document::{Authoring, Document};
use vicinity_core::draft::Draft;
use vicinity_core::edit::Edit;
use vicinity_core::ids::IncidentId;
use vicinity_core::time::Timestamp;
use vicinity_sync::message::{KeyNews, Request};
use vicinity_sync::{codec, compress};

type Failed = Box<dyn std::error::Error>;

const INCIDENTS: u64 = 1000;
/// Incidents of one request: as many as its cap lets through.
const OF_ONE_REQUEST: usize = 250;

/// Bytes that look random and are the same each time.
fn noise<const N: usize>(state: &mut u64) -> [u8; N] {
    std::array::from_fn(|_| {
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (*state >> 56) as u8
    })
}

fn group(state: &mut u64) -> Result<Group, Failed> {
    let pick =
        |state: &mut u64, of: &[&'static str]| of[usize::from(noise::<1>(state)[0]) % of.len()];
    let now =
        Timestamp::from_second(1_795_000_000 + i64::from(u16::from_be_bytes(noise(state))) * 60)?;
    let incident = json!({
        "occurred": {"at": "2026-11-20T23:30", "precision": pick(state, &["exact", "hour", "day"])}, "reported_at": now.to_string(),
        "time_of_day": pick(state, &["morning", "night"]), "channel": pick(state, &["outreach", "drop_in", "hotline"]),
        "place": {"setting": pick(state, &["street", "hotel", "vehicle"]), "area": pick(state, &["SN-DK-01", "KH-12-03", "MX-JAL-02"])},
        "survivor": {"age": noise::<1>(state)[0] % 40 + 18, "gender": pick(state, &["woman", "trans_woman", "man"]), "populations": ["fsw"]},
        "violations": [pick(state, &["beaten_choked", "hit_push"]), pick(state, &["extortion_bribe", "robbery_theft"])],
        "perpetrators": [{"kind": pick(state, &["police", "client", "stranger"]), "count_band": pick(state, &["1", "2-3"])}],
        "danger_now": "unknown", "needs": [pick(state, &["legal_advice", "shelter"])], "consents": ["hub_response", "aggregate_count"],
    });
    let edits = json!([
        {"transition": {"to": "responding", "at": now.to_string()}},
        {"action": {"code": pick(state, &["pep_start", "accompany"]), "offered_at": now.to_string(), "accepted": "yes", "outcome": "done"}},
        {"set": {"field": "danger_now", "value": "no"}},
        {"transition": {"to": pick(state, &["monitoring", "closed_resolved"]), "at": now.to_string()}},
    ]);
    let authoring = Authoring {
        actor: noise(state),
        now,
    };
    let (mut document, authored) = Document::create(&Draft::parse(&incident, now)?, authoring)?;
    let mut changes: Vec<GroupChange> = authored
        .chunk
        .into_iter()
        .map(|chunk| GroupChange { chunk, by: 0 })
        .collect();
    for edit in Edit::parse_list(&edits, now)? {
        changes.extend(
            document
                .apply(&edit, authoring)?
                .chunk
                .map(|chunk| GroupChange { chunk, by: 0 }),
        );
    }
    Ok(Group {
        incident: IncidentId::from_random(noise(state)),
        relayed: false,
        changes,
    })
}

fn measure(c: &mut Criterion, groups: &[Group]) {
    let encoded = codec::encode(groups);
    let original: usize = groups
        .iter()
        .flat_map(|group| &group.changes)
        .map(|change| change.chunk.len())
        .sum();
    eprintln!(
        "{INCIDENTS} incidents: {original} bytes of changes, {} encoded",
        encoded.len()
    );
    let mut batch = c.benchmark_group("1,000 incidents");
    batch.throughput(Throughput::Elements(INCIDENTS));
    batch.bench_function("encode", |b| b.iter(|| codec::encode(groups)));
    batch.bench_function("decode", |b| b.iter(|| codec::decode(&encoded)));
    batch.finish();

    let body = codec::encode(&groups[..OF_ONE_REQUEST]);
    let mut zstd = c.benchmark_group("compression");
    zstd.throughput(Throughput::Bytes(body.len() as u64));
    for level in [3, 6, 9] {
        let length = ::zstd::bulk::compress(&body, level).map_or(0, |compressed| compressed.len());
        eprintln!("level {level}: {} bytes to {length}", body.len());
        zstd.bench_function(format!("level {level}"), |b| {
            b.iter(|| ::zstd::bulk::compress(&body, level))
        });
    }
    let deflated = compress::deflate(&body);
    zstd.bench_function("deflate", |b| b.iter(|| compress::deflate(&body)));
    zstd.bench_function("inflate", |b| b.iter(|| compress::inflate(&deflated)));
    zstd.finish();

    let cursor = Cursor {
        epoch: [1; 16],
        seq: 5000,
        chain: [2; 16],
        mac: [3; 8],
    };
    let push = groups[..OF_ONE_REQUEST].to_vec();
    let request = Request {
        cursor: Some(cursor),
        push,
        rebase: None,
        answer_budget: 64 * 1024,
        clock: 1_795_000_000,
        erased: Vec::new(),
        keys: KeyNews::default(),
        pins: 0,
        leaving: Vec::new(),
        alerts: 0,
    };
    let empty = Request {
        push: Vec::new(),
        ..request.clone()
    };
    let frame = request.encode();
    eprintln!(
        "a request with {OF_ONE_REQUEST} incidents: {} bytes; with none: {}",
        frame.len(),
        empty.encode().len()
    );
    c.bench_function("request with 250 incidents: encode", |b| {
        b.iter(|| request.encode())
    });
    c.bench_function("request with 250 incidents: decode", |b| {
        b.iter(|| Request::decode(&frame))
    });
    c.bench_function("request with nothing: encode", |b| {
        b.iter(|| empty.encode())
    });
}

fn all(c: &mut Criterion) {
    let mut state = 7;
    match (0..INCIDENTS)
        .map(|_| group(&mut state))
        .collect::<Result<Vec<_>, _>>()
    {
        Ok(groups) => measure(c, &groups),
        Err(error) => eprintln!("the incidents do not fit the core any more: {error}"),
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
