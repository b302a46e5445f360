//! A device without contact: it warns, and then it ends.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::json;
use tempfile::TempDir;
use vicinity_client::ClientError;
use vicinity_client::device::{Device, Machine};
use vicinity_client::enrolment::Enrolment;
use vicinity_client::leased::{self, Leased};
use vicinity_client::link::{Link, LinkFailure};
use vicinity_client::logging::{BadLine, LogSink};
use vicinity_client::vault::{self, Contact, Cost, DeviceSecret, FileSecret, Opened, VaultError};
use vicinity_core::batch::{Cursor, Pull};
use vicinity_core::ids::{DeviceId, IncidentId, ScopeDigest};
use vicinity_core::time::Timestamp;
use vicinity_store::DatabaseKey;
use vicinity_store::device::{DeviceStore, Fact};
use vicinity_store::sqlite::SqliteDevice;
use vicinity_sync::message::{Answer, Refused};

const DAY: i64 = 24 * 3600;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

struct Phone {
    root: TempDir,
    secret: FileSecret,
    opened: Opened,
    now: Rc<Cell<i64>>,
}

impl Phone {
    /// A phone that nobody enrolled.
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let secret = FileSecret::beside(&root.path().join("phone")).unwrap();
        secret.make(&[7; 32]).unwrap();
        let mut state = 41u8;
        let mut random = |bytes: &mut [u8]| {
            for byte in bytes {
                state = state.wrapping_mul(77).wrapping_add(13);
                *byte = state;
            }
        };
        let opened = vault::create(&root.path().join("phone"), &secret, None, Cost::weak_for_tests(), &mut random).unwrap();
        Self { root, secret, opened, now: Rc::new(Cell::new(0)) }
    }

    fn enrolled() -> Self {
        let phone = Self::new();
        let enrolment = Enrolment {
            address: "hub:1".to_owned(),
            pin: None,
            device: DeviceId::from_random([5; 16]).to_string(),
            secret: [6; 32],
            number: 1,
            role: "educator".to_owned(),
            check: String::new(),
            survivor_key: vec![1; 32],
            bundle_key: String::new(),
            hub_key: [0; 32],
        };
        let mut store = SqliteDevice::open(&phone.profile(), &DatabaseKey::new(*phone.opened.key)).unwrap();
        let (enrolment, contact) = (serde_json::to_vec(&enrolment).unwrap(), Contact::at(at(0), 0).encode());
        store.set_facts(&[(Fact::Enrolment, Some(enrolment)), (Fact::Contact, Some(contact))]).unwrap();
        phone
    }

    fn home(&self) -> PathBuf {
        self.root.path().join("phone")
    }

    fn profile(&self) -> PathBuf {
        self.home().join(&self.opened.folder)
    }

    /// A command, so many seconds after the enrolment.
    fn opens(&self, seconds: i64) -> Result<Leased, ClientError> {
        self.now.set(seconds);
        let now = Rc::clone(&self.now);
        let machine = Machine { now: Box::new(move || at(now.get())), random: Box::new(|bytes| bytes.fill(9)), wait: Box::new(|_| {}) };
        leased::open(&self.home(), &self.secret, &self.opened, machine)
    }

    #[track_caller]
    fn days_left(&self, seconds: i64) -> Option<u8> {
        self.opens(seconds).unwrap_or_else(|error| panic!("{error}")).days_left
    }

    #[track_caller]
    fn is_open(&self) -> bool {
        vault::unlock(&self.home(), &self.secret, None).is_ok()
    }
}

/// A hub that says the same to every request.
struct Says(Result<Vec<u8>, LinkFailure>);

impl Link for Says {
    fn post(&mut self, _path: &str, _body: &[u8]) -> Result<Vec<u8>, LinkFailure> {
        self.0.clone()
    }
}

/// The answer to a device that has nothing, by a hub whose clock shows this.
fn nothing_new(clock: Timestamp) -> Says {
    let cursor = Cursor { epoch: [1; 16], seq: 0, chain: [0; 16] };
    let pull = Pull { groups: Vec::new(), removed: Vec::new(), need: Vec::new(), cursor, more: false, rebased_until: None, digest: ScopeDigest::default() };
    Says(Ok(Answer {
        verdicts: Vec::new(),
        pull,
        clock: clock.as_second(),
        erase: Vec::new(),
        key_set: None,
        old_wraps: 0,
        alerts: None,
        pins: None,
        zone: None,
    }
    .encode()))
}

