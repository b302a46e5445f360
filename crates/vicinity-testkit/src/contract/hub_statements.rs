//! Sealed statements at the hub.

use std::path::Path;

use vicinity_core::ids::IncidentId;
use vicinity_sqlite::audit_chain;
use vicinity_store::hub::{HubStore, Peer, Role};
use vicinity_store::statement::{
    BLOB_TERM_SECONDS, BlobPiece, BlobState, KeptWrap, SealedStatement,
};

use super::stage::Hub;
use crate::person::{Person, consented, incident_id, now, now_plus};

const HASH: [u8; 32] = [5; 32];
const QUOTA: u64 = 1000;

fn piece(offset: u64, bytes: &[u8]) -> BlobPiece<'_> {
    BlobPiece {
        hash: HASH,
        total: 6,
        offset,
        bytes,
    }
}

fn wrap(number: u8) -> KeptWrap {
    KeptWrap {
        id: [number; 16],
        bytes: vec![number; 40],
    }
}

fn sealed(incident: IncidentId, entry: &str) -> SealedStatement {
    SealedStatement {
        incident,
        entry: entry.to_owned(),
        class: "narrative".to_owned(),
        wrapped_key: [4; 48],
        body: (0..100).collect(),
    }
}

/// A hub with an educator's incident, and what it takes for it.
fn with_incident<S: HubStore>(make: impl Fn(&Path) -> S) -> (Hub<S>, Peer) {
    let mut hub = Hub::new(make);
    let ada = hub.enrols(Role::Educator);
    let group = Person::logs(incident_id(1), 1, &consented()).group();
    hub.takes(&ada, &[group]);
    (hub, ada)
}

/// Whatever comes twice, or in the wrong place.
pub fn a_blob_grows_piece_by_piece_and_a_wrong_piece_changes_nothing<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let (mut hub, ada) = with_incident(make);
    let mut take = |piece: BlobPiece<'_>| {
        hub.store
            .take_piece(&ada, &piece, QUOTA, now())
            .expect("an answer")
    };
    assert!(take(piece(0, &[])) == BlobState::Held(0));
    assert!(take(piece(0, &[1, 2, 3])) == BlobState::Held(3));
    assert!(take(piece(0, &[9, 9])) == BlobState::Held(3));
    assert!(take(piece(3, &[9; 4])) == BlobState::Held(3));
    assert!(
        take(BlobPiece {
            total: 7,
            ..piece(3, &[4])
        }) == BlobState::Held(3)
    );
    assert!(take(piece(3, &[4, 5, 6])) == BlobState::Whole(vec![1, 2, 3, 4, 5, 6]));
    hub.store.drop_blob(&ada, HASH).expect("forgotten");
    assert!(
        hub.store
            .take_piece(&ada, &piece(0, &[]), QUOTA, now())
            .expect("an answer")
            == BlobState::Held(0)
    );
}

/// By whole blobs, from their first piece on.
pub fn a_device_has_its_share_and_no_more<S: HubStore>(make: impl Fn(&Path) -> S) {
    let (mut hub, ada) = with_incident(make);
    let mut begin = |hash: u8, total: u64| {
        hub.store
            .take_piece(
                &ada,
                &BlobPiece {
                    hash: [hash; 32],
                    total,
                    offset: 0,
                    bytes: &[1],
                },
                QUOTA,
                now(),
            )
            .expect("an answer")
    };
    assert!(begin(1, 600) == BlobState::Held(1));
    assert!(begin(2, 401) == BlobState::OverQuota);
    assert!(begin(3, 400) == BlobState::Held(1));
}

/// With its key, by pieces; and once taken apart the blob says so permanently.
pub fn a_batch_taken_apart_is_given_statement_by_statement<S: HubStore>(make: impl Fn(&Path) -> S) {
    let (mut hub, ada) = with_incident(make);
    let id = incident_id(1);
    hub.store
        .take_piece(&ada, &piece(0, &[1; 6]), QUOTA, now())
        .expect("an answer");
    hub.store
        .keep_batch(
            &ada,
            HASH,
            &wrap(1),
            3,
            &[sealed(id, "a"), sealed(id, "b")],
            &[2],
            now(),
        )
        .expect("kept");
    assert!(
        hub.store
            .take_piece(&ada, &piece(0, &[1; 6]), QUOTA, now())
            .expect("an answer")
            == BlobState::Done(vec![2])
    );
    assert_eq!(
        hub.store.sealed_statements(id).expect("a list"),
        [("a".to_owned(), 100), ("b".to_owned(), 100)]
    );
    let held = hub
        .store
        .sealed_statement(id, "a", 90, 64)
        .expect("an answer")
        .expect("a statement");
    assert_eq!(
        (held.class.as_str(), held.wrap, held.wrapped_key, held.total),
        ("narrative", wrap(1), [4; 48], 100)
    );
    assert_eq!(held.piece, (90..100).collect::<Vec<u8>>());
    assert!(
        hub.store
            .sealed_statement(id, "c", 0, 64)
            .expect("an answer")
            .is_none()
    );
    // What is there stays as it is.
    hub.store
        .keep_batch(&ada, [6; 32], &wrap(2), 3, &[sealed(id, "a")], &[], now())
        .expect("kept");
    assert_eq!(
        hub.store
            .sealed_statement(id, "a", 0, 64)
            .expect("an answer")
            .expect("a statement")
            .wrap,
        wrap(1)
    );
}

