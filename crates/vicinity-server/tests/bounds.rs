//! What an enrolled device can make a hub compute by the other ways in than a sync: files, and pieces of statements.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use serde_json::json;
use support::Site;
use vicinity_core::batch::{Group, GroupChange, HeadsPage};
use vicinity_core::document::{Authoring, Document};
use vicinity_core::draft::Draft;
use vicinity_core::edit::Edit;
use vicinity_core::ids::{DeviceId, IncidentId};
use vicinity_core::time::Timestamp;
use vicinity_seal::parcel;
use vicinity_server::bundle;
use vicinity_server::gate;
use vicinity_server::sqlite::SqliteHub;
use vicinity_server::statements::{self, BlobRequest};
use vicinity_server::store::hub::{HubStore, Peer, Role};
use vicinity_sync::bundle::{BUNDLE_PATH, BUNDLED_PATH, Bundle};
use vicinity_sync::envelope::{Envelope, public_key};
use vicinity_sync::message::{KeyNews, Request};
use vicinity_sync::statement::{
    BLOB_PATH, BLOB_STATEMENTS_MAX, Batch, PIECE_MAX_BYTES, Piece, PieceAnswer, SealedRow, WrapRow,
    blob_hash,
};
use vicinity_sync::uplink;

const SECRET: [u8; 32] = [9; 32];
/// Changes of the large incident.
const CHANGES: usize = 400;
/// How often it is named.
const TIMES: usize = 500;

fn device() -> DeviceId {
    DeviceId::from_random([9; 16])
}

fn incident() -> IncidentId {
    IncidentId::from_random([4; 16])
}

fn group(chunks: &[Vec<u8>]) -> Group {
    Group {
        incident: incident(),
        relayed: false,
        changes: chunks
            .iter()
            .map(|chunk| GroupChange {
                chunk: chunk.clone(),
                by: 0,
            })
            .collect(),
    }
}

/// A hub that has a large incident of one device's.
struct Scene {
    site: Site,
    store: SqliteHub,
    peer: Peer,
    /// The changes that the hub has, and more of the same incident that it has not.
    known: Vec<Vec<u8>>,
    new: Vec<Vec<u8>>,
}

impl Scene {
    fn new() -> Self {
        let site = Site::hub();
        let (mut store, now) = (site.hub_store(), site.now());
        store
            .invite([9; 32], Role::Educator, Timestamp::MAX)
            .unwrap();
        let peer = store
            .enrol([9; 32], device(), public_key(&SECRET), now)
            .unwrap()
            .unwrap();
        let authoring = || Authoring { actor: [4; 8], now };
        let draft = json!({"reported_at": now.to_string(), "violations": ["rape"], "consents": ["hub_response"]});
        let (mut document, authored) =
            Document::create(&Draft::parse(&draft, now).unwrap(), authoring()).unwrap();
        let mut known: Vec<Vec<u8>> = authored.chunk.into_iter().collect();
        while known.len() < CHANGES + 2 {
            let edit = Edit::parse(
                &json!({"set": {"field": "step", "value": known.len().to_string()}}),
                now,
            )
            .unwrap();
            known.extend(document.apply(&edit, authoring()).unwrap().chunk);
        }
        let new = known.split_off(CHANGES);
        store
            .accept(&peer, None, &[group(&known)], now, &mut site.machine())
            .unwrap();
        Self {
            site,
            store,
            peer,
            known,
            new,
        }
    }

    /// What one change more makes the hub load.
    fn one_more(&mut self) -> u64 {
        let before = self.store.loaded();
        let change = self.new.remove(0);
        self.store
            .accept(
                &self.peer,
                None,
                &[group(&[change])],
                self.site.now(),
                &mut self.site.machine(),
            )
            .unwrap();
        self.store.loaded() - before
    }
}

fn request(push: Vec<Group>) -> Request {
    Request {
        cursor: None,
        push,
        rebase: Some(HeadsPage::default()),
        answer_budget: 16 * 1024,
        clock: 0,
        erased: Vec::new(),
        keys: KeyNews::default(),
        alerts: 0,
        pins: 0,
        leaving: Vec::new(),
    }
}

