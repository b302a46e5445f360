//! Messages and envelopes: whatever is reported is understood, and a proof holds for nothing but what it was made for.
#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use support::any_groups;
use vicinity_core::admit::Verdict;
use vicinity_core::alert::Alert;
use vicinity_core::batch::{Cursor, DocumentHeads, Erasure, HeadsPage, Pull};
use vicinity_core::guard::Refusal;
use vicinity_core::ids::{
    ChangeHash, DeviceId, IncidentId, ORDINAL_MAX, ProjectionId, ScopeDigest,
};
use vicinity_core::published::Window;
use vicinity_sync::compress::BODY_MAX_BYTES;
use vicinity_sync::envelope::{BadEnvelope, Envelope, public_key};
use vicinity_sync::message::{Answer, KeyNews, Refused, Request, SYNC_PATH};
use vicinity_sync::uplink::{self, AnswerRow, Question, Reply, Report, Row, UPLINK_PATH};
use vicinity_sync::windows::Windows;

fn any_id() -> impl Strategy<Value = IncidentId> {
    any::<[u8; 16]>().prop_map(IncidentId::from_bytes)
}

fn any_cursor() -> impl Strategy<Value = Cursor> {
    (
        any::<[u8; 16]>(),
        any::<u64>(),
        any::<[u8; 16]>(),
        any::<[u8; 8]>(),
    )
        .prop_map(|(epoch, seq, chain, mac)| Cursor {
            epoch,
            seq,
            chain,
            mac,
        })
}

fn any_heads() -> impl Strategy<Value = Vec<DocumentHeads>> {
    let heads = vec(any::<[u8; 32]>().prop_map(ChangeHash), 0..3);
    vec(
        (any_id(), heads).prop_map(|(incident, heads)| DocumentHeads { incident, heads }),
        0..4,
    )
}

fn any_erasures() -> impl Strategy<Value = Vec<Erasure>> {
    let erasure = (any_id(), any::<[u8; 32]>(), any::<[u8; 32]>());
    let proof = |left: [u8; 32], right: [u8; 32]| [left, right].concat().try_into().unwrap();
    vec(
        erasure.prop_map(move |(incident, left, right)| Erasure {
            incident,
            proof: proof(left, right),
        }),
        0..4,
    )
}

fn any_request() -> impl Strategy<Value = Request> {
    let page = (option::of(any_id()), option::of(any_id()), any_heads())
        .prop_map(|(after, until, have)| HeadsPage { after, until, have });
    (
        option::of(any_cursor()),
        any_groups(),
        option::of(page),
        0..=BODY_MAX_BYTES as u32,
        any::<i64>(),
        any_erasures(),
        any_heads(),
    )
        .prop_map(
            |(cursor, push, rebase, answer_budget, clock, erased, leaving)| {
                let (keys, alerts, pins) = (
                    KeyNews {
                        length: clock.unsigned_abs(),
                        mark: clock.unsigned_abs() / 3,
                        entries: vec![5; (clock % 3).unsigned_abs() as usize],
                    },
                    clock.unsigned_abs() / 2,
                    answer_budget,
                );
                Request {
                    cursor,
                    push,
                    rebase,
                    answer_budget,
                    clock,
                    erased,
                    keys,
                    pins,
                    leaving,
                    alerts,
                }
            },
        )
}

fn any_verdict() -> impl Strategy<Value = Verdict> {
    let refused = prop::sample::select(Refusal::ALL.to_vec()).prop_map(Verdict::Rejected);
    prop_oneof![
        Just(Verdict::Stored),
        Just(Verdict::Duplicate),
        Just(Verdict::Pending),
        Just(Verdict::NotYet),
        refused
    ]
}