fn syncs(device: &mut Device, mut link: Says) {
    device.sync_over(&mut link).unwrap_or_else(|error| panic!("{error}"));
}

/// Everything that is logged here is kept.
struct Taken;

impl LogSink for Taken {
    fn logged(&mut self, _: IncidentId) {}

    fn refused(&mut self, bad: &BadLine) {
        panic!("{bad}");
    }
}

fn exists(path: &Path) -> bool {
    path.exists()
}

#[test]
fn after_21_days_it_warns_and_after_30_its_key_is_destroyed() {
    let phone = Phone::enrolled();
    let mut device = phone.opens(0).unwrap_or_else(|error| panic!("{error}")).device;
    let line = json!({"reported_at": "2026-11-23T09:00:00Z"}).to_string();
    device.log_lines(&mut line.as_bytes(), false, &mut Taken).unwrap();
    drop(device);
    assert_eq!((phone.days_left(21 * DAY - 1), phone.days_left(21 * DAY), phone.days_left(30 * DAY - 1)), (None, Some(9), Some(1)));
    assert!(phone.is_open());
    assert!(matches!(phone.opens(30 * DAY), Err(ClientError::LeaseOver)));
    assert!(matches!(vault::unlock(&phone.home(), &phone.secret, None), Err(VaultError::Destroyed)));
    assert!(matches!(phone.secret.get(), Err(VaultError::SecretGone)));
    assert!(!exists(&phone.profile()), "the database is gone, too");
}

#[test]
fn a_clock_that_is_set_back_brings_no_days_back() {
    let phone = Phone::enrolled();
    assert_eq!(phone.days_left(29 * DAY), Some(1));
    assert_eq!((phone.days_left(DAY), phone.days_left(-4000 * DAY)), (Some(1), Some(1)));
    assert!(matches!(phone.opens(30 * DAY), Err(ClientError::LeaseOver)));
}

#[test]
fn a_clock_that_shows_a_time_years_ahead_destroys_nothing_and_opens_nothing() {
    let phone = Phone::enrolled();
    assert!(matches!(phone.opens(5000 * DAY), Err(ClientError::ClockAhead { days: 5000 })));
    assert!(phone.is_open());
    assert_eq!(phone.days_left(25 * DAY), Some(5));
}

#[test]
fn an_answer_of_the_hub_begins_the_days_anew_and_nothing_else_does() {
    let phone = Phone::enrolled();
    let mut device = phone.opens(25 * DAY).unwrap_or_else(|error| panic!("{error}")).device;
    for failure in [LinkFailure::Cut, LinkFailure::Refused(Refused::Failed), LinkFailure::Refused(Refused::Revoked)] {
        syncs(&mut device, Says(Err(failure)));
    }
    syncs(&mut device, Says(Ok(b"not an answer".to_vec())));
    drop(device);
    assert_eq!(phone.days_left(25 * DAY), Some(5));
    syncs(&mut phone.opens(25 * DAY).unwrap_or_else(|error| panic!("{error}")).device, nothing_new(at(25 * DAY)));
    assert_eq!((phone.days_left(45 * DAY), phone.days_left(46 * DAY)), (None, Some(9)));
}

#[test]
fn a_phone_whose_clock_was_years_behind_at_the_contact_loses_nothing_when_it_is_set_right() {
    let phone = Phone::enrolled();
    let behind = -20 * 365 * DAY;
    syncs(&mut phone.opens(behind).unwrap_or_else(|error| panic!("{error}")).device, nothing_new(at(3 * DAY)));
    assert_eq!(phone.days_left(behind + DAY), None);
    assert_eq!((phone.days_left(4 * DAY), phone.days_left(25 * DAY)), (None, Some(8)));
    assert!(matches!(phone.opens(33 * DAY), Err(ClientError::LeaseOver)));
}

#[test]
fn a_device_that_is_not_enrolled_has_no_lease() {
    let phone = Phone::new();
    assert_eq!((phone.days_left(0), phone.days_left(4000 * DAY)), (None, None));
}
