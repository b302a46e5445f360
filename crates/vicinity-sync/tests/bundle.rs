//! Bundles and replies: what is inside, and what of a reply still counts for whom.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use vicinity_core::admit::Verdict;
use vicinity_core::batch::{Cursor, Pull};
use vicinity_core::guard::Refusal;
use vicinity_core::ids::{ChangeHash, DeviceId, IncidentId, ScopeDigest};
use vicinity_sync::bundle::{
    BLOBS_MAX_BYTES, BUNDLED_PATH, BadReply, Bundle, Judged, REQUESTS_MAX, Reader, Reading, Reply,
    read,
};
use vicinity_sync::envelope::Envelope;
use vicinity_sync::envelope::public_key;
use vicinity_sync::message::{Answer, KeyNews, Refused, Request};

const HUB: [u8; 32] = [7; 32];

fn device() -> DeviceId {
    DeviceId::from_bytes([1; 16])
}

fn cursor(seq: u64) -> Cursor {
    Cursor {
        epoch: [3; 16],
        seq,
        chain: [4; 16],
        mac: [5; 8],
    }
}

fn request() -> Vec<u8> {
    let request = Request {
        cursor: Some(cursor(5)),
        push: Vec::new(),
        rebase: None,
        answer_budget: 1,
        clock: 2,
        erased: Vec::new(),
        keys: KeyNews::default(),
        pins: 0,
        leaving: Vec::new(),
        alerts: 0,
    };
    Envelope::seal(&[1; 32], BUNDLED_PATH, device(), 9, 21, request.encode()).encode()
}

fn answer(seq: u64, rebased_until: Option<IncidentId>) -> Vec<u8> {
    let pull = Pull {
        groups: Vec::new(),
        removed: vec![IncidentId::from_bytes([seq as u8; 16])],
        need: Vec::new(),
        cursor: cursor(seq),
        more: false,
        rebased_until,
        digest: ScopeDigest(seq.into()),
    };
    Answer {
        verdicts: Vec::new(),
        pull,
        clock: 0,
        erase: Vec::new(),
        key_set: None,
        old_wraps: 0,
        alerts: None,
        pins: None,
        zone: None,
    }
    .encode()
}

/// To a device that stood at 5 in its life 9 and had made 20 requests.
fn reply() -> Reply {
    let judged = |place: u8, verdict| Judged {
        incident: IncidentId::from_bytes([place; 16]),
        hash: ChangeHash([place; 32]),
        verdict,
    };
    Reply {
        device: device(),
        incarnation: 9,
        heard: 20,
        from: Some(cursor(5)),
        void: false,
        judged: vec![
            judged(1, Verdict::Stored),
            judged(2, Verdict::Duplicate),
            judged(3, Verdict::Pending),
            judged(4, Verdict::Rejected(Refusal::OutOfScope)),
        ],
        told: vec![IncidentId::from_bytes([6; 16])],
        answers: vec![answer(6, None), answer(8, None)],
        blobs: vec![([8; 32], vec![1, 4])],
    }
}

fn reader() -> Reader {
    Reader {
        device: device(),
        incarnation: 9,
        counter: 20,
        cursor: Some(cursor(5)),
    }
}

#[test]
fn a_bundle_comes_back_from_its_bytes_and_from_nothing_else() {
    let bundle = Bundle {
        reply_to: "age1x".into(),
        requests: vec![request(), request()],
        blobs: vec![vec![1, 2]],
    };
    let bytes = bundle.encode();
    assert_eq!(Bundle::decode(&bytes), Ok(bundle.clone()));
    for at in 0..bytes.len() {
        assert!(Bundle::decode(&bytes[..at]).is_err(), "cut at {at}");
    }
    let refused = |bundle: Bundle| Bundle::decode(&bundle.encode()).unwrap_err();
    assert_eq!(
        refused(Bundle {
            requests: Vec::new(),
            ..bundle.clone()
        }),
        Refused::Malformed
    );
    assert_eq!(
        refused(Bundle {
            requests: vec![request(), vec![0, 1]],
            ..bundle.clone()
        }),
        Refused::Malformed,
        "the last one too is read first"
    );
    assert_eq!(
        refused(Bundle {
            requests: vec![request(); REQUESTS_MAX + 1],
            ..bundle.clone()
        }),
        Refused::TooLarge
    );
    assert_eq!(
        refused(Bundle {
            blobs: vec![vec![0; BLOBS_MAX_BYTES + 1]],
            ..bundle
        }),
        Refused::TooLarge
    );
}

