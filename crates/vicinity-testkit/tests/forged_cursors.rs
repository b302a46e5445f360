//! Whole requests with cursors that somebody made up, from every role: each is answered with "rebase", and the hub stays as
//! it was; and none of what a device can say marks a hub permanently.

#![allow(clippy::panic, reason = "helpers of tests")]

use vicinity_core::batch::{Cursor, Erasure};
use vicinity_core::ids::{DeviceId, IncidentId};
use vicinity_core::time::Timestamp;
use vicinity_server::ApiError;
use vicinity_server::exchange::{self, Exchanged};
use vicinity_server::gate;
use vicinity_server::machine::Machine;
use vicinity_store::hub::HubStore;
use vicinity_store::hub::Role;
use vicinity_store::policy;
use vicinity_sync::envelope::{Envelope, public_key};
use vicinity_sync::message::{Answer, KeyNews, Refused, Request, SYNC_PATH};
use vicinity_testkit::engine::HubEngine;
use vicinity_testkit::person::{Person, consented, incident_id, now};

const HUB_SECRET: [u8; 32] = [9; 32];

/// A hub with two educators' phones and a responder's; the first phone logged incident 1, which is erased, and 2.
struct Stand {
    engine: HubEngine,
    counter: u64,
}

impl Stand {
    fn new() -> Self {
        let mut engine = HubEngine::new([7; 16]);
        let store = &mut *engine;
        for (key, value) in [
            (policy::CURSOR_KEY, &[8; 16][..]),
            (policy::PROJECTION_KEY, &[7; 16]),
            (vicinity_server::storage::hub_keys::HUB_SECRET, &HUB_SECRET),
        ] {
            store.set_setting(key, value).expect("a setting");
        }
        for (number, role) in [
            (1, Role::Educator),
            (2, Role::Educator),
            (3, Role::Responder),
        ] {
            store
                .invite([number; 32], role, Timestamp::MAX)
                .expect("an invitation");
            store
                .enrol(
                    [number; 32],
                    device(number),
                    public_key(&[number; 32]),
                    now(),
                )
                .expect("an enrolment")
                .expect("an open code");
        }
        let mut stand = Self { engine, counter: 0 };
        let logged =
            [1, 2].map(|number| Person::logs(incident_id(number), number, &consented()).group());
        let start = stand.asks(1, rebase()).expect("an answer");
        stand
            .asks(
                1,
                Request {
                    push: logged.to_vec(),
                    cursor: Some(start.pull.cursor),
                    ..plain()
                },
            )
            .expect("an answer");
        stand.asks(3, rebase()).expect("an answer");
        stand
            .engine
            .erase(incident_id(1), now())
            .expect("an erasure");
        stand
    }

    /// One request as the server takes it: what is refused is kept or not as the server does it.
    fn asks(&mut self, number: u8, request: Request) -> Result<Answer, Refused> {
        self.counter += 1;
        let bytes = Envelope::seal(
            &[number; 32],
            SYNC_PATH,
            device(number),
            1,
            self.counter,
            request.encode(),
        )
        .encode();
        let mut machine = machine();
        let mut answered = None;
        let committed = self.engine.group_commit(&mut |store| {
            answered = Some(
                gate::prove(store, &bytes, now())
                    .and_then(|request| exchange::sync(store, request, now(), &mut machine)),
            );
            true
        });
        committed.expect("a commit");
        match answered.expect("a step that ran") {
            Ok(Exchanged { answer, .. }) => Ok(Answer::decode(&answer).expect("an answer")),
            Err(ApiError::Refused(refused)) => Err(refused),
            Err(error) => panic!("{error}"),
        }
    }

    fn is_marked(&mut self) -> bool {
        self.engine
            .setting(policy::RESTORED)
            .expect("a setting")
            .is_some()
    }

    /// Where a device stands.
    fn cursor(&mut self, number: u8) -> Cursor {
        self.asks(number, rebase()).expect("an answer").pull.cursor
    }
}

fn machine() -> Machine {
    Machine {
        now: std::sync::Arc::new(now),
        running: std::sync::Arc::new(|| None),
        random: std::sync::Arc::new(|bytes: &mut [u8]| bytes.fill(3)),
    }
}

fn device(number: u8) -> DeviceId {
    DeviceId::from_random([number; 16])
}

fn plain() -> Request {
    Request {
        cursor: None,
        push: Vec::new(),
        rebase: None,
        answer_budget: 200_000,
        clock: now().as_second(),
        erased: Vec::new(),
        keys: KeyNews::default(),
        pins: 0,
        leaving: Vec::new(),
        alerts: 0,
    }
}

fn rebase() -> Request {
    Request {
        rebase: Some(vicinity_core::batch::HeadsPage::default()),
        ..plain()
    }
}

