//! Golden frames: what version 1 puts on the wire, byte by byte. See `fixtures/frames/README.md`.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test: it reads fixtures"
)]

/// Samples of what servers send to each other.
#[path = "frames/servers.rs"]
mod servers;

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Once;

use vicinity_core::admit::Verdict;
use vicinity_core::alert::Alert;
use vicinity_core::batch::{Cursor, DocumentHeads, Erasure, Group, GroupChange, HeadsPage, Pull};
use vicinity_core::chunk::Chunk;
use vicinity_core::document::SKELETON;
use vicinity_core::guard::Refusal;
use vicinity_core::ids::{ChangeHash, DeviceId, IncidentId, ScopeDigest};
use vicinity_sync::compress::inflate;
use vicinity_sync::envelope::{Envelope, public_key};
use vicinity_sync::message::{Answer, KeyNews, Refused, Request, SYNC_PATH};
use vicinity_sync::uplink::{Reply, Report};
use vicinity_sync::windows::{Windows, WindowsReply};
use vicinity_sync::{codec, uplink};

use servers::{
    reply, reply_alerts, reply_log, reply_tables, report, report_alerts, report_log, report_tables,
    windows, windows_reply,
};

/// Where the files are; on demand they are all written again, before the first test looks at one.
fn folder(kind: &str) -> PathBuf {
    static WRITTEN: Once = Once::new();
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        WRITTEN.call_once(write_all);
    }
    v1().join(kind)
}

fn v1() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/frames/v1")
}

fn write_all() {
    let write = |name: String, bytes: &[u8]| std::fs::write(v1().join(name), bytes).unwrap();
    ["valid", "invalid"]
        .into_iter()
        .for_each(|kind| std::fs::create_dir_all(v1().join(kind)).unwrap());
    valid()
        .into_iter()
        .for_each(|(name, bytes)| write(format!("valid/{name}.bin"), &bytes));
    bodies()
        .into_iter()
        .for_each(|(name, body)| write(format!("valid/{name}.body"), &body));
    for (name, bytes) in invalid() {
        write(format!("invalid/{name}.bin"), &bytes);
        write(
            format!("invalid/{name}.txt"),
            error(name, &bytes).as_bytes(),
        );
    }
}

/// Whole bodies, compressed.
fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let requests = requests()
        .into_iter()
        .map(|(name, request)| (name, request.encode()));
    requests
        .chain(
            answers()
                .into_iter()
                .map(|(name, answer)| (name, answer.encode())),
        )
        .collect()
}

/// A change made by hand, so that no version of automerge can move a golden byte.
fn change(
    actor: u8,
    seq: u64,
    start_op: u64,
    deps: Vec<ChangeHash>,
    others: &[[u8; 8]],
) -> Vec<u8> {
    let column_data = b"\x7f\x0adanger_now\x01\x7f\x01\x7f\x36yes\x7f\x00";
    let columns = vec![
        (0x15, 12),
        (0x34, 1),
        (0x42, 2),
        (0x56, 2),
        (0x57, 3),
        (0x70, 2),
    ];
    let other_actors = others.iter().map(|actor| &actor[..]).collect();
    let chunk = Chunk {
        hash: ChangeHash([0; 32]),
        deps,
        actor: &[actor; 8],
        seq,
        start_op,
        time: 1_764_000_000 + seq as i64,
        message: &[],
        other_actors,
        columns,
        column_data,
        extra: &[],
    };
    chunk.assemble()
}

fn hash(chunk: &[u8]) -> ChangeHash {
    ChangeHash::of(&chunk[8..])
}

fn incident(byte: u8) -> IncidentId {
    IncidentId::from_bytes([byte; 16])
}

fn by(chunk: Vec<u8>, by: u32) -> GroupChange {
    GroupChange { chunk, by }
}

