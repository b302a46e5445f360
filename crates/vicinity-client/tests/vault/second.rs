//! The second profile: what it opens, and that nothing shows whether there is one.

use super::*;

#[test]
fn the_duress_pin_opens_the_second_profile_with_another_key() {
    let (phone, main) = Phone::with_pin("4711");
    let second = phone.set_duress("4711", "1234").unwrap();
    let opened = phone.unlock("1234").unwrap();
    assert_eq!(
        (opened.profile, &opened.key, &opened.folder),
        (Profile::Second, &second.key, &second.folder)
    );
    assert_ne!(opened.key, main.key);
    assert_ne!(opened.folder, main.folder);
    let again = phone.unlock("4711").unwrap();
    assert_eq!(
        (again.profile, again.key, again.folder),
        (Profile::Main, main.key, main.folder)
    );
}

#[test]
fn a_new_duress_pin_replaces_the_second_profile_and_what_it_held() {
    let (phone, main) = Phone::with_pin("4711");
    let first = phone.set_duress("4711", "1234").unwrap();
    let inside = |opened: &Opened| phone.folder().join(&opened.folder).join("db");
    fs::write(inside(&first), "one").unwrap();
    fs::write(inside(&main), "two").unwrap();
    let second = phone.set_duress("4711", "5678").unwrap();
    assert_eq!(first.folder, second.folder);
    assert!(!inside(&second).exists() && inside(&main).exists());
    assert_eq!(left(phone.unlock("1234")), MAX_WRONG_PINS - 1);
    assert_eq!(phone.unlock("5678").unwrap().key, second.key);
}

#[test]
fn the_second_profile_can_do_the_real_one_no_harm() {
    let (phone, main) = Phone::with_pin("4711");
    phone.set_duress("4711", "1234").unwrap();
    assert!(matches!(
        phone.set_duress("1234", "9999"),
        Err(VaultError::NotHere)
    ));
    phone.change_pin(Some("1234"), "5678").unwrap();
    assert_eq!(phone.unlock("5678").unwrap().profile, Profile::Second);
    assert_eq!(phone.unlock("4711").unwrap().key, main.key);
}

#[test]
fn the_duress_pin_buys_no_guesses_at_the_real_one() {
    let (phone, _) = Phone::with_pin("4711");
    let second = phone.set_duress("4711", "1234").unwrap();
    for number in 1..MAX_WRONG_PINS {
        left(phone.unlock(&wrong(number)));
    }
    assert_eq!(phone.unlock("1234").unwrap().key, second.key);
    // The tenth guess at the real PIN: its slot goes, and what is reported is what any device would say.
    assert_eq!(left(phone.unlock("0000")), MAX_WRONG_PINS - 1);
    assert_eq!(left(phone.unlock("4711")), MAX_WRONG_PINS - 2);
    assert_eq!(phone.unlock("1234").unwrap().key, second.key);
}

#[test]
fn opening_the_second_profile_any_number_of_times_costs_the_real_one_nothing() {
    let (phone, main) = Phone::with_pin("4711");
    phone.set_duress("4711", "1234").unwrap();
    for _ in 0..=MAX_WRONG_PINS {
        phone.unlock("1234").unwrap();
    }
    assert_eq!(phone.unlock("4711").unwrap().key, main.key);
}

#[test]
fn changing_the_second_pin_is_no_way_to_guess_the_real_one() {
    let (phone, main) = Phone::with_pin("4711");
    phone.set_duress("4711", "1234").unwrap();
    phone.change_pin(Some("1234"), "4711").unwrap();
    assert_eq!(phone.unlock("4711").unwrap().profile, Profile::Second);
    phone.change_pin(Some("4711"), "1234").unwrap();
    assert_eq!(phone.unlock("4711").unwrap().key, main.key);
}

#[test]
fn the_file_and_the_folders_look_the_same_with_and_without_a_duress_pin() {
    let (without, _) = Phone::with_pin("4711");
    let (with, _) = Phone::with_pin("4711");
    with.set_duress("4711", "1234").unwrap();
    let (a, b) = (without.bytes(), with.bytes());
    assert_eq!((a.len(), b.len()), (FILE_BYTES, FILE_BYTES));
    // The same random bytes made both: the plain part, names and flags included, is the same to the byte.
    assert_eq!(a[..61], b[..61]);
    assert_eq!(without.profiles(), with.profiles());
    assert_eq!(without.profiles().len(), 2);
    for bytes in [&a[61..142], &a[142..223], &b[61..142], &b[142..223]] {
        let ones: u32 = bytes.iter().map(|byte| byte.count_ones()).sum();
        assert!(
            (200..450).contains(&ones),
            "{ones} of 648 bits are no random filler"
        );
    }
}