#[test]
fn a_bundle_that_names_a_large_incident_five_hundred_times_loads_it_once() {
    let mut scene = Scene::new();
    let once = scene.one_more();
    assert!(once > CHANGES as u64, "{once}");
    // In each of its requests; only the last one brings something.
    let named = || vec![group(&scene.known[..1]); TIMES];
    let bodies = [
        request(named()),
        request(named()),
        request([named(), vec![group(&scene.new)], named()].concat()),
    ];
    let requests = bodies.iter().zip(1..).map(|(body, counter)| {
        Envelope::seal(&SECRET, BUNDLED_PATH, device(), 1, counter, body.encode()).encode()
    });
    let hub = vicinity_server::storage::hub_keys::opener(&mut scene.store)
        .unwrap()
        .recipient();
    let bundle = Bundle {
        reply_to: hub.to_string(),
        requests: requests.collect(),
        blobs: Vec::new(),
    };
    let file = parcel::pack(
        &Envelope::seal(&SECRET, BUNDLE_PATH, device(), 1, 9, bundle.encode()).encode(),
        &hub,
    )
    .unwrap();
    let (before, start) = (scene.store.loaded(), std::time::Instant::now());
    let imported = bundle::import(
        &mut scene.store,
        &file,
        scene.site.now(),
        &mut scene.site.machine(),
    )
    .unwrap();
    let (loaded, took) = (scene.store.loaded() - before, start.elapsed());
    eprintln!("{loaded} operations in {took:?}, where one change more is {once}");
    assert_eq!(
        (imported.taken, imported.refused, imported.pending),
        (4 * TIMES as u64 + 1, 0, 0)
    );
    // Loaded once, and given whole to each of its three requests, which name no place in the feed.
    let given = once + 2 * CHANGES as u64;
    assert!(
        (once..=once + 3 * given).contains(&loaded),
        "{loaded} operations, where one change more is {once}"
    );
    assert!(took.as_secs() < 20, "{took:?}");
}

#[test]
fn statements_that_all_name_a_large_incident_make_the_hub_load_nothing() {
    let mut scene = Scene::new();
    let row = |number: usize| {
        SealedRow::new(
            incident(),
            format!("entry {number}"),
            0,
            [1; 48],
            vec![2; 40],
        )
    };
    let wrap = WrapRow {
        id: [9; 16],
        bytes: vec![3; 200],
    };
    let mut batch = Batch {
        key_set: 1,
        wrap,
        classes: vec!["narrative".into()],
        statements: (0..BLOB_STATEMENTS_MAX).map(row).collect(),
    };
    let (before, start, mut counter) = (scene.store.loaded(), std::time::Instant::now(), 0);
    let mut brings = |blob: &[u8]| {
        let mut last = None;
        for (piece, at) in blob
            .chunks(PIECE_MAX_BYTES)
            .zip((0u64..).step_by(PIECE_MAX_BYTES))
        {
            counter += 1;
            let piece = Piece {
                hash: blob_hash(blob),
                total: blob.len() as u64,
                offset: at,
                bytes: piece.to_vec(),
            };
            let sealed = Envelope::seal(
                &SECRET,
                BLOB_PATH,
                device(),
                1,
                counter,
                uplink::encode(&piece),
            )
            .encode();
            let proven = gate::prove::<BlobRequest, dyn HubStore>(
                &mut scene.store,
                &sealed,
                scene.site.now(),
            )
            .unwrap();
            last = Some(statements::blob(&mut scene.store, proven, scene.site.now()));
        }
        last.unwrap()
            .map(|(_, answer)| uplink::decode::<PieceAnswer>(&answer).unwrap())
    };
    let answer = brings(&batch.encode()).unwrap();
    assert_eq!(
        answer.refused.map(|refused| refused.len()),
        Some(BLOB_STATEMENTS_MAX),
        "none of them is named in the incident"
    );
    batch.statements.push(row(BLOB_STATEMENTS_MAX));
    assert!(
        brings(&batch.encode()).is_err(),
        "one more than a batch may have"
    );
    let took = start.elapsed();
    eprintln!("{BLOB_STATEMENTS_MAX} statements, and one more than there may be, in {took:?}");
    assert_eq!(scene.store.loaded(), before);
    assert!(took.as_secs() < 20, "{took:?}");
}