/// An incident logged and edited once, one to which two devices wrote at once, and bytes that are no change.
fn groups() -> Vec<Group> {
    let first = change(1, 1, 15, vec![hash(SKELETON)], &[[0; 8]]);
    let second = change(1, 2, 16, vec![hash(&first)], &[]);
    let elsewhere = ChangeHash([0x77; 32]);
    let mut both = vec![elsewhere, hash(&second)];
    both.sort_unstable();
    let merge = change(2, 1, 17, both, &[[0; 8], [1; 8]]);
    vec![
        Group {
            incident: incident(0x11),
            relayed: false,
            changes: vec![by(first.clone(), 0), by(second.clone(), 0)],
        },
        Group {
            incident: incident(0x22),
            relayed: true,
            changes: vec![by(first, 3), by(second, 3), by(merge, 700)],
        },
        Group {
            incident: incident(0x33),
            relayed: false,
            changes: vec![by(b"no change".to_vec(), 0)],
        },
    ]
}

fn cursor() -> Cursor {
    Cursor {
        epoch: [0xe0; 16],
        seq: 1_234_567,
        chain: [0xc4; 16],
        mac: [0xa5; 8],
    }
}

fn heads() -> Vec<DocumentHeads> {
    vec![
        DocumentHeads {
            incident: incident(0x11),
            heads: vec![ChangeHash([1; 32]), ChangeHash([2; 32])],
        },
        DocumentHeads {
            incident: incident(0x22),
            heads: Vec::new(),
        },
    ]
}

fn erasures() -> Vec<Erasure> {
    vec![
        Erasure {
            incident: incident(0x55),
            proof: [0x5a; 64],
        },
        Erasure {
            incident: incident(0x66),
            proof: [0x6a; 64],
        },
    ]
}

fn alert() -> Alert {
    Alert {
        id: [0xa1; 16],
        area: "SN-DK".into(),
        text: "grey van".into(),
        ends: 1_764_600_000,
    }
}

fn requests() -> Vec<(&'static str, Request)> {
    let steady = Request {
        cursor: Some(cursor()),
        push: Vec::new(),
        rebase: None,
        answer_budget: 65_536,
        clock: 1_764_000_000,
        erased: Vec::new(),
        keys: KeyNews {
            length: 3,
            ..KeyNews::default()
        },
        alerts: 0,
        pins: 0x0102_0304,
        leaving: Vec::new(),
    };
    let page = HeadsPage {
        after: Some(incident(0x10)),
        until: Some(incident(0x22)),
        have: heads(),
    };
    vec![
        ("request_steady", steady.clone()),
        (
            "request_push",
            Request {
                push: groups(),
                leaving: heads(),
                ..steady.clone()
            },
        ),
        (
            "request_first",
            Request {
                cursor: None,
                rebase: Some(HeadsPage::default()),
                ..steady.clone()
            },
        ),
        (
            "request_rebase",
            Request {
                cursor: None,
                rebase: Some(page),
                clock: -1,
                erased: erasures(),
                ..steady.clone()
            },
        ),
        (
            "request_alerts",
            Request {
                alerts: 1 << 63,
                ..steady
            },
        ),
    ]
}

fn answers() -> Vec<(&'static str, Answer)> {
    let pull = Pull {
        groups: Vec::new(),
        removed: Vec::new(),
        need: Vec::new(),
        cursor: cursor(),
        more: false,
        rebased_until: None,
        digest: ScopeDigest(7 << 100),
    };
    let full = Pull {
        groups: groups(),
        removed: vec![incident(0x44)],
        need: heads(),
        more: true,
        rebased_until: Some(incident(0x22)),
        ..pull.clone()
    };
    let verdicts = [
        Verdict::Stored,
        Verdict::Stored,
        Verdict::Duplicate,
        Verdict::Pending,
    ]
    .into_iter();
    // Those that there were when this frame was frozen.
    let verdicts = verdicts
        .chain(Refusal::ALL.into_iter().take(12).map(Verdict::Rejected))
        .chain([Verdict::Stored; 300])
        .collect();
    let nothing = Answer {
        verdicts: Vec::new(),
        pull,
        clock: 1_764_000_003,
        erase: Vec::new(),
        key_set: None,
        old_wraps: 0,
        alerts: None,
        pins: None,
        zone: None,
    };
    vec![
        ("answer_nothing_new", nothing.clone()),
        (
            "answer_everything",
            Answer {
                verdicts,
                pull: full,
                clock: 1_764_000_003,
                erase: erasures(),
                key_set: Some(vec![7; 40]),
                old_wraps: 300,
                alerts: None,
                pins: Some(vec![9; 64]),
                zone: None,
            },
        ),
        (
            "answer_alerts",
            Answer {
                alerts: Some(vec![alert()]),
                ..nothing.clone()
            },
        ),
        (
            "answer_other_incident",
            Answer {
                verdicts: vec![Verdict::Rejected(Refusal::OtherIncident), Verdict::Stored],
                ..nothing.clone()
            },
        ),
        (
            "answer_no_alerts",
            Answer {
                alerts: Some(Vec::new()),
                ..nothing
            },
        ),
    ]
}

