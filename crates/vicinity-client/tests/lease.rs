//! A device without contact: it warns, and then it ends.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use vicinity_client::DeviceError;
use vicinity_client::device::{Device, Machine};
use vicinity_client::enrolment::Enrolment;
use vicinity_client::error::OpenError;
use vicinity_client::leased::{self, Leased};
use vicinity_client::link::{Link, LinkFailure};
use vicinity_client::logging::{BadLine, LogSink};
use vicinity_client::vault::{
    self, Boot, Contact, Cost, DeviceSecret, FileSecret, Opened, VaultError,
};
use vicinity_core::alert::Alert;
use vicinity_core::batch::{Cursor, Pull};
use vicinity_core::ids::{DeviceId, IncidentId, ScopeDigest};
use vicinity_core::remark::Remark;
use vicinity_core::time::Timestamp;
use vicinity_sqlite::SqliteDevice;
use vicinity_store::device::{DeviceSetting, DeviceStore};
use vicinity_store::{DatabaseKey, StoreError};
use vicinity_sync::message::{Answer, Refused};

const DAY: i64 = 24 * 3600;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

struct Phone {
    root: TempDir,
    secret: FileSecret,
    opened: Opened,
    now: Arc<AtomicI64>,
    /// Seconds that its machine has run.
    ran: Arc<AtomicU64>,
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
        let opened = vault::create(
            &root.path().join("phone"),
            &secret,
            None,
            Cost::weak_for_tests(),
            &mut random,
        )
        .unwrap();
        Self {
            root,
            secret,
            opened,
            now: Arc::new(AtomicI64::new(0)),
            ran: Arc::new(AtomicU64::new(60)),
        }
    }

    fn enrolled() -> Self {
        let phone = Self::new();
        let enrolment = Enrolment {
            addresses: vec!["hub:1".to_owned()],
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
        let mut store =
            SqliteDevice::open(&phone.profile(), &DatabaseKey::new(*phone.opened.key)).unwrap();
        let (enrolment, contact) = (
            serde_json::to_vec(&enrolment).unwrap(),
            Contact::at(at(0), 0).encode(),
        );
        store
            .set_settings(&[
                (DeviceSetting::Enrolment, Some(enrolment)),
                (DeviceSetting::Contact, Some(contact)),
            ])
            .unwrap();
        phone
    }

    fn home(&self) -> PathBuf {
        self.root.path().join("phone")
    }

    fn profile(&self) -> PathBuf {
        self.home().join(&self.opened.folder)
    }

    /// A command, that many seconds after the enrolment.
    fn opens(&self, seconds: i64) -> Result<Leased, OpenError> {
        self.now.store(seconds, Ordering::Relaxed);
        let now = Arc::clone(&self.now);
        leased::open(&self.home(), &self.secret, &self.opened, self.machine(now))
    }

    fn machine(&self, now: Arc<AtomicI64>) -> Machine {
        let ran = Arc::clone(&self.ran);
        let boot = move || {
            Some(Boot {
                id: [1; 16],
                since: Duration::from_secs(ran.load(Ordering::Relaxed)),
            })
        };
        Machine {
            now: Box::new(move || at(now.load(Ordering::Relaxed))),
            random: Box::new(|bytes| bytes.fill(9)),
            wait: Box::new(|_| {}),
            boot: Box::new(boot),
        }
    }

    /// A sync, that many seconds after the enrolment: it opens the device whatever its lease says.
    fn syncs(&self, seconds: i64, mut link: Says) {
        self.now.store(seconds, Ordering::Relaxed);
        let machine = self.machine(Arc::clone(&self.now));
        let mut device = leased::open_for_contact(&self.home(), &self.opened, machine)
            .unwrap_or_else(|error| panic!("{error}"))
            .device;
        device
            .sync_over(&mut link)
            .unwrap_or_else(|error| panic!("{error}"));
    }

    #[track_caller]
    fn is_locked(&self, seconds: i64) -> (String, i64) {
        match self.opens(seconds) {
            Err(OpenError::LeaseLocked { date, days }) => (date, days),
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("it opens"),
        }
    }

    #[track_caller]
    fn days_left(&self, seconds: i64) -> Option<u8> {
        self.opens(seconds)
            .unwrap_or_else(|error| panic!("{error}"))
            .days_left
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
    device
        .sync_over(&mut link)
        .unwrap_or_else(|error| panic!("{error}"));
}

/// Everything that is logged here is kept.
struct Taken;

impl LogSink for Taken {
    fn logged(&mut self, _: IncidentId) {}

    fn remarked(&mut self, line: usize, remark: &Remark) {
        panic!("line {line}: {remark}");
    }

    fn refused(&mut self, bad: &BadLine) {
        panic!("{bad}");
    }
}

fn exists(path: &Path) -> bool {
    path.exists()
}

#[test]
fn after_21_days_it_warns_after_30_it_locks_and_a_day_of_running_later_its_key_is_destroyed() {
    let phone = Phone::enrolled();
    let mut device = phone
        .opens(0)
        .unwrap_or_else(|error| panic!("{error}"))
        .device;
    let line = json!({"reported_at": "2026-11-23T09:00:00Z"}).to_string();
    device
        .log_lines(&mut line.as_bytes(), false, &mut Taken)
        .unwrap();
    drop(device);
    assert_eq!(
        (
            phone.days_left(21 * DAY - 1),
            phone.days_left(21 * DAY),
            phone.days_left(30 * DAY - 1)
        ),
        (None, Some(9), Some(1))
    );
    assert_eq!(phone.is_locked(30 * DAY), ("2027-02-14".to_owned(), 30));
    phone.ran.store(60 + 24 * 3600 - 1, Ordering::Relaxed);
    assert_eq!(phone.is_locked(31 * DAY), ("2027-02-15".to_owned(), 31));
    assert!(phone.is_open(), "nothing is destroyed yet");
    phone.ran.store(60 + 24 * 3600, Ordering::Relaxed);
    assert!(matches!(phone.opens(31 * DAY), Err(OpenError::LeaseOver)));
    assert!(matches!(
        vault::unlock(&phone.home(), &phone.secret, None),
        Err(VaultError::Destroyed)
    ));
    assert!(matches!(phone.secret.get(), Err(VaultError::SecretGone)));
    assert!(!exists(&phone.profile()), "the database is gone, too");
}

#[test]
fn a_third_different_day_destroys_the_key_however_little_the_phone_has_run() {
    let phone = Phone::enrolled();
    assert_eq!(
        (
            phone.is_locked(40 * DAY).1,
            phone.is_locked(40 * DAY).1,
            phone.is_locked(41 * DAY).1
        ),
        (40, 40, 41)
    );
    assert!(matches!(phone.opens(42 * DAY), Err(OpenError::LeaseOver)));
}

#[test]
fn one_command_with_the_clock_ahead_by_a_month_or_by_years_destroys_nothing_and_opens_nothing() {
    for ahead in [31, 45, 366, 5000] {
        let phone = Phone::enrolled();
        let said = phone
            .opens(ahead * DAY)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        let date = at(ahead * DAY).strftime("%Y-%m-%d").to_string();
        assert!(
            said.contains(&date)
                && said.contains("set the clock right")
                && said.contains("`sync` still runs"),
            "{said}"
        );
        assert!(phone.is_open());
        assert_eq!(
            (phone.days_left(DAY), phone.days_left(25 * DAY)),
            (None, Some(5)),
            "set right, it lost nothing"
        );
    }
}

#[test]
fn a_seized_phone_gains_nothing_by_a_clock_that_is_set_back_again_and_again() {
    let phone = Phone::enrolled();
    for day in [1, 2] {
        phone.is_locked(31 * DAY);
        assert_eq!(phone.days_left(day * DAY), None);
    }
    phone.is_locked(31 * DAY);
    for day in [1, 2, 29] {
        assert!(matches!(
            phone.opens(day * DAY),
            Err(OpenError::ClockSetBack)
        ));
    }
    phone.syncs(3 * DAY, nothing_new(at(3 * DAY)));
    assert_eq!(phone.days_left(3 * DAY), None, "the hub has answered");
}

#[test]
fn a_locked_phone_still_syncs_and_only_an_answer_of_the_hub_opens_it_again() {
    let phone = Phone::enrolled();
    phone.is_locked(100 * DAY);
    phone.ran.store(30 * 24 * 3600, Ordering::Relaxed);
    phone.syncs(101 * DAY, Says(Err(LinkFailure::Cut)));
    phone.syncs(102 * DAY, Says(Err(LinkFailure::Refused(Refused::Failed))));
    assert!(
        phone.is_open(),
        "a sync that reaches nobody destroys nothing"
    );
    phone.syncs(103 * DAY, nothing_new(at(3 * DAY)));
    assert_eq!(
        (phone.days_left(103 * DAY), phone.days_left(3 * DAY)),
        (None, None),
        "whether the clock is left as it is or set right"
    );
}

#[test]
fn a_clock_that_is_set_back_brings_no_days_back() {
    let phone = Phone::enrolled();
    assert_eq!(phone.days_left(29 * DAY), Some(1));
    assert_eq!(
        (phone.days_left(DAY), phone.days_left(-4000 * DAY)),
        (Some(1), Some(1))
    );
    assert_eq!(phone.is_locked(30 * DAY).1, 30);
}

#[test]
fn an_answer_of_the_hub_begins_the_days_anew_and_nothing_else_does() {
    let phone = Phone::enrolled();
    let mut device = phone
        .opens(25 * DAY)
        .unwrap_or_else(|error| panic!("{error}"))
        .device;
    for failure in [
        LinkFailure::Cut,
        LinkFailure::Refused(Refused::Failed),
        LinkFailure::Refused(Refused::Revoked),
    ] {
        syncs(&mut device, Says(Err(failure)));
    }
    syncs(&mut device, Says(Ok(b"not an answer".to_vec())));
    drop(device);
    assert_eq!(phone.days_left(25 * DAY), Some(5));
    syncs(
        &mut phone
            .opens(25 * DAY)
            .unwrap_or_else(|error| panic!("{error}"))
            .device,
        nothing_new(at(25 * DAY)),
    );
    assert_eq!(
        (phone.days_left(45 * DAY), phone.days_left(46 * DAY)),
        (None, Some(9))
    );
}

#[test]
fn a_phone_whose_clock_was_years_behind_at_the_contact_loses_nothing_when_it_is_set_right() {
    let phone = Phone::enrolled();
    let behind = -20 * 365 * DAY;
    syncs(
        &mut phone
            .opens(behind)
            .unwrap_or_else(|error| panic!("{error}"))
            .device,
        nothing_new(at(3 * DAY)),
    );
    assert_eq!(phone.days_left(behind + DAY), None);
    assert_eq!(
        (phone.days_left(4 * DAY), phone.days_left(25 * DAY)),
        (None, Some(8))
    );
    assert_eq!(phone.is_locked(33 * DAY).1, 30);
}

#[test]
fn an_alert_is_not_shown_after_its_end_and_forgotten_days_later_for_the_clock_may_be_wrong() {
    let phone = Phone::enrolled();
    let alert = Alert {
        id: [1; 16],
        area: "SN-DK".to_owned(),
        text: "a white van".to_owned(),
        ends: at(DAY).as_second(),
    };
    let mut store =
        SqliteDevice::open(&phone.profile(), &DatabaseKey::new(*phone.opened.key)).unwrap();
    store
        .set_settings(&[(
            DeviceSetting::Alerts,
            Some(vicinity_sync::alert::kept_bytes(core::slice::from_ref(
                &alert,
            ))),
        )])
        .unwrap();
    drop(store);
    let shown = |seconds: i64| {
        phone
            .opens(seconds)
            .unwrap_or_else(|error| panic!("{error}"))
            .device
            .alerts()
            .unwrap()
    };
    assert_eq!(
        (shown(0), shown(2 * DAY), shown(8 * DAY)),
        (vec![alert.clone()], vec![], vec![])
    );
    assert_eq!(shown(0), [alert], "the clock was ahead");
    assert_eq!((shown(9 * DAY), shown(0)), (vec![], vec![]));
}

/// Whatever its clock says: a folder stands where the file has to be made under which a look is recorded.
#[test]
fn a_look_that_cannot_be_written_down_opens_within_the_lease_locks_beyond_it_and_destroys_nothing()
{
    let phone = Phone::enrolled();
    let stop = phone.profile().join("sync.lock");
    let notes = |notes: bool| {
        if notes {
            std::fs::remove_dir(&stop)
        } else {
            std::fs::create_dir(&stop)
        }
        .unwrap()
    };
    drop(phone.opens(0));
    std::fs::remove_file(&stop).ok();
    notes(false);
    assert_eq!(
        (phone.days_left(DAY), phone.days_left(25 * DAY)),
        (None, Some(5))
    );
    for day in 31..35 {
        phone.ran.fetch_add(2 * 24 * 3600, Ordering::Relaxed);
        assert_eq!(
            phone.is_locked(day * DAY).1,
            day,
            "however often, nothing is destroyed"
        );
    }
    assert!(phone.is_open());
    assert_eq!(phone.days_left(2 * DAY), None, "nothing was kept of it");
    notes(true);
    phone.is_locked(31 * DAY);
    std::fs::remove_file(&stop).unwrap();
    notes(false);
    for _ in 0..3 {
        assert!(
            matches!(
                phone.opens(DAY),
                Err(OpenError::Device(DeviceError::Store(StoreError::ReadOnly)))
            ),
            "a clock that is set back opens it only where that is counted"
        );
    }
    phone.ran.fetch_add(2 * 24 * 3600, Ordering::Relaxed);
    assert_eq!(phone.is_locked(32 * DAY).1, 32, "it would be the last look");
    notes(true);
    assert_eq!(phone.days_left(DAY), None);
}

#[test]
fn a_device_that_is_not_enrolled_has_no_lease() {
    let phone = Phone::new();
    assert_eq!(
        (phone.days_left(0), phone.days_left(4000 * DAY)),
        (None, None)
    );
}
