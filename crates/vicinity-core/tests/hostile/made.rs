//! The hostile changes, each made by code.

#[path = "hand.rs"]
mod hand;

use automerge::marks::{ExpandMark, Mark};
use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{ActorId, Automerge, ObjType, ROOT, ReadDoc, ScalarValue};
use hand::*;
use serde_json::{Value, json};
use vicinity_core::chunk::{Chunk, put_bytes, put_leb, put_uleb, wrap};
use vicinity_core::document::{Authoring, Document, SKELETON_ACTOR};
use vicinity_core::draft::Draft;
use vicinity_core::edit::Edit;
use vicinity_core::guard::Refusal;
use vicinity_core::ids::ChangeHash;
use vicinity_core::time::Timestamp;

/// What plain automerge does with a change; it is never asked about those that would take the process down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain {
    /// It is not asked.
    NotAsked,
    /// It refuses or panics.
    Refuses,
    /// It takes it and gives it back as it came.
    Takes,
    /// It takes it, and then what it saves does not load, or what it gives back is another change.
    TakesAndBreaks,
}

/// One hostile change.
pub struct Case {
    pub file: &'static str,
    pub what: &'static str,
    pub refusal: Refusal,
    pub plain: Plain,
    pub bytes: Vec<u8>,
}

fn case(
    file: &'static str,
    what: &'static str,
    refusal: Refusal,
    plain: Plain,
    bytes: Vec<u8>,
) -> Case {
    Case {
        file,
        what,
        refusal,
        plain,
        bytes,
    }
}

/// A document of two changes, one of which is stored already, and three good changes on top.
pub struct Setting {
    pub base: Vec<Vec<u8>>,
    pub good: Vec<Vec<u8>>,
    document: Document,
}

pub const AUTHOR: [u8; 8] = [1; 8];
const STRANGER: [u8; 8] = [9; 8];

fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

fn edited(document: &mut Document, actor: u8, edit: &Value) -> Vec<u8> {
    let edit = Edit::parse(edit, now()).unwrap();
    document
        .apply(
            &edit,
            Authoring {
                actor: [actor; 8],
                now: now(),
            },
        )
        .unwrap()
        .chunk
        .unwrap()
}

pub fn setting() -> Setting {
    let draft = Draft::parse(&json!({"reported_at": "2026-11-23T09:00:00Z", "violations": ["rape"], "consents": ["hub_response"]}), now()).unwrap();
    let (mut document, authored) = Document::create(
        &draft,
        Authoring {
            actor: AUTHOR,
            now: now(),
        },
    )
    .unwrap();
    let base = vec![
        authored.chunk.unwrap(),
        edited(
            &mut document,
            1,
            &json!({"set": {"field": "danger_now", "value": "yes"}}),
        ),
    ];
    let (mut ada, mut ben) = (document.clone(), document.clone());
    let good = vec![
        edited(
            &mut ada,
            2,
            &json!({"set": {"field": "danger_now", "value": "no"}}),
        ),
        edited(&mut ben, 3, &json!({"action": {"code": "pep_start"}})),
        edited(&mut ada, 2, &json!({"transition": {"to": "responding"}})),
    ];
    Setting {
        base,
        good,
        document,
    }
}