/// Erased, none of it can be asked for, and its batch's key goes with the last statement.
pub fn an_erased_statement_is_gone_with_its_keys<S: HubStore>(make: impl Fn(&Path) -> S) {
    let (mut hub, ada) = with_incident(make);
    let id = incident_id(1);
    hub.store
        .keep_batch(&ada, HASH, &wrap(1), 1, &[sealed(id, "a")], &[], now())
        .expect("kept");
    assert_eq!(hub.store.newest_old_wrap(2).expect("a place"), 1);
    assert!(hub.store.erase(id, now()).expect("erased"));
    assert_eq!(hub.store.sealed_statements(id).expect("a list"), []);
    assert!(
        hub.store
            .sealed_statement(id, "a", 0, 64)
            .expect("an answer")
            .is_none()
    );
    assert_eq!(hub.store.newest_old_wrap(2).expect("a place"), 0);
    // A place is never given again: who remembers it would not ask for the next batch.
    hub.store
        .keep_batch(
            &ada,
            [6; 32],
            &wrap(2),
            1,
            &[sealed(incident_id(2), "a")],
            &[],
            now(),
        )
        .expect("kept");
    assert_eq!(hub.store.newest_old_wrap(2).expect("a place"), 2);
}

/// It may hold a statement of the incident, with what opens it; nobody else loses what they brought.
pub fn what_is_under_way_is_forgotten_when_an_incident_of_its_writer_is_erased<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let (mut hub, ada) = with_incident(make);
    let (eve, ben) = (hub.enrols(Role::Educator), hub.enrols(Role::Responder));
    let take = |hub: &mut Hub<S>, peer: &Peer, piece: BlobPiece<'_>| {
        hub.store
            .take_piece(peer, &piece, QUOTA, now())
            .expect("an answer")
    };
    for peer in [&ada, &eve, &ben] {
        assert!(take(&mut hub, peer, piece(0, &[1, 2, 3])) == BlobState::Held(3));
    }
    assert!(hub.store.erase(incident_id(1), now()).expect("erased"));
    for (peer, held) in [(&ada, 0), (&eve, 3), (&ben, 3)] {
        assert!(
            take(&mut hub, peer, piece(0, &[])) == BlobState::Held(held),
            "device {}",
            peer.number
        );
    }
    // Anyone who confirms that an incident is gone brings nothing more that was sealed with it.
    hub.store
        .confirm_erased(&ben, &[incident_id(1)], now())
        .expect("noted");
    assert!(take(&mut hub, &ben, piece(0, &[])) == BlobState::Held(0));
}

/// A lost phone does not end what it began.
pub fn what_is_under_way_is_forgotten_when_its_device_is_revoked_or_brings_no_more<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let (mut hub, ada) = with_incident(make);
    let take = |hub: &mut Hub<S>, piece: BlobPiece<'_>, seconds: i64| {
        hub.store
            .take_piece(&ada, &piece, QUOTA, now_plus(seconds))
            .expect("an answer")
    };
    assert!(take(&mut hub, piece(0, &[1]), 0) == BlobState::Held(1));
    assert!(take(&mut hub, piece(1, &[2]), 100) == BlobState::Held(2));
    hub.store
        .forget_stale_blobs(now_plus(BLOB_TERM_SECONDS + 100))
        .expect("forgotten");
    assert!(take(&mut hub, piece(0, &[]), 100) == BlobState::Held(2));
    hub.store
        .forget_stale_blobs(now_plus(BLOB_TERM_SECONDS + 101))
        .expect("forgotten");
    assert!(take(&mut hub, piece(0, &[1]), 200) == BlobState::Held(1));
    assert!(hub.store.revoke(ada.number, now()).expect("an answer"));
    assert!(take(&mut hub, piece(0, &[]), 200) == BlobState::Held(0));
}

