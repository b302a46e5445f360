//! A device that stays open for a while, and how that ends.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use vicinity_client::vault::{
    self, Cost, FileSecret, Opened, Pin, RamFolder, SESSION_IDLE, SESSION_MAX, Session, VaultError,
};

struct Desk {
    root: TempDir,
    secret: FileSecret,
    opened: Opened,
}

impl Desk {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("memory")).unwrap();
        let secret = FileSecret::beside(&root.path().join("phone")).unwrap();
        secret.make(&[7; 32]).unwrap();
        let pin = Pin::new("4711").unwrap();
        let opened = vault::create(
            &root.path().join("phone"),
            &secret,
            Some(&pin),
            Cost::weak_for_tests(),
            &mut random(),
        )
        .unwrap();
        Self {
            root,
            secret,
            opened,
        }
    }

    fn home(&self) -> PathBuf {
        self.root.path().join("phone")
    }

    fn memory(&self) -> RamFolder {
        in_memory(&self.root.path().join("memory")).unwrap()
    }

    /// The only session's file.
    fn file(&self) -> Option<PathBuf> {
        let own = fs::read_dir(self.root.path().join("memory"))
            .unwrap()
            .next()?
            .unwrap()
            .path();
        fs::read_dir(own)
            .unwrap()
            .next()
            .map(|entry| entry.unwrap().path())
    }

    fn with<T>(&self, act: impl FnOnce(&Session<'_>) -> T) -> T {
        let (home, memory) = (self.home(), self.memory());
        act(&Session::of(&home, &self.secret, &memory).unwrap())
    }

    fn begins(&self, seconds: u64) {
        self.with(|session| {
            session.begin(&self.opened, Duration::from_secs(seconds), &mut random())
        })
        .unwrap();
    }

    /// Whether a command finds it open.
    fn is_open(&self, seconds: u64) -> bool {
        let kept = self
            .with(|session| session.resume(Duration::from_secs(seconds), &mut random()))
            .unwrap();
        if let Some(kept) = &kept {
            assert_eq!(
                (&kept.key, &kept.folder, kept.profile),
                (&self.opened.key, &self.opened.folder, self.opened.profile)
            );
        }
        kept.is_some()
    }
}

fn random() -> impl FnMut(&mut [u8]) {
    static CALLS: AtomicU64 = AtomicU64::new(1);
    let mut state = CALLS
        .fetch_add(1, Ordering::Relaxed)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15);
    move |bytes| {
        for byte in bytes {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            *byte = (state >> 56) as u8;
        }
    }
}

fn in_memory(place: &Path) -> Result<RamFolder, VaultError> {
    let place = place.canonicalize().unwrap();
    let mounts = format!(
        "disk / ext4 rw 0 0\nmemory {} tmpfs rw 0 0\n",
        place.display()
    );
    RamFolder::find(
        &[PathBuf::from("/proc"), place.clone()],
        &mounts,
        fs::metadata(&place).unwrap().uid(),
    )
}

const IDLE: u64 = SESSION_IDLE.as_secs();

#[test]
fn an_unlocked_device_stays_open_until_nobody_uses_it_for_a_while() {
    let desk = Desk::new();
    assert!(!desk.is_open(1000));
    desk.begins(1000);
    assert!(
        desk.is_open(1000) && desk.is_open(1000 + IDLE - 1),
        "a command begins the time anew"
    );
    assert!(desk.is_open(1000 + 2 * IDLE - 2));
    assert!(!desk.is_open(1000 + 3 * IDLE), "nobody used it");
    assert_eq!(desk.file(), None, "and nothing of it is left");
}

#[test]
fn it_never_stays_open_for_longer_than_an_hour() {
    let desk = Desk::new();
    desk.begins(0);
    let most = SESSION_MAX.as_secs();
    for seconds in (0..most).step_by(60) {
        assert!(desk.is_open(seconds), "{seconds}");
    }
    assert!(!desk.is_open(most));
}

#[test]
fn a_locked_device_is_closed_at_once() {
    let desk = Desk::new();
    desk.begins(0);
    assert!(desk.with(|session| session.end()).unwrap());
    assert!(!desk.is_open(0) && desk.file().is_none());
    assert!(
        !desk.with(|session| session.end()).unwrap(),
        "twice does no harm"
    );
}