fn envelope() -> Envelope {
    Envelope::seal(
        &[0x5e; 32],
        SYNC_PATH,
        DeviceId::from_bytes([0xde; 16]),
        0xfeed_face_cafe_beef,
        42,
        b"the body".to_vec(),
    )
}

/// Everything version 1 says, by file name: the bytes inside the compression.
fn valid() -> Vec<(String, Vec<u8>)> {
    let mut files = vec![
        ("batch_empty".to_owned(), codec::encode(&[])),
        ("batch_three_groups".to_owned(), codec::encode(&groups())),
        ("envelope".to_owned(), envelope().encode()),
        (
            "report".to_owned(),
            inflate(&uplink::encode(&report())).unwrap(),
        ),
        (
            "report_empty".to_owned(),
            inflate(&uplink::encode(&Report::default())).unwrap(),
        ),
        (
            "reply".to_owned(),
            inflate(&uplink::encode(&reply())).unwrap(),
        ),
        (
            "report_alerts".to_owned(),
            inflate(&uplink::encode(&report_alerts())).unwrap(),
        ),
        (
            "reply_alerts".to_owned(),
            inflate(&uplink::encode(&reply_alerts())).unwrap(),
        ),
        (
            "report_log".to_owned(),
            inflate(&uplink::encode(&report_log())).unwrap(),
        ),
        (
            "reply_log".to_owned(),
            inflate(&uplink::encode(&reply_log())).unwrap(),
        ),
        (
            "report_tables".to_owned(),
            inflate(&uplink::encode(&report_tables())).unwrap(),
        ),
        (
            "reply_tables".to_owned(),
            inflate(&uplink::encode(&reply_tables())).unwrap(),
        ),
        (
            "windows".to_owned(),
            inflate(&uplink::encode(&windows())).unwrap(),
        ),
        (
            "windows_reply".to_owned(),
            inflate(&uplink::encode(&windows_reply())).unwrap(),
        ),
    ];
    files.extend(
        requests()
            .into_iter()
            .map(|(name, request)| (name.to_owned(), inflate(&request.encode()).unwrap())),
    );
    files.extend(
        answers()
            .into_iter()
            .map(|(name, answer)| (name.to_owned(), inflate(&answer.encode()).unwrap())),
    );
    files
}

#[test]
fn version_1_writes_the_golden_bytes() {
    for (name, bytes) in valid() {
        let name = format!("{name}.bin");
        let held = std::fs::read(folder("valid").join(&name)).unwrap_or_default();
        assert!(
            held == bytes,
            "valid/{name} changed: that is another protocol, see fixtures/frames/README.md"
        );
    }
}

/// A body that says its bytes are not compressed.
fn body_of(plain: &[u8]) -> Vec<u8> {
    [&[0], plain].concat()
}

