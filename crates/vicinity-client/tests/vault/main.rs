//! The vault: what opens it, what destroys it, and what it does not tell.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod second;
mod wiping;

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use vicinity_client::vault::{
    self, Attempt, Cost, DeviceSecret, FileSecret, MAX_WRONG_PINS, Opened, Pin, Profile, VaultError,
};

/// Length of the vault's file; all that is known of its form.
const FILE_BYTES: usize = 269;
const VERSION_AT: usize = 15;

struct Phone {
    root: TempDir,
    secret: FileSecret,
    seed: Cell<u64>,
}

impl Phone {
    fn new() -> Self {
        Self::with_seed(1)
    }

    fn with_seed(seed: u64) -> Self {
        let root = tempfile::tempdir().unwrap();
        let secret = FileSecret::beside(&root.path().join("phone")).unwrap();
        secret.make(&[7; 32]).unwrap();
        Self {
            root,
            secret,
            seed: Cell::new(seed),
        }
    }

    fn with_pin(pin_text: &str) -> (Self, Opened) {
        let phone = Self::new();
        let opened = phone.create(Some(pin_text)).unwrap();
        (phone, opened)
    }

    fn folder(&self) -> PathBuf {
        self.root.path().join("phone")
    }

    fn file(&self) -> PathBuf {
        self.folder().join("vault")
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.file()).unwrap()
    }

    fn random(&self) -> impl FnMut(&mut [u8]) {
        self.seed.set(self.seed.get() + 1);
        let mut state = self.seed.get().wrapping_mul(0x9E37_79B9_7F4A_7C15);
        move |bytes| {
            for byte in bytes {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                *byte = (state >> 56) as u8;
            }
        }
    }

    fn create(&self, pin_text: Option<&str>) -> Result<Opened, VaultError> {
        let pin = pin_text.map(pin);
        vault::create(
            &self.folder(),
            &self.secret,
            pin.as_ref(),
            Cost::weak_for_tests(),
            &mut self.random(),
        )
    }

    fn unlock(&self, text: &str) -> Result<Opened, VaultError> {
        vault::unlock(&self.folder(), &self.secret, Some(&pin(text)))
    }

    fn set_duress(&self, pin_text: &str, duress_text: &str) -> Result<Opened, VaultError> {
        vault::set_duress(
            &self.folder(),
            &self.secret,
            &pin(pin_text),
            &pin(duress_text),
            &mut self.random(),
        )
    }

    fn change_pin(&self, old: Option<&str>, new: &str) -> Result<(), VaultError> {
        let old = old.map(pin);
        vault::change_pin(
            &self.folder(),
            &self.secret,
            old.as_ref(),
            &pin(new),
            &mut self.random(),
        )
    }

    fn wipe(&self) -> Result<(), VaultError> {
        vault::wipe(&self.folder(), &self.secret)
    }

    /// Dies between counting an attempt and checking it.
    fn die_in_an_attempt(&self, text: &str) -> Result<(), VaultError> {
        Attempt::begin(&self.folder(), &self.secret, Some(&pin(text))).map(drop)
    }

    fn profiles(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.folder())
            .unwrap()
            .flatten()
            .filter(|entry| entry.path().is_dir())
            .collect();
        names.sort_by_key(fs::DirEntry::file_name);
        names
            .iter()
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect()
    }

    fn secret_path(&self) -> PathBuf {
        self.root.path().join("phone.secret")
    }
}

fn pin(text: &str) -> Pin {
    Pin::new(text).unwrap()
}

/// A wrong PIN, another one for each number.
fn wrong(number: u8) -> String {
    format!("00{number:02}")
}

fn left(result: Result<Opened, VaultError>) -> u8 {
    match result {
        Err(VaultError::WrongPin { left }) => left,
        other => panic!("not a wrong PIN: {other:?}"),
    }
}

#[test]
fn a_vault_opens_with_its_pin_and_secret() {
    let (phone, made) = Phone::with_pin("4711");
    let opened = phone.unlock("4711").unwrap();
    assert_eq!(opened.key, made.key);
    assert_ne!(*opened.key, [0; 32]);
    assert_eq!(format!("{opened:?}"), "Opened(..)");
    assert_eq!(
        (opened.profile, &opened.folder),
        (Profile::Main, &made.folder)
    );
    assert!(phone.folder().join(&opened.folder).is_dir());
    assert!(vault::has_pin(&phone.folder()).unwrap());
}

#[test]
fn a_vault_without_a_pin_opens_by_the_secret_alone_and_counts_nothing() {
    let phone = Phone::new();
    let made = phone.create(None).unwrap();
    let before = phone.bytes();
    for _ in 0..=MAX_WRONG_PINS {
        assert_eq!(
            vault::unlock(&phone.folder(), &phone.secret, None)
                .unwrap()
                .key,
            made.key
        );
        assert!(matches!(phone.unlock("4711"), Err(VaultError::NoPin)));
    }
    assert_eq!(phone.bytes(), before);
    assert!(!vault::has_pin(&phone.folder()).unwrap());
}