fn forged(good: Cursor) -> Vec<Cursor> {
    let none = [0; 8];
    vec![
        Cursor {
            chain: [1; 16],
            ..good
        },
        Cursor {
            chain: [1; 16],
            mac: none,
            ..good
        },
        Cursor {
            seq: good.seq + 1_000,
            ..good
        },
        Cursor {
            seq: 0,
            chain: [0; 16],
            ..good
        },
        Cursor { mac: none, ..good },
        Cursor {
            epoch: [1; 16],
            ..good
        },
        Cursor {
            epoch: [1; 16],
            seq: 0,
            chain: [0; 16],
            mac: none,
        },
    ]
}

#[test]
fn a_forged_cursor_from_any_role_is_answered_with_rebase_and_changes_nothing() {
    let mut stand = Stand::new();
    let good = stand.cursor(3);
    let before = stand.engine.counts().expect("counts");
    for number in 1..=3 {
        for cursor in forged(good) {
            // It brings something, and says, too, that it dropped something.
            let push = vec![Person::logs(incident_id(40 + number), number, &consented()).group()];
            let request = Request {
                cursor: Some(cursor),
                push,
                ..plain()
            };
            assert_eq!(
                stand.asks(number, request).map(drop),
                Err(Refused::Rebase),
                "device {number}: {cursor:?}"
            );
            assert!(!stand.is_marked(), "device {number}: {cursor:?}");
            assert_eq!(
                stand.engine.counts().expect("counts"),
                before,
                "device {number}: {cursor:?}"
            );
        }
    }
    // The second educator never held what was erased, and is never told of it.
    let told = |answer: Answer| {
        answer
            .erase
            .iter()
            .map(|erasure| erasure.incident)
            .collect::<Vec<IncidentId>>()
    };
    assert_eq!(told(stand.asks(2, rebase()).expect("an answer")), []);
    for number in [1, 3] {
        assert_eq!(
            told(stand.asks(number, rebase()).expect("an answer")),
            [incident_id(1)],
            "device {number} had it"
        );
    }
    // A cursor that another device was given is a place in the same feed, and tells its user nothing that is not in scope.
    assert_eq!(
        stand
            .asks(
                2,
                Request {
                    cursor: Some(good),
                    ..plain()
                }
            )
            .expect("an answer")
            .pull
            .groups,
        []
    );
    assert!(!stand.is_marked());
}

#[test]
fn a_cursor_that_a_restored_hub_gave_out_before_marks_it() {
    let mut stand = Stand::new();
    let copy = stand.engine.whole_copy();
    let other = Person::logs(incident_id(3), 3, &consented()).group();
    let cursor = stand.cursor(1);
    let ahead = stand
        .asks(
            1,
            Request {
                cursor: Some(cursor),
                push: vec![other],
                ..plain()
            },
        )
        .expect("an answer")
        .pull
        .cursor;
    // Before anybody shows it, nothing tells.
    stand.engine = copy;
    assert!(stand.asks(2, rebase()).is_ok() && !stand.is_marked());
    assert_eq!(
        stand
            .asks(
                1,
                Request {
                    cursor: Some(ahead),
                    ..plain()
                }
            )
            .map(drop),
        Err(Refused::Rebase)
    );
    assert!(stand.is_marked());
    assert_eq!(
        stand.asks(2, rebase()).expect("an answer").erase.len(),
        1,
        "who held what is lost"
    );
}

/// Nothing else that a device can say: proofs of erasures that nobody ordered, every number at its end, ids of all kinds.
#[test]
fn no_message_of_a_device_marks_a_hub() {
    let mut stand = Stand::new();
    let erasures = stand.engine.erasures().expect("erasures").len();
    for number in 1..=3 {
        let erased = vec![
            Erasure {
                incident: incident_id(2),
                proof: [number; 64],
            },
            Erasure {
                incident: incident_id(77),
                proof: [0; 64],
            },
        ];
        for request in [
            Request {
                erased: erased.clone(),
                ..rebase()
            },
            Request {
                keys: KeyNews {
                    length: u64::MAX,
                    mark: u64::MAX,
                    entries: vec![0xff; 40],
                },
                pins: u32::MAX,
                alerts: u64::MAX,
                clock: i64::MIN,
                ..rebase()
            },
            Request {
                answer_budget: u32::MAX,
                clock: i64::MAX,
                ..rebase()
            },
        ] {
            stand.asks(number, request).expect("an answer");
        }
    }
    assert!(!stand.is_marked());
    assert_eq!(stand.engine.erasures().expect("erasures").len(), erasures);
    assert!(
        stand
            .engine
            .incident(incident_id(2))
            .expect("a reading")
            .is_some()
    );
}