#[test]
fn version_1_reads_the_golden_bytes() {
    let held = |name: &str| std::fs::read(folder("valid").join(format!("{name}.bin"))).unwrap();
    assert_eq!(
        codec::decode(&held("batch_three_groups")).unwrap(),
        groups()
    );
    assert_eq!(codec::decode(&held("batch_empty")).unwrap(), []);
    requests().into_iter().for_each(|(name, request)| {
        assert_eq!(
            Request::decode(&body_of(&held(name))).unwrap(),
            request,
            "{name}"
        )
    });
    answers().into_iter().for_each(|(name, answer)| {
        assert_eq!(
            Answer::decode(&body_of(&held(name))).unwrap(),
            answer,
            "{name}"
        )
    });
    assert_eq!(
        uplink::decode::<Report>(&body_of(&held("report"))).unwrap(),
        report()
    );
    assert_eq!(
        uplink::decode::<Reply>(&body_of(&held("reply"))).unwrap(),
        reply()
    );
    assert_eq!(
        uplink::decode::<Report>(&body_of(&held("report_alerts"))).unwrap(),
        report_alerts()
    );
    assert_eq!(
        uplink::decode::<Reply>(&body_of(&held("reply_alerts"))).unwrap(),
        reply_alerts()
    );
    assert_eq!(
        uplink::decode::<Report>(&body_of(&held("report_log"))).unwrap(),
        report_log()
    );
    assert_eq!(
        uplink::decode::<Reply>(&body_of(&held("reply_log"))).unwrap(),
        reply_log()
    );
    assert_eq!(
        uplink::decode::<Report>(&body_of(&held("report_tables"))).unwrap(),
        report_tables()
    );
    assert_eq!(
        uplink::decode::<Reply>(&body_of(&held("reply_tables"))).unwrap(),
        reply_tables()
    );
    assert_eq!(
        uplink::decode::<Windows>(&body_of(&held("windows"))).unwrap(),
        windows()
    );
    assert_eq!(
        uplink::decode::<WindowsReply>(&body_of(&held("windows_reply"))).unwrap(),
        windows_reply()
    );
    let read = Envelope::decode(&held("envelope")).unwrap();
    assert_eq!(read, envelope());
    assert!(read.is_proven(&public_key(&[0x5e; 32]), SYNC_PATH));
}

#[test]
fn version_1_reads_compressed_bodies_of_any_zstd() {
    let held = |name: &str| std::fs::read(folder("valid").join(format!("{name}.body"))).unwrap();
    requests().into_iter().for_each(|(name, request)| {
        assert_eq!(Request::decode(&held(name)).unwrap(), request, "{name}")
    });
    answers().into_iter().for_each(|(name, answer)| {
        assert_eq!(Answer::decode(&held(name)).unwrap(), answer, "{name}")
    });
}

fn with(bytes: &[u8], at: usize, byte: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] = byte;
    bytes
}

/// What version 1 refuses, by file name; its first word says what it is taken for.
fn invalid() -> Vec<(&'static str, Vec<u8>)> {
    let batch = codec::encode(&groups());
    let steady = inflate(&requests()[0].1.encode()).unwrap();
    let nothing_new = inflate(&answers()[0].1.encode()).unwrap();
    let sealed = envelope().encode();
    vec![
        ("batch_cut_off", batch[..batch.len() / 2].to_vec()),
        ("batch_byte_behind", [&batch[..], &[0]].concat()),
        (
            "batch_wrong_proof",
            with(&batch, batch.len() - 1, batch[batch.len() - 1] ^ 1),
        ),
        ("batch_changed_value", {
            let at = batch.windows(3).position(|three| three == b"yes").unwrap();
            with(&batch, at, b'Y')
        }),
        ("batch_unknown_flags", with(&batch, 17, 2)),
        ("batch_long_number", [&[0x83, 0x00], &batch[1..]].concat()),
        (
            "batch_too_many_groups",
            [&[0xff, 0xff, 0xff, 0x7f], &batch[1..]].concat(),
        ),
        ("body_empty", Vec::new()),
        ("body_unknown_kind", vec![2, 0, 0]),
        ("body_no_zstd", b"\x01no zstd".to_vec()),
        ("request_no_cbor", body_of(&[0xff])),
        ("request_cut_off", body_of(&steady[..steady.len() - 1])),
        (
            "request_newer_version",
            body_of(&with(&with(&steady, 1, 2), 2, 9)),
        ),
        (
            "request_older_version",
            body_of(&with(&with(&steady, 1, 0), 2, 0)),
        ),
        ("request_odd_heads", {
            let plain = inflate(&requests()[3].1.encode()).unwrap();
            let at = plain.windows(2).position(|two| two == [0x58, 64]).unwrap();
            let mut plain = with(&plain, at + 1, 63);
            plain.remove(at + 2);
            body_of(&plain)
        }),
        ("answer_no_cbor", body_of(&[0x80])),
        (
            "answer_cut_off",
            body_of(&nothing_new[..nothing_new.len() / 2]),
        ),
        ("answer_too_many_verdicts", {
            // The empty list of runs becomes one run of 2^32 - 1.
            body_of(
                &[
                    &nothing_new[..2],
                    &[0x81, 0x82, 0x00, 0x1a, 0xff, 0xff, 0xff, 0xff],
                    &nothing_new[3..],
                ]
                .concat(),
            )
        }),
        ("answer_short_proof_of_an_erasure", {
            let plain = inflate(&answers()[1].1.encode()).unwrap();
            let at = plain
                .windows(3)
                .rposition(|three| three == [0x58, 64, 0x6a])
                .unwrap();
            let mut plain = with(&plain, at + 1, 63);
            plain.remove(at + 2);
            body_of(&plain)
        }),
        ("answer_short_pins", {
            let plain = inflate(&answers()[1].1.encode()).unwrap();
            let at = plain.windows(2).rposition(|two| two == [0x58, 64]).unwrap();
            let mut plain = with(&plain, at + 1, 63);
            plain.pop();
            body_of(&plain)
        }),
        ("envelope_cut_off", sealed[..sealed.len() - 1].to_vec()),
        ("envelope_short_device", with(&sealed, 1, 0x4f)),
        ("envelope_long_proof", {
            let mut long = envelope();
            long.proof = vec![1; 129];
            long.encode()
        }),
        ("report_no_cbor", body_of(&[0xff])),
        ("reply_no_cbor", body_of(&[0x83])),
    ]
}