#[test]
fn a_vault_with_a_pin_asks_for_it_without_counting() {
    let (phone, _) = Phone::with_pin("4711");
    for _ in 0..=MAX_WRONG_PINS {
        assert!(matches!(
            vault::unlock(&phone.folder(), &phone.secret, None),
            Err(VaultError::PinNeeded)
        ));
    }
    phone.unlock("4711").unwrap();
}

#[test]
fn a_copied_folder_without_the_secret_opens_nothing() {
    let (phone, _) = Phone::with_pin("4711");
    let lab = Phone::new();
    fs::create_dir(lab.folder()).unwrap();
    fs::copy(phone.file(), lab.file()).unwrap();
    lab.secret.destroy().unwrap();
    assert!(matches!(lab.unlock("4711"), Err(VaultError::SecretGone)));
    lab.secret.make(&[8; 32]).unwrap();
    assert!(matches!(lab.unlock("4711"), Err(VaultError::Damaged(_))));
}

#[test]
fn wrong_pins_count_down_and_the_tenth_destroys() {
    let (phone, _) = Phone::with_pin("4711");
    let slots = phone.bytes()[61..223].to_vec();
    for expected in (1..MAX_WRONG_PINS).rev() {
        assert_eq!(left(phone.unlock(&wrong(expected))), expected);
    }
    assert!(matches!(phone.unlock("0000"), Err(VaultError::Destroyed)));
    assert!(matches!(phone.unlock("4711"), Err(VaultError::Destroyed)));
    assert!(matches!(
        vault::has_pin(&phone.folder()),
        Err(VaultError::Destroyed)
    ));
    assert!(!phone.secret_path().exists());
    assert!(phone.bytes()[61..142] != slots[..81] && phone.bytes()[142..223] != slots[81..]);
}

#[test]
fn the_same_wrong_pin_again_costs_no_further_attempt_however_often_and_however_it_is_written() {
    let (phone, made) = Phone::with_pin("4711");
    for written in ["0000", "0000", "\u{feff}0000\r\n", "០០០០", "٠٠٠٠"]
        .iter()
        .cycle()
        .take(40)
    {
        assert_eq!(left(phone.unlock(written)), MAX_WRONG_PINS - 1);
    }
    for number in 1..MAX_WRONG_PINS - 1 {
        left(phone.unlock(&wrong(number)));
    }
    for _ in 0..3 {
        assert_eq!(
            left(phone.unlock(&wrong(MAX_WRONG_PINS - 2))),
            1,
            "the last attempt is not spent by what was tried before"
        );
    }
    assert_eq!(phone.unlock("\u{feff}៤៧១១\n").unwrap().key, made.key);
    assert_eq!(
        left(phone.unlock("0000")),
        MAX_WRONG_PINS - 1,
        "after a right one nothing is known of a wrong one"
    );
}

#[test]
fn the_right_pin_gives_all_attempts_back() {
    let (phone, _) = Phone::with_pin("4711");
    for number in 1..MAX_WRONG_PINS {
        left(phone.unlock(&wrong(number)));
    }
    phone.unlock("4711").unwrap();
    assert_eq!(left(phone.unlock("0000")), MAX_WRONG_PINS - 1);
}

#[test]
fn an_attempt_cut_off_before_its_check_still_counts() {
    let (phone, made) = Phone::with_pin("4711");
    for _ in 1..MAX_WRONG_PINS - 1 {
        phone.die_in_an_attempt("0000").unwrap();
    }
    assert_eq!(left(phone.unlock("0000")), 1);
    // The last attempt is one, if it is right.
    assert_eq!(phone.unlock("4711").unwrap().key, made.key);
    for _ in 0..MAX_WRONG_PINS {
        phone.die_in_an_attempt("0000").unwrap();
    }
    assert!(matches!(phone.unlock("4711"), Err(VaultError::Destroyed)));
    assert!(!phone.secret_path().exists());
}

#[test]
fn a_destruction_cut_off_before_the_secret_is_finished_at_the_next_attempt() {
    struct Dead<'a>(&'a FileSecret);
    impl DeviceSecret for Dead<'_> {
        fn get(&self) -> Result<zeroize::Zeroizing<[u8; 32]>, VaultError> {
            self.0.get()
        }
        fn destroy(&self) -> Result<(), VaultError> {
            Err(VaultError::Keystore("no power".into()))
        }
    }
    let (phone, _) = Phone::with_pin("4711");
    let Err(VaultError::Remains(left)) = vault::wipe(&phone.folder(), &Dead(&phone.secret)) else {
        panic!("a keystore that failed")
    };
    assert!(
        left.len() == 1 && !left[0].opens && matches!(*left[0].why, VaultError::Keystore(_)),
        "{left:?}"
    );
    let said = VaultError::Remains(left).to_string();
    assert!(
        said.contains("the device's secret remains (the keystore failed: no power)")
            && said.contains("nothing opens any more"),
        "{said}"
    );
    assert!(phone.secret_path().exists());
    assert!(matches!(phone.unlock("4711"), Err(VaultError::Destroyed)));
    assert!(!phone.secret_path().exists());
}

