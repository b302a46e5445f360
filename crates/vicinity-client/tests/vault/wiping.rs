//! Wiping.

use super::*;

#[test]
fn a_wipe_leaves_nothing_that_opens() {
    let (phone, main) = Phone::with_pin("4711");
    phone.set_duress("4711", "1234").unwrap();
    fs::write(phone.folder().join(&main.folder).join("db"), "sealed").unwrap();
    let before = phone.bytes();
    phone.wipe().unwrap();
    assert!(phone.profiles().is_empty());
    assert!(!phone.secret_path().exists());
    for text in ["4711", "1234"] {
        assert!(matches!(phone.unlock(text), Err(VaultError::Destroyed)));
    }
    // Even with the secret back the slots are gone.
    phone.secret.make(&[7; 32]).unwrap();
    assert!(matches!(phone.unlock("4711"), Err(VaultError::Destroyed)));
    assert!(
        before
            .windows(16)
            .skip(61)
            .all(|window| !phone.bytes().windows(16).any(|now| now == window))
    );
    phone.wipe().unwrap();
}

/// A folder instead of a file can neither be written nor removed as one, anyone who tries.
#[test]
fn a_wipe_destroys_what_it_can_and_names_what_remains() {
    let (phone, main) = Phone::with_pin("4711");
    fs::write(
        phone.folder().join(&main.folder).join("device.db"),
        "sealed",
    )
    .unwrap();
    fs::remove_file(phone.file()).unwrap();
    fs::create_dir(phone.file()).unwrap();
    let Err(VaultError::Remains(left)) = phone.wipe() else {
        panic!("the vault remains")
    };
    assert_eq!(
        left.iter()
            .map(|left| (left.what, left.opens))
            .collect::<Vec<_>>(),
        [("the vault", false)]
    );
    assert!(
        !phone.secret_path().exists() && phone.profiles().iter().all(|name| name == "vault"),
        "all else is gone"
    );
    // The secret, too: now it may open, and that is reported.
    let (phone, _) = Phone::with_pin("4711");
    for path in [phone.file(), phone.secret_path()] {
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
    }
    let said = phone.wipe().unwrap_err().to_string();
    assert!(
        said.contains("the vault remains (cannot")
            && said.contains("the device's secret remains (cannot"),
        "{said}"
    );
    assert!(
        said.contains("may still open") && said.contains("by hand"),
        "{said}"
    );
    assert_eq!(phone.profiles(), ["vault"]);
}

#[test]
fn a_wipe_destroys_what_is_marked_as_read_only() {
    use std::os::unix::fs::PermissionsExt;
    let (phone, main) = Phone::with_pin("4711");
    let profile = phone.folder().join(&main.folder);
    fs::write(profile.join("device.db"), "sealed").unwrap();
    for (path, mode) in [
        (phone.file(), 0o400),
        (phone.secret_path(), 0o400),
        (profile.join("device.db"), 0o400),
        (profile, 0o500),
        (phone.folder(), 0o500),
    ] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    phone.wipe().unwrap();
    assert!(phone.profiles().is_empty() && !phone.secret_path().exists());
}

#[test]
fn a_wipe_works_on_a_damaged_vault_and_on_none() {
    let (phone, _) = Phone::with_pin("4711");
    fs::write(phone.file(), b"vicinity?").unwrap();
    phone.wipe().unwrap();
    assert!(phone.profiles().is_empty() && !phone.secret_path().exists());
    Phone::new().wipe().unwrap();
}

#[test]
fn a_wipe_does_not_wait_for_an_attempt_that_hangs() {
    let (phone, _) = Phone::with_pin("4711");
    let (folder, pin) = (phone.folder(), pin("4711"));
    let hanging = Attempt::begin(&folder, &phone.secret, Some(&pin)).unwrap();
    phone.wipe().unwrap();
    // It read the secret before: it may open once more, and what it writes back opens nothing.
    drop(hanging.finish());
    assert!(matches!(
        phone.unlock("4711"),
        Err(VaultError::SecretGone | VaultError::Destroyed)
    ));
}