/// A change of a raw automerge transaction on top of the document.
fn raw(
    setting: &Setting,
    actor: &[u8],
    body: impl FnOnce(&mut Transaction<'_>),
) -> (Automerge, automerge::ChangeHash) {
    let mut doc = setting.document.as_automerge().clone();
    doc.set_actor(ActorId::from(actor));
    let mut tx = doc.transaction();
    body(&mut tx);
    let (hash, _) = tx.commit_with(CommitOptions::default().with_time(0));
    (doc, hash.unwrap())
}

fn raw_bytes(setting: &Setting, actor: &[u8], body: impl FnOnce(&mut Transaction<'_>)) -> Vec<u8> {
    let (doc, hash) = raw(setting, actor, body);
    doc.get_change_by_hash(&hash).unwrap().raw_bytes().to_vec()
}

/// All of them.
pub fn cases(setting: &Setting) -> Vec<Case> {
    let mut cases = envelopes(setting);
    cases.extend(headers(setting));
    cases.extend(not_canonical(setting));
    cases.extend(references(setting));
    cases.extend(types(setting));
    cases.extend(crowds(setting));
    cases
}

fn envelopes(setting: &Setting) -> Vec<Case> {
    let bomb = |tx: &mut Transaction<'_>| {
        tx.put(ROOT, "k", ScalarValue::Bytes(vec![0; 8 << 20]))
            .unwrap()
    };
    let (doc, hash) = raw(setting, &STRANGER, bomb);
    let compressed = doc.get_change_by_hash(&hash).unwrap().bytes().into_owned();
    let mut checksum = Hand::on(setting).bytes();
    checksum[4] ^= 1;
    let mut behind = Hand::on(setting).bytes();
    behind.push(0);
    let mut cut = Hand::on(setting).bytes();
    cut.truncate(40);
    vec![
        case(
            "compressed_bomb",
            "A compressed change chunk (type 2) that inflates to 8 MiB.",
            Refusal::Malformed,
            Plain::NotAsked,
            compressed,
        ),
        case(
            "document_bomb",
            "A document chunk (type 0) whose columns claim four thousand million changes in runs.",
            Refusal::Malformed,
            Plain::NotAsked,
            document_bomb(),
        ),
        case(
            "oversize",
            "A change of 64 KiB and more.",
            Refusal::Malformed,
            Plain::NotAsked,
            Hand {
                extra: vec![7; 64 * 1024],
                ..Hand::on(setting)
            }
            .bytes(),
        ),
        case(
            "wrong_checksum",
            "A checksum with one bit changed.",
            Refusal::Malformed,
            Plain::NotAsked,
            checksum,
        ),
        case(
            "byte_behind",
            "One byte behind the chunk.",
            Refusal::Malformed,
            Plain::Refuses,
            behind,
        ),
        case(
            "cut_off",
            "A chunk cut off after 40 bytes.",
            Refusal::Malformed,
            Plain::Refuses,
            cut,
        ),
        case(
            "empty",
            "No bytes at all.",
            Refusal::Malformed,
            Plain::Refuses,
            Vec::new(),
        ),
    ]
}

/// Runs of 2^32 rows in each column of the changes.
fn document_bomb() -> Vec<u8> {
    let run = |value: u8| {
        let mut column = Vec::new();
        put_leb(&mut column, 1 << 32);
        column.push(value);
        column
    };
    let columns = [
        (0x01, run(0)),
        (0x03, run(1)),
        (0x13, run(1)),
        (0x23, run(0)),
        (0x40, run(0)),
    ];
    let mut data = vec![1];
    put_bytes(&mut data, &STRANGER);
    data.push(1);
    data.extend_from_slice(&[7; 32]);
    data.push(columns.len() as u8);
    for (spec, column) in &columns {
        data.extend_from_slice(&[*spec, column.len() as u8]);
    }
    data.push(0);
    columns
        .iter()
        .for_each(|(_, column)| data.extend_from_slice(column));
    data.push(0);
    let mut chunk = wrap(&data);
    chunk[8] = 0;
    let hash = ChangeHash::of(&chunk[8..]);
    chunk[4..8].copy_from_slice(&hash.0[..4]);
    chunk
}

#[allow(clippy::too_many_lines, reason = "a list of cases")]
fn headers(setting: &Setting) -> Vec<Case> {
    let on = || Hand::on(setting);
    let skeleton = Hand {
        actor: SKELETON_ACTOR,
        seq: 2,
        ..on()
    }
    .bytes();
    let deps = (0..2_000u16)
        .map(|n| ChangeHash([(n >> 8) as u8, n as u8].repeat(16).try_into().unwrap()))
        .collect();
    // The author's phone was restored from a copy made before its last change.
    let before = Setting {
        document: Document::from_changes(setting.base[..1].iter().map(Vec::as_slice)).unwrap(),
        base: Vec::new(),
        good: Vec::new(),
    };
    let reused = raw_bytes(&before, &AUTHOR, |tx| {
        tx.put(ROOT, "danger_now", "unknown").unwrap()
    });
    let runs = |run: i64| {
        let mut column = Vec::new();
        put_leb(&mut column, run);
        column.push(1);
        column
    };
    let mut null_run = vec![0];
    put_uleb(&mut null_run, 1 << 40);
    vec![
        case(
            "huge_length_28",
            "28 bytes: an actor said to be 2^56 bytes long.",
            Refusal::Malformed,
            Plain::Refuses,
            huge_length(),
        ),
        case(
            "huge_runs_50",
            "About 50 bytes, no dependency: columns of runs of 2^40 operations.",
            Refusal::BadReference,
            Plain::NotAsked,
            {
                Hand {
                    deps: Vec::new(),
                    ..on()
                }
                .without(PRED_GROUP)
                .column(ACTION, &runs(1 << 40))
                .column(META, &runs(1 << 40))
                .bytes()
            },
        ),
        case(
            "huge_runs",
            "The same with a dependency.",
            Refusal::NotAllowed,
            Plain::NotAsked,
            on().column(ACTION, &runs(1 << 40))
                .column(META, &runs(1 << 40))
                .bytes(),
        ),
        case(
            "huge_literal",
            "A literal run of 2^62 actions.",
            Refusal::NotAllowed,
            Plain::NotAsked,
            on().column(ACTION, &runs(-(1 << 62))).bytes(),
        ),
        case(
            "huge_nulls",
            "A key column of 2^40 nulls.",
            Refusal::NotAllowed,
            Plain::NotAsked,
            on().column(KEY, &null_run).bytes(),
        ),
        case(
            "reused_seq",
            "Another change with a number its author has used.",
            Refusal::SeqReused,
            Plain::Refuses,
            reused,
        ),
        case(
            "seq_gap",
            "A change whose number leaves a gap.",
            Refusal::BadReference,
            Plain::NotAsked,
            Hand { seq: 9, ..on() }.bytes(),
        ),
        case(
            "skeleton_actor",
            "The skeleton's actor, forged.",
            Refusal::NotAllowed,
            Plain::Takes,
            skeleton,
        ),
        case(
            "no_dependency",
            "A second root.",
            Refusal::BadReference,
            Plain::NotAsked,
            Hand {
                deps: Vec::new(),
                start_op: 1,
                ..on()
            }
            .bytes(),
        ),
        case(
            "start_op_high",
            "A first operation near 2^32.",
            Refusal::BadReference,
            Plain::NotAsked,
            Hand {
                start_op: u64::from(u32::MAX) - 1,
                ..on()
            }
            .bytes(),
        ),
        case(
            "start_op_max",
            "A first operation of 2^64 - 1.",
            Refusal::BadReference,
            Plain::NotAsked,
            Hand {
                start_op: u64::MAX,
                ..on()
            }
            .bytes(),
        ),
        case(
            "start_op_low",
            "A first operation that its past has used.",
            Refusal::BadReference,
            Plain::NotAsked,
            Hand {
                start_op: 3,
                ..on()
            }
            .bytes(),
        ),
        case(
            "huge_message",
            "A commit message of 60 KB.",
            Refusal::NotAllowed,
            Plain::Takes,
            Hand {
                message: vec![b'm'; 60_000],
                ..on()
            }
            .bytes(),
        ),
        case(
            "extra_bytes",
            "Bytes behind the columns.",
            Refusal::NotAllowed,
            Plain::Takes,
            Hand {
                extra: b"hidden".to_vec(),
                ..on()
            }
            .bytes(),
        ),
        case(
            "many_deps",
            "Two thousand dependencies that nobody has.",
            Refusal::Malformed,
            Plain::NotAsked,
            Hand { deps, ..on() }.bytes(),
        ),
        case(
            "same_dep_twice",
            "One dependency, twice.",
            Refusal::NotCanonical,
            Plain::NotAsked,
            Hand {
                deps: setting.document.heads().repeat(2),
                ..on()
            }
            .bytes(),
        ),
        case(
            "no_operations",
            "A change of no operations.",
            Refusal::NotAllowed,
            Plain::NotAsked,
            Hand {
                columns: Vec::new(),
                ..on()
            }
            .bytes(),
        ),
    ]
}

fn huge_length() -> Vec<u8> {
    let mut data = vec![0];
    put_uleb(&mut data, 1 << 56);
    data.extend_from_slice(&[7; 8]);
    wrap(&data)
}

/// Changes that automerge decodes and applies, but would write in another way.
fn not_canonical(setting: &Setting) -> Vec<Case> {
    let on = || Hand::on(setting);
    let two = || {
        on().column(KEY, b"\x7e\x01j\x01k")
            .column(INSERT, &[2])
            .column(META, &[2, 0])
            .column(PRED_GROUP, &[2, 0])
            .column(ACTION, &[2, 1])
    };
    let breaks = |file, what, bytes| {
        case(
            file,
            what,
            Refusal::NotCanonical,
            Plain::TakesAndBreaks,
            bytes,
        )
    };
    let mut cases = vec![
        breaks(
            "run_of_one",
            "About 77 bytes: a run of one where automerge writes a literal.",
            on().column(ACTION, &[1, 1]).bytes(),
        ),
        breaks(
            "literal_run",
            "A literal of two equal values where automerge writes a run.",
            two().column(ACTION, &[0x7e, 1, 1]).bytes(),
        ),
        breaks(
            "two_literals",
            "Two literals of one value each.",
            two().column(KEY, b"\x7f\x01j\x7f\x01k").bytes(),
        ),
        breaks(
            "two_runs",
            "One run in two parts.",
            two().column(ACTION, &[0x7f, 1, 0x7f, 1]).bytes(),
        ),
        breaks(
            "column_of_nulls",
            "An object column of nothing but nulls.",
            on().column(OBJ_ACTOR, &[0, 1])
                .column(OBJ_CTR, &[0, 1])
                .bytes(),
        ),
        breaks(
            "empty_column",
            "A column of no bytes.",
            on().column(OBJ_ACTOR, &[]).bytes(),
        ),
        breaks(
            "unused_actor",
            "A table of actors with one that no operation names.",
            Hand {
                others: vec![AUTHOR],
                ..on()
            }
            .bytes(),
        ),
    ];
    cases.push(case(
        "no_insert_column",
        "The column of inserts left out.",
        Refusal::Malformed,
        Plain::Refuses,
        on().without(INSERT).bytes(),
    ));
    cases.push(case(
        "long_number",
        "A number in a longer form than needed.",
        Refusal::Malformed,
        Plain::NotAsked,
        on().column(META, &[0x7f, 0x80, 0]).bytes(),
    ));
    cases
}

fn references(setting: &Setting) -> Vec<Case> {
    let on = || Hand::on(setting);
    let last = Chunk::parse(&setting.base[1]).unwrap().max_op().unwrap() as i64;
    let gone = [0xaa; 8];
    vec![
        case(
            "pred_missing",
            "It replaces an operation of an actor that is not there.",
            Refusal::BadReference,
            Plain::NotAsked,
            on().replacing(&[gone], &[3]).bytes(),
        ),
        case(
            "pred_future",
            "It replaces an operation that is still to come.",
            Refusal::BadReference,
            Plain::NotAsked,
            on().replacing(&[AUTHOR], &[last + 99]).bytes(),
        ),
        case(
            "pred_negative",
            "It replaces an operation below zero.",
            Refusal::BadReference,
            Plain::NotAsked,
            on().replacing(&[AUTHOR], &[-5]).bytes(),
        ),
        case(
            "pred_twice",
            "It replaces one operation twice.",
            Refusal::NotCanonical,
            Plain::NotAsked,
            on().replacing(&[AUTHOR], &[last, last]).bytes(),
        ),
        case(
            "preds_unordered",
            "Its predecessors stand in the wrong order.",
            Refusal::NotCanonical,
            Plain::NotAsked,
            on().replacing(&[AUTHOR], &[last, last - 1]).bytes(),
        ),
        case(
            "pred_elsewhere",
            "It replaces an operation on another key.",
            Refusal::BadReference,
            Plain::TakesAndBreaks,
            on().replacing(&[AUTHOR], &[last]).bytes(),
        ),
        case(
            "delete_nothing",
            "It deletes what was never there.",
            Refusal::BadReference,
            Plain::TakesAndBreaks,
            on().deleting().bytes(),
        ),
        case(
            "delete_elsewhere",
            "It deletes an operation on another key.",
            Refusal::BadReference,
            Plain::TakesAndBreaks,
            on().deleting().replacing(&[AUTHOR], &[last]).bytes(),
        ),
        case(
            "object_missing",
            "In an object of an actor that is not there.",
            Refusal::BadReference,
            Plain::NotAsked,
            on().in_object(&[gone], 3).bytes(),
        ),
        case(
            "object_scalar",
            "In an object that is a scalar.",
            Refusal::BadReference,
            Plain::NotAsked,
            on().in_object(&[AUTHOR], last as u64).bytes(),
        ),
        case(
            "object_future",
            "In an object that is still to come.",
            Refusal::BadReference,
            Plain::NotAsked,
            on().in_object(&[AUTHOR], last as u64 + 99).bytes(),
        ),
        case(
            "actor_index",
            "In an object of an actor behind the end of the table.",
            Refusal::BadReference,
            Plain::NotAsked,
            on().column(OBJ_ACTOR, &[0x7f, 9])
                .column(OBJ_CTR, &[0x7f, 3])
                .bytes(),
        ),
    ]
}

fn types(setting: &Setting) -> Vec<Case> {
    let made = |body: fn(&mut Transaction<'_>)| raw_bytes(setting, &STRANGER, body);
    let refused = |file, what, bytes| case(file, what, Refusal::NotAllowed, Plain::Takes, bytes);
    vec![
        refused(
            "list",
            "A list.",
            made(|tx| {
                let list = tx.put_object(ROOT, "l", ObjType::List).unwrap();
                tx.insert(&list, 0, 1).unwrap();
            }),
        ),
        refused(
            "text",
            "A text.",
            made(|tx| {
                let text = tx.put_object(ROOT, "t", ObjType::Text).unwrap();
                tx.splice_text(&text, 0, 0, "words").unwrap();
            }),
        ),
        refused(
            "counter",
            "A counter.",
            made(|tx| tx.put(ROOT, "c", ScalarValue::counter(1)).unwrap()),
        ),
        refused(
            "increment",
            "An increment.",
            made(|tx| {
                tx.put(ROOT, "c", ScalarValue::counter(1)).unwrap();
                tx.increment(ROOT, "c", 5).unwrap();
            }),
        ),
        refused(
            "marks",
            "A text with a mark.",
            made(|tx| {
                let text = tx.put_object(ROOT, "t", ObjType::Text).unwrap();
                tx.splice_text(&text, 0, 0, "words").unwrap();
                tx.mark(
                    &text,
                    Mark::new("bold".into(), true, 0, 3),
                    ExpandMark::Both,
                )
                .unwrap();
            }),
        ),
        case(
            "unknown_type",
            "A scalar of a type that does not exist.",
            Refusal::NotAllowed,
            Plain::NotAsked,
            Hand::on(setting).column(META, &[0x7f, 15]).bytes(),
        ),
        case(
            "bad_text",
            "A string that is not UTF-8.",
            Refusal::NotCanonical,
            Plain::NotAsked,
            Hand::on(setting)
                .column(META, &[0x7f, 0x16])
                .column(0x57, &[0xff])
                .bytes(),
        ),
        case(
            "unknown_column",
            "A column that does not exist.",
            Refusal::NotAllowed,
            Plain::NotAsked,
            Hand::on(setting).column(0x83, &[0x7f, 1]).bytes(),
        ),
    ]
}

fn crowds(setting: &Setting) -> Vec<Case> {
    let made = |body: fn(&mut Transaction<'_>)| raw_bytes(setting, &STRANGER, body);
    let refused = |file, what, bytes| case(file, what, Refusal::NotAllowed, Plain::Takes, bytes);
    let nested = made(|tx| {
        let mut map = tx.put_object(ROOT, "m", ObjType::Map).unwrap();
        for _ in 1..10_000 {
            map = tx.put_object(&map, "m", ObjType::Map).unwrap();
        }
    });
    let nested_three = made(|tx| {
        let map = tx.put_object(ROOT, "m", ObjType::Map).unwrap();
        let map = tx.put_object(&map, "m", ObjType::Map).unwrap();
        tx.put(&map, "k", 1).unwrap();
    });
    let run = |column: &[u8]| [&[0xa0, 0x1f], column].concat();
    let writes = Hand::on(setting)
        .column(KEY, &run(b"\x01k"))
        .column(INSERT, &[0xa0, 0x1f])
        .column(ACTION, &run(&[1]))
        .column(META, &run(&[0]))
        .column(PRED_GROUP, &run(&[0]));
    vec![
        case(
            "nested_maps",
            "10,000 maps, one in the other.",
            Refusal::NotAllowed,
            Plain::NotAsked,
            nested,
        ),
        refused("nested_three", "Maps three levels deep.", nested_three),
        refused(
            "one_key_4000",
            "4,000 writes of one key, in runs.",
            writes.bytes(),
        ),
        refused(
            "long_scalar",
            "A scalar of 9 KiB.",
            made(|tx| tx.put(ROOT, "k", "s".repeat(9 << 10)).unwrap()),
        ),
        case(
            "long_key",
            "A key of 200 bytes.",
            Refusal::Malformed,
            Plain::Takes,
            made(|tx| tx.put(ROOT, "k".repeat(200), 1).unwrap()),
        ),
        case(
            "many_operations",
            "5,000 operations.",
            Refusal::NotAllowed,
            Plain::Takes,
            made(|tx| (0..5_000).for_each(|n| tx.put(ROOT, format!("{n}"), true).unwrap())),
        ),
    ]
}