#[test]
fn a_changed_pin_opens_the_same_key_and_the_old_one_nothing() {
    let (phone, made) = Phone::with_pin("4711");
    assert!(matches!(
        phone.change_pin(Some("0000"), "2222"),
        Err(VaultError::WrongPin { left: 9 })
    ));
    phone.change_pin(Some("4711"), "2222").unwrap();
    left(phone.unlock("4711"));
    assert_eq!(phone.unlock("2222").unwrap().key, made.key);
}

#[test]
fn a_vault_without_a_pin_can_get_one() {
    let phone = Phone::new();
    let made = phone.create(None).unwrap();
    assert!(matches!(
        phone.set_duress("4711", "1234"),
        Err(VaultError::NoPin)
    ));
    phone.change_pin(None, "4711").unwrap();
    assert!(matches!(
        vault::unlock(&phone.folder(), &phone.secret, None),
        Err(VaultError::PinNeeded)
    ));
    assert_eq!(phone.unlock("4711").unwrap().key, made.key);
}

#[test]
fn any_flipped_bit_is_damage_and_never_a_wrong_key() {
    let (phone, _) = Phone::with_pin("4711");
    phone.set_duress("4711", "1234").unwrap();
    let whole = phone.bytes();
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            fs::write(phone.file(), &bytes).unwrap();
            let result = phone.unlock("4711");
            let expected = matches!(result, Err(VaultError::Damaged(_)))
                || (at == VERSION_AT && matches!(result, Err(VaultError::UnknownVersion(_))));
            assert!(expected, "bit {bit} of byte {at}: {result:?}");
            assert_eq!(
                fs::read(phone.file()).unwrap(),
                bytes,
                "a damaged vault is left as it is"
            );
        }
    }
    fs::write(phone.file(), &whole).unwrap();
    phone.unlock("4711").unwrap();
}

#[test]
fn a_vault_of_another_length_is_damaged() {
    let (phone, _) = Phone::with_pin("4711");
    let whole = phone.bytes();
    for length in 0..whole.len() {
        fs::write(phone.file(), &whole[..length]).unwrap();
        assert!(
            matches!(phone.unlock("4711"), Err(VaultError::Damaged(_))),
            "{length} bytes"
        );
    }
    fs::write(phone.file(), [whole.as_slice(), &[0]].concat()).unwrap();
    assert!(matches!(phone.unlock("4711"), Err(VaultError::Damaged(_))));
    fs::remove_file(phone.file()).unwrap();
    assert!(matches!(phone.unlock("4711"), Err(VaultError::Missing)));
}

#[test]
fn a_second_vault_does_not_replace_the_first() {
    let (phone, made) = Phone::with_pin("4711");
    assert!(matches!(
        phone.create(Some("9999")),
        Err(VaultError::AlreadyThere)
    ));
    assert!(matches!(
        phone.secret.make(&[9; 32]),
        Err(VaultError::AlreadyThere)
    ));
    assert_eq!(phone.unlock("4711").unwrap().key, made.key);
}

#[test]
fn a_lost_profile_folder_comes_back_empty() {
    let (phone, _) = Phone::with_pin("4711");
    let names = phone.profiles();
    fs::remove_dir(phone.folder().join(&names[0])).unwrap();
    phone.unlock("4711").unwrap();
    assert_eq!(phone.profiles(), names);
}

#[test]
fn two_programs_guessing_at_once_share_one_count() {
    let (phone, _) = Phone::with_pin("4711");
    let folder = phone.folder();
    std::thread::scope(|scope| {
        for program in 0..3 {
            let (folder, secret) = (&folder, phone.secret.clone());
            scope.spawn(move || {
                for number in 0..3 {
                    left(vault::unlock(
                        folder,
                        &secret,
                        Some(&pin(&wrong(1 + 3 * program + number))),
                    ));
                }
            });
        }
    });
    assert!(matches!(phone.unlock("0000"), Err(VaultError::Destroyed)));
}

#[test]
fn the_standard_cost_opens_too() {
    let phone = Phone::new();
    let made = vault::create(
        &phone.folder(),
        &phone.secret,
        Some(&pin("4711")),
        Cost::STANDARD,
        &mut phone.random(),
    )
    .unwrap();
    assert_eq!(phone.unlock("4711").unwrap().key, made.key);
}

#[cfg(unix)]
#[test]
fn nobody_else_reads_the_secret_the_vault_or_the_folders() {
    use std::os::unix::fs::PermissionsExt;
    let (phone, made) = Phone::with_pin("4711");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(
        (mode(&phone.secret_path()), mode(&phone.file())),
        (0o600, 0o600)
    );
    assert_eq!(
        (
            mode(&phone.folder()),
            mode(&phone.folder().join(made.folder))
        ),
        (0o700, 0o700)
    );
}