fn any_answer() -> impl Strategy<Value = Answer> {
    let pull = (
        any_groups(),
        vec(any_id(), 0..3),
        any_heads(),
        any_cursor(),
        any::<bool>(),
        option::of(any_id()),
        any::<u128>(),
    )
        .prop_map(
            |(groups, removed, need, cursor, more, rebased_until, digest)| Pull {
                groups,
                removed,
                need,
                cursor,
                more,
                rebased_until,
                digest: ScopeDigest(digest),
            },
        );
    (
        vec(any_verdict(), 0..40),
        pull,
        any::<i64>(),
        any_erasures(),
    )
        .prop_map(|(verdicts, pull, clock, erase)| Answer {
            verdicts,
            pull,
            clock,
            erase,
            key_set: (clock % 2 == 0).then(|| vec![7; 90]),
            old_wraps: clock.unsigned_abs() % 3,
            alerts: (clock % 5 == 0).then(|| {
                vec![Alert {
                    id: [3; 16],
                    area: "SN-DK".into(),
                    text: "a van".into(),
                    ends: clock,
                }]
            }),
            pins: (clock % 5 == 0).then(|| vec![9; 64]),
            zone: (clock % 3 == 0).then(|| "Asia/Bishkek".to_owned()),
        })
}

fn any_report() -> impl Strategy<Value = Report> {
    let row = (any::<[u8; 16]>(), any::<u64>(), option::of(".{0,40}"))
        .prop_map(|(id, version, json)| Row::new(ProjectionId::from_bytes(id), version, json));
    let answer =
        (any::<u64>(), "[a-z]{0,12}").prop_map(|(question, answer)| AnswerRow { question, answer });
    (vec(row, 0..5), vec(any::<u64>(), 0..5), vec(answer, 0..5)).prop_map(
        |(rows, questions_received, answers)| Report {
            rows,
            questions_received,
            answers,
            pins: 7,
            tables_mark: Some([9; 16]),
            ..Report::default()
        },
    )
}