#[test]
fn a_reply_is_good_from_one_hub_and_unaltered() {
    let bytes = reply().sign(&HUB);
    assert_eq!(Reply::open(&bytes, &public_key(&HUB)), Ok(reply()));
    assert_eq!(
        Reply::open(&bytes, &public_key(&[8; 32])),
        Err(BadReply::NotSigned)
    );
    for at in 0..bytes.len() {
        let mut bent = bytes.clone();
        bent[at] ^= 1;
        assert_eq!(
            Reply::open(&bent, &public_key(&HUB)),
            Err(BadReply::NotSigned),
            "changed at {at}"
        );
        assert!(
            Reply::open(&bytes[..at], &public_key(&HUB)).is_err(),
            "cut at {at}"
        );
    }
}

#[test]
fn a_reply_counts_whole_where_the_bundle_was_made() {
    let Reading::Whole(whole) = read(&reply(), &reader()).unwrap() else {
        panic!("not whole")
    };
    let places = |pairs: &[(IncidentId, ChangeHash)]| {
        pairs.iter().map(|(_, hash)| hash.0[0]).collect::<Vec<_>>()
    };
    assert_eq!(places(&whole.delivery.acked), [1, 2]);
    assert_eq!(
        whole.delivery.rejected,
        [(
            IncidentId::from_bytes([4; 16]),
            ChangeHash([4; 32]),
            Refusal::OutOfScope
        )]
    );
    assert_eq!(
        (
            whole.delivery.cursor,
            whole.delivery.removed.len(),
            whole.end
        ),
        (Some(cursor(8)), 2, Some((false, ScopeDigest(8))))
    );
    assert_eq!(whole.delivery.told, [IncidentId::from_bytes([6; 16])]);
    // What was not sent since has a higher counter, and that is no reason.
    assert!(matches!(
        read(
            &reply(),
            &Reader {
                counter: 30,
                ..reader()
            }
        ),
        Ok(Reading::Whole(_))
    ));
}

#[test]
fn a_rebase_that_is_not_over_gives_no_place() {
    let unfinished = Reply {
        from: None,
        answers: vec![answer(6, Some(IncidentId::from_bytes([1; 16])))],
        ..reply()
    };
    let Reading::Whole(whole) = read(
        &unfinished,
        &Reader {
            cursor: None,
            ..reader()
        },
    )
    .unwrap() else {
        panic!("not whole")
    };
    assert_eq!(whole.delivery.cursor, None);
}

#[test]
fn of_an_old_reply_only_acknowledgements_count() {
    for at in [Some(cursor(8)), Some(cursor(4))] {
        let Reading::Acknowledged(acked) = read(
            &reply(),
            &Reader {
                cursor: at,
                ..reader()
            },
        )
        .unwrap() else {
            panic!("not old")
        };
        assert_eq!(acked.len(), 2);
    }
    let elsewhere = Cursor {
        epoch: [9; 16],
        ..cursor(5)
    };
    for at in [None, Some(elsewhere)] {
        let Reading::Acknowledged(acked) = read(
            &reply(),
            &Reader {
                cursor: at,
                ..reader()
            },
        )
        .unwrap() else {
            panic!("not old")
        };
        assert!(
            acked.is_empty(),
            "the hub may have lost them in its restore"
        );
    }
    assert!(matches!(
        read(
            &reply(),
            &Reader {
                incarnation: 10,
                ..reader()
            }
        ),
        Ok(Reading::EarlierLife)
    ));
}

#[test]
fn a_device_that_is_older_than_what_its_hub_heard_begins_a_new_life() {
    assert!(matches!(
        read(
            &reply(),
            &Reader {
                counter: 19,
                ..reader()
            }
        ),
        Ok(Reading::RolledBack)
    ));
    assert_eq!(
        read(
            &reply(),
            &Reader {
                device: DeviceId::from_bytes([2; 16]),
                ..reader()
            }
        )
        .unwrap_err(),
        BadReply::OtherDevice
    );
    let broken = Reply {
        answers: vec![vec![0, 1, 2]],
        ..reply()
    };
    assert_eq!(read(&broken, &reader()).unwrap_err(), BadReply::Malformed);
}