/// All that a folder's listing tells of a profile: names, sizes, modes, and how the times of the two stand to each other.
fn traces(phone: &Phone) -> Vec<(String, u64, u32)> {
    use std::os::unix::fs::PermissionsExt;
    let mut found = Vec::new();
    for (at, profile) in phone.profiles().iter().enumerate() {
        let folder = phone.folder().join(profile);
        let files = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        for path in files.chain([folder.clone()]) {
            let (metadata, name) = (
                fs::metadata(&path).unwrap(),
                path.strip_prefix(&folder).unwrap().display(),
            );
            found.push((
                format!("{at}/{name}"),
                if metadata.is_dir() { 0 } else { metadata.len() },
                metadata.permissions().mode(),
            ));
        }
    }
    found.sort();
    found
}

/// When each profile's folder and its database were born, where the file system knows.
fn births(phone: &Phone) -> Vec<(std::time::SystemTime, std::time::SystemTime)> {
    let path = |profile: &String| phone.folder().join(profile).join("device.db");
    let times = |profile: &String| {
        let born = |path: &Path| {
            fs::metadata(path)
                .unwrap()
                .created()
                .unwrap_or(std::time::UNIX_EPOCH)
        };
        (born(&phone.folder().join(profile)), born(&path(profile)))
    };
    phone.profiles().iter().map(times).collect()
}

fn written(phone: &Phone) -> std::collections::BTreeSet<std::time::SystemTime> {
    let profiles = phone.profiles();
    let paths = profiles.iter().flat_map(|profile| {
        [
            phone.folder().join(profile),
            phone.folder().join(profile).join("device.db"),
        ]
    });
    paths
        .map(|path| fs::metadata(path).unwrap().modified().unwrap())
        .collect()
}

#[test]
fn neither_listing_nor_times_tell_whether_there_is_a_second_pin() {
    let machine = || vicinity_client::device::Machine {
        now: Box::new(|| vicinity_core::time::Timestamp::from_second(1_795_000_000).unwrap()),
        random: Box::new(|bytes: &mut [u8]| bytes.fill(5)),
        wait: Box::new(|_| ()),
        boot: Box::new(|| None),
    };
    let phones = [Phone::new(), Phone::new()];
    let mut born = Vec::new();
    for phone in &phones {
        let opened = phone.create(Some("4711")).unwrap();
        vicinity_client::leased::fill_profiles(&phone.folder(), &opened, machine).unwrap();
        born.push(births(phone));
    }
    let [without, with] = &phones;
    // Set twice, used in between, and both opened after.
    for duress in ["1234", "5678"] {
        let second = with.set_duress("4711", duress).unwrap();
        vicinity_client::leased::fill_profiles(&with.folder(), &second, machine).unwrap();
        assert_eq!(written(with).len(), 1, "all were written at one moment");
        with.unlock(duress).unwrap();
    }
    phones
        .iter()
        .for_each(|phone| drop(phone.unlock("4711").unwrap()));
    assert_eq!(traces(with), traces(without));
    assert!(
        traces(with)
            .iter()
            .any(|(name, size, _)| name == "0/device.db" && *size > 4096),
        "{:?}",
        traces(with)
    );
    for (phone, born) in phones.iter().zip(&born) {
        assert_eq!(&births(phone), born, "nothing was made anew");
        assert_eq!(written(phone).len(), 1, "all were written at one moment");
    }
}

#[test]
fn neither_place_nor_name_tells_which_profile_is_the_real_one() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..64 {
        let phone = Phone::with_seed(seed * 1000);
        let main = phone.create(Some("4711")).unwrap();
        let before = phone.bytes();
        phone.set_duress("4711", "1234").unwrap();
        let real_slot_is_first = phone.bytes()[61..142] == before[61..142];
        seen.insert((real_slot_is_first, phone.profiles()[0] == main.folder));
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}

#[test]
fn the_two_pins_must_differ() {
    let (phone, _) = Phone::with_pin("4711");
    assert!(matches!(
        phone.set_duress("4711", "4711"),
        Err(VaultError::SamePin)
    ));
    phone.set_duress("4711", "1234").unwrap();
    assert!(matches!(
        phone.change_pin(Some("4711"), "1234"),
        Err(VaultError::SamePin)
    ));
}