/// The error these bytes meet, as it is written beside them.
fn error(name: &str, bytes: &[u8]) -> String {
    fn said<T: Debug, E: Debug>(read: Result<T, E>) -> String {
        read.map_or_else(
            |error| format!("{error:?}\n"),
            |read| format!("no error, but {read:?}\n"),
        )
    }
    match name.split('_').next() {
        Some("batch") => said(codec::decode(bytes)),
        Some("body") => said(inflate(bytes)),
        Some("request") => said(Request::decode(bytes)),
        Some("answer") => said(Answer::decode(bytes)),
        Some("envelope") => said(Envelope::decode(bytes)),
        Some("report") => said(uplink::decode::<Report>(bytes)),
        _ => said(uplink::decode::<Reply>(bytes)),
    }
}

#[test]
fn version_1_refuses_the_invalid_frames_as_it_always_did() {
    for (name, bytes) in invalid() {
        let said = error(name, &bytes);
        assert!(!said.starts_with("no error"), "{name}: {said}");
        assert!(
            std::fs::read(folder("invalid").join(format!("{name}.bin"))).unwrap_or_default()
                == bytes,
            "invalid/{name}.bin changed"
        );
        assert_eq!(
            std::fs::read_to_string(folder("invalid").join(format!("{name}.txt")))
                .unwrap_or_default(),
            said,
            "invalid/{name}.txt"
        );
    }
}

#[test]
fn no_file_is_left_without_a_test() {
    let count = |kind: &str| std::fs::read_dir(folder(kind)).unwrap().count();
    assert_eq!(count("valid"), valid().len() + bodies().len());
    assert_eq!(count("invalid"), 2 * invalid().len());
}

#[test]
fn every_refusal_has_a_name_a_status_and_comes_back_by_its_name() {
    let named = [
        (Refused::Malformed, "malformed", 400),
        (Refused::TooLarge, "too_large", 413),
        (Refused::Version, "version", 426),
        (Refused::NotEnrolled, "not_enrolled", 401),
        (Refused::WrongProof, "wrong_proof", 401),
        (Refused::Revoked, "revoked", 403),
        (Refused::Replayed, "replayed", 409),
        (Refused::RolledBack, "device_rolled_back", 409),
        (Refused::Rebase, "rebase", 409),
        (Refused::NotAllowed, "not_allowed", 403),
        (Refused::Quota, "quota", 413),
        (Refused::Busy, "busy", 503),
        (Refused::Failed, "failed", 500),
    ];
    for (refused, code, status) in named {
        assert_eq!(
            (refused.code(), refused.status(), Refused::from_code(code)),
            (code, status, Some(refused))
        );
    }
    assert_eq!(Refused::from_code("something_newer"), None);
}