#[test]
fn whoever_watches_ends_it_in_time_or_sees_that_it_was_ended() {
    let desk = Desk::new();
    desk.begins(0);
    let (mut seconds, mut waited) = (0, 0);
    desk.with(|session| {
        let clock = std::cell::Cell::new(0);
        session.watch(&mut || Duration::from_secs(clock.get()), &mut |time| {
            clock.set(clock.get() + time.as_secs());
            waited += 1;
            seconds = clock.get();
        })
    })
    .unwrap();
    assert!(desk.file().is_none() && (IDLE..IDLE + 5).contains(&seconds) && waited > 10);
    desk.begins(0);
    let file = desk.file().unwrap();
    desk.with(|session| {
        session.watch(&mut || Duration::ZERO, &mut |_| {
            fs::remove_file(&file).unwrap()
        })
    })
    .unwrap();
}

#[test]
fn a_wipe_and_ten_wrong_pins_end_it_even_if_its_file_stays() {
    let desk = Desk::new();
    desk.begins(0);
    vault::wipe(&desk.home(), &desk.secret).unwrap();
    assert!(
        desk.with(|session| session.resume(Duration::ZERO, &mut random()))
            .is_err()
    );
    let desk = Desk::new();
    desk.begins(0);
    for number in 0..10 {
        drop(vault::unlock(
            &desk.home(),
            &desk.secret,
            Some(&Pin::new(&format!("000{number}")).unwrap()),
        ));
    }
    assert!(matches!(
        vault::has_pin(&desk.home()),
        Err(VaultError::Destroyed)
    ));
    assert!(
        desk.with(|session| session.resume(Duration::ZERO, &mut random()))
            .is_err()
    );
}

#[test]
fn the_file_alone_opens_nothing_and_shows_nothing() {
    let desk = Desk::new();
    desk.begins(0);
    let bytes = fs::read(desk.file().unwrap()).unwrap();
    assert!(
        !bytes
            .windows(8)
            .any(|part| desk.opened.key.windows(8).any(|key| key == part))
    );
    let other = Desk::new();
    other.begins(0);
    fs::write(other.file().unwrap(), &bytes).unwrap();
    assert!(!other.is_open(0), "it is of another device");
    assert!(other.file().is_none());
}

#[test]
fn a_file_that_was_touched_or_cut_opens_nothing() {
    let desk = Desk::new();
    desk.begins(0);
    let (file, bytes) = (
        desk.file().unwrap(),
        fs::read(desk.file().unwrap()).unwrap(),
    );
    for at in 0..bytes.len() {
        let mut bent = bytes.clone();
        bent[at] ^= 1;
        fs::write(&file, bent).unwrap();
        assert!(!desk.is_open(0), "{at}: a time that was put off, or a key");
        fs::write(&file, &bytes[..at]).unwrap();
        assert!(!desk.is_open(0), "{at}");
    }
    fs::write(&file, &bytes).unwrap();
    assert!(desk.is_open(0));
}

#[test]
fn nothing_is_kept_but_in_memory_and_where_nobody_else_looks() {
    let desk = Desk::new();
    desk.begins(0);
    let file = desk.file().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    let place = tempfile::tempdir().unwrap();
    let user = fs::metadata(place.path()).unwrap().uid();
    let on_disk = RamFolder::find(&[place.path().to_owned()], "disk / ext4 rw 0 0\n", user);
    assert!(matches!(on_disk, Err(VaultError::NoMemoryFolder)));
    assert_eq!(
        fs::read_dir(place.path()).unwrap().count(),
        0,
        "nothing was made there"
    );
    // Somebody was there first, with a folder that others may read, or a way elsewhere.
    let own = place.path().join(format!("vicinity-{user}"));
    fs::create_dir(&own).unwrap();
    fs::set_permissions(&own, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(
        in_memory(place.path()),
        Err(VaultError::NoMemoryFolder)
    ));
    fs::remove_dir(&own).unwrap();
    std::os::unix::fs::symlink("/", &own).unwrap();
    assert!(matches!(
        in_memory(place.path()),
        Err(VaultError::NoMemoryFolder)
    ));
}