fn any_reply() -> impl Strategy<Value = Reply> {
    let question =
        (any::<u64>(), any::<[u8; 16]>(), "[a-z_]{0,12}").prop_map(|(id, projection, code)| {
            Question::new(id, ProjectionId::from_bytes(projection), code)
        });
    (vec(option::of(any::<u64>()), 0..9), vec(question, 0..5)).prop_map(|(held, questions)| Reply {
        held,
        questions,
        ..Reply::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn requests_and_answers_come_out_as_they_went_in(request in any_request(), answer in any_answer()) {
        prop_assert_eq!(Request::decode(&request.encode()).unwrap(), request);
        prop_assert_eq!(Answer::decode(&answer.encode()).unwrap(), answer);
    }

    #[test]
    fn reports_and_replies_come_out_as_they_went_in(report in any_report(), reply in any_reply()) {
        prop_assert_eq!(uplink::decode::<Report>(&uplink::encode(&report)).unwrap(), report);
        prop_assert_eq!(uplink::decode::<Reply>(&uplink::encode(&reply)).unwrap(), reply);
    }

    #[test]
    fn bytes_that_are_no_message_never_panic(bytes in vec(any::<u8>(), 0..400), kind in 0..3u8) {
        let body = [&[kind], bytes.as_slice()].concat();
        let _ = (Request::decode(&body), Answer::decode(&body), Envelope::decode(&bytes));
        let _ = (uplink::decode::<Report>(&body), uplink::decode::<Reply>(&body));
    }

    #[test]
    fn mutated_messages_never_panic(request in any_request(), answer in any_answer(), at in any::<prop::sample::Index>(), byte in 1..=255u8) {
        for (is_request, mut body) in [(true, request.encode()), (false, answer.encode())] {
            let at = at.index(body.len());
            body[at] ^= byte;
            let _ = if is_request { Request::decode(&body).err() } else { Answer::decode(&body).err() };
        }
    }

    #[test]
    fn a_proof_holds_for_nothing_else(
        secret in any::<[u8; 32]>(),
        (device, incarnation, counter) in (any::<[u8; 16]>(), any::<u64>(), 0..=ORDINAL_MAX),
        body in vec(any::<u8>(), 1..200),
        (at, bit) in (any::<prop::sample::Index>(), 0..8u8),
    ) {
        let flip = |bytes: &mut [u8]| { let at = at.index(bytes.len()); bytes[at] ^= 1 << bit; };
        let id = DeviceId::from_bytes(device);
        let sealed = Envelope::seal(&secret, SYNC_PATH, id, incarnation, counter, body.clone());
        prop_assert!(sealed.is_proven(&public_key(&secret), SYNC_PATH));
        prop_assert_eq!(&Envelope::decode(&sealed.encode()).unwrap(), &sealed);
        prop_assert!(!sealed.is_proven(&public_key(&secret), UPLINK_PATH));
        let mut other = secret;
        flip(&mut other);
        prop_assert!(!sealed.is_proven(&public_key(&other), SYNC_PATH));
        let mut device = device;
        flip(&mut device);
        let mut forged = Envelope::seal(&other, SYNC_PATH, DeviceId::from_bytes(device), incarnation, counter, body);
        forged.proof = sealed.proof.clone();
        prop_assert!(!forged.is_proven(&public_key(&secret), SYNC_PATH));
        let (mut incarnated, mut counted) = (sealed.clone(), sealed.clone());
        incarnated.incarnation ^= 1 << bit;
        counted.counter ^= 1 << bit;
        prop_assert!(!incarnated.is_proven(&public_key(&secret), SYNC_PATH) && !counted.is_proven(&public_key(&secret), SYNC_PATH));
        let (mut body, mut proof) = (sealed.clone(), sealed.clone());
        flip(&mut body.body);
        flip(&mut proof.proof);
        prop_assert!(!body.is_proven(&public_key(&secret), SYNC_PATH) && !proof.is_proven(&public_key(&secret), SYNC_PATH));
        proof.proof.clear();
        prop_assert!(!proof.is_proven(&public_key(&secret), SYNC_PATH));
    }
}

#[test]
fn an_envelope_whose_counter_no_store_can_order_is_none() {
    let with = |counter: u64| {
        Envelope::decode(
            &Envelope::seal(
                &[1; 32],
                SYNC_PATH,
                DeviceId::from_bytes([2; 16]),
                u64::MAX,
                counter,
                vec![1],
            )
            .encode(),
        )
    };
    assert_eq!(
        (
            with(ORDINAL_MAX).map(|envelope| envelope.counter),
            with(0).map(|envelope| envelope.counter)
        ),
        (Ok(ORDINAL_MAX), Ok(0))
    );
    assert_eq!(
        (with(ORDINAL_MAX + 1), with(u64::MAX)),
        (Err(BadEnvelope), Err(BadEnvelope))
    );
}

#[test]
fn a_refusal_of_a_newer_hub_is_still_a_refusal() {
    let pull = Pull {
        groups: Vec::new(),
        removed: Vec::new(),
        need: Vec::new(),
        cursor: Cursor {
            epoch: [0; 16],
            seq: 0,
            chain: [0; 16],
            mac: [0; 8],
        },
        more: false,
        rebased_until: None,
        digest: ScopeDigest(0),
    };
    let verdicts = vec![Verdict::Rejected(Refusal::Malformed)];
    let body = Answer {
        verdicts,
        pull,
        clock: 0,
        erase: Vec::new(),
        key_set: None,
        old_wraps: 0,
        alerts: None,
        pins: None,
        zone: None,
    }
    .encode();
    for unknown in [4, 15, 16 + 12, 200, 255] {
        let mut body = body.clone();
        let run = body
            .windows(3)
            .position(|three| three == [0x82, 16, 1])
            .unwrap();
        body.splice(
            run + 1..=run + 1,
            if unknown < 24 {
                vec![unknown]
            } else {
                vec![0x18, unknown]
            },
        );
        assert!(
            matches!(
                Answer::decode(&body).unwrap().verdicts[..],
                [Verdict::Rejected(_)]
            ),
            "{unknown}"
        );
    }
    assert_eq!(
        Answer::decode(&body[..body.len() - 1]),
        Err(Refused::Malformed)
    );
}

fn window(count: u64) -> Window {
    Window {
        month: "2026-09".into(),
        cells: std::collections::BTreeMap::from([((String::new(), String::new()), count)]),
    }
}

#[test]
fn a_window_that_may_not_be_published_spoils_the_message_it_came_in() {
    let good = Windows::new(&[window(10)], 7);
    let read: Windows = uplink::decode(&uplink::encode(&good)).unwrap();
    assert_eq!(
        (read.pins, read.into_windows().unwrap()),
        (7, vec![window(10)])
    );
    assert_eq!(
        Windows::new(&[window(10), window(9)], 0).into_windows(),
        Err(Refused::Malformed)
    );
    assert_eq!(
        Windows::new(&vec![window(10); 25], 0).into_windows(),
        Err(Refused::TooLarge)
    );
}