/// Else a device could have the hub keep a note of every batch, and take the place of another's statement unseen.
pub fn what_was_noted_of_batches_counts_and_is_known_who_brought_a_statement<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let (mut hub, ada) = with_incident(make);
    let id = incident_id(1);
    assert!(
        hub.store
            .take_piece(&ada, &piece(0, &[1; 6]), QUOTA, now())
            .expect("an answer")
            == BlobState::Whole(vec![1; 6])
    );
    hub.store
        .keep_batch(
            &ada,
            HASH,
            &wrap(1),
            3,
            &[sealed(id, "a")],
            &[1, 2, 3],
            now(),
        )
        .expect("kept");
    assert_eq!(
        hub.store.statement_bringer(id, "a").expect("an answer"),
        Some(ada.number)
    );
    assert_eq!(
        hub.store.statement_bringer(id, "b").expect("an answer"),
        None
    );
    // 100 bytes of the statement and 12 of the note.
    let mut begin = |total: u64| {
        hub.store
            .take_piece(
                &ada,
                &BlobPiece {
                    hash: [9; 32],
                    total,
                    offset: 0,
                    bytes: &[1],
                },
                QUOTA,
                now(),
            )
            .expect("an answer")
    };
    assert!(begin(QUOTA - 111) == BlobState::OverQuota);
    assert!(begin(QUOTA - 112) == BlobState::Held(1));
}

/// Oldest first, and never back.
pub fn batches_keys_are_wrapped_anew_to_newer_sets_only<S: HubStore>(make: impl Fn(&Path) -> S) {
    let (mut hub, ada) = with_incident(make);
    hub.store
        .keep_batch(
            &ada,
            HASH,
            &wrap(1),
            2,
            &[sealed(incident_id(1), "a")],
            &[],
            now(),
        )
        .expect("kept");
    assert_eq!(hub.store.old_wraps(2, 0, 9).expect("wraps"), []);
    assert_eq!(hub.store.old_wraps(3, 0, 9).expect("wraps"), [(1, wrap(1))]);
    assert_eq!(hub.store.old_wraps(3, 1, 9).expect("wraps"), []);
    let anew = KeptWrap {
        bytes: vec![7; 50],
        ..wrap(1)
    };
    assert!(!hub.store.rewrap(&anew, 2).expect("an answer"));
    assert!(hub.store.rewrap(&anew, 3).expect("an answer"));
    assert!(
        !hub.store
            .rewrap(
                &KeptWrap {
                    id: [8; 16],
                    ..anew.clone()
                },
                4
            )
            .expect("an answer")
    );
    assert_eq!(hub.store.old_wraps(3, 0, 9).expect("wraps"), []);
    assert_eq!(hub.store.newest_old_wrap(3).expect("a place"), 0);
    assert_eq!(
        hub.store
            .sealed_statement(incident_id(1), "a", 0, 9)
            .expect("an answer")
            .expect("a statement")
            .wrap,
        anew
    );
}

/// An educator's key would let her read what others learned.
pub fn only_responders_keys_are_sealed_to<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    let (ada, ben) = (hub.enrols(Role::Educator), hub.enrols(Role::Responder));
    for peer in [&ada, &ben] {
        hub.store
            .set_recipient(peer.number, &format!("key {}", peer.number))
            .expect("kept");
    }
    assert_eq!(
        hub.store.recipients().expect("keys"),
        [(ben.number, format!("key {}", ben.number))]
    );
}

/// A device sees an incident as its scope says.
pub fn an_incident_is_in_scope_for_its_educator_and_for_responders<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let (mut hub, ada) = with_incident(make);
    let (eve, ben) = (hub.enrols(Role::Educator), hub.enrols(Role::Responder));
    let mut sees = |peer: &Peer| {
        hub.store
            .incident_in_scope(peer, incident_id(1))
            .expect("an answer")
            .is_some()
    };
    assert_eq!([sees(&ada), sees(&eve), sees(&ben)], [true, false, true]);
}

/// Anyone who takes a row out breaks the chain.
pub fn readings_are_noted_in_a_chain<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    let ben = hub.enrols(Role::Responder);
    for (seconds, hash) in [(0, [1; 32]), (5, [2; 32])] {
        hub.store
            .note_opened(&ben, hash, now_plus(seconds))
            .expect("noted");
    }
    let rows = hub.store.audit().expect("rows");
    assert_eq!(
        rows.iter()
            .map(|row| (row.device, row.at, row.entry_hash))
            .collect::<Vec<_>>(),
        [(1, now(), [1; 32]), (1, now_plus(5), [2; 32])]
    );
    let mut before = [0; 32];
    for row in rows {
        before = audit_chain(&before, row.device, row.at, &row.entry_hash);
        assert_eq!(row.chain, before);
    }
}
