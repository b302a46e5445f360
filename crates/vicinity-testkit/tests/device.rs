//! A device over a store and a link that says what the test wants: no file, no socket, no thread of its own.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};

use serde_json::json;
use tempfile::TempDir;
use vicinity_core::batch::{Cursor, Pull};
use vicinity_core::draft::Draft;
use vicinity_core::edit::Edit;
use vicinity_core::ids::ScopeDigest;
use vicinity_core::time::Timestamp;
use vicinity_device::error::{AlertError, EnrolError, StatementError};
use vicinity_device::link::{Link, LinkFailure};
use vicinity_device::syncing::NextStep;
use vicinity_device::{Device, DeviceError, Machine};
use vicinity_sqlite::SqliteDevice;
use vicinity_store::hub::Role;
use vicinity_sync::address::Address;
use vicinity_sync::device_session::End;
use vicinity_sync::enrol::{self, EnrolAnswer, EnrolLink, EnrolRequest};
use vicinity_sync::envelope::public_key;
use vicinity_sync::message::{Answer, Refused, SYNC_PATH};
use vicinity_testkit::engine::DeviceEngine;

const HUB_SECRET: [u8; 32] = [9; 32];

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

/// A machine whose waits take no time.
fn machine() -> Machine {
    let mut state = 7u64;
    let random = move |bytes: &mut [u8]| {
        for byte in bytes {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            *byte = (state >> 56) as u8;
        }
    };
    Machine {
        now: Box::new(now),
        random: Box::new(random),
        wait: Box::new(|_| {}),
        boot: Box::new(|| None),
    }
}

/// A device, and the folder of its store.
struct Held {
    device: Device<SqliteDevice>,
    _folder: TempDir,
}

impl Deref for Held {
    type Target = Device<SqliteDevice>;

    fn deref(&self) -> &Self::Target {
        &self.device
    }
}

impl DerefMut for Held {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.device
    }
}

fn device() -> Held {
    let (store, folder) = DeviceEngine::new().into_parts();
    Held {
        device: Device::new(store, machine()).unwrap(),
        _folder: folder,
    }
}

/// Answers in their order, and what was posted.
#[derive(Default)]
struct Scripted {
    answers: VecDeque<Result<Vec<u8>, LinkFailure>>,
    posted: Vec<Vec<u8>>,
}

impl Scripted {
    fn of(answers: impl IntoIterator<Item = Result<Vec<u8>, LinkFailure>>) -> Self {
        Self {
            answers: answers.into_iter().collect(),
            posted: Vec::new(),
        }
    }
}

impl Link for Scripted {
    fn post(&mut self, _: &str, body: &[u8]) -> Result<Vec<u8>, LinkFailure> {
        self.posted.push(body.to_vec());
        self.answers.pop_front().unwrap_or(Err(LinkFailure::Cut))
    }

    fn failed(&self) -> String {
        "no network in this test".to_owned()
    }
}

fn link(code: u8) -> EnrolLink {
    EnrolLink {
        addresses: Address::split("hub.local:7311").unwrap(),
        code: [code; 16],
        pin: Some([1; 32]),
        signs: Some(public_key(&HUB_SECRET)),
        keys: None,
    }
}

fn enrolled_as(role: &str) -> Vec<u8> {
    let (survivor_key, hub_key) = (vec![3; 32], public_key(&HUB_SECRET));
    enrol::encode(&EnrolAnswer {
        number: 4,
        role: role.to_owned(),
        survivor_key,
        hub_key,
        bundle_key: String::new(),
        pins: Vec::new(),
        zone: None,
        root: None,
    })
}

fn enrolled(role: &str) -> Held {
    let mut device = device();
    device
        .enrol(&link(1), &mut Scripted::of([Ok(enrolled_as(role))]))
        .unwrap();
    device
}

fn draft() -> Draft {
    Draft::parse(
        &json!({"reported_at": "2026-11-23T09:00:00Z", "violations": ["rape"]}),
        now(),
    )
    .unwrap()
}

fn nothing_new() -> Vec<u8> {
    let cursor = Cursor {
        epoch: [1; 16],
        seq: 0,
        chain: [0; 16],
        mac: [0; 8],
    };
    let pull = Pull {
        groups: Vec::new(),
        removed: Vec::new(),
        need: Vec::new(),
        cursor,
        more: false,
        rebased_until: None,
        digest: ScopeDigest::default(),
    };
    let clock = now().as_second();
    Answer {
        verdicts: Vec::new(),
        pull,
        clock,
        erase: Vec::new(),
        key_set: None,
        old_wraps: 0,
        alerts: None,
        pins: None,
        zone: None,
    }
    .encode()
}

#[test]
fn a_device_logs_edits_lists_and_shows_what_it_was_given_as_values() {
    let mut device = device();
    let (id, remarks) = device.log(draft()).unwrap();
    assert!(remarks.is_empty());
    let edit = Edit::parse(
        &json!({"set": {"field": "danger_now", "value": "yes"}}),
        now(),
    )
    .unwrap();
    device.edit(id, &[edit]).unwrap();
    let listed = device.list().unwrap();
    assert_eq!(listed.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [id]);
    assert_eq!(device.show(id).unwrap()["danger_now"], "yes");
    assert!(device.conflicts().unwrap().is_empty());
    assert_eq!(device.standing().unwrap().received, 0);
}

#[test]
fn a_device_moves_to_another_thread_with_its_store_and_its_machine() {
    let mut device = device();
    let logged =
        std::thread::spawn(move || device.log(draft()).map(|(id, _)| device.show(id).is_ok()))
            .join()
            .unwrap();
    assert!(logged.unwrap());
}

#[test]
fn an_enrolment_whose_answer_was_lost_comes_again_with_the_same_keys() {
    let mut device = device();
    let mut way = Scripted::of([Err(LinkFailure::Cut), Ok(enrolled_as("responder"))]);
    let lost = device.enrol(&link(1), &mut way);
    assert!(matches!(lost, Err(DeviceError::Unreachable(why)) if why == "no network in this test"));
    let enrolment = device.enrol(&link(1), &mut way).unwrap();
    assert!(enrolment.is(Role::Responder) && enrolment.number == 4);
    let keys: Vec<_> = way
        .posted
        .iter()
        .map(|body| enrol::decode::<EnrolRequest>(body).unwrap())
        .map(|request| (request.device(), request.key, request.recipient))
        .collect();
    assert!(keys[0] == keys[1], "the hub gives a code to one key only");
}

#[test]
fn a_host_that_cannot_block_enrols_in_two_steps_and_after_a_restart_between_them_with_the_same_keys()
 {
    let mut device = device();
    let (_, lost) = device.begin_enrol(&link(1)).unwrap();
    let (begun, again) = device.begin_enrol(&link(1)).unwrap();
    assert_eq!(lost, again);
    let (other, _) = device.begin_enrol(&link(2)).unwrap();
    assert!(matches!(
        device.finish_enrol(other, Err(LinkFailure::Cut)),
        Err(DeviceError::Unreachable(_))
    ));
    let enrolment = device
        .finish_enrol(begun, Ok(enrolled_as("educator")))
        .unwrap();
    assert!(enrolment.is(Role::Educator) && device.enrolment().is_some());
}

#[test]
fn a_server_that_signs_with_another_key_than_the_link_says_enrols_nothing() {
    let mut device = device();
    let other = EnrolLink {
        signs: Some([8; 32]),
        ..link(1)
    };
    let refused = device.enrol(&other, &mut Scripted::of([Ok(enrolled_as("educator"))]));
    assert!(matches!(
        refused,
        Err(DeviceError::Enrol(EnrolError::OtherSigner))
    ));
    assert!(device.enrolment().is_none());
    let used = device.enrol(
        &link(1),
        &mut Scripted::of([Err(LinkFailure::Refused(Refused::NotEnrolled))]),
    );
    assert!(matches!(
        used,
        Err(DeviceError::Enrol(EnrolError::CodeRefused))
    ));
}

#[test]
fn a_sync_goes_over_any_link_and_a_cut_one_is_an_outcome() {
    let mut device = enrolled("educator");
    let mut way = Scripted::of([Ok(nothing_new()), Ok(nothing_new())]);
    let outcome = device.sync(&mut way).unwrap();
    assert_eq!(
        (outcome.end, outcome.rounds as usize),
        (End::UpToDate, way.posted.len())
    );
    assert_eq!(device.sync(&mut Scripted::default()).unwrap().end, End::Cut);
    assert!(matches!(
        self::device().sync(&mut way),
        Err(DeviceError::NotEnrolled)
    ));
}

#[test]
fn a_host_that_cannot_block_drives_a_sync_step_by_step_as_a_blocking_one_does() {
    let mut device = enrolled("educator");
    device.log(draft()).unwrap();
    let (mut exchange, mut step) = device.begin_sync().unwrap();
    let (mut posts, mut waits) = (0, 0);
    let outcome = loop {
        step = match step {
            NextStep::Done(outcome) => break outcome,
            NextStep::Wait(millis) => {
                waits += millis;
                device.go_on(&mut exchange).unwrap()
            }
            NextStep::Post { path, body } => {
                assert!(path == SYNC_PATH && !body.is_empty());
                posts += 1;
                let answer = if posts == 1 {
                    Err(LinkFailure::Cut)
                } else {
                    Ok(nothing_new())
                };
                device.answered(&mut exchange, answer).unwrap()
            }
        };
    };
    assert_eq!(
        (outcome.end, waits, posts),
        (End::UpToDate, 200, 1 + outcome.rounds)
    );
    assert!(device.go_on(&mut exchange).is_err(), "it is over");
}

#[test]
fn a_sync_whose_host_went_away_in_the_middle_is_as_one_that_was_cut() {
    let mut device = enrolled("educator");
    drop(device.begin_sync().unwrap());
    let mut way = Scripted::of([Ok(nothing_new()), Ok(nothing_new())]);
    assert_eq!(device.sync(&mut way).unwrap().end, End::UpToDate);
}

#[test]
fn a_device_that_is_no_responders_publishes_nothing_and_asks_no_hub_for_statements() {
    let mut device = enrolled("educator");
    let (id, _) = device.log(draft()).unwrap();
    let mut way = Scripted::default();
    let published = device.publish_alert(&mut way, id, "SN-DK", "grey van", now());
    assert!(matches!(
        published,
        Err(DeviceError::Refused(Refused::NotAllowed))
    ));
    assert!(
        device
            .statement_lines(Some(&mut way), id)
            .unwrap()
            .is_empty()
            && way.posted.is_empty()
    );
    let mut device = enrolled("responder");
    let (id, _) = device.log(draft()).unwrap();
    let without_consent = device.publish_alert(&mut way, id, "SN-DK", "grey van", now());
    assert!(
        matches!(
            without_consent,
            Err(DeviceError::Alert(AlertError::NoConsent))
        ) && way.posted.is_empty()
    );
}

#[test]
fn a_file_that_is_no_photo_or_recording_is_not_attached() {
    let mut device = device();
    let (id, _) = device.log(draft()).unwrap();
    assert!(matches!(
        device.attach(id, b"%PDF-1.7"),
        Err(DeviceError::Statement(StatementError::Media(_)))
    ));
    assert!(device.statement_lines(None, id).unwrap().is_empty());
}
